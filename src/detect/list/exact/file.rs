//! A table at rest: names of columns, lengths that occur, hashes, and a MAC over all of it. No byte of a value.
//!
//! All numbers are little-endian. `VEDM1\n`, the length of the head, the head as JSON, the words of the filter for
//! beginnings, 16 bytes an entry, 32 bytes of keyed BLAKE3.

use super::hash::Keyed;
use super::key::Lengths;
use super::rows::Rules;
use super::store::{BEGINNING_WORDS, Entry, Filter, Place, Store};
use super::{Column, ExactError, Table};
use crate::base::EntityType;
use serde::{Deserialize, Serialize};
use std::io::{self, Write};

const MAGIC: &[u8] = b"VEDM1\n";
const MAC_BYTES: usize = 32;
const ENTRY_BYTES: usize = 16;
const FILTER_BYTES: usize = 8 * BEGINNING_WORDS;

/// What stands before the hashes.
pub(super) struct Head<'a> {
    pub(super) columns: &'a [Column],
    pub(super) rows: u32,
    pub(super) lengths: Lengths,
}

#[derive(Serialize, Deserialize)]
struct JsonHead {
    /// Names and entity types.
    columns: Vec<(String, String)>,
    rows: u32,
    lengths: [u64; 4],
}

/// Counts what is written into a MAC.
struct Sealed<'w, W> {
    to: &'w mut W,
    mac: blake3::Hasher,
}

impl<W: Write> Sealed<'_, W> {
    fn put(&mut self, bytes: &[u8]) -> Result<(), ExactError> {
        self.mac.update(bytes);
        self.to.write_all(bytes).map_err(|error| failed(&error))
    }
}

fn failed(error: &io::Error) -> ExactError {
    ExactError::Write(error.kind())
}

/// Writes a table; `entries` are sorted.
pub(super) fn write(
    head: &Head<'_>,
    beginnings: &Filter,
    entries: &[Entry],
    keyed: &Keyed,
    to: &mut impl Write,
) -> Result<(), ExactError> {
    let names = head.columns.iter();
    let json = JsonHead {
        columns: names
            .map(|column| (column.name.clone(), column.entity.as_str().to_owned()))
            .collect(),
        rows: head.rows,
        lengths: head.lengths.bits(),
    };
    let json = serde_json::to_vec(&json).map_err(|_| ExactError::Columns)?;
    let mac = keyed.sealer();
    let mut out = Sealed { to, mac };
    out.put(MAGIC)?;
    out.put(&(json.len() as u32).to_le_bytes())?;
    out.put(&json)?;
    let mut buffer = Vec::with_capacity(FILTER_BYTES);
    for word in &beginnings.0 {
        buffer.extend_from_slice(&word.to_le_bytes());
    }
    out.put(&buffer)?;
    for block in entries.chunks(4096) {
        buffer.clear();
        for entry in block {
            buffer.extend_from_slice(&entry.first.to_le_bytes());
            buffer.extend_from_slice(&entry.second.to_le_bytes());
            buffer.extend_from_slice(&entry.place.0.to_le_bytes());
        }
        out.put(&buffer)?;
    }
    let mac = out.mac.finalize();
    to.write_all(mac.as_bytes()).map_err(|error| failed(&error))
}

fn head(bytes: &[u8]) -> Option<(JsonHead, &[u8])> {
    let rest = bytes.strip_prefix(MAGIC)?;
    let (len, rest) = rest.split_first_chunk::<4>()?;
    let (json, rest) = rest.split_at_checked(u32::from_le_bytes(*len) as usize)?;
    Some((serde_json::from_slice(json).ok()?, rest))
}

/// Names and types of the columns, and the number of rows.
pub(super) fn describe(bytes: &[u8]) -> Result<(Vec<(String, String)>, u32), ExactError> {
    let (head, _) = head(bytes).ok_or(ExactError::Damaged)?;
    Ok((head.columns, head.rows))
}

/// Checks the MAC and reads the table.
pub(super) fn read(bytes: &[u8], keyed: &Keyed) -> Result<Table, ExactError> {
    let (body, mac) = bytes
        .split_last_chunk::<MAC_BYTES>()
        .ok_or(ExactError::Damaged)?;
    let mut sealer = keyed.sealer();
    // blake3 compares hashes in constant time.
    if sealer.update(body).finalize() != blake3::Hash::from_bytes(*mac) {
        return Err(ExactError::Damaged);
    }
    let (head, rest) = head(body).ok_or(ExactError::Damaged)?;
    let (filter, rest) = rest
        .split_at_checked(FILTER_BYTES)
        .ok_or(ExactError::Damaged)?;
    let (entries, left) = rest.as_chunks::<ENTRY_BYTES>();
    if !left.is_empty() {
        return Err(ExactError::Damaged);
    }
    let columns = head.columns.into_iter().map(column);
    let columns = columns.collect::<Result<Vec<_>, _>>()?;
    let words = filter.as_chunks::<8>().0.iter();
    let beginnings = Filter(words.map(|word| u64::from_le_bytes(*word)).collect());
    Ok(Table {
        keyed: keyed.clone(),
        columns,
        rows: head.rows,
        lengths: Lengths::of_bits(head.lengths),
        store: Store::new(entries.iter().map(entry).collect(), beginnings),
        rules: Rules::default(),
    })
}

fn column((name, entity): (String, String)) -> Result<Column, ExactError> {
    match EntityType::named(&entity) {
        Some(entity) => Ok(Column { name, entity }),
        None => Err(ExactError::Entity {
            column: name,
            entity,
        }),
    }
}

fn entry(bytes: &[u8; ENTRY_BYTES]) -> Entry {
    let number = u128::from_le_bytes(*bytes);
    Entry {
        first: number as u64,
        second: (number >> 64) as u32,
        place: Place((number >> 96) as u32),
    }
}
