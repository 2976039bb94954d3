//! English and international names: a known given name and a capitalised word, or a title or label and capitalised words.

use super::super::cue::Hit;
use super::super::page::{Candidate, Page};
use super::super::roles::Roles;
use super::super::text::{at, before, has_word, is_surrogate_shaped, run, run_back};
use super::en_again;
use super::en_more::{FIRST_MORE, LAST_MORE};
use super::en_words::{AMBIGUOUS, FIRST, LAST, NOT_SURNAMES};
use crate::base::Span;
use foldhash::HashSet;
use std::sync::OnceLock;

/// Longest word of a name, in bytes.
const WORD_BYTES: usize = 24;
/// Most words of a name.
const MOST_WORDS: usize = 4;

struct Sets {
    first: HashSet<&'static str>,
    ambiguous: HashSet<&'static str>,
    last: HashSet<&'static str>,
    not: HashSet<&'static str>,
}

fn sets() -> &'static Sets {
    static SETS: OnceLock<Sets> = OnceLock::new();
    let words = |list: &'static str| list.split_ascii_whitespace();
    SETS.get_or_init(|| Sets {
        first: words(FIRST).chain(words(FIRST_MORE)).collect(),
        ambiguous: words(AMBIGUOUS).collect(),
        last: words(LAST).chain(words(LAST_MORE)).collect(),
        not: words(NOT_SURNAMES).collect(),
    })
}

/// A word of any case as a name is written, where it is a given name or a surname that is no ordinary word.
pub(super) fn known(word: &str) -> Option<String> {
    let mut chars = word.chars();
    let first = chars.next()?.to_uppercase();
    let name: String = first.chain(chars.flat_map(char::to_lowercase)).collect();
    let sets = sets();
    (sets.first.contains(&*name) || sets.last.contains(&*name)).then_some(name)
}

/// Whether a word, in any case, is a given name or a surname that is no ordinary word.
pub(in crate::detect) fn is_known(word: &str) -> bool {
    known(word).is_some()
}

/// Whether a capitalised word is often something else than a name.
pub(super) fn is_ambiguous(word: &str) -> bool {
    sets().ambiguous.contains(word) || sets().not.contains(word) || AFTER_NUMBERED.contains(&word)
}

/// Words whose kinds have letters: `Appendix B. Methods` is no name, `Ella H. Snider` is one.
const AFTER_NUMBERED: &[&str] = &[
    "Appendix",
    "Article",
    "Case",
    "Category",
    "Chapter",
    "Class",
    "Clause",
    "Division",
    "Exhibit",
    "Fig",
    "Figure",
    "Grade",
    "Group",
    "Hepatitis",
    "Item",
    "Level",
    "Option",
    "Panel",
    "Part",
    "Phase",
    "Plan",
    "Point",
    "Question",
    "Schedule",
    "Section",
    "Series",
    "Step",
    "Table",
    "Team",
    "Type",
    "Unit",
    "Vitamin",
    "Volume",
];

/// A capitalised word of letters: a name begins here if it is a given name and a surname follows (or stands before a comma).
pub(in crate::detect) fn word(page: &mut Page<'_>, span: Span) -> Option<usize> {
    let text = page.text;
    let word = span.slice(text)?;
    let sets = sets();
    if matches!(
        before(text, span.start),
        b'_' | b'-' | b'.' | b'/' | b'@' | b'#' | b'$'
    ) {
        return None;
    }
    en_again::organisation(page, span);
    let (known, ambiguous) = (sets.first.contains(word), sets.ambiguous.contains(word));
    if !(known || ambiguous) {
        return with_initial(page, span);
    }
    let end = surname_after(text, span.end, ambiguous);
    let start = surname_before(text, span.start, end.is_some());
    let found = match (start, end) {
        (Some(start), end) => Span::new(start, end.unwrap_or(span.end)),
        (None, Some(end)) => Span::new(span.start, end),
        (None, None) => return None,
    };
    page.push(Candidate::new(found, page.types.person, 0.7, "person_en"));
    Some(found.end)
}

/// `Ella H. Snider`: a capitalised word, an initial with its point, and a capitalised word, none of them known.
fn with_initial(page: &mut Page<'_>, span: Span) -> Option<usize> {
    let text = page.text;
    let point = span.end + 2;
    let initial = at(text, span.end) == b' ' && at(text, span.end + 1).is_ascii_uppercase();
    if !initial || at(text, point) != b'.' || at(text, point + 1) != b' ' {
        return None;
    }
    let end = part(text, point + 2)?;
    let (word, surname) = (span.slice(text)?, text.get(point + 2..end)?);
    let named = part(text, span.start) == Some(span.end)
        && !is_ambiguous(word)
        && !is_particle(surname)
        && !sets().not.contains(surname)
        && !is_camel(word);
    let found = Candidate::new(
        Span::new(span.start, end),
        page.types.person,
        0.6,
        "person_en",
    );
    named.then(|| page.push(found))?;
    Some(end)
}

/// The end of middle names, initials, particles and a surname after `from`.
fn surname_after(text: &str, from: usize, must_be_known: bool) -> Option<usize> {
    let mut end = None;
    let mut at_word = from;
    for _ in 1..=MOST_WORDS {
        let Some(start) = gap(text, at_word) else {
            break;
        };
        let Some(next) = part(text, start) else { break };
        let word = text.get(start..next).unwrap_or_default();
        if sets().not.contains(word.trim_end_matches('.')) || is_surrogate_shaped(word) {
            break;
        }
        at_word = next;
        if is_initial(word) || is_particle(word) {
            continue;
        }
        let known = sets().last.contains(word);
        if must_be_known && !known && end.is_none() {
            return None;
        }
        end = Some(next);
        // A surname ends the name, unless a given name stood in its place (Ana Maria Silva).
        if !sets().first.contains(word) {
            break;
        }
    }
    end
}

/// `Lindqvist, Olivia`: the start of the surname before a comma.
fn surname_before(text: &str, start: usize, followed: bool) -> Option<usize> {
    let comma = (before(text, start) == b' ' && start >= 2 && at(text, start - 2) == b',')
        .then(|| start - 2)?;
    let from = run_back(text, comma, WORD_BYTES, is_name_byte);
    let surname = text.get(from..comma)?;
    let known = sets().last.contains(surname) || surname.contains('-') || surname.contains('\'');
    let capital = surname.starts_with(|c: char| c.is_ascii_uppercase()) && surname.len() > 1;
    let from = particles_before(text, from);
    let list = followed || sets().first.contains(surname) && !from.1;
    (capital && (known || from.1) && !list && !before(text, from.0).is_ascii_alphanumeric())
        .then_some(from.0)
}

/// `de la` before a surname, and whether there was one.
fn particles_before(text: &str, from: usize) -> (usize, bool) {
    let head = text.get(..from).unwrap_or_default();
    let particle = [
        "de la ", "van der ", "van den ", "de ", "van ", "von ", "St. ", "El ", "Al ",
    ]
    .iter()
    .find(|p| head.ends_with(**p));
    particle.map_or((from, false), |p| (from - p.len(), true))
}

/// The space between two words of a name.
fn gap(text: &str, i: usize) -> Option<usize> {
    (at(text, i) == b' ').then_some(i + 1)
}

/// The end of one word of a name: capitalised, an initial, or a particle.
fn part(text: &str, start: usize) -> Option<usize> {
    let end = run(text, start, WORD_BYTES, is_name_byte);
    let word = text.get(start..end)?.trim_end_matches(['-', '\'']);
    let word = word.strip_suffix("'s").unwrap_or(word);
    let end = start + word.len();
    let first = word.chars().next()?;
    if word.len() == 1 && first.is_uppercase() && at(text, end) == b'.' {
        return Some(end + 1);
    }
    if word == "St" && at(text, end) == b'.' {
        return Some(end + 1);
    }
    let letters =
        word.len() > 1 && first.is_uppercase() && word.chars().skip(1).any(char::is_lowercase);
    let glued = matches!(at(text, end), b'_' | b'(' | b'0'..=b'9' | b'@');
    ((letters && !glued) || is_particle(word)).then_some(end)
}

fn is_particle(word: &str) -> bool {
    matches!(
        word,
        "de" | "la"
            | "van"
            | "der"
            | "den"
            | "von"
            | "bin"
            | "al"
            | "del"
            | "di"
            | "da"
            | "dos"
            | "St."
    )
}

fn is_initial(word: &str) -> bool {
    word.len() <= 2
        && word.starts_with(|c: char| c.is_ascii_uppercase())
        && (word.len() == 1 || word.ends_with('.'))
}

/// Letters of the Latin blocks up to U+024F, apostrophe and hyphen.
const fn is_name_byte(b: u8) -> bool {
    b.is_ascii_alphabetic() || matches!(b, b'\'' | b'-' | 0x80..=0xbf | 0xc3..=0xc9)
}

/// A name behind a title, an opening or a label: `Dr. Lee`, `my name is Zoe`, `customer, Jane Roe`.
pub(in crate::detect) fn after(page: &mut Page<'_>, hit: Hit) {
    let text = page.text;
    let Some(start) = skip_to_name(text, hit) else {
        return;
    };
    let strong = hit.roles.any(Roles::NAME);
    let mut end = start;
    let mut words = 0;
    let mut at_word = start;
    while words < MOST_WORDS {
        let Some(next) = part(text, at_word) else {
            break;
        };
        let word = text.get(at_word..next).unwrap_or_default();
        if sets().not.contains(word.trim_end_matches('.'))
            || (words == 0 && is_particle(word) && !strong)
            || is_surrogate_shaped(word)
        {
            break;
        }
        words += 1;
        if !is_particle(word) {
            end = next;
        }
        let comma = usize::from(strong && words == 1 && at(text, next) == b',');
        let Some(following) = gap(text, next + comma) else {
            break;
        };
        at_word = following;
    }
    if is_vouched(text, start, end, words, hit) {
        let score = if strong { 0.8 } else { 0.65 };
        page.push(
            Candidate::new(
                Span::new(start, end),
                page.types.person,
                score,
                "person_en_label",
            )
            .near(Some(hit.word)),
        );
    }
}

/// Whether these words may be a name after this word: openings, roles and code need a name that is known at least in part.
fn is_vouched(text: &str, start: usize, end: usize, words: usize, hit: Hit) -> bool {
    let name = text.get(start..end).unwrap_or_default();
    let known = || {
        name.split([' ', '-', ','])
            .any(|word| sets().first.contains(word) || sets().last.contains(word))
    };
    let assigned = text
        .get(hit.end..start)
        .is_some_and(|gap| gap.contains('='));
    // `- name: Install Rust` of a build file.
    let bare =
        hit.word == "name" && has_word(text, hit.start, "name") && at(text, hit.start) == b'n';
    let assigned = assigned || bare && before(text, hit.start) != b'"';
    let title = is_title(text, hit) && !name.split(' ').all(|word| sets().not.contains(word));
    let label = hit.roles.any(Roles::NAME) && !assigned;
    match words {
        0 => false,
        _ if name.split(' ').any(is_camel) => false,
        1 => title || known(),
        _ => title || label || known(),
    }
}

/// `Mr`, written so: `MS` is something else.
fn is_title(text: &str, hit: Hit) -> bool {
    const TITLES: &[&str] = &["mr", "mrs", "ms", "dr", "prof", "professor", "my name is"];
    TITLES.contains(&hit.word) && (hit.word.len() > 4 || before(text, hit.end).is_ascii_lowercase())
}

/// `KeyName`: two words of a program, and no `McDonald`.
fn is_camel(word: &str) -> bool {
    let humps = word
        .bytes()
        .skip(1)
        .zip(word.bytes())
        .any(|(b, a)| b.is_ascii_uppercase() && a.is_ascii_lowercase());
    humps && !word.starts_with("Mc") && !word.starts_with("Mac") && !word.contains(['-', '\''])
}

/// Over `: `, `. `, `, `, quotes and the article of a role; only at a capital letter.
fn skip_to_name(text: &str, hit: Hit) -> Option<usize> {
    let joints = if hit.roles.any(Roles::NAME) {
        b" :\"'=(>\t*|" as &[u8]
    } else {
        b" :.,\"'(>\t\n"
    };
    let mut i = hit.end;
    let mut steps = 0;
    while steps < 6 && joints.contains(&at(text, i)) {
        i += 1;
        steps += 1;
    }
    for colon in ["：", "（", "“"] {
        if text.get(i..).is_some_and(|rest| rest.starts_with(colon)) {
            i += colon.len();
            steps += 1;
        }
    }
    if has_word(text, i, "is ") {
        i += 3;
    }
    for title in ["Mr. ", "Mrs. ", "Ms. ", "Dr. ", "Mr ", "Dr "] {
        if has_word(text, i, title) {
            i += title.len();
        }
    }
    let han = !before(text, hit.end).is_ascii();
    ((steps > 0 || han) && at(text, i).is_ascii_uppercase()).then_some(i)
}

/// Whether a whole text is a name: two to four capitalised words, or one that is known.
pub(super) fn is_name(text: &str) -> bool {
    let words: Vec<&str> = text
        .split([' ', ','])
        .filter(|word| !word.is_empty())
        .collect();
    let formed = words
        .iter()
        .all(|word| part(word, 0) == Some(word.len()) && !sets().not.contains(*word));
    let known = words
        .iter()
        .any(|word| sets().first.contains(*word) || sets().last.contains(*word));
    formed
        && match words.len() {
            1 => known,
            2..=MOST_WORDS => true,
            _ => false,
        }
}

/// Whether a whole text may be a surname or a given name: capitalised, or in lower case and known.
pub(super) fn is_part(text: &str) -> bool {
    const STAND_FOR: &[&str] = &[
        "String",
        "Text",
        "Name",
        "First",
        "Last",
        "Test",
        "Default",
        "Unknown",
        "None",
        "Null",
        "Optional",
        "Required",
        "Undefined",
        "Admin",
        "Value",
        "Field",
        "Surname",
        "Vorname",
        "Nachname",
    ];
    let capitalised = part(text, 0) == Some(text.len()) && !is_particle(text);
    let not = sets().not.contains(text) || STAND_FOR.contains(&text);
    let lower = text.bytes().all(|b| b.is_ascii_lowercase()) && {
        let mut upper = text.to_owned();
        upper
            .get_mut(..1)
            .into_iter()
            .for_each(str::make_ascii_uppercase);
        sets().first.contains(&*upper) || sets().last.contains(&*upper)
    };
    capitalised && !not || lower
}
