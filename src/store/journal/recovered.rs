//! What a folder's journal holds when nobody writes it, and whether that is all it held.
//!
//! A crash leaves a frame cut short at the end, and nothing that counts behind it: what was being written was never promised. A
//! damaged disk, or a file that was edited, leaves sound frames behind the damage; they were promised, so whoever reads has to stop. Behind
//! the end there may also stand sound frames of an earlier round of the same file. They are told by their place: a file is
//! begun anew only when the databases have everything it held, so entries that the databases lack are of this round.
//!
//! Refuses to know: the databases, other than how many entries they have.

use super::frame::{Frame, begins, frames, frames_anywhere};
use super::{NAMES, ROOM_BYTES, overwrite};
use crate::store::StoreError;
use std::fs::OpenOptions;
use std::io;
use std::path::{Path, PathBuf};

/// What a folder's journal holds, read before it is opened.
#[derive(Debug, Default)]
pub(in crate::store) struct Recovered {
    files: Vec<(PathBuf, Vec<u8>)>,
}

impl Recovered {
    /// Reads both files, where they are.
    pub(in crate::store) fn read(folder: &Path) -> Result<Self, StoreError> {
        let mut files = Vec::new();
        for name in NAMES {
            let path = folder.join(name);
            match std::fs::read(&path) {
                Ok(bytes) => files.push((path, bytes)),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(StoreError::file(&path, &error)),
            }
        }
        Ok(Self { files })
    }

    /// Its frames, in the order in which they were written. One that both files hold comes once.
    ///
    /// # Errors
    /// [`StoreError::JournalTwice`]: they hold different ones for the same place, which is not among the `size` entries that the
    /// databases have.
    pub(in crate::store) fn frames(&self, size: u64) -> Result<Vec<Frame<'_>>, StoreError> {
        let mut all: Vec<Frame<'_>> = self
            .files
            .iter()
            .flat_map(|(_, bytes)| frames(bytes))
            .collect();
        all.sort_by_key(|frame| frame.first);
        all.dedup();
        let mut reached = 0;
        for frame in &all {
            if frame.first < reached && frame.end() > size {
                return Err(StoreError::JournalTwice(frame.first));
            }
            reached = reached.max(frame.end());
        }
        Ok(all)
    }

    /// The sequence number behind the last frame; `None` when there is none.
    pub(in crate::store) fn end(&self) -> Option<u64> {
        let all = self.files.iter().flat_map(|(_, bytes)| frames(bytes));
        all.map(|frame| frame.end()).max()
    }

    /// Whether nothing was ever written to it, or all of it was overwritten.
    pub(in crate::store) fn is_blank(&self) -> bool {
        self.files.iter().all(|(_, bytes)| is_blank(bytes))
    }

    /// That something was lost, when the databases have `size` entries: sound frames behind what is none, or a file that has not its
    /// room any more. What a crash cuts short is no loss, but is told to the log.
    ///
    /// # Errors
    /// [`StoreError::JournalDamaged`], [`StoreError::JournalCut`].
    pub(in crate::store) fn check(&self, size: u64) -> Result<(), StoreError> {
        for (path, bytes) in &self.files {
            let (at, last) = frames(bytes).fold((0, None), |(at, _), frame| {
                (at + frame.len(), Some(frame.end()))
            });
            let behind: u64 = frames_anywhere(bytes, at, size)
                .map(|frame| frame.end() - frame.first.max(size))
                .sum();
            let path = path.clone();
            if behind > 0 {
                let at = at as u64;
                return Err(StoreError::JournalDamaged { path, at, behind });
            }
            let length = bytes.len() as u64;
            if length < ROOM_BYTES && !is_blank(bytes) {
                return Err(StoreError::JournalCut { path, length });
            }
            let next = last.unwrap_or(0).max(size);
            if let Some((first, _)) = begins(bytes.get(at..).unwrap_or_default())
                && first >= next
            {
                let file = path.display();
                tracing::warn!(%file, at, "the journal ends in an entry that was cut short, as a crash leaves it; it was never confirmed and is dropped");
            }
        }
        Ok(())
    }

    /// Whether these bytes stand anywhere in it, also in what does not count any more.
    pub(in crate::store) fn holds(&self, bytes: &[u8]) -> bool {
        let finder = memchr::memmem::Finder::new(bytes);
        self.files
            .iter()
            .any(|(_, file)| !bytes.is_empty() && finder.find(file).is_some())
    }

    /// Overwrites the files with zeros, synced. Everything must be in the databases, synced.
    pub(in crate::store) fn wipe(&self) -> Result<(), StoreError> {
        for (path, bytes) in &self.files {
            if is_blank(bytes) {
                continue;
            }
            let failed = |error| StoreError::file(path, &error);
            let file = OpenOptions::new().write(true).open(path).map_err(failed)?;
            overwrite(&file, bytes.len() as u64).map_err(failed)?;
            file.sync_data().map_err(failed)?;
        }
        Ok(())
    }
}

fn is_blank(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| *byte == 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Write;
    use crate::store::journal::{FrameWriter, Journal};

    const BYTES: usize = 100;

    fn frame(sequence: u64, filler: u8) -> Vec<u8> {
        let mut writer = FrameWriter::default();
        writer.begin();
        writer.push(sequence, 0, (&[filler; BYTES], &[]), &Write::default());
        writer.finish().to_vec()
    }

    /// Files as a gateway has them: their room, with these frames at the beginning.
    fn folder(files: [&[u64]; 2]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        drop(Journal::open(folder.path()).unwrap());
        for (name, sequences) in NAMES.iter().zip(files) {
            edit(folder.path(), name, |bytes| {
                for (at, sequence) in sequences.iter().enumerate() {
                    let frame = frame(*sequence, 7);
                    bytes[at * frame.len()..][..frame.len()].copy_from_slice(&frame);
                }
            });
        }
        folder
    }

    fn edit(folder: &Path, name: &str, edit: impl FnOnce(&mut Vec<u8>)) {
        let path = folder.join(name);
        let mut bytes = std::fs::read(&path).unwrap();
        edit(&mut bytes);
        std::fs::write(&path, bytes).unwrap();
    }

    fn firsts(folder: &Path, size: u64) -> Result<Vec<u64>, StoreError> {
        let held = Recovered::read(folder)?;
        let frames = held.frames(size)?;
        Ok(frames.iter().map(|frame| frame.first).collect())
    }

    fn check(folder: &Path, size: u64) -> Result<(), StoreError> {
        Recovered::read(folder).unwrap().check(size)
    }

    #[test]
    fn a_changed_bit_is_damage_unless_nothing_that_counts_stands_behind_it() {
        let length = frame(0, 7).len();
        // The frame that is changed, entries in the databases, and what stands behind where that is damage.
        for (changed, size, behind) in [
            (0, 0, Some(3)),
            (1, 0, Some(2)),
            (2, 0, Some(1)),
            (1, 3, Some(1)),
            // Nothing stands behind the last: it may have been cut short.
            (3, 0, None),
            // The databases have all that stands behind, as where an earlier round's frames are overwritten.
            (0, 4, None),
            (1, 4, None),
        ] {
            // In the magic, the length, the sequence number, the check, the payload.
            for bit in [0, 35, 70, 200, 8 * length - 1] {
                let folder = folder([&[0, 1, 2, 3], &[]]);
                edit(folder.path(), NAMES[0], |bytes| {
                    bytes[changed * length + bit / 8] ^= 1 << (bit % 8);
                });
                let damaged = |behind| StoreError::JournalDamaged {
                    path: folder.path().join(NAMES[0]),
                    at: (changed * length) as u64,
                    behind,
                };
                let expected = behind.map_or(Ok(()), |behind| Err(damaged(behind)));
                assert_eq!(
                    check(folder.path(), size),
                    expected,
                    "{changed} {size} {bit}"
                );
            }
        }
    }

    #[test]
    fn what_an_earlier_round_left_is_no_damage() {
        // The second round's first frame was cut short: the first round's others stand behind it.
        let both = folder([&[0, 1, 2, 3], &[4, 5, 6, 7]]);
        let next = frame(8, 9);
        edit(both.path(), NAMES[0], |bytes| {
            bytes[..next.len() / 2].copy_from_slice(&next[..next.len() / 2]);
        });
        assert_eq!(check(both.path(), 6), Ok(()));
        assert_eq!(firsts(both.path(), 6), Ok(vec![4, 5, 6, 7]));
        // It was written whole.
        edit(both.path(), NAMES[0], |bytes| {
            bytes[..next.len()].copy_from_slice(&next);
        });
        assert_eq!(check(both.path(), 6), Ok(()));
        assert_eq!(firsts(both.path(), 6), Ok(vec![4, 5, 6, 7, 8]));
        // It is damaged, and the next stands behind it.
        let after = frame(9, 9);
        edit(both.path(), NAMES[0], |bytes| {
            bytes[40] ^= 1;
            bytes[next.len()..][..after.len()].copy_from_slice(&after);
        });
        let damaged = check(both.path(), 6).unwrap_err();
        assert!(
            matches!(
                damaged,
                StoreError::JournalDamaged {
                    at: 0,
                    behind: 1,
                    ..
                }
            ),
            "{damaged}"
        );
    }

    #[test]
    fn a_file_without_its_room_was_cut() {
        let folder = folder([&[], &[0, 1]]);
        let length = frame(0, 7).len() as u64 + 10;
        edit(folder.path(), NAMES[1], |bytes| {
            bytes.truncate(length as usize);
        });
        let path = folder.path().join(NAMES[1]);
        let cut = StoreError::JournalCut { path, length };
        assert_eq!(check(folder.path(), 0), Err(cut));
        edit(folder.path(), NAMES[1], |bytes| bytes.fill(0));
        assert_eq!(check(folder.path(), 0), Ok(()));
    }

    #[test]
    fn a_frame_in_both_files_counts_once_and_another_in_its_place_is_refused() {
        let folder = folder([&[0, 1, 2], &[1, 2, 3]]);
        assert_eq!(firsts(folder.path(), 0), Ok(vec![0, 1, 2, 3]));
        edit(folder.path(), NAMES[1], |bytes| {
            let other = frame(1, 9);
            bytes[..other.len()].copy_from_slice(&other);
        });
        assert_eq!(firsts(folder.path(), 1), Err(StoreError::JournalTwice(1)));
        assert!(firsts(folder.path(), 2).is_ok());
    }
}
