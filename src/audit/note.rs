//! Checkpoints: signed statements of what the log holds, in forms that other tools read.
//!
//! A checkpoint is a C2SP `tlog-checkpoint` (origin, size, base64 root), signed as a C2SP `signed-note` with Ed25519 (signature
//! type 1). Refuses to know: the tree, the store.

use super::tree::Hash;
use crate::crypto::{SigningKey, VerifyingKey};
use data_encoding::{BASE64, HEXLOWER};
use sha2::{Digest as _, Sha256};

/// Ed25519 in a signed note.
const ED25519: u8 = 1;

/// Why a checkpoint or a public key is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// Not in the form of a checkpoint.
    #[error("not in the form of a signed checkpoint")]
    Form,
    /// No signature by a key that is trusted here.
    #[error("no valid signature by a key of this log")]
    Signature,
    /// Not in the form `name+id+key`.
    #[error("not a public key in the form NAME+ID+KEY")]
    Key,
}

/// What the log held at some time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which log: the name of the key that signs for it.
    pub origin: String,
    /// How many entries.
    pub size: u64,
    /// The hash of their tree.
    pub root: Hash,
}

/// A public key with the name of its log: `NAME+ID+KEY` of C2SP `signed-note`.
///
/// ```
/// use vestibule::audit::note::LogKey;
/// let text = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
/// assert_eq!(text.parse::<LogKey>().unwrap().to_string(), text);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogKey {
    name: String,
    key: VerifyingKey,
}

impl LogKey {
    /// Of this log.
    pub fn new(name: &str, key: VerifyingKey) -> Self {
        Self {
            name: name.to_owned(),
            key,
        }
    }

    /// The log's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    fn id(&self) -> [u8; 4] {
        let mut hash = Sha256::new_with_prefix(self.name.as_bytes());
        hash.update([b'\n', ED25519]);
        hash.update(self.key.to_bytes());
        let [a, b, c, d, ..] = <[u8; 32]>::from(hash.finalize());
        [a, b, c, d]
    }
}

impl std::fmt::Display for LogKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut key = vec![ED25519];
        key.extend_from_slice(&self.key.to_bytes());
        write!(
            f,
            "{}+{}+{}",
            self.name,
            HEXLOWER.encode(&self.id()),
            BASE64.encode(&key)
        )
    }
}

impl std::str::FromStr for LogKey {
    type Err = NoteError;

    fn from_str(text: &str) -> Result<Self, NoteError> {
        let mut parts = text.trim().splitn(3, '+');
        let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(NoteError::Key);
        };
        let bytes = BASE64.decode(key.as_bytes()).map_err(|_| NoteError::Key)?;
        let (Some(&ED25519), Some(Ok(key))) =
            (bytes.first(), bytes.get(1..).map(TryInto::try_into))
        else {
            return Err(NoteError::Key);
        };
        let key = Self::new(
            name,
            VerifyingKey::from_bytes(key).map_err(|_| NoteError::Key)?,
        );
        if HEXLOWER.encode(&key.id()) == id {
            Ok(key)
        } else {
            Err(NoteError::Key)
        }
    }
}

impl Checkpoint {
    /// Signs it: three lines, an empty one, the signature.
    pub fn sign(&self, key: &SigningKey) -> String {
        let text = self.text();
        let mut signature = LogKey::new(&self.origin, key.verifying_key()).id().to_vec();
        signature.extend_from_slice(&key.sign(text.as_bytes()));
        format!("{text}\n— {} {}\n", self.origin, BASE64.encode(&signature))
    }

    /// Reads a checkpoint that one of `keys` signed.
    ///
    /// # Errors
    /// [`NoteError::Form`] or [`NoteError::Signature`].
    pub fn open(note: &str, keys: &[LogKey]) -> Result<Self, NoteError> {
        let (text, signatures) = note.split_once("\n\n").ok_or(NoteError::Form)?;
        let checkpoint = Self::parse(text)?;
        let text = checkpoint.text();
        let signed = signatures
            .lines()
            .filter_map(parse_signature)
            .any(|(name, id, signature)| {
                keys.iter().any(|key| {
                    let named = key.name == name && name == checkpoint.origin && key.id() == id;
                    named && key.key.verify(text.as_bytes(), &signature).is_ok()
                })
            });
        if signed {
            Ok(checkpoint)
        } else {
            Err(NoteError::Signature)
        }
    }

    fn parse(text: &str) -> Result<Self, NoteError> {
        let lines: Vec<&str> = text.lines().collect();
        let [origin, size, root] = lines.as_slice() else {
            return Err(NoteError::Form);
        };
        let root = BASE64
            .decode(root.as_bytes())
            .map_err(|_| NoteError::Form)?;
        let checkpoint = Self {
            origin: (*origin).to_owned(),
            size: size.parse().map_err(|_| NoteError::Form)?,
            root: root.try_into().map_err(|_| NoteError::Form)?,
        };
        // One spelling only: what is signed is what was read.
        if checkpoint.text().strip_suffix('\n') == Some(text) {
            Ok(checkpoint)
        } else {
            Err(NoteError::Form)
        }
    }

    fn text(&self) -> String {
        format!(
            "{}\n{}\n{}\n",
            self.origin,
            self.size,
            BASE64.encode(&self.root)
        )
    }
}

fn parse_signature(line: &str) -> Option<(&str, [u8; 4], [u8; 64])> {
    let (name, signature) = line.strip_prefix("— ")?.split_once(' ')?;
    let bytes = BASE64.decode(signature.as_bytes()).ok()?;
    let (id, signature) = bytes.split_first_chunk::<4>()?;
    Some((name, *id, signature.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::Key32;

    fn signed() -> (String, LogKey, Checkpoint) {
        let key = SigningKey::from_seed(&Key32::from_bytes([3; 32]));
        let checkpoint = Checkpoint {
            origin: "vestibule/gw-1".to_owned(),
            size: 70,
            root: [9; 32],
        };
        let public = LogKey::new("vestibule/gw-1", key.verifying_key());
        (checkpoint.sign(&key), public, checkpoint)
    }

    #[test]
    fn a_checkpoint_is_read_again_and_has_the_published_form() {
        let (note, key, checkpoint) = signed();
        let lines: Vec<&str> = note.lines().collect();
        assert_eq!(lines[..2], ["vestibule/gw-1", "70"]);
        assert_eq!((lines[3], lines.len()), ("", 5));
        assert!(lines[4].starts_with("— vestibule/gw-1 "));
        assert_eq!(Checkpoint::open(&note, &[key]), Ok(checkpoint));
    }

    #[test]
    fn any_changed_byte_and_any_other_key_is_refused() {
        let (note, key, _) = signed();
        for at in 0..note.len() {
            let mut bytes = note.clone().into_bytes();
            bytes[at] ^= 1;
            if let Ok(changed) = String::from_utf8(bytes) {
                assert!(
                    Checkpoint::open(&changed, std::slice::from_ref(&key)).is_err(),
                    "{at}"
                );
            }
        }
        let other = SigningKey::from_seed(&Key32::from_bytes([4; 32])).verifying_key();
        let other = LogKey::new("vestibule/gw-1", other);
        assert_eq!(Checkpoint::open(&note, &[other]), Err(NoteError::Signature));
        assert_eq!(Checkpoint::open(&note, &[]), Err(NoteError::Signature));
    }
}
