//! Memory that can't be read from outside the process.

use super::CryptoError;
use rustix::io::Errno;
use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};

/// Switches core dumps off for this process and its children, and lets no other process of the same user read
/// its memory.
///
/// Call it once, before any key is read. A process that is not dumpable is owned by root in `/proc`, so a
/// debugger of the same user can't attach. Root still can.
///
/// # Errors
/// [`CryptoError::Harden`] where the system refuses.
pub fn harden_process() -> Result<(), CryptoError> {
    let none = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    setrlimit(Resource::Core, none).map_err(refused)?;
    set_dumpable_behavior(DumpableBehavior::NotDumpable).map_err(refused)
}

fn refused(errno: Errno) -> CryptoError {
    CryptoError::Harden { kind: errno.kind() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::process::{dumpable_behavior, getrlimit};

    #[test]
    fn a_hardened_process_dumps_no_core() {
        harden_process().unwrap();
        assert_eq!(getrlimit(Resource::Core).maximum, Some(0));
        assert_eq!(dumpable_behavior().unwrap(), DumpableBehavior::NotDumpable);
    }
}
