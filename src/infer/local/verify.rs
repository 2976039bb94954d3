//! Is this the file that the catalogue means?
//!
//! Random bytes in the middle of a model file load without complaint and talk nonsense, so its SHA-256 is compared before it
//! is loaded.

use super::ModelFile;
use crate::infer::DownReason;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, Read};
use std::time::SystemTime;

/// Why the worker isn't running: a kind for machines, a sentence for people (no text of requests in it).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    pub reason: DownReason,
    pub why: String,
}

impl Fault {
    pub(super) fn new(reason: DownReason, why: impl Into<String>) -> Self {
        Self {
            reason,
            why: why.into(),
        }
    }
}

/// What tells a file that was verified from one that has changed since.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stamp {
    bytes: u64,
    modified: Option<SystemTime>,
}

/// Checks that the file is there and, unless it is unchanged since `last`, that its hash is the expected one. Reads the whole
/// file: not for an async thread.
pub(super) fn verify(model: &ModelFile, last: Option<&Stamp>) -> Result<Stamp, Fault> {
    let path = model.path.display();
    let fault = |why: String| Fault::new(DownReason::NoModel, why);
    let file = File::open(&model.path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => fault(format!(
            "there is no model file `{path}`; get it with `vestibule model pull`"
        )),
        _ => fault(format!("can't read the model file `{path}`: {error}")),
    })?;
    let about = file
        .metadata()
        .map_err(|error| fault(format!("`{path}`: {error}")))?;
    let stamp = Stamp {
        bytes: about.len(),
        modified: about.modified().ok(),
    };
    let Some(expected) = &model.sha256 else {
        return Ok(stamp);
    };
    if last == Some(&stamp) {
        return Ok(stamp);
    }
    let actual = sha256(file).map_err(|error| fault(format!("can't read `{path}`: {error}")))?;
    if actual.eq_ignore_ascii_case(expected) {
        return Ok(stamp);
    }
    Err(fault(format!(
        "the model file `{path}` is damaged or another one (its sha256 is {actual}); \
         remove it and get it again with `vestibule model pull`"
    )))
}

fn sha256(mut file: File) -> io::Result<String> {
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        let read = file.read(&mut buffer)?;
        let Some(bytes) = buffer.get(..read).filter(|bytes| !bytes.is_empty()) else {
            return Ok(data_encoding::HEXLOWER.encode(&hash.finalize()));
        };
        hash.update(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// SHA-256 of `abc` (FIPS 180-4, example B.1).
    const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    #[test]
    fn a_file_with_another_hash_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("m.gguf");
        let model = |sha256: &str| ModelFile {
            name: "m".into(),
            path: path.clone(),
            sha256: Some(sha256.to_owned()),
        };
        let missing = verify(&model(ABC), None).unwrap_err();
        assert!(missing.reason == DownReason::NoModel && missing.why.contains("no model file"));
        std::fs::write(&path, "abc").unwrap();
        let stamp = verify(&model(&ABC.to_uppercase()), None).unwrap();
        assert!(verify(&model(ABC), Some(&stamp)).is_ok());
        std::fs::write(&path, "abcd").unwrap();
        let changed = verify(&model(ABC), Some(&stamp)).unwrap_err();
        assert!(changed.why.contains("damaged"), "{}", changed.why);
    }
}
