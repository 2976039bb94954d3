//! A table in the making: values in, keyed hashes kept.

use super::file;
use super::hash::Keyed;
use super::key::{Class, Key, Lengths, MOST_CHARS};
use super::store::{BEGINNING_WORDS, Entry, Filter, Place};
use super::{Column, ExactError, MOST_COLUMNS, MOST_ROWS};
use std::io::Write;

/// Fewest Han characters, digits and other letters of a value: shorter ones stand in every text.
const LEAST_HAN: usize = 2;
const LEAST_DIGITS: usize = 5;
const LEAST_OTHER: usize = 3;

/// What became of the values of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Taken {
    /// Values that will be found.
    pub values: u64,
    /// Empty cells.
    pub empty: u64,
    /// Values of less than 2 Han characters, 5 digits or 3 letters, which would be found everywhere.
    pub short: u64,
    /// Values of more than 40 letters and digits.
    pub long: u64,
}

/// Builds a table, row by row; 16 bytes a value.
#[derive(Debug)]
pub struct Builder {
    keyed: Keyed,
    columns: Vec<Column>,
    taken: Vec<Taken>,
    entries: Vec<Entry>,
    lengths: Lengths,
    beginnings: Filter,
    rows: u32,
}

impl Builder {
    /// An empty table with these columns under this key.
    ///
    /// # Errors
    /// [`ExactError::Columns`].
    pub fn new(columns: Vec<Column>, key: &[u8; 32]) -> Result<Self, ExactError> {
        if columns.is_empty() || columns.len() > MOST_COLUMNS {
            return Err(ExactError::Columns);
        }
        Ok(Self {
            keyed: Keyed::new(key),
            taken: vec![Taken::default(); columns.len()],
            columns,
            entries: Vec::new(),
            lengths: Lengths::default(),
            beginnings: Filter::new(BEGINNING_WORDS),
            rows: 0,
        })
    }

    /// Adds a row: a value for each column, in their order.
    ///
    /// # Errors
    /// [`ExactError::Rows`].
    pub fn row<'v>(&mut self, values: impl IntoIterator<Item = &'v str>) -> Result<(), ExactError> {
        if self.rows >= MOST_ROWS {
            return Err(ExactError::Rows);
        }
        for (column, value) in values.into_iter().take(self.columns.len()).enumerate() {
            self.value(column, value);
        }
        self.rows += 1;
        Ok(())
    }

    fn value(&mut self, column: usize, value: &str) {
        let Some(taken) = self.taken.get_mut(column) else {
            return;
        };
        let key = Key::of(value);
        let least = match key.class {
            Class::Han => LEAST_HAN,
            Class::Digits => LEAST_DIGITS,
            Class::Mixed | Class::Other => LEAST_OTHER,
        };
        if key.chars == 0 {
            taken.empty += 1;
        } else if key.chars < least {
            taken.short += 1;
        } else if key.chars > MOST_CHARS {
            taken.long += 1;
        } else {
            taken.values += 1;
            self.lengths.add(key.class, key.chars);
            if let Some(beginning) = key.beginning() {
                self.beginnings.add(self.keyed.first(beginning.as_bytes()));
            }
            self.entries.push(Entry {
                first: self.keyed.first(key.text.as_bytes()),
                second: self.keyed.second(key.text.as_bytes()),
                place: Place::new(self.rows, column as u8),
            });
        }
    }

    /// How many rows it has so far.
    pub const fn rows(&self) -> u32 {
        self.rows
    }

    /// What became of the values, by column.
    pub fn taken(&self) -> &[Taken] {
        &self.taken
    }

    /// Sorts, and writes the table with a MAC over all of it.
    ///
    /// # Errors
    /// [`ExactError::Write`].
    pub fn write(mut self, to: &mut impl Write) -> Result<(), ExactError> {
        self.entries.sort_unstable();
        let head = file::Head {
            columns: &self.columns,
            rows: self.rows,
            lengths: self.lengths,
        };
        file::write(&head, &self.beginnings, &self.entries, &self.keyed, to)
    }
}
