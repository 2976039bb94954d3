//! The sign to stop: one switch, seen by everything that serves.

use std::sync::Arc;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

/// A switch that is thrown once. Clones are the same switch.
///
/// ```
/// use vestibule::proxy::Stop;
/// let stop = Stop::new();
/// assert!(!stop.is_stopped());
/// stop.clone().stop();
/// assert!(stop.is_stopped());
/// ```
#[derive(Debug, Clone)]
pub struct Stop(Arc<watch::Sender<bool>>);

impl Stop {
    /// A switch that isn't thrown.
    pub fn new() -> Self {
        Self(Arc::new(watch::Sender::new(false)))
    }

    /// Throws it.
    pub fn stop(&self) {
        self.0.send_replace(true);
    }

    /// Whether it is thrown.
    pub fn is_stopped(&self) -> bool {
        *self.0.borrow()
    }

    /// Returns once it is thrown.
    pub async fn wait(self) {
        let mut seen = self.0.subscribe();
        // An error would mean that the sender is gone; `self` holds it.
        drop(seen.wait_for(|stopped| *stopped).await);
    }
}

impl Default for Stop {
    fn default() -> Self {
        Self::new()
    }
}

/// Listens for SIGTERM and SIGINT from now on; the future ends at the first. Call it before anything that a signal must
/// not interrupt, inside a runtime.
///
/// # Errors
///
/// Where the signals can't be listened to.
pub fn stop_signal() -> std::io::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::process::{Signal, getpid, kill_process};
    use std::time::Duration;
    use tokio::time::timeout;

    #[tokio::test]
    async fn sigterm_ends_the_wait() {
        let mut waiting = Box::pin(stop_signal().unwrap());
        assert!(
            timeout(Duration::from_millis(20), &mut waiting)
                .await
                .is_err()
        );
        kill_process(getpid(), Signal::TERM).unwrap();
        assert!(timeout(Duration::from_secs(20), waiting).await.is_ok());
    }

    #[tokio::test]
    async fn all_clones_are_stopped_also_those_that_wait_later() {
        let stop = Stop::new();
        let early = tokio::spawn(stop.clone().wait());
        stop.stop();
        early.await.unwrap();
        stop.wait().await;
    }
}
