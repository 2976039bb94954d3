//! Syncing beside the hot path, in the `os` durability.

use super::status::Status;
use crate::store::StoreError;
use parking_lot::{Condvar, Mutex};
use std::fs::File;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// What was written is synced this much later in the `os` durability; promised are 100 ms.
const SYNC_AFTER: Duration = Duration::from_millis(50);

/// Syncs both files of the journal each time it is called, a little later.
pub(super) fn start_syncer(
    journal: [Arc<File>; 2],
    status: Arc<Status>,
) -> Result<Helper, StoreError> {
    Helper::start("store-sync", SYNC_AFTER, move || {
        let well = journal.iter().all(|file| file.sync_data().is_ok());
        status.synced(well);
        well
    })
}

/// A thread that does one thing each time it is called, some time after.
pub(super) struct Helper {
    wish: Arc<(Mutex<Wish>, Condvar)>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Wish {
    Nothing,
    Work,
    Stop,
}

impl Helper {
    /// `work` says whether it went well; if not, it is called again by itself.
    fn start(
        name: &str,
        after: Duration,
        mut work: impl FnMut() -> bool + Send + 'static,
    ) -> Result<Self, StoreError> {
        let wish = Arc::new((Mutex::new(Wish::Nothing), Condvar::new()));
        let shared = Arc::clone(&wish);
        let thread = thread::Builder::new().name(name.to_owned()).spawn(move || {
            while next(&shared, after) {
                if !work() {
                    call(&shared);
                }
            }
            work();
        });
        Ok(Self {
            wish,
            thread: Mutex::new(Some(thread.map_err(|_| StoreError::Threads)?)),
        })
    }

    pub(super) fn call(&self) {
        call(&self.wish);
    }

    /// Does its work a last time and ends.
    pub(super) fn stop(&self) {
        *self.wish.0.lock() = Wish::Stop;
        self.wish.1.notify_one();
        let thread = self.thread.lock().take();
        if thread.is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("a thread of the store has panicked");
        }
    }
}

fn call((wish, bell): &(Mutex<Wish>, Condvar)) {
    let mut wish = wish.lock();
    if *wish == Wish::Nothing {
        *wish = Wish::Work;
        bell.notify_one();
    }
}

/// Waits for the next call and then for `after`; `false` when there is none any more.
fn next((wish, bell): &(Mutex<Wish>, Condvar), after: Duration) -> bool {
    let mut wish = wish.lock();
    bell.wait_while(&mut wish, |wish| *wish == Wish::Nothing);
    if *wish == Wish::Work && !after.is_zero() {
        bell.wait_while_for(&mut wish, |wish| *wish == Wish::Work, after);
    }
    if *wish == Wish::Stop {
        return false;
    }
    *wish = Wish::Nothing;
    true
}
