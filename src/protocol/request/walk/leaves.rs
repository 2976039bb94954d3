//! What stands in a value: its texts, its telling numbers, and JSON inside of its strings, each as a part.

use super::Walker;
use super::columns::Columns;
use crate::base::Span;
use crate::protocol::escape::{decode_mapped, read_escape};
use crate::protocol::json::{Kind, Limits, Value, scan_text};
use crate::protocol::number::plain;
use crate::protocol::part::{Form, Names, Place, TextPart};
use crate::protocol::request::embedded::Embedded;
use crate::protocol::request::media::{UninspectableKind, is_base64};
use crate::protocol::request::opaque;
use crate::protocol::request::source::Source;
use crate::protocol::request::table::Rule;

/// Numbers of so many digits and more are parts: a card code has three.
pub(super) const TELLING_DIGITS: usize = 3;

/// Protocol numbers of so many digits and more are parts: the shortest number of a person (SSN) has nine.
const LONG_DIGITS: usize = 9;

/// Token numbers have at most so many digits: the largest vocabularies have fewer than ten million tokens.
const TOKEN_DIGITS: usize = 7;

/// How many JSON strings deep JSON is looked for.
pub(in crate::protocol::request) const NESTED_LEVELS: u8 = 3;

impl Walker<'_> {
    /// A value whose members have no rows.
    pub(super) fn leaf(&mut self, value: Value<'_>, rule: Rule) {
        match rule {
            Rule::Number if value.kind() == Kind::Number => {
                if digits(value.raw()) >= LONG_DIGITS {
                    self.push(value, Place::Id, self.source);
                }
            }
            Rule::OneOf(words) if value.string().is_some_and(|text| words.contains(&&*text)) => {}
            Rule::Model if value.string().is_some_and(|text| is_model_name(&text)) => {}
            Rule::Media(kind) if value.kind() == Kind::String && is_base64(&value.text()) => {
                self.mark(kind);
                let path = self.content_path();
                let file = Embedded::of(value, kind, path);
                self.found.embedded.extend(file);
            }
            Rule::Sealed if value.kind() == Kind::String => {
                self.push(value, Place::Id, self.source);
            }
            Rule::Text(place) | Rule::Within(place) => self.free(value, place, self.source),
            Rule::Label => self.label(value),
            Rule::Content | Rule::Typed(_) => self.free(value, self.content, self.source),
            Rule::Schema(place) => self.schema(value, place),
            Rule::TokenIds(place) => self.token_ids(value, place),
            Rule::TokenBias => self.token_bias(value),
            _ => self.free(value, Place::Other, self.source),
        }
    }

    fn label(&mut self, value: Value<'_>) {
        let before = self.found.parts.len();
        self.free(value, Place::Name, self.source);
        self.found
            .parts
            .iter_mut()
            .skip(before)
            .for_each(|part| part.names = Names::default());
    }

    fn token_ids(&mut self, value: Value<'_>, place: Place) {
        if value.subtree().any(|value| value.kind() == Kind::Number) {
            self.mark(UninspectableKind::TokenIds);
        }
        self.texts(value, place, self.source, TOKEN_DIGITS + 1);
    }

    fn token_bias(&mut self, value: Value<'_>) {
        for (key, weight) in value.members() {
            let raw = key.raw();
            if raw.len() > TOKEN_DIGITS || !raw.bytes().all(|byte| byte.is_ascii_digit()) {
                self.push(key, Place::Key, self.source);
            }
            self.texts(weight, Place::Other, self.source, TOKEN_DIGITS + 1);
        }
        if value.kind() != Kind::Object {
            self.free(value, Place::Other, self.source);
        }
    }

    /// Everything in a value is a part: keys, strings, numbers that may tell something.
    pub(in crate::protocol::request) fn free(
        &mut self,
        value: Value<'_>,
        place: Place,
        source: &Source<'_>,
    ) {
        self.texts(value, place, source, TELLING_DIGITS);
    }

    /// The same, of numbers only those of so many digits and more.
    fn texts(&mut self, value: Value<'_>, place: Place, source: &Source<'_>, least_digits: usize) {
        let columns = Columns::of(value);
        // Where the data of what was told stand: they are not told again.
        let mut data = 0..0;
        for value in value.subtree() {
            let before = self.found.parts.len();
            match value.kind() {
                Kind::Key => self.push_read(value, Place::Key, source),
                // What is JSON itself is never bytes.
                Kind::String if self.nested(value, place, source) => {}
                Kind::String if data.contains(&value.span().start) => {
                    self.push(value, place, source);
                }
                Kind::String => self.push_read(value, place, source),
                // In a string, an object is text to whoever reads it.
                Kind::Object if source.layers() == 0 && !data.contains(&value.span().start) => {
                    if let Some((kind, at)) = opaque::of_object(value) {
                        self.mark_loose(kind);
                        data = at.start..at.end;
                    }
                }
                Kind::Number if digits(value.raw()) >= least_digits => {
                    self.push(value, place, source);
                }
                _ => {}
            }
            if self.found.parts.len() == before + 1
                && let (Some(name), Some(part)) = (columns.name(value), self.found.parts.last_mut())
            {
                part.names.put_first(source.address(name));
            }
        }
    }

    /// Adds one part, and tells whether it is no text at all.
    pub(super) fn push_read(&mut self, string: Value<'_>, place: Place, source: &Source<'_>) {
        let text = self.push(string, place, source);
        if let Some(kind) = text.and_then(opaque::of_text) {
            self.mark_loose(kind);
        }
    }

    /// Takes a string that is JSON itself apart; says whether it was.
    fn nested(&mut self, string: Value<'_>, place: Place, source: &Source<'_>) -> bool {
        let quoted_too = matches!(place, Place::ToolCall | Place::ToolResult);
        if source.layers() == NESTED_LEVELS || !may_be_json(string.raw(), quoted_too) {
            return false;
        }
        let (text, map) = decode_mapped(string.raw());
        let left = self
            .limits
            .max_strings
            .saturating_sub(self.found.parts.len());
        let limits = Limits {
            max_strings: left,
            ..self.limits
        };
        let Ok(document) = scan_text(&text, &limits) else {
            return false;
        };
        if let Some(root) = document.root() {
            let inside = source.inside(string, map, self.message_at);
            self.free(root, place, &inside);
        }
        true
    }

    /// Adds one part, and gives its text. A text without characters is none.
    pub(in crate::protocol::request) fn push(
        &mut self,
        value: Value<'_>,
        place: Place,
        source: &Source<'_>,
    ) -> Option<&str> {
        if value.span().is_empty() {
            return None;
        }
        if self.found.parts.len() >= self.limits.max_strings {
            self.overflow = true;
            return None;
        }
        let names = if place == Place::Key {
            Names::default()
        } else {
            source.names_of(value, self.message_at)
        };
        let start = self.found.texts.len();
        let form = if value.kind() == Kind::Number {
            self.found.texts.push_str(&plain(value.raw()));
            Form::Number
        } else {
            value.read_into(&mut self.found.texts);
            Form::Quoted
        };
        let read = Span::new(start, self.found.texts.len());
        let at = source.address(value);
        self.found.parts.push(TextPart {
            place,
            message: self.message,
            form,
            at,
            read,
            names,
        });
        read.slice(&self.found.texts)
    }
}

fn is_model_name(text: &str) -> bool {
    let known = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:/@".contains(&byte);
    (1..=128).contains(&text.len()) && text.bytes().all(known)
}

fn digits(number: &str) -> usize {
    let written_out = plain(number);
    written_out.bytes().filter(u8::is_ascii_digit).count()
}

/// Whether it is worth scanning a string as JSON: an object or array, or, where the text of a tool stands, a string.
pub(in crate::protocol::request) fn may_be_json(raw: &str, quoted_too: bool) -> bool {
    let mut rest = raw;
    loop {
        let (first, len) = match rest.chars().next() {
            Some('\\') => match read_escape(rest.as_bytes()) {
                Ok(escape) => (escape.character, escape.len),
                Err(_) => return false,
            },
            Some(first) => (first, first.len_utf8()),
            None => return false,
        };
        match first {
            ' ' | '\t' | '\n' | '\r' => rest = rest.get(len..).unwrap_or_default(),
            '{' | '[' => return true,
            other => return quoted_too && other == '"',
        }
    }
}
