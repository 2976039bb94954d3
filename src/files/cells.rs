//! A table of separated values (RFC 4180, and with tabs, semicolons or bars) as its cells, under their headers.

use super::layout::{Layout, Spelling};
use crate::base::Span;

/// Separators that are looked for in the first line.
const SEPARATORS: [u8; 4] = *b",\t;|";

/// The cells, each with its column's header as key. Doubled quotes of a quoted cell are read as one.
pub(super) fn layout(text: String) -> Layout {
    let first = text.lines().next().unwrap_or_default();
    let count = |separator: &u8| first.bytes().filter(|byte| byte == separator).count();
    let separator = SEPARATORS
        .into_iter()
        .rev()
        .max_by_key(|separator| count(separator))
        .unwrap_or(b',');
    let cells = cells(text.as_bytes(), separator);
    let headers: Vec<String> = cells
        .iter()
        .take_while(|cell| cell.row == 0)
        .map(|cell| cell.span.slice(&text).unwrap_or_default().trim().to_owned())
        .collect();
    let mut layout = Layout::new(text, Spelling::Cell);
    for cell in cells {
        let key = headers.get(cell.column).filter(|_| cell.row > 0);
        let runs = runs(layout.source(), &cell);
        layout.add(&runs, key.map(String::as_str));
    }
    layout
}

/// The stretches of a cell: a second quote of two is left out.
fn runs(source: &str, cell: &Cell) -> Vec<Span> {
    let text = cell.span.slice(source).unwrap_or_default();
    let mut runs = Vec::new();
    let mut from = 0;
    if cell.quoted {
        for (at, pair) in text.match_indices("\"\"") {
            runs.push(Span::new(cell.span.start + from, cell.span.start + at + 1));
            from = at + pair.len();
        }
    }
    runs.push(Span::new(cell.span.start + from, cell.span.end));
    runs
}

struct Cell {
    quoted: bool,
    row: usize,
    column: usize,
    /// Inside the quotes, if it has some.
    span: Span,
}

fn cells(text: &[u8], separator: u8) -> Vec<Cell> {
    let mut cells = Vec::new();
    let (mut at, mut row, mut column) = (0, 0, 0);
    while at < text.len() {
        let quoted = text.get(at) == Some(&b'"');
        let start = at + usize::from(quoted);
        let inner_end = if quoted { closing(text, start) } else { start };
        let rest = text.get(inner_end..).unwrap_or_default();
        let is_end = |byte: &u8| *byte == separator || matches!(byte, b'\n' | b'\r');
        let end = inner_end + rest.iter().position(is_end).unwrap_or(rest.len());
        // What stands after the closing quote belongs to the cell.
        let inner = if quoted && end <= inner_end + 1 {
            inner_end
        } else {
            end
        };
        cells.push(Cell {
            quoted,
            row,
            column,
            span: Span::new(start, inner),
        });
        at = end + 1;
        if text.get(end) == Some(&separator) {
            column += 1;
        } else {
            at += usize::from(text.get(end..end + 2) == Some(b"\r\n"));
            (row, column) = (row + 1, 0);
        }
    }
    cells
}

/// Where the closing quote stands: the first that isn't doubled.
fn closing(text: &[u8], mut at: usize) -> usize {
    while let Some(byte) = text.get(at) {
        match (byte, text.get(at + 1)) {
            (b'"', Some(b'"')) => at += 2,
            (b'"', _) => return at,
            _ => at += 1,
        }
    }
    text.len()
}
