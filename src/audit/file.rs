//! The file `checkpoints`: every signed checkpoint, each followed by an empty line. It is only ever appended to, so that a
//! witness can follow it and a log whose end was cut off shows.

use super::AuditError;
use super::note::{Checkpoint, LogKey, NoteError};
use crate::store::CheckpointRow;
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

/// The end of the file that surely holds the last whole checkpoint, which is some 200 bytes.
const TAIL_BYTES: u64 = 4096;
/// No checkpoint is longer; more than that behind the last whole one is no torn checkpoint.
const MOST_TORN_BYTES: u64 = 512;

/// The file, at its end.
#[derive(Debug)]
pub(super) struct CheckpointFile {
    path: PathBuf,
    /// Size of the last checkpoint in it.
    last: u64,
}

impl CheckpointFile {
    /// Opens the file of a data folder and cuts off a last checkpoint that a crash left half written; also gives the last
    /// whole one.
    pub(super) fn open(
        folder: &Path,
        keys: &[LogKey],
    ) -> Result<(Self, Option<Checkpoint>), AuditError> {
        let path = path(folder);
        let tail = match Tail::read(&path) {
            Ok(tail) => tail,
            Err(error) if error.kind() == ErrorKind::NotFound => Tail::default(),
            Err(error) => return Err(failed(&path, &error)),
        };
        let whole = whole_notes(&tail.text);
        let end = tail.start + whole.len() as u64;
        if end < tail.length {
            if tail.length - end > MOST_TORN_BYTES {
                return Err(AuditError::Note(NoteError::Form));
            }
            let file = OpenOptions::new().write(true).open(&path);
            file.and_then(|file| file.set_len(end))
                .map_err(|error| failed(&path, &error))?;
        }
        let last = match last_note(whole) {
            Some(note) => Some(Checkpoint::open(&note, keys)?),
            None => None,
        };
        Ok((
            Self {
                path,
                last: last.as_ref().map_or(0, |last| last.size),
            },
            last,
        ))
    }

    /// Size of the last checkpoint in it.
    pub(super) const fn last(&self) -> u64 {
        self.last
    }

    /// Appends checkpoints and waits until the disk has them.
    pub(super) fn append(&mut self, rows: &[CheckpointRow]) -> Result<(), AuditError> {
        let text: String = rows
            .iter()
            .flat_map(|row| [row.note.as_str(), "\n"])
            .collect();
        let mut options = OpenOptions::new();
        let file = options
            .append(true)
            .create(true)
            .mode(0o600)
            .open(&self.path);
        let written = file.and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            file.sync_data()
        });
        written.map_err(|error| failed(&self.path, &error))?;
        self.last = rows.last().map_or(self.last, |row| row.size);
        Ok(())
    }
}

/// Every whole checkpoint of the file, unverified; `None` where there is no file.
pub(super) fn notes(folder: &Path) -> Result<Option<Vec<String>>, AuditError> {
    let path = path(folder);
    match std::fs::read(&path) {
        Ok(bytes) => {
            let text = String::from_utf8_lossy(&bytes);
            let parts: Vec<&str> = whole_notes(&text).split_terminator("\n\n").collect();
            let pairs = parts.chunks(2);
            Ok(Some(
                pairs
                    .map(|pair| format!("{}\n", pair.join("\n\n")))
                    .collect(),
            ))
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed(&path, &error)),
    }
}

fn path(folder: &Path) -> PathBuf {
    folder.join("checkpoints")
}

fn failed(path: &Path, error: &std::io::Error) -> AuditError {
    AuditError::File {
        path: path.to_owned(),
        kind: error.kind(),
    }
}

/// The end of the file.
#[derive(Default)]
struct Tail {
    /// From the beginning of a line up to the last whole character.
    text: String,
    /// Where `text` begins in the file.
    start: u64,
    /// Length of the file.
    length: u64,
}

impl Tail {
    fn read(path: &Path) -> std::io::Result<Self> {
        let mut file = File::open(path)?;
        let length = file.metadata()?.len();
        let mut start = length.saturating_sub(TAIL_BYTES);
        file.seek(SeekFrom::Start(start))?;
        let mut bytes = Vec::new();
        file.take(TAIL_BYTES).read_to_end(&mut bytes)?;
        if start > 0 {
            let line = bytes
                .iter()
                .position(|b| *b == b'\n')
                .map_or(bytes.len(), |at| at + 1);
            bytes.drain(..line);
            start += line as u64;
        }
        let text = String::from_utf8(bytes).unwrap_or_else(|error| {
            let whole = error.utf8_error().valid_up_to();
            let mut bytes = error.into_bytes();
            bytes.truncate(whole);
            String::from_utf8(bytes).unwrap_or_default()
        });
        Ok(Self {
            text,
            start,
            length,
        })
    }
}

/// Up to the end of the last whole checkpoint: a signature line and an empty line.
fn whole_notes(text: &str) -> &str {
    let signature = text.match_indices("\n— ").filter_map(|(at, _)| {
        let end = text.get(at + 1..)?.find("\n\n")?;
        Some(at + 1 + end + 2)
    });
    signature
        .last()
        .and_then(|end| text.get(..end))
        .unwrap_or("")
}

fn last_note(whole: &str) -> Option<String> {
    let (before, signature) = whole.strip_suffix("\n\n")?.rsplit_once("\n\n")?;
    let text = before.rsplit_once("\n\n").map_or(before, |(_, text)| text);
    Some(format!("{text}\n\n{signature}\n"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::{Key32, SigningKey};

    #[test]
    fn a_torn_end_is_cut_off_and_whole_checkpoints_stay() {
        let key = SigningKey::from_seed(&Key32::from_bytes([1; 32]));
        let keys = [LogKey::new("vestibule/a", key.verifying_key())];
        let rows: Vec<CheckpointRow> = (1..=40)
            .map(|size| {
                let origin = "vestibule/a".to_owned();
                let note = Checkpoint {
                    origin,
                    size,
                    root: [7; 32],
                }
                .sign(&key);
                CheckpointRow { size, note }
            })
            .collect();
        let folder = tempfile::tempdir().unwrap();
        let (mut file, none) = CheckpointFile::open(folder.path(), &keys).unwrap();
        assert_eq!((none, notes(folder.path()).unwrap()), (None, None));
        file.append(&rows).unwrap();
        let all: Vec<String> = rows.iter().map(|row| row.note.clone()).collect();
        let whole = std::fs::read(path(folder.path())).unwrap();
        let begun = rows[0].note.as_bytes();
        for torn in 1..=begun.len() {
            std::fs::write(path(folder.path()), [&whole, &begun[..torn]].concat()).unwrap();
            let (file, last) = CheckpointFile::open(folder.path(), &keys).unwrap();
            assert_eq!((file.last(), last.unwrap().size), (40, 40), "{torn}");
            assert_eq!(std::fs::read(path(folder.path())).unwrap(), whole);
            assert_eq!(notes(folder.path()).unwrap().unwrap(), all);
        }
    }
}
