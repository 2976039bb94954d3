//! What a limit on the size of files does: a write fails, and the process lives.

use rustix::process::Signal;
use tokio::runtime::Builder;
use tokio::signal::unix::{SignalKind, signal};

/// Lets a write beyond the limit on the size of a file (`ulimit -f`, `LimitFSIZE=`) fail with `EFBIG`, as on a full disk, where the
/// system would end the process with SIGXFSZ. It holds for this process, not for those that it starts, from the first call on.
///
/// # Errors
/// Where the system takes no handler for the signal.
pub fn outlive_file_limit() -> std::io::Result<()> {
    let runtime = Builder::new_current_thread().enable_io().build()?;
    let _inside = runtime.enter();
    // A handler stays for as long as the process lives, also when nobody listens.
    signal(SignalKind::from_raw(Signal::XFSZ.as_raw())).map(drop)
}
