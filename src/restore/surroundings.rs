//! Tells whether the text stands inside a URL, a link or image target, or an HTML tag.
//!
//! A hostile reply can ask for an original inside an address that the client then fetches. The machine errs towards
//! "inside": an original that stays a surrogate is a nuisance, one that is sent out is a leak. It reads what browsers and
//! Markdown renderers read: any mix of slashes after a scheme, escaped brackets in targets, quotes in tags.

use super::html;

/// Longest beginning of an address that is remembered, in bytes.
const LONGEST_BEGINNING: usize = 512;

/// So many characters may a tag of an unknown name have: further on it was no tag (`a <b and c`).
const LONGEST_UNKNOWN_TAG: usize = 200;

/// Schemes that a browser follows without a slash behind them.
const SCHEMES: &[&str] = &[
    "http",
    "https",
    "ftp",
    "ftps",
    "ws",
    "wss",
    "file",
    "data",
    "blob",
    "javascript",
    "vbscript",
    "mailto",
    "view-source",
];

/// Quotes and brackets that end an address which they open.
const PAIRS: &[(char, char)] = &[
    ('"', '"'),
    ('\'', '\''),
    ('`', '`'),
    ('“', '”'),
    ('「', '」'),
    ('《', '》'),
    ('（', '）'),
    ('【', '】'),
];

/// Where in running text the next character stands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Surroundings {
    place: Place,
    /// The text since the last white space, or since the address began.
    beginning: String,
    /// Where in `beginning` the word (ASCII letters, digits, `+`, `-`, `.`) starts that is going on.
    word: usize,
    before: Option<char>,
    /// The line has held nothing yet but `[` and what follows it.
    label: bool,
    line_begun: bool,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Place {
    #[default]
    Prose,
    /// Two slashes were seen; the next character tells whether a host follows.
    Slashes,
    /// A URL, up to white space or this character.
    Url(Option<char>),
    /// Between the parentheses of `](…)` or `url(…)`: how many are open, and whether in `<…>`.
    Target {
        open: u16,
        angle: bool,
        escaped: bool,
    },
    /// After `[…]:` at the beginning of a line, and whether its first word has begun.
    Reference { begun: bool },
    /// The name of a tag, behind `<`.
    TagName,
    /// Behind the name: the quote that is open, and how many characters are left to an unknown tag.
    Tag {
        quote: Option<char>,
        left: Option<usize>,
    },
}

impl Surroundings {
    /// Whether an original must not be put in here.
    pub fn forbidden(&self) -> bool {
        !matches!(self.place, Place::Prose | Place::TagName)
    }

    /// As at the beginning of a text that clients may join to this one, or show as a line of its own.
    #[must_use]
    pub(super) fn joined(mut self) -> Self {
        self.line_begun = false;
        self
    }

    /// How the address began, up to here; `None` where that is longer than is remembered.
    pub(super) fn beginning(&self) -> Option<&str> {
        (self.beginning.len() < LONGEST_BEGINNING).then_some(&self.beginning)
    }

    /// Moves on past `text`: in prose, which is nearly all there is, past many characters at once.
    pub(super) fn advance_all(&mut self, text: &str) {
        let mut rest = text;
        while let Some(character) = rest.chars().next() {
            let open = matches!(self.before, Some('<' | '['));
            let dull = match self.place {
                Place::Prose if !open => dull_len(rest.as_bytes()),
                _ => 0,
            };
            let (run, behind) = rest
                .split_at_checked(dull.max(character.len_utf8()))
                .unwrap_or((rest, ""));
            rest = behind;
            if dull == 0 {
                self.advance(character);
            } else {
                self.pass(run);
            }
        }
    }

    /// Moves on past a run of dull characters in prose.
    fn pass(&mut self, run: &str) {
        let mut word = run;
        if let Some((_, last)) = run.rsplit_once(' ') {
            self.beginning.clear();
            (self.word, word) = (0, last);
        }
        let in_word = |byte: &u8| byte.is_ascii_alphanumeric() || b"+-".contains(byte);
        let going_on = word.bytes().rev().take_while(in_word).count();
        let (before, word) = word.split_at(word.len() - going_on);
        self.note(before);
        if !before.is_empty() {
            self.word = self.beginning.len();
        }
        self.note(word);
        self.line_begun |= run.bytes().any(|byte| byte != b' ');
        self.before = run.chars().next_back();
    }

    fn note(&mut self, text: &str) {
        if self.beginning.len() + text.len() < LONGEST_BEGINNING {
            self.beginning.push_str(text);
            return;
        }
        for character in text.chars() {
            if self.beginning.len() < LONGEST_BEGINNING {
                self.beginning.push(character);
            }
        }
    }

    /// Moves on by one character.
    pub(super) fn advance(&mut self, character: char) {
        self.place = match self.place {
            Place::Slashes if begins_host(character) => Place::Url(self.closing()),
            Place::Prose | Place::Slashes => self.within_prose(character),
            Place::Url(end) => within_url(end, character),
            Place::Target {
                open,
                angle,
                escaped,
            } => within_target(open, angle, escaped, character),
            Place::Reference { begun } => within_reference(begun, character),
            Place::TagName => self.within_tag_name(character),
            Place::Tag { quote, left } => within_tag(quote, left, character),
        };
        self.remember(character);
    }

    fn within_prose(&self, character: char) -> Place {
        match (self.before, character) {
            (Some(before), slash) if is_slash(before) && is_slash(slash) => Place::Slashes,
            (_, ':') if self.scheme() => Place::Url(self.closing()),
            (_, '.') if self.current_word() == "www" => Place::Url(self.closing()),
            (Some(']'), ':') if self.label => Place::Reference { begun: false },
            (Some(']'), '(') => target(),
            (_, '(') if self.current_word() == "url" => target(),
            (Some('<'), c) if c.is_ascii_alphabetic() => Place::TagName,
            _ => Place::Prose,
        }
    }

    fn within_tag_name(&self, character: char) -> Place {
        let name = self.beginning.rsplit('<').next().unwrap_or_default();
        match character {
            '>' => Place::Prose,
            ':' => Place::Url(Some('>')),
            c if c.is_ascii_whitespace() || c == '/' => {
                let known = html::is_element(name) || name.contains('-');
                Place::Tag {
                    quote: None,
                    left: (!known).then_some(LONGEST_UNKNOWN_TAG),
                }
            }
            c if c.is_ascii_alphanumeric() || c == '-' || c == '_' => Place::TagName,
            _ => Place::Prose,
        }
    }

    fn remember(&mut self, character: char) {
        if self.place == Place::Prose && character.is_whitespace() {
            self.beginning.clear();
        } else if self.beginning.len() < LONGEST_BEGINNING {
            self.beginning.push(character);
        }
        let in_word = character.is_ascii_alphanumeric() || "+-.".contains(character);
        if !in_word || self.beginning.is_empty() {
            self.word = self.beginning.len();
        }
        match character {
            '\n' => (self.label, self.line_begun) = (false, false),
            '[' if !self.line_begun => (self.label, self.line_begun) = (true, true),
            '^' if self.before == Some('[') => self.label = false,
            c if !c.is_whitespace() => self.line_begun = true,
            _ => {}
        }
        self.before = Some(character);
    }

    fn current_word(&self) -> &str {
        let word = self.beginning.get(self.word..).unwrap_or_default();
        if word.eq_ignore_ascii_case("www") {
            return "www";
        }
        if word.eq_ignore_ascii_case("url") {
            "url"
        } else {
            word
        }
    }

    fn scheme(&self) -> bool {
        let word = self.current_word();
        SCHEMES
            .iter()
            .any(|scheme| word.eq_ignore_ascii_case(scheme))
    }

    /// The character that ends an address which began with the current word: the partner of what stands before it.
    fn closing(&self) -> Option<char> {
        let before = self.beginning.get(..self.word)?.trim_end_matches(is_slash);
        let before = before
            .trim_end_matches(':')
            .trim_end_matches(|c: char| c.is_ascii_alphanumeric());
        let opening = before.chars().next_back()?;
        PAIRS
            .iter()
            .find(|(open, _)| *open == opening)
            .map(|(_, close)| *close)
    }
}

/// How many bytes stand before the first that is not dull.
fn dull_len(text: &[u8]) -> usize {
    let ends = |byte: &u8| !DULL.get(usize::from(*byte)).is_some_and(|dull| *dull);
    text.iter().position(ends).unwrap_or(text.len())
}

/// [`is_dull`] of every byte.
const DULL: [bool; 256] = {
    let mut dull = [false; 256];
    let (mut rest, mut byte) = (dull.as_mut_slice(), 0_u8);
    while let Some((first, others)) = rest.split_first_mut() {
        *first = is_dull(byte);
        (rest, byte) = (others, byte.wrapping_add(1));
    }
    dull
};

/// A byte of a character that changes nothing in prose, whatever stands before it but `<` and `[`: most of ASCII, and those of
/// which no slash and no white space has the first byte (U+4000 to U+9FFF).
const fn is_dull(byte: u8) -> bool {
    match byte {
        b'/' | b'\\' | b':' | b'.' | b'(' | b'<' | b'[' | b']' | b'^' => false,
        b' '..=b'~' | 0x80..=0xBF | 0xE4..=0xE9 => true,
        _ => false,
    }
}

const fn target() -> Place {
    Place::Target {
        open: 1,
        angle: false,
        escaped: false,
    }
}

fn within_url(end: Option<char>, character: char) -> Place {
    let over =
        character.is_whitespace() || matches!(character, '<' | '>') || end == Some(character);
    if over { Place::Prose } else { Place::Url(end) }
}

fn within_target(open: u16, angle: bool, escaped: bool, character: char) -> Place {
    let next = |open, angle| Place::Target {
        open,
        angle,
        escaped: false,
    };
    match character {
        _ if escaped => next(open, angle),
        '\\' => Place::Target {
            open,
            angle,
            escaped: true,
        },
        '<' => next(open, true),
        '>' => next(open, false),
        _ if angle => next(open, true),
        '(' => next(open.saturating_add(1), false),
        ')' if open <= 1 => Place::Prose,
        ')' => next(open - 1, false),
        _ => next(open, false),
    }
}

fn within_reference(begun: bool, character: char) -> Place {
    match (begun, character.is_whitespace()) {
        (true, true) => Place::Prose,
        (false, true) => Place::Reference { begun: false },
        (_, false) => Place::Reference { begun: true },
    }
}

fn within_tag(quote: Option<char>, left: Option<usize>, character: char) -> Place {
    let left = left.map(|left| left.saturating_sub(1));
    match (quote, character) {
        _ if left == Some(0) => Place::Prose,
        (None, '>') => Place::Prose,
        (None, '"' | '\'') => Place::Tag {
            quote: Some(character),
            left,
        },
        (Some(open), c) if open == c => Place::Tag { quote: None, left },
        _ => Place::Tag { quote, left },
    }
}

/// Browsers take a backslash for a slash, and fold full-width ones.
fn is_slash(character: char) -> bool {
    matches!(character, '/' | '\\' | '／' | '＼')
}

/// Behind two slashes: what a host, or more slashes, can begin with.
fn begins_host(character: char) -> bool {
    character.is_ascii_alphanumeric() || is_slash(character) || "[%_@.&".contains(character)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn forbidden(text: &str) -> bool {
        let mut place = Surroundings::default();
        text.chars().for_each(|c| place.advance(c));
        place.forbidden()
    }

    proptest::proptest! {
        #[test]
        fn a_text_at_once_is_its_characters_one_by_one(
            pieces in proptest::collection::vec(
                "([a-zA-Z0-9 +,.:/<>()\"'\\[\\]\n^-]|联系|，|／|\u{3000}|www|url|http|img){0,40}", 1..5,
            ),
            long in 0_usize..2,
        ) {
            let (mut at_once, mut one_by_one) = (Surroundings::default(), Surroundings::default());
            for piece in pieces.iter().chain([&"x联".repeat(long * 200)]).chain(&pieces) {
                at_once.advance_all(piece);
                piece.chars().for_each(|character| one_by_one.advance(character));
                proptest::prop_assert_eq!(format!("{at_once:?}"), format!("{one_by_one:?}"));
            }
        }
    }

    #[test]
    fn an_original_is_kept_out_of_every_kind_of_address() {
        let inside = [
            "see https://a.example/?q=",
            "see https:/a.example/?q=",
            "https:\\\\a.example/",
            "/\\a.example/",
            "https:／／a.example/?q=",
            "//a.example/",
            "www.a.example/?q=",
            "请访问https://a.example，联系",
            "https://a.example/?q=\"",
            "![x](http:a.example/?q=",
            "![x](a(b)",
            "![x](https://a.example/\\)?q=",
            "![x](<https://a.example/)?q=",
            "![x](\nhttp:a.example/?q=",
            "![x](\n/collect?q=",
            "[r]: http:a.example/?q=",
            "[r]: https:&#47;&#47;a.example/",
            "[r]:\n  /track?q=",
            "text\n[r]: https://a.example/?q=\"",
            "<img src=\"/",
            "<img alt=\">\" src=\"http:a.example/?q=",
            "<img\n\nsrc=\"http:a.example/?q=",
            "x<img src=",
            "<mailto:a@b.example?body=",
            "javascript:f('",
            "background:url(",
        ];
        for text in inside {
            assert!(forbidden(text), "{text}");
        }
        assert!(forbidden(&format!("<img {} src=", "x".repeat(5_000))));
    }

    #[test]
    fn prose_and_code_get_their_originals() {
        let outside = [
            "write to ",
            "see https://a.example/ and ",
            "[x](a) ",
            "<img src=x> ",
            "<",
            "a < b and ",
            "for (i=0;i<n;i++) send(\"",
            "// a comment about ",
            "//联系",
            "{\"url\":\"https://a.example\",\"name\":\"",
            "（https://a.example）联系",
            "[^1]: ",
            "name:",
            "[r]: https://a.example\n",
        ];
        for text in outside {
            assert!(!forbidden(text), "{text}");
        }
        assert!(!forbidden(&format!("if x <y and {}", "z ".repeat(200))));
    }
}
