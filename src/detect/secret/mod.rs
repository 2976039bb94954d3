//! Credentials: known formats, JSON web tokens, private keys, tokens behind a scheme, secrets in URLs.
//!
//! Plain passwords and keys that only their label gives away are in [`assigned`].

pub(super) mod assigned;
pub(super) mod formats;
mod stands_for;

use super::cue::Fired;
use super::page::{Candidate, Page};
use super::text::{at, before, is_surrogate_shaped, run, run_back};
use crate::base::Span;
use data_encoding::BASE64URL_NOPAD;
use formats::FORMATS;

/// Longest user-and-password part of a URL, PEM block and token looked at, in bytes.
const USERINFO_BYTES: usize = 256;
const PEM_BYTES: usize = 16 * 1024;
const TOKEN_BYTES: usize = 8 * 1024;

/// A credential of format number `index` whose fixed beginning stands here; gives where it ends.
pub(super) fn format(page: &mut Page<'_>, fired: Fired, index: usize) -> Option<usize> {
    let format = FORMATS.get(index)?;
    let text = page.text;
    let behind = if format.name == "azure_client" { 3 } else { 0 };
    let start = run_back(text, fired.start, behind, is_token);
    let prev = before(text, start);
    if is_token(prev) && !matches!(prev, b'/' | b'=' | b'.' | b'-') {
        return None;
    }
    let end = formats::end_of(format.form, text, fired.start)?;
    let body = text.get(fired.end..end)?;
    if assigned::is_varied(body) && !body.to_ascii_lowercase().contains("xxxx") {
        let found = Candidate::new(Span::new(start, end), page.types.secret, 0.95, format.name);
        page.push(found.checked("format"));
    }
    Some(end)
}

/// Three parts of base64url, the first a JSON object that names an algorithm or a type (RFC 7519).
pub(super) fn jwt(page: &mut Page<'_>, fired: Fired) {
    let text = page.text;
    let prev = before(text, fired.start);
    if is_token(prev) && prev != b'=' {
        return;
    }
    let end = run(text, fired.start, TOKEN_BYTES, |b| {
        is_base64url(b) || b == b'.'
    });
    let Some(token) = text.get(fired.start..end).map(|t| t.trim_end_matches('.')) else {
        return;
    };
    let header = token.split('.').next().unwrap_or_default();
    if (2..=5).contains(&token.split('.').count()) && is_jose(header) {
        let span = Span::new(fired.start, fired.start + token.len());
        page.push(Candidate::new(span, page.types.secret, 0.97, "jwt").checked("jose_header"));
    }
}

fn is_jose(header: &str) -> bool {
    let whole = header.get(..header.len().min(512)).unwrap_or_default();
    let decoded = BASE64URL_NOPAD.decode(whole.as_bytes()).unwrap_or_default();
    let has = |word: &[u8]| decoded.windows(word.len()).any(|w| w == word);
    decoded.starts_with(b"{") && (has(b"\"alg\"") || has(b"\"typ\"") || has(b"\"enc\""))
}

const fn is_base64url(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-')
}

const fn is_token(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b'/' | b'=')
}

/// A private key from its first line to its last, or as far as it goes where it is cut off; gives its end.
pub(super) fn pem(page: &mut Page<'_>, fired: Fired) -> Option<usize> {
    let text = page.text;
    let limit = floor(text, fired.start + PEM_BYTES);
    let title = text.get(fired.end..limit)?;
    let named = |title: &str| title.len() <= 40 && title.contains("PRIVATE KEY");
    let (title, body) = title
        .split_once("-----")
        .filter(|(title, _)| named(title))?;
    let head = fired.end + title.len() + 5;
    let closing = format!("-----END {title}-----");
    let end = match body.find(&closing) {
        Some(at) => head + at + closing.len(),
        None => head + unclosed(body),
    };
    page.push(
        Candidate::new(
            Span::new(fired.start, end),
            page.types.private_key,
            0.99,
            "private_key",
        )
        .checked("pem"),
    );
    Some(end)
}

/// How far the lines of a cut-off block reach: base64, headers, line ends plain or escaped.
fn unclosed(body: &str) -> usize {
    let is = |b: u8| {
        b.is_ascii_alphanumeric()
            || matches!(
                b,
                b'+' | b'/' | b'=' | b'\n' | b'\r' | b'\\' | b' ' | b'-' | b':' | b','
            )
    };
    let end = run(body, 0, PEM_BYTES, is);
    body.get(..end).map_or(0, |b| b.trim_end().len())
}

fn floor(text: &str, i: usize) -> usize {
    text.floor_char_boundary(i)
}

/// The password in `scheme://user:password@host`.
pub(super) fn url(page: &mut Page<'_>, fired: Fired) {
    let text = page.text;
    let scheme = before(text, fired.start).is_ascii_alphanumeric();
    let stop = |b: u8| {
        b > b' '
            && b < 0x7f
            && !matches!(b, b'"' | b'\'' | b'<' | b'>' | b'`' | b'?' | b'/' | b'\\')
    };
    let end = run(text, fired.end, USERINFO_BYTES, stop);
    let Some(userinfo) = text
        .get(fired.end..end)
        .and_then(|authority| authority.rsplit_once('@'))
        .map(|parts| parts.0)
    else {
        return;
    };
    let Some((user, password)) = userinfo.split_once(':') else {
        return;
    };
    let stands_for = stands_for::is_variable(password) || stands_for::is_placeholder(password);
    if !scheme || password.is_empty() || stands_for || is_surrogate_shaped(password) {
        return;
    }
    let start = fired.end + user.len() + 1;
    let span = Span::new(start, start + password.len());
    page.push(Candidate::new(span, page.types.password, 0.9, "url_password").checked("userinfo"));
}

/// A token behind `Bearer`, `Basic` or `Authorization:`.
pub(super) fn bearer(page: &mut Page<'_>, end: usize, word: &'static str) {
    let text = page.text;
    let joint = if word == "authorization" {
        b" :=\"'" as &[u8]
    } else {
        b" "
    };
    let start = run(text, end, 4, |b| joint.contains(&b));
    let stop = run(text, start, TOKEN_BYTES, |b| {
        is_token(b) || matches!(b, b'+' | b'~')
    });
    let Some(token) = text.get(start..stop).map(|t| t.trim_end_matches('.')) else {
        return;
    };
    if start == end || token.len() < 16 || !assigned::is_key(token) {
        return;
    }
    let span = Span::new(start, start + token.len());
    page.push(
        Candidate::new(span, page.types.secret, 0.85, "authorization")
            .checked("entropy")
            .near(Some(word)),
    );
}

/// Formats without a beginning of their own: Twilio keys, Telegram and Discord bots, Mailchimp, Zhipu.
pub(super) fn bare(page: &mut Page<'_>, span: Span) {
    let text = page.text;
    let Some(word) = span.slice(text) else { return };
    let hex = |s: &str| s.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    let (found, end) = if word.len() == 34 && word.strip_prefix("SK").is_some_and(hex) {
        ("twilio", span.end)
    } else if word.len() == 32
        && hex(word)
        && at(text, span.end) == b'-'
        && is_data_centre(text, span.end + 1)
    {
        (
            "mailchimp",
            run(text, span.end + 1, 5, |b| b.is_ascii_alphanumeric()),
        )
    } else if word.len() == 32 && hex(word) && is_zhipu(text, span.end) {
        ("zhipu", span.end + 17)
    } else if (8..=10).contains(&word.len())
        && word.bytes().all(|b| b.is_ascii_digit())
        && is_telegram(text, span.end)
    {
        ("telegram_bot", span.end + 36)
    } else if (23..=28).contains(&word.len()) && is_discord(text, span.end) {
        ("discord_bot", run(text, span.end + 8, 40, is_base64url))
    } else {
        return;
    };
    if before(text, span.start) != b'-' {
        page.push(
            Candidate::new(Span::new(span.start, end), page.types.secret, 0.9, found)
                .checked("format"),
        );
    }
}

fn is_data_centre(text: &str, i: usize) -> bool {
    text.get(i..i + 2) == Some("us") && at(text, i + 2).is_ascii_digit()
}

fn is_zhipu(text: &str, i: usize) -> bool {
    at(text, i) == b'.' && run(text, i + 1, 17, |b| b.is_ascii_alphanumeric()) == i + 17
}

fn is_telegram(text: &str, i: usize) -> bool {
    text.get(i..i + 3) == Some(":AA") && run(text, i + 1, 36, is_base64url) == i + 36
}

fn is_discord(text: &str, i: usize) -> bool {
    let last = run(text, i + 8, 40, is_base64url);
    at(text, i) == b'.'
        && run(text, i + 1, 7, is_base64url) == i + 7
        && at(text, i + 7) == b'.'
        && (27..=38).contains(&(last - i - 8))
}
