//! Runs of digits, however they are grouped: `138 1234 5678`, `(021) 6234-5678`, `6222-0202…`.
//!
//! A stream is digit groups joined by up to two separators. Windows of neighbouring groups, at most
//! [`MOST_DIGITS`] digits, are offered to [`super::shape`]; what it makes of them is its business.

use super::net;
use super::page::{Candidate, Page};
use super::shape::{self, Window};
use super::text::{at, before, char_at, char_before, has_word, run};
use crate::base::Span;

/// Longest value written in digits: a card of 19 behind a country code would be no card.
pub(super) const MOST_DIGITS: usize = 19;
/// Groups in one window: every digit on its own.
pub(super) const MOST_GROUPS: usize = 19;

/// Groups in a window that is only a part of its stream: a part must be grouped as such numbers are.
const MOST_GROUPS_INSIDE: usize = 6;

/// Digits without a separator inside.
#[derive(Debug, Clone, Copy)]
pub(super) struct Group {
    pub(super) start: usize,
    pub(super) end: usize,
    /// What stands between the group before it and this one.
    pub(super) joint: Joint,
}

/// What stands between two groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Joint {
    /// The first group.
    Start,
    Space,
    Dash,
    Dot,
    Slash,
    Underscore,
    Line,
    /// A bracket, with or without a space or dash.
    Bracket,
}

impl Joint {
    /// Ties its neighbours into one thing: a part of it alone is no value.
    pub(super) const fn is_tight(self) -> bool {
        matches!(
            self,
            Self::Dash | Self::Dot | Self::Slash | Self::Underscore
        )
    }
}

/// Looks at the digits that begin at `start`; returns where the walk goes on.
pub(super) fn stream(page: &mut Page<'_>, start: usize) -> usize {
    let groups = groups(page.text, start);
    let end = groups.last().map_or(start + 1, |g| g.end);
    let mut first = 0;
    while first < groups.len() {
        let taken = ip(page, &groups, first).or_else(|| best_window(page, &groups, first));
        first = match taken {
            Some((candidate, next)) => {
                page.push(candidate);
                next
            }
            None => first + 1,
        };
    }
    end
}

/// The groups from `start` on.
fn groups(text: &str, start: usize) -> Vec<Group> {
    let mut groups = Vec::with_capacity(1);
    let mut digits = 0;
    let (mut at_group, mut joint) = (start, Joint::Start);
    loop {
        let mut end = run(text, at_group, usize::MAX, |b| b.is_ascii_digit());
        digits += end - at_group;
        if digits == 17 && is_x(text, end) {
            end += 1;
            digits += 1;
        }
        if end == at_group || (at(text, end).is_ascii_alphabetic() && joint != Joint::Start) {
            break;
        }
        groups.push(Group {
            start: at_group,
            end,
            joint,
        });
        let Some((next, kind)) = joint_at(text, end) else {
            break;
        };
        (at_group, joint) = (next, kind);
    }
    groups
}

/// The check character X of a resident ID, with nothing glued to it.
fn is_x(text: &str, i: usize) -> bool {
    matches!(at(text, i), b'X' | b'x') && !at(text, i + 1).is_ascii_alphanumeric()
}

/// The separators at `i`, at most two, if a digit (or a last X) follows.
fn joint_at(text: &str, i: usize) -> Option<(usize, Joint)> {
    let (mut at_char, mut joint) = (i, None);
    if let Some(dot) = DEFANGED.iter().find(|dot| has_word(text, i, dot)) {
        let next = i + dot.len();
        return at(text, next)
            .is_ascii_digit()
            .then_some((next, Joint::Dot));
    }
    for _ in 0..2 {
        let c = char_at(text, at_char)?;
        let kind = match c {
            ' ' | '\u{a0}' | '\u{3000}' | '\u{2002}'..='\u{200a}' | '\u{202f}' => Joint::Space,
            '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' => Joint::Dash,
            '.' | '·' | '•' => Joint::Dot,
            '/' => Joint::Slash,
            '_' => Joint::Underscore,
            '\n' | '\r' => Joint::Line,
            '(' | '（' | ')' | '）' => Joint::Bracket,
            _ => break,
        };
        joint = Some(match joint {
            None | Some(Joint::Space) => kind,
            Some(earlier) => earlier,
        });
        at_char += c.len_utf8();
    }
    let next = at(text, at_char);
    (next.is_ascii_digit() || is_x(text, at_char)).then_some((at_char, joint?))
}

/// Dots as reports of attacks write them, so that nobody follows the address.
const DEFANGED: &[&str] = &["[.]", "(.)", "{.}", "[dot]", "(dot)"];

/// Whether a full stop, plain or defanged, stands directly before a group.
fn is_dot(text: &str, start: usize) -> bool {
    matches!(before(text, start), b'.' | b']' | b')' | b'}')
}

/// Four octets, if they stand here.
fn ip(page: &Page<'_>, groups: &[Group], first: usize) -> Option<(Candidate, usize)> {
    let four = groups.get(first..first + 4)?;
    let dotted = four
        .iter()
        .skip(1)
        .all(|g| g.joint == Joint::Dot && is_dot(page.text, g.start));
    let before = four.first().is_some_and(|g| g.joint == Joint::Dot);
    let after = groups.get(first + 4).is_some_and(|g| g.joint == Joint::Dot);
    let span = Span::new(four.first()?.start, four.last()?.end);
    let octets = four.iter().filter_map(|g| page.text.get(g.start..g.end));
    (dotted && !before && !after)
        .then(|| net::ipv4(page, span, octets))?
        .map(|found| (found, first + 4))
}

/// The best reading of the groups that begin with this one, and the group to go on with.
fn best_window(page: &Page<'_>, groups: &[Group], first: usize) -> Option<(Candidate, usize)> {
    let mut best: Option<(Candidate, usize)> = None;
    let mut digits = 0;
    for (i, group) in groups.iter().enumerate().skip(first).take(MOST_GROUPS) {
        digits += group.end - group.start;
        if digits > MOST_DIGITS {
            break;
        }
        let whole = first == 0 && i + 1 == groups.len();
        let few = i - first < MOST_GROUPS_INSIDE || whole;
        if !few || !shape::may_be(digits, i + 1 - first, whole) {
            continue;
        }
        let Some(window) = window(page.text, groups, first, i + 1, digits) else {
            continue;
        };
        let found = shape::classify(page, &window);
        if let Some(found) = found.filter(|f| best.as_ref().is_none_or(|(b, _)| f.score >= b.score))
        {
            best = Some((found, i + 1));
        }
    }
    best
}

fn window<'a>(
    text: &'a str,
    groups: &'a [Group],
    first: usize,
    end: usize,
    digits: usize,
) -> Option<Window<'a>> {
    let inside = groups.get(first..end)?;
    let (head, last) = (inside.first()?, inside.last()?);
    let mut buffer = [0; MOST_DIGITS];
    let all = inside
        .iter()
        .flat_map(|g| text.as_bytes().get(g.start..g.end).unwrap_or_default());
    buffer
        .iter_mut()
        .zip(all)
        .for_each(|(slot, digit)| *slot = *digit);
    let joint_after = groups.get(end).map(|g| g.joint);
    let tight_before = head.joint.is_tight() || glued(text, head.start);
    Some(Window {
        digits: buffer,
        len: digits,
        groups: inside,
        span: lead(text, inside, Span::new(head.start, last.end)),
        embedded: tight_before
            || joint_after.is_some_and(Joint::is_tight)
            || is_fraction(text, last.end),
        whole: head.joint == Joint::Start && joint_after.is_none(),
        plus: has_plus(text, head.start),
    })
}

/// Whether what stands before makes this the middle of something: `v1.`, `x-`, `0x`.
fn glued(text: &str, start: usize) -> bool {
    let prev = before(text, start);
    let far = start.checked_sub(2).map_or(0, |i| at(text, i));
    prev.is_ascii_alphabetic()
        || (matches!(prev, b'-' | b'.' | b'/' | b'_') && far.is_ascii_alphanumeric())
}

fn is_fraction(text: &str, end: usize) -> bool {
    at(text, end).is_ascii_alphabetic()
        || (at(text, end) == b'-' && at(text, end + 1).is_ascii_alphanumeric())
}

fn has_plus(text: &str, start: usize) -> bool {
    matches!(char_before(text, start), Some('+' | '＋'))
}

/// Whether a closing bracket stands within the two separators before a group.
fn closes_before(text: &str, start: usize) -> bool {
    text.get(..start)
        .is_some_and(|head| head.chars().rev().take(2).any(|c| matches!(c, ')' | '）')))
}

/// Takes a plus sign and an opening bracket that belong to the number into the span.
fn lead(text: &str, groups: &[Group], span: Span) -> Span {
    let closes = groups
        .iter()
        .any(|g| g.joint == Joint::Bracket && closes_before(text, g.start));
    let mut start = span.start;
    for _ in 0..2 {
        match char_before(text, start) {
            Some(c @ ('+' | '＋')) => start -= c.len_utf8(),
            Some(c @ ('(' | '（')) if closes => start -= c.len_utf8(),
            _ => break,
        }
    }
    Span::new(start, span.end)
}
