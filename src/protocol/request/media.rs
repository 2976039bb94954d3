//! What of a request can't be read as text.

/// Why something can't be inspected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum UninspectableKind {
    /// A picture, inline or by URL.
    Image,
    /// A document, inline or held by the upstream.
    File,
    /// Sound, inline or held by the upstream.
    Audio,
    /// Text as numbers of a model's vocabulary.
    TokenIds,
    /// A part or an item of a type that is not known.
    Unknown,
}

impl UninspectableKind {
    /// Every kind.
    pub const ALL: [Self; 5] = [
        Self::Image,
        Self::File,
        Self::Audio,
        Self::TokenIds,
        Self::Unknown,
    ];

    /// `image`, `file`, `audio`, `token_ids` or `unknown`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::File => "file",
            Self::Audio => "audio",
            Self::TokenIds => "token_ids",
            Self::Unknown => "unknown",
        }
    }
}

/// Something in a request that can't be inspected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Uninspectable {
    /// What it is.
    pub kind: UninspectableKind,
    /// Where, in protocol keys and indexes only, such as `messages[2].content[0]`.
    pub path: String,
}

/// Whether a string is bytes in base64, bare or as a data URI: then there is nothing in it to read.
///
/// Short runs count as text, but for files of text; and so does a data URI with parameters: its head can say anything.
pub(super) fn is_base64(raw: &str) -> bool {
    const SHORTEST: usize = 64;
    let (payload, shortest) = match head_and_payload(raw) {
        None if raw.starts_with("data:") => return false,
        None => (raw, SHORTEST),
        Some((head, payload)) => {
            let head = without_charset(head);
            (payload, if is_text(head) { 4 } else { SHORTEST })
        }
    };
    let digits = payload.trim_end_matches('=').as_bytes();
    let is_digit =
        |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_');
    payload.len() >= shortest && payload.len() - digits.len() <= 2 && digits.iter().all(is_digit)
}

/// Types of files of text, which are short at times.
const TEXT_TYPES: &[&str] = &[
    "text/plain",
    "text/csv",
    "text/tab-separated-values",
    "text/html",
    "text/markdown",
    "text/xml",
    "application/json",
    "application/xml",
];

/// Whether a media type is one of text.
pub(super) fn is_text(media_type: &str) -> bool {
    TEXT_TYPES.contains(&media_type)
}

/// Character sets that a head may name.
const CHARSETS: &[&str] = &["utf-8", "UTF-8", "utf8", "us-ascii", "utf-16"];

/// A data URI in base64 as its media type, a known `charset` included, and the payload.
pub(super) fn head_and_payload(raw: &str) -> Option<(&str, &str)> {
    let (head, payload) = raw.strip_prefix("data:")?.split_once(";base64,")?;
    is_media_type(without_charset(head)).then_some((head, payload))
}

/// The head without a `charset` that is known.
pub(super) fn without_charset(head: &str) -> &str {
    match head.split_once(";charset=") {
        Some((head, charset)) if CHARSETS.contains(&charset) => head,
        _ => head,
    }
}

/// `type/subtype` of at most 80 bytes, which is what registered types stay under.
fn is_media_type(head: &str) -> bool {
    let is_name = |byte: u8| {
        byte.is_ascii_alphabetic() || matches!(byte, b'/' | b'.' | b'+' | b'-' | b'0'..=b'9')
    };
    head.len() <= 80
        && head.bytes().filter(|byte| *byte == b'/').count() == 1
        && head.bytes().all(is_name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_base64_is_taken_for_base64() {
        let payload = "QUJD".repeat(16);
        let cases = [
            (payload.clone(), true),
            (format!("{payload}QQ=="), true),
            (format!("data:image/png;base64,{payload}"), true),
            (format!("data:image/svg+xml;base64,{payload}"), true),
            (format!("data:image/png;name=lena;base64,{payload}"), false),
            (format!("data:张三;base64,{payload}"), false),
            (format!("data:text/plain,{payload}"), false),
            (format!("https://example.org/{payload}"), false),
            (format!("{payload} {payload}"), false),
            (format!("{payload}==="), false),
            ("13812345678".to_owned(), false),
            (String::new(), false),
        ];
        for (text, expected) in cases {
            assert_eq!(is_base64(&text), expected, "{text}");
        }
    }

    #[test]
    fn every_kind_has_its_name() {
        let names: Vec<_> = UninspectableKind::ALL
            .map(UninspectableKind::as_str)
            .to_vec();
        assert_eq!(names, ["image", "file", "audio", "token_ids", "unknown"]);
    }
}
