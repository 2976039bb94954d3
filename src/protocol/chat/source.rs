//! The way from a value's place in a scanned text to its place in the body, through JSON inside strings.

use crate::base::Span;
use crate::protocol::escape::OffsetMap;
use crate::protocol::json::{Kind, Value};
use crate::protocol::part::Address;
use memchr::memchr;

/// What is being walked: the body, or the decoded text of one of its strings.
pub(super) struct Source<'a> {
    body: &'a [u8],
    /// For the text of a string: what that string is in, where it begins there, and how its text maps back.
    outer: Option<(&'a Self, usize, OffsetMap)>,
    layers: u8,
    key: Option<Address>,
}

impl<'a> Source<'a> {
    pub(super) const fn body(body: &'a [u8]) -> Self {
        Self {
            body,
            outer: None,
            layers: 0,
            key: None,
        }
    }

    /// The text of `string`, a value of this source.
    pub(super) fn inside(&'a self, string: Value<'_>, map: OffsetMap) -> Self {
        Self {
            body: self.body,
            outer: Some((self, string.span().start, map)),
            layers: self.layers + 1,
            key: self.key_of(string),
        }
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

    /// The key that a value stands under, here or outside.
    pub(super) fn key_of(&self, value: Value<'_>) -> Option<Address> {
        value.key().map(|key| self.address(key)).or(self.key)
    }

    fn to_body(&self, at: usize) -> usize {
        match &self.outer {
            None => at,
            Some((outer, start, map)) => outer.to_body(start + map.to_raw(at)),
        }
    }
}
