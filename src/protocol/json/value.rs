//! A place in a scanned text, and the ways from it.

use super::Document;
use crate::base::Span;
use crate::protocol::escape::{decode, decode_into};
use foldhash::{HashSet, HashSetExt};
use std::borrow::Cow;
use std::fmt;

/// No node.
pub(super) const NONE: u32 = u32::MAX;

/// Up to this many members each key is compared with all before it; with more they are hashed.
const FEW_MEMBERS: usize = 32;

/// What a node is. A key is a node of its own before its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::protocol) enum Kind {
    Null,
    True,
    False,
    Number,
    String,
    Key,
    Array,
    Object,
}

/// One value or key; 20 bytes, since a body may have a million.
#[derive(Clone, Copy)]
pub(super) struct Node {
    /// Span in the text: inside the quotes for strings and keys, brackets included for containers.
    pub(super) start: u32,
    pub(super) end: u32,
    /// The node after this one and all that is in it.
    pub(super) next: u32,
    /// The innermost key that it stands under, or [`NONE`]. Of a key: the object that it is in.
    pub(super) key: u32,
    pub(super) kind: Kind,
    /// Whether a string or key holds a backslash.
    pub(super) escaped: bool,
}

/// One value (or key) of a document. `Debug` shows where, not what.
#[derive(Clone, Copy)]
pub(in crate::protocol) struct Value<'d> {
    document: &'d Document<'d>,
    node: &'d Node,
    index: u32,
}

impl Document<'_> {
    /// The outermost value.
    pub(in crate::protocol) fn root(&self) -> Option<Value<'_>> {
        Value::at(self, 0)
    }
}

impl fmt::Debug for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} at {:?}", self.kind(), self.span())
    }
}

impl<'d> Value<'d> {
    pub(super) fn at(document: &'d Document<'d>, index: u32) -> Option<Self> {
        let node = document.nodes.get(index as usize)?;
        Some(Self {
            document,
            node,
            index,
        })
    }

    fn sibling(self, index: u32) -> Option<Self> {
        Self::at(self.document, index)
    }

    pub(in crate::protocol) fn kind(self) -> Kind {
        self.node.kind
    }

    /// Span in the scanned text; inside the quotes for strings and keys.
    pub(in crate::protocol) fn span(self) -> Span {
        Span::new(self.node.start as usize, self.node.end as usize)
    }

    /// Span of the whole value: with the quotes, if it has some.
    pub(in crate::protocol) fn outer_span(self) -> Span {
        let span = self.span();
        match self.kind() {
            Kind::String | Kind::Key => Span::new(span.start - 1, span.end + 1),
            _ => span,
        }
    }

    /// The raw text of the span.
    pub(in crate::protocol) fn raw(self) -> &'d str {
        self.span().slice(self.document.text).unwrap_or_default()
    }

    /// Whether the raw text holds a backslash.
    pub(in crate::protocol) fn escaped(self) -> bool {
        self.node.escaped
    }

    /// The raw text with its escapes undone.
    pub(in crate::protocol) fn text(self) -> Cow<'d, str> {
        if self.node.escaped {
            decode(self.raw())
        } else {
            Cow::Borrowed(self.raw())
        }
    }

    /// Adds [`Self::text`] to `texts`.
    pub(in crate::protocol) fn read_into(self, texts: &mut String) {
        if self.node.escaped {
            decode_into(self.raw(), texts);
        } else {
            texts.push_str(self.raw());
        }
    }

    /// The text, if it is a string.
    pub(in crate::protocol) fn string(self) -> Option<Cow<'d, str>> {
        (self.kind() == Kind::String).then(|| self.text())
    }

    /// The number, if it is one that fits.
    pub(in crate::protocol) fn integer(self) -> Option<u64> {
        if self.kind() == Kind::Number {
            self.raw().parse().ok()
        } else {
            None
        }
    }

    /// The innermost key that it stands under, through arrays; `None` for keys.
    pub(in crate::protocol) fn key(self) -> Option<Self> {
        if self.kind() == Kind::Key {
            return None;
        }
        self.sibling(self.node.key)
    }

    /// The object that a key is in.
    pub(in crate::protocol) fn object(self) -> Option<Self> {
        if self.kind() != Kind::Key {
            return None;
        }
        self.sibling(self.node.key)
    }

    /// Itself and everything in it, keys too, in document order.
    pub(in crate::protocol) fn subtree(self) -> impl Iterator<Item = Self> {
        (self.index..self.node.next).filter_map(move |index| self.sibling(index))
    }

    /// The values of an array; nothing for other kinds.
    pub(in crate::protocol) fn elements(self) -> impl Iterator<Item = Self> {
        let end = if self.kind() == Kind::Array {
            self.node.next
        } else {
            0
        };
        let mut at = self.index + 1;
        std::iter::from_fn(move || {
            let element = if at < end { self.sibling(at) } else { None }?;
            at = element.node.next;
            Some(element)
        })
    }

    /// Keys and values of an object; nothing for other kinds.
    pub(in crate::protocol) fn members(self) -> impl Iterator<Item = (Self, Self)> {
        let end = if self.kind() == Kind::Object {
            self.node.next
        } else {
            0
        };
        let mut at = self.index + 1;
        std::iter::from_fn(move || {
            let key = if at < end { self.sibling(at) } else { None }?;
            let value = self.sibling(at + 1)?;
            at = value.node.next;
            Some((key, value))
        })
    }

    /// The member of that name.
    pub(in crate::protocol) fn get(self, name: &str) -> Option<Self> {
        self.members()
            .find(|(key, _)| key.is(name))
            .map(|(_, value)| value)
    }

    /// Whether its decoded text is `name`.
    pub(in crate::protocol) fn is(self, name: &str) -> bool {
        if self.node.escaped {
            self.text() == name
        } else {
            self.span().len() == name.len() && self.raw() == name
        }
    }

    /// The first key of an object that was there before.
    pub(super) fn duplicate_key(self) -> Option<Self> {
        let mut prints = [0; FEW_MEMBERS];
        for (at, (key, _)) in self.members().enumerate() {
            let print = key.print();
            let alike = prints
                .get(..at)
                .is_none_or(|earlier| earlier.contains(&print));
            if alike {
                return self.hashed_duplicate_key();
            }
            match prints.get_mut(at) {
                Some(slot) => *slot = print,
                None => return self.hashed_duplicate_key(),
            }
        }
        None
    }

    fn hashed_duplicate_key(self) -> Option<Self> {
        let mut seen = HashSet::new();
        let mut keys = self.members().map(|(key, _)| key);
        keys.find(|key| !seen.insert(key.text()))
    }

    /// Length and last bytes of the decoded text: different for different texts most of the time.
    fn print(self) -> u64 {
        if self.node.escaped {
            let text = self.text();
            return print(text.as_bytes(), text.len());
        }
        let before = self.document.text.as_bytes().get(..self.span().end);
        print(before.unwrap_or_default(), self.span().len())
    }
}

/// Of the last `len` of these bytes.
fn print(bytes: &[u8], len: usize) -> u64 {
    let last = bytes.last_chunk().copied().unwrap_or_else(|| {
        let mut padded = [0; 8];
        let begin = padded.len() - bytes.len();
        padded
            .iter_mut()
            .skip(begin)
            .zip(bytes)
            .for_each(|(to, from)| *to = *from);
        padded
    });
    // Of a short text, what stands before it goes.
    let others = 8 * 8_usize.saturating_sub(len) as u32;
    let last = u64::from_le_bytes(last).checked_shr(others).unwrap_or(0);
    last ^ (len as u64).rotate_right(8)
}
