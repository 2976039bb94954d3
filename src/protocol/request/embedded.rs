//! Files that stand in a request in base64, and JSON documents that are no requests.
//!
//! Refuses to know: formats of files.

use super::media::{UninspectableKind, head_and_payload, is_text, without_charset};
use super::walk::walk_free;
use crate::base::Span;
use crate::protocol::ProtocolError;
use crate::protocol::json::{Kind, Limits, Value, scan};
use crate::protocol::part::TextPart;
use crate::protocol::splice::Edit;
use bytes::Bytes;
use data_encoding::{BASE64, BASE64_NOPAD, BASE64URL, BASE64URL_NOPAD, Encoding};
use std::borrow::Cow;
use std::fmt;

/// Members that name a file elsewhere.
const REFERENCES: &[&str] = &["file_id", "file_url", "url"];

/// A file whose bytes stand in the request. `Debug` shows no text.
pub struct Embedded {
    /// What the request says is there.
    pub kind: UninspectableKind,
    /// Where: the path of the [`super::Uninspectable`] that it accounts for.
    pub path: String,
    /// Whether nothing beside it names a file elsewhere, so that the part is this file and its texts.
    pub alone: bool,
    media_type: Option<String>,
    name: Option<String>,
    /// Inside the quotes.
    span: Span,
}

impl fmt::Debug for Embedded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Embedded({:?} at {})", self.kind, self.path)
    }
}

impl Embedded {
    /// The file in a string that is base64.
    pub(super) fn of(value: Value<'_>, kind: UninspectableKind, path: String) -> Option<Self> {
        let object = value.key()?.object()?;
        let outer = object.key().and_then(Value::object);
        let text_of = |name| {
            object
                .get(name)
                .and_then(Value::string)
                .map(Cow::into_owned)
        };
        let by_uri =
            head_and_payload(&value.text()).map(|(head, _)| without_charset(head).to_owned());
        let beside = text_of("media_type").or_else(|| text_of("mime_type"));
        let refers = |object: Value<'_>| {
            let mut members = object.members();
            members.any(|(key, member)| {
                REFERENCES.iter().any(|name| key.is(name))
                    && member.span() != value.span()
                    && member.kind() == Kind::String
            })
        };
        // What calls itself a picture or sound and holds text agrees with itself only where it says so.
        let may_hold_text = match kind {
            UninspectableKind::File => true,
            UninspectableKind::Image => {
                by_uri.as_deref().or(beside.as_deref()).is_some_and(is_text)
            }
            _ => false,
        };
        if !may_hold_text {
            return None;
        }
        let agree = by_uri.is_none() || beside.is_none() || by_uri == beside;
        Some(Self {
            kind,
            path,
            alone: agree && !refers(object) && !outer.is_some_and(refers),
            media_type: by_uri.or(beside),
            name: text_of("filename"),
            span: value.span(),
        })
    }

    /// Its media type, by its data URI or the member beside it.
    pub fn media_type(&self) -> Option<&str> {
        self.media_type.as_deref()
    }

    /// Its name.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Its bytes; `None` where they are not strictly base64, or more than `max` of them.
    pub fn bytes(&self, body: &[u8], max: usize) -> Option<Vec<u8>> {
        let text = self.text(body)?;
        let payload = payload(&text);
        if payload.len() / 4 * 3 > max.saturating_add(3) {
            return None;
        }
        alphabet(payload).decode(payload.as_bytes()).ok()
    }

    /// The edit that puts a file in its place, in the same alphabet and with the same padding.
    pub fn edit(&self, body: &[u8], file: &[u8]) -> Option<Edit> {
        let text = self.text(body)?;
        let payload = payload(&text);
        let head = text.get(..text.len() - payload.len())?;
        Some(Edit {
            span: self.span,
            replacement: format!("{head}{}", alphabet(payload).encode(file)),
        })
    }

    fn text<'b>(&self, body: &'b [u8]) -> Option<Cow<'b, str>> {
        let raw = std::str::from_utf8(self.span.bytes(body)?).ok()?;
        Some(crate::protocol::escape::decode(raw))
    }
}

fn payload(text: &str) -> &str {
    head_and_payload(text).map_or(text, |(_, payload)| payload)
}

/// The alphabet that a payload is in; where both would do, the common one.
fn alphabet(payload: &str) -> Encoding {
    let for_urls = payload.contains(['-', '_']);
    let padded = payload.len().is_multiple_of(4);
    match (for_urls, padded) {
        (false, true) => BASE64,
        (false, false) => BASE64_NOPAD,
        (true, true) => BASE64URL,
        (true, false) => BASE64URL_NOPAD,
    }
}

/// A JSON document by itself, as text parts. `Debug` shows sizes only.
pub struct JsonText {
    body: Bytes,
    parts: Vec<TextPart>,
    texts: String,
}

impl fmt::Debug for JsonText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "JsonText({} bytes, {} parts)",
            self.body.len(),
            self.parts.len()
        )
    }
}

impl JsonText {
    /// Reads a document.
    ///
    /// # Errors
    /// What is not strict JSON within the limits.
    pub fn parse(body: Bytes, limits: &Limits) -> Result<Self, ProtocolError> {
        let (parts, texts) = {
            let document = scan(&body, limits)?;
            match document.root() {
                Some(root) => walk_free(root, &body, limits)?,
                None => Default::default(),
            }
        };
        Ok(Self { body, parts, texts })
    }

    /// The bytes as they came.
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// Every text in it, in document order.
    pub fn parts(&self) -> &[TextPart] {
        &self.parts
    }

    /// As [`super::Request::text`].
    pub fn text(&self, part: &TextPart) -> &str {
        part.text(&self.texts)
    }

    /// As [`super::Request::edits`].
    pub fn edits(&self, part: &TextPart, replacements: &[(Span, &str)]) -> Option<Vec<Edit>> {
        part.edits(&self.body, self.text(part), replacements)
    }
}
