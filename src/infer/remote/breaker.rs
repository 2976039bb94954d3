//! Lets a destination rest that fails, and tries it again with one request at a time.
//!
//! Closed: everything goes. After [`FAILURES_TO_OPEN`] failures in a row it is open: nothing goes until the pause is over;
//! then one request goes as a probe. If it succeeds everything goes again, else the pause doubles.

use crate::base::{Clock, Timestamp};
use crate::infer::{BackendError, DownReason, Health};
use parking_lot::Mutex;
use std::time::Duration;

/// Failures in a row that open the breaker.
pub(super) const FAILURES_TO_OPEN: u32 = 3;
/// The first pause; it doubles with every failed probe.
pub(super) const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// The longest pause.
pub(super) const LONGEST_PAUSE: Duration = Duration::from_mins(1);

#[derive(Debug)]
pub(super) struct Breaker {
    clock: Clock,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    failures: u32,
    open: Option<Open>,
}

#[derive(Debug, Clone, Copy)]
struct Open {
    since: Timestamp,
    until: Timestamp,
    pause: Duration,
    reason: DownReason,
    probing: bool,
}

/// What the destination's answer (or its lack) says of its health.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It answered.
    Good,
    /// It answered, but that says nothing of its health.
    Neutral,
    /// One failure; several in a row open the breaker.
    Bad(DownReason),
    /// Further requests would fail too: open at once, for this long.
    Rest(DownReason, Duration),
}

impl Breaker {
    pub(super) fn new(clock: Clock) -> Self {
        Self {
            clock,
            state: Mutex::default(),
        }
    }

    /// Up also when the next request would be a probe: somebody has to send it.
    pub(super) fn health(&self) -> Health {
        match self.state.lock().open {
            Some(open) if open.probing || self.clock.now() < open.until => Health::Down {
                since: open.since,
                reason: open.reason,
            },
            _ => Health::Up,
        }
    }

    /// Leave for one request; to be given back with a verdict.
    pub(super) fn admit(&self) -> Result<Admission<'_>, BackendError> {
        let mut state = self.state.lock();
        let Some(open) = state.open.as_mut() else {
            return Ok(Admission {
                breaker: self,
                probe: false,
            });
        };
        let now = self.clock.now();
        if open.probing || now < open.until {
            let wait_s = open.until.since(now).as_millis().div_ceil(1000).max(1);
            let retry_after_s = u32::try_from(wait_s).unwrap_or(u32::MAX);
            return Err(BackendError::Down {
                reason: open.reason,
                retry_after_s,
            });
        }
        open.probing = true;
        Ok(Admission {
            breaker: self,
            probe: true,
        })
    }

    fn judge(&self, verdict: Verdict, probe: bool) {
        let now = || self.clock.now();
        let mut state = self.state.lock();
        match verdict {
            Verdict::Good => *state = State::default(),
            Verdict::Neutral => state.release(probe),
            Verdict::Bad(reason) => {
                state.failures = state.failures.saturating_add(1);
                if probe || (state.open.is_none() && state.failures >= FAILURES_TO_OPEN) {
                    let pause = state
                        .open
                        .map_or(FIRST_PAUSE, |open| open.pause.saturating_mul(2));
                    state.rest(now(), reason, pause.min(LONGEST_PAUSE));
                }
            }
            Verdict::Rest(reason, pause) => {
                state.rest(now(), reason, pause.clamp(FIRST_PAUSE, LONGEST_PAUSE));
            }
        }
    }
}

impl State {
    fn rest(&mut self, now: Timestamp, reason: DownReason, pause: Duration) {
        let since = self.open.map_or(now, |open| open.since);
        self.open = Some(Open {
            since,
            until: now.plus(pause),
            pause,
            reason,
            probing: false,
        });
    }

    fn release(&mut self, probe: bool) {
        if let Some(open) = self.open.as_mut().filter(|_| probe) {
            open.probing = false;
        }
    }
}

/// Leave to send one request. Dropped without a verdict (the app went away) it lets the next one probe.
#[derive(Debug)]
pub(super) struct Admission<'a> {
    breaker: &'a Breaker,
    probe: bool,
}

impl Admission<'_> {
    pub(super) fn judge(mut self, verdict: Verdict) {
        self.breaker.judge(verdict, self.probe);
        self.probe = false;
    }
}

impl Drop for Admission<'_> {
    fn drop(&mut self) {
        if self.probe {
            self.breaker.state.lock().release(true);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BAD: Verdict = Verdict::Bad(DownReason::Unreachable);

    fn breaker() -> (Breaker, Clock) {
        let clock = Clock::manual(Timestamp::from_micros(1_000_000));
        (Breaker::new(clock.clone()), clock)
    }

    fn fail_until_open(breaker: &Breaker) {
        for _ in 0..FAILURES_TO_OPEN {
            assert_eq!(breaker.health(), Health::Up);
            breaker.admit().unwrap().judge(BAD);
        }
        assert!(breaker.admit().is_err());
    }

    #[test]
    fn opens_after_failures_in_a_row_only() {
        let (breaker, _clock) = breaker();
        for _ in 0..5 {
            breaker.admit().unwrap().judge(BAD);
            breaker.admit().unwrap().judge(BAD);
            breaker.admit().unwrap().judge(Verdict::Good);
        }
        fail_until_open(&breaker);
        let since = Timestamp::from_micros(1_000_000);
        let down = Health::Down {
            since,
            reason: DownReason::Unreachable,
        };
        assert_eq!(breaker.health(), down);
    }

    #[test]
    fn one_probe_at_a_time_and_pauses_double() {
        let (breaker, clock) = breaker();
        fail_until_open(&breaker);
        for pause_s in [1, 2, 4, 8, 16, 32, 60, 60] {
            clock.advance(Duration::from_millis(pause_s * 1000 - 1));
            assert!(breaker.admit().is_err(), "{pause_s}");
            clock.advance(Duration::from_millis(1));
            assert_eq!(breaker.health(), Health::Up);
            let probe = breaker.admit().unwrap();
            assert!(breaker.admit().is_err(), "a second probe");
            probe.judge(BAD);
        }
        clock.advance(LONGEST_PAUSE);
        breaker.admit().unwrap().judge(Verdict::Good);
        fail_until_open(&breaker);
    }

    #[test]
    fn a_cancelled_or_neutral_probe_leaves_room_for_the_next() {
        let (breaker, clock) = breaker();
        fail_until_open(&breaker);
        clock.advance(FIRST_PAUSE);
        drop(breaker.admit().unwrap());
        breaker.admit().unwrap().judge(Verdict::Neutral);
        breaker.admit().unwrap().judge(Verdict::Good);
        assert!(breaker.admit().is_ok() && breaker.admit().is_ok());
    }

    #[test]
    fn a_reason_to_rest_opens_at_once() {
        let (breaker, clock) = breaker();
        let rest = Verdict::Rest(DownReason::Throttled, Duration::from_secs(7));
        breaker.admit().unwrap().judge(rest);
        let down = BackendError::Down {
            reason: DownReason::Throttled,
            retry_after_s: 7,
        };
        assert_eq!(breaker.admit().err(), Some(down));
        clock.advance(Duration::from_secs(7));
        assert!(breaker.admit().is_ok());
    }

    #[test]
    fn a_late_failure_does_not_end_a_probe() {
        let (breaker, clock) = breaker();
        let late = breaker.admit().unwrap();
        fail_until_open(&breaker);
        clock.advance(FIRST_PAUSE);
        let probe = breaker.admit().unwrap();
        late.judge(BAD);
        assert!(breaker.admit().is_err());
        probe.judge(Verdict::Good);
        assert_eq!(breaker.health(), Health::Up);
    }
}
