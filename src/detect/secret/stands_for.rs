//! Text that stands for a value: variables, properties, placeholders, our own surrogates.

use super::super::text::is_surrogate_shaped;

/// A variable, a property, a placeholder or a surrogate: text that stands for a value.
pub(super) fn is_expression(value: &str) -> bool {
    let path = value
        .bytes()
        .all(|b| b.is_ascii_alphabetic() || matches!(b, b'.' | b'_' | b'-'));
    let dotted = path && value.contains(['.', '_']);
    dotted || is_variable(value) || is_placeholder(value) || is_surrogate_shaped(value)
}

/// `$NAME`, `${…}`, `$(…)`, `<…>`, `{…}`, `%(…)s`: filled in elsewhere.
pub(in crate::detect) fn is_variable(value: &str) -> bool {
    let name = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_';
    let shell = value
        .strip_prefix('$')
        .is_some_and(|rest| rest.bytes().all(name));
    shell
        || value.starts_with(['<', '{'])
        || value.starts_with("%(")
        || ["${", "$(", "{{"].iter().any(|open| value.contains(open))
}

/// Words that stand in examples and documentation.
pub(in crate::detect) fn is_placeholder(value: &str) -> bool {
    const INSIDE: &[&str] = &[
        "your",
        "example",
        "placeholder",
        "redacted",
        "xxxx",
        "****",
        "....",
        "••",
        "<",
        "dummy",
        "changeit",
        "todo",
        "1234567890abcdef",
    ];
    const WHOLE: &[&str] = &[
        "password",
        "passwd",
        "pwd",
        "pass",
        "secret",
        "token",
        "null",
        "none",
        "nil",
        "true",
        "false",
        "string",
        "required",
        "undefined",
        "optional",
        "test",
        "value",
        "hidden",
        "masked",
        "empty",
        "unset",
        "default",
        "title",
        "name",
    ];
    let lower = value.to_ascii_lowercase();
    // `password1` stands for one as `password` does.
    let stem = lower
        .strip_suffix(|c: char| c.is_ascii_digit())
        .unwrap_or(&lower);
    let about = lower.contains(' ') && (lower.contains("password") || lower.contains("密码"));
    WHOLE.contains(&stem)
        || about
        || INSIDE.iter().any(|word| lower.contains(word))
        || (lower.len() >= 3 && one_character(&lower))
}

fn one_character(value: &str) -> bool {
    let mut chars = value.chars();
    let first = chars.next();
    chars.all(|c| Some(c) == first)
}
