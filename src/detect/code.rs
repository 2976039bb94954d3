//! Values that mix letters and digits: IBAN, unified social credit code, number plate, dates of expiry, track data.

use super::check;
use super::cue::Hit;
use super::fold::numeral;
use super::page::{Candidate, Page};
use super::roles::Roles;
use super::text::{Chars, at, before, char_before, run};
use crate::base::Span;

/// Looks at a run of ASCII letters and digits.
pub(super) fn word(page: &mut Page<'_>, span: Span) {
    let found = uscc(page, span)
        .or_else(|| iban(page, span))
        .or_else(|| plate(page, span))
        .or_else(|| track_one(page, span));
    page.found.extend(found);
}

/// A unified social credit code that stands in one piece.
fn uscc(page: &Page<'_>, span: Span) -> Option<Candidate> {
    let code = span
        .bytes(page.text.as_bytes())
        .filter(|code| code.len() == 18)?
        .to_ascii_uppercase();
    let near = check::is_uscc_form(&code).then(|| page.near(span, Roles::USCC))?;
    let base = |score| {
        Candidate::new(span, page.types.cn_uscc, score, "cn_uscc").near(near.map(|n| n.word))
    };
    if check::uscc_check(&code) {
        return Some(base(if near.is_some() { 0.99 } else { 0.9 }).checked("gb32100"));
    }
    near.is_some().then(|| base(0.8))
}

/// A unified social credit code in pieces, behind its label.
pub(super) fn labelled_uscc(page: &mut Page<'_>, hit: Hit) {
    let text = page.text;
    let start = skip_joining(text, hit.end);
    let mut code = Vec::with_capacity(18);
    let (mut end, mut gap) = (start, 0);
    for (i, c) in text
        .get(start..)
        .unwrap_or_default()
        .char_indices()
        .take(60)
    {
        let reads = numeral(c).unwrap_or(c);
        if reads.is_ascii_alphanumeric() && code.len() < 18 {
            code.push(reads.to_ascii_uppercase() as u8);
            (end, gap) = (start + i + c.len_utf8(), 0);
        } else if gap == 2 || code.len() == 18 || !(c.is_whitespace() || "-./_·‐‑–—".contains(c))
        {
            break;
        } else {
            gap += 1;
        }
    }
    if check::is_uscc_form(&code)
        && check::uscc_check(&code)
        && !at(text, end).is_ascii_alphanumeric()
    {
        let found = Candidate::new(Span::new(start, end), page.types.cn_uscc, 0.95, "cn_uscc");
        page.push(found.checked("gb32100").near(Some(hit.word)));
    }
}

/// Over what joins a label to its value.
fn skip_joining(text: &str, from: usize) -> usize {
    let rest = text.get(from..).unwrap_or_default();
    let joins = |c: &char| c.is_whitespace() || ":：=\"'“”（(#为是号码".contains(*c);
    from + rest
        .chars()
        .take(12)
        .take_while(joins)
        .map(char::len_utf8)
        .sum::<usize>()
}

/// An IBAN, in one piece or in fours.
fn iban(page: &Page<'_>, span: Span) -> Option<Candidate> {
    let text = page.text;
    let country = text.as_bytes().get(span.start..span.start + 2)?;
    let checks = text.as_bytes().get(span.start + 2..span.start + 4)?;
    if !country.iter().all(u8::is_ascii_alphabetic) || !checks.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let len = check::iban_len(&country.to_ascii_uppercase())?;
    let mut iban = Vec::with_capacity(len);
    let mut end = span.start;
    while iban.len() < len {
        let next = at(text, end);
        let blank = matches!(next, b' ' | b'-') && iban.len() % 4 == 0;
        if !next.is_ascii_alphanumeric() && !blank {
            return None;
        }
        if !blank {
            iban.push(next.to_ascii_uppercase());
        }
        end += 1;
    }
    let ends =
        !at(text, end).is_ascii_alphanumeric() && !before(text, span.start).is_ascii_alphanumeric();
    let span = Span::new(span.start, end);
    let near = page.near(span, Roles::IBAN).map(|near| near.word);
    let written = span.bytes(text.as_bytes())?;
    let upper = !written.iter().any(u8::is_ascii_lowercase);
    let lower = !written.iter().any(u8::is_ascii_uppercase);
    let score = if upper || near.is_some() { 0.97 } else { 0.85 };
    let one_case = upper || lower || near.is_some();
    (ends && one_case && check::iban_check(&iban)).then(|| {
        Candidate::new(span, page.types.iban, score, "iban")
            .checked("mod97")
            .near(near)
    })
}

/// Province characters of number plates (GA 36).
static PROVINCES: Chars =
    Chars::of("京津冀晋蒙辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川贵云藏陕甘青宁新");

/// A number plate: province, letter, and five or (new energy) six places; `·` or a space may stand between.
fn plate(page: &Page<'_>, span: Span) -> Option<Candidate> {
    let glued = matches!(span.len(), 6 | 7)
        .then(|| plate_at(page, span.start, Span::new(span.start + 1, span.end)));
    glued.flatten().or_else(|| plate_with_gap(page, span))
}

fn plate_with_gap(page: &Page<'_>, span: Span) -> Option<Candidate> {
    let gap = char_before(page.text, span.start).filter(|c| " ·•-.".contains(*c))?;
    plate_at(page, span.start.checked_sub(gap.len_utf8() + 1)?, span)
}

fn plate_at(page: &Page<'_>, letter: usize, tail: Span) -> Option<Candidate> {
    let text = page.text;
    let province = char_before(text, letter).filter(|c| PROVINCES.has(*c))?;
    let area = matches!(at(text, letter), b'A'..=b'H' | b'J'..=b'Z');
    let places = tail.bytes(text.as_bytes())?;
    let drawn = places
        .iter()
        .all(|b| b.is_ascii_digit() || (b.is_ascii_uppercase() && !matches!(b, b'I' | b'O')));
    let digits = places.iter().filter(|b| b.is_ascii_digit()).count();
    let fits = match places.len() {
        5 => digits >= 3,
        6 => digits >= 4 && places.iter().any(u8::is_ascii_uppercase),
        _ => false,
    };
    let span = Span::new(letter - province.len_utf8(), tail.end);
    let near = page.near(span, Roles::PLATE).map(|near| near.word);
    (area && drawn && fits)
        .then(|| Candidate::new(span, page.types.cn_plate, 0.85, "cn_plate").near(near))
}

/// Track 1 of a magnetic stripe (ISO/IEC 7813): `%B`, card number, `^`, name, `^`, …
fn track_one(page: &Page<'_>, word: Span) -> Option<Candidate> {
    let text = page.text;
    let card = word.bytes(text.as_bytes())?.strip_prefix(b"B")?;
    if at(text, word.end) != b'^' || !card.iter().all(u8::is_ascii_digit) || !check::luhn(card) {
        return None;
    }
    let start = if before(text, word.start) == b'%' {
        word.start - 1
    } else {
        word.start
    };
    let end = run(text, word.end, 80, |b| {
        b != b'?' && (b.is_ascii_graphic() || b == b' ')
    });
    Some(whole_track(page, start, end))
}

/// Track 2: card number, `=`, expiry and service code.
pub(super) fn track_two(page: &Page<'_>, card: Span) -> Option<Candidate> {
    let text = page.text;
    let end = run(text, card.end + 1, 24, |b| b.is_ascii_digit());
    if at(text, card.end) != b'=' || end - card.end < 8 {
        return None;
    }
    let start = if before(text, card.start) == b';' {
        card.start - 1
    } else {
        card.start
    };
    Some(whole_track(page, start, end))
}

fn whole_track(page: &Page<'_>, start: usize, end: usize) -> Candidate {
    let end = if at(page.text, end) == b'?' {
        end + 1
    } else {
        end
    };
    Candidate::new(
        Span::new(start, end),
        page.types.card_track,
        0.95,
        "card_track",
    )
    .checked("luhn")
}
