//! Whether work grows with its text and not faster: measured on the text repeated, in the thread's own time.

use rustix::time::{ClockId, clock_gettime};
use std::time::Duration;

/// The shorter of the two texts, in bytes.
const SHORT: usize = 16 * 1024;
/// The longer one is so many times as long. Twice that time would be linear work on a busy machine; its square is quadratic work.
const TIMES: usize = 8;
/// What is faster than this is not judged: it is noise.
const LEAST: Duration = Duration::from_millis(40);
/// A slow measurement is repeated so often; the fastest counts.
const TRIES: usize = 4;

/// Panics where `work` on the repeated text takes far more than in proportion.
pub fn is_linear(unit: &str, head: &str, mut work: impl FnMut(&str)) {
    if unit.is_empty() {
        return;
    }
    let short = [head, &unit.repeat(SHORT / unit.len() + 1)].concat();
    let long = [head, &unit.repeat(TIMES * SHORT / unit.len() + 1)].concat();
    let grows = |work: &mut dyn FnMut(&str)| {
        let (short, long) = (time(work, &short), time(work, &long));
        (long > LEAST && long > short * 3 * TIMES as u32).then_some((short, long))
    };
    let faults = (0..TRIES).map_while(|_| grows(&mut work));
    if let Some((short, long)) = faults.skip(TRIES - 1).next() {
        panic!("{TIMES} times the text takes {long:?} instead of {short:?}");
    }
}

fn time(work: &mut dyn FnMut(&str), text: &str) -> Duration {
    let before = clock_gettime(ClockId::ThreadCPUTime);
    work(text);
    let after = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new((after.tv_sec - before.tv_sec) as u64, 0)
        + Duration::from_nanos(after.tv_nsec as u64)
        - Duration::from_nanos(before.tv_nsec as u64)
}
