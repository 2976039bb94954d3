//! Follows a JSON document that arrives in pieces as text: which string is open, under which key, and what each character
//! means there.
//!
//! A string may hold a document again; its quotes have more backslashes before them. Their number tells the level of the
//! string that a quote opens or closes (none: 1, one: 2, three: 3, seven: 4), and a level above the first is believed
//! only where the string around it began with `{` or `[`. Text that is no JSON at all is followed as if it were.

/// Longest key that is remembered, in bytes.
const LONGEST_KEY: usize = 128;

/// Deepest nesting of objects and arrays that is followed.
const DEEPEST: usize = 128;

/// Most strings inside strings.
const MOST_LEVELS: usize = 5;

/// Where in a JSON document the next character stands.
pub(super) struct Place {
    /// The document, and the strings that are open, outermost first.
    levels: Vec<Level>,
    backslashes: u32,
    escape: Escape,
}

#[derive(Default)]
struct Level {
    /// Whether it is a document: the outermost is, a string is where it begins so. Not known of an empty string.
    document: Option<bool>,
    /// Whether it is a key.
    is_key: bool,
    /// What is open in the document: objects, and not objects.
    nests: Vec<bool>,
    /// The next string is a key.
    key_next: bool,
    /// The key that was read last, and the one that holds.
    last: String,
    key: String,
}

/// What of an escape was read.
#[derive(Debug, Clone, Copy, Default)]
enum Escape {
    #[default]
    None,
    Backslash,
    Unicode {
        digits: u8,
        value: u32,
    },
}

/// What a character is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// A quote that opens or closes a string.
    Border,
    /// Inside one, or between them; the character that is meant, where it ends one.
    Inside(Option<char>),
}

impl Default for Place {
    fn default() -> Self {
        let document = Level {
            document: Some(true),
            ..Level::default()
        };
        Self {
            levels: vec![document],
            backslashes: 0,
            escape: Escape::None,
        }
    }
}

impl Place {
    /// The key under which the text stands that is read now.
    pub(super) fn key(&self) -> Option<&str> {
        let last = self.levels.last()?;
        (!last.is_key && !last.key.is_empty()).then_some(&last.key)
    }

    /// The quote that opens a string here, where strings may be opened.
    pub(super) fn quote(&self) -> Option<String> {
        let depth = self.levels.len().saturating_sub(1).min(MOST_LEVELS);
        self.is_between()
            .then(|| "\\".repeat((1_usize << depth) - 1) + "\"")
    }

    /// Whether the text stands between the strings of an object or an array.
    pub(super) fn is_between(&self) -> bool {
        let last = self.levels.last();
        last.is_some_and(|last| last.document == Some(true) && !last.nests.is_empty())
    }

    /// Moves on by one character.
    pub(super) fn advance(&mut self, c: char) -> Step {
        let open = self.levels.len() - 1;
        if c == '"' {
            let level = self.backslashes.trailing_ones() as usize + 1;
            if self.quote_at(level, open) {
                (self.backslashes, self.escape) = (0, Escape::None);
                return Step::Border;
            }
        }
        self.backslashes = if c == '\\' { self.backslashes + 1 } else { 0 };
        if let Some(last) = self.levels.last_mut() {
            last.document.get_or_insert(matches!(c, '{' | '['));
        }
        let meant = self.meant(c, open);
        if let Some(meant) = meant {
            self.take(meant);
        }
        Step::Inside(meant)
    }

    /// Whether a quote of this level opens or closes a string.
    fn quote_at(&mut self, level: usize, open: usize) -> bool {
        if level <= open {
            self.levels.truncate(level);
            return true;
        }
        let Some(last) = self.levels.last_mut() else {
            return false;
        };
        if level != open + 1 || last.document != Some(true) || level >= MOST_LEVELS {
            return false;
        }
        let string = Level {
            is_key: last.key_next,
            key: last.key.clone(),
            ..Level::default()
        };
        if last.key_next {
            last.last.clear();
        }
        self.levels.push(string);
        true
    }

    /// The character that is meant. In a string inside a string several backslashes are one escape of the inner one.
    fn meant(&mut self, c: char, open: usize) -> Option<char> {
        if open == 0 {
            return Some(c);
        }
        match (std::mem::take(&mut self.escape), c) {
            (Escape::Backslash, '\\') if open > 1 => self.escape = Escape::Backslash,
            (Escape::None, '\\') => self.escape = Escape::Backslash,
            (Escape::Backslash, 'u') => {
                self.escape = Escape::Unicode {
                    digits: 0,
                    value: 0,
                }
            }
            (Escape::Backslash, 'n' | 'r') => return Some('\n'),
            (Escape::Backslash, 't' | 'b' | 'f') => return Some(' '),
            (Escape::None | Escape::Backslash, c) => return Some(c),
            (Escape::Unicode { digits, value }, c) => {
                let Some(digit) = c.to_digit(16) else {
                    return Some(char::REPLACEMENT_CHARACTER);
                };
                let value = value * 16 + digit;
                if digits == 3 {
                    return Some(char::from_u32(value).unwrap_or(char::REPLACEMENT_CHARACTER));
                }
                self.escape = Escape::Unicode {
                    digits: digits + 1,
                    value,
                };
            }
        }
        None
    }

    fn take(&mut self, c: char) {
        let Some((last, around)) = self.levels.split_last_mut() else {
            return;
        };
        if last.document == Some(true) {
            last.structure(c);
        } else if last.is_key
            && let Some(around) = around.last_mut()
            && around.last.len() < LONGEST_KEY
        {
            around.last.push(c);
        }
    }
}

impl Level {
    fn structure(&mut self, c: char) {
        match c {
            '{' | '[' if self.nests.len() < DEEPEST => {
                self.nests.push(c == '{');
                self.key_next = c == '{';
            }
            '}' | ']' => {
                self.nests.pop();
                self.key_next = false;
            }
            ',' => self.key_next = self.nests.last() == Some(&true),
            ':' if self.nests.last() == Some(&true) => {
                self.key = std::mem::take(&mut self.last);
                self.key_next = false;
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The texts of a document, with their keys; `|` parts what stands between strings.
    fn texts(json: &str) -> Vec<(String, String)> {
        let (mut place, mut all) = (Place::default(), Vec::new());
        let (mut text, mut key) = (String::new(), String::new());
        for c in json.chars() {
            match place.advance(c) {
                Step::Border => {
                    if place.levels.last().unwrap().document == Some(true) {
                        all.push((std::mem::take(&mut key), std::mem::take(&mut text)));
                    }
                    text.clear();
                }
                Step::Inside(meant) => {
                    text.extend(meant);
                    key = place.key().unwrap_or_default().to_owned();
                }
            }
        }
        all
    }

    #[test]
    fn strings_stand_under_their_keys() {
        let cases: [(&str, &[(&str, &str)]); 6] = [
            (
                r#"{"a":"x","b":["y","z"]}"#,
                &[("", "a"), ("a", "x"), ("", "b"), ("b", "y"), ("b", "z")],
            ),
            (r#"{"a":"\u5f20\"\n三"}"#, &[("", "a"), ("a", "张\"\n三")]),
            (
                r#"{"a":"he said \"hi\""}"#,
                &[("", "a"), ("a", "he said \"hi\"")],
            ),
            (
                r#"{"body":"{\"mail\":\"a\\u0041\",\"n\":[\"b\"]}","c":"d"}"#,
                &[
                    ("", "body"),
                    ("", "mail"),
                    ("mail", "aA"),
                    ("", "n"),
                    ("n", "b"),
                    ("", ""),
                    ("", "c"),
                    ("c", "d"),
                ],
            ),
            (r#"say "x" and"#, &[("", "x")]),
            (
                r#"{"a":"","b":"C:\\"}"#,
                &[("", "a"), ("", ""), ("", "b"), ("b", "C:\\")],
            ),
        ];
        for (json, expected) in cases {
            let texts = texts(json);
            let texts: Vec<_> = texts
                .iter()
                .map(|(k, t)| (k.as_str(), t.as_str()))
                .collect();
            for pair in expected.iter().filter(|(_, text)| !text.is_empty()) {
                assert!(texts.contains(pair), "{json}: {texts:?}");
            }
        }
    }

    #[test]
    fn quotes_are_as_deep_as_they_stand() {
        for (json, quote) in [
            (r#"{"a":"#, Some(r#"""#)),
            (r#"{"a":""#, None),
            (r#"{"a":"{\"b\":"#, Some(r#"\""#)),
            (r#"{"a":"{\"b\":\"[\\\"x\\\","#, Some(r#"\\\""#)),
            ("plain 12", None),
        ] {
            let mut place = Place::default();
            for c in json.chars() {
                place.advance(c);
            }
            assert_eq!(place.quote().as_deref(), quote, "{json}");
        }
    }
}
