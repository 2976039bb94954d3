//! Exact data match: the values of a table that are known only as keyed hashes are found in any text.
//!
//! A [`Table`] holds 16 bytes for each value: 64 bits of SipHash-2-4, 32 bits of keyed BLAKE3 as confirmation, its row
//! and column. Without the key neither it nor its file tells a value. A million values take 16 MB, and 2 MB to look them
//! up; one candidate in about 10²² is taken for a value that it isn't.
//!
//! `tokens` offers the stretches of a text that have a length of the table; `store` looks them up; `rows` asks of which
//! row they are; `file` is the table at rest. Refuses to know: where files and keys are, what a column means.

mod build;
mod file;
mod hash;
mod key;
mod rows;
mod store;
#[cfg(test)]
mod tests;
mod tokens;

pub use build::{Builder, Taken};

use crate::base::EntityType;
use crate::detect::page::Candidate;
use hash::Keyed;
use key::Lengths;
use rows::Rules;
use std::fmt;
use std::io;
use store::Store;

/// Most columns of a table.
pub const MOST_COLUMNS: usize = 16;
/// Most rows of a table.
pub const MOST_ROWS: u32 = 1 << 28;

/// Why a table can't be built, written or read. Holds no value.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExactError {
    /// None, or more than [`MOST_COLUMNS`].
    #[error("a table has 1 to {MOST_COLUMNS} columns")]
    Columns,
    /// More than [`MOST_ROWS`].
    #[error("a table has at most {MOST_ROWS} rows")]
    Rows,
    /// Not what [`Builder::write`] wrote, altered, or written under another key.
    #[error("the table is damaged, or belongs to another key; load it again")]
    Damaged,
    /// An entity type that is not known here.
    #[error(
        "column `{column}` holds `{entity}`, which no recognizer or list of the policy defines"
    )]
    Entity {
        /// The column's name.
        column: String,
        /// The type's name.
        entity: String,
    },
    /// The rule names a column that the table doesn't have.
    #[error("the table has no column `{column}`")]
    NoColumn {
        /// The name.
        column: String,
    },
    /// It can't be written.
    #[error("the table can't be written: {0}")]
    Write(io::ErrorKind),
}

/// One column of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its name, as rules speak of it.
    pub name: String,
    /// What its values are.
    pub entity: EntityType,
}

/// When a value that was met is a finding.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ExactRule {
    /// Columns each of whose values is one.
    pub alone: Vec<String>,
    /// Columns whose values are findings where those of one row stand together; none: no such rule.
    pub require: Vec<String>,
    /// How far apart these may stand, in characters.
    pub within: usize,
}

/// A table's keyed hashes, ready to be searched.
pub struct Table {
    keyed: Keyed,
    columns: Vec<Column>,
    rows: u32,
    lengths: Lengths,
    store: Store,
    rules: Rules,
}

impl Table {
    /// Reads what [`Builder::write`] wrote.
    ///
    /// # Errors
    /// [`ExactError::Damaged`], also under another key; [`ExactError::Entity`].
    pub fn read(bytes: &[u8], key: &[u8; 32]) -> Result<Self, ExactError> {
        file::read(bytes, &Keyed::new(key))
    }

    /// The columns of a file, in its order, and its rows, read without its key and so without any proof.
    ///
    /// # Errors
    /// [`ExactError::Damaged`].
    pub fn describe(bytes: &[u8]) -> Result<(Vec<(String, String)>, u32), ExactError> {
        file::describe(bytes)
    }

    /// Finds by these rules; without any it finds nothing.
    ///
    /// # Errors
    /// [`ExactError::NoColumn`].
    pub fn with_rules(mut self, rules: &[ExactRule]) -> Result<Self, ExactError> {
        self.rules = Rules::new(rules, &self.columns)?;
        Ok(self)
    }

    /// How many rows it has.
    pub const fn rows(&self) -> u32 {
        self.rows
    }

    /// Its columns.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// Memory that it takes, in bytes.
    pub fn memory_bytes(&self) -> usize {
        self.store.memory_bytes()
    }

    /// Every value in the text that a rule makes a finding; spans are of `text`.
    pub(in crate::detect) fn find(&self, text: &str, found: &mut Vec<Candidate>) {
        if self.rules.is_empty() {
            return;
        }
        let mut met = Vec::new();
        let begins = |beginning: &str| self.store.begins(self.keyed.first(beginning.as_bytes()));
        tokens::offer(text, self.lengths, begins, |stretch| {
            let first = self.keyed.first(stretch.key.as_bytes());
            let second = || self.keyed.second(stretch.key.as_bytes());
            if let Some(range) = self.store.look_up(first, second) {
                met.push(rows::Met {
                    span: stretch.span,
                    range,
                });
            }
        });
        self.rules
            .judge(text, &met, &self.store, &self.columns, found);
    }
}

impl fmt::Debug for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Table")
            .field("columns", &self.columns)
            .field("rows", &self.rows)
            .finish_non_exhaustive()
    }
}
