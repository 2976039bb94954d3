//! Tables that were pasted as text: CSV, TSV, Markdown, columns parted by blanks, and arrays of JSON.
//!
//! A table begins where a line of cells has a header that is known ([`headers`]) and the next line has as many cells. Each
//! cell is then given to [`Rows::cell`] with its header; a row of labels and values (`姓名 | 张三`) gives each value with its
//! label. Every line is parted a bounded number of times.
//!
//! Refuses to know: what is done with a cell.

mod headers;
mod json;
mod marks;
mod shape;
mod split;
mod starts;

use crate::base::Span;
use headers::{Header, meaning, starts};
use marks::MarkPlaces;
use split::{MOST_CELLS, Parted, cells, is_ruler};

/// Rows in a row that may have another number of cells before a table ends.
const MOST_MISFITS: usize = 2;

/// Longest line that may be a header, and longest header in it, in bytes.
const HEADER_LINE_BYTES: usize = 1024;
const HEADER_BYTES: usize = 96;

/// Whether a text is a header that tables are known to have, and so no value beside another one: `| 姓名 | 部门 |`.
pub(super) fn names_a_column(text: &str) -> bool {
    meaning(text).is_some()
}

/// A cell and what its header says.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cell<'t> {
    pub(super) span: Span,
    /// The header as it is written.
    pub(super) header: &'t str,
    /// What type its column is known to hold.
    pub(super) known: Option<Known>,
}

/// A type that a header gives to its column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Known {
    /// Name of the entity type.
    pub(super) entity: &'static str,
    /// The header, in our own spelling.
    pub(super) word: &'static str,
}

/// What takes cells.
pub(super) trait Rows {
    /// One cell under a header.
    fn cell(&mut self, cell: Cell<'_>);
}

/// Gives every cell of every table in `text`. Linear.
pub(super) fn read(text: &str, rows: &mut impl Rows) {
    if text.contains('\n') {
        Walk::new(text).run(rows);
    }
    json::read(text, rows);
}

/// The columns of one table.
struct Columns<'t> {
    headers: Vec<(&'t str, Option<Header>)>,
    /// Whether a header says of itself that this is about people.
    personal: bool,
}

impl<'t> Columns<'t> {
    /// `None` where no header is known.
    fn new(headers: impl Iterator<Item = &'t str> + Clone) -> Option<Self> {
        if !headers.clone().any(|cell| meaning(cell).is_some()) {
            return None;
        }
        let headers: Vec<_> = headers.map(|cell| (cell, meaning(cell))).collect();
        let personal = is_personal(&headers);
        Some(Self { headers, personal })
    }

    fn row(&self, text: &str, spans: &[Span], rows: &mut impl Rows) {
        for (span, (header, known)) in spans.iter().zip(&self.headers) {
            // What `name` heads in a table about nobody is no name.
            let counts = self.personal
                || known.is_none_or(|header| header.strong || header.entity.is_none());
            if !span.is_empty() && counts {
                rows.cell(cell(text, *span, header, *known, self.personal));
            }
        }
    }
}

/// Whether a table is about people: a header says it all, or one that may head names stands beside another of a person.
fn is_personal(headers: &[(&str, Option<Header>)]) -> bool {
    let known = || headers.iter().filter_map(|(_, known)| known.as_ref());
    let names = known().any(|header| header.entity == Some("PERSON"));
    let other = |header: &Header| header.staff || header.entity.is_some_and(|e| e != "PERSON");
    known().any(|header| header.strong) || names && known().any(other)
}

/// A cell; its type is known where its header counts here and it looks like one.
fn cell<'t>(
    text: &str,
    span: Span,
    header: &'t str,
    meaning: Option<Header>,
    personal: bool,
) -> Cell<'t> {
    let written = span.slice(text).unwrap_or_default();
    let known = meaning
        .filter(|header| header.strong || personal)
        .filter(|header| header.shape.fits(written, header.strong))
        .and_then(|header| {
            Some(Known {
                entity: header.entity?,
                word: header.word,
            })
        });
    Cell {
        span,
        header,
        known,
    }
}

/// Where the walk over the lines is.
struct Walk<'t> {
    text: &'t str,
    at: usize,
    table: Option<(Parted, Columns<'t>, usize)>,
    spans: Vec<Span>,
    ahead: Vec<Span>,
    marks: MarkPlaces,
    /// The line before that was no row.
    before: Span,
}

impl<'t> Walk<'t> {
    fn new(text: &'t str) -> Self {
        Self {
            text,
            at: 0,
            table: None,
            spans: Vec::with_capacity(MOST_CELLS),
            ahead: Vec::with_capacity(MOST_CELLS),
            marks: marks::places(),
            before: Span::new(0, 0),
        }
    }

    fn run(&mut self, rows: &mut impl Rows) {
        while let Some((line, next)) = line_at(self.text, self.at) {
            self.at = next;
            if !self.row(line, rows) {
                self.begin(line, next, rows);
            }
        }
    }

    /// Takes the line as a row of the table that is open; `false` where there is none or it ends here.
    fn row(&mut self, line: Span, rows: &mut impl Rows) -> bool {
        let Some((parted, columns, misfits)) = &mut self.table else {
            return false;
        };
        if is_ruler(line.slice(self.text).unwrap_or_default()) {
            return true;
        }
        cells(self.text, line, *parted, &mut self.spans);
        if self.spans.len() == columns.headers.len() {
            *misfits = 0;
            columns.row(self.text, &self.spans, rows);
            return true;
        }
        *misfits += 1;
        if self.spans.is_empty() || *misfits > MOST_MISFITS {
            self.table = None;
            return false;
        }
        true
    }

    /// Opens a table if the line is a header, or takes it as labels with their values.
    fn begin(&mut self, line: Span, next: usize, rows: &mut impl Rows) {
        if line.len() > HEADER_LINE_BYTES {
            return;
        }
        let before = std::mem::replace(&mut self.before, line);
        let heads = marks::heads(self.text, line, &mut self.marks, starts());
        if heads == 0 {
            return;
        }
        let [counts, before] =
            [line, before].map(|line| marks::marks(self.text, line, &mut self.marks));
        let counts = counts.into_iter().zip(before);
        for ((way, parted), (count, before)) in Parted::ALL.into_iter().enumerate().zip(counts) {
            // A header stands above its rows: what goes on with lines that have none is none.
            let goes_on = count == before && !is_labels(usize::from(count) + 1);
            if count == 0 || goes_on || heads >> way & 1 == 0 {
                continue;
            }
            cells(self.text, line, parted, &mut self.spans);
            let many = self.spans.len();
            let long = self.spans.iter().any(|span| span.len() > HEADER_BYTES);
            if many == 0 || long && !is_labels(many) {
                continue;
            }
            let text = self.text;
            let written = self
                .spans
                .iter()
                .map(|span| span.slice(text).unwrap_or_default());
            let Some(columns) = Columns::new(written) else {
                continue;
            };
            self.look_ahead(next, parted);
            if is_labels(many) && self.is_labelled(&self.spans) {
                // A header in which only the first is known looks the same, but then the next line has no label.
                let more = self.ahead.len() == many && self.is_labelled(&self.ahead);
                if more || self.was_labelled(line, parted) {
                    self.labelled(&columns, rows);
                    return;
                }
            }
            if self.ahead.len() == many && is_header(&columns, parted) {
                self.table = Some((parted, columns, 0));
                return;
            }
        }
    }

    /// The cells of the next line that is not only a ruler.
    fn look_ahead(&mut self, next: usize, parted: Parted) {
        self.ahead.clear();
        let mut at = next;
        for _ in 0..2 {
            let Some((line, after)) = line_at(self.text, at) else {
                return;
            };
            if !is_ruler(line.slice(self.text).unwrap_or_default()) {
                cells(self.text, line, parted, &mut self.ahead);
                return;
            }
            at = after;
        }
    }

    /// Whether the line before was a row of labels and values.
    fn was_labelled(&mut self, line: Span, parted: Parted) -> bool {
        let head = self.text.get(..line.start).unwrap_or_default();
        let Some(head) = head.strip_suffix('\n') else {
            return false;
        };
        // Lines that long are no rows, so no more is looked at.
        let from = head.floor_char_boundary(head.len().saturating_sub(4096));
        let tail = head.get(from..).unwrap_or_default();
        let start = tail.rfind('\n').map_or(from, |i| from + i + 1);
        let mut before = Vec::new();
        cells(self.text, Span::new(start, head.len()), parted, &mut before);
        before.len() == self.spans.len() && self.is_labelled(&before)
    }

    /// Every other cell is a label, the rest are not.
    fn is_labelled(&self, spans: &[Span]) -> bool {
        let known = |span: &Span| span.slice(self.text).and_then(meaning).is_some();
        spans.iter().step_by(2).all(known) && !spans.iter().skip(1).step_by(2).any(known)
    }

    fn labelled(&self, columns: &Columns<'_>, rows: &mut impl Rows) {
        for (span, (header, known)) in self
            .spans
            .iter()
            .skip(1)
            .step_by(2)
            .zip(columns.headers.iter().step_by(2))
        {
            // A form is about one person: what its labels say counts.
            rows.cell(cell(self.text, *span, header, *known, true));
        }
    }
}

/// Whether so many cells may be labels and values.
const fn is_labels(many: usize) -> bool {
    many == 2 || many == 4
}

/// Whether cells with these headers may be a table: half of them are known, or the text draws it as a table.
fn is_header(columns: &Columns<'_>, parted: Parted) -> bool {
    let known = columns
        .headers
        .iter()
        .filter(|(_, known)| known.is_some())
        .count();
    let drawn = matches!(parted, Parted::Pipe | Parted::Tab);
    let plain =
        |cell: &str| cell.chars().count() <= 24 && !cell.contains(['。', '！', '？', '!', '?']);
    columns.headers.iter().all(|(cell, _)| plain(cell))
        && (drawn || known * 2 >= columns.headers.len())
}

/// The line that begins at `at`, without its end, and where the next begins.
fn line_at(text: &str, at: usize) -> Option<(Span, usize)> {
    let rest = text.get(at..).filter(|rest| !rest.is_empty())?;
    let len = memchr::memchr(b'\n', rest.as_bytes()).unwrap_or(rest.len());
    Some((Span::new(at, at + len), (at + len + 1).min(text.len())))
}

#[cfg(test)]
mod tests;
