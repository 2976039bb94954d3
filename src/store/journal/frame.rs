//! One commit as bytes: its entries with their places, and the rows that belong to them.
//!
//! ```text
//! magic 4 | payload length u32 | first sequence u64 | check 16 | payload
//! payload: count u32, then per entry: time u64, bytes, hashes, keys, vault rows
//! ```
//!
//! Numbers are little-endian, strings are a `u32` length and their bytes, lists a `u32` count and their members. The check tells
//! a frame from one that was cut short or mixed with an older one, as a crash leaves it, not from a forged one: what
//! entries say is proved by the log's own hashes, and rows are sealed.

use crate::store::Write;

const MAGIC: [u8; 4] = *b"VJ01";
/// Bytes before the payload.
pub(super) const HEAD_BYTES: usize = 32;
const LENGTH_AT: usize = 4;
const CHECKED_AT: usize = 16;
/// The count of entries, at the beginning of the payload.
const COUNT_BYTES: usize = 4;

/// Writes a frame into a buffer, entry by entry.
#[derive(Debug, Default)]
pub(in crate::store) struct FrameWriter {
    bytes: Vec<u8>,
    first: Option<u64>,
    count: u32,
}

impl FrameWriter {
    /// Begins anew; the buffer's room is kept.
    pub(in crate::store) fn begin(&mut self) {
        self.bytes.clear();
        self.bytes.resize(HEAD_BYTES + COUNT_BYTES, 0);
        (self.first, self.count) = (None, 0);
    }

    /// Adds an entry; the first one's place is the frame's.
    pub(in crate::store) fn push(
        &mut self,
        sequence: u64,
        time: u64,
        (entry, hashes): (&[u8], &[u8]),
        write: &Write,
    ) {
        self.first.get_or_insert(sequence);
        self.count += 1;
        self.bytes.extend_from_slice(&time.to_le_bytes());
        self.text(entry);
        self.text(hashes);
        self.number(write.keys.len());
        for key in &write.keys {
            self.text(key.kind.as_bytes());
            self.text(&key.id);
            self.text(&key.blob);
            self.text(key.facts.as_bytes());
            self.bytes.extend_from_slice(&key.created.to_le_bytes());
        }
        self.number(write.vault.len());
        for row in &write.vault {
            self.bytes.extend_from_slice(&row.scope);
            self.text(row.surrogate.as_bytes());
            self.text(row.entity.as_bytes());
            self.bytes.extend_from_slice(&row.blind_index);
            self.text(&row.sealed);
            self.bytes.extend_from_slice(&row.created.to_le_bytes());
            self.bytes.extend_from_slice(&row.expires.to_le_bytes());
        }
    }

    /// The whole frame.
    pub(in crate::store) fn finish(&mut self) -> &[u8] {
        let payload = self.bytes.len().saturating_sub(HEAD_BYTES) as u32;
        let (count, first) = (self.count, self.first.unwrap_or_default());
        let fields: [(usize, &[u8]); 4] = [
            (0, &MAGIC),
            (LENGTH_AT, &payload.to_le_bytes()),
            (8, &first.to_le_bytes()),
            (HEAD_BYTES, &count.to_le_bytes()),
        ];
        for (at, field) in fields {
            if let Some(place) = self.bytes.get_mut(at..at + field.len()) {
                place.copy_from_slice(field);
            }
        }
        let check = check(&self.bytes);
        if let (Some(place), Some(check)) = (self.bytes.get_mut(CHECKED_AT..HEAD_BYTES), check) {
            place.copy_from_slice(&check);
        }
        &self.bytes
    }

    fn number(&mut self, number: usize) {
        self.bytes.extend_from_slice(&(number as u32).to_le_bytes());
    }

    fn text(&mut self, text: &[u8]) {
        self.number(text.len());
        self.bytes.extend_from_slice(text);
    }
}

/// What the check must be: over the head before it and the payload behind it.
fn check(frame: &[u8]) -> Option<[u8; 16]> {
    let mut sum = Sum::default();
    sum.add(frame.get(..CHECKED_AT)?);
    sum.add(frame.get(HEAD_BYTES..)?);
    Some(sum.finish())
}

/// Two chains of multiplications over the words of a text, each with an odd factor of its own (2⁶⁴ ÷ φ, and the first 64 bits
/// behind the point of √5): a changed bit changes both from there on. Its length is in the frame's head.
#[derive(Default)]
struct Sum(u64, u64);

const FACTORS: (u64, u64) = (0x9E37_79B9_7F4A_7C15, 0x3C6E_F372_FE94_F82B);

impl Sum {
    fn add(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.word(u64::from_le_bytes(*word));
        }
        if !rest.is_empty() {
            let mut word = [0; 8];
            word.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
            self.word(u64::from_le_bytes(word));
        }
    }

    const fn word(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(29) ^ word).wrapping_mul(FACTORS.0);
        self.1 = (self.1.rotate_left(37) ^ word).wrapping_mul(FACTORS.1);
    }

    fn finish(mut self) -> [u8; 16] {
        // So that the last word reaches the low bits too.
        self.word(1);
        self.word(2);
        (u128::from(self.0) << 64 | u128::from(self.1)).to_le_bytes()
    }
}

/// A frame that was read; its check is right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store) struct Frame<'a> {
    /// The sequence number of its first entry.
    pub(in crate::store) first: u64,
    /// How many entries it has.
    pub(in crate::store) count: u32,
    entries: &'a [u8],
}

/// An entry as it stands in a frame.
#[derive(Debug)]
pub(in crate::store) struct Placed<'a> {
    pub(in crate::store) sequence: u64,
    pub(in crate::store) time: u64,
    pub(in crate::store) bytes: &'a [u8],
    pub(in crate::store) hashes: &'a [u8],
    pub(in crate::store) keys: Vec<KeyCells<'a>>,
    pub(in crate::store) vault: Vec<VaultCells<'a>>,
}

/// A [`KeyRow`](crate::store::KeyRow) as it stands in a frame.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::store) struct KeyCells<'a> {
    pub(in crate::store) kind: &'a str,
    pub(in crate::store) id: &'a [u8],
    pub(in crate::store) blob: &'a [u8],
    pub(in crate::store) facts: &'a str,
    pub(in crate::store) created: u64,
}

/// A [`VaultRow`](crate::store::VaultRow) as it stands in a frame.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::store) struct VaultCells<'a> {
    pub(in crate::store) scope: &'a [u8],
    pub(in crate::store) surrogate: &'a str,
    pub(in crate::store) entity: &'a str,
    pub(in crate::store) blind_index: &'a [u8],
    pub(in crate::store) sealed: &'a [u8],
    pub(in crate::store) created: u64,
    pub(in crate::store) expires: u64,
}

impl<'a> Frame<'a> {
    /// The frame at the beginning of `bytes`, and what follows it; `None` where there is no whole frame. `trusted` bytes were
    /// in memory all the time, and are not checked.
    fn read(bytes: &'a [u8], trusted: bool) -> Option<(Self, &'a [u8])> {
        let mut head = Cursor(bytes);
        if head.take(4)? != MAGIC {
            return None;
        }
        let length = head.number()?;
        let first = head.long()?;
        let (frame, rest) = bytes.split_at_checked(HEAD_BYTES.checked_add(length)?)?;
        if !trusted && check(frame)?.as_slice() != frame.get(CHECKED_AT..HEAD_BYTES)? {
            return None;
        }
        let mut payload = Cursor(frame.get(HEAD_BYTES..)?);
        let count = payload.number()? as u32;
        let entries = payload.0;
        Some((
            Self {
                first,
                count,
                entries,
            },
            rest,
        ))
    }

    /// The sequence number behind its last entry.
    pub(in crate::store) fn end(&self) -> u64 {
        self.first.saturating_add(u64::from(self.count))
    }

    /// How many bytes it has in the file.
    pub(super) const fn len(&self) -> usize {
        HEAD_BYTES + COUNT_BYTES + self.entries.len()
    }

    /// Its entries, in order; `None` in place of what can't be read.
    pub(in crate::store) fn entries(self) -> impl Iterator<Item = Option<Placed<'a>>> {
        let mut cursor = Cursor(self.entries);
        (0..u64::from(self.count)).map(move |number| cursor.placed(self.first + number))
    }
}

/// Every frame in a file's bytes from the beginning on, as long as each goes on where the one before ends.
pub(in crate::store) fn frames(bytes: &[u8]) -> impl Iterator<Item = Frame<'_>> {
    run(bytes, false)
}

/// As [`frames`], of frames that never left the memory.
pub(in crate::store) fn frames_in_memory(bytes: &[u8]) -> impl Iterator<Item = Frame<'_>> {
    run(bytes, true)
}

fn run(bytes: &[u8], trusted: bool) -> impl Iterator<Item = Frame<'_>> {
    let (mut rest, mut next) = (bytes, None);
    std::iter::from_fn(move || {
        let (frame, behind) = Frame::read(rest, trusted)?;
        if next.is_some_and(|next| next != frame.first) {
            return None;
        }
        (rest, next) = (behind, Some(frame.end()));
        Some(frame)
    })
}

/// Whole frames from byte `from` on, wherever they begin, that hold entries at place `size` of the log or behind it.
pub(super) fn frames_anywhere(
    bytes: &[u8],
    from: usize,
    size: u64,
) -> impl Iterator<Item = Frame<'_>> {
    let mut rest = bytes.get(from..).unwrap_or_default();
    std::iter::from_fn(move || {
        while let Some(at) = memchr::memmem::find(rest, &MAGIC) {
            let (_, found) = rest.split_at_checked(at)?;
            // The place first: most of what is found is of an earlier round, and need not be summed up.
            if begins(found).is_some_and(|(first, count)| first.saturating_add(count) > size)
                && let Some((frame, behind)) = Frame::read(found, false)
            {
                rest = behind;
                return Some(frame);
            }
            rest = found.get(MAGIC.len()..)?;
        }
        None
    })
}

/// The first sequence number and the count that a frame at the beginning of `bytes` claims, be it whole or not.
pub(super) fn begins(bytes: &[u8]) -> Option<(u64, u64)> {
    let mut head = Cursor(bytes.strip_prefix(&MAGIC)?);
    head.number()?;
    let first = head.long()?;
    let mut payload = Cursor(bytes.get(HEAD_BYTES..)?);
    Some((first, payload.number()? as u64))
}

/// What is left to read.
struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    fn take(&mut self, bytes: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(bytes)?;
        self.0 = rest;
        Some(taken)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.first_chunk().copied()
    }

    fn number(&mut self) -> Option<usize> {
        self.array().map(|bytes| u32::from_le_bytes(bytes) as usize)
    }

    fn long(&mut self) -> Option<u64> {
        self.array().map(u64::from_le_bytes)
    }

    fn text(&mut self) -> Option<&'a [u8]> {
        let length = self.number()?;
        self.take(length)
    }

    fn string(&mut self) -> Option<&'a str> {
        std::str::from_utf8(self.text()?).ok()
    }

    fn list<T>(&mut self, member: impl Fn(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let count = self.number()?;
        (0..count).map(|_| member(self)).collect()
    }

    fn placed(&mut self, sequence: u64) -> Option<Placed<'a>> {
        Some(Placed {
            sequence,
            time: self.long()?,
            bytes: self.text()?,
            hashes: self.text()?,
            keys: self.list(Self::key)?,
            vault: self.list(Self::vault)?,
        })
    }

    fn key(&mut self) -> Option<KeyCells<'a>> {
        Some(KeyCells {
            kind: self.string()?,
            id: self.text()?,
            blob: self.text()?,
            facts: self.string()?,
            created: self.long()?,
        })
    }

    fn vault(&mut self) -> Option<VaultCells<'a>> {
        Some(VaultCells {
            scope: self.take(16)?,
            surrogate: self.string()?,
            entity: self.string()?,
            blind_index: self.take(16)?,
            sealed: self.text()?,
            created: self.long()?,
            expires: self.long()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{KeyRow, VaultRow};

    fn write() -> Write {
        Write {
            keys: vec![KeyRow {
                kind: "scope".into(),
                id: vec![1, 2],
                blob: vec![3; 60],
                facts: "{\"root\":1}".into(),
                created: 4,
            }],
            vault: vec![VaultRow {
                scope: [5; 16],
                surrogate: "替代".into(),
                entity: "EMAIL".into(),
                blind_index: [6; 16],
                sealed: vec![7; 50],
                created: 8,
                expires: 9,
            }],
        }
    }

    fn frame(first: u64, entries: &[(&str, &Write)]) -> Vec<u8> {
        let mut writer = FrameWriter::default();
        writer.begin();
        for (at, (text, write)) in entries.iter().enumerate() {
            let sequence = first + at as u64;
            writer.push(sequence, sequence + 100, (text.as_bytes(), &[1, 2]), write);
        }
        writer.finish().to_vec()
    }

    #[test]
    fn what_is_written_is_read_again() {
        let none = Write::default();
        let bytes = frame(7, &[("a", &none), ("", &write()), ("ccc", &none)]);
        let (read, rest) = Frame::read(&bytes, false).unwrap();
        assert_eq!(
            (read.first, read.count, read.end(), rest.len()),
            (7, 3, 10, 0)
        );
        let entries: Vec<_> = read.entries().map(Option::unwrap).collect();
        let plain: Vec<_> = entries
            .iter()
            .map(|entry| (entry.sequence, entry.time, entry.bytes, entry.hashes))
            .collect();
        let hashes: &[u8] = &[1, 2];
        let expected: [(u64, u64, &[u8], &[u8]); 3] = [
            (7, 107, b"a", hashes),
            (8, 108, b"", hashes),
            (9, 109, b"ccc", hashes),
        ];
        assert_eq!(plain, expected);
        assert!(entries[0].keys.is_empty() && entries[2].vault.is_empty());
        let key = KeyCells {
            kind: "scope",
            id: &[1, 2],
            blob: &[3; 60],
            facts: "{\"root\":1}",
            created: 4,
        };
        assert_eq!(entries[1].keys, [key]);
        let row = VaultCells {
            scope: &[5; 16],
            surrogate: "替代",
            entity: "EMAIL",
            blind_index: &[6; 16],
            sealed: &[7; 50],
            created: 8,
            expires: 9,
        };
        assert_eq!(entries[1].vault, [row]);
    }

    #[test]
    fn a_frame_that_is_cut_or_changed_anywhere_is_none() {
        let bytes = frame(0, &[("entry", &write())]);
        for length in 0..bytes.len() {
            assert!(Frame::read(&bytes[..length], false).is_none(), "{length}");
        }
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            assert!(Frame::read(&changed, false).is_none(), "{at}");
        }
    }

    #[test]
    fn frames_are_read_as_long_as_they_go_on() {
        let none = Write::default();
        let none = &none;
        let mut bytes = frame(3, &[("a", none), ("b", none)]);
        bytes.extend(frame(5, &[("c", none)]));
        // Left from before the file was begun anew.
        bytes.extend(frame(1, &[("old", none)]));
        let firsts = |bytes: &[u8]| frames(bytes).map(|frame| frame.first).collect::<Vec<_>>();
        assert_eq!(firsts(&bytes), [3, 5]);
        bytes.truncate(bytes.len() - 1);
        assert_eq!(firsts(&bytes), [3, 5]);
        assert!(firsts(&[0; 100]).is_empty());
    }
}
