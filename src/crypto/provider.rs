//! Where the KEK comes from: the key that wraps root keys, and is never stored beside them.

use super::{CryptoError, Key32, open, random, seal};
use data_encoding::{BASE64, BASE64_NOPAD, BASE64URL, BASE64URL_NOPAD, HEXLOWER_PERMISSIVE};
use std::env;
use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// A key file's permission bits: its owner alone may read and write it.
const MODE: u32 = 0o600;

const CANARY: &[u8] = b"vestibule/canary/1";

/// The key-encryption key: wraps root keys and nothing else.
pub struct Kek(Key32);

impl Kek {
    /// From bytes that a provider of another kind holds.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Key32::from_bytes(bytes))
    }

    /// A sealed mark to keep in the store: at the next start [`Kek::check`] tells this KEK from another one.
    ///
    /// # Errors
    /// [`CryptoError::Random`].
    pub fn canary(&self) -> Result<Vec<u8>, CryptoError> {
        seal(&self.0, CANARY, CANARY)
    }

    /// Whether `canary` was made by this KEK.
    ///
    /// # Errors
    /// [`CryptoError::Open`] where it was made by another one or altered; [`CryptoError::Form`] where it isn't
    /// a canary.
    pub fn check(&self, canary: &[u8]) -> Result<(), CryptoError> {
        let mark = open(&self.0, canary, CANARY)?;
        if mark.as_slice() == CANARY {
            Ok(())
        } else {
            Err(CryptoError::Form)
        }
    }

    pub(super) const fn key(&self) -> &Key32 {
        &self.0
    }
}

impl fmt::Debug for Kek {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Kek(…)")
    }
}

/// Something that holds the KEK.
pub trait KeyProvider: fmt::Debug + Send + Sync {
    /// The KEK.
    ///
    /// # Errors
    /// Says which file or variable is wrong and what to do.
    fn kek(&self) -> Result<Kek, CryptoError>;

    /// What staff read in messages: where the key is, never what it is.
    fn describe(&self) -> String;

    /// Makes the KEK where this provider was told to and there is none; called only while nothing is sealed
    /// yet, so that a lost key is never replaced in silence. Says whether it made one.
    ///
    /// # Errors
    /// As [`KeyProvider::kek`].
    fn create(&self) -> Result<bool, CryptoError> {
        Ok(false)
    }
}

/// A file of 32 random bytes, mode 0600 (or stricter), owned by the user that runs this process.
#[derive(Debug, Clone)]
pub struct FileProvider {
    path: PathBuf,
    create: bool,
}

impl FileProvider {
    /// The key in `path`; `create` says whether a first run may make it.
    pub fn new(path: impl Into<PathBuf>, create: bool) -> Self {
        Self {
            path: path.into(),
            create,
        }
    }

    /// Whether the key lies on the same file system as `data`, where one stolen disk has both. False where that
    /// can't be told.
    pub fn shares_filesystem_with(&self, data: &Path) -> bool {
        match (fs::metadata(&self.path), fs::metadata(data)) {
            (Ok(key), Ok(data)) => key.dev() == data.dev(),
            _ => false,
        }
    }

    fn failed(&self, error: &io::Error) -> CryptoError {
        let path = self.path.clone();
        match error.kind() {
            io::ErrorKind::NotFound => CryptoError::KeyFileMissing { path },
            kind => CryptoError::KeyFileIo { path, kind },
        }
    }

    /// Checks the opened file, not its path, so that nobody can swap it in between.
    fn check(&self, file: &File) -> Result<(), CryptoError> {
        let facts = file.metadata().map_err(|e| self.failed(&e))?;
        let path = self.path.clone();
        if !facts.is_file() || facts.len() != 32 {
            return Err(CryptoError::KeyFileForm { path });
        }
        let mode = facts.mode() & 0o7777;
        if mode & !MODE != 0 {
            return Err(CryptoError::KeyFileMode { path, mode });
        }
        let (owner, user) = (facts.uid(), rustix::process::geteuid().as_raw());
        if owner != user {
            return Err(CryptoError::KeyFileOwner { path, owner, user });
        }
        Ok(())
    }

    /// Writes a new key to a temporary file, syncs it, and links it into place: the path never holds half a
    /// key, and a key that is there stays.
    fn write_new(&self) -> io::Result<bool> {
        let folder = match self.path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let fresh = Key32::random().map_err(io::Error::other)?;
        let name: [u8; 8] = random().map_err(io::Error::other)?;
        let temporary = folder.join(format!(".kek-{:016x}", u64::from_be_bytes(name)));
        let made = Self::write_and_link(&temporary, &self.path, &fresh);
        fs::remove_file(&temporary)?;
        File::open(folder)?.sync_all()?;
        match made {
            Ok(()) => Ok(true),
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => Ok(false),
            Err(e) => Err(e),
        }
    }

    fn write_and_link(temporary: &Path, path: &Path, key: &Key32) -> io::Result<()> {
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(MODE)
            .open(temporary)?;
        file.write_all(key.expose())?;
        file.sync_all()?;
        fs::hard_link(temporary, path)
    }
}

impl KeyProvider for FileProvider {
    fn kek(&self) -> Result<Kek, CryptoError> {
        let mut file = File::open(&self.path).map_err(|e| self.failed(&e))?;
        self.check(&file)?;
        let mut bytes = Zeroizing::new([0; 32]);
        file.read_exact(bytes.as_mut_slice())
            .map_err(|e| self.failed(&e))?;
        Ok(Kek::from_bytes(*bytes))
    }

    fn describe(&self) -> String {
        format!("file `{}`", self.path.display())
    }

    fn create(&self) -> Result<bool, CryptoError> {
        if !self.create || self.path.exists() {
            return Ok(false);
        }
        self.write_new().map_err(|e| self.failed(&e))
    }
}

/// An environment variable with 32 bytes as 64 hex digits or base64.
#[derive(Debug, Clone)]
pub struct EnvProvider {
    name: String,
}

impl EnvProvider {
    /// The key in the variable `name`.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into() }
    }
}

impl KeyProvider for EnvProvider {
    fn kek(&self) -> Result<Kek, CryptoError> {
        let text = env::var_os(&self.name).ok_or_else(|| CryptoError::EnvMissing {
            name: self.name.clone(),
        })?;
        let text = Zeroizing::new(text.into_encoded_bytes());
        decode(&text).ok_or_else(|| CryptoError::EnvForm {
            name: self.name.clone(),
        })
    }

    fn describe(&self) -> String {
        format!("environment variable `{}`", self.name)
    }
}

/// A systemd credential (`LoadCredential=`, `LoadCredentialEncrypted=`): 32 bytes, raw or as hex or base64.
///
/// systemd keeps the folder in memory that is not swapped and lets only the service's user read it, so mode and
/// owner aren't checked again.
#[derive(Debug, Clone)]
pub struct CredentialProvider {
    name: String,
    folder: Option<PathBuf>,
}

impl CredentialProvider {
    /// The credential `name` in `$CREDENTIALS_DIRECTORY`.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            folder: env::var_os("CREDENTIALS_DIRECTORY").map(PathBuf::from),
        }
    }

    fn missing(&self) -> CryptoError {
        CryptoError::CredentialMissing {
            name: self.name.clone(),
        }
    }
}

impl KeyProvider for CredentialProvider {
    fn kek(&self) -> Result<Kek, CryptoError> {
        let plain_name = !self.name.contains('/') && !self.name.starts_with('.');
        let folder = self
            .folder
            .as_ref()
            .filter(|_| plain_name)
            .ok_or_else(|| self.missing())?;
        let path = folder.join(&self.name);
        let bytes = Zeroizing::new(fs::read(&path).map_err(|_| self.missing())?);
        let raw = <[u8; 32]>::try_from(bytes.as_slice())
            .ok()
            .map(Kek::from_bytes);
        raw.or_else(|| decode(&bytes))
            .ok_or(CryptoError::KeyFileForm { path })
    }

    fn describe(&self) -> String {
        format!("systemd credential `{}`", self.name)
    }
}

/// 32 bytes from hex or base64, white space around it aside.
fn decode(text: &[u8]) -> Option<Kek> {
    let text = text.trim_ascii();
    [
        HEXLOWER_PERMISSIVE,
        BASE64,
        BASE64_NOPAD,
        BASE64URL,
        BASE64URL_NOPAD,
    ]
    .iter()
    .filter_map(|form| form.decode(text).ok().map(Zeroizing::new))
    .find_map(|bytes| Key32::from_slice(&bytes).map(Kek))
}

#[cfg(test)]
#[path = "provider_tests.rs"]
mod tests;
