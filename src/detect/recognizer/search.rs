//! Applying recognizers: at their words, at runs of their lengths, at their beginnings, under their keys.
//!
//! Every search is in a window of bounded length; nothing is searched twice for the same word.

use super::super::cue::{Fired, Hit};
use super::super::page::{Candidate, Doubt, Page};
use super::super::roles::Roles;
use super::super::text::{at, before, char_at, char_before};
use super::super::walk::is_surrogate_tag;
use super::joint;
use super::{Look, Of, Recognizer};
use crate::base::Span;

/// Characters behind a word in which a value may begin, and before it in which one may end.
const AFTER_CHARS: usize = 24;
const BEFORE_CHARS: usize = 12;
/// Longest value looked at, in bytes: a number, and anything of words.
const NUMBER_BYTES: usize = 64;
const WORDS_BYTES: usize = 160;
/// Bytes on either side of a word that is part of a value.
const AROUND_BYTES: usize = 48;
/// Longest text that may be nothing but one value.
const SHORT_TEXT_BYTES: usize = 200;

/// What speaks for a value.
#[derive(Debug, Clone, Copy)]
enum Vouch {
    Alone,
    Near(&'static str),
    Label(&'static str),
    /// A label with not even a space behind it: `QQ20267788`.
    Glued(&'static str),
}

/// Looks behind, before and around every word that leads to a recognizer.
pub(in crate::detect) fn at_words(page: &mut Page<'_>) {
    let cues = page.cues;
    for (at_hit, hit) in cues.hits.iter().enumerate() {
        for index in page.lexicon.leads(hit.cue) {
            let Some(of) = page.lexicon.recognizers.get(*index) else {
                continue;
            };
            let found = match of.look {
                Look::After | Look::Field => after(page, of, *index, at_hit),
                Look::Before => before_word(page, of, *hit),
                Look::Both => {
                    after(page, of, *index, at_hit).or_else(|| before_word(page, of, *hit))
                }
                Look::Around => around(page, of, hit.start, hit.end, Vouch::Label(hit.word)),
                Look::Word => itself(page, of, *hit),
            };
            page.found.extend(found);
        }
    }
}

/// Tries what has a length of its own at a run of letters and digits.
pub(in crate::detect) fn word(page: &mut Page<'_>, run: Span) {
    for index in page.lexicon.recognizers.of_length(run.len()) {
        let Some(of) = page.lexicon.recognizers.get(*index) else {
            continue;
        };
        let found = alone(page, of, *index, run.start);
        page.found.extend(found);
    }
}

/// Tries recognizer number `index`, whose beginning stands here.
pub(in crate::detect) fn at_beginning(page: &mut Page<'_>, fired: Fired, index: u16) {
    if let Some(of) = page.lexicon.recognizers.get(index) {
        let found = if of.look == Look::Around {
            around(page, of, fired.start, fired.end, Vouch::Alone)
        } else {
            alone(page, of, index, fired.start)
        };
        page.found.extend(found);
    }
}

/// Tries the recognizers that the key of the text leads to, on the whole text, or on the beginning of a note.
pub(in crate::detect) fn at_keys(page: &mut Page<'_>, key: &[Hit]) {
    let text = page.text;
    let start = joint::blanks(text, 0);
    for hit in key {
        for index in page.lexicon.leads(hit.cue) {
            let Some(of) = page.lexicon.recognizers.get(*index) else {
                continue;
            };
            let whole = anchored(page, of, start)
                .filter(|span| {
                    text.get(span.end..)
                        .is_some_and(|rest| rest.trim().is_empty())
                })
                .and_then(|span| judge(page, of, *index, span, Vouch::Label(hit.word)));
            let short = || {
                let end = text.floor_char_boundary(SHORT_TEXT_BYTES);
                let span = first(page, of, start, end)?;
                let vouch = match of.look {
                    Look::Around => Vouch::Label(hit.word),
                    _ => Vouch::Near(hit.word),
                };
                judge(page, of, *index, span, vouch)
            };
            let found = whole.or_else(short);
            page.found.extend(found);
        }
    }
}

/// A value that the word labels, or the first one near behind it.
fn after(page: &Page<'_>, of: &Recognizer, index: u16, at_hit: usize) -> Option<Candidate> {
    let hit = page.cues.hits.get(at_hit)?;
    if let Some(whole) = prefixed(page, of, index, *hit) {
        return Some(whole);
    }
    let tied = |start: &usize| {
        of.look != Look::Field || page.text.get(hit.end..*start).is_some_and(joint::is_field)
    };
    let labelled = joint::places(page.text, hit.end)
        .filter(tied)
        .find_map(|start| {
            let glued = start == hit.end && at(page.text, start).is_ascii_digit();
            let vouch = if glued { Vouch::Glued } else { Vouch::Label };
            judge(page, of, index, anchored(page, of, start)?, vouch(hit.word))
        });
    if labelled.is_some() || of.score.near.is_none() {
        return labelled;
    }
    let reach = joint::reach(page.text, hit.end, AFTER_CHARS);
    let span = first(page, of, hit.end, reach)?;
    let others = page.cues.hits.get(at_hit + 1..).unwrap_or_default();
    let between = others
        .iter()
        .take_while(|other| other.start < span.start)
        .any(|other| {
            let leads = page.lexicon.leads(other.cue);
            of.of == Of::Number
                && !leads.contains(&index)
                && (other.roles.any(Roles::NUMERIC) || !leads.is_empty())
        });
    if between {
        return None;
    }
    judge(page, of, index, span, Vouch::Near(hit.word))
}

/// A value that begins with its own label: `MRN00482913`.
fn prefixed(page: &Page<'_>, of: &Recognizer, index: u16, hit: Hit) -> Option<Candidate> {
    let glued =
        at(page.text, hit.end).is_ascii_digit() && before(page.text, hit.end).is_ascii_alphabetic();
    let span = glued.then(|| anchored(page, of, hit.start))??;
    (span.end > hit.end).then(|| judge(page, of, index, span, Vouch::Label(hit.word)))?
}

/// The last value before a word, tied to it: `E12345678（护照号）`, `1990-03-05出生`.
fn before_word(page: &Page<'_>, of: &Recognizer, hit: Hit) -> Option<Candidate> {
    let text = page.text;
    let mut best: Option<Span> = None;
    for start in hit.start.saturating_sub(NUMBER_BYTES)..hit.start {
        let inside = best.is_some_and(|best| start < best.end);
        let span = if inside {
            None
        } else {
            begins(page, of, start, hit.start)
        };
        best = span.or(best);
    }
    let gap = text.get(best?.end..hit.start)?;
    if gap.chars().count() > BEFORE_CHARS || !joint::joins_back(gap) {
        return None;
    }
    let index = page.lexicon.leads(hit.cue);
    let index = index.iter().find(|index| {
        page.lexicon
            .recognizers
            .get(**index)
            .is_some_and(|other| other.name == of.name)
    })?;
    judge(page, of, *index, best?, Vouch::Label(hit.word))
}

/// A value of which the text between two positions is a part.
fn around(
    page: &Page<'_>,
    of: &Recognizer,
    from: usize,
    to: usize,
    vouch: Vouch,
) -> Option<Candidate> {
    let text = page.text;
    let end = text.floor_char_boundary(to + WORDS_BYTES);
    let part = Span::new(from, to);
    let holds = |span: &Span| {
        let rest = text.get(span.end..to);
        span.contains(part) || span.overlaps(part) && rest == Some(" ")
    };
    let span = (from.saturating_sub(AROUND_BYTES)..=from)
        .filter_map(|start| begins(page, of, start, end))
        .find(holds)?;
    judge(page, of, u16::MAX, span, vouch)
}

/// A word that is itself the value, with what the pattern finds right behind it.
fn itself(page: &Page<'_>, of: &Recognizer, hit: Hit) -> Option<Candidate> {
    let end = anchored(page, of, hit.end).map_or(hit.end, |more| more.end);
    judge(
        page,
        of,
        u16::MAX,
        Span::new(hit.start, end),
        Vouch::Label(hit.word),
    )
}

/// A value without a word, or with one near that its own search did not reach.
fn alone(page: &Page<'_>, of: &Recognizer, index: u16, start: usize) -> Option<Candidate> {
    let span = anchored(page, of, start)?;
    let vouch = page.led_to(span, index).map_or(Vouch::Alone, Vouch::Near);
    judge(page, of, index, span, vouch)
}

/// The match that begins at `start`.
fn anchored(page: &Page<'_>, of: &Recognizer, start: usize) -> Option<Span> {
    let most = match of.of {
        Of::Number => NUMBER_BYTES,
        Of::Words => WORDS_BYTES,
    };
    let end = page.text.floor_char_boundary(start + most);
    of.pattern.as_ref()?.at(page.text, start, end)
}

/// The match that begins at `start`, if nothing before belongs to it.
fn begins(page: &Page<'_>, of: &Recognizer, start: usize, end: usize) -> Option<Span> {
    let pattern = of.pattern.as_ref()?;
    let free =
        pattern.may_begin(at(page.text, start)) && opens(page.text, Span::new(start, start + 1));
    free.then(|| pattern.at(page.text, start, end))?
}

/// The first match that stands for itself and begins between two positions.
fn first(page: &Page<'_>, of: &Recognizer, start: usize, last: usize) -> Option<Span> {
    let end = page.text.floor_char_boundary(last + NUMBER_BYTES);
    (start..=last)
        .filter_map(|start| begins(page, of, start, end))
        .find(|span| closes(page.text, *span))
}

/// Makes a candidate of a match, if what surrounds it lets it be one.
fn judge(
    page: &Page<'_>,
    of: &Recognizer,
    index: u16,
    span: Span,
    vouch: Vouch,
) -> Option<Candidate> {
    let value = span.bytes(page.text.as_bytes())?;
    let glued = matches!(vouch, Vouch::Glued(_));
    if !(glued || opens(page.text, span))
        || !closes(page.text, span)
        || is_surrogate_tag(page.text, span)
    {
        return None;
    }
    let right = of.check.is_none_or(|check| (check.test)(value));
    let (score, word) = match vouch {
        Vouch::Alone => (of.score.alone, None),
        Vouch::Near(word) => (of.score.near, Some(word)),
        Vouch::Label(word) | Vouch::Glued(word) if right => (Some(of.score.label), Some(word)),
        Vouch::Label(word) | Vouch::Glued(word) => (of.score.failed, Some(word)),
    };
    let labelled = matches!(vouch, Vouch::Label(_) | Vouch::Glued(_));
    if !labelled && (!right || denied(page, of, index, span)) {
        return None;
    }
    let candidate = Candidate::new(span, of.entity, score?, of.name).near(word);
    Some(match of.check.filter(|_| right) {
        Some(check) => candidate.checked(check.name),
        None => candidate,
    })
}

/// Whether a word for something else speaks against a value that has no label of its own.
fn denied(page: &Page<'_>, of: &Recognizer, index: u16, span: Span) -> bool {
    of.of == Of::Number && page.label_doubt(span.start) != Doubt::None || page.denied(span, index)
}

/// Whether nothing before a match belongs to it: no letter, no digit, not `3.` before digits.
fn opens(text: &str, span: Span) -> bool {
    let (first, prev) = (at(text, span.start), before(text, span.start));
    if !first.is_ascii_alphanumeric() {
        return first != b'$' || !prev.is_ascii_alphanumeric();
    }
    let far = span.start.checked_sub(2).map_or(0, |i| at(text, i));
    let numbered =
        first.is_ascii_digit() && matches!(prev, b'.' | b'-' | b'/') && far.is_ascii_digit();
    let glued =
        prev.is_ascii_alphanumeric() || char_before(text, span.start).is_some_and(is_letter);
    !numbered && !glued
}

/// The same behind it.
fn closes(text: &str, span: Span) -> bool {
    let (last, next) = (before(text, span.end), at(text, span.end));
    if !last.is_ascii_alphanumeric() {
        return true;
    }
    let numbered = last.is_ascii_digit()
        && matches!(next, b'.' | b'-' | b'/' | b'_')
        && at(text, span.end + 1).is_ascii_alphanumeric();
    let glued = next.is_ascii_alphanumeric() || char_at(text, span.end).is_some_and(is_letter);
    !numbered && !glued
}

/// A letter of an alphabet beyond ASCII; Han characters stand beside values as they like.
fn is_letter(c: char) -> bool {
    c.is_alphabetic() && !c.is_ascii() && c < '\u{2e80}'
}
