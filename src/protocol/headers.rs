//! The headers that belong to the APIs themselves, and so may pass between an app and a destination.
//!
//! A header is a way out like any other, and nobody looks into it for what is sensitive. So only those pass of which
//! both the name and every possible value are known: a version is a date, a feature is one of a list with a date. Of a
//! reply, what clients read to wait, to try again and to name a request to their provider. README.md has the same list.
//!
//! Refuses to know: who sends, where to, what bodies say.

use super::Format;
use http::{HeaderMap, HeaderName, HeaderValue};

/// Headers that may pass, in the order in which they came.
pub type Passed = Vec<(HeaderName, HeaderValue)>;

/// The version of Messages that an app was written for.
pub const ANTHROPIC_VERSION: HeaderName = HeaderName::from_static("anthropic-version");
const ANTHROPIC_BETA: HeaderName = HeaderName::from_static("anthropic-beta");

/// Features of Messages that change how a request is read or its reply is written, and keep nothing at the provider.
/// Those for files, batches, agents and servers of others are left out. Source: Anthropic's API reference, and for those without a
/// page there its public clients (2026-11).
const FEATURES: [&str; 25] = [
    "advanced-tool-use",
    "compact",
    "computer-use",
    "context-1m",
    "context-management",
    "dev-full-thinking",
    "effort",
    "extended-cache-ttl",
    "fast-mode",
    "fine-grained-tool-streaming",
    "interleaved-thinking",
    "mid-conversation-system",
    "mid-conversation-tool-changes",
    "model-context-window-exceeded",
    "output-128k",
    "output-300k",
    "pdfs",
    "prompt-caching",
    "prompt-caching-scope",
    "structured-outputs",
    "thinking-token-count",
    "token-counting",
    "token-efficient-tools",
    "tool-examples",
    "tool-search-tool",
];

/// Longest value of a reply's header that is passed on, in bytes.
const LONGEST_VALUE: usize = 256;
/// Most headers of a reply that are passed on; real ones have about twenty.
const MOST_HEADERS: usize = 64;

/// The headers of an app's request that may go on to a destination of the same format.
///
/// ```
/// use http::HeaderMap;
/// use vestibule::protocol::{Format, headers};
/// let mut sent = HeaderMap::new();
/// sent.insert("anthropic-version", "2023-06-01".parse().unwrap());
/// sent.insert("x-customer", "Lena".parse().unwrap());
/// assert_eq!(headers::of_request(Format::Messages, &sent).len(), 1);
/// assert_eq!(headers::of_request(Format::Chat, &sent).len(), 0);
/// ```
pub fn of_request(format: Format, headers: &HeaderMap) -> Passed {
    if !matches!(format, Format::Messages | Format::CountTokens) {
        return Passed::new();
    }
    let version = single(headers, &ANTHROPIC_VERSION).filter(|value| is_date(value.as_bytes()));
    let version = version.map(|value| (ANTHROPIC_VERSION, value.clone()));
    let features = features(headers).map(|value| (ANTHROPIC_BETA, value));
    version.into_iter().chain(features).collect()
}

/// The headers of a destination's reply that may go on to the app; `retry-after` is the destination's own affair.
pub fn of_reply(headers: &HeaderMap) -> Passed {
    let passing = headers.iter().filter(|(name, value)| {
        passes(name, value) && single(headers, name).is_some_and(|value| !value.is_empty())
    });
    let passing = passing.map(|(name, value)| (name.clone(), value.clone()));
    passing.take(MOST_HEADERS).collect()
}

/// The type of a body, as the destination wrote it where that is `kind`, plain or with the only charset that there is.
pub fn content_type(written: &str, kind: &'static str) -> HeaderValue {
    let known = written.strip_prefix(kind).is_some_and(|rest| {
        let rest = rest.strip_prefix(';').map(str::trim_start);
        rest.is_some_and(|rest| rest.eq_ignore_ascii_case("charset=utf-8"))
    });
    let given = known.then(|| HeaderValue::from_str(written).ok());
    given
        .flatten()
        .unwrap_or_else(|| HeaderValue::from_static(kind))
}

fn passes(name: &HeaderName, value: &HeaderValue) -> bool {
    let value = value.as_bytes();
    let short =
        value.len() <= LONGEST_VALUE && value.iter().all(|byte| matches!(byte, b' '..=b'~'));
    short
        && match name.as_str() {
            "request-id"
            | "x-request-id"
            | "x-deepseek-request-id"
            | "x-ds-trace-id"
            | "openai-processing-ms"
            | "openai-version"
            | "retry-after-ms" => true,
            "x-should-retry" => matches!(value, b"true" | b"false"),
            "x-accel-buffering" => matches!(value, b"yes" | b"no"),
            "cache-control" => value.split(|byte| *byte == b',').all(is_shy),
            name => name.starts_with("x-ratelimit-") || name.starts_with("anthropic-ratelimit-"),
        }
}

/// A directive that lets nobody keep a reply.
fn is_shy(directive: &[u8]) -> bool {
    matches!(
        directive.trim_ascii(),
        b"no-cache"
            | b"no-store"
            | b"no-transform"
            | b"private"
            | b"must-revalidate"
            | b"max-age=0"
    )
}

/// The known ones of the features that are asked for.
fn features(headers: &HeaderMap) -> Option<HeaderValue> {
    let values = headers.get_all(ANTHROPIC_BETA).iter();
    let asked = values.filter_map(|value| value.to_str().ok());
    let mut known: Vec<&str> = Vec::new();
    for feature in asked.flat_map(|value| value.split(',')).map(str::trim) {
        if is_feature(feature) && !known.contains(&feature) {
            known.push(feature);
        }
    }
    known.truncate(FEATURES.len());
    let value = (!known.is_empty()).then(|| known.join(","));
    value.and_then(|value| HeaderValue::try_from(value).ok())
}

/// A feature's name, a dash, and a date.
fn is_feature(text: &str) -> bool {
    let at = text.len().saturating_sub(DATE_BYTES + 1);
    let split = text.split_at_checked(at);
    split.is_some_and(|(name, rest)| {
        let date = rest.strip_prefix('-');
        FEATURES.contains(&name) && date.is_some_and(|date| is_date(date.as_bytes()))
    })
}

const DATE_BYTES: usize = "2023-06-01".len();

/// A day of this century, since the first version of that API.
fn is_date(text: &[u8]) -> bool {
    let &[y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = text else {
        return false;
    };
    let digit = |sum: u32, byte: &u8| {
        byte.is_ascii_digit()
            .then(|| sum * 10 + u32::from(byte - b'0'))
    };
    let number = |digits: &[u8]| digits.iter().try_fold(0, digit).unwrap_or_default();
    (2023..2100).contains(&number(&[y1, y2, y3, y4]))
        && (1..=12).contains(&number(&[m1, m2]))
        && (1..=31).contains(&number(&[d1, d2]))
}

/// The value of a header that is there once.
fn single<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h HeaderValue> {
    let mut values = headers.get_all(name).iter();
    let first = values.next();
    first.filter(|_| values.next().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(lines: &[(&str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            let name: HeaderName = name.parse().unwrap();
            headers.append(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        headers
    }

    fn told(passed: &Passed) -> Vec<(&str, &str)> {
        passed
            .iter()
            .map(|(name, value)| (name.as_str(), value.to_str().unwrap()))
            .collect()
    }

    #[test]
    fn a_version_is_a_date_and_a_feature_is_known() {
        let cases: [(&str, &str, Option<&str>); 17] = [
            ("anthropic-version", "2023-06-01", Some("2023-06-01")),
            ("anthropic-version", "2026-10-21", Some("2026-10-21")),
            ("anthropic-version", "1987-06-01", None),
            ("anthropic-version", "2023-13-01", None),
            ("anthropic-version", "2023-6-001", None),
            ("anthropic-version", "2023-06-01 Lena", None),
            ("anthropic-version", "lena.fisch", None),
            ("anthropic-version", "2023-06--1", None),
            (
                "anthropic-beta",
                "context-1m-2025-08-07",
                Some("context-1m-2025-08-07"),
            ),
            (
                "anthropic-beta",
                "effort-2025-11-24 , lena-2025-01-01,effort-2025-11-24,pdfs-2024-09-25",
                Some("effort-2025-11-24,pdfs-2024-09-25"),
            ),
            ("anthropic-beta", "files-api-2025-04-14", None),
            ("anthropic-beta", "effort-13812345678", None),
            ("anthropic-beta", "effort2025-11-24", None),
            ("anthropic-beta", "客户", None),
            ("anthropic-beta", "", None),
            ("x-stainless-os", "Linux", None),
            ("openai-organization", "org-1", None),
        ];
        for (name, value, expected) in cases {
            for format in [
                Format::Messages,
                Format::CountTokens,
                Format::Chat,
                Format::Responses,
            ] {
                let passed = of_request(format, &map(&[(name, value)]));
                let of_messages = matches!(format, Format::Messages | Format::CountTokens);
                let expected = expected.filter(|_| of_messages).map(|value| (name, value));
                assert_eq!(told(&passed), Vec::from_iter(expected), "{name}: {value}");
            }
        }
        let twice = map(&[
            ("anthropic-version", "2023-06-01"),
            ("anthropic-version", "2023-06-01"),
        ]);
        assert_eq!(of_request(Format::Messages, &twice), []);
        let lines = map(&[
            ("anthropic-beta", "pdfs-2024-09-25"),
            ("anthropic-beta", "effort-2025-11-24"),
        ]);
        let passed = of_request(Format::Messages, &lines);
        assert_eq!(
            told(&passed),
            [("anthropic-beta", "pdfs-2024-09-25,effort-2025-11-24")]
        );
    }

    #[test]
    fn of_a_reply_passes_what_clients_read() {
        let long = "x".repeat(257);
        for (name, value, passes) in [
            ("request-id", "req_1", true),
            ("x-request-id", "a b", true),
            ("x-ds-trace-id", &long, false),
            ("x-request-id", "", false),
            ("x-request-id", "客户", false),
            ("x-ratelimit-remaining-tokens", "149984", true),
            (
                "anthropic-ratelimit-requests-reset",
                "2026-11-24T10:00:00Z",
                true,
            ),
            ("anthropic-organization-id", "b1", false),
            ("openai-organization", "the-company", false),
            ("x-should-retry", "false", true),
            ("x-should-retry", "maybe", false),
            ("cache-control", "no-cache, no-transform", true),
            ("cache-control", "public, max-age=600", false),
            ("x-accel-buffering", "no", true),
            ("set-cookie", "__cf_bm=1", false),
            ("retry-after", "7", false),
            ("content-encoding", "gzip", false),
            ("access-control-allow-origin", "*", false),
            ("x-vestibule-policy", "none", false),
        ] {
            let passed = of_reply(&map(&[(name, value)]));
            let expected = passes.then_some((name, value));
            assert_eq!(told(&passed), Vec::from_iter(expected), "{name}: {value}");
        }
        let twice = map(&[("x-request-id", "1"), ("x-request-id", "2")]);
        assert_eq!(of_reply(&twice), []);
    }

    #[test]
    fn a_type_keeps_its_charset_and_nothing_else() {
        const JSON: &str = "application/json";
        for (written, kind, expected) in [
            (JSON, JSON, JSON),
            (
                "application/json; charset=utf-8",
                JSON,
                "application/json; charset=utf-8",
            ),
            (
                "application/json;charset=UTF-8",
                JSON,
                "application/json;charset=UTF-8",
            ),
            ("application/json; charset=gbk", JSON, JSON),
            ("application/jsonp", JSON, JSON),
            ("text/html", JSON, JSON),
            ("", JSON, JSON),
            (
                "TEXT/EVENT-STREAM",
                "text/event-stream",
                "text/event-stream",
            ),
            (
                "text/event-stream; charset=utf-8",
                "text/event-stream",
                "text/event-stream; charset=utf-8",
            ),
        ] {
            assert_eq!(content_type(written, kind), expected, "{written}");
        }
    }
}
