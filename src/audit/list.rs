//! Entries, for those who read.

use super::AuditError;
use super::start::ROWS;
use crate::base::Timestamp;
use crate::store::{LogRow, Store};
use serde::Deserialize;

/// Which entries.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filter {
    /// Not before.
    pub since: Option<Timestamp>,
    /// Of this app.
    pub app: Option<String>,
    /// Of this kind, such as `llm.request`; `llm.` is every kind that begins so.
    pub kind: Option<String>,
    /// The last so many; `None` is all.
    pub limit: Option<usize>,
}

/// An entry that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its number.
    pub sequence: u64,
    /// Its time.
    pub time: Timestamp,
    /// Its exact JSON.
    pub json: String,
}

#[derive(Deserialize)]
struct Head {
    kind: String,
    #[serde(default)]
    app: String,
}

/// Shows entries in order to `each`, which may stop it with an error. Entries whose bodies retention dropped are left out.
///
/// # Errors
/// When the store can't be read, or what `each` reports.
pub fn list<E: From<AuditError>>(
    store: &dyn Store,
    filter: &Filter,
    mut each: impl FnMut(Listed) -> Result<(), E>,
) -> Result<(), E> {
    if let Some(limit) = filter.limit {
        return last(store, filter, limit)?
            .into_iter()
            .rev()
            .try_for_each(each);
    }
    let mut next = 0;
    loop {
        let rows = store.log_rows(next, ROWS).map_err(AuditError::from)?;
        let Some(last) = rows.last() else {
            return Ok(());
        };
        next = last.sequence + 1;
        rows.into_iter()
            .filter_map(|row| filter.takes(row))
            .try_for_each(&mut each)?;
    }
}

/// The last `limit` entries that are asked for, the last one first.
fn last(store: &dyn Store, filter: &Filter, limit: usize) -> Result<Vec<Listed>, AuditError> {
    let (mut below, mut found) = (u64::MAX, Vec::new());
    loop {
        let rows = store.log_rows_below(below, ROWS)?;
        let Some(first) = rows.last() else {
            return Ok(found);
        };
        below = first.sequence;
        // Entries may stand a little out of the order of time, never a whole block.
        let older = rows.iter().all(|row| filter.is_before(row));
        found.extend(rows.into_iter().filter_map(|row| filter.takes(row)));
        if older || found.len() >= limit {
            found.truncate(limit);
            return Ok(found);
        }
    }
}

impl Filter {
    fn is_before(&self, row: &LogRow) -> bool {
        self.since.is_some_and(|since| row.time < since.as_micros())
    }

    fn takes(&self, row: LogRow) -> Option<Listed> {
        if self.is_before(&row) {
            return None;
        }
        let json = String::from_utf8(row.bytes?).ok()?;
        if self.app.is_some() || self.kind.is_some() {
            let head: Head = serde_json::from_str(&json).ok()?;
            let kind = self.kind.as_ref().is_none_or(|kind| {
                head.kind == *kind || (kind.ends_with('.') && head.kind.starts_with(kind))
            });
            if !kind || self.app.as_ref().is_some_and(|app| *app != head.app) {
                return None;
            }
        }
        let time = Timestamp::from_micros(row.time);
        Some(Listed {
            sequence: row.sequence,
            time,
            json,
        })
    }
}
