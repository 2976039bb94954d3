//! Where a commit is durable first: two files that are written in turn, each frame with one write.
//!
//! A page of a database costs a write of four kilobytes and each transaction several of them; one frame of some hundred
//! bytes at the end of a file costs one write, and one sync where that is asked for, whatever databases its rows belong to. The
//! databases get the rows a little later, many frames in one transaction. Until they have them synced, the file that holds the
//! frames is not overwritten, so after a crash everything is found in one place or the other.
//!
//! Refuses to know: SQL, threads, who waits.

mod frame;
mod recovered;

pub(in crate::store) use frame::{
    Frame, FrameWriter, KeyCells, Placed, VaultCells, frames_in_memory,
};
pub(in crate::store) use recovered::Recovered;

use super::StoreError;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::sync::Arc;

/// The files' names in the data folder.
pub(in crate::store) const NAMES: [&str; 2] = ["journal-a", "journal-b"];
/// Room that each file is given at start, in bytes. Overwriting room that a file has makes `fdatasync` cheaper than growing
/// it does. A file is left for the other, once that is free, when it is this full.
const ROOM_BYTES: u64 = 4 * 1024 * 1024;

/// The two files, open for writing.
#[derive(Debug)]
pub(in crate::store) struct Journal {
    halves: [Half; 2],
    /// Which of them is written: 0 or 1.
    current: usize,
    /// Where it fails as on a full disk.
    #[cfg(test)]
    full: bool,
}

#[derive(Debug)]
struct Half {
    file: Arc<File>,
    /// Where the next frame goes.
    end: u64,
    /// Bytes from the beginning that may hold anything but zeros.
    used: u64,
    /// The sequence number behind its last frame; what comes before must be in the databases before it is written anew.
    holds_to: u64,
}

impl Journal {
    /// Opens both files, after what they held was [recovered](Recovered), and gives them room.
    pub(in crate::store) fn open(folder: &Path) -> Result<Self, StoreError> {
        let half = |name: &str| -> Result<Half, StoreError> {
            let path = folder.join(name);
            let failed = |error| StoreError::file(&path, &error);
            let file = OpenOptions::new()
                .read(true)
                .write(true)
                .create(true)
                .truncate(false)
                .mode(0o600)
                .open(&path)
                .map_err(failed)?;
            let length = file.metadata().map_err(failed)?.len();
            fill(&file, length, ROOM_BYTES).map_err(failed)?;
            file.sync_all().map_err(failed)?;
            Ok(Half {
                file: Arc::new(file),
                end: 0,
                used: 0,
                holds_to: 0,
            })
        };
        Ok(Self {
            halves: [half(NAMES[0])?, half(NAMES[1])?],
            current: 0,
            #[cfg(test)]
            full: false,
        })
    }

    /// Both files, for those who sync them from another thread.
    pub(in crate::store) fn files(&self) -> [Arc<File>; 2] {
        let [a, b] = &self.halves;
        [Arc::clone(&a.file), Arc::clone(&b.file)]
    }

    /// Writes a frame whose entries end before `end`, and has the disk sync it if `sync`. Where that fails the frame does not
    /// count, and the next one is written in its place.
    ///
    /// `applied` says up to which sequence number the databases have everything synced.
    pub(in crate::store) fn append(
        &mut self,
        frame: &[u8],
        end: u64,
        applied: u64,
        sync: bool,
    ) -> io::Result<()> {
        #[cfg(test)]
        if self.full {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.take_turns(frame.len() as u64, applied);
        let Some(half) = self.halves.get_mut(self.current) else {
            return Err(io::ErrorKind::NotFound.into());
        };
        half.used = half.used.max(half.end + frame.len() as u64);
        half.file.write_all_at(frame, half.end)?;
        if sync && let Err(error) = half.file.sync_data() {
            // It may be on the disk all the same; whoever was told that it is not must not find it after a crash.
            drop(half.file.write_all_at(&[0; frame::HEAD_BYTES], half.end));
            return Err(error);
        }
        half.end += frame.len() as u64;
        half.holds_to = end;
        Ok(())
    }

    /// Goes over to the other file when this one is full and the other one's frames are in the databases.
    fn take_turns(&mut self, bytes: u64, applied: u64) {
        let [a, b] = &mut self.halves;
        let (current, other) = if self.current == 0 { (a, b) } else { (b, a) };
        if current.end + bytes > ROOM_BYTES && other.holds_to <= applied {
            other.end = 0;
            self.current = 1 - self.current;
        }
    }

    /// Whether a file waits until the databases have synced what it holds: the other one is full too.
    pub(in crate::store) fn wants_room(&self, applied: u64) -> bool {
        let [a, b] = &self.halves;
        let (current, other) = if self.current == 0 { (a, b) } else { (b, a) };
        current.end > ROOM_BYTES / 2 && other.holds_to > applied
    }

    /// Tries whether as much as a batch can be written, at the place of the next frame.
    pub(in crate::store) fn probe(&mut self, sync: bool) -> io::Result<()> {
        #[cfg(test)]
        if self.full {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let Some(half) = self.halves.get_mut(self.current) else {
            return Err(io::ErrorKind::NotFound.into());
        };
        half.used = half.used.max(half.end + 65_536);
        fill(&half.file, half.end, half.end + 65_536)?;
        if sync {
            half.file.sync_data()?;
        }
        Ok(())
    }

    /// Overwrites everything with zeros and begins anew, synced: nothing of it is left on the disk. Everything must be in the
    /// databases, synced.
    pub(in crate::store) fn wipe(&mut self) -> io::Result<()> {
        for half in &mut self.halves {
            if half.used > 0 {
                overwrite(&half.file, half.used)?;
                half.file.sync_data()?;
            }
            (half.end, half.used, half.holds_to) = (0, 0, 0);
        }
        self.current = 0;
        Ok(())
    }

    /// Lets every write fail, as on a full disk, or no more.
    #[cfg(test)]
    pub(in crate::store) fn limit(&mut self, full: bool) {
        self.full = full;
    }
}

fn overwrite(file: &File, bytes: u64) -> io::Result<()> {
    fill(file, 0, bytes)
}

/// Writes zeros from `from` up to `to`.
fn fill(file: &File, from: u64, to: u64) -> io::Result<()> {
    let zeros = vec![0; 65_536];
    let mut at = from;
    while at < to {
        let piece = zeros
            .get(..(to - at).min(65_536) as usize)
            .unwrap_or(&zeros);
        file.write_all_at(piece, at)?;
        at += piece.len() as u64;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Write;

    fn frame(sequence: u64, bytes: usize) -> Vec<u8> {
        let mut writer = FrameWriter::default();
        writer.begin();
        writer.push(sequence, 0, (&vec![7; bytes], &[]), &Write::default());
        writer.finish().to_vec()
    }

    fn firsts(folder: &Path) -> Vec<u64> {
        let recovered = Recovered::read(folder).unwrap();
        let frames = recovered.frames(0).unwrap();
        frames.iter().map(|frame| frame.first).collect()
    }

    #[test]
    fn a_file_is_written_anew_only_when_the_databases_have_what_it_holds() {
        let folder = tempfile::tempdir().unwrap();
        let mut journal = Journal::open(folder.path()).unwrap();
        let half_a_room = ROOM_BYTES as usize / 2;
        let mut append = |sequence, applied| {
            let frame = frame(sequence, half_a_room);
            journal
                .append(&frame, sequence + 1, applied, false)
                .unwrap();
            firsts(folder.path())
        };
        assert_eq!(append(0, 0), [0]);
        assert_eq!(append(1, 0), [0, 1], "the second file begins");
        // The first file still holds what the databases have not.
        assert_eq!(append(2, 0), [0, 1, 2]);
        assert_eq!(append(3, 0), [0, 1, 2, 3]);
        assert_eq!(append(4, 1), [1, 2, 3, 4]);
        assert_eq!(append(5, 3), [1, 2, 3, 4, 5]);
        assert_eq!(append(6, 4), [4, 5, 6]);
    }

    #[test]
    fn what_failed_leaves_its_place_to_the_next() {
        let folder = tempfile::tempdir().unwrap();
        let mut journal = Journal::open(folder.path()).unwrap();
        journal.append(&frame(0, 10), 1, 0, true).unwrap();
        journal.limit(true);
        let refused = journal.append(&frame(1, 10), 2, 0, true);
        assert_eq!(refused.unwrap_err().kind(), io::ErrorKind::StorageFull);
        assert!(journal.probe(true).is_err());
        journal.limit(false);
        journal.probe(true).unwrap();
        journal.append(&frame(1, 20), 2, 0, true).unwrap();
        assert_eq!(firsts(folder.path()), [0, 1]);
    }

    #[test]
    fn wiped_is_wiped() {
        let folder = tempfile::tempdir().unwrap();
        let mut journal = Journal::open(folder.path()).unwrap();
        journal.append(&frame(0, 5_000), 1, 0, false).unwrap();
        let held = |needle| Recovered::read(folder.path()).unwrap().holds(needle);
        assert!(held(&[7; 5_000]));
        journal.wipe().unwrap();
        assert!(!held(&[7]));
        journal.append(&frame(9, 5_000), 10, 0, false).unwrap();
        assert_eq!(firsts(folder.path()), [9]);
        Recovered::read(folder.path()).unwrap().wipe().unwrap();
        assert!(!held(&[7]) && firsts(folder.path()).is_empty());
    }
}
