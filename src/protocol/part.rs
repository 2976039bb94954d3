//! One addressable text: where it stands in the body, in how many JSON strings, and how to change it there.

use super::escape::{OffsetMap, decode, decode_mapped, escape};
use super::splice::Edit;
use crate::base::Span;
use std::borrow::Cow;

/// What a text of a request is, by where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// Content of a system or developer message.
    System,
    /// Content of a user message.
    User,
    /// Content or refusal of an assistant message.
    Assistant,
    /// Reasoning of an assistant message.
    Reasoning,
    /// Arguments or input of a tool call in the history.
    ToolCall,
    /// Content of a tool or function message.
    ToolResult,
    /// Description or parameters of a tool.
    ToolDefinition,
    /// Name of a participant, a tool or a schema.
    Name,
    /// Metadata and the fields that name the end user.
    Metadata,
    /// An id that must come back unchanged: inspected, never rewritten.
    Id,
    /// An object key.
    Key,
    /// Anything else.
    Other,
}

/// A stretch of the body and the number of JSON strings that it stands in.
///
/// A string value of the body stands in one; a leaf of JSON inside a string in two or more; a bare number of the body in none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Address {
    pub(super) span: Span,
    pub(super) layers: u8,
    /// Whether it holds a backslash; if not, the text is the raw bytes at every layer.
    pub(super) escaped: bool,
}

impl Address {
    /// The text with every layer undone; empty if `body` is not the body that the address is of.
    pub(super) fn text(self, body: &[u8]) -> Cow<'_, str> {
        let raw = self.raw(body).unwrap_or_default();
        if !self.escaped {
            return Cow::Borrowed(raw);
        }
        (0..self.layers).fold(Cow::Borrowed(raw), |text, _| match text {
            Cow::Borrowed(text) => decode(text),
            Cow::Owned(text) => Cow::Owned(decode(&text).into_owned()),
        })
    }

    fn raw(self, body: &[u8]) -> Option<&str> {
        simdutf8::basic::from_utf8(self.span.bytes(body)?).ok()
    }

    /// The raw spans of spans of its `text`; `None` if one is outside or off a character boundary.
    fn raw_spans(
        self,
        body: &[u8],
        text: &str,
        spans: impl Iterator<Item = Span>,
    ) -> Option<Vec<Span>> {
        let maps = self.maps(body)?;
        let raw_at = |at| self.span.start + maps.iter().rev().fold(at, |at, map| map.to_raw(at));
        spans
            .map(|span| {
                span.slice(text)?;
                Some(Span::new(raw_at(span.start), raw_at(span.end)))
            })
            .collect()
    }

    /// The way back through each layer, the outermost first.
    fn maps(self, body: &[u8]) -> Option<Vec<OffsetMap>> {
        if !self.escaped || self.layers == 0 {
            return Some(Vec::new());
        }
        let mut maps = vec![OffsetMap::of(self.span.bytes(body)?)];
        if self.layers > 1 {
            let mut text = decode(self.raw(body)?).into_owned();
            for _ in 1..self.layers {
                let (decoded, map) = decode_mapped(&text);
                text = decoded;
                maps.push(map);
            }
        }
        Some(maps)
    }
}

/// Whether a part is quoted where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Quoted,
    Number,
}

/// One text of a request: a string, an object key, or a long bare number.
#[derive(Debug, Clone, Copy)]
pub struct TextPart {
    /// What it is, by where it stands.
    pub place: Place,
    /// The index of the message that it belongs to.
    pub message: Option<u32>,
    pub(super) form: Form,
    pub(super) at: Address,
    /// Where its text stands among the texts of its request.
    pub(super) read: Span,
    pub(super) names: Names,
}

/// The most names of one value.
pub(super) const MOST_NAMES: usize = 3;

/// What a value is called: by the nearest key that tells something, and by its siblings.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Names([Option<Address>; MOST_NAMES]);

impl Names {
    /// Adds one; what is over [`MOST_NAMES`] is left out.
    pub(super) fn push(&mut self, name: Address) {
        if let Some(slot) = self.0.iter_mut().find(|slot| slot.is_none()) {
            *slot = Some(name);
        }
    }

    /// Puts one before the others; what is over [`MOST_NAMES`] is left out.
    pub(super) fn put_first(&mut self, name: Address) {
        self.0.rotate_right(1);
        let [first, ..] = &mut self.0;
        *first = Some(name);
    }

    pub(super) const fn is_some(self) -> bool {
        matches!(self.0, [Some(_), ..])
    }

    fn text(self, body: &[u8]) -> Option<Cow<'_, str>> {
        let mut texts = self.0.into_iter().flatten().map(|name| name.text(body));
        let first = texts.next()?;
        Some(texts.fold(first, |all, name| Cow::Owned(format!("{all} {name}"))))
    }
}

impl TextPart {
    /// The text. `texts` are those of its request.
    pub(super) fn text<'t>(&self, texts: &'t str) -> &'t str {
        self.read.slice(texts).unwrap_or_default()
    }

    /// What the value is called; `None` for keys, which have no name.
    ///
    /// It is the innermost object key that it stands under, through arrays and JSON inside strings, over keys that say
    /// nothing (`value`, `data`, `default`). A sibling that names the value (`{"name":"cvv","value":739}`) goes before
    /// it, parted by a space.
    pub fn key<'b>(&self, body: &'b [u8]) -> Option<Cow<'b, str>> {
        self.names.text(body)
    }

    /// Where it stands in the body: inside the quotes, if it has some.
    pub fn raw_span(&self) -> Span {
        self.at.span
    }

    /// The raw edits for several spans, sorted and disjoint, of the `text`.
    pub(super) fn edits(
        &self,
        body: &[u8],
        text: &str,
        replacements: &[(Span, &str)],
    ) -> Option<Vec<Edit>> {
        if self.form == Form::Number {
            return self.number_edit(text, replacements).map(|edit| vec![edit]);
        }
        let spans = replacements.iter().map(|(span, _)| *span);
        let spans = self.at.raw_spans(body, text, spans)?;
        let edits = spans
            .into_iter()
            .zip(replacements)
            .map(|(span, (_, replacement))| Edit {
                span,
                replacement: escape(replacement, self.at.layers),
            });
        Some(edits.collect())
    }

    fn number_edit(&self, number: &str, replacements: &[(Span, &str)]) -> Option<Edit> {
        let mut text = String::new();
        let mut copied = 0;
        for (span, replacement) in replacements {
            text.push_str(number.get(copied..span.start)?);
            span.slice(number)?;
            text.push_str(replacement);
            copied = span.end;
        }
        text.push_str(number.get(copied..)?);
        let quoted = format!("\"{}\"", escape(&text, 1));
        Some(Edit {
            span: self.at.span,
            replacement: escape(&quoted, self.at.layers),
        })
    }
}
