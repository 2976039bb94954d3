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

/// Returns at the first SIGTERM or SIGINT.
///
/// # Errors
///
/// Where the signals can't be listened to.
pub async fn stop_signal() -> std::io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}
