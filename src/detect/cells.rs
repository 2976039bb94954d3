//! The cells of tables, each scanned with its header as key.

use super::Detector;
use super::page::{Candidate, Near};
use super::roles::Roles;
use super::table::{self, Cell, Known, Rows};
use crate::base::{EntityType, Span, View};

/// How sure a column's type is of a cell that looks like one.
const COLUMN_SCORE: f32 = 0.85;
/// What the header of another number leaves of a shape that a number plan or format speaks for.
const DENIED_SCORE: f32 = 0.45;
/// What is so sure needs no second look.
const SURE_SCORE: f32 = 0.9;
/// Types whose values are words: a scan of the cell would tell no more than its header does.
const WORDS: &[&str] = &[
    "PERSON",
    "ADDRESS",
    "GENDER",
    "AGE",
    "ETHNICITY",
    "RELIGION",
    "DIAGNOSIS",
    "MEDICATION",
];
/// Headers that are remembered.
const MOST_HEADERS: usize = 64;

/// Adds what the tables in `text` say to candidates with spans of it.
pub(super) fn scan(detector: &Detector, text: &str, found: &mut Vec<(Candidate, View)>) {
    let mut cells = Cells {
        detector,
        text,
        found: Vec::new(),
        seen: found,
        sure: None,
        denied: Vec::new(),
        headers: Vec::new(),
    };
    table::read(text, &mut cells);
    let Cells {
        found: own, denied, ..
    } = cells;
    found.extend(own);
    if !denied.is_empty() {
        found.retain_mut(|(candidate, _)| !is_denied(candidate, &denied));
    }
}

struct Cells<'a> {
    detector: &'a Detector,
    text: &'a str,
    found: Vec<(Candidate, View)>,
    /// What the scan of the whole text found.
    seen: &'a [(Candidate, View)],
    /// The spans of what of it is sure, sorted; made at the first cell.
    sure: Option<Vec<Span>>,
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
        if self.is_told(cell.span) {
            return;
        }
        if let Some(known) = cell.known.filter(|known| WORDS.contains(&known.entity)) {
            self.column(cell.span, known);
            return;
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
        if let Some(known) = cell.known.filter(|_| !told) {
            self.column(cell.span, known);
        }
    }
}

impl Cells<'_> {
    /// The whole cell, as its header says.
    fn column(&mut self, cell: Span, known: Known) {
        if let Some(entity) = EntityType::named(known.entity) {
            let candidate = Candidate::new(cell, entity, COLUMN_SCORE, "table_column");
            self.found
                .push((candidate.near(Some(known.word)), View::Plain));
        }
    }

    /// Whether the scan of the whole text is sure of all of a cell already.
    fn is_told(&mut self, cell: Span) -> bool {
        let seen = self.seen;
        let sure = self.sure.get_or_insert_with(|| {
            let sure = seen.iter().filter(|(c, _)| c.score >= SURE_SCORE);
            let mut spans: Vec<Span> = sure.map(|(c, _)| c.span).collect();
            spans.sort_unstable();
            spans
        });
        let next = sure.partition_point(|span| span.start <= cell.start);
        next.checked_sub(1)
            .and_then(|i| sure.get(i))
            .is_some_and(|span| span.contains(cell))
    }

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::Hint;

    /// `TYPE value` of every finding of medium confidence and more.
    fn found(text: &str) -> Vec<String> {
        let detector = Detector::built_in().unwrap();
        let findings = detector.scan(text, Hint::default());
        let sure = findings
            .iter()
            .filter(|f| f.score >= 0.5 && f.entity.as_str() != "PLACE");
        sure.map(|f| format!("{} {}", f.entity, f.span.slice(text).unwrap()))
            .collect()
    }

    #[test]
    fn a_header_speaks_for_its_column() {
        for (text, expected) in [
            (
                "姓名,安全码,备注\n欧阳明月,739,老客户\n",
                &["PERSON 欧阳明月", "CVV 739"] as &[&str],
            ),
            (
                "| Full name | Card number | CVV |\n|---|---|---|\n| Zbigniew Quill | 4111 1111 1111 1111 | 739 |\n",
                &[
                    "PERSON Zbigniew Quill",
                    "BANK_CARD 4111 1111 1111 1111",
                    "CVV 739",
                ],
            ),
            (
                "结果：{\"columns\": [\"cvv\"], \"rows\": [[\"739\"], [\"740\"]]}",
                &["CVV 739", "CVV 740"],
            ),
            (
                "员工姓名    身份证号              性别\n张三        110101199003074610    男\n",
                &[
                    "PERSON 张三",
                    "CN_RESIDENT_ID 110101199003074610",
                    "GENDER 男",
                ],
            ),
        ] {
            let found = found(text);
            for value in expected {
                assert!(found.contains(&(*value).to_owned()), "{text}: {found:?}");
            }
        }
    }

    #[test]
    fn the_header_of_another_number_speaks_against_it() {
        for text in [
            "订单号,数量\n13812345678,2\n13912345678,3\n",
            "order_id\tqty\n13812345678\t2\n",
        ] {
            assert_eq!(found(text), Vec::<String>::new(), "{text}");
        }
        let with_phone = "手机,订单号\n13812345678,13912345678\n";
        assert_eq!(found(with_phone), ["CN_MOBILE 13812345678"]);
    }

    #[test]
    fn tables_that_are_about_nobody_are_left_alone() {
        for text in [
            "| Name | Type | Default |\n|---|---|---|\n| Max Retries | int | 3 |\n| Base Path | string | none |\n",
            "name,version,license\nserde,1.0.219,MIT\ntokio,1.45.0,MIT\n",
            "address,owner,type\n0x7ffee3b0,kernel,heap\n0x7ffee3c0,user,stack\n",
            "species,population,age\nPuffin,3600000,41\n",
        ] {
            assert_eq!(found(text), Vec::<String>::new(), "{text}");
        }
    }
}
