//! The list of headers in README.md and README.zh.md, read from there, so that what is written is what is tested.

use std::collections::BTreeSet;

use super::wire::Message;

/// What becomes of a header on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Passes,
    Set,
    Dropped,
}

/// One way's list; the last row, without names, is for all others.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Way {
    rows: Vec<(Vec<String>, Fate)>,
}

/// The lists for requests and for replies.
pub(super) fn ways() -> [Way; 2] {
    let english = read(
        include_str!("../../../README.md"),
        ["passes", "set", "dropped"],
    );
    let chinese = read(
        include_str!("../../../README.zh.md"),
        ["通过", "设定", "去掉"],
    );
    assert_eq!(english, chinese, "the two languages list different headers");
    english
}

fn read(readme: &str, words: [&str; 3]) -> [Way; 2] {
    let (_, rest) = readme.split_once("<!-- headers: begin -->\n").unwrap();
    let (block, _) = rest.split_once("<!-- headers: end -->").unwrap();
    let (requests, replies) = block.split_once("\n\n").unwrap();
    [requests, replies].map(|table| Way {
        rows: table.lines().skip(2).map(|line| row(line, words)).collect(),
    })
}

fn row(line: &str, words: [&str; 3]) -> (Vec<String>, Fate) {
    let columns: Vec<&str> = line.split('|').map(str::trim).collect();
    let names = columns[1].split('`').skip(1).step_by(2);
    let fates = [Fate::Passes, Fate::Set, Fate::Dropped];
    let fate = words.iter().position(|word| *word == columns[2]);
    let fate = fates[fate.unwrap_or_else(|| panic!("what becomes of it? {line}"))];
    (names.map(str::to_owned).collect(), fate)
}

fn fits(pattern: &str, name: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(beginning) => name.starts_with(beginning),
        None => pattern == name,
    }
}

/// Compares what was sent with what came, and remembers which lines of the list were seen at work.
#[derive(Debug)]
pub(super) struct Judge {
    way: Way,
    seen: BTreeSet<String>,
}

impl Judge {
    pub(super) fn new(way: Way) -> Self {
        Self {
            way,
            seen: BTreeSet::new(),
        }
    }

    /// Fails where a header did not fare as it is written.
    pub(super) fn compare(&mut self, sent: &Message, arrived: &Message, case: &str) {
        let names = sent.headers.iter().chain(&arrived.headers);
        let names: BTreeSet<&str> = names.map(|(name, _)| name.as_str()).collect();
        for name in names {
            let (pattern, fate) = self.way.fate(name);
            let (before, after) = (sent.all(name), arrived.all(name));
            let right = match fate {
                Fate::Passes => before == after,
                Fate::Set => after.len() < 2,
                Fate::Dropped => after.is_empty(),
            };
            assert!(
                right,
                "{case}: `{name}`, {fate:?}: {before:?} became {after:?}"
            );
            let at_work = match fate {
                Fate::Set => !after.is_empty(),
                Fate::Passes | Fate::Dropped => !before.is_empty(),
            };
            if at_work {
                self.seen.insert(pattern);
            }
        }
    }

    /// Fails where the list has a line that was never seen at work: it would say more than is true.
    pub(super) fn all_seen(&self) {
        let names = self.way.rows.iter().flat_map(|(names, _)| names);
        let unseen: Vec<_> = names.filter(|name| !self.seen.contains(*name)).collect();
        assert!(unseen.is_empty(), "listed and never seen: {unseen:?}");
        assert!(self.seen.contains(""), "no other header was sent");
    }
}

impl Way {
    /// What becomes of this header, and by which entry; an empty one stands for all others.
    fn fate(&self, name: &str) -> (String, Fate) {
        let entries = self
            .rows
            .iter()
            .flat_map(|(names, fate)| names.iter().map(move |name| (name, *fate)));
        let mut fitting = entries.filter(|(pattern, _)| fits(pattern, name));
        fitting
            .next()
            .map_or((String::new(), Fate::Dropped), |(pattern, fate)| {
                (pattern.clone(), fate)
            })
    }
}

#[test]
#[should_panic(expected = "listed and never seen")]
fn a_line_that_says_more_than_is_true_would_be_seen() {
    let [requests, _] = ways();
    Judge::new(requests).all_seen();
}

#[test]
#[should_panic(expected = "`x-customer`, Dropped")]
fn a_header_that_passes_unwritten_would_be_seen() {
    let [requests, _] = ways();
    let message = Message {
        first: "POST / HTTP/1.1".to_owned(),
        headers: vec![("x-customer".to_owned(), "Lena".to_owned())],
        body: Vec::new(),
    };
    Judge::new(requests).compare(&message, &message, "the same");
}
