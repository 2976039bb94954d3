//! Keys, and everything that touches key bytes: sealing, derivation, MACs, signatures, where the KEK comes from.
//!
//! ```text
//! Kek (file, environment, systemd credential)
//!  └ wraps RootKey (random, versioned)
//!     ├ derives Key32 (HKDF-SHA-256) → MacKey, sealing keys
//!     └ wraps random Key32, which `seal` under a fresh key for each record
//! ```
//!
//! Refuses to know: what a key is for, rows, scopes, policy. No key byte leaves this module unwrapped, and no
//! type here prints one.

mod derive;
mod framed;
mod harden;
mod key32;
mod mac;
mod provider;
mod root;
mod seal;
mod sign;

use std::io;
use std::path::PathBuf;

pub use framed::framed;
pub use harden::harden_process;
pub use key32::Key32;
pub use mac::MacKey;
pub use provider::{CredentialProvider, EnvProvider, FileProvider, Kek, KeyProvider};
pub use root::{KeyState, RootKey};
pub use seal::{OVERHEAD_BYTES, open, seal};
pub use sign::{SigningKey, VerifyingKey};

/// What can go wrong with keys. No variant carries a key byte or sealed text.
#[derive(Debug, thiserror::Error)]
pub enum CryptoError {
    /// The operating system gave no random bytes.
    #[error("the operating system gave no random bytes")]
    Random,
    /// A derivation asked for more than HKDF can give; a fault of this program.
    #[error("key derivation failed")]
    Derive,
    /// Wrong key, wrong associated data, or altered bytes: which of them can't be told apart.
    #[error("sealed bytes did not open: wrong key, or they were altered")]
    Open,
    /// Too short, or of a form that this version doesn't know.
    #[error("sealed bytes have a form that this version does not know")]
    Form,
    /// A signature or public key that does not hold.
    #[error("signature does not verify")]
    Signature,
    /// The root key was destroyed, or a stored state isn't one of ours.
    #[error("root key is not usable: its state is `{state}`")]
    State {
        /// The state's name.
        state: &'static str,
    },
    /// There is no key file.
    #[error("no key file at `{}`: create one (32 random bytes, mode 0600) or restore it from its backup", path.display())]
    KeyFileMissing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// Others may read the key file.
    #[error("key file `{}` has mode {mode:04o}: set it to 0600", path.display())]
    KeyFileMode {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The key file belongs to another user.
    #[error("key file `{}` belongs to user {owner}, but this process runs as user {user}", path.display())]
    KeyFileOwner {
        /// The file.
        path: PathBuf,
        /// User id of its owner.
        owner: u32,
        /// User id of this process.
        user: u32,
    },
    /// Not a regular file of 32 bytes.
    #[error("key file `{}` is not a regular file of exactly 32 bytes", path.display())]
    KeyFileForm {
        /// The file.
        path: PathBuf,
    },
    /// The key file could not be read or written.
    #[error("key file `{}`: {kind}", path.display())]
    KeyFileIo {
        /// The file.
        path: PathBuf,
        /// What the system said.
        kind: io::ErrorKind,
    },
    /// The environment variable is not set.
    #[error(
        "environment variable `{name}` is not set: put 32 random bytes there, as hex or base64"
    )]
    EnvMissing {
        /// The variable.
        name: String,
    },
    /// The environment variable does not hold 32 bytes.
    #[error("environment variable `{name}` is not 64 hex digits or base64 of 32 bytes")]
    EnvForm {
        /// The variable.
        name: String,
    },
    /// The name of a credential is a path, or systemd passed no credentials.
    #[error(
        "no credential `{name}`: set `LoadCredential={name}:…` or `LoadCredentialEncrypted=` in the unit"
    )]
    CredentialMissing {
        /// The credential.
        name: String,
    },
    /// The process could not be hardened.
    #[error("core dumps could not be switched off: {kind}")]
    Harden {
        /// What the system said.
        kind: io::ErrorKind,
    },
}

/// Random bytes from the operating system.
///
/// # Errors
/// [`CryptoError::Random`] where the system has none to give.
///
/// ```
/// let a: [u8; 16] = vestibule::crypto::random()?;
/// let b: [u8; 16] = vestibule::crypto::random()?;
/// assert_ne!(a, b);
/// # Ok::<(), vestibule::crypto::CryptoError>(())
/// ```
pub fn random<const N: usize>() -> Result<[u8; N], CryptoError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| CryptoError::Random)?;
    Ok(bytes)
}
