//! Credentials: known formats, JSON web tokens, private keys, tokens of headers, secrets in URLs and command lines.
//!
//! What begins with text of its own starts there ([`starts`]); what only its issuer's name tells apart is sought near
//! that ([`issuer`]); plain passwords and keys that only their label gives away are in [`assigned`].
//!
//! Refuses to know: what is done with a credential, and whether it still works.

pub(super) mod assigned;
mod client;
mod form;
pub(super) mod formats;
mod header;
mod issuer;
mod key;
pub(super) mod labels;
mod likeness;
mod name;
mod password;
mod stands_for;
mod url;
mod value;

use super::cue::{Fired, is_word, plain, spellings};
use super::page::{Candidate, Doubt, Page};
use super::text::{at, before, run};
use crate::base::Span;
use likeness::{is_key, is_sure_key, is_varied};

/// Longest token looked at, in bytes.
const TOKEN_BYTES: usize = 8 * 1024;
/// Longest token of no known form, in bytes.
const FREE_TOKEN_BYTES: usize = 512;
/// Shortest beginning that tells an issuer although the rest has not the stated form, in bytes.
const TELLING_LITERAL: usize = 5;

/// Fixed text, or an issuer's word, at which a recognizer of credentials starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Start {
    /// The literal of a form: number of the format, number of the form.
    Form(usize, usize),
    /// An issuer's word, by its number.
    Issuer(usize),
    /// `eyJ`: a JSON object in base64url.
    Jwt,
    /// `-----BEGIN ` and `---- BEGIN `.
    Pem,
    /// `Private-Lines:` of a `PuTTY` key.
    Putty,
    /// The first letters of a private key in base64 without a frame.
    Der,
    /// `"kty"` of a JSON web key.
    Jwk,
    /// `://`.
    Url,
    /// `@tcp(` and what else a data source name without a scheme has behind its password.
    Dsn,
    /// `Cookie:` and `Set-Cookie:`.
    Cookie,
    /// A call that takes a user and a password.
    Call,
    /// A flag of a command that a password follows.
    Flag,
    /// `:5432:`: a line of a PostgreSQL password file.
    PasswordFile,
}

impl Start {
    /// Whether it counts where its text stands: as it is spelled, or, of a word, as a word in any of its spellings.
    pub(super) fn counts(self, text: &str, start: usize, end: usize, word: &str) -> bool {
        let here = text.get(start..end).unwrap_or_default();
        match self {
            Self::Issuer(_) => is_word(text, start, end) && letters(here).eq(letters(word)),
            Self::Cookie => here.eq_ignore_ascii_case(word),
            _ => here == word,
        }
    }
}

/// The bytes of a word, without what its spellings differ by.
fn letters(word: &str) -> impl Iterator<Item = u8> {
    word.bytes().map(plain).filter(|b| *b != b' ')
}

const STARTS: &[(&str, Start)] = &[
    ("eyJ", Start::Jwt),
    ("-----BEGIN ", Start::Pem),
    ("---- BEGIN ", Start::Pem),
    ("Private-Lines:", Start::Putty),
    ("MII", Start::Der),
    ("MIG", Start::Der),
    ("MHcCAQ", Start::Der),
    ("MHQCAQ", Start::Der),
    ("MC4CAQ", Start::Der),
    ("\"kty\"", Start::Jwk),
    ("://", Start::Url),
    ("@tcp(", Start::Dsn),
    ("@unix(", Start::Dsn),
    ("thin:", Start::Dsn),
    ("cookie:", Start::Cookie),
    (" -p", Start::Flag),
    ("\n-p", Start::Flag),
    ("\n-u", Start::Flag),
    ("\n--user", Start::Flag),
    ("etworkCredential(", Start::Call),
    ("irectoryEntry(", Start::Call),
    ("BasicAuth(", Start::Call),
    ("asswordCredentials(", Start::Call),
    ("asswordAuthentication(", Start::Call),
    (" -u", Start::Flag),
    (" -a ", Start::Flag),
    (" -w", Start::Flag),
    (" -P", Start::Flag),
    (" -U", Start::Flag),
    (" --user", Start::Flag),
    (" --auth", Start::Flag),
    (":5432:", Start::PasswordFile),
    (":3306:", Start::PasswordFile),
    (":*:", Start::PasswordFile),
];

/// Every text at which a recognizer of credentials starts, as it is sought and as it was written.
pub(super) fn starts() -> Vec<(Vec<u8>, &'static str, Start)> {
    let fixed = STARTS
        .iter()
        .map(|(text, start)| (text.as_bytes().to_vec(), *text, *start));
    let mut all: Vec<_> = fixed.collect();
    let Some(table) = formats::table() else {
        return all;
    };
    for (literal, (format, form)) in &table.literals {
        let start = Start::Form(*format, *form);
        all.push((literal.as_bytes().to_vec(), literal, start));
    }
    for (i, (word, _)) in table.words.iter().enumerate() {
        let spelled = spellings(word).into_iter();
        all.extend(spelled.map(|spelling| (spelling, word.as_str(), Start::Issuer(i))));
    }
    all
}

/// How far recognizers that cover long stretches are done.
#[derive(Debug, Default)]
pub(super) struct Progress {
    form: usize,
    key: usize,
    base64: usize,
    jwk: usize,
    cookie: usize,
}

/// Looks at one start.
pub(super) fn start(page: &mut Page<'_>, fired: Fired, start: Start, done: &mut Progress) {
    match start {
        Start::Form(format, form) if fired.start >= done.form => {
            done.form = fixed(page, fired, (format, form)).unwrap_or(done.form);
        }
        Start::Pem if fired.start >= done.key => {
            done.key = key::pem(page, fired).unwrap_or(done.key);
        }
        Start::Putty if fired.start >= done.key => {
            done.key = key::putty(page, fired);
        }
        Start::Der if fired.start >= done.base64.max(done.key) => {
            done.base64 = key::der(page, fired).unwrap_or(done.base64);
        }
        Start::Jwk if fired.start >= done.jwk => done.jwk = key::jwk(page, fired, done.jwk),
        Start::Cookie if fired.start >= done.cookie => {
            done.cookie = header::cookie(page, fired);
        }
        // Inside what was found already; issuers' words have their own pass.
        Start::Form(..)
        | Start::Pem
        | Start::Putty
        | Start::Der
        | Start::Jwk
        | Start::Cookie
        | Start::Issuer(_) => {}
        Start::Jwt => header::jwt(page, fired),
        Start::Url => url::url(page, fired),
        Start::Dsn => url::dsn(page, fired),
        Start::Flag => client::flag(page, fired),
        Start::Call => client::call(page, fired),
        Start::PasswordFile => client::password_file(page, fired),
    }
}

/// Behind a word that authenticates: `Bearer …`, `Basic …`.
pub(super) fn bearer(page: &mut Page<'_>, end: usize, word: &'static str) {
    header::bearer(page, end, word);
}

/// Whether a key measures something: `password_max_age`, `pin_length`.
pub(super) fn is_measure(key: &str) -> bool {
    name::is_measure(key)
}

/// Credentials near the words of their issuers.
pub(super) fn gated(page: &mut Page<'_>) {
    issuer::gated(page);
}

/// A credential whose fixed literal stands here; gives where it ends.
fn fixed(page: &mut Page<'_>, fired: Fired, at: (usize, usize)) -> Option<usize> {
    let (format, form) = formats::table()?.form(at)?;
    let text = page.text;
    let Some(fit) = form.fit(text, fired.start) else {
        return alike(page, fired, &format.name);
    };
    let body = text.get(fit.body..fit.span.end)?;
    if is_varied(body) && !stands_for::is_placeholder(body) {
        let found = Candidate::new(fit.span, page.types.secret, 0.95, &format.name);
        page.push(found.checked("format"));
    }
    Some(fit.span.end)
}

/// An issuer's beginning with a random rest of another length: formats change.
fn alike(page: &mut Page<'_>, fired: Fired, name: &'static str) -> Option<usize> {
    let text = page.text;
    let literal = text.get(fired.start..fired.end)?;
    let telling = literal.len() >= TELLING_LITERAL && literal.ends_with(['_', '-', '.']);
    if !telling || !form::is_edge(text, fired.start) {
        return None;
    }
    let end = run(text, fired.end, FREE_TOKEN_BYTES, |b| {
        b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b'=' | b'/' | b'+')
    });
    let body = text.get(fired.end..end)?.trim_end_matches(['.', '-', '/']);
    if body.len() < 16 || !is_key(body) {
        return None;
    }
    let span = Span::new(fired.start, fired.end + body.len());
    page.push(Candidate::new(span, page.types.secret, 0.7, name).checked("entropy"));
    Some(span.end)
}

/// What a word of letters and digits may be by itself: a form without a literal, or a token whose prefix says what it is.
pub(super) fn bare(page: &mut Page<'_>, span: Span) {
    let Some(table) = formats::table() else {
        return;
    };
    for place in table.begun_by(span.len()) {
        let Some((format, form)) = table.form(*place) else {
            continue;
        };
        if let Some(fit) = form
            .fit(page.text, span.start)
            .filter(|fit| fit.span.slice(page.text).is_some_and(is_varied))
            && before(page.text, fit.span.start) != b'-'
        {
            page.push(
                Candidate::new(fit.span, page.types.secret, 0.9, &format.name).checked("format"),
            );
            return;
        }
    }
    prefixed(page, span);
    unnamed(page, span);
}

/// Shortest random part behind a telling prefix, in bytes.
const PREFIXED_BYTES: usize = 20;
/// Parts of a prefix that say that a secret follows.
const TELLING_PREFIXES: &[&str] = &[
    "sk",
    "rk",
    "pat",
    "key",
    "api",
    "apikey",
    "tok",
    "token",
    "secret",
    "live",
    "prod",
    "production",
    "sandbox",
    "auth",
    "access",
    "oauth",
    "refresh",
    "bot",
    "svc",
    "service",
    "priv",
    "private",
    "pk",
    "sec",
    "webhook",
    "whsec",
    "session",
    "tkn",
    "cred",
    "pw",
    "ak",
];

/// `acme_live_…`, `sk-acme-…`: a random word whose prefix names a kind of secret.
fn prefixed(page: &mut Page<'_>, span: Span) {
    let text = page.text;
    if span.len() < PREFIXED_BYTES || !matches!(before(text, span.start), b'_' | b'-' | b'.') {
        return;
    }
    let start = super::text::run_back(text, span.start, 32, |b| {
        b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.')
    });
    let prefix = text.get(start..span.start).unwrap_or_default();
    let tells = prefix
        .split(['_', '-', '.'])
        .any(|part| TELLING_PREFIXES.contains(&part));
    let short = prefix.len() <= 24 && !prefix.contains("..");
    let end = run(text, span.end, FREE_TOKEN_BYTES, |b| {
        b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'=')
    });
    let called = at(text, end) == b'(';
    let body = text.get(span.start..end).unwrap_or_default();
    if tells
        && short
        && !called
        && form::is_edge(text, start)
        && is_sure_key(span.slice(text).unwrap_or_default(), PREFIXED_BYTES)
        && is_varied(body)
    {
        let found = Candidate::new(
            Span::new(start, end),
            page.types.secret,
            0.75,
            "prefixed_token",
        );
        page.push(found.checked("entropy"));
    }
}

/// Shortest random value that only a prefix begins, in bytes.
const UNNAMED_BYTES: usize = 28;
/// Beginnings of ids that services give out (`call_…`, `chatcmpl-…`), which are no credentials.
const IDS: &str = "\
call|tool|toolu|tooluse|msg|run|resp|req|chatcmpl|cmpl|file|thread|asst|step|evt|event|cus|pi|pm|ch|sub|in|il|price|acct|txn|order|\
id|uid|usr|user|org|proj|project|team|rs|fc|item|batch|ft|ftjob|job|vs|img|image|gen|trace|span|cache|chunk|conv|node|rule|tmp|temp|\
fp|doc|v|ver|sha|md5|obj|node|test|build|task|group|block|hash|src|css|js|font|data|ref|page|row|col|cell";

/// `odt_Zk3…`: a long value of three kinds that a short prefix begins.
fn unnamed(page: &mut Page<'_>, span: Span) {
    let text = page.text;
    if span.len() < PREFIXED_BYTES || before(text, span.start) != b'_' {
        return;
    }
    let start = super::text::run_back(text, span.start, 24, |b| {
        b.is_ascii_alphanumeric() || b == b'_'
    });
    let end = run(text, span.end, FREE_TOKEN_BYTES, |b| {
        b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-')
    });
    let prefix = text
        .get(start..span.start)
        .unwrap_or_default()
        .trim_end_matches('_');
    let random = text
        .get(span.start..end)
        .is_some_and(|body| is_sure_key(body, UNNAMED_BYTES));
    let begun = random
        && !prefix.is_empty()
        && prefix.len() <= 16
        && !prefix
            .split('_')
            .any(|part| IDS.split('|').any(|id| id.eq_ignore_ascii_case(part)));
    let token = text.get(start..end).unwrap_or_default();
    let alone = form::is_edge(text, start)
        && !matches!(before(text, start), b'/' | b'.' | b'-' | b'#' | b'@' | b'?')
        && !matches!(at(text, end), b'/' | b'.' | b'(' | b'+' | b'=' | b'@');
    if begun && alone && likeness::three_kinds(token) && page.doubt(start) != Doubt::Hash {
        page.push(
            Candidate::new(
                Span::new(start, end),
                page.types.secret,
                0.6,
                "unnamed_token",
            )
            .checked("entropy"),
        );
    }
}
