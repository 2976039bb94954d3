//! How long taggers may read.

use crate::base::{Clock, Timestamp};
use std::time::Duration;

/// The time that reading one request may take; asked before each window.
#[derive(Debug, Clone)]
pub struct Budget(Until);

#[derive(Debug, Clone)]
enum Until {
    Never,
    Always,
    Past(Clock, Timestamp),
}

impl Budget {
    /// As long as it takes.
    pub const fn unlimited() -> Self {
        Self(Until::Never)
    }

    /// Not at all.
    pub const fn none() -> Self {
        Self(Until::Always)
    }

    /// So long from now, by this clock.
    ///
    /// ```
    /// use std::time::Duration;
    /// use vestibule::base::{Clock, Timestamp};
    /// use vestibule::detect::tagger::Budget;
    /// let clock = Clock::manual(Timestamp::from_micros(0));
    /// let budget = Budget::of(clock.clone(), Duration::from_millis(20));
    /// clock.advance(Duration::from_millis(20));
    /// assert!(!budget.is_over());
    /// clock.advance(Duration::from_millis(1));
    /// assert!(budget.is_over());
    /// ```
    pub fn of(clock: Clock, time: Duration) -> Self {
        let end = clock.now().plus(time);
        Self(Until::Past(clock, end))
    }

    /// Whether it is used up.
    pub fn is_over(&self) -> bool {
        match &self.0 {
            Until::Never => false,
            Until::Always => true,
            Until::Past(clock, end) => clock.now() > *end,
        }
    }
}
