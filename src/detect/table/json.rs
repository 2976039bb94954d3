//! Tables as arrays of JSON in a text: `{"columns":["cvv"],"rows":[["739"]]}`, or a first row of headers.
//!
//! Looks forward only: the last array of names is remembered, and every array is parted once. Refuses to know: escapes in
//! a cell, which stay as they are written.

use super::split::MOST_CELLS;
use super::{Columns, Rows};
use crate::base::Span;
use crate::detect::text::at;
use memchr::memchr;

/// Keys of an array of column names.
const NAMES: &[&str] = &[
    "columns",
    "headers",
    "header",
    "fields",
    "cols",
    "column_names",
    "columnnames",
    "列",
    "列名",
    "表头",
];
/// Furthest that the rows may begin behind the names, in bytes.
const ROWS_WITHIN: usize = 4096;
/// Most blanks between two marks, and longest cell, in bytes.
const BLANKS: usize = 256;
const CELL_BYTES: usize = 4096;

/// Gives every cell under a header that is known.
pub(super) fn read(text: &str, rows: &mut impl Rows) {
    let (mut here, mut names) = (0, None);
    while let Some(skipped) = text
        .as_bytes()
        .get(here..)
        .and_then(|rest| memchr(b'[', rest))
    {
        let open = here + skipped;
        here = open + 1;
        let inner = blank(text, open + 1);
        if at(text, inner) == b'[' {
            let near = names.take().filter(|(end, _)| open - end <= ROWS_WITHIN);
            here = table(text, inner, near.map(|(_, names)| names), rows);
        } else if is_names(text, open)
            && let Some((spans, end)) = array(text, open)
        {
            names = Some((end, spans));
            here = end;
        }
    }
}

/// The rows of a table whose first begins at `first`; returns how far it was read.
fn table(text: &str, first: usize, names: Option<Vec<Span>>, rows: &mut impl Rows) -> usize {
    let Some((spans, mut end)) = array(text, first) else {
        return first;
    };
    let mut pending = Some(spans.clone());
    let names = names.unwrap_or_else(|| {
        pending = None;
        spans
    });
    let written = names
        .iter()
        .map(|span| span.slice(text).unwrap_or_default());
    let Some(columns) = Columns::new(written) else {
        return end;
    };
    loop {
        if let Some(spans) = pending.take().filter(|spans| spans.len() == names.len()) {
            columns.row(text, &spans, rows);
        }
        let comma = blank(text, end);
        let next = blank(text, comma + 1);
        if at(text, comma) != b',' || at(text, next) != b'[' {
            return end;
        }
        let Some((spans, after)) = array(text, next) else {
            return next;
        };
        (pending, end) = (Some(spans), after);
    }
}

/// Whether the array that opens here stands under a key for names of columns.
fn is_names(text: &str, open: usize) -> bool {
    let tail = text.get(text.floor_char_boundary(open.saturating_sub(48))..open);
    let key = tail.unwrap_or_default().trim_end().strip_suffix(':');
    let key = key.and_then(|key| key.trim_end().strip_suffix('"'));
    key.and_then(|key| key.rsplit('"').next())
        .is_some_and(|key| NAMES.contains(&key.to_ascii_lowercase().as_str()))
}

/// The values of the array that opens at `open`, strings without quotes, and where it ends; `None` for one that holds
/// arrays or objects, or is no array at all.
fn array(text: &str, open: usize) -> Option<(Vec<Span>, usize)> {
    let mut spans = Vec::new();
    let mut here = blank(text, open + 1);
    if at(text, here) == b']' {
        return Some((spans, here + 1));
    }
    loop {
        let (span, end) = value(text, here)?;
        spans.push(span);
        let mark = blank(text, end);
        match at(text, mark) {
            b']' if spans.len() <= MOST_CELLS => return Some((spans, mark + 1)),
            b',' if spans.len() < MOST_CELLS => here = blank(text, mark + 1),
            _ => return None,
        }
    }
}

/// A string or a bare value, and where it ends.
fn value(text: &str, start: usize) -> Option<(Span, usize)> {
    let rest = text.as_bytes().get(start..)?;
    if rest.first() == Some(&b'"') {
        let mut escaped = false;
        for (i, byte) in rest.iter().enumerate().skip(1).take(CELL_BYTES) {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => return Some((Span::new(start + 1, start + i), start + i + 1)),
                _ => {}
            }
        }
        return None;
    }
    let bare = |b: &&u8| b.is_ascii_alphanumeric() || b"+-.".contains(b);
    let len = rest.iter().take(CELL_BYTES).take_while(bare).count();
    let span = Span::new(start, start + len);
    (len > 0).then_some((span, span.end))
}

/// The next place that is not blank.
fn blank(text: &str, i: usize) -> usize {
    super::super::text::run(text, i, BLANKS, |b| b.is_ascii_whitespace())
}
