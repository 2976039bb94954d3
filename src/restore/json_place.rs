//! Follows a JSON document that arrives in pieces as text: how deep in strings, and under which path.
//!
//! Tool arguments are JSON inside a JSON string, and a value in them may be JSON again. What is put in must be escaped
//! once for each string that is open. Each level of escaping doubles the backslashes before a quote and adds one, so the
//! trailing one-bits of their number tell the level of the string that the quote opens or closes; a level above the
//! first is believed only where the string around it began with `{` or `[`.

/// Longest key that is remembered, in bytes; a longer one is no name that a policy could hold.
const LONGEST_KEY: usize = 256;

/// Deepest nesting of objects and arrays that is followed.
const DEEPEST: usize = 128;

/// Where in a JSON document the next character stands.
#[derive(Debug, Clone, Default)]
pub(super) struct JsonPlace {
    /// Strings that are open, outermost first; each says whether its content is JSON itself (unknown before its first character).
    open: Vec<Option<bool>>,
    backslashes: u32,
    nesting: Vec<Nest>,
    string: String,
}

#[derive(Debug, Clone)]
enum Nest {
    Object { key: String },
    Array,
}

impl JsonPlace {
    /// How many strings are open: so often must a value be escaped.
    pub(super) fn level(&self) -> usize {
        self.open.len()
    }

    /// The path of the value that stands here, such as `$.items[*].mail`.
    pub(super) fn path(&self) -> String {
        self.nesting
            .iter()
            .fold("$".to_owned(), |path, nest| match nest {
                Nest::Object { key } => path + "." + key,
                Nest::Array => path + "[*]",
            })
    }

    /// Moves on by one character.
    pub(super) fn advance(&mut self, character: char) {
        match character {
            '\\' => {
                self.backslashes += 1;
                self.mark_content(false);
                return self.remember(character);
            }
            '"' => self.quote(),
            _ => {
                self.mark_content(matches!(character, '{' | '['));
                if self.open.is_empty() {
                    self.structure(character);
                } else {
                    self.remember(character);
                }
            }
        }
        self.backslashes = 0;
    }

    fn quote(&mut self) {
        let level = self.backslashes.trailing_ones() as usize + 1;
        if level <= self.open.len() {
            self.open.truncate(level - 1);
        } else if level == self.open.len() + 1
            && self.open.last().is_none_or(|json| *json == Some(true))
        {
            self.open.push(None);
            if level == 1 {
                self.string.clear();
            }
        }
        if !self.open.is_empty() && level > 1 {
            self.remember('"');
        }
    }

    fn mark_content(&mut self, json: bool) {
        if let Some(content @ None) = self.open.last_mut() {
            *content = Some(json);
        }
    }

    fn remember(&mut self, character: char) {
        if self.string.len() < LONGEST_KEY {
            self.string.push(character);
        }
    }

    fn structure(&mut self, character: char) {
        match character {
            '{' if self.nesting.len() < DEEPEST => {
                self.nesting.push(Nest::Object { key: String::new() });
            }
            '[' if self.nesting.len() < DEEPEST => self.nesting.push(Nest::Array),
            '}' | ']' => drop(self.nesting.pop()),
            ':' => {
                if let Some(Nest::Object { key }) = self.nesting.last_mut() {
                    *key = std::mem::take(&mut self.string);
                }
            }
            _ => {}
        }
    }
}

/// Escapes `text` for standing inside a JSON string, `level` times over.
pub(super) fn escape(text: &str, level: usize) -> String {
    (0..level).fold(text.to_owned(), |text, _| {
        let quoted = serde_json::Value::from(text).to_string();
        quoted
            .get(1..quoted.len() - 1)
            .unwrap_or_default()
            .to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(text: &str) -> JsonPlace {
        let mut place = JsonPlace::default();
        text.chars().for_each(|c| place.advance(c));
        place
    }

    #[test]
    fn levels_and_paths_are_followed() {
        let cases = [
            (r#"{"name":""#, 1, "$.name"),
            (r#"{"name":"x","to":["#, 0, "$.to[*]"),
            (r#"{"name":"x","to":[{"mail":""#, 1, "$.to[*].mail"),
            (r#"{"body":"{\"mail\":\""#, 2, "$.body"),
            (r#"{"body":"{\"a\":\"[\\\""#, 3, "$.body"),
            (r#"{"body":"{\"a\":1}","b":""#, 1, "$.b"),
            (r#"{"note":"he said \"hi "#, 1, "$.note"),
            (r#"{"note":"he said \"hi\" twice","b":""#, 1, "$.b"),
            (r#"{"note":"\\","b":""#, 1, "$.b"),
        ];
        for (text, level, path) in cases {
            let place = after(text);
            assert_eq!(
                (place.level(), place.path().as_str()),
                (level, path),
                "{text}"
            );
        }
    }

    #[test]
    fn escaping_repeats_for_each_level() {
        assert_eq!(escape("a\"b\n", 0), "a\"b\n");
        assert_eq!(escape("a\"b\n", 1), r#"a\"b\n"#);
        assert_eq!(escape("a\"b", 2), r#"a\\\"b"#);
    }
}
