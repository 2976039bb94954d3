//! Request ids: by the clock, and random bytes that are fetched for many at once.

use crate::base::{Clock, RequestId};
use std::cell::RefCell;

/// Random bytes of one id.
const EACH: usize = 10;
/// Ids that one call to the operating system is good for; the call costs as much as the rest of a small layer.
const BATCH: usize = 64;

struct Pool {
    bytes: [u8; EACH * BATCH],
    used: usize,
}

thread_local! {
    static POOL: RefCell<Pool> = const { RefCell::new(Pool { bytes: [0; EACH * BATCH], used: EACH * BATCH }) };
}

/// A new id. Where the system gives no random bytes, ids still differ by time, which is all that they are used for.
pub(super) fn next(clock: &Clock) -> RequestId {
    RequestId::new(clock.now(), POOL.with_borrow_mut(Pool::take))
}

impl Pool {
    fn take(&mut self) -> [u8; EACH] {
        if self.used >= self.bytes.len() {
            if getrandom::fill(&mut self.bytes).is_err() {
                tracing::warn!("no random bytes for request ids");
            }
            self.used = 0;
        }
        let mut taken = [0; EACH];
        for (to, from) in taken.iter_mut().zip(self.bytes.iter().skip(self.used)) {
            *to = *from;
        }
        self.used += EACH;
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Timestamp;
    use std::collections::HashSet;

    #[test]
    fn ids_of_one_moment_differ_across_batches() {
        let clock = Clock::manual(Timestamp::from_micros(1_000_000));
        let ids: HashSet<_> = (0..=BATCH * 3).map(|_| next(&clock)).collect();
        assert_eq!(ids.len(), BATCH * 3 + 1);
    }
}
