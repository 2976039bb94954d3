//! Rows of a CSV file, with what makes a file other than it looks: a missing quotation mark swallows the rows behind it in
//! silence, and a comma too many moves every value behind it into another column.
//!
//! Refuses to know: what the cells mean. No message shows text of the file.

use anyhow::{anyhow, bail};
use csv::StringRecord;
use std::cell::Cell;
use std::io::{self, Read};
use std::rc::Rc;

/// Longest row, in bytes. No row that holds a value to be found comes near it.
pub(super) const MOST_ROW_BYTES: usize = 1 << 20;
/// What the parser may have read ahead.
const AHEAD_BYTES: usize = 1 << 17;

/// Ends a reader that goes on for too long without a row.
struct Bounded<R> {
    from: R,
    left: Rc<Cell<usize>>,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let left = self.left.get();
        if left == 0 {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let count = self.from.read(to)?;
        self.left.set(left.saturating_sub(count));
        Ok(count)
    }
}

/// Rows that are odd: how many, and the line of the first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Odd {
    pub(super) rows: u64,
    pub(super) first: u64,
}

impl Odd {
    fn note(&mut self, line: u64) {
        if self.rows == 0 {
            self.first = line;
        }
        self.rows += 1;
    }
}

/// A CSV file, row by row.
pub(super) struct Rows<R> {
    csv: csv::Reader<Bounded<R>>,
    left: Rc<Cell<usize>>,
    cells: usize,
    record: StringRecord,
    /// The last row ended in a line break inside of its last cell.
    open: bool,
    /// Rows with another number of cells than the header.
    pub(super) uneven: Odd,
    /// Rows with a line break in a cell.
    pub(super) broken: Odd,
}

impl<R: Read> Rows<R> {
    /// Reads the header; `columns` are their names, and what is returned is where they stand.
    pub(super) fn open<'n>(
        from: R,
        delimiter: u8,
        columns: impl Iterator<Item = &'n str>,
    ) -> anyhow::Result<(Self, Vec<usize>)> {
        let left = Rc::new(Cell::new(MOST_ROW_BYTES));
        let from = Bounded {
            from,
            left: Rc::clone(&left),
        };
        let mut csv = csv::ReaderBuilder::new()
            .delimiter(delimiter)
            .flexible(true)
            .from_reader(from);
        let header = csv.byte_headers().map_err(|error| refused(&error, 1))?;
        let place = |name: &str| {
            let same = |cell: &[u8]| cell.trim_ascii() == name.as_bytes();
            let mut places = header.iter().enumerate().filter(|(_, cell)| same(cell));
            match (places.next(), places.next()) {
                (Some((place, _)), None) => Ok(place),
                (Some(_), Some(_)) => Err(anyhow!(
                    "the first row of the file has the column `{name}` twice"
                )),
                (None, _) => Err(anyhow!("the first row of the file has no column `{name}`")),
            }
        };
        let places = columns.map(place).collect::<Result<Vec<_>, _>>()?;
        let cells = header.len();
        let rows = Self {
            csv,
            left,
            cells,
            record: StringRecord::new(),
            open: false,
            uneven: Odd::default(),
            broken: Odd::default(),
        };
        Ok((rows, places))
    }

    /// The next row; a cell that is not there reads as empty.
    pub(super) fn row(&mut self) -> anyhow::Result<Option<&StringRecord>> {
        self.left.set(MOST_ROW_BYTES + AHEAD_BYTES);
        let line = self.csv.position().line();
        let more = self.csv.read_record(&mut self.record);
        if !more.map_err(|error| refused(&error, line))? {
            if self.open {
                bail!(
                    "the file ends inside of quotation marks: one is missing, and the rows behind it were swallowed"
                );
            }
            return Ok(None);
        }
        if self.record.as_slice().len() > MOST_ROW_BYTES {
            return Err(too_long(line));
        }
        let line = self.record.position().map_or(line, csv::Position::line);
        if self.record.len() != self.cells {
            self.uneven.note(line);
        }
        if self.record.as_slice().contains(['\n', '\r']) {
            self.broken.note(line);
        }
        let last = self.record.iter().next_back().unwrap_or_default();
        self.open = last.ends_with(['\n', '\r']);
        Ok(Some(&self.record))
    }
}

fn too_long(line: u64) -> anyhow::Error {
    anyhow!(
        "line {line}: a row of more than {MOST_ROW_BYTES} bytes begins here; a quotation mark may be missing"
    )
}

/// The place of a fault; the parser's own words may hold text of the file.
fn refused(error: &csv::Error, begun: u64) -> anyhow::Error {
    let line = error.position().map(csv::Position::line);
    match (error.kind(), line) {
        (csv::ErrorKind::Utf8 { .. }, Some(line)) => {
            anyhow!("line {line}: not UTF-8; save the file as UTF-8")
        }
        (csv::ErrorKind::Io(error), _) if error.kind() == io::ErrorKind::FileTooLarge => {
            too_long(begun)
        }
        (csv::ErrorKind::Io(error), _) => anyhow!("the file can't be read: {}", error.kind()),
        (_, Some(line)) => anyhow!("line {line}: not CSV"),
        _ => anyhow!("the file is not CSV"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows, or why not; then the odd ones.
    fn read(text: &str) -> (Result<usize, String>, Odd, Odd) {
        let opened = Rows::open(text.as_bytes(), b',', ["name", "account"].into_iter());
        let mut rows = match opened {
            Ok((rows, _)) => rows,
            Err(error) => return (Err(error.to_string()), Odd::default(), Odd::default()),
        };
        let mut count = 0;
        let outcome = loop {
            match rows.row() {
                Ok(Some(_)) => count += 1,
                Ok(None) => break Ok(count),
                Err(error) => break Err(error.to_string()),
            }
        };
        (outcome, rows.uneven, rows.broken)
    }

    #[test]
    fn odd_rows_are_counted_with_their_line() {
        let none = Odd::default();
        let odd = |rows, first| Odd { rows, first };
        for (text, count, uneven, broken) in [
            ("name,account\nAnn,1\nBo,2\n", 2, none, none),
            ("name,account\nAnn,1\nRoe, Bo,2\nCy\n", 3, odd(2, 3), none),
            ("name,account\n\"A\nnn\",1\nBo,2\n", 2, none, odd(1, 2)),
            // The mark behind `Bo` is missing: two rows are one.
            ("name,account\nAnn,1\n\"Bo,2\nCy\",3\n", 2, none, odd(1, 3)),
        ] {
            assert_eq!(read(text), (Ok(count), uneven, broken), "{text}");
        }
    }

    #[test]
    fn what_swallows_the_rest_of_a_file_is_refused() {
        let open = format!("name,account\n\"Quintessa,1\n{}", "Bo,2\n".repeat(100));
        let (outcome, ..) = read(&open);
        assert!(outcome.unwrap_err().starts_with("the file ends inside of"));
        let long = format!(
            "name,account\nAnn,1\n\"Quintessa,1\n{}",
            "Bo,2\n".repeat(500_000)
        );
        let (outcome, ..) = read(&long);
        let said = outcome.unwrap_err();
        assert!(
            said.starts_with("line 3: a row of more than") && !said.contains("Quintessa"),
            "{said}"
        );
        let (outcome, ..) = read(&"x".repeat(5 << 20));
        assert!(
            outcome
                .unwrap_err()
                .starts_with("line 1: a row of more than")
        );
        let (outcome, ..) = read("name,account,name\n");
        assert!(outcome.unwrap_err().ends_with("the column `name` twice"));
    }
}
