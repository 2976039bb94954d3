//! One walk over the text, by what a byte may begin.

use super::blocks::{self, BLOCK, Places};
use super::cue::Trigger;
use super::page::Page;
use super::roles::Roles;
use super::text::{at, before, is_crockford, run_back};
use super::{address, code, encoded, name, net, number, recognizer, secret};
use crate::base::Span;

/// A base64 run whose text is to be scanned as well.
#[derive(Debug)]
pub(super) struct Inner {
    pub(super) span: Span,
    pub(super) text: String,
}

/// What the bytes of a word are, or'ed together.
const DIGIT: u8 = 1;
const UPPER: u8 = 2;
const LOWER: u8 = 4;

/// A single letter begins nothing; a single digit may.
const SHORTEST_WITH_MEANING: usize = 2;

#[inline]
fn class(byte: u8) -> u8 {
    const TABLE: [u8; 256] = table();
    TABLE.get(usize::from(byte)).copied().unwrap_or(0)
}

#[expect(
    clippy::indexing_slicing,
    reason = "evaluated at compile time, where a wrong index is a compile error"
)]
const fn table() -> [u8; 256] {
    let mut table = [0; 256];
    let mut b = 0;
    while b < 128 {
        let byte = b as u8;
        table[b] = if byte.is_ascii_digit() {
            DIGIT
        } else if byte.is_ascii_uppercase() {
            UPPER
        } else if byte.is_ascii_lowercase() {
            LOWER
        } else {
            0
        };
        b += 1;
    }
    table
}

/// Where the walk is, and what it need not look at again.
struct Walk {
    at: usize,
    base64_done: usize,
    name_done: usize,
    address_done: usize,
    depth: usize,
    inner: Vec<Inner>,
}

/// Looks at everything that has a shape of its own; `depth` is how often base64 may still be opened.
pub(super) fn shapes(page: &mut Page<'_>, depth: usize) -> Vec<Inner> {
    let mut walk = Walk {
        at: 0,
        base64_done: 0,
        name_done: 0,
        address_done: 0,
        depth,
        inner: Vec::new(),
    };
    let mut telling = Places::new(telling);
    while let Some(place) = telling.next(page.text.as_bytes(), walk.at) {
        match at(page.text, place) {
            b'@' => {
                net::email(page, place);
                walk.at = place + 1;
            }
            b':' => walk.at = colon(page, place),
            _ => walk.word(page, place),
        }
    }
    walk.inner
}

/// The places of a block that tell of a shape: those of `@`, of colons, of digits and capitals, and those from which on a
/// word may be long enough for base64. Short words of small letters have no shape.
#[expect(
    clippy::needless_bitwise_bool,
    reason = "without branches, many bytes are compared at a time"
)]
fn telling(bytes: &[u8], block: usize) -> u64 {
    let tells = |b: u8| b.is_ascii_digit() | b.is_ascii_uppercase() | (b == b'@') | (b == b':');
    let words = blocks::mask(bytes, block, is_of_word);
    let goes_on = bytes
        .get(block + BLOCK)
        .is_some_and(|next| is_of_word(*next));
    blocks::mask(bytes, block, tells) | long(words, goes_on)
}

const fn is_of_word(b: u8) -> bool {
    b.is_ascii_digit() | (b | 0x20).is_ascii_lowercase()
}

/// The bits at which [`encoded::SHORTEST`] or more begin, if all bits behind them are as `goes_on` says.
fn long(bits: u64, goes_on: bool) -> u64 {
    const { assert!(encoded::SHORTEST == 12) };
    let behind = if goes_on { u128::MAX << BLOCK } else { 0 };
    let one = u128::from(bits) | behind;
    let two = one & one >> 1;
    let four = two & two >> 2;
    let eight = four & four >> 4;
    (eight & four >> 8) as u64
}

/// `::` or a hexadecimal group before a colon may be in an IPv6 address.
fn colon(page: &mut Page<'_>, i: usize) -> usize {
    let hex = |b: u8| b.is_ascii_hexdigit();
    let likely =
        at(page.text, i + 1) == b':' || hex(before(page.text, i)) && hex(at(page.text, i + 1));
    if likely { net::ipv6(page, i) } else { i + 1 }
}

impl Walk {
    /// The run of ASCII letters and digits around `place`, as far as it is not walked over yet.
    fn word(&mut self, page: &mut Page<'_>, place: usize) {
        let start = run_back(page.text, place, place - self.at, is_of_word);
        let (mut kinds, mut end) = (0, start);
        for byte in page.text.as_bytes().get(start..).unwrap_or_default() {
            let kind = class(*byte);
            if kind == 0 {
                break;
            }
            kinds |= kind;
            end += 1;
        }
        self.at = end;
        let span = Span::new(start, self.at);
        if span.len() < SHORTEST_WITH_MEANING && kinds != DIGIT || is_surrogate_tag(page.text, span)
        {
            return;
        }
        if kinds & DIGIT != 0 {
            self.with_digits(page, span, kinds);
        } else if kinds & UPPER != 0 && start >= self.name_done {
            self.name_done = name::en::word(page, span).unwrap_or(self.name_done);
        }
        if span.len() >= encoded::SHORTEST && self.depth > 0 && start >= self.base64_done {
            self.base64(page, span);
        }
    }

    fn with_digits(&mut self, page: &mut Page<'_>, span: Span, kinds: u8) {
        recognizer::word(page, span);
        if kinds == DIGIT || is_numbered_x(page.text, span) {
            secret::bare(page, span);
            code::word(page, span);
            if start_of_han(page.text, span.end) && span.start >= self.address_done {
                self.address_done = address::zh::number(page, span).unwrap_or(self.address_done);
            }
            self.at = number::stream(page, span.start).max(span.end);
            return;
        }
        code::word(page, span);
        secret::bare(page, span);
        // A label glued to its number: `tel13812345678`.
        let digits = super::text::run(page.text, span.start, 12, |b| b.is_ascii_alphabetic());
        let label = page.cues.stands_at(span.start, digits);
        if digits > span.start && label && is_all_digits(page.text, digits, span.end) {
            number::stream(page, digits);
        }
    }

    fn base64(&mut self, page: &Page<'_>, word: Span) {
        let (span, decoded) = encoded::decode(page.text, word, self.base64_done);
        self.base64_done = span.end;
        if let Some(text) = decoded {
            self.inner.push(Inner { span, text });
        }
    }
}

/// Whether a Han character stands here, or behind one blank.
fn start_of_han(text: &str, i: usize) -> bool {
    let next = at(text, i);
    next >= 0xe4 || next == b' ' && at(text, i + 1) >= 0xe4
}

fn is_all_digits(text: &str, start: usize, end: usize) -> bool {
    text.as_bytes()
        .get(start..end)
        .is_some_and(|b| b.iter().all(u8::is_ascii_digit))
}

/// Seventeen digits and a check character X.
fn is_numbered_x(text: &str, span: Span) -> bool {
    matches!(before(text, span.end), b'X' | b'x') && is_all_digits(text, span.start, span.end - 1)
}

/// The ten characters of one of our surrogates.
pub(super) fn is_surrogate_tag(text: &str, span: Span) -> bool {
    let kind = span.start.checked_sub(2).map_or(0, |i| at(text, i));
    span.len() == 10
        && before(text, span.start) == b'_'
        && (kind.is_ascii_uppercase() || kind.is_ascii_digit())
        && span
            .bytes(text.as_bytes())
            .is_some_and(|tag| tag.iter().all(|b| is_crockford(*b)))
}

/// Labels of what belongs to a person.
const TRAITS: Roles = Roles::TRAIT
    .or(Roles::PHONE)
    .or(Roles::ID)
    .or(Roles::CARD)
    .or(Roles::EMAIL)
    .or(Roles::OTHER);

/// Looks behind every word that says what follows it.
pub(super) fn labels(page: &mut Page<'_>) {
    let cues = page.cues;
    for hit in &cues.hits {
        if hit.roles.any(Roles::PASSWORD | Roles::SECRET | Roles::PIN) {
            secret::assigned::labelled(page, *hit);
        }
        if hit.roles.any(Roles::BEARER) {
            secret::bearer(page, hit.end, hit.word);
        }
        if hit.roles.any(Roles::NAME | Roles::ROLE) {
            name::zh::after(page, *hit);
        }
        if hit.roles.any(Roles::NAME | Roles::ROLE | Roles::INTRO) {
            name::en::after(page, *hit);
        }
        if hit.roles.any(Roles::TITLE) {
            name::zh::before(page, *hit);
        }
        if hit.roles.any(TRAITS) {
            name::zh::before_label(page, *hit);
        }
        if hit.roles.any(Roles::USCC) {
            code::labelled_uscc(page, *hit);
        }
        if hit.roles.any(Roles::PLACE) {
            address::zh::from_place(page, hit.start);
        }
    }
    recognizer::at_words(page);
}

/// Starts the recognizers whose fixed beginnings stand in the text.
pub(super) fn triggers(page: &mut Page<'_>) {
    let cues = page.cues;
    let mut done = secret::Progress::default();
    for fired in &cues.fired {
        match fired.trigger {
            Trigger::Credential(start) => secret::start(page, *fired, start, &mut done),
            Trigger::Recognizer(index) => recognizer::at_beginning(page, *fired, index),
            Trigger::AtWord => net::spelled_email(page, *fired),
        }
    }
    secret::gated(page);
}

/// Names beside what was found, and cards that are part of track data.
pub(super) fn neighbours(page: &mut Page<'_>) {
    let types = page.types;
    for i in 0..page.found.len() {
        let Some(candidate) = page.found.get(i).copied() else {
            break;
        };
        if candidate.entity == types.bank_card {
            let track = code::track_two(page, candidate.span);
            page.found.extend(track);
        }
        if [
            types.bank_card,
            types.cn_mobile,
            types.cn_resident_id,
            types.cn_landline,
            types.phone,
            types.email,
        ]
        .contains(&candidate.entity)
        {
            name::zh::beside(page, candidate.span);
        }
    }
}
