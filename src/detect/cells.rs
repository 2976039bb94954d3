//! The cells of tables, each scanned with its header as key.

use super::Detector;
use super::page::{Candidate, Near};
use super::roles::Roles;
use super::table::{self, Cell, Rows};
use crate::base::{EntityType, Span, View};

/// How sure a column's type is of a cell that looks like one.
const COLUMN_SCORE: f32 = 0.85;
/// What the header of another number leaves of a shape that a number plan or format speaks for.
const DENIED_SCORE: f32 = 0.45;
/// Headers that are remembered.
const MOST_HEADERS: usize = 64;

/// Adds what the tables in `text` say to candidates with spans of it.
pub(super) fn scan(detector: &Detector, text: &str, found: &mut Vec<(Candidate, View)>) {
    let mut cells = Cells {
        detector,
        text,
        found: Vec::new(),
        denied: Vec::new(),
        headers: Vec::new(),
    };
    table::read(text, &mut cells);
    let Cells {
        found: own, denied, ..
    } = cells;
    if !denied.is_empty() {
        found.retain_mut(|(candidate, _)| !is_denied(candidate, &denied));
    }
    found.extend(own);
}

struct Cells<'a> {
    detector: &'a Detector,
    text: &'a str,
    found: Vec<(Candidate, View)>,
    /// Cells under the header of another number, sorted by start.
    denied: Vec<Span>,
    /// Where a header stands, and what it says.
    headers: Vec<(usize, Option<Near>)>,
}

impl Rows for Cells<'_> {
    fn cell(&mut self, cell: Cell<'_>) {
        let near = self.near(cell.header);
        let Some(written) = cell.span.slice(self.text) else {
            return;
        };
        if near.is_none() && cell.known.is_none() {
            return;
        }
        let speaks = |near: &Near, roles| near.roles.any(roles);
        if near
            .is_some_and(|near| speaks(&near, Roles::NEGATIVE) && !speaks(&near, Roles::PERSONAL))
        {
            self.denied.push(cell.span);
        }
        let from = self.found.len();
        let scanned = self
            .detector
            .candidates(written, Some(cell.header), near, 0);
        self.found.extend(scanned.into_iter().map(|(c, view)| {
            let span = Span::new(c.span.start + cell.span.start, c.span.end + cell.span.start);
            (Candidate { span, ..c }, view)
        }));
        let whole = |(c, _): &(Candidate, View)| c.span == cell.span && c.score >= COLUMN_SCORE;
        let told = self
            .found
            .get(from..)
            .is_some_and(|own| own.iter().any(whole));
        let Some(known) = cell.known.filter(|_| !told) else {
            return;
        };
        if let Some(entity) = EntityType::named(known.entity) {
            let candidate = Candidate::new(cell.span, entity, COLUMN_SCORE, "table_column");
            self.found
                .push((candidate.near(Some(known.word)), View::Plain));
        }
    }
}

impl Cells<'_> {
    /// What a header says as a key; each is read once.
    fn near(&mut self, header: &str) -> Option<Near> {
        let at = header.as_ptr() as usize;
        if let Some((_, near)) = self.headers.iter().find(|(known, _)| *known == at) {
            return *near;
        }
        let near = self.detector.read_key(header);
        if self.headers.len() >= MOST_HEADERS {
            self.headers.clear();
        }
        self.headers.push((at, near));
        near
    }
}

/// Whether the header of another number says that this is nothing; it makes less sure what a check speaks for.
fn is_denied(candidate: &mut Candidate, cells: &[Span]) -> bool {
    let next = cells.partition_point(|cell| cell.start <= candidate.span.start);
    let cell = next.checked_sub(1).and_then(|i| cells.get(i));
    if !cell.is_some_and(|cell| cell.contains(candidate.span)) {
        return false;
    }
    match candidate.validator {
        None => candidate.context.is_none(),
        Some("number_plan") => {
            candidate.score = candidate.score.min(DENIED_SCORE);
            false
        }
        Some(_) => false,
    }
}
