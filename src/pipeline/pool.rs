//! Threads for work that would keep others waiting: reading long prose for names.
//!
//! Own threads, so that the threads that serve requests are never held up; a bounded queue, so that what can't be done
//! in time is known at once. Refuses to know: what the work is.

use parking_lot::Mutex;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use tokio::sync::oneshot;

type Job = Box<dyn FnOnce() + Send>;

/// Jobs that may wait, for each thread.
const QUEUE_PER_THREAD: usize = 32;

/// The queue is full, or a job came to no end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no thread had time")]
pub(super) struct Busy;

/// Threads with one queue; they end when it is dropped.
#[derive(Debug)]
pub(super) struct Pool(SyncSender<Job>);

impl Pool {
    /// So many threads. `None` where the system gives none.
    pub(super) fn new(threads: usize) -> Option<Self> {
        let (sender, receiver) = sync_channel::<Job>(threads * QUEUE_PER_THREAD);
        let receiver = Arc::new(Mutex::new(receiver));
        let started = (0..threads).filter_map(|i| {
            let receiver = Arc::clone(&receiver);
            let thread = std::thread::Builder::new().name(format!("names-{i}"));
            thread.spawn(move || work(&receiver)).ok()
        });
        (started.count() > 0).then_some(Self(sender))
    }

    /// Has the work done by one of the threads, and waits for what comes of it.
    ///
    /// # Errors
    /// [`Busy`] at once where the queue is full, or where the work panics.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Busy> {
        let (done, result) = oneshot::channel();
        let job = Box::new(move || {
            // Nobody may wait any longer.
            drop(done.send(work()));
        });
        self.0.try_send(job).map_err(|_| Busy)?;
        result.await.map_err(|_| Busy)
    }
}

/// Does jobs until nobody can bring any more. A panic ends its job and not the thread.
fn work(receiver: &Mutex<Receiver<Job>>) {
    loop {
        let job = receiver.lock().recv();
        let Ok(job) = job else { return };
        drop(catch_unwind(AssertUnwindSafe(job)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::poll_fn;
    use std::sync::mpsc::channel;
    use std::task::Poll;

    #[tokio::test]
    async fn jobs_are_done_and_a_panic_stays_in_its_own() {
        let pool = Pool::new(1).unwrap();
        assert_eq!(pool.run(|| 6 * 7).await, Ok(42));
        let quiet = std::panic::take_hook();
        std::panic::set_hook(Box::new(|_| {}));
        let failed = pool.run(|| panic!("a job's own fault")).await;
        std::panic::set_hook(quiet);
        assert_eq!(failed, Err::<(), _>(Busy));
        assert_eq!(pool.run(|| 1).await, Ok(1));
    }

    #[tokio::test]
    async fn a_full_queue_is_told_at_once() {
        let pool = Arc::new(Pool::new(1).unwrap());
        let ((go, gate), (started, begun)) = (channel::<()>(), channel());
        let held = {
            let pool = Arc::clone(&pool);
            let job = move || started.send(()).is_ok() && gate.recv().is_ok();
            tokio::spawn(async move { pool.run(job).await })
        };
        while begun.try_recv().is_err() {
            tokio::task::yield_now().await;
        }
        let mut waiting = Vec::new();
        loop {
            let pool = Arc::clone(&pool);
            let mut job = Box::pin(async move { pool.run(|| true).await });
            let first = poll_fn(|cx| Poll::Ready(job.as_mut().poll(cx))).await;
            if first.is_ready() {
                assert_eq!(first, Poll::Ready(Err(Busy)));
                break;
            }
            waiting.push(job);
        }
        assert_eq!(waiting.len(), QUEUE_PER_THREAD);
        go.send(()).unwrap();
        assert_eq!(held.await.unwrap(), Ok(true));
        for job in waiting {
            assert_eq!(job.await, Ok(true));
        }
    }
}
