//! E-mail and IP addresses.

use super::cue::{Fired, Trigger};
use super::page::{Candidate, Page};
use super::roles::Roles;
use super::text::{at, before, has_word, run, run_back};
use crate::base::Span;
use std::net::Ipv6Addr;

/// Longest local part and domain looked at (RFC 5321, 4.5.3.1).
const LOCAL_BYTES: usize = 64;
const DOMAIN_BYTES: usize = 255;

/// An address around the `@` at `i`.
pub(super) fn email(page: &mut Page<'_>, i: usize) {
    let text = page.text;
    let local = run_back(text, i, LOCAL_BYTES, is_local);
    let local = run(text, local, LOCAL_BYTES, |b| b == b'.' || b == b'-').min(i);
    let end = run(text, i + 1, DOMAIN_BYTES, is_domain);
    let Some(domain) = text.get(i + 1..end).map(|d| d.trim_end_matches(['.', '-'])) else {
        return;
    };
    let name = text.get(local..i).unwrap_or_default();
    if name.is_empty()
        || is_userinfo(text, i)
        || !is_mail_domain(domain)
        || is_repository(text, name, i + 1 + domain.len())
    {
        return;
    }
    let span = Span::new(local, i + 1 + domain.len());
    let near = page.near(span, Roles::EMAIL).map(|near| near.word);
    page.push(Candidate::new(span, page.types.email, 0.95, "email").near(near));
}

/// `user:password@` or `user@` of a URL, which [`super::secret`] looks at.
fn is_userinfo(text: &str, i: usize) -> bool {
    let start = run_back(text, i, LOCAL_BYTES * 2, |b| {
        b.is_ascii_graphic() && !matches!(b, b'"' | b'\'' | b'<' | b'>')
    });
    let head = text.get(start..i).unwrap_or_default();
    head.rsplit_once("://")
        .is_some_and(|(_, userinfo)| !userinfo.contains(['/', '?', '=']))
}

const fn is_local(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'%' | b'+' | b'-')
}

const fn is_domain(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-')
}

/// Labels, and a last one of letters that is no file ending.
fn is_mail_domain(domain: &str) -> bool {
    const FILES: &[&str] = &[
        "png", "jpg", "jpeg", "gif", "svg", "webp", "js", "ts", "css", "json", "lock",
    ];
    let Some((rest, last)) = domain.rsplit_once('.') else {
        return false;
    };
    let letters = last.len() >= 2 && last.bytes().all(|b| b.is_ascii_alphabetic());
    let punycode = last.starts_with("xn--");
    !rest.is_empty()
        && (letters || punycode)
        && !FILES.contains(&last.to_ascii_lowercase().as_str())
        && domain
            .split('.')
            .all(|label| !label.is_empty() && label.len() <= 63)
}

/// `git@host:group/project`, and `npm` packages `a/b@…`.
fn is_repository(text: &str, local: &str, end: usize) -> bool {
    local == "git" && matches!(at(text, end), b':' | b'/')
}

/// `name at host dot com`, `name(at)host(dot)com`, `name艾特host点com`, `name#qq.com`.
pub(super) fn spelled_email(page: &mut Page<'_>, fired: Fired) {
    debug_assert!(fired.trigger == Trigger::AtWord);
    let text = page.text;
    // `x [at] example`: nothing but an address is written so.
    let bracketed = matches!(at(text, fired.start), b'(' | b'[' | b'{');
    let end = fired.start - usize::from(bracketed && before(text, fired.start) == b' ');
    let start = spelled_local(text, end);
    if start == end {
        return;
    }
    let from = if at(text, fired.start) == b'#' {
        fired.start + 1
    } else {
        fired.end + usize::from(bracketed && at(text, fired.end) == b' ')
    };
    let Some((domain_end, dots, last)) = spelled_domain(text, from) else {
        return;
    };
    let local = text.get(start..end).unwrap_or_default();
    let telling = local
        .bytes()
        .any(|b| b.is_ascii_digit() || matches!(b, b'.' | b'_' | b'-'));
    let common = || {
        COMMON_WORDS
            .iter()
            .any(|word| word.eq_ignore_ascii_case(local))
    };
    let known = last && (bracketed || telling || dots > 0 && !common());
    if known {
        page.push(Candidate::new(
            Span::new(start, domain_end),
            page.types.email,
            0.75,
            "email_spelled",
        ));
    }
}

/// English words before `at`, which tell a place and no address.
const COMMON_WORDS: &[&str] = &[
    "look",
    "available",
    "us",
    "me",
    "it",
    "is",
    "hosted",
    "found",
    "meet",
    "docs",
    "site",
    "live",
    "work",
    "working",
    "are",
    "page",
    "contact",
    "blog",
    "code",
    "source",
    "and",
    "or",
    "them",
    "here",
    "up",
    "online",
    "visit",
    "check",
    "see",
];

/// Dots spelled out.
const DOTS: &[&str] = &[
    " (dot) ", " [dot] ", "(dot)", "[dot]", "{dot}", " dot ", "[.]", "(.)", "点",
];

fn ends_with_word(text: &str, end: usize, word: &str) -> bool {
    end.checked_sub(word.len())
        .is_some_and(|start| has_word(text, start, word))
}

/// The start of the local part before `end`, over `(dot)` and ` dot `.
fn spelled_local(text: &str, end: usize) -> usize {
    let mut start = run_back(text, end, LOCAL_BYTES, is_local);
    for _ in 0..3 {
        let Some(dot) = DOTS.iter().find(|dot| ends_with_word(text, start, dot)) else {
            break;
        };
        let part = run_back(text, start - dot.len(), LOCAL_BYTES, is_local);
        if part == start - dot.len() {
            break;
        }
        start = part;
    }
    start
}

/// The end of a domain whose dots may be spelled, how many are, and whether it ends in a known top-level domain.
fn spelled_domain(text: &str, start: usize) -> Option<(usize, usize, bool)> {
    const ENDS: &[&str] = &[
        "com", "net", "org", "cn", "edu", "gov", "io", "de", "uk", "info", "me", "co", "example",
        "fr", "jp",
    ];
    let (mut at_label, mut dots) = (start, 0);
    for _ in 0..5 {
        let end = run(text, at_label, 63, |b| {
            b.is_ascii_alphanumeric() || b == b'-'
        });
        let label = text.get(at_label..end).filter(|label| !label.is_empty())?;
        let Some(dot) = DOTS.iter().chain(&["."]).find(|dot| {
            has_word(text, end, dot) && at(text, end + dot.len()).is_ascii_alphanumeric()
        }) else {
            let known = ENDS.iter().any(|known| label.eq_ignore_ascii_case(known));
            return (at_label != start).then_some((end, dots, known));
        };
        dots += usize::from(*dot != ".");
        at_label = end + dot.len();
    }
    None
}

/// Four octets: an address, unless it is this machine, no machine, or a version.
pub(super) fn ipv4<'t>(
    page: &Page<'_>,
    span: Span,
    parts: impl Iterator<Item = &'t str>,
) -> Option<Candidate> {
    let mut octets = [0u8; 4];
    for (slot, part) in octets.iter_mut().zip(parts) {
        *slot = part
            .parse()
            .ok()
            .filter(|_| part.len() == 1 || !part.starts_with('0'))?;
    }
    let glued = before(page.text, span.start).is_ascii_alphanumeric()
        || at(page.text, span.end).is_ascii_alphabetic();
    let glued = glued
        || (at(page.text, span.end) == b'.' && at(page.text, span.end + 1).is_ascii_alphanumeric());
    let [first, ..] = octets;
    if glued || first == 0 || first == 127 || octets == [255; 4] || is_version(page, span) {
        return None;
    }
    let near = page.near(span, Roles::IP);
    let port = at(page.text, span.end) == b':' && at(page.text, span.end + 1).is_ascii_digit();
    let low = first < 10 && near.is_none() && !port;
    let score = if near.is_some() || port { 0.9 } else { 0.75 };
    (!low).then(|| {
        Candidate::new(span, page.types.ip, score, "ipv4").near(near.map(|near| near.word))
    })
}

/// `nginx/1.2.3.4`, `v1.2.3.4`, `>=1.2.3.4`, `-1.2.3.4`, or a word for versions near.
fn is_version(page: &Page<'_>, span: Span) -> bool {
    let prev = before(page.text, span.start);
    let slash = prev == b'/'
        && !page
            .text
            .get(..span.start)
            .is_some_and(|head| head.ends_with("//"));
    let versions = page
        .word_before(span.start, Roles::VERSION | Roles::IP)
        .is_some_and(|near| near.roles.any(Roles::VERSION));
    slash || matches!(prev, b'-' | b'_' | b'>' | b'~' | b'^') || versions
}

/// An IPv6 address around the colon at `i`; returns where to go on.
pub(super) fn ipv6(page: &mut Page<'_>, i: usize) -> usize {
    let is = |b: u8| b.is_ascii_hexdigit() || b == b':' || b == b'.';
    let text = page.text;
    let start = run_back(text, i, 4, |b| b.is_ascii_hexdigit());
    let end = run(text, i, 46, is);
    let next = end.max(i + 1);
    let Some(token) = text.get(start..end).map(|t| t.trim_end_matches(['.', ':'])) else {
        return next;
    };
    let glued = is_word(before(text, start)) || is_word(at(text, start + token.len()));
    if glued
        || token.bytes().filter(|b| *b == b':').count() < 3
        || !token.bytes().any(|b| b.is_ascii_digit())
    {
        return i + 1;
    }
    let Some((address, len)) = parse_v6(token) else {
        return i + 1;
    };
    if address.is_loopback() || address.is_unspecified() {
        return next;
    }
    let span = Span::new(start, start + len);
    let near = page.near(span, Roles::IP).map(|near| near.word);
    page.push(Candidate::new(span, page.types.ip, 0.9, "ipv6").near(near));
    next
}

/// The address, and its length; eight groups may have a port glued on.
fn parse_v6(token: &str) -> Option<(Ipv6Addr, usize)> {
    let whole = token.parse().ok().map(|address| (address, token.len()));
    whole.or_else(|| {
        let (address, _) = token.rsplit_once(':')?;
        let full = address.bytes().filter(|b| *b == b':').count() == 7;
        full.then(|| address.parse().ok())?
            .map(|parsed| (parsed, address.len()))
    })
}

const fn is_word(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b == b'_'
}
