//! What can be wrong with a body or a stream.

/// Why a body or stream can't be understood; holds positions and protocol names, never input text.
///
/// Positions are byte offsets in the body. Whether the client or the upstream is to blame follows from whose body it was.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProtocolError {
    /// Not JSON as RFC 8259 defines it.
    #[error("invalid JSON at byte {at}: expected {expected}")]
    Syntax {
        /// Where.
        at: usize,
        /// What would have been right there.
        expected: &'static str,
    },
    /// The body is not UTF-8.
    #[error("invalid UTF-8 at byte {at}")]
    InvalidUtf8 {
        /// Where the first bad sequence begins.
        at: usize,
    },
    /// A `\uD800`–`\uDFFF` escape without its other half: no text has such a character.
    #[error("half of a surrogate pair at byte {at}")]
    LoneSurrogate {
        /// Where the escape begins.
        at: usize,
    },
    /// The same key twice in one object: two readers could read two things.
    #[error("duplicate object key at byte {at}")]
    DuplicateKey {
        /// Where the second key begins, after its quote.
        at: usize,
    },
    /// Nested deeper than [`super::Limits::max_depth`].
    #[error("nested deeper than {max} levels at byte {at}")]
    TooDeep {
        /// Where.
        at: usize,
        /// The limit.
        max: usize,
    },
    /// More strings than [`super::Limits::max_strings`], or as many other values as [`super::Limits`] allows.
    #[error("more than {max} strings, or too many values")]
    TooManyStrings {
        /// The limit on strings.
        max: usize,
    },
    /// Longer than spans can address (4 GiB).
    #[error("body over 4 GiB")]
    TooLong,
    /// A member that must be there isn't.
    #[error("missing field `{path}`")]
    MissingField {
        /// JSON path of protocol keys.
        path: String,
    },
    /// A member that must have a certain type has another.
    #[error("wrong type at `{path}`: expected {expected}")]
    WrongType {
        /// JSON path of protocol keys and indexes.
        path: String,
        /// What it must be.
        expected: &'static str,
    },
    /// A member names text that the upstream keeps, so that nobody here could inspect it.
    #[error(
        "`{path}` refers to something that is kept at the destination, which this gateway can't inspect; send the whole conversation in the request itself, without `{path}`"
    )]
    Kept {
        /// JSON path of protocol keys and indexes.
        path: String,
    },
    /// Two edits touch the same bytes.
    #[error("overlapping edits at byte {at}")]
    OverlappingEdits {
        /// Where the second begins.
        at: usize,
    },
    /// An edit reaches outside the body.
    #[error("edit outside the body at byte {at}")]
    EditOutside {
        /// Where it begins.
        at: usize,
    },
    /// A stream event is longer than the cap.
    #[error("stream event over {max} bytes")]
    EventTooLarge {
        /// The cap, in bytes.
        max: usize,
    },
}
