//! The way from a value's place in a scanned text to its place in the body, through JSON inside strings.

use super::hints;
use crate::base::Span;
use crate::protocol::escape::OffsetMap;
use crate::protocol::json::{Kind, Value};
use crate::protocol::part::{Address, Names};
use memchr::memchr;

/// What is being walked: the body, or the decoded text of one of its strings.
pub(super) struct Source<'a> {
    body: &'a [u8],
    /// For the text of a string: what that string is in, where it begins there, and how its text maps back.
    outer: Option<(&'a Self, usize, OffsetMap)>,
    layers: u8,
    /// What the string that it is the text of is called.
    names: Names,
}

impl<'a> Source<'a> {
    pub(super) fn body(body: &'a [u8]) -> Self {
        Self {
            body,
            outer: None,
            layers: 0,
            names: Names::default(),
        }
    }

    /// The text of `string`, a value of this source.
    pub(super) fn inside(
        &'a self,
        string: Value<'_>,
        map: OffsetMap,
        message: Option<usize>,
    ) -> Self {
        Self {
            body: self.body,
            outer: Some((self, string.span().start, map)),
            layers: self.layers + 1,
            names: self.names_of(string, message),
        }
    }

    /// Bytes of the body.
    pub(super) const fn body_len(&self) -> usize {
        self.body.len()
    }

    /// In how many strings it stands.
    pub(super) const fn layers(&self) -> u8 {
        self.layers
    }

    /// Where a value (or key) stands in the body.
    pub(super) fn address(&self, value: Value<'_>) -> Address {
        let span = value.span();
        let span = Span::new(self.to_body(span.start), self.to_body(span.end));
        let quoted = matches!(value.kind(), Kind::String | Kind::Key);
        let escaped = match self.outer {
            None => value.escaped(),
            Some(_) => memchr(b'\\', span.bytes(self.body).unwrap_or_default()).is_some(),
        };
        Address {
            span,
            layers: self.layers + u8::from(quoted),
            escaped,
        }
    }

    /// What a value is called, here or outside. `message` is where the object of the current message begins.
    pub(super) fn names_of(&self, value: Value<'_>, message: Option<usize>) -> Names {
        let message = message.filter(|_| self.outer.is_none());
        let found = hints::names(value, message);
        if !found.telling && self.names.is_some() {
            return self.names;
        }
        let mut names = Names::default();
        for name in found.iter() {
            names.push(self.address(name));
        }
        names
    }

    fn to_body(&self, at: usize) -> usize {
        match &self.outer {
            None => at,
            Some((outer, start, map)) => outer.to_body(start + map.to_raw(at)),
        }
    }
}
