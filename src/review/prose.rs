//! Reads one text as it comes, in stretches that its content alone determines, so that it makes no difference where it is
//! cut.
//!
//! A *stop* is a place up to which the text is read: the end of a sentence, or so many bytes further where none comes.
//! What stands before a stop is let go, but for the last [`TAIL_BYTES`] where the sentence goes on, and for a value that
//! reaches into them. Words that begin no value are let go without being read ([`super::dull`]).

use super::dull;
use super::held::Held;
use super::table::Table;
use super::{Action, MadeUp, New, ReviewError, Rules, Sent};
use crate::base::{EntityType, Sensitive, Span};
use memchr::memmem;
use std::borrow::Cow;

/// In a sentence that goes on, so much is held back: what begins before it is whole, or is known to go on; in bytes.
const TAIL_BYTES: usize = 64;

/// A sentence that goes on is read after so many more bytes, or half of what is held back.
const STEP_BYTES: usize = 64;

/// Shorter sentences are read with the next one, so that no stretch is read too often; in bytes.
const LEAST_READ_BYTES: usize = 48;

/// A row of a table up to so many bytes is read whole, or its cells have no headers.
const LONGEST_ROW_BYTES: usize = 512;

/// No more is held back, in bytes: an RSA key of 4,096 bits has some 3,300.
const MOST_HELD_BYTES: usize = 4 * 1024;

/// So many values of a text are sought where they stand again without the words that led to them.
const MOST_REMEMBERED: usize = 64;

/// Shorter ones stand anywhere by chance, in bytes.
const LEAST_REMEMBERED_BYTES: usize = 5;

/// Fewest digits of a number that is read where only numbers count.
const LEAST_DIGITS: usize = 3;

/// Words of JSON itself.
const JSON_WORDS: &[&str] = &["true", "false", "null"];

/// A text.
#[derive(Default)]
pub(super) struct Prose {
    held: Held,
    /// Up to here stops were looked for.
    seen: usize,
    /// A value may have begun.
    waits: bool,
    /// If it has, the text is read here at the latest.
    read_at: usize,
    /// Where the last two words end that begin no value.
    words: [usize; 2],
    /// Where a word begins that has a capital.
    capital: Option<usize>,
    /// The quotes that make a text of a number, where the text is the structure of a JSON document.
    quote: Option<String>,
    table: Table,
    remembered: Vec<(EntityType, Sensitive<String>)>,
}

/// Why the text is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stop {
    /// A sentence is over, or the whole text.
    End,
    /// It is long.
    Long,
}

impl std::fmt::Debug for Prose {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Prose")
            .field("held_bytes", &self.held.rest().len())
            .finish_non_exhaustive()
    }
}

impl Prose {
    /// A text in JSON: a string of it, or, with the quotes that stand at this depth, what stands between strings.
    pub(super) fn in_json(quote: Option<String>) -> Self {
        Self {
            held: Held::escaped(),
            quote,
            ..Self::default()
        }
    }

    pub(super) fn push(&mut self, piece: &str) {
        self.held.push(piece);
    }

    pub(super) fn push_written(&mut self, meant: char, written: &str) {
        self.held.push_written(meant, written);
    }

    /// What is held back, as it is written.
    pub(super) fn held(&self) -> &str {
        self.held.rest()
    }

    /// Lets go what can go on; all of it where the text is over.
    pub(super) fn settle(
        &mut self,
        rules: &Rules,
        key: Option<&str>,
        last: bool,
        to: &mut Sent<'_>,
    ) -> Result<(), ReviewError> {
        while let Some(stop) = self.next_stop(rules, last, to) {
            self.read(rules, key, stop, to)?;
        }
        if last {
            self.read(rules, key, Stop::End, to)?;
        }
        let gone = self.held.forget();
        self.seen -= gone;
        self.read_at = self.read_at.saturating_sub(gone);
        self.words = self.words.map(|at| at.saturating_sub(gone));
        self.capital = self.capital.map(|at| at.saturating_sub(gone));
        Ok(())
    }

    /// Goes on to the next stop; words that begin no value are let go on the way.
    fn next_stop(&mut self, rules: &Rules, last: bool, to: &mut Sent<'_>) -> Option<Stop> {
        loop {
            let (before, rest) = self.held.text().split_at_checked(self.seen)?;
            let mut chars = rest.chars();
            let (c, next) = (chars.next()?, chars.next());
            if next.is_none() && !last && dull::needs_next(c) {
                return None;
            }
            let ends = dull::ends_sentence(before, c, next);
            self.note(c, next);
            self.table.advance(c);
            self.seen += c.len_utf8();
            let held_bytes = self.seen - self.held.from();
            if self.waits {
                if held_bytes >= MOST_HELD_BYTES {
                    return Some(Stop::End);
                }
                let ends = ends && held_bytes >= LEAST_READ_BYTES && !self.table.begins();
                let long = self.seen >= self.read_at;
                if ends || long {
                    let row = !ends && self.table.in_row() && held_bytes < LONGEST_ROW_BYTES;
                    if !row && !self.in_block() {
                        return Some(if ends { Stop::End } else { Stop::Long });
                    }
                    self.read_at = self.seen + STEP_BYTES;
                }
            } else if ends {
                self.let_go(self.seen, to);
                self.begin();
            } else if c == ' ' {
                self.word(rules, to);
            }
        }
    }

    /// Looks whether a value may begin with this character.
    fn note(&mut self, c: char, next: Option<char>) {
        if self.waits {
            return;
        }
        let here = self.held.text().get(..self.seen).unwrap_or_default();
        let own = here.get(self.held.from()..).unwrap_or_default();
        let opener = |from: usize| here.get(from..).is_some_and(dull::is_opener);
        let begins_word = || !own.ends_with(|last: char| last.is_ascii_alphanumeric());
        if let Some(from) = self.capital.filter(|_| !c.is_ascii_lowercase()) {
            self.waits = !opener(from);
            self.capital = None;
        }
        if c.is_ascii_uppercase() && begins_word() {
            self.capital = Some(self.seen);
        } else if !dull::is_dull(c, next) {
            self.waits = true;
        }
        if self.waits {
            self.read_at = self.held.from() + TAIL_BYTES + STEP_BYTES;
        }
    }

    /// A word is over that begins no value by itself; it may lead to one.
    fn word(&mut self, rules: &Rules, to: &mut Sent<'_>) {
        let words = Span::new(self.held.from(), self.seen);
        let words = words.slice(self.held.text()).unwrap_or_default();
        if rules.detector.leads(words) {
            self.waits = true;
            self.read_at = self.held.from() + TAIL_BYTES + STEP_BYTES;
            return;
        }
        let [first, second] = self.words;
        if first > self.held.from() {
            self.let_go(first, to);
        }
        self.words = [second, self.seen];
    }

    /// Whether a key in armour has begun and not ended (RFC 7468): it is one value, over many lines.
    fn in_block(&self) -> bool {
        let text = self.held.text().get(self.held.from()..self.seen);
        let block = text.and_then(|text| text.get(text.rfind("-----BEGIN")?..));
        block.is_some_and(|block| !block.contains("-----END"))
    }

    /// After a sentence.
    fn begin(&mut self) {
        self.waits = false;
        self.words = [self.seen; 2];
        self.capital = None;
    }

    /// Reads what is held back up to here, and lets go what is settled.
    fn read(
        &mut self,
        rules: &Rules,
        key: Option<&str>,
        stop: Stop,
        to: &mut Sent<'_>,
    ) -> Result<(), ReviewError> {
        let own = Span::new(self.held.from(), self.seen);
        let (new, open) = if self.says_something(own) {
            self.found(rules, key, own, to.found)?
        } else {
            (Vec::new(), Vec::new())
        };
        let settled = match stop {
            Stop::End => own.end,
            Stop::Long => self.settled(own, &open),
        };
        self.send(rules, &new, settled, to)?;
        if settled == self.seen {
            self.begin();
        } else {
            let left = self.seen - settled;
            self.read_at = self.seen + STEP_BYTES.max(left / 2);
        }
        Ok(())
    }

    fn says_something(&self, own: Span) -> bool {
        let text = own.slice(self.held.text()).unwrap_or_default();
        if self.quote.is_none() {
            return text.contains(char::is_alphanumeric);
        }
        text.split(|c: char| !c.is_alphanumeric()).any(|word| {
            let digits = word.bytes().all(|b| b.is_ascii_digit());
            !word.is_empty()
                && !JSON_WORDS.contains(&word)
                && (!digits || word.len() >= LEAST_DIGITS)
        })
    }

    /// What is new in what is held back, and every finding there.
    fn found(
        &self,
        rules: &Rules,
        key: Option<&str>,
        own: Span,
        found: &mut MadeUp,
    ) -> Result<(Vec<New>, Vec<Span>), ReviewError> {
        let (text, from) = self.with_context(own);
        found.scanned_bytes += text.len() as u64;
        let (mut new, mut open) = rules.new_in(&text, from, key)?;
        for again in self.again(&text) {
            if !new.iter().any(|one| one.span.overlaps(again.span)) {
                open.push(again.span);
                new.push(again);
            }
        }
        let place = |span: Span| {
            let moved = |at: usize| (at + own.start).saturating_sub(from);
            Span::new(moved(span.start), moved(span.end))
        };
        for one in &mut new {
            one.span = place(one.span);
        }
        if self.quote.is_some() {
            new = self.numbers(&new);
        }
        new.retain(|one| one.span.end > own.start);
        new.sort_unstable_by_key(|one| one.span);
        Ok((new, open.into_iter().map(place).collect()))
    }

    /// What is held back, behind what went on before it; and where it begins there.
    fn with_context(&self, own: Span) -> (Cow<'_, str>, usize) {
        let start = self.held.context();
        let text = |from: usize, to: usize| {
            let span = Span::new(from, to);
            span.slice(self.held.text()).unwrap_or_default()
        };
        let (head, ruler) = self.table.head();
        if ruler.is_empty() || text(own.start, own.end).contains(ruler) {
            return (text(start, own.end).into(), own.start - start);
        }
        // A table goes on with whole lines behind its head.
        let before = text(start, own.start);
        let start = match before.rfind(ruler) {
            Some(at) => start + at + ruler.len(),
            None => before.find('\n').map_or(own.start, |at| start + at + 1),
        };
        let from = head.len() + own.start - start;
        (format!("{head}{}", text(start, own.end)).into(), from)
    }

    /// Where values stand that were found before.
    fn again(&self, text: &str) -> Vec<New> {
        let mut all = Vec::new();
        for (entity, value) in &self.remembered {
            let value = value.expose();
            for start in memmem::find_iter(text.as_bytes(), value.as_bytes()) {
                let span = Span::new(start, start + value.len());
                if dull::is_whole(text, span) {
                    all.push(New::of(span, *entity));
                }
            }
        }
        all.sort_unstable_by_key(|one| one.span);
        all.dedup_by(|later, earlier| later.span.overlaps(earlier.span));
        all
    }

    /// Between strings, what touches a number alone covers all of it, and quotes make a text of that.
    fn numbers(&self, new: &[New]) -> Vec<New> {
        let text = self.held.text();
        let mut all: Vec<New> = Vec::new();
        for one in new {
            let touched = one.span.slice(text).unwrap_or_default();
            if touched.contains(|c: char| c.is_alphabetic() && !matches!(c, 'e' | 'E')) {
                all.push(*one);
                continue;
            }
            for span in dull::numbers(text, one.span) {
                if all.last().is_none_or(|last| !last.span.overlaps(span)) {
                    let is_number = true;
                    all.push(New {
                        span,
                        is_number,
                        ..*one
                    });
                }
            }
        }
        all
    }

    /// How far a sentence that goes on is settled: not into its tail, not into a word, not into a value.
    fn settled(&self, own: Span, open: &[Span]) -> usize {
        let text = self.held.text();
        let mut at = text.floor_char_boundary(own.end.saturating_sub(TAIL_BYTES));
        at = at.max(own.start);
        while at > own.start && dull::is_inside_word(text, at) {
            at -= 1;
        }
        let reaching = open.iter().filter(|span| span.start < at && at < span.end);
        let first = reaching.map(|span| span.start).min();
        first.map_or(at, |first| first.max(own.start))
    }

    /// Sends what stands before `end`, with what is new in it covered.
    fn send(
        &mut self,
        rules: &Rules,
        new: &[New],
        end: usize,
        to: &mut Sent<'_>,
    ) -> Result<(), ReviewError> {
        for one in new.iter().filter(|one| one.span.start < end) {
            let value = one.span.slice(self.held.text()).unwrap_or_default();
            to.found.take(one.entity, value);
            if rules.action == Action::Block {
                return Err(ReviewError::MadeUp);
            }
            let value = Sensitive::new(value.to_owned());
            if rules.action == Action::Mask {
                let here = Span::new(one.span.start.max(self.held.from()), one.span.end);
                self.let_go(here.start, to);
                let cover = self.cover(rules, *one, here);
                to.out.push_str(&cover);
                self.held.pass(here.end);
            }
            self.remember(one.entity, value);
        }
        self.let_go(end.max(self.held.from()), to);
        Ok(())
    }

    /// What covers that part of a value which has not gone on.
    fn cover(&self, rules: &Rules, one: New, here: Span) -> String {
        let text = self.held.text();
        let chars = |span: Span| span.slice(text).unwrap_or_default().chars().count();
        let gone = chars(Span::new(one.span.start, here.start));
        let mask = (rules.mask)(one.entity, one.span.slice(text).unwrap_or_default());
        let harmless = |c: char| {
            if c.is_control() || "\"\\".contains(c) {
                '*'
            } else {
                c
            }
        };
        let mask: String = mask.chars().skip(gone).map(harmless).collect();
        let quote = self.quote.as_deref().filter(|_| one.is_number);
        let quote = quote.unwrap_or_default();
        format!("{quote}{mask}{quote}")
    }

    fn remember(&mut self, entity: EntityType, value: Sensitive<String>) {
        let known = self.remembered.iter().any(|(_, known)| *known == value);
        let sought = value.expose().len() >= LEAST_REMEMBERED_BYTES;
        if sought && !known && self.remembered.len() < MOST_REMEMBERED {
            self.remembered.push((entity, value));
        }
    }

    fn let_go(&mut self, end: usize, to: &mut Sent<'_>) {
        let span = Span::new(self.held.from(), end);
        to.out.push_str(self.held.written(span));
        self.held.pass(span.end);
    }
}
