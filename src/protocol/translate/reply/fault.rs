//! Errors of the destination, read in whatever shape they come and told in the app's.

use crate::protocol::Format;
use crate::protocol::format::ErrorText;
use crate::protocol::json::{Kind, Limits, Value, scan_reply};

/// Longest error text that is not JSON and still told, in bytes: a sentence, not a page.
const MAX_PLAIN_BYTES: usize = 500;

/// What went wrong.
pub(super) struct Fault {
    /// HTTP status, or what comes nearest to it.
    status: u16,
    kind: String,
    code: String,
    message: String,
}

impl Fault {
    /// The destination's stream ended before its last event.
    pub(super) fn cut() -> Self {
        let message = "the destination broke off in the middle of its answer; try again";
        Self {
            status: 502,
            kind: "upstream_error".to_owned(),
            code: "upstream_cut".to_owned(),
            message: message.to_owned(),
        }
    }

    /// What an error body tells.
    pub(super) fn of_body(status: u16, body: &[u8]) -> Self {
        let document = scan_reply(body, &Limits::default()).ok();
        let told = document
            .as_ref()
            .and_then(|document| Self::of(document.root()?, status));
        told.unwrap_or_else(|| {
            let text = std::str::from_utf8(body).unwrap_or_default().trim();
            let is_sentence = document.is_none()
                && (1..=MAX_PLAIN_BYTES).contains(&text.len())
                && !text.starts_with(['<', '{', '[']);
            let message = if is_sentence {
                text.to_owned()
            } else {
                format!("the destination answered with status {status}")
            };
            Self::new(status, None, None, message)
        })
    }

    /// What an event tells, if it is an error.
    pub(super) fn of_event(root: Value<'_>) -> Option<Self> {
        Self::of(root, 0)
    }

    /// The shapes: `{"error": {…}}` with or without `"type": "error"` beside it; `{"error": "…", "error_type": "…"}`
    /// (TGI); flat `{"message": "…", "type": "…", "code": …}` (`SGLang`, Responses' event); `{"detail": "…"}` (`FastAPI`).
    fn of(root: Value<'_>, status: u16) -> Option<Self> {
        let error = root.get("error").filter(|error| error.kind() != Kind::Null);
        let inner = error
            .filter(|error| error.kind() == Kind::Object)
            .unwrap_or(root);
        let text = |name: &str| inner.get(name).and_then(scalar);
        let message = text("message")
            .or_else(|| text("msg"))
            .or_else(|| error.and_then(Value::string).map(Into::into))
            .or_else(|| text("detail"))
            .or_else(|| error.map(|error| error.raw().to_owned()))?;
        let kind = text("error_type").or_else(|| text("type").filter(|kind| kind != "error"));
        let number = |name: &str| {
            let number = inner.get(name).and_then(Value::integer)?;
            u16::try_from(number)
                .ok()
                .filter(|code| (400..600).contains(code))
        };
        let status = if status == 0 {
            number("http_status_code")
                .or_else(|| number("code"))
                .unwrap_or(0)
        } else {
            status
        };
        Some(Self::new(status, kind, text("code"), message))
    }

    fn new(status: u16, kind: Option<String>, code: Option<String>, message: String) -> Self {
        let status = if status == 0 {
            likely_status([kind.as_deref(), code.as_deref()])
        } else {
            status
        };
        Self {
            status,
            kind: kind.unwrap_or_else(|| usual_kind(status).to_owned()),
            code: code.unwrap_or_else(|| "upstream_error".to_owned()),
            message,
        }
    }

    /// An error body in that format.
    pub(super) fn body(&self, asked: Format) -> Vec<u8> {
        (asked.spec().error)(&self.text()).to_string().into_bytes()
    }

    /// An error event in that format.
    pub(super) fn event(&self, asked: Format) -> String {
        (asked.spec().error_event)(&self.text())
    }

    pub(super) fn code(&self) -> &str {
        &self.code
    }

    pub(super) fn message(&self) -> &str {
        &self.message
    }

    fn text(&self) -> ErrorText<'_> {
        ErrorText {
            status: self.status,
            kind: &self.kind,
            code: &self.code,
            message: &self.message,
        }
    }
}

/// A string, or a number as one.
fn scalar(value: Value<'_>) -> Option<String> {
    match value.kind() {
        Kind::String => Some(value.text().into_owned()),
        Kind::Number => Some(value.raw().to_owned()),
        _ => None,
    }
    .filter(|text| !text.is_empty())
}

/// The status that an error type or code stands for, where none is told.
fn likely_status(words: [Option<&str>; 2]) -> u16 {
    const WORDS: [(&str, u16); 10] = [
        ("authentication", 401),
        ("billing", 402),
        ("permission", 403),
        ("not_found", 404),
        ("rate_limit", 429),
        ("overloaded", 529),
        ("unavailable", 503),
        ("invalid", 400),
        ("validation", 400),
        ("badrequest", 400),
    ];
    let words = words.map(|word| word.unwrap_or_default().to_ascii_lowercase());
    let known = |word: &String| WORDS.iter().find(|(part, _)| word.contains(part));
    words
        .iter()
        .find_map(known)
        .map_or(500, |(_, status)| *status)
}

/// OpenAI's name of such an error.
fn usual_kind(status: u16) -> &'static str {
    match status {
        401 => "authentication_error",
        403 => "permission_error",
        404 => "not_found_error",
        429 => "rate_limit_error",
        400..=499 => "invalid_request_error",
        _ => "server_error",
    }
}
