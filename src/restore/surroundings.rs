//! Tells whether the text stands inside a URL, a link or image target, or an HTML attribute.
//!
//! A hostile reply can ask for an original inside an address that the client then fetches. The machine errs towards
//! "inside": an original that stays a surrogate is a nuisance, one that is sent out is a leak.

/// Longest HTML tag that is believed to be one, in characters.
const LONGEST_TAG: usize = 2_000;

/// Where in running text the next character stands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Surroundings {
    place: Place,
    /// The last three characters in lower case, backslashes left out.
    last: [char; 4],
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Place {
    #[default]
    Prose,
    Url,
    /// Between the parentheses of `](…)` or `url(…)`, this many of them open.
    Target(u16),
    /// After `<` and a letter; `attributes` once its name is over.
    Tag {
        attributes: bool,
        seen: usize,
    },
}

impl Surroundings {
    /// Whether an original must not be put in here.
    pub(super) fn forbidden(&self) -> bool {
        matches!(
            self.place,
            Place::Url
                | Place::Target(_)
                | Place::Tag {
                    attributes: true,
                    ..
                }
        )
    }

    /// Moves on past `text`.
    pub(super) fn advance_all(&mut self, text: &str) {
        let mut rest = text;
        while let Some(character) = rest.chars().next() {
            let dull = self.dull(rest);
            let (step, after) = rest.split_at_checked(dull).unwrap_or((rest, ""));
            rest = after;
            if step.is_empty() {
                self.advance(character);
                rest = rest.get(character.len_utf8()..).unwrap_or_default();
            } else {
                self.remember(step);
            }
        }
    }

    /// How many bytes at the beginning of `text` lead nowhere from here.
    fn dull(&self, text: &str) -> usize {
        if self.place != Place::Prose || self.last[3] == '<' {
            return 0;
        }
        let telling = |byte| matches!(byte, b'/' | b'.' | b'(' | b'<');
        text.bytes().position(telling).unwrap_or(text.len())
    }

    /// Remembers the last characters of `text`.
    fn remember(&mut self, text: &str) {
        let known = self.last;
        let told = text.chars().rev().filter(|character| *character != '\\');
        let lower = told.map(|character| character.to_ascii_lowercase());
        let all = lower.chain(known.into_iter().rev());
        self.last
            .iter_mut()
            .rev()
            .zip(all)
            .for_each(|(at, character)| *at = character);
    }

    /// Moves on by one character.
    pub(super) fn advance(&mut self, character: char) {
        self.place = match self.place {
            Place::Url if ends_url(character) => Place::Prose,
            Place::Url => Place::Url,
            Place::Target(open) => within_target(open, character),
            Place::Tag { attributes, seen } => self.within_tag(attributes, seen, character),
            Place::Prose => self.within_prose(character),
        };
        if character != '\\' {
            let [_, b, c, d] = self.last;
            self.last = [b, c, d, character.to_ascii_lowercase()];
        }
    }

    fn within_prose(&self, character: char) -> Place {
        match (self.last, character) {
            ([.., '/'], '/') | ([.., 'w', 'w', 'w'], '.') => Place::Url,
            ([.., ']'] | [.., 'u', 'r', 'l'], '(') => Place::Target(1),
            ([.., '<'], c) if c.is_ascii_alphabetic() => Place::Tag {
                attributes: false,
                seen: 1,
            },
            _ => Place::Prose,
        }
    }

    fn within_tag(&self, attributes: bool, seen: usize, character: char) -> Place {
        let blank_line = character == '\n' && self.last[3] == '\n';
        if character == '>' || seen > LONGEST_TAG || blank_line {
            return Place::Prose;
        }
        let attributes = attributes || character.is_ascii_whitespace() || character == '/';
        Place::Tag {
            attributes,
            seen: seen + 1,
        }
    }
}

fn within_target(open: u16, character: char) -> Place {
    match character {
        '(' => Place::Target(open.saturating_add(1)),
        ')' if open <= 1 => Place::Prose,
        ')' => Place::Target(open - 1),
        '\n' => Place::Prose,
        _ => Place::Target(open),
    }
}

fn ends_url(character: char) -> bool {
    character.is_whitespace() || "<>\"`，。；！？、）】》」』“”".contains(character)
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn a_text_at_once_is_its_characters_one_by_one(
            pieces in proptest::collection::vec("(\\\\|<|a|W|w|/|\\.|\\(|\\)|\\]|url|>| |\n|张|www){0,9}", 0..6),
        ) {
            let (mut at_once, mut one_by_one) = (Surroundings::default(), Surroundings::default());
            for piece in &pieces {
                at_once.advance_all(piece);
                piece.chars().for_each(|character| one_by_one.advance(character));
                proptest::prop_assert_eq!(&at_once, &one_by_one);
            }
        }
    }

    #[test]
    fn addresses_are_told_from_prose() {
        let cases = [
            ("write to ", false),
            ("see https://a.example/?q=", true),
            ("see https://a.example/ and ", false),
            ("see https:\\/\\/a.example/?q=", true),
            ("![x](http:a.example/?q=", true),
            ("![x](a(b)", true),
            ("[x](a) ", false),
            ("<img src=\"/", true),
            ("<img src=x> ", false),
            ("<", false),
            ("a < b and ", false),
            ("请访问https://a.example，联系", false),
            ("www.a.example/?q=", true),
            ("background:url(", true),
            ("// a comment about ", false),
            ("//a.example/", true),
        ];
        for (text, forbidden) in cases {
            let mut place = Surroundings::default();
            text.chars().for_each(|c| place.advance(c));
            assert_eq!(place.forbidden(), forbidden, "{text}");
        }
    }
}
