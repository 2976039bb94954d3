//! What a walker finds in a reply, and how it notes it.

use super::{Channel, Field, Offset, ReplyPart, Usage};
use crate::base::Span;
use crate::protocol::json::{Kind, Value};
use crate::protocol::part::Address;

/// What a walker has found so far.
#[derive(Default)]
pub(in crate::protocol) struct Found {
    pub(in crate::protocol) parts: Vec<ReplyPart>,
    pub(in crate::protocol) usage: Option<Usage>,
    pub(in crate::protocol) ended: Vec<Ended>,
    pub(in crate::protocol) begun: Vec<u32>,
    pub(in crate::protocol) last: bool,
    pub(in crate::protocol) is_error: bool,
    pub(in crate::protocol) dropped: Vec<(Span, &'static str)>,
    pub(in crate::protocol) drop_all: bool,
    pub(in crate::protocol) offsets: Vec<Offset>,
    pub(in crate::protocol) sequence: Option<(u64, Span)>,
    pub(in crate::protocol) whose: Whose,
    pub(in crate::protocol) head: Head,
}

/// Which items it says that it is about.
#[derive(Debug, Default)]
pub(in crate::protocol) struct Whose {
    /// Items, and where the raw ids stand that it gives them.
    pub(in crate::protocol) named: Vec<(u32, Span)>,
    /// A number or an id is none.
    pub(in crate::protocol) unclear: bool,
}

/// Raw values that an event of our own copies.
#[derive(Debug, Default)]
pub(in crate::protocol) struct Head {
    pub(in crate::protocol) id: Option<Span>,
    pub(in crate::protocol) object: Option<Span>,
    pub(in crate::protocol) created: Option<Span>,
    pub(in crate::protocol) model: Option<Span>,
}

/// What is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::protocol) enum Ended {
    /// Every channel of an item.
    Item(u32),
    /// One channel.
    Channel(Channel),
    /// Everything.
    All,
}

impl Ended {
    pub(super) fn holds(self, channel: Channel) -> bool {
        match self {
            Self::Item(item) => channel.item == item,
            Self::Channel(ended) => channel == ended,
            Self::All => true,
        }
    }
}

/// The channel of a text of an item that has one such text only.
pub(in crate::protocol) const fn of(item: u32, field: Field) -> Channel {
    Channel {
        item,
        part: 0,
        field,
    }
}

impl Found {
    /// A value that should be a string and is a piece of its channel.
    pub(in crate::protocol) fn piece(&mut self, channel: Channel, value: Value<'_>) {
        self.string(channel, value, false);
    }

    /// A value that should be a string and is complete.
    pub(in crate::protocol) fn whole(&mut self, channel: Channel, value: Value<'_>) {
        self.string(channel, value, true);
    }

    fn string(&mut self, channel: Channel, value: Value<'_>, whole: bool) {
        if value.kind() == Kind::String {
            let at = Address {
                span: value.span(),
                layers: 1,
                escaped: value.escaped(),
            };
            self.parts.push(ReplyPart { channel, whole, at });
        } else {
            self.other(channel.item, value);
        }
    }

    /// A value with everything in it, keys too, as raw JSON.
    pub(in crate::protocol) fn json(&mut self, channel: Channel, value: Value<'_>) {
        if value.subtree().any(|value| value.kind() == Kind::String) {
            let at = Address {
                span: value.outer_span(),
                layers: 0,
                escaped: false,
            };
            self.parts.push(ReplyPart {
                channel,
                whole: true,
                at,
            });
        }
    }

    /// Every string in a value, each for itself.
    pub(in crate::protocol) fn other(&mut self, item: u32, value: Value<'_>) {
        self.texts(item, Field::Other, value);
    }

    /// The strings of an error.
    pub(in crate::protocol) fn error(&mut self, value: Value<'_>) {
        self.is_error = true;
        self.texts(0, Field::Error, value);
    }

    fn texts(&mut self, item: u32, field: Field, value: Value<'_>) {
        for value in value.subtree().filter(|value| value.kind() == Kind::String) {
            self.whole(of(item, field), value);
        }
    }

    /// As [`index_of`], which remembers what was unclear.
    pub(in crate::protocol) fn index_of(&mut self, value: Value<'_>, position: usize) -> u32 {
        let (index, clear) = index_of(value, position);
        self.whose.unclear |= !clear;
        index
    }

    /// A place in the text of that channel.
    pub(in crate::protocol) fn offset(&mut self, channel: Channel, value: Option<Value<'_>>) {
        if let Some(value) = value
            && let Some(at) = value.integer()
        {
            let span = value.span();
            self.offsets.push(Offset { channel, at, span });
        }
    }

    /// A value that tells of the text as it came; null is fine as it is.
    pub(in crate::protocol) fn drop_to(&mut self, value: Value<'_>, stands: &'static str) {
        if value.kind() != Kind::Null && value.raw() != stands {
            self.dropped.push((value.outer_span(), stands));
        }
    }
}

/// An `index`, or the position; and whether that is clear: one that is no number is another's to some clients.
pub(in crate::protocol) fn index_of(value: Value<'_>, position: usize) -> (u32, bool) {
    let told = value
        .get("index")
        .filter(|index| index.kind() != Kind::Null);
    let index = told
        .and_then(Value::integer)
        .and_then(|index| u32::try_from(index).ok());
    (
        index.unwrap_or(position as u32),
        told.is_none() || index.is_some(),
    )
}

/// Whether a value holds nothing else.
pub(in crate::protocol) fn is_scalar(value: Value<'_>) -> bool {
    !matches!(value.kind(), Kind::Object | Kind::Array)
}

/// The counts as Chat, Completions and Embeddings give them.
pub(in crate::protocol) fn usage(value: Value<'_>) -> Option<Usage> {
    let count = |name| value.get(name).and_then(Value::integer);
    let cached = value
        .get("prompt_tokens_details")
        .and_then(|details| details.get("cached_tokens"))
        .and_then(Value::integer);
    (value.kind() == Kind::Object).then(|| Usage {
        prompt: count("prompt_tokens").unwrap_or(0),
        completion: count("completion_tokens").unwrap_or(0),
        cached: cached
            .or_else(|| count("prompt_cache_hit_tokens"))
            .unwrap_or(0),
    })
}
