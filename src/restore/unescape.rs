//! Reads what the escapes of a JSON string mean, character by character, for whoever must know what a reader will see.

/// What of an escape was read.
#[derive(Debug, Clone, Default)]
pub(super) enum Unescape {
    /// None is going on.
    #[default]
    Plain,
    /// A backslash.
    Backslash,
    /// `\u` and so many of its four digits, as a number.
    Unicode { digits: u8, value: u32 },
}

impl Unescape {
    /// The character that is meant, once all of it was read. A half surrogate pair means U+FFFD. In a string inside a
    /// string (`nested`) several backslashes are one escape of the inner string.
    pub(super) fn next(&mut self, character: char, nested: bool) -> Option<char> {
        match (std::mem::take(self), character) {
            (Self::Backslash, '\\') if nested => {
                *self = Self::Backslash;
                None
            }
            (Self::Plain, '\\') => {
                *self = Self::Backslash;
                None
            }
            (Self::Backslash, 'u') => {
                *self = Self::Unicode {
                    digits: 0,
                    value: 0,
                };
                None
            }
            (Self::Backslash, 'n' | 'r') => Some('\n'),
            (Self::Backslash, 't' | 'b' | 'f') => Some(' '),
            (Self::Plain | Self::Backslash, _) => Some(character),
            (Self::Unicode { digits, value }, _) => {
                let value = value * 16 + character.to_digit(16)?;
                if digits == 3 {
                    return Some(char::from_u32(value).unwrap_or(char::REPLACEMENT_CHARACTER));
                }
                *self = Self::Unicode {
                    digits: digits + 1,
                    value,
                };
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_read_as_a_reader_sees_them() {
        let cases = [
            (false, r"plain", "plain"),
            (false, r"https:\/\/a", "https://a"),
            (false, r"\u003cimg\u0020", "<img "),
            (false, r#"say \"x\" \\ end"#, r#"say "x" \ end"#),
            (false, r"a\nb\tc", "a\nb c"),
            (false, r"a\\nb", r"a\nb"),
            (false, r"\ud83d!", "\u{FFFD}!"),
            (true, r"https:\\u002f\\/a", "https://a"),
            (true, r"a\\nb\\\\tc", "a\nb c"),
            (true, r#"\"x\\\"y"#, r#""x"y"#),
        ];
        for (nested, text, meant) in cases {
            let mut unescape = Unescape::default();
            let read = text.chars().filter_map(|c| unescape.next(c, nested));
            assert_eq!(read.collect::<String>(), meant, "{text}");
        }
    }
}
