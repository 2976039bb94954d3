//! What may stand between a label and its value.
//!
//! Knows punctuation and joining words of both languages; not values.

use super::super::text::{Chars, at, char_at, has_word, is_han, run};

/// Steps over joints; each is one run of punctuation or one word.
const MOST_STEPS: usize = 14;
/// Joining Han characters in all.
const MOST_HAN: usize = 6;
/// Joining English words in all.
const MOST_WORDS: usize = 4;
/// Longest remark in brackets behind a label, in bytes: `（必填）`.
const REMARK_BYTES: usize = 40;

/// Han characters that join a label to its value.
static HAN: Chars =
    Chars::of("是为号码个的上写着填即系如下改成叫做有在至到了我您你他她其本我就应该可能约共于");

/// English words that do.
const WORDS: &[&str] = &[
    "is",
    "was",
    "are",
    "be",
    "no",
    "number",
    "num",
    "nr",
    "code",
    "id",
    "the",
    "of",
    "on",
    "as",
    "to",
    "my",
    "your",
    "his",
    "her",
    "their",
    "a",
    "an",
    "string",
    "value",
    "text",
    "file",
    "new",
    "current",
    "listed",
    "shown",
    "identified",
    "reads",
    "in",
    "at",
    "for",
    "patient",
    "holder",
    "member",
];

/// The positions behind `from` at which a labelled value may begin, nearest first.
pub(super) fn places(text: &str, from: usize) -> impl Iterator<Item = usize> {
    let mut state = State {
        at: from,
        behind: None,
        steps: 0,
        han: 0,
        words: 0,
        lines: 0,
    };
    let mut first = true;
    std::iter::from_fn(move || {
        if std::mem::take(&mut first) {
            return Some(from);
        }
        state.step(text)
    })
}

struct State {
    at: usize,
    /// Where to go on if what an opened bracket holds is a remark.
    behind: Option<usize>,
    steps: usize,
    han: usize,
    words: usize,
    lines: usize,
}

impl State {
    /// Over one joint.
    fn step(&mut self, text: &str) -> Option<usize> {
        self.steps += 1;
        if let Some(behind) = self.behind.take() {
            self.at = behind;
            return Some(behind);
        }
        let c = char_at(text, self.at).filter(|_| self.steps <= MOST_STEPS)?;
        if c.is_ascii_alphabetic() {
            return self.word(text);
        }
        if is_han(c) {
            self.han += 1;
            self.at += c.len_utf8();
            return (HAN.has(c) && self.han <= MOST_HAN).then_some(self.at);
        }
        if OPENING.contains(&c) {
            self.behind = behind_remark(text, self.at);
            self.at += c.len_utf8();
            return Some(self.at);
        }
        self.joints(text)
    }

    /// Over a run of punctuation; a bracket or sign may open the value.
    fn joints(&mut self, text: &str) -> Option<usize> {
        let start = self.at;
        while let Some(c) = char_at(text, self.at).filter(|c| is_joint(*c)) {
            self.lines += usize::from(c == '\n');
            if self.lines > 1 || self.at - start > REMARK_BYTES {
                return None;
            }
            self.at += c.len_utf8();
            if char_at(text, self.at).is_some_and(|c| OPENING.contains(&c) || "-+".contains(c)) {
                break;
            }
        }
        (self.at > start).then_some(self.at)
    }

    fn word(&mut self, text: &str) -> Option<usize> {
        let end = run(text, self.at, 12, |b| b.is_ascii_alphabetic());
        self.words += 1;
        let joins = WORDS
            .iter()
            .any(|word| word.len() == end - self.at && has_word(text, self.at, word));
        self.at = end;
        (joins && self.words <= MOST_WORDS).then_some(end)
    }
}

/// Brackets that may open a value or a remark.
const OPENING: [char; 4] = ['(', '（', '[', '【'];

/// Behind the bracket at `i`, if what it holds is a remark: `（必填）`, not a value.
fn behind_remark(text: &str, i: usize) -> Option<usize> {
    let inside = i + char_at(text, i)?.len_utf8();
    let limit = text.floor_char_boundary(inside + REMARK_BYTES);
    let rest = text.get(inside..limit)?;
    let close = rest.find([')', '）', ']', '】', '\n'])?;
    let remark = rest.get(..close)?;
    let digits = remark.bytes().filter(u8::is_ascii_digit).count();
    let closing = char_at(text, inside + close)?;
    (digits < 4 && closing != '\n').then_some(inside + close + closing.len_utf8())
}

fn is_joint(c: char) -> bool {
    static MARKS: Chars =
        Chars::of(":：=＝\"'`“”‘’「」『』（）()《》[]【】{}<>#|.*_~、,，;；\\-—–→>&/");
    MARKS.has(c) || c.is_whitespace()
}

/// Over white space and opening quotation marks.
pub(super) fn blanks(text: &str, from: usize) -> usize {
    let rest = text.get(from..).unwrap_or_default();
    from + rest
        .chars()
        .take(16)
        .take_while(|c| c.is_whitespace() || "\"'“‘(（".contains(*c))
        .map(char::len_utf8)
        .sum::<usize>()
}

/// Where a value near behind a word must have begun: in the same sentence and line.
pub(super) fn reach(text: &str, from: usize, chars: usize) -> usize {
    let rest = text.get(from..).unwrap_or_default();
    let ends = |(i, c): &(usize, char)| match c {
        '\n' | '。' | '；' | '!' | '！' | '?' | '？' => true,
        '.' | ';' => at(rest, i + 1) == b' ',
        _ => false,
    };
    let mut last = 0;
    for (i, c) in rest.char_indices().take(chars + 1) {
        last = i;
        if ends(&(i, c)) {
            break;
        }
    }
    from + last
}

/// Whether a gap is what stands between the name of a field and its value.
pub(super) fn is_field(gap: &str) -> bool {
    let gap = gap.trim_start_matches([' ', '"', '\'', '*', '）', ')', '】', ']', '号', '码', '*']);
    gap.starts_with([':', '：', '=', '|', '\t', '为', '是', '—', '–'])
}

/// Whether a gap ties a value to the word behind it: nothing, a bracket, `是我的`, ` is my `.
pub(super) fn joins_back(gap: &str) -> bool {
    const JOINS: &[&str] = &[
        "is", "my", "the", "our", "his", "her", "their", "as", "a", "年",
    ];
    let words = gap
        .split(|c: char| !c.is_ascii_alphabetic())
        .filter(|word| !word.is_empty());
    let mut rest = gap.chars().filter(|c| !c.is_ascii_alphabetic());
    words
        .into_iter()
        .all(|word| JOINS.iter().any(|join| join.eq_ignore_ascii_case(word)))
        && rest.all(|c| " 　(（是我的为他她其这-".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_begin_behind_joints() {
        for (text, label, value) in [
            ("护照号：E1", "护照号", "E1"),
            ("护照号码（必填）：E1", "护照号码", "E1"),
            ("护照号(E1)", "护照号", "E1"),
            ("passport no. is E1", "passport", "E1"),
            ("\"passport\": \"E1\"", "\"passport", "E1"),
            ("护照号\nE1", "护照号", "E1"),
            ("护照 | E1", "护照", "E1"),
            ("护照的号码是E1", "护照", "E1"),
        ] {
            let place = text.find(value).unwrap();
            assert!(places(text, label.len()).any(|at| at == place), "{text}");
        }
        assert!(!places("护照 很久以前 E1", 6).any(|at| at > 12));
    }
}
