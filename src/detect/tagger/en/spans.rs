//! From each token's shares of the labels to names and addresses in the text.
//!
//! Labels are added up to kinds, tokens to words; words that stand together make a name or an address (`postal`), as far as
//! `sift` lets them. Refuses to know: the model.

use super::super::Tag;
use super::super::wordpiece::Token;
use super::{postal, sift};
use crate::base::{EntityType, Span};

/// A word of which the model gives a kind a smaller share is none.
const LEAST_SHARE: f32 = 0.35;
/// A word beside a name needs less to be part of it.
const LEAST_BESIDE: f32 = 0.1;

/// What labels are added up to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Given,
    Surname,
    Street,
    Place,
    Zip,
}

impl Kind {
    const ALL: [Self; 5] = [
        Self::Given,
        Self::Surname,
        Self::Street,
        Self::Place,
        Self::Zip,
    ];

    /// The kind of a label of the model, without `B-` or `I-`.
    fn of_label(label: &str) -> Option<Self> {
        Some(match label {
            "GIVEN_NAME" => Self::Given,
            "SURNAME" => Self::Surname,
            "BUILDING_NUMBER" | "STREET_NAME" | "SECONDARY_ADDRESS" => Self::Street,
            "CITY" | "STATE" => Self::Place,
            "ZIP_CODE" => Self::Zip,
            _ => return None,
        })
    }
}

/// Which kind each label is of, and the entity types of kinds.
#[derive(Debug)]
pub(super) struct Kinds {
    labels: Vec<Option<Kind>>,
    person: EntityType,
    address: EntityType,
    place: EntityType,
}

/// One word and how much of it is what.
#[derive(Debug, Clone, Copy)]
pub(super) struct Word {
    pub(super) span: Span,
    pub(super) shares: [f32; 5],
}

impl Word {
    /// The share of a person's name.
    pub(super) fn person(&self) -> f32 {
        let [given, surname, ..] = self.shares;
        given + surname
    }

    /// The share of an address or a place.
    pub(super) fn postal(&self) -> f32 {
        let [_, _, street, place, zip] = self.shares;
        street + place + zip
    }

    /// The share of a street or a postcode.
    pub(super) fn street(&self) -> f32 {
        let [_, _, street, _, zip] = self.shares;
        street + zip
    }

    fn is_surname(&self) -> bool {
        let [given, surname, ..] = self.shares;
        surname > given
    }
}

impl Kinds {
    /// From the labels in their order; `None` where none is of a kind.
    pub(super) fn new<'a>(labels: impl Iterator<Item = &'a str>) -> Option<Self> {
        let bare = |label: &'a str| label.get(2..).and_then(Kind::of_label);
        let labels: Vec<Option<Kind>> = labels.map(bare).collect();
        labels.iter().any(Option::is_some).then_some(Self {
            labels,
            person: EntityType::named("PERSON")?,
            address: EntityType::named("ADDRESS")?,
            place: EntityType::named("PLACE")?,
        })
    }

    /// The tags of a text whose tokens have these shares.
    pub(super) fn tags(&self, text: &str, tokens: &[Token], shares: &[f32]) -> Vec<Tag> {
        let words = self.words(tokens, shares);
        let mut out: Vec<Tag> = postal::groups(text, &words)
            .into_iter()
            .map(|group| Tag {
                span: group.span,
                entity: if group.street {
                    self.address
                } else {
                    self.place
                },
                score: group.score,
            })
            .collect();
        let people = self.people(text, &words);
        let free = |tag: &Tag| !out.iter().any(|other| other.span.overlaps(tag.span));
        let people: Vec<Tag> = people.into_iter().filter(free).collect();
        out.extend(people);
        out.sort_by_key(|tag| tag.span.start);
        out
    }

    /// The names of people.
    fn people(&self, text: &str, words: &[Word]) -> Vec<Tag> {
        let mut out: Vec<Tag> = Vec::new();
        let mut last: Option<&Word> = None;
        for (i, word) in words.iter().enumerate() {
            let beside = last.is_some_and(|last| continues(text, last, word));
            let score = score(text, word, beside);
            if score < if beside { LEAST_BESIDE } else { LEAST_SHARE } {
                continue;
            }
            match out.last_mut() {
                Some(tag) if beside => {
                    tag.span.end = word.span.end;
                    tag.score = tag.score.max(score);
                }
                _ => out.push(Tag {
                    span: Span::new(begins(text, words, i), word.span.end),
                    entity: self.person,
                    score,
                }),
            }
            last = Some(word);
        }
        out.into_iter().filter_map(|tag| whole(text, tag)).collect()
    }

    /// Words with the shares of the kinds: the mean of their tokens.
    fn words(&self, tokens: &[Token], shares: &[f32]) -> Vec<Word> {
        let mut out: Vec<(Word, u16)> = Vec::with_capacity(tokens.len());
        for (token, row) in tokens.iter().zip(shares.chunks(self.labels.len().max(1))) {
            let sums = self.sums(row);
            if let Some((word, count)) = out.last_mut().filter(|_| !token.first) {
                word.span.end = token.span.end;
                let all = word.shares.iter_mut().zip(sums);
                all.for_each(|(sum, more)| *sum += more);
                *count = count.saturating_add(1);
            } else {
                let span = token.span;
                out.push((Word { span, shares: sums }, 1));
            }
        }
        let mean = |(word, count): (Word, u16)| Word {
            shares: word.shares.map(|sum| sum / f32::from(count)),
            ..word
        };
        out.into_iter().map(mean).collect()
    }

    /// The share of each kind in one token's row.
    fn sums(&self, row: &[f32]) -> [f32; 5] {
        Kind::ALL.map(|kind| {
            let of_kind = self.labels.iter().zip(row);
            let of_kind = of_kind.filter(|(label, _)| **label == Some(kind));
            of_kind.map(|(_, share)| share).sum()
        })
    }
}

/// Whether a word goes on with the name that the last one ended: over a space, a hyphen, an initial's point, or the comma
/// between a surname and what is called by it.
fn continues(text: &str, last: &Word, next: &Word) -> bool {
    let gap = text.get(last.span.end..next.span.start).unwrap_or("\0");
    match gap {
        "" | " " | "-" | "." | ". " | "'" | "’" => true,
        ", " => last.is_surname() && !next.is_surname(),
        _ => is_initial_between(gap),
    }
}

/// How sure it is that a word is part of a person's name.
fn score(text: &str, word: &Word, beside: bool) -> f32 {
    let share = word.person();
    if share <= word.postal() || share < LEAST_BESIDE {
        return 0.0;
    }
    share * sift::name_factor(text, word.span, beside)
}

/// Where the name begins whose first sure word is this one: at the word before, over an initial, if the model sees a little
/// of a name in it.
fn begins(text: &str, words: &[Word], at: usize) -> usize {
    let Some(word) = words.get(at) else { return 0 };
    let before = words.get(..at).unwrap_or_default().iter().rev().take(3);
    let mut before = before.filter(|word| word.span.len() > 2);
    let likely = before.next().filter(|before| {
        let capital = before
            .span
            .slice(text)
            .is_some_and(|w| w.starts_with(char::is_uppercase));
        let score = score_of_share(text, before);
        capital && score >= LEAST_BESIDE / 2.0 && continues(text, before, word)
    });
    likely.map_or(word.span.start, |before| before.span.start)
}

fn score_of_share(text: &str, word: &Word) -> f32 {
    word.person() * sift::name_factor(text, word.span, false)
}

/// ` M. ` or ` K `, which the model may not have taken for part of the name.
fn is_initial_between(gap: &str) -> bool {
    let inner = gap.trim_matches(' ');
    let letter = inner.trim_end_matches('.');
    let capital = letter.len() == 1 && letter.starts_with(|c: char| c.is_ascii_uppercase());
    gap.starts_with(' ') && gap.ends_with(' ') && capital
}

/// A name with the initial and surname that go on after it; `None` for an initial alone.
fn whole(text: &str, mut tag: Tag) -> Option<Tag> {
    let name = tag.span.slice(text)?;
    let rest = text.get(tag.span.end..)?;
    let ends_initial = name.rsplit(' ').next().is_some_and(is_initial) && name.contains(' ');
    let over = if ends_initial {
        rest.len() - rest.trim_start_matches('.').trim_start_matches(' ').len()
    } else {
        initial_after(rest)
    };
    let surname = rest.get(over..)?;
    let inside = |c: &char| c.is_alphabetic() || matches!(c, '-' | '\'');
    let letters: usize = surname.chars().take_while(inside).map(char::len_utf8).sum();
    let word = surname.get(..letters)?;
    if (1..=4).contains(&over)
        && letters > 1
        && word.starts_with(char::is_uppercase)
        && !sift::is_plain(word)
    {
        tag.span.end += over + letters;
    }
    let name = tag.span.slice(text)?;
    let more = name.chars().filter(|c| c.is_alphabetic()).count() > 1;
    more.then_some(tag)
}

fn is_initial(word: &str) -> bool {
    word.len() == 1 && word.bytes().all(|b| b.is_ascii_uppercase())
}

/// The bytes of ` K. ` at the beginning of a text, or none.
fn initial_after(rest: &str) -> usize {
    match rest.as_bytes() {
        [b' ', b'A'..=b'Z', b'.', b' ', ..] => 4,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LABELS: [&str; 7] = [
        "O",
        "B-GIVEN_NAME",
        "I-GIVEN_NAME",
        "B-SURNAME",
        "B-CITY",
        "B-STREET_NAME",
        "B-BUILDING_NUMBER",
    ];

    /// Tokens from words with what the model takes them for; `|` parts a word's tokens.
    fn tags(marked: &str) -> Vec<(&'static str, String)> {
        let kinds = Kinds::new(LABELS.into_iter()).unwrap();
        let (mut text, mut tokens, mut shares) = (String::new(), Vec::new(), Vec::new());
        for bit in marked.split_inclusive(|c: char| !c.is_alphanumeric() && !"/|".contains(c)) {
            let bare = bit.trim_end_matches(|c: char| !c.is_alphanumeric());
            let (word, label) = bare.split_once('/').unwrap_or((bare, "0"));
            for (i, piece) in word
                .split('|')
                .enumerate()
                .filter(|(_, piece)| !piece.is_empty())
            {
                let span = Span::new(text.len(), text.len() + piece.len());
                tokens.push(Token {
                    id: 0,
                    span,
                    first: i == 0,
                });
                let label: usize = label.parse().unwrap();
                shares.extend((0..LABELS.len()).map(|i| if i == label { 0.94 } else { 0.01 }));
                text.push_str(piece);
            }
            text.push_str(bit.get(bare.len()..).unwrap());
        }
        let tags = kinds.tags(&text, &tokens, &shares);
        let read = |tag: &Tag| {
            (
                tag.entity.as_str(),
                tag.span.slice(&text).unwrap().to_owned(),
            )
        };
        tags.iter().map(read).collect()
    }

    #[test]
    fn words_become_names() {
        let cases: &[(&str, &[(&str, &str)])] = &[
            ("ask El|in/1 Lund/3 today", &[("PERSON", "Elin Lund")]),
            ("ask Elin/1 K. Lund/3", &[("PERSON", "Elin K. Lund")]),
            ("ask Elin/1 K. Lund today", &[("PERSON", "Elin K. Lund")]),
            ("ask Elin/1 K Lund/3", &[("PERSON", "Elin K Lund")]),
            ("Lund/3, Elin/1", &[("PERSON", "Lund, Elin")]),
            ("Elin/1, Tom/1", &[("PERSON", "Elin"), ("PERSON", "Tom")]),
            (
                "Elin/1 flew/3 to Oslo/4",
                &[("PERSON", "Elin"), ("PLACE", "Oslo")],
            ),
            (
                "at 12/6 Mill/5 Lane/5, Oslo/4",
                &[("ADDRESS", "12 Mill Lane, Oslo")],
            ),
            ("K/1 said", &[]),
            ("nobody here", &[]),
        ];
        for (marked, wanted) in cases {
            let wanted: Vec<_> = wanted.iter().map(|(k, t)| (*k, (*t).to_owned())).collect();
            assert_eq!(tags(marked), wanted, "{marked}");
        }
    }

    #[test]
    fn a_model_of_other_labels_is_none_of_ours() {
        assert!(Kinds::new(["O", "B-EMAIL"].into_iter()).is_none());
    }
}
