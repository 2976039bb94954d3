//! How long the writer waits: for work, and for company that shares a commit.
//!
//! In the `fsync` durability a commit costs a sync of the disk, however many entries it has. One client that waits for each
//! reply must not wait for company that never comes; of many, those who arrive just after a commit began would wait for
//! two. So the writer waits as long as that has brought company lately, and seldom tries whether it would. In the `os`
//! durability a commit is over sooner than a wait.

use super::queue::LATER;
use crate::store::Durability;
use std::time::{Duration, Instant};

/// How long the writer sleeps lightly after work, before it sleeps until called.
const LIVELY: Duration = Duration::from_secs(1);
/// How often a failed store is tried again.
const PROBE: Duration = Duration::from_millis(500);
/// Batches after which waiting is tried again, at first and at last: it doubles while nobody comes.
const TRY_AFTER: u32 = 16;
const TRY_AFTER_MOST: u32 = 4_096;

/// A commit that takes less is done by the thread that wants it: handing it over takes a good part of that.
const SOON: Duration = Duration::from_micros(300);

/// How many make it worth to wait for them.
const WORTH_IT: usize = 2;

/// Keeps the writer's time.
pub(super) struct Pace {
    durability: Durability,
    /// Waiting brought company last time.
    company: bool,
    /// How many waited for the last batch.
    came: usize,
    /// Batches until waiting is tried.
    next_try: u32,
    try_after: u32,
    /// When the last batch ended.
    worked: Instant,
    /// How long a commit takes lately.
    commit: Duration,
}

/// How to wait for company.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Company {
    /// How long to wait between two looks.
    pub(super) slice: Duration,
    /// How long in all.
    pub(super) most: Duration,
    /// How many are enough.
    pub(super) enough: usize,
}

impl Pace {
    pub(super) fn new(durability: Durability) -> Self {
        Self {
            durability,
            company: false,
            came: 0,
            next_try: TRY_AFTER,
            try_after: TRY_AFTER,
            worked: Instant::now(),
            commit: Duration::from_millis(1),
        }
    }

    /// How long to sleep at most for want of someone who waits; `None` is until called.
    pub(super) fn limit(&self, writing: bool) -> Option<Duration> {
        match writing {
            false => Some(PROBE),
            true if self.worked.elapsed() < LIVELY => Some(LATER),
            true => None,
        }
    }

    const fn wants_company(&self) -> bool {
        matches!(self.durability, Durability::Fsync) && (self.company || self.next_try == 0)
    }

    /// How to wait for company, where that is worth it.
    pub(super) fn wanted(&self) -> Option<Company> {
        self.wants_company().then(|| self.company())
    }

    /// Whether a commit is over so soon that a thread which serves others may do it.
    pub(super) fn pays_here(&self) -> bool {
        self.commit <= SOON
    }

    fn company(&self) -> Company {
        let slice = (self.commit / 8).clamp(Duration::from_micros(50), Duration::from_micros(250));
        Company {
            slice,
            most: (self.commit * 2 / 5).max(slice),
            enough: self.came.max(1) + 1,
        }
    }

    /// A batch was taken for which so many wait.
    pub(super) fn came(&mut self, waiting: usize) {
        if waiting == 0 {
            return;
        }
        self.came = waiting;
        self.company = waiting >= WORTH_IT;
        if self.company {
            self.try_after = TRY_AFTER;
            self.next_try = TRY_AFTER;
        } else if self.next_try == 0 {
            self.try_after = (self.try_after * 2).min(TRY_AFTER_MOST);
            self.next_try = self.try_after;
        } else {
            self.next_try -= 1;
        }
    }

    /// A batch is done.
    pub(super) fn worked(&mut self, began: Instant) {
        self.worked = Instant::now();
        self.commit_took(self.worked.saturating_duration_since(began));
    }

    fn commit_took(&mut self, time: Duration) {
        self.commit = (self.commit * 7 + time) / 8;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How often the writer waited for company in so many batches.
    fn waits(pace: &mut Pace, batches: u32, waiting: usize) -> u32 {
        (0..batches)
            .filter(|_| {
                let waits = pace.wants_company();
                pace.came(waiting);
                waits
            })
            .count() as u32
    }

    #[test]
    fn one_client_is_hardly_ever_made_to_wait_and_a_crowd_nearly_always() {
        let mut pace = Pace::new(Durability::Fsync);
        assert!(waits(&mut pace, 100_000, 1) < 40);
        assert!(waits(&mut pace, 5_000, 8) > 4_990);
        assert_eq!(waits(&mut pace, 10, 1), 1);
        assert_eq!(waits(&mut Pace::new(Durability::Os), 5_000, 8), 0);
    }

    #[test]
    fn waiting_stays_below_half_a_commit_and_aims_a_little_higher() {
        let mut pace = Pace::new(Durability::Fsync);
        for _ in 0..100 {
            pace.commit_took(Duration::from_millis(4));
        }
        pace.came(9);
        let company = pace.company();
        assert!(pace.wants_company());
        assert!(company.most < Duration::from_millis(2) && company.slice * 4 < company.most);
        assert_eq!(company.enough, 10);
    }
}
