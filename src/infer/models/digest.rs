//! SHA-256 (FIPS 180-4) of files, as text of 64 hexadecimal digits.

use super::{ModelError, Progress};
use data_encoding::HEXLOWER_PERMISSIVE;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::Digest;
use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::str::FromStr;

/// The SHA-256 of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sha256([u8; 32]);

impl FromStr for Sha256 {
    type Err = ModelError;

    fn from_str(text: &str) -> Result<Self, ModelError> {
        let bytes = HEXLOWER_PERMISSIVE
            .decode(text.as_bytes())
            .map_err(|_| ModelError::NotAHash)?;
        bytes.try_into().map(Self).map_err(|_| ModelError::NotAHash)
    }
}

impl fmt::Display for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&HEXLOWER_PERMISSIVE.encode(&self.0))
    }
}

impl Serialize for Sha256 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Sha256 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

/// A sum that grows.
#[derive(Debug, Clone, Default)]
pub(super) struct Hasher(sha2::Sha256);

impl Hasher {
    pub(super) fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    pub(super) fn finish(self) -> Sha256 {
        Sha256(self.0.finalize().into())
    }
}

/// Reads a file to its end and feeds it to the sum; gives its length in bytes.
pub(super) fn feed(
    hasher: &mut Hasher,
    path: &Path,
    progress: &dyn Progress,
) -> Result<u64, ModelError> {
    let mut file = File::open(path).map_err(ModelError::file("read", path))?;
    let mut buffer = vec![0; 1 << 20];
    let mut total = 0;
    loop {
        let read = file
            .read(&mut buffer)
            .map_err(ModelError::file("read", path))?;
        if read == 0 {
            return Ok(total);
        }
        hasher.update(buffer.get(..read).unwrap_or_default());
        total += read as u64;
        progress.at(total);
    }
}

/// The sum of a whole file.
pub(super) fn of_file(path: &Path, progress: &dyn Progress) -> Result<Sha256, ModelError> {
    let size = std::fs::metadata(path)
        .map_err(ModelError::file("read", path))?
        .len();
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    progress.begin(&format!("checking {name}"), Some(size));
    let mut hasher = Hasher::default();
    let fed = feed(&mut hasher, path, progress);
    progress.end();
    fed.map(|_| hasher.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_forms() {
        let text = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(Hasher::default().finish().to_string(), text);
        assert_eq!(
            text.to_uppercase().parse::<Sha256>().unwrap().to_string(),
            text
        );
        for bad in [
            "",
            "e3b0",
            &text.replacen('e', "", 1),
            &format!("{text}00"),
            &text.replace('e', "g"),
        ] {
            assert!(bad.parse::<Sha256>().is_err(), "{bad}");
        }
    }
}
