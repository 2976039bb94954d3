//! Chinese names: a surname and one or two characters, where a label, a role or a title says so.

use super::super::cue::Hit;
use super::super::page::{Candidate, Page};
use super::super::roles::Roles;
use super::super::table;
use super::super::text::{Chars, char_at, char_before, is_han};
use super::zh_words::{COMPOUND, ENDING, GIVEN, NOT_NAMES, SURNAMES};
use crate::base::Span;
use foldhash::HashSet;
use std::sync::OnceLock;

/// Characters between a role and a name: 客户：张…, 联系人是…
static JOINTS: Chars = Chars::of(" \t\u{3000}:：=＝\"'`“‘（(「『【[|,，、是为叫名→>*");
/// Joints that may stand in one row.
const MOST_JOINTS: usize = 6;

/// Longest part of a name in parts.
const MOST_PART: usize = 6;

/// How much the words around vouch for a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trust {
    /// A label: any surname, any characters.
    Label,
    /// A role or a neighbour: given names must be of characters that names are made of.
    Weak,
}

/// The word lists as sets.
struct Sets {
    surnames: Box<[char]>,
    given: Box<[char]>,
    ending: Box<[char]>,
    compound: HashSet<&'static str>,
    not_names: HashSet<&'static str>,
}

/// Titles that stand right behind a name, and whose first character could pass for a given name's second: 张伟先生.
const TITLES: &[&str] = &[
    "先生", "女士", "小姐", "太太", "老师", "医生", "大夫", "经理", "总监", "主任", "教授", "律师",
    "同学", "师傅", "阿姨", "护士", "院长", "主管", "会计",
];

/// Bytes of two Han characters: the length of every compound surname and of every word that is no name.
const PAIR_BYTES: usize = 6;

fn sets() -> &'static Sets {
    static SETS: OnceLock<Sets> = OnceLock::new();
    let sorted = |list: &str| {
        let mut chars: Vec<char> = list.chars().collect();
        chars.sort_unstable();
        chars.dedup();
        chars.into_boxed_slice()
    };
    SETS.get_or_init(|| Sets {
        surnames: sorted(SURNAMES),
        given: sorted(GIVEN),
        ending: sorted(ENDING),
        compound: COMPOUND.iter().copied().collect(),
        not_names: NOT_NAMES.iter().copied().collect(),
    })
}

fn has(set: &[char], c: char) -> bool {
    set.binary_search(&c).is_ok()
}

/// A name behind a label or a role.
pub(in crate::detect) fn after(page: &mut Page<'_>, hit: Hit) {
    let text = page.text;
    let label = hit.roles.any(Roles::NAME);
    let han_cue = char_before(text, hit.end).is_some_and(is_han);
    let (mut start, mut joints) = (hit.end, 0);
    while let Some(c) = char_at(text, start).filter(|c| joints < MOST_JOINTS && JOINTS.has(*c)) {
        start += c.len_utf8();
        joints += 1;
    }
    let Some(first) = char_at(text, start).filter(|c| is_han(*c)) else {
        return;
    };
    if !han_cue && joints == 0 {
        return;
    }
    let tied = joints > 0 || hit.word.ends_with('叫');
    let trust = if label && tied {
        Trust::Label
    } else {
        Trust::Weak
    };
    let end = if label {
        cell(text, start, first)
    } else {
        None
    };
    let end = end.or_else(|| name_at(text, start, trust));
    let header = |end: usize| text.get(start..end).is_some_and(table::names_a_column);
    if let Some(end) = end.filter(|end| !header(*end)) {
        let score = if trust == Trust::Label { 0.85 } else { 0.65 };
        page.push(
            Candidate::new(Span::new(start, end), page.types.person, score, "person_zh")
                .near(Some(hit.word)),
        );
    }
}

/// A name before a title: 张伟先生, 王女士.
pub(in crate::detect) fn before(page: &mut Page<'_>, hit: Hit) {
    let text = page.text;
    let mut back: Vec<(usize, char)> = Vec::with_capacity(4);
    let mut at_char = hit.start;
    while let Some(c) = char_before(text, at_char).filter(|c| back.len() < 4 && is_han(*c)) {
        at_char -= c.len_utf8();
        back.push((at_char, c));
    }
    // Longest first: 欧阳建华, then 王建华, 王伟.
    for len in (2..=back.len()).rev() {
        let Some((start, _)) = back.get(len - 1) else {
            continue;
        };
        if name_at(text, *start, Trust::Weak) == Some(hit.start)
            || whole_name(text, *start, hit.start)
        {
            page.push(
                Candidate::new(
                    Span::new(*start, hit.start),
                    page.types.person,
                    0.8,
                    "person_zh_title",
                )
                .near(Some(hit.word)),
            );
            return;
        }
    }
    let alone = back.first().is_some_and(|(_, c)| has(&sets().surnames, *c));
    let polite = matches!(
        hit.word,
        "先生" | "女士" | "小姐" | "太太" | "阿姨" | "师傅"
    );
    let edge = back
        .get(1)
        .is_none_or(|(_, c)| has(&sets().ending, *c) || "和好找，".contains(*c));
    if let Some((start, _)) = back.first().filter(|_| alone && polite && edge) {
        page.push(
            Candidate::new(
                Span::new(*start, hit.end),
                page.types.person,
                0.6,
                "person_zh_title",
            )
            .near(Some(hit.word)),
        );
    }
}

/// Whether `start..end` is a surname and one or two characters of given names.
fn whole_name(text: &str, start: usize, end: usize) -> bool {
    let Some(name) = text.get(start..end) else {
        return false;
    };
    let Some(rest) = surname(name).and_then(|len| name.get(len..)) else {
        return false;
    };
    let count = rest.chars().count();
    (1..=2).contains(&count) && rest.chars().all(|c| has(&sets().given, c)) && !is_word(name)
}

fn is_word(name: &str) -> bool {
    name.get(..PAIR_BYTES)
        .is_some_and(|pair| sets().not_names.contains(pair))
}

/// Bytes of the surname that a text begins with.
fn surname(text: &str) -> Option<usize> {
    let pair = text.get(..PAIR_BYTES);
    if pair.is_some_and(|pair| sets().compound.contains(pair)) {
        return Some(PAIR_BYTES);
    }
    text.chars()
        .next()
        .filter(|c| has(&sets().surnames, *c))
        .map(char::len_utf8)
}

/// The end of the name that begins at `start`.
pub(super) fn name_at(text: &str, start: usize, trust: Trust) -> Option<usize> {
    let rest = text.get(start..)?;
    if let Some(len) = dotted(rest) {
        return Some(start + len);
    }
    if is_word(rest) {
        return None;
    }
    let family = surname(rest)?;
    let mut given = rest.get(family..)?.chars().take_while(|c| is_han(*c));
    let first = given.next().filter(|c| fits(*c, trust))?;
    let end = start + family + first.len_utf8();
    if text
        .get(end..end + PAIR_BYTES)
        .is_some_and(|pair| TITLES.contains(&pair))
    {
        return Some(end);
    }
    let Some(second) = given.next() else {
        return Some(end);
    };
    let more = given.next().is_some();
    let joins = if more || trust == Trust::Weak {
        fits(second, trust) && has(&sets().given, second)
    } else {
        fits(second, trust)
    };
    let ends = has(&sets().ending, second);
    if joins && !ends {
        return Some(end + second.len_utf8());
    }
    // One character of given name, and the sentence goes on.
    (ends || trust == Trust::Label).then_some(end)
}

fn fits(c: char, trust: Trust) -> bool {
    let sets = sets();
    !has(&sets.ending, c) && (trust == Trust::Label || has(&sets.given, c))
}

/// 艾力·吐尔地: names in parts, of any characters.
fn dotted(text: &str) -> Option<usize> {
    let (mut len, mut parts, mut part) = (0, 0, 0);
    for c in text.chars().take(24) {
        if matches!(c, '·' | '•' | '‧') && part >= 2 {
            (parts, part) = (parts + 1, 0);
        } else if is_han(c) && !(parts > 0 && part >= 2 && c != '提' && has(&sets().ending, c)) {
            part += 1;
            if part > MOST_PART {
                return None;
            }
        } else {
            break;
        }
        len += c.len_utf8();
    }
    (parts > 0 && part >= 2).then_some(len)
}

/// A label's whole cell of two to four (minority names: six) Han characters.
fn cell(text: &str, start: usize, first: char) -> Option<usize> {
    let run: Vec<char> = text
        .get(start..)?
        .chars()
        .take(7)
        .take_while(|c| is_han(*c))
        .collect();
    let len: usize = run.iter().map(|c| c.len_utf8()).sum();
    let closes = char_at(text, start + len)
        .is_none_or(|c| "\n\r\t \u{3000},，;；。\"'”’|)）】」/".contains(c));
    let word = text.get(start..).is_some_and(is_word);
    ((2..=6).contains(&run.len())
        && closes
        && !word
        && !has(&sets().ending, first)
        && !run.contains(&'号')
        && !run.contains(&'名'))
    .then_some(start + len)
}

/// A name beside another finding: in a table, before a telephone number, in brackets.
pub(in crate::detect) fn beside(page: &mut Page<'_>, value: Span) {
    for span in [behind(page.text, value.start), ahead(page.text, value.end)]
        .into_iter()
        .flatten()
    {
        page.push(Candidate::new(
            span,
            page.types.person,
            0.6,
            "person_zh_neighbour",
        ));
    }
}

/// A name before a label of personal data: 张伟，护照…, 张伟的电话.
pub(in crate::detect) fn before_label(page: &mut Page<'_>, hit: Hit) {
    if let Some(span) = behind(page.text, hit.start) {
        let found = Candidate::new(span, page.types.person, 0.6, "person_zh_neighbour");
        page.push(found.near(Some(hit.word)));
    }
}

/// What parts a name from its neighbours.
static EDGES: Chars = Chars::of(" \t\u{3000},，;；|\"'“”‘’（）()\n\r：:、。[]【】<>/");
/// Characters of a sentence that a name follows directly.
static LEADS: Chars = Chars::of("由给找是叫为请有让和与跟向到以成对");
/// Most edge characters between a name and its neighbour.
const MOST_EDGES: usize = 4;

/// The name that ends before `from`, over edges, 的, or 收 (who receives a parcel).
fn behind(text: &str, from: usize) -> Option<Span> {
    let mut edge = from;
    for _ in 0..MOST_EDGES {
        let Some(c) = char_before(text, edge).filter(|c| EDGES.has(*c) || *c == '的') else {
            break;
        };
        edge -= c.len_utf8();
    }
    if edge == from {
        return None;
    }
    let end = if char_before(text, edge) == Some('收') {
        edge - '收'.len_utf8()
    } else {
        edge
    };
    if let Some(start) = dotted_back(text, end) {
        return Some(Span::new(start, end));
    }
    let mut starts = [0; 4];
    let (mut start, mut count) = (end, 0);
    for slot in &mut starts {
        let Some(c) = char_before(text, start).filter(|c| is_han(*c)) else {
            break;
        };
        start -= c.len_utf8();
        *slot = start;
        count += 1;
    }
    let leads =
        |start: usize| char_before(text, start).is_none_or(|c| EDGES.has(c) || LEADS.has(c));
    let longest_first = starts.get(..count)?.iter().rev();
    let mut names = longest_first
        .filter(|start| leads(**start) && name_at(text, **start, Trust::Weak) == Some(end));
    names.next().map(|start| Span::new(*start, end))
}

/// The start of the name in parts that ends at `end` and stands between edges.
fn dotted_back(text: &str, end: usize) -> Option<usize> {
    let part = |c: &char| is_han(*c) || matches!(c, '·' | '•' | '‧');
    let head = text.get(..end)?;
    let length: usize = head
        .chars()
        .rev()
        .take(3 * MOST_PART)
        .take_while(part)
        .map(char::len_utf8)
        .sum();
    let start = end - length;
    let edge = char_before(text, start).is_none_or(|c| EDGES.has(c));
    let whole = dotted(text.get(start..end)?) == Some(length);
    (edge && whole).then_some(start)
}

/// The name that begins after `from`, over edges, and ends at one.
fn ahead(text: &str, from: usize) -> Option<Span> {
    let rest = text.get(from..)?;
    let edges: usize = rest
        .chars()
        .take(MOST_EDGES)
        .take_while(|c| EDGES.has(*c))
        .map(char::len_utf8)
        .sum();
    let start = from + edges;
    let end = (edges > 0).then(|| name_at(text, start, Trust::Weak))??;
    char_at(text, end)
        .is_none_or(|c| EDGES.has(c))
        .then_some(Span::new(start, end))
}

/// Whether a text begins with a word that looks like a name and is none.
pub(in crate::detect) fn is_no_name(text: &str) -> bool {
    is_word(text)
}

/// Whether a whole text is a surname.
pub(in crate::detect) fn is_surname(text: &str) -> bool {
    surname(text) == Some(text.len())
}

/// Whether a whole text is a name.
pub(super) fn is_name(text: &str) -> bool {
    let han = text
        .chars()
        .all(|c| is_han(c) || matches!(c, '·' | '•' | '‧'));
    han && text.chars().count() >= 2 && name_at(text, 0, Trust::Label) == Some(text.len())
}

/// Whether a whole text may be a surname or a given name.
pub(super) fn is_part(text: &str) -> bool {
    text.chars().all(is_han) && (1..=3).contains(&text.chars().count())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn word_lists_are_pairs() {
        for word in COMPOUND.iter().chain(NOT_NAMES) {
            assert_eq!(word.len(), PAIR_BYTES, "{word}");
        }
    }
}
