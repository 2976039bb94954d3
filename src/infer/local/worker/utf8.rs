//! Bytes of tokens to text: a character that several tokens make up is held back until it is whole.

/// Turns a stream of bytes into text.
#[derive(Debug, Default)]
pub(super) struct Utf8 {
    held: Vec<u8>,
}

impl Utf8 {
    /// Takes the bytes of the next token and gives the text that is now whole.
    ///
    /// A byte that can't be part of any character becomes U+FFFD, as in [`String::from_utf8_lossy`].
    pub(super) fn push(&mut self, bytes: &[u8]) -> String {
        self.held.extend_from_slice(bytes);
        let mut text = String::with_capacity(self.held.len());
        let mut rest = Vec::new();
        let mut chunks = self.held.utf8_chunks().peekable();
        while let Some(chunk) = chunks.next() {
            text.push_str(chunk.valid());
            if chunk.invalid().is_empty() {
                continue;
            }
            if chunks.peek().is_none() && may_go_on(chunk.invalid()) {
                rest = chunk.invalid().to_vec();
            } else {
                text.push(char::REPLACEMENT_CHARACTER);
            }
        }
        self.held = rest;
        text
    }

    /// What is left at the end: nothing, or one U+FFFD for a character that never became whole.
    pub(super) fn finish(&mut self) -> String {
        String::from_utf8_lossy(&std::mem::take(&mut self.held)).into_owned()
    }
}

/// Whether these bytes are the beginning of a character, as opposed to bytes that no character holds.
fn may_go_on(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_err_and(|error| error.error_len().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_cut_gives_the_same_text() {
        let text = "né 居民身份证 🦀 end";
        for size in 1..=5 {
            let mut utf8 = Utf8::default();
            let mut out = String::new();
            for bytes in text.as_bytes().chunks(size) {
                let piece = utf8.push(bytes);
                assert!(
                    !piece.contains(char::REPLACEMENT_CHARACTER),
                    "cut at {size}"
                );
                out.push_str(&piece);
            }
            out.push_str(&utf8.finish());
            assert_eq!(out, text, "cut at {size}");
        }
    }

    #[test]
    fn a_partial_character_waits_and_a_broken_one_is_replaced() {
        let mut utf8 = Utf8::default();
        assert_eq!(utf8.push(&[b'a', 0xe5, 0xb1]), "a");
        assert_eq!(utf8.push(&[0x85, b'b']), "居b");
        assert_eq!(utf8.push(&[0xff, b'c']), "\u{fffd}c");
        assert_eq!(utf8.push(&[0xe5]), "");
        assert_eq!(utf8.push(b"d"), "\u{fffd}d");
        assert_eq!(utf8.push(&[0xf0, 0x9f]), "");
        assert_eq!(utf8.finish(), "\u{fffd}");
        assert_eq!(utf8.finish(), "");
    }
}
