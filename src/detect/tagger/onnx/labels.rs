//! From a model's labels to tags: which label is which entity type, and where a name begins and ends.
//!
//! Understood are `B-`/`I-`, with `E-`, `S-`, `L-` and `U-` as in BIOES and BILOU, and labels without any prefix. A word is
//! what its first token says. Refuses to know: the model.

use super::super::Tag;
use super::super::wordpiece::Token;
use super::OnnxError;
use crate::base::EntityType;

/// The usual names of labels (`CoNLL`-2003, `OntoNotes`, MSRA, `CLUENER`) and their entity types.
const USUAL: &[(&str, &str)] = &[
    ("PER", "PERSON"),
    ("PERSON", "PERSON"),
    ("NAME", "PERSON"),
    ("NR", "PERSON"),
    ("LOC", "PLACE"),
    ("LOCATION", "PLACE"),
    ("GPE", "PLACE"),
    ("NS", "PLACE"),
    ("ORG", "ORG"),
    ("ORGANIZATION", "ORG"),
    ("COMPANY", "ORG"),
    ("GOVERNMENT", "ORG"),
    ("NT", "ORG"),
    ("ADDRESS", "ADDRESS"),
    ("ADDR", "ADDRESS"),
];

/// What one label says of a word.
#[derive(Debug, Clone, Copy)]
struct Label {
    entity: Option<EntityType>,
    /// A name begins here, unless the one before goes on with another label of its type: `GIVEN_NAME`, SURNAME.
    begins: bool,
    /// The first of the labels with the same name but for the prefix.
    kind: usize,
}

/// A model's labels in their order.
#[derive(Debug)]
pub(super) struct Labels(Vec<Label>);

impl Labels {
    /// Labels by these names, of the entity types that the map gives, or of the usual ones where it is empty.
    pub(super) fn new(names: &[String], map: &[(String, EntityType)]) -> Result<Self, OnnxError> {
        if names.is_empty() {
            return Err(OnnxError::NoLabels);
        }
        let has = |label: &str| names.iter().any(|n| parts(n).1.eq_ignore_ascii_case(label));
        if let Some(index) = map.iter().position(|(label, _)| !has(label)) {
            return Err(OnnxError::UnknownLabel { index });
        }
        let labels: Vec<Label> = names
            .iter()
            .map(|name| {
                let (begins, bare) = parts(name);
                let entity = entity_of(bare, map);
                let kind = names.iter().position(|other| parts(other).1 == bare);
                Label {
                    entity,
                    begins,
                    kind: kind.unwrap_or_default(),
                }
            })
            .collect();
        let any = labels.iter().any(|label| label.entity.is_some());
        any.then_some(Self(labels)).ok_or(OnnxError::NoneMapped)
    }

    /// How many there are.
    pub(super) const fn len(&self) -> usize {
        self.0.len()
    }

    /// The names in these tokens; `shares` has a row for each.
    pub(super) fn tags(&self, tokens: &[Token], shares: &[f32], least_score: f32) -> Vec<Tag> {
        let mut out: Vec<(Tag, u16)> = Vec::new();
        let mut open: Option<usize> = None;
        for (token, row) in tokens.iter().zip(shares.chunks(self.len())) {
            if !token.first {
                if let Some((tag, _)) = out.last_mut().filter(|_| open.is_some()) {
                    tag.span.end = token.span.end;
                }
                continue;
            }
            let best = self.0.iter().zip(row).max_by(|a, b| a.1.total_cmp(b.1));
            let Some((label, score, entity)) =
                best.and_then(|(label, score)| label.entity.map(|entity| (label, *score, entity)))
            else {
                open = None;
                continue;
            };
            let goes_on = open.is_some_and(|kind| !label.begins || kind != label.kind);
            match out.last_mut() {
                Some((last, words)) if goes_on && last.entity == entity => {
                    last.span.end = token.span.end;
                    last.score += score;
                    *words = words.saturating_add(1);
                }
                _ => {
                    let span = token.span;
                    out.push((
                        Tag {
                            span,
                            entity,
                            score,
                        },
                        1,
                    ));
                }
            }
            open = Some(label.kind);
        }
        let mean = |(tag, words): (Tag, u16)| Tag {
            score: tag.score / f32::from(words),
            ..tag
        };
        out.into_iter()
            .map(mean)
            .filter(|tag| tag.score >= least_score)
            .collect()
    }
}

/// Whether a label begins a name, and the label without its prefix.
fn parts(name: &str) -> (bool, &str) {
    match name.split_once(['-', '_']) {
        Some(("B" | "S" | "U", bare)) => (true, bare),
        Some(("I" | "E" | "L" | "M", bare)) => (false, bare),
        _ => (false, name),
    }
}

fn entity_of(bare: &str, map: &[(String, EntityType)]) -> Option<EntityType> {
    if map.is_empty() {
        let usual = USUAL
            .iter()
            .find(|(label, _)| label.eq_ignore_ascii_case(bare));
        return usual.and_then(|(_, entity)| EntityType::named(entity));
    }
    let own = map
        .iter()
        .find(|(label, _)| label.eq_ignore_ascii_case(bare));
    own.map(|(_, entity)| *entity)
}

/// Softmax of each row.
pub(super) fn shares(logits: &[f32], labels: usize) -> Vec<f32> {
    let mut out = logits.to_vec();
    for row in out.chunks_mut(labels.max(1)) {
        let most = row.iter().fold(f32::MIN, |most, x| most.max(*x));
        for x in row.iter_mut() {
            *x = (*x - most).exp();
        }
        let sum: f32 = row.iter().sum();
        for x in row {
            *x /= sum;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Span;

    fn tokens(spans: &[(usize, usize, bool)]) -> Vec<Token> {
        spans
            .iter()
            .map(|(start, end, first)| Token {
                id: 0,
                span: Span::new(*start, *end),
                first: *first,
            })
            .collect()
    }

    #[test]
    fn names_begin_and_end_as_the_labels_say() {
        // Which label each token has, and the tags as (start, end, type).
        type Case<'a> = (
            &'a [&'a str],
            &'a [usize],
            &'a [(usize, usize, &'static str)],
        );
        let cases: &[Case<'_>] = &[
            (&["O", "B-PER", "I-PER"], &[1, 2, 0], &[(0, 20, "PERSON")]),
            (
                &["O", "B-PER", "I-PER"],
                &[1, 1, 2],
                &[(0, 10, "PERSON"), (10, 30, "PERSON")],
            ),
            (
                &["O", "I-LOC", "I-ORG"],
                &[1, 2, 2],
                &[(0, 10, "PLACE"), (10, 30, "ORG")],
            ),
            (
                &["O", "S-NS", "B-NS", "E-NS"],
                &[2, 3, 1],
                &[(0, 20, "PLACE"), (20, 30, "PLACE")],
            ),
            (
                &["O", "name"],
                &[1, 0, 1],
                &[(0, 10, "PERSON"), (20, 30, "PERSON")],
            ),
            (&["O", "B_PER", "B-MISC"], &[2, 1, 0], &[(10, 20, "PERSON")]),
            (
                &["O", "B-PER", "B-NAME"],
                &[1, 2, 2],
                &[(0, 20, "PERSON"), (20, 30, "PERSON")],
            ),
        ];
        let three = tokens(&[(0, 10, true), (10, 20, true), (20, 30, true)]);
        for (names, best, wanted) in cases {
            let names: Vec<String> = names.iter().map(ToString::to_string).collect();
            let labels = Labels::new(&names, &[]).unwrap();
            let row = |best: &usize| {
                (0..names.len())
                    .map(|i| if i == *best { 9.0 } else { 0.0 })
                    .collect::<Vec<f32>>()
            };
            let logits: Vec<f32> = best.iter().flat_map(row).collect();
            let tags = labels.tags(&three, &shares(&logits, names.len()), 0.5);
            let found: Vec<_> = tags
                .iter()
                .map(|t| (t.span.start, t.span.end, t.entity.as_str()))
                .collect();
            assert_eq!(found, *wanted, "{names:?} {best:?}");
        }
    }

    #[test]
    fn a_word_is_what_its_first_token_says() {
        let names: Vec<String> = ["O", "B-PER"].iter().map(ToString::to_string).collect();
        let labels = Labels::new(&names, &[]).unwrap();
        let pieces = tokens(&[(0, 3, true), (3, 6, false), (7, 9, true), (9, 12, false)]);
        let rows = shares(&[0.0, 9.0, 9.0, 0.0, 9.0, 0.0, 0.0, 9.0], 2);
        let tags = labels.tags(&pieces, &rows, 0.5);
        assert_eq!(tags.len(), 1);
        assert_eq!(tags[0].span, Span::new(0, 6));
    }

    type Case = (
        &'static [&'static str],
        Vec<(String, EntityType)>,
        OnnxError,
    );

    #[test]
    fn labels_that_mean_nothing_are_errors() {
        let names = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
        let person = EntityType::named("PERSON").unwrap();
        let cases: &[Case] = &[
            (&[], vec![], OnnxError::NoLabels),
            (&["O", "B-MISC"], vec![], OnnxError::NoneMapped),
            (
                &["O", "B-PER"],
                vec![("PER".into(), person), ("LOC".into(), person)],
                OnnxError::UnknownLabel { index: 1 },
            ),
        ];
        for (labels, map, error) in cases {
            assert_eq!(Labels::new(&names(labels), map).err().as_ref(), Some(error));
        }
    }
}
