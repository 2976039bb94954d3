//! What of a text a tagger is given: sentences of its script, and nothing else.
//!
//! Numbers, code, logs and other scripts cost nothing: a window begins and ends with the script's own characters, and a
//! long stretch without any parts two windows.

use super::{Script, latin};
use crate::base::Span;
use crate::detect::text::is_han;

/// So many other characters in a row end a Chinese window.
const HAN_GAP_CHARS: usize = 16;
/// A window of fewer characters of its script says nothing.
const LEAST_HAN: usize = 2;

/// The windows of a text, each at most `most_bytes` long, on character boundaries, in order.
pub(super) fn windows(text: &str, script: Script, most_bytes: usize) -> Vec<Span> {
    match script {
        Script::Han if text.bytes().any(|b| (0xE3..=0xE9).contains(&b)) => han(text, most_bytes),
        Script::Latin => latin::windows(text, most_bytes),
        Script::Han => Vec::new(),
    }
}

/// What ends a Chinese sentence.
const fn ends_sentence(c: char) -> bool {
    matches!(c, '。' | '！' | '？' | '；' | '\n' | '!' | '?' | ';' | '\r')
}

/// A window that grows.
#[derive(Default)]
struct Open {
    /// Where the first and behind the last character of the script stands.
    span: Option<Span>,
    own: usize,
    gap: usize,
}

fn han(text: &str, most_bytes: usize) -> Vec<Span> {
    let (mut all, mut open) = (Vec::new(), Open::default());
    let mut close = |open: &mut Open| {
        let closed = std::mem::take(open);
        let span = closed.span.filter(|_| closed.own >= LEAST_HAN);
        all.extend(span);
    };
    for (at, c) in text.char_indices() {
        let end = at + c.len_utf8();
        if open.span.is_some_and(|span| end - span.start > most_bytes) {
            close(&mut open);
        }
        if is_han(c) {
            let own = Span::new(at, end);
            open.span = Some(open.span.map_or(own, |span| span.union(own)));
            open.own += 1;
            open.gap = 0;
        } else if ends_sentence(c) {
            close(&mut open);
        } else {
            open.gap += 1;
            if open.gap > HAN_GAP_CHARS {
                close(&mut open);
            }
        }
    }
    close(&mut open);
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str, script: Script, most: usize) -> Vec<&str> {
        let spans = windows(text, script, most);
        spans.iter().map(|span| span.slice(text).unwrap()).collect()
    }

    #[test]
    fn only_sentences_of_the_script_are_read() {
        for (text, expected) in [
            ("", vec![]),
            ("no Chinese at all, 2026-11-24", vec![]),
            ("INFO 0.0.0.0:80 登录失败", vec!["登录失败"]),
            ("他来了。她走了！", vec!["他来了", "她走了"]),
            ("a 中 b", vec![]),
            ("第一 0123456789abcdef0123456789 第二", vec!["第一", "第二"]),
            ("第1个，第2个", vec!["第1个，第2个"]),
        ] {
            assert_eq!(of(text, Script::Han, 99), expected, "{text}");
        }
        assert!(of("他住在北京", Script::Latin, 99).is_empty());
        assert_eq!(
            of("x = [1, 2, 3];\nBut John", Script::Latin, 99),
            ["But John"]
        );
    }

    #[test]
    fn windows_are_never_too_long() {
        let han = "我们在这里等你".repeat(40);
        let latin = "Then John came to us. ".repeat(40);
        for most in [30, 64, 333] {
            for (text, script) in [(&han, Script::Han), (&latin, Script::Latin)] {
                let found = of(text, script, most);
                assert!(found.iter().all(|w| w.len() <= most), "{most}");
                let bytes: usize = found.iter().map(|w| w.trim().len()).sum();
                assert!(bytes * 10 > text.len() * 9, "{most}");
            }
        }
    }
}
