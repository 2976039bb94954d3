//! Tokens of HTTP headers: `Authorization`, cookies, JSON web tokens.

use super::super::cue::Fired;
use super::super::page::{Candidate, Page};
use super::super::text::{before, is_surrogate_shaped, run};
use super::likeness::is_key;
use super::stands_for::{is_expression, is_variable};
use super::{TOKEN_BYTES, form};
use crate::base::Span;
use data_encoding::{BASE64, BASE64_NOPAD, BASE64URL_NOPAD};

/// Longest line of cookies looked at, in bytes.
const COOKIE_BYTES: usize = 8 * 1024;
/// Shortest token behind `Bearer`, in bytes.
const SHORTEST_BEARER: usize = 12;

const fn is_base64url(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-')
}

const fn is_token(b: u8) -> bool {
    is_base64url(b) || matches!(b, b'.' | b'/' | b'=' | b'+' | b'~' | b':' | b'|' | b'!')
}

/// Three parts of base64url (five, if encrypted), the first a JSON object that names an algorithm or a type (RFC 7519).
pub(super) fn jwt(page: &mut Page<'_>, fired: Fired) {
    let text = page.text;
    if !form::is_edge(text, fired.start) || matches!(before(text, fired.start), b'.' | b'-') {
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
    let whole = header.get(..header.len().min(2048)).unwrap_or_default();
    let decoded = BASE64URL_NOPAD.decode(whole.as_bytes()).unwrap_or_default();
    let has = |word: &[u8]| decoded.windows(word.len()).any(|w| w == word);
    decoded.starts_with(b"{")
        && (has(b"\"alg\"") || has(b"\"typ\"") || has(b"\"enc\"") || has(b"\"kid\""))
}

/// A token behind `Bearer`, `Basic` or `Authorization:`; a coded pair behind `"auth":` of a registry's configuration.
pub(super) fn bearer(page: &mut Page<'_>, end: usize, word: &'static str) {
    let text = page.text;
    let joint = if matches!(word, "authorization" | "auth") {
        b" :=\"'\\" as &[u8]
    } else {
        b" \t:"
    };
    let start = run(text, end, 4, |b| joint.contains(&b));
    let stop = run(text, start, TOKEN_BYTES, is_token);
    let Some(token) = text
        .get(start..stop)
        .map(|t| t.trim_end_matches(['.', ':']))
    else {
        return;
    };
    let userinfo = matches!(word, "basic" | "auth") && is_userinfo(token);
    let long = word != "auth" && token.len() >= SHORTEST_BEARER && is_key(token);
    if start == end || !(long || userinfo) {
        return;
    }
    let span = Span::new(start, start + token.len());
    let found = Candidate::new(span, page.types.secret, 0.85, "authorization");
    page.push(
        found
            .checked(if userinfo { "userinfo" } else { "entropy" })
            .near(Some(word)),
    );
}

/// Base64 of `user:password` (RFC 7617).
pub(super) fn is_userinfo(token: &str) -> bool {
    let decoded = BASE64
        .decode(token.as_bytes())
        .or_else(|_| BASE64_NOPAD.decode(token.as_bytes()));
    let text = decoded.ok().and_then(|bytes| String::from_utf8(bytes).ok());
    text.is_some_and(|text| {
        let parted = text
            .split_once(':')
            .is_some_and(|(user, password)| user.len() + password.len() >= 3);
        parted && text.chars().all(|c| !c.is_control())
    })
}

/// Parts of cookie names whose values are not theirs alone who hold them.
const PUBLIC_COOKIES: &[&str] = &[
    "lang", "locale", "theme", "currency", "country", "tz", "timezone", "consent", "_ga", "_gid",
    "path", "domain", "expires", "max-age", "samesite", "priority", "version",
];
/// Parts of cookie names that say that the value logs someone in.
const SESSION_COOKIES: &[&str] = &[
    "sess",
    "sid",
    "token",
    "auth",
    "jwt",
    "csrf",
    "xsrf",
    "login",
    "remember",
    "ticket",
    "sso",
    "secret",
    "key",
    "pass",
    "bduss",
    "sub",
    "uid",
    "wordpress_logged_in",
    "cookie",
];

/// The values of a `Cookie` header, or the first of a `Set-Cookie` header; gives the end of the line.
pub(super) fn cookie(page: &mut Page<'_>, fired: Fired) -> usize {
    let text = page.text;
    let set = text
        .get(..fired.start)
        .is_some_and(|head| head.ends_with(['-', '_']) && head.len() >= 4);
    let end = run(text, fired.end, COOKIE_BYTES, |b| {
        b.is_ascii_graphic() && !matches!(b, b'"' | b'\'') || b == b' '
    });
    let line = text.get(fired.end..end).unwrap_or_default();
    let mut at = fired.end;
    for (i, pair) in line.split_inclusive(';').enumerate() {
        let start = at;
        at += pair.len();
        if set && i > 0 {
            break;
        }
        if let Some(span) = value_of(pair.trim_end_matches(';'), start) {
            page.push(Candidate::new(span, page.types.secret, 0.85, "cookie").near(Some("cookie")));
        }
    }
    end
}

/// The value of one `name=value`, where it is worth something.
fn value_of(pair: &str, start: usize) -> Option<Span> {
    let (name, value) = pair.split_once('=')?;
    let name_len = name.len();
    let name = name.trim().to_ascii_lowercase();
    let value = value.trim_end();
    let public = PUBLIC_COOKIES.iter().any(|word| name.starts_with(word));
    let session = SESSION_COOKIES.iter().any(|word| name.contains(word));
    let long = value.len() >= SHORTEST_BEARER && value.bytes().any(|b| b.is_ascii_digit());
    let stands = is_expression(value)
        || is_variable(value)
        || is_surrogate_shaped(value)
        || value.contains(' ');
    let from = start + name_len + 1;
    (!public && !stands && value.len() >= 6 && (session || long))
        .then(|| Span::new(from, from + value.len()))
}
