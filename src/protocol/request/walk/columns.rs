//! Rows as arrays: `{"columns":["cvv"],"rows":[["739"]]}`, or a first row of names. Each cell is called by its column.
//!
//! Linear: every array is looked at once for itself, and once for each array around it.

use crate::protocol::json::{Kind, Value};

/// Keys of the names of columns, beside the rows.
const NAMES: &[&str] = &[
    "columns",
    "headers",
    "header",
    "fields",
    "cols",
    "column_names",
    "columnNames",
    "列",
    "列名",
    "表头",
];
/// Members of an object that are looked at for names.
const MEMBERS: usize = 24;
/// Most columns; names of columns are short, in bytes.
const COLUMNS: usize = 64;
const NAME_BYTES: usize = 96;

/// Where the cells of all tables in a value begin, and what they are called.
#[derive(Debug)]
pub(super) struct Columns<'d>(Vec<(usize, Value<'d>)>);

impl<'d> Columns<'d> {
    /// Looks for tables in a value.
    pub(super) fn of(value: Value<'d>) -> Self {
        let mut cells = Vec::new();
        for array in value.subtree().filter(|value| value.kind() == Kind::Array) {
            let first = array.elements().next();
            if let Some(first) = first.filter(|row| row.kind() == Kind::Array) {
                table(array, first, &mut cells);
            }
        }
        cells.sort_by_key(|(start, _)| *start);
        Self(cells)
    }

    /// The name of the column that a cell is in.
    pub(super) fn name(&self, cell: Value<'_>) -> Option<Value<'d>> {
        let start = cell.span().start;
        let at = self
            .0
            .binary_search_by_key(&start, |(start, _)| *start)
            .ok()?;
        self.0.get(at).map(|(_, name)| *name)
    }
}

/// Adds the cells of an array of rows.
fn table<'d>(rows: Value<'d>, first: Value<'d>, cells: &mut Vec<(usize, Value<'d>)>) {
    let (names, skipped) = match beside(rows) {
        Some(names) => (names, 0),
        None => (first, 1),
    };
    let short = |name: &Value<'_>| {
        name.kind() == Kind::String && (1..=NAME_BYTES).contains(&name.span().len())
    };
    let names: Vec<Value<'d>> = names.elements().take(COLUMNS + 1).collect();
    if names.len() > COLUMNS || !names.iter().all(short) {
        return;
    }
    for row in rows.elements().skip(skipped) {
        let scalar = |cell: &Value<'_>| matches!(cell.kind(), Kind::String | Kind::Number);
        let under = row.elements().zip(&names).filter(|(cell, _)| scalar(cell));
        cells.extend(under.map(|(cell, name)| (cell.span().start, *name)));
    }
}

/// An array of names in the object whose member the rows are.
fn beside(rows: Value<'_>) -> Option<Value<'_>> {
    let object = rows.key()?.object()?;
    let mut members = object.members().take(MEMBERS);
    let names = members
        .find(|(key, value)| value.kind() == Kind::Array && NAMES.iter().any(|name| key.is(name)));
    names.map(|(_, value)| value)
}
