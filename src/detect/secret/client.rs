//! Passwords in command lines and in the files that clients read: `mysql -p…`, `curl -u user:…`, `.pgpass`.

use super::super::cue::Fired;
use super::super::page::{Candidate, Page};
use super::super::text::{at, run, run_back};
use super::likeness::{Kinds, LONGEST_PASSWORD};
use super::stands_for::{is_expression, is_placeholder};
use crate::base::Span;

/// How far back in its line the program may stand, in bytes.
const LINE_BYTES: usize = 160;

/// What follows a flag.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Follows {
    /// The password, without a blank.
    Glued,
    /// The password, behind a blank or not.
    Password,
    /// User, colon, password.
    Pair,
    /// User, percent sign, password.
    PercentPair,
}

/// Flags by program.
const FLAGS: &[(&str, &[&str], Follows)] = &[
    (" -p", &["mysql", "mariadb"], Follows::Glued),
    (
        " -p",
        &[
            "sshpass",
            "docker login",
            "podman login",
            "helm registry",
            "cf login",
            "mongo",
            "oc login",
            "cqlsh",
            "zip",
            "7z",
            "unrar",
            "ldap",
            "htpasswd",
            "ftp",
            "rabbitmq",
            "psexec",
        ],
        Follows::Password,
    ),
    (" -P", &["sqlcmd", "bcp", "unzip", "zip"], Follows::Password),
    (
        " -w",
        &[
            "ldapsearch",
            "ldapmodify",
            "ldapadd",
            "ldapwhoami",
            "ldapdelete",
            "ldappasswd",
        ],
        Follows::Password,
    ),
    (" -a ", &["redis-cli"], Follows::Password),
    (" -u", &["curl", "wget", "http", "lftp"], Follows::Pair),
    (" --user", &["curl", "wget", "http"], Follows::Pair),
    (" --auth", &["http", "elasticdump"], Follows::Pair),
    (
        " -U",
        &["smbclient", "rpcclient", "smbget", "net "],
        Follows::PercentPair,
    ),
    (" -U", &["curl"], Follows::Pair),
];

/// A flag of a command, with the password behind it.
pub(super) fn flag(page: &mut Page<'_>, fired: Fired) {
    let text = page.text;
    let flag = &text
        .get(fired.start..fired.end)
        .unwrap_or_default()
        .replace('\n', " ");
    let from = text.ceil_char_boundary(fired.start.saturating_sub(LINE_BYTES));
    let head = text.get(from..fired.start).unwrap_or_default();
    let line = &joined_line(head).to_ascii_lowercase();
    let rule = FLAGS.iter().find(|(name, programs, _)| {
        *name == flag.as_str() && programs.iter().any(|program| line.contains(program))
    });
    let Some((_, _, follows)) = rule else { return };
    let blank =
        run(text, fired.end, 1, |b| b == b' ' || b == b'=') > fired.end || flag.ends_with(' ');
    if *follows == Follows::Glued && blank {
        return;
    }
    let start = run(text, fired.end, 2, |b| b == b' ' || b == b'=');
    let Some(span) = argument(text, start) else {
        return;
    };
    let argument = span.slice(text).unwrap_or_default();
    let parted = match follows {
        Follows::Pair => argument.split_once(':'),
        Follows::PercentPair => argument.split_once('%'),
        Follows::Glued | Follows::Password => Some(("", argument)),
    };
    if let Some((_, password)) = parted {
        push(
            page,
            Span::new(span.end - password.len(), span.end),
            "client_password",
        );
    }
}

/// The last line, with those before it that end with a backslash.
fn joined_line(head: &str) -> &str {
    let mut from = head.len();
    while let Some(at) = head.get(..from).and_then(|part| part.rfind('\n')) {
        if !head
            .get(..at)
            .is_some_and(|part| part.trim_end().ends_with('\\'))
        {
            return head.get(at..).unwrap_or_default();
        }
        from = at;
    }
    head
}

/// A word of a command line, without its quotes.
fn argument(text: &str, start: usize) -> Option<Span> {
    let quote = at(text, start);
    let quoted = matches!(quote, b'"' | b'\'');
    let start = start + usize::from(quoted);
    let end = run(text, start, LONGEST_PASSWORD, |b| {
        if quoted {
            b != quote && b.is_ascii() && b != b'\n'
        } else {
            b.is_ascii_graphic() && !matches!(b, b'|' | b';' | b'"' | b'\'' | b'`')
        }
    });
    (end > start).then(|| Span::new(start, end))
}

fn push(page: &mut Page<'_>, span: Span, recognizer: &'static str) {
    let password = span.slice(page.text).unwrap_or_default();
    let kinds = Kinds::of(password);
    let stands =
        is_placeholder(password) || is_expression(password) || password.starts_with(['$', '-']);
    if password.len() >= 3 && !stands && (kinds.mixed() || kinds.letters() && password.len() >= 5) {
        page.push(Candidate::new(span, page.types.password, 0.8, recognizer));
    }
}

/// Longest arguments of a call that takes a user and a password, in bytes.
const CALL_BYTES: usize = 240;

/// `NetworkCredential("user", "…")`: the last literal of a call that takes a user and a password.
pub(super) fn call(page: &mut Page<'_>, fired: Fired) {
    let text = page.text;
    let limit = text.floor_char_boundary(fired.end + CALL_BYTES);
    let rest = text.get(fired.end..limit).unwrap_or_default();
    let arguments = rest.split([')', ';']).next().unwrap_or_default();
    let mut literals = Vec::new();
    let mut from = 0;
    while let Some(open) = arguments
        .get(from..)
        .and_then(|part| part.find(['"', '\'']))
        .map(|at| from + at)
    {
        let quote = at(arguments, open);
        let end = run(arguments, open + 1, CALL_BYTES, |b| b != quote);
        literals.push(Span::new(fired.end + open + 1, fired.end + end));
        from = arguments.floor_char_boundary(end + 1);
    }
    if let (2.., Some(span)) = (literals.len(), literals.last()) {
        push(page, *span, "call_password");
    }
}

/// `host:port:database:user:password`, a line of `.pgpass`.
pub(super) fn password_file(page: &mut Page<'_>, fired: Fired) {
    let text = page.text;
    let is = |b: u8| b.is_ascii_graphic() && b != b':' && b != b'/';
    let host = run_back(text, fired.start, 80, is);
    let database = run(text, fired.end, 80, is);
    let user = run(text, database + 1, 80, is);
    let parted = host < fired.start
        && at(text, database) == b':'
        && at(text, user) == b':'
        && user > database + 1;
    let end = run(text, user + 1, LONGEST_PASSWORD, |b| b.is_ascii_graphic());
    if parted && end > user + 3 {
        push(page, Span::new(user + 1, end), "password_file");
    }
}
