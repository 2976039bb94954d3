//! Credentials in addresses: `scheme://user:password@host`, and data source names without a scheme.

use super::super::cue::Fired;
use super::super::page::{Candidate, Page};
use super::super::text::{at, before, is_surrogate_shaped, run, run_back};
use super::likeness::is_sure_key;
use super::stands_for;
use crate::base::Span;

/// Longest user-and-password part of a URL, in bytes.
const USERINFO_BYTES: usize = 512;
/// Shortest token that stands in place of a user, in bytes.
const TOKEN_USER_BYTES: usize = 20;

/// The password in `scheme://user:password@host`, and a token in place of the user.
pub(super) fn url(page: &mut Page<'_>, fired: Fired) {
    let text = page.text;
    let scheme = before(text, fired.start).is_ascii_alphanumeric();
    let Some(userinfo) = scheme.then(|| userinfo(text, fired.end)).flatten() else {
        return;
    };
    let (user, password) = userinfo.split_once(':').unwrap_or((userinfo, ""));
    if is_sure_key(user, TOKEN_USER_BYTES) {
        let span = Span::new(fired.end, fired.end + user.len());
        page.push(Candidate::new(span, page.types.secret, 0.8, "url_token").checked("userinfo"));
    }
    push_password(page, fired.end + user.len() + 1, password);
}

/// What stands before the host: up to the last `@` before the path. A password may hold a `/` or `?` that should have
/// been written as a code; then it reaches to the next `@`, if what goes before that can be no host.
fn userinfo(text: &str, start: usize) -> Option<&str> {
    let visible = |b: u8| {
        b > b' ' && b < 0x7f && !matches!(b, b'"' | b'\'' | b'<' | b'>' | b'`' | b'\\' | b',')
    };
    let whole = text.get(start..run(text, start, USERINFO_BYTES, visible))?;
    let authority = whole.split(['/', '?', '#']).next()?;
    if let Some((userinfo, _)) = authority.rsplit_once('@') {
        return Some(userinfo);
    }
    let (_, password) = authority.split_once(':')?;
    let port = password.bytes().all(|b| b.is_ascii_digit());
    let (userinfo, host) = whole.split_once('@')?;
    let hosted = host.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '[');
    (!port && hosted && userinfo.len() <= 128).then_some(userinfo)
}

fn push_password(page: &mut Page<'_>, start: usize, password: &str) {
    let stands_for = stands_for::is_variable(password) || stands_for::is_placeholder(password);
    if password.is_empty()
        || stands_for
        || is_surrogate_shaped(password)
        || password.starts_with('%') && password.len() == 2
    {
        return;
    }
    let span = Span::new(start, start + password.len());
    page.push(Candidate::new(span, page.types.password, 0.9, "url_password").checked("userinfo"));
}

/// `user:password@tcp(host)`, `jdbc:oracle:thin:user/password@host`.
pub(super) fn dsn(page: &mut Page<'_>, fired: Fired) {
    let text = page.text;
    if at(text, fired.start) == b'@' {
        let is =
            |b: u8| b.is_ascii_graphic() && !matches!(b, b'"' | b'\'' | b'`' | b'=' | b'<' | b'>');
        let start = run_back(text, fired.start, 128, is);
        if let Some((user, password)) = text
            .get(start..fired.start)
            .and_then(|part| part.split_once(':'))
        {
            push_password(page, start + user.len() + 1, password);
        }
        return;
    }
    let end = run(text, fired.end, 128, |b| {
        b.is_ascii_graphic() && !matches!(b, b'@' | b'"' | b'\'' | b'`')
    });
    let part = text.get(fired.end..end).unwrap_or_default();
    if let Some((user, password)) = part
        .split_once('/')
        .filter(|(user, _)| !user.is_empty() && at(text, end) == b'@')
    {
        push_password(page, fired.end + user.len() + 1, password);
    }
}
