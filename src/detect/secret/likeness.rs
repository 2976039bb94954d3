//! Whether a value looks like a key or a password: how it varies, what it is made of, and what it stands for instead.
//!
//! Refuses to know: labels and what stands around a value.

use super::stands_for::{is_expression, is_placeholder};

/// Shortest key that a label gives away, in bytes.
pub(super) const SHORTEST_KEY: usize = 16;
/// Longest password, in bytes.
pub(super) const LONGEST_PASSWORD: usize = 128;
/// Least entropy of a key, in bits per byte: hexadecimal digits of 32 characters have 3.4 and more.
const LEAST_BITS: f32 = 3.0;
/// Share of usual letter pairs from which on a value reads like words: of random letters 1 in 100 reaches it.
const WORDY: f32 = 0.72;

/// Kinds of characters in a value.
#[derive(Debug, Clone, Copy)]
pub(super) struct Kinds {
    pub(super) lower: bool,
    pub(super) upper: bool,
    pub(super) digits: usize,
    pub(super) symbols: usize,
    pub(super) foreign: bool,
}

impl Kinds {
    pub(super) fn of(value: &str) -> Self {
        let mut kinds = Self {
            lower: false,
            upper: false,
            digits: 0,
            symbols: 0,
            foreign: false,
        };
        for b in value.bytes() {
            match b {
                b'a'..=b'z' => kinds.lower = true,
                b'A'..=b'Z' => kinds.upper = true,
                b'0'..=b'9' => kinds.digits += 1,
                b'_' | b'-' | b'.' | b'/' => {}
                _ if b.is_ascii_punctuation() => kinds.symbols += 1,
                _ => kinds.foreign |= !b.is_ascii(),
            }
        }
        kinds
    }

    pub(super) const fn letters(&self) -> bool {
        self.lower || self.upper
    }

    /// Letters together with digits or signs.
    pub(super) const fn mixed(&self) -> bool {
        self.letters() && (self.digits > 0 || self.symbols > 0)
    }
}

/// Whether a token is random enough for a key: letters and digits, no path, no UUID, no plain words.
pub(in crate::detect) fn is_key(token: &str) -> bool {
    let is = |b: u8| {
        b.is_ascii_alphanumeric()
            || matches!(
                b,
                b'_' | b'-'
                    | b'+'
                    | b'/'
                    | b'='
                    | b'.'
                    | b'~'
                    | b':'
                    | b'|'
                    | b'!'
                    | b'@'
                    | b'$'
                    | b'*'
                    | b'^'
                    | b'%'
            )
    };
    let kinds = Kinds::of(token);
    kinds.letters()
        && (kinds.digits >= 2
            || kinds.digits == 1 && token.len() >= 24
            || is_shuffled(token, &kinds))
        && token.bytes().all(is)
        && entropy(token) >= LEAST_BITS
        && wordiness(token) < WORDY
        && !is_path(token)
        && !is_uuid(token)
        && !token.contains("://")
        && !is_expression(token)
}

/// Letters of both cases without digits, in an order that no words have.
fn is_shuffled(token: &str, kinds: &Kinds) -> bool {
    kinds.digits == 0
        && kinds.lower
        && kinds.upper
        && token.len() >= 20
        && wordiness(token) < 0.55
        && token
            .bytes()
            .all(|b| b.is_ascii_alphabetic() || matches!(b, b'+' | b'/' | b'='))
}

/// The same for a token that no label gives away: longer, and of three kinds or of hexadecimal digits.
pub(super) fn is_sure_key(token: &str, shortest: usize) -> bool {
    let kinds = Kinds::of(token);
    let three = kinds.lower && kinds.upper && kinds.digits >= 2;
    let two = kinds.digits >= 4 && kinds.letters() && token.len() >= 24;
    token.len() >= shortest && (three || two) && is_key(token) && entropy(token) >= 3.3
}

/// Whether a token has small and capital letters and digits.
pub(super) fn three_kinds(token: &str) -> bool {
    let kinds = Kinds::of(token);
    kinds.lower && kinds.upper && kinds.digits >= 2
}

/// A path or a name of several parts: `a.b.c`, `/run/secrets/x1`, `my-long-name-2`.
pub(super) fn is_path(token: &str) -> bool {
    token.starts_with(['.', '/'])
        || token
            .split(['/', '.', '-', '_', ':'])
            .filter(|part| part.len() > 2 && part.bytes().all(|b| b.is_ascii_lowercase()))
            .count()
            >= 3
}

/// 8-4-4-4-12 hexadecimal digits (RFC 9562).
pub(super) fn is_uuid(token: &str) -> bool {
    let lens = token.split('-').map(str::len);
    lens.eq([8, 4, 4, 4, 12]) && token.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-')
}

/// Hexadecimal digits only.
pub(super) fn is_hex(token: &str) -> bool {
    token.bytes().all(|b| b.is_ascii_hexdigit())
}

/// Whether characters vary at all: not `xxxxxxxx`, not `00000000`.
pub(in crate::detect) fn is_varied(body: &str) -> bool {
    let mut seen = [false; 256];
    for b in body.bytes() {
        if let Some(slot) = seen.get_mut(usize::from(b)) {
            *slot = true;
        }
    }
    seen.iter().filter(|s| **s).count() >= 5 && !body.to_ascii_lowercase().contains("xxxx")
}

/// Shannon entropy in bits per byte.
pub(super) fn entropy(token: &str) -> f32 {
    let mut counts = [0u16; 256];
    for b in token.bytes() {
        if let Some(slot) = counts.get_mut(usize::from(b)) {
            *slot = slot.saturating_add(1);
        }
    }
    let len = token.len() as f32;
    counts
        .iter()
        .filter(|n| **n > 0)
        .map(|n| f32::from(*n) / len)
        .map(|p| -p * p.log2())
        .sum()
}

/// For each first letter the second letters, one bit each, of the 206 pairs that make 93 of 100 pairs in English
/// identifiers and documentation.
const PAIRS: [u32; 26] = [
    0x01e_b94e, 0x010_4a11, 0x01a_4d91, 0x014_4119, 0x1af_b87d, 0x012_4131, 0x006_0110, 0x008_4111,
    0x22e_f87f, 0x000_0010, 0x000_0010, 0x11c_4939, 0x004_d113, 0x01c_417d, 0x07e_fc0e, 0x11e_c911,
    0x010_0000, 0x11e_715d, 0x11c_c195, 0x11e_c195, 0x00e_b912, 0x000_0111, 0x000_4181, 0x008_8014,
    0x008_8000, 0x000_0010,
];

/// Share of a token's letter pairs that words have; hexadecimal digits read like nothing.
pub(super) fn wordiness(token: &str) -> f32 {
    let (mut pairs, mut usual) = (0_u16, 0_u16);
    let mut previous = 0;
    for b in token.bytes().take(512) {
        let hump = previous_is_lower(previous) && b.is_ascii_uppercase();
        if previous.is_ascii_alphabetic() && b.is_ascii_alphabetic() && !hump {
            pairs += 1;
            usual += u16::from(is_usual(previous, b));
        }
        previous = b;
    }
    if pairs < 4 || is_hex(token) {
        return 0.0;
    }
    f32::from(usual) / f32::from(pairs)
}

const fn previous_is_lower(b: u8) -> bool {
    b.is_ascii_lowercase()
}

fn is_usual(first: u8, second: u8) -> bool {
    let number = |b: u8| usize::from(b.to_ascii_lowercase().wrapping_sub(b'a'));
    PAIRS
        .get(number(first))
        .is_some_and(|row| row >> number(second) & 1 != 0)
}

/// Passwords without digits or signs that are used most; a sure label is enough for them.
const FREQUENT: &[&str] = &[
    "letmein",
    "welcome",
    "monkey",
    "dragon",
    "iloveyou",
    "qwerty",
    "qwertyuiop",
    "asdfgh",
    "zxcvbn",
    "admin",
    "root",
    "toor",
    "sunshine",
    "princess",
    "football",
    "master",
    "superman",
    "administrator",
    "postgres",
    "guest",
    "woaini",
];

/// Words that say something about a password instead of being one.
const ABOUT: &str = "\
required|invalid|incorrect|empty|missing|wrong|weak|strong|correct|optional|hidden|plain|encrypted|hashed|disabled|enabled|\
confirm|confirmation|reset|changed|expired|unchanged|unknown|input|number|field|label|button|email|username|login|user|current|\
basic|bearer|bcrypt|plaintext|database|keyring|prompt|static|dynamic|always|never|forgot|forgotten|update|create|delete|change|\
strength|generated|random|kennwort|passwort|passphrase|stdin|environment|protected|accepted|rejected|valid|object|column|varchar|\
session|local|public|private|system|manual|never|after|before|short|simple|cleartext|credential|credentials|crypt|rounds";

/// Whether a quoted word of a sure label is a password although it is made of letters only.
pub(super) fn is_plain_password(word: &str) -> bool {
    let kinds = Kinds::of(word);
    let mixed_case = kinds.lower && kinds.upper && word.len() >= 8 && wordiness(word) < 0.8;
    let small = word.len() >= 5
        && word.bytes().all(|b| b.is_ascii_lowercase())
        && !ABOUT.split('|').any(|about| about == word);
    FREQUENT.contains(&word) || small || mixed_case && word.bytes().all(|b| b.is_ascii_alphabetic())
}

/// What can't be a password whatever its characters are: it stands for one, or is an address, a path, a date.
pub(super) fn stands_for_another(value: &str) -> bool {
    is_expression(value)
        || is_placeholder(value)
        || value.contains("://")
        || is_type(value)
        || !is_balanced(value)
        || value.starts_with('/') && value.matches('/').count() > 1
        || value.starts_with("./")
        || value.starts_with("$argon2")
        || is_uuid(value)
}

/// Whether every bracket of a value that begins with one, or is closed by one, has its other half.
fn is_balanced(value: &str) -> bool {
    !value.starts_with('(') && value.matches('(').count() == value.matches(')').count()
}

/// `&str`, `a::B`, `TYPE_OF_CONSTANT_2`, `3i32`: a type, or a name or number of a program.
fn is_type(value: &str) -> bool {
    let letters = |rest: &str| {
        rest.bytes()
            .all(|b| b.is_ascii_alphabetic() || matches!(b, b'_' | b'&' | b'[' | b'\''))
    };
    let pointer = value
        .strip_prefix(['&', '*', '['])
        .is_some_and(|rest| letters(rest) || rest.contains('_'));
    let constant = value.matches('_').count() >= 2
        && value
            .bytes()
            .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
    let digits = value.trim_start_matches(|c: char| c.is_ascii_digit());
    let number = digits.len() < value.len()
        && [
            "i8", "u8", "i16", "u16", "i32", "u32", "i64", "u64", "usize", "isize", "px", "ms",
        ]
        .contains(&digits);
    let machine = value.starts_with("0x") || value.starts_with("__") || value.starts_with("&[");
    pointer || constant || number || machine || value.contains("::")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_no_keys() {
        for (token, key) in [
            ("q7ZxP2mK9vLw4RtY8sNb", true),
            ("9f86d081884c7d659a2feaa0c55ad015", true),
            ("wJalrXUtnFEMIK7MDENGbPxRfiCYzzK1", true),
            ("LxTqYmQzWkRvPhJdSgFbNcXs", true),
            ("getUserAccount2Information3", false),
            ("AbstractSingletonProxyFactoryBean", false),
            ("config/prod-eu-1/database2", false),
            ("8f14e45f-ceea-467f-a0e6-1a1b2c3d4e5f", false),
            ("aaaaaaaaaaaaaaaa1111", false),
        ] {
            assert_eq!(is_key(token), key, "{token}");
        }
    }

    #[test]
    fn random_letters_read_like_no_words() {
        assert!(wordiness("interpolationStrategyBuilder") > 0.8);
        assert!(wordiness("hQzXkVbJwRtPqLmYcGd") < 0.4);
        assert!(wordiness("deadbeefcafe").abs() < f32::EPSILON);
    }
}
