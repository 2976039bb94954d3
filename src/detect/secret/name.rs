//! The name that a label is part of: `next_page_token`, `PASSWORD_MIN_LENGTH`, `acmeApiKey`.

use super::super::cue::{Hit, is_word};
use super::super::text::{before, run, run_back};
use std::sync::LazyLock;

/// Whether a key measures something: `password_max_age`, `pin_length`.
pub(in crate::detect) fn is_measure(key: &str) -> bool {
    const WORDS: &str = "\
length|len|min|max|age|day|hour|minute|second|expiry|expires|expiration|ttl|timeout|\
count|limit|size|retries|attempt|round|cost|iteration|version|strength|score|\
at least|长度|位数|次数|天数|有效期|至少|不少于";
    let lower = key.to_ascii_lowercase();
    WORDS.split('|').any(|word| {
        lower
            .match_indices(word)
            .any(|(at, _)| is_word(key, at, at + word.len()))
    })
}

/// The name that a label is part of: `before` it, and the `tail` behind.
#[derive(Debug)]
pub(super) struct Name<'a> {
    before: &'a str,
    tail: &'a str,
    /// The name has more words than the label.
    pub(super) compound: bool,
    /// It stands behind `::`.
    part_of_path: bool,
    /// Where the name ends.
    pub(super) end: usize,
}

impl<'a> Name<'a> {
    /// The name around a label.
    pub(super) fn around(text: &'a str, hit: Hit) -> Self {
        let is = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
        let start = run_back(text, hit.start, 32, is);
        let ends = run(text, hit.end, 24, is);
        let glued = before(text, hit.end).is_ascii_alphanumeric();
        let before = text.get(start..hit.start).unwrap_or_default();
        Self {
            before,
            tail: if glued {
                text.get(hit.end..ends).unwrap_or_default()
            } else {
                ""
            },
            compound: glued && !before.trim_matches(['-', '_']).is_empty(),
            part_of_path: text.get(..start).is_some_and(|head| head.ends_with("::")),
            end: if glued { ends } else { hit.end },
        }
    }

    /// Of a JSON key, whose words are one label.
    pub(super) const fn of_key() -> Self {
        Self {
            before: "",
            tail: "",
            compound: true,
            part_of_path: false,
            end: 0,
        }
    }

    /// Letters that chance put into a random token.
    fn is_random(&self) -> bool {
        self.tail.len() >= 12
            && self.tail.bytes().any(|b| b.is_ascii_digit())
            && !self.tail.contains(['_', '-'])
    }

    /// Whether the rest of the name says that the value is no secret: `token_count`, `next_page_token`, `public_key`.
    pub(super) fn says_otherwise(&self) -> bool {
        let last = words_of(self.before).last();
        last.is_some_and(|word| is_one_of(word, &OTHERS_BEFORE))
            || self.part_of_path
            || self.is_random()
            || words_of(self.tail).any(|word| is_one_of(word, &OTHERS_BEHIND))
    }
}

/// Words right before a label whose value is no secret.
static OTHERS_BEFORE: LazyLock<Vec<&str>> = LazyLock::new(|| {
    let words = "\
page|next|cursor|continuation|sync|public|pub|publishable|cache|primary|foreign|\
partition|sort|row|object|lookup|idempotency|dedup|hash|index|translation|storage|\
no|disable|disabled|forgot|use|max|min|num|host";
    words.split('|').collect()
});

/// Words behind such a label.
static OTHERS_BEHIND: LazyLock<Vec<&str>> = LazyLock::new(|| {
    let words = "\
name|names|path|file|filename|url|uri|type|types|count|counts|length|len|size|hash|\
hashes|digest|fingerprint|version|arn|field|column|label|hint|policy|expires|expiry|\
expiration|ttl|age|limit|list|set|map|index|error|status|usage|prefix|suffix|regex|\
pattern|format|ref|reset|endpoint|location|dir";
    words.split('|').collect()
});

fn is_one_of(word: &str, words: &[&str]) -> bool {
    words.iter().any(|one| one.eq_ignore_ascii_case(word))
}

/// The words of `snake_case`, `kebab-case` and `camelCase`.
fn words_of(name: &str) -> impl Iterator<Item = &str> {
    name.split(['_', '-'])
        .flat_map(|part| {
            let mut previous = 0_u8;
            let hump = move |c: char| {
                let hump = previous.is_ascii_lowercase() && c.is_ascii_uppercase();
                previous = c as u8;
                hump
            };
            let cut = part.find(hump).unwrap_or(part.len());
            let (head, rest) = part.split_at_checked(cut).unwrap_or((part, ""));
            [head, rest]
        })
        .filter(|word| !word.is_empty())
}
