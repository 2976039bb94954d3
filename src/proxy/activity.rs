//! What a connection is doing, as seen from its bytes and its requests, and when it has done nothing for too long.
//!
//! hyper's own timers can't tell a quiet kept-alive connection from a request head that trickles in, and do not watch a
//! client that stops reading. Refuses to know: HTTP, sockets.

use super::metrics::HttpMetrics;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// How long a connection may take; see [`super::Config`] for what each is for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Patience {
    /// From the first byte of a request's head to its last, and from the connection's start to its first byte.
    pub(super) head: Duration,
    /// Between requests, and for a client that doesn't read.
    pub(super) idle: Duration,
}

/// What to do with a connection now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Nothing; look again after this time.
    Keep(Duration),
    /// Say goodbye: it is quiet.
    Close,
    /// Drop it: the other side holds us up.
    Drop,
}

/// The state of one connection; times are microseconds since it began.
#[derive(Debug)]
pub(super) struct Activity {
    born: Instant,
    requests: AtomicU32,
    served: AtomicBool,
    multiplexed: AtomicBool,
    quiet_since: AtomicU64,
    head_since: AtomicU64,
    stalled_since: AtomicU64,
}

const NEVER: u64 = u64::MAX;

impl Activity {
    pub(super) fn new() -> Self {
        Self {
            born: Instant::now(),
            requests: AtomicU32::new(0),
            served: AtomicBool::new(false),
            multiplexed: AtomicBool::new(false),
            quiet_since: AtomicU64::new(0),
            head_since: AtomicU64::new(NEVER),
            stalled_since: AtomicU64::new(NEVER),
        }
    }

    /// Bytes came in.
    pub(super) fn read(&self) {
        if !self.busy() && !self.multiplexed() && load(&self.head_since) == NEVER {
            store(&self.head_since, self.now());
        }
    }

    /// Bytes went out.
    pub(super) fn wrote(&self) {
        if load(&self.stalled_since) != NEVER {
            store(&self.stalled_since, NEVER);
        }
    }

    /// The other side takes no more bytes.
    pub(super) fn write_stalled(&self) {
        if load(&self.stalled_since) == NEVER {
            store(&self.stalled_since, self.now());
        }
    }

    /// A request's head is complete. It counts as running until the result is dropped.
    pub(super) fn begin(
        self: &Arc<Self>,
        multiplexed: bool,
        metrics: &Arc<HttpMetrics>,
        route: usize,
    ) -> InFlight {
        self.multiplexed.store(multiplexed, Ordering::Relaxed);
        self.served.store(true, Ordering::Relaxed);
        self.requests.fetch_add(1, Ordering::Relaxed);
        store(&self.head_since, NEVER);
        metrics.in_flight.increment(1.0);
        InFlight {
            activity: self.clone(),
            metrics: metrics.clone(),
            route,
            began: Instant::now(),
        }
    }

    /// A request is running.
    pub(super) fn busy(&self) -> bool {
        self.requests.load(Ordering::Relaxed) > 0
    }

    /// A request's head has begun and isn't complete.
    pub(super) fn in_head(&self) -> bool {
        load(&self.head_since) != NEVER
    }

    /// Several requests share the connection (HTTP/2).
    pub(super) fn multiplexed(&self) -> bool {
        self.multiplexed.load(Ordering::Relaxed)
    }

    /// What to do now.
    pub(super) fn verdict(&self, patience: &Patience) -> Verdict {
        let now = self.now();
        let past = |since: u64| Duration::from_micros(now.saturating_sub(since));
        let look_again = patience.head.min(patience.idle);
        let stalled = load(&self.stalled_since);
        if stalled != NEVER && past(stalled) >= patience.idle {
            return Verdict::Drop;
        }
        if self.busy() {
            return Verdict::Keep(look_again);
        }
        let head = load(&self.head_since);
        if head != NEVER {
            let left = patience.head.saturating_sub(past(head));
            return if left.is_zero() {
                Verdict::Drop
            } else {
                Verdict::Keep(left)
            };
        }
        let limit = if self.served.load(Ordering::Relaxed) {
            patience.idle
        } else {
            patience.head
        };
        let left = limit.saturating_sub(past(load(&self.quiet_since)));
        if left.is_zero() {
            Verdict::Close
        } else {
            Verdict::Keep(left.min(look_again))
        }
    }

    fn now(&self) -> u64 {
        self.at(Instant::now())
    }

    fn at(&self, moment: Instant) -> u64 {
        let micros = moment.saturating_duration_since(self.born).as_micros();
        u64::try_from(micros).unwrap_or(NEVER - 1)
    }
}

fn load(cell: &AtomicU64) -> u64 {
    cell.load(Ordering::Relaxed)
}

fn store(cell: &AtomicU64, value: u64) {
    cell.store(value, Ordering::Relaxed);
}

/// A running request: from its complete head to the end of its response, or to the moment the client goes away.
#[derive(Debug)]
pub(super) struct InFlight {
    activity: Arc<Activity>,
    metrics: Arc<HttpMetrics>,
    route: usize,
    began: Instant,
}

impl InFlight {
    /// Since its head was complete, in microseconds.
    pub(super) fn micros(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX)
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        let now = Instant::now();
        store(&self.activity.quiet_since, self.activity.at(now));
        self.activity.requests.fetch_sub(1, Ordering::Relaxed);
        self.metrics.in_flight.decrement(1.0);
        self.metrics
            .finished(self.route, now.saturating_duration_since(self.began));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Patience = Patience {
        head: Duration::from_secs(10),
        idle: Duration::from_mins(1),
    };

    /// An activity as it looks after `seconds`.
    fn after(seconds: u64) -> Arc<Activity> {
        let born = Instant::now()
            .checked_sub(Duration::from_secs(seconds))
            .unwrap();
        Arc::new(Activity {
            born,
            ..Activity::new()
        })
    }

    fn begin(activity: &Arc<Activity>) -> InFlight {
        activity.begin(false, &Arc::new(HttpMetrics::register()), 0)
    }

    #[test]
    fn a_new_connection_must_speak_within_the_head_time() {
        assert!(matches!(after(9).verdict(&PATIENCE), Verdict::Keep(_)));
        assert_eq!(after(10).verdict(&PATIENCE), Verdict::Close);
    }

    #[test]
    fn a_head_that_trickles_is_dropped_however_often_bytes_come() {
        let activity = after(10);
        store(&activity.head_since, 0);
        activity.read();
        assert_eq!(activity.verdict(&PATIENCE), Verdict::Drop);
        let activity = after(10);
        activity.read();
        assert!(matches!(activity.verdict(&PATIENCE), Verdict::Keep(_)));
        assert!(activity.in_head());
    }

    #[test]
    fn a_running_request_is_never_too_long_and_a_quiet_connection_is() {
        let activity = after(1000);
        let running = begin(&activity);
        assert_eq!(activity.verdict(&PATIENCE), Verdict::Keep(PATIENCE.head));
        drop(running);
        assert!(matches!(activity.verdict(&PATIENCE), Verdict::Keep(_)));
        store(&activity.quiet_since, 0);
        assert_eq!(activity.verdict(&PATIENCE), Verdict::Close);
    }

    #[test]
    fn a_client_that_stops_reading_is_dropped() {
        let activity = after(60);
        let _running = begin(&activity);
        store(&activity.stalled_since, 0);
        assert_eq!(activity.verdict(&PATIENCE), Verdict::Drop);
        activity.wrote();
        assert!(matches!(activity.verdict(&PATIENCE), Verdict::Keep(_)));
    }
}
