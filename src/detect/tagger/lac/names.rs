//! From tags of characters to names.
//!
//! A word's first character has an even tag, its others the odd one after it (`tag.dic`: 16 `nr-B`, 17 `nr-I`, …).

use super::Types;
use super::network::Scores;
use crate::base::{EntityType, Span};
use crate::detect::tagger::Tag;

/// The tags of names' first characters: people, places, organisations.
const PERSON: u8 = 16;
const PLACE: u8 = 18;
const ORG: u8 = 20;

/// What is added to the scores of people's and places' tags: a name that is missed costs more than a word too many.
/// Half of MSRA's and CLUENER's missed characters are found by it.
const FAVOUR_PERSON: f32 = 0.5;
const FAVOUR_PLACE: f32 = 1.0;

/// Makes names likelier.
pub(super) fn favour(scores: &mut Scores) {
    let add = [(PERSON, FAVOUR_PERSON), (PLACE, FAVOUR_PLACE)];
    for (first, more) in add {
        for score in scores.iter_mut().skip(usize::from(first)).take(2) {
            *score += more;
        }
    }
}

/// A word that is being read.
struct Word {
    tag: u8,
    span: Span,
    /// The sum of its characters' likelihoods of being part of such a name, and how many they are.
    likely: f32,
    count: f32,
}

/// The words that are names, each with how likely its characters are part of one.
pub(super) fn names(window: &str, tags: &[u8], likely: &[Scores], types: &Types) -> Vec<Tag> {
    let (mut found, mut word) = (Vec::new(), None::<Word>);
    for (((start, character), tag), likely) in window.char_indices().zip(tags).zip(likely) {
        let span = Span::new(start, start + character.len_utf8());
        let at = |tag: u8| likely.get(usize::from(tag)).copied().unwrap_or(0.0);
        let first = *tag & !1;
        let likely = at(first) + at(first | 1);
        if let Some(word) = word.as_mut().filter(|word| *tag == word.tag | 1) {
            word.span = word.span.union(span);
            word.likely += likely;
            word.count += 1.0;
        } else {
            let begun = Word {
                tag: first,
                span,
                likely,
                count: 1.0,
            };
            found.extend(word.replace(begun).and_then(|word| word.name(types)));
        }
    }
    found.extend(word.and_then(|word| word.name(types)));
    found
}

impl Word {
    fn name(self, types: &Types) -> Option<Tag> {
        Some(Tag {
            span: self.span,
            entity: entity(self.tag, types)?,
            score: self.likely / self.count,
        })
    }
}

fn entity(tag: u8, types: &Types) -> Option<EntityType> {
    match tag {
        PERSON => Some(types.person),
        PLACE => Some(types.place),
        ORG => Some(types.org),
        _ => None,
    }
}
