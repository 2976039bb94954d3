//! Reads what the escapes of a JSON document stand for, character by character.
//!
//! A link may be written `https:\u002f\u002f…`, an attribute `src=\"…`, and a line break before a word as `\n`: what stands
//! around a surrogate is told from the characters that a reader of the JSON gets.

/// Where in an escape the next character stands.
#[derive(Debug, Clone, Default)]
pub(super) enum Unescape {
    /// In none.
    #[default]
    Plain,
    /// After backslashes; at any depth of escaping they are one run.
    Backslashes,
    /// In the four digits of `\uXXXX`.
    Code { digits: u8, value: u32 },
}

impl Unescape {
    /// Moves on by one character and gives the one that is now complete, if any. Half of a pair of codes is U+FFFD.
    pub(super) fn advance(&mut self, character: char) -> Option<char> {
        match (std::mem::take(self), character) {
            (Self::Plain | Self::Backslashes, '\\') => {
                *self = Self::Backslashes;
                None
            }
            (Self::Backslashes, 'u') => {
                *self = Self::Code {
                    digits: 0,
                    value: 0,
                };
                None
            }
            (Self::Backslashes, 'n' | 'r') => Some('\n'),
            (Self::Backslashes, 't' | 'b' | 'f') => Some('\t'),
            (Self::Code { digits, value }, _) => {
                let Some(digit) = character.to_digit(16) else {
                    return Some(character);
                };
                let (digits, value) = (digits + 1, value * 16 + digit);
                if digits == 4 {
                    return Some(char::from_u32(value).unwrap_or(char::REPLACEMENT_CHARACTER));
                }
                *self = Self::Code { digits, value };
                None
            }
            _ => Some(character),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_read_at_any_depth() {
        for (text, expected) in [
            ("abc 张", "abc 张"),
            (r"a\nb\tc", "a\nb\tc"),
            (r#"src=\"x\" a\/b"#, r#"src="x" a/b"#),
            (r"https:\u002f\u002F", "https://"),
            (r"\\u5F20\\\\n", "张\n"),
            (r"\ud83d\ude00!", "\u{FFFD}\u{FFFD}!"),
            (r"\u00zz", "zz"),
            ("\\", ""),
        ] {
            let mut state = Unescape::default();
            let read: String = text.chars().filter_map(|c| state.advance(c)).collect();
            assert_eq!(read, expected, "{text}");
        }
    }
}
