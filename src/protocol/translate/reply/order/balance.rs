//! Tells when the JSON that comes in pieces is complete. Refuses to know: whether it is right.

/// How far one JSON object or array has come.
#[derive(Default)]
pub(super) struct Balance {
    depth: u64,
    begun: bool,
    in_string: bool,
    escaped: bool,
}

impl Balance {
    /// The next piece.
    pub(super) fn take(&mut self, text: &str) {
        for byte in text.bytes() {
            if self.in_string {
                self.string_byte(byte);
                continue;
            }
            match byte {
                b'"' => self.in_string = true,
                b'{' | b'[' => {
                    self.begun = true;
                    self.depth += 1;
                }
                b'}' | b']' => self.depth = self.depth.saturating_sub(1),
                _ => {}
            }
        }
    }

    fn string_byte(&mut self, byte: u8) {
        match byte {
            _ if self.escaped => self.escaped = false,
            b'\\' => self.escaped = true,
            b'"' => self.in_string = false,
            _ => {}
        }
    }

    /// Whether an object or array has begun and all that was opened is closed.
    pub(super) fn is_complete(&self) -> bool {
        self.begun && self.depth == 0 && !self.in_string
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn complete_is_what_closes_all_that_it_opened() {
        for (text, complete) in [
            ("", false),
            (" ", false),
            ("7", false),
            ("{", false),
            ("{}", true),
            ("[{}]", true),
            ("[{}", false),
            (r#"{"a":"}"#, false),
            (r#"{"a":"}"}"#, true),
            (r#"{"a":"\"}"#, false),
            (r#"{"a":"\\"}"#, true),
            (r#"{"a":"\\\""}"#, true),
            ("{\"a\":\"张三\"}\n", true),
        ] {
            for cut in (0..=text.len()).filter(|cut| text.is_char_boundary(*cut)) {
                let mut balance = Balance::default();
                let (before, after) = text.split_at(cut);
                balance.take(before);
                balance.take(after);
                assert_eq!(balance.is_complete(), complete, "{text} cut at {cut}");
            }
        }
    }
}
