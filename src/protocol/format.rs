//! The wire formats: a closed list, and for each what is particular about it, as one [`Spec`].
//!
//! A new format is a module with a table of its requests, a walker of its replies and its own events; a variant here and
//! a line in [`Format::spec`] make it known. Refuses to know: paths, ports, destinations.

use super::reply::{Channel, Found, Reply};
use super::request::State;
use super::{chat, completions, embeddings, messages, responses};
use crate::protocol::json::Value;
use bytes::Bytes;

/// In which words a request and its reply are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// `OpenAI`'s and `DeepSeek`'s Chat Completions.
    Chat,
    /// Completions of a prompt, and of a middle between two ends (FIM).
    Completions,
    /// Vectors of texts.
    Embeddings,
    /// `OpenAI`'s Responses.
    Responses,
    /// Anthropic's Messages.
    Messages,
    /// How many tokens a Messages request has.
    CountTokens,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 6] = [
        Self::Chat,
        Self::Completions,
        Self::Embeddings,
        Self::Responses,
        Self::Messages,
        Self::CountTokens,
    ];

    /// Its name in the configuration, in metrics and in the audit log.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::Completions => "completions",
            Self::Embeddings => "embeddings",
            Self::Responses => "responses",
            Self::Messages => "messages",
            Self::CountTokens => "count_tokens",
        }
    }

    pub(super) const fn spec(self) -> &'static Spec {
        match self {
            Self::Chat => &chat::SPEC,
            Self::Completions => &completions::SPEC,
            Self::Embeddings => &embeddings::SPEC,
            Self::Responses => &responses::SPEC,
            Self::Messages => &messages::SPEC,
            Self::CountTokens => &messages::COUNT_SPEC,
        }
    }

    /// The body of an error reply. `code` is the gateway's own reason code; `message` is shown to people.
    ///
    /// ```
    /// use vestibule::protocol::Format;
    /// let body = Format::Chat.error(404, "invalid_request_error", "unknown_path", "no such path");
    /// assert_eq!(
    ///     body,
    ///     r#"{"error":{"message":"no such path","type":"invalid_request_error","param":null,"code":"unknown_path"}}"#
    /// );
    /// ```
    pub fn error(self, status: u16, kind: &str, code: &str, message: &str) -> Bytes {
        let error = ErrorText {
            status,
            kind,
            code,
            message,
        };
        (self.spec().error)(&error).to_string().into()
    }

    /// The last event of a stream that ends badly.
    pub fn error_event(self, kind: &str, code: &str, message: &str) -> Bytes {
        let error = ErrorText {
            status: 500,
            kind,
            code,
            message,
        };
        (self.spec().error_event)(&error).into()
    }

    /// An event that carries just `text` in that channel, as if the upstream had sent it: what a restorer held back and
    /// now lets go. Empty for channels whose texts are never in pieces.
    ///
    /// `like` is a reply or event of the same stream, `origin` the raw id of the item that the channel belongs to (see
    /// [`Reply::origins`]), `sequence` the number of the event where the format numbers them.
    pub fn event(self, like: &Reply, held: &Held<'_>) -> Bytes {
        (self.spec().event)(like, held).map_or_else(Bytes::new, Bytes::from)
    }
}

/// A text that was held back.
#[derive(Clone, Copy)]
pub struct Held<'a> {
    /// Where it belongs.
    pub channel: Channel,
    /// The text.
    pub text: &'a str,
    /// Raw JSON of the id of the channel's item, where the format has such ids.
    pub origin: Option<&'a str>,
    /// The number that the event gets, where the format numbers its events.
    pub sequence: Option<u64>,
}

impl std::fmt::Debug for Held<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Held({:?}, {} bytes)", self.channel, self.text.len())
    }
}

/// An error to be told.
pub(super) struct ErrorText<'a> {
    pub(super) status: u16,
    pub(super) kind: &'a str,
    pub(super) code: &'a str,
    pub(super) message: &'a str,
}

/// Keys on the way to a value, the outermost first.
pub(super) type Path = &'static [&'static str];

/// What is particular about a format.
pub(super) struct Spec {
    /// The allow-list of its requests.
    pub(super) table: fn() -> &'static State,
    /// The member that holds what the model is asked.
    pub(super) asked: Asked,
    /// Where a request says whom the app speaks for; the first that is there counts.
    pub(super) end_user: &'static [Path],
    /// Walks a whole reply or the data of one event.
    pub(super) reply: fn(&mut Found, Value<'_>),
    /// Writes [`Format::event`].
    pub(super) event: fn(&Reply, &Held<'_>) -> Option<String>,
    /// Writes [`Format::error`].
    pub(super) error: fn(&ErrorText<'_>) -> serde_json::Value,
    /// Writes [`Format::error_event`].
    pub(super) error_event: fn(&ErrorText<'_>) -> String,
    /// Whether a reply over the limits is passed on as it is: it holds numbers.
    pub(super) numbers: bool,
}

/// What a request asks, and in which shape.
#[derive(Debug, Clone, Copy)]
pub(super) enum Asked {
    /// An array of turns.
    Turns(&'static str),
    /// An array of turns, or the text of a user's only one.
    TurnsOrText(&'static str),
    /// A text, or several that have nothing to do with each other.
    Texts(&'static str),
}
