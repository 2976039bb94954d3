//! The little language in which a credential's form is written, and how it is found in a text.
//!
//! A form is literal text with runs in braces: `{class:least-most}`, `{class:exact}` or `{class:least-}`. Classes:
//! `d` digits, `h` lower hex, `H` any hex, `u` upper case and digits, `l` lower case and digits, `a` letters and digits,
//! `w` those with `_` and `-`, `x` those with `+`, `/` and `=` too; further characters of a class follow its letter
//! (`w.`). `^` stands before the literal at which the search starts, if that isn't the beginning; `!` where the
//! credential begins, if what goes before only leads to it. Runs take what they can; nothing is tried twice.
//!
//! Refuses to know: issuers, labels, and whether what fits is random enough.

use super::super::text::{at, before, run, run_back};
use crate::base::Span;

/// Longest run that a form may leave open, in bytes.
const OPEN_RUN: usize = 4096;

/// A form, taken apart.
#[derive(Debug)]
pub(in crate::detect) struct Form {
    steps: Vec<Step>,
    /// The step at which the search starts: a literal, or the first run of a form without one.
    anchor: usize,
    /// The step with which the credential begins.
    covers: usize,
}

#[derive(Debug)]
enum Step {
    Text(String),
    Run(Run),
}

#[derive(Debug)]
struct Run {
    /// One bit an ASCII character.
    set: u128,
    least: usize,
    most: usize,
}

impl Run {
    const fn has(&self, b: u8) -> bool {
        b < 128 && self.set >> b & 1 != 0
    }
}

/// Where a form stands in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::detect) struct Fit {
    /// What is to be covered.
    pub(in crate::detect) span: Span,
    /// What must be random: the span without the form's first literal.
    pub(in crate::detect) body: usize,
}

impl Form {
    /// Takes a form apart; `None` where it is not one.
    pub(in crate::detect) fn parse(source: &str) -> Option<Self> {
        let (mut steps, mut anchor, mut covers): (Vec<Step>, Option<usize>, usize) =
            (Vec::new(), None, 0);
        let mut rest = source;
        while let Some(c) = rest.chars().next() {
            match c {
                '{' => {
                    let (spec, after) = rest.get(1..)?.split_once('}')?;
                    steps.push(Step::Run(parse_run(spec)?));
                    rest = after;
                }
                '^' if anchor.is_none() => {
                    anchor = Some(steps.len());
                    rest = rest.get(1..)?;
                }
                '!' => {
                    covers = steps.len();
                    rest = rest.get(1..)?;
                }
                _ => {
                    let end = rest.find(['{', '^', '!']).unwrap_or(rest.len());
                    let (text, after) = rest.split_at_checked(end)?;
                    steps.push(Step::Text(text.to_owned()));
                    rest = after;
                }
            }
        }
        let form = Self {
            steps,
            anchor: anchor.unwrap_or(0),
            covers,
        };
        (form.covers < form.steps.len() && form.anchor < form.steps.len()).then_some(form)
    }

    /// The literal at which the search for this form starts; empty where it has none.
    pub(in crate::detect) fn literal(&self) -> &str {
        match self.steps.get(self.anchor) {
            Some(Step::Text(text)) => text,
            _ => "",
        }
    }

    /// Lengths of the words of letters and digits that may begin a form without a literal to search for.
    pub(in crate::detect) fn first_word(&self) -> Option<(usize, usize)> {
        match self.steps.as_slice() {
            [Step::Run(run), ..] => Some((run.least, run.most)),
            [Step::Text(text), Step::Run(run), ..] => {
                Some((text.len() + run.least, text.len() + run.most))
            }
            _ => None,
        }
    }

    /// The place of the form whose anchor begins at `start`, if it stands there, from edge to edge.
    pub(in crate::detect) fn fit(&self, text: &str, start: usize) -> Option<Fit> {
        if self.anchor == 0 && !self.opens(text, start) {
            return None;
        }
        let (mut first, mut covered) = (start, start);
        for (i, step) in self.steps.iter().enumerate().take(self.anchor).rev() {
            first = step.back(text, first)?;
            if i >= self.covers {
                covered = first;
            }
        }
        let (mut end, mut body) = (start, first);
        for (i, step) in self.steps.iter().enumerate().skip(self.anchor) {
            if i == self.covers {
                covered = end;
            }
            end = step.ahead(text, end)?;
            if i == 0 && matches!(step, Step::Text(_)) {
                body = end;
            }
        }
        (self.opens(text, first) && self.closes(text, end)).then_some(Fit {
            span: Span::new(covered, end),
            body: body.max(covered),
        })
    }

    /// Nothing that would be part of a longer token stands before.
    fn opens(&self, text: &str, first: usize) -> bool {
        let glued = match self.steps.first() {
            Some(Step::Text(literal)) => literal.starts_with(|c: char| c.is_ascii_alphanumeric()),
            _ => true,
        };
        !glued || is_edge(text, first)
    }

    /// Longer than the form allows is something else.
    fn closes(&self, text: &str, end: usize) -> bool {
        let next = at(text, end);
        !match self.steps.last() {
            Some(Step::Run(run)) => {
                run.most < OPEN_RUN && run.has(next) && next.is_ascii_alphanumeric()
            }
            _ => next.is_ascii_alphanumeric(),
        }
    }
}

/// Whether a token may begin here: no letter, digit or `_` before, but for the letter of an escape (`\n`).
pub(in crate::detect) fn is_edge(text: &str, start: usize) -> bool {
    let prev = before(text, start);
    let escape = matches!(prev, b'n' | b'r' | b't') && start >= 2 && at(text, start - 2) == b'\\';
    escape || !(prev.is_ascii_alphanumeric() || matches!(prev, b'_' | b'+'))
}

impl Step {
    fn ahead(&self, text: &str, i: usize) -> Option<usize> {
        match self {
            Self::Text(literal) => {
                let end = i + literal.len();
                (text.as_bytes().get(i..end)? == literal.as_bytes()).then_some(end)
            }
            Self::Run(of) => {
                let end = run(text, i, of.most, |b| of.has(b));
                (end - i >= of.least).then_some(end)
            }
        }
    }

    fn back(&self, text: &str, i: usize) -> Option<usize> {
        match self {
            Self::Text(literal) => {
                let start = i.checked_sub(literal.len())?;
                (text.as_bytes().get(start..i)? == literal.as_bytes()).then_some(start)
            }
            Self::Run(of) => {
                let start = run_back(text, i, of.most, |b| of.has(b));
                (i - start >= of.least).then_some(start)
            }
        }
    }
}

fn parse_run(spec: &str) -> Option<Run> {
    let (class, count) = spec.split_once(':')?;
    let (least, most) = match count.split_once('-') {
        None => count.parse().ok().map(|n| (n, n))?,
        Some((least, "")) => (least.parse().ok()?, OPEN_RUN),
        Some((least, most)) => (least.parse().ok()?, most.parse().ok()?),
    };
    let mut set = 0;
    for b in 0..128_u8 {
        if is_in(class, b) {
            set |= 1 << b;
        }
    }
    (set != 0 && least <= most).then_some(Run { set, least, most })
}

/// Whether a byte is in a class; characters behind the class letter are in it too (`w.`).
fn is_in(class: &str, b: u8) -> bool {
    let (letter, extra) = class
        .as_bytes()
        .split_first()
        .map_or((0, &[] as &[u8]), |(l, e)| (*l, e));
    let alone = extra.contains(&b);
    alone
        || match letter {
            b'd' => b.is_ascii_digit(),
            b'h' => matches!(b, b'0'..=b'9' | b'a'..=b'f'),
            b'H' => b.is_ascii_hexdigit(),
            b'u' => b.is_ascii_uppercase() || b.is_ascii_digit(),
            b'l' => b.is_ascii_lowercase() || b.is_ascii_digit(),
            b'a' => b.is_ascii_alphanumeric(),
            b'w' => b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'),
            b'x' => b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'+' | b'/' | b'='),
            _ => false,
        }
}

#[cfg(test)]
impl Form {
    /// A text of this form with runs of the least (or `less` fewer) characters, varied so that it looks random.
    pub(in crate::detect) fn example(&self, less: usize) -> String {
        let (mut out, mut state) = (String::new(), 0x9e37_79b9_u32);
        for step in &self.steps {
            match step {
                Step::Text(text) => out.push_str(text),
                Step::Run(run) => {
                    let of = |any: fn(&u8) -> bool| -> Vec<char> {
                        let range = (b'!'..=b'z').filter(any);
                        range.filter(|b| run.has(*b)).map(char::from).collect()
                    };
                    let letters = of(u8::is_ascii_alphanumeric);
                    let alphabet = if letters.is_empty() {
                        of(u8::is_ascii_graphic)
                    } else {
                        letters
                    };
                    for _ in less..run.least {
                        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                        out.push(alphabet[(state >> 16) as usize % alphabet.len()]);
                    }
                }
            }
        }
        out
    }

    /// Where the anchor of [`Form::example`] is.
    pub(in crate::detect) fn anchor_of(&self, example: &str) -> usize {
        match self.literal() {
            "" => 0,
            literal => example.find(literal).unwrap_or(0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_fit_from_edge_to_edge() {
        for (form, text, covered) in [
            ("ab_{d:3}", "x ab_123.", Some("ab_123")),
            ("ab_{d:3}", "x ab_1234", None),
            ("ab_{d:3}", "xab_123", None),
            ("ab_{d:3}", "\\nab_123", Some("ab_123")),
            ("{d:2}^:AA{a:2}", "7 12:AAxy", Some("12:AAxy")),
            ("{d:2}^:AA{a:2}", "712:AAxy", None),
            ("key=!{h:4}", "?key=12ab&", Some("12ab")),
            ("{h:4}-{h:2}", "12ab-cd", Some("12ab-cd")),
            ("z{a:2-}y", "zabcy", None),
            ("t.{w.:2-}", "t.a.b-c,", Some("t.a.b-c")),
        ] {
            let parsed = Form::parse(form).unwrap();
            let start = match parsed.literal() {
                "" => 0,
                literal => text.find(literal).unwrap(),
            };
            let fit = parsed.fit(text, start).and_then(|fit| fit.span.slice(text));
            assert_eq!(fit, covered, "{form} in {text}");
        }
    }

    #[test]
    fn what_is_no_form_is_refused() {
        for form in [
            "", "a{d}", "a{d:x}", "a{q:3}", "a{d:3", "a{d:5-2}", "abc!", "a^",
        ] {
            assert!(Form::parse(form).is_none(), "{form}");
        }
    }
}
