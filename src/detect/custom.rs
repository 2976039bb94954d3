//! Recognizers that a policy defines: a pattern, words that must stand near, and examples that must hold.
//!
//! Patterns are linted, because the usual ones miss Chinese text: between 话 and 1 there is no Unicode word boundary, so
//! `\b` hides `电话13812345678`, and Unicode `\d` and `\w` are slow. Sizes are capped when a pattern is compiled.

use super::page::Candidate;
use super::{Defect, DetectError};
use crate::base::{EntityType, Span};
use regex::bytes::{Regex, RegexBuilder};
use std::collections::BTreeSet;
use std::sync::{Mutex, OnceLock, PoisonError};

/// Longest pattern, in bytes.
const PATTERN_BYTES: usize = 2000;
/// Most memory of one compiled pattern, in bytes.
const COMPILED_BYTES: usize = 1 << 20;
const BEFORE_CHARS: usize = 24;
const AFTER_CHARS: usize = 12;

/// A recognizer of a policy.
#[derive(Debug, Clone)]
pub struct CustomRecognizer {
    /// What it finds.
    pub entity: EntityType,
    /// A regular expression without `\b`, `\d`, `\w` (outside `(?-u:…)`) and without anchors; at most 2,000 bytes.
    pub pattern: String,
    /// Words one of which must stand within 24 characters before or 12 after, in any ASCII case; none: no such need.
    pub near: Vec<String>,
    /// Texts in which it must find something.
    pub find: Vec<String>,
    /// Texts in which it must find nothing.
    pub ignore: Vec<String>,
}

/// A recognizer that passed every check.
#[derive(Debug)]
pub(super) struct Custom {
    entity: EntityType,
    name: &'static str,
    pattern: Regex,
    near: Vec<(&'static str, String)>,
}

impl Custom {
    /// Lints, compiles, and tries the examples of definition number `index`.
    pub(super) fn new(index: usize, of: &CustomRecognizer) -> Result<Self, DetectError> {
        let fails = |defect| DetectError::Custom {
            index,
            entity: of.entity,
            defect,
        };
        lint(&of.pattern).map_err(fails)?;
        let pattern = RegexBuilder::new(&of.pattern)
            .size_limit(COMPILED_BYTES)
            .dfa_size_limit(COMPILED_BYTES)
            .build()
            .map_err(|error| {
                fails(match error {
                    regex::Error::CompiledTooBig(_) => Defect::TooBig,
                    _ => Defect::Syntax,
                })
            })?;
        if pattern.is_match(b"") {
            return Err(fails(Defect::MatchesNothing));
        }
        let near = of
            .near
            .iter()
            .map(|word| (interned(word), word.to_ascii_lowercase()))
            .collect();
        let custom = Self {
            entity: of.entity,
            name: of.entity.as_str(),
            pattern,
            near,
        };
        let finds = |text: &str| !custom.find(text, None).is_empty();
        if let Some(example) = of.find.iter().position(|text| !finds(text)) {
            return Err(fails(Defect::Missed { example }));
        }
        if let Some(example) = of.ignore.iter().position(|text| finds(text)) {
            return Err(fails(Defect::Found { example }));
        }
        Ok(custom)
    }

    /// Every match that has its word near (or under a key that has it).
    pub(super) fn find(&self, text: &str, key: Option<&str>) -> Vec<Candidate> {
        let key = key.map(str::to_ascii_lowercase);
        let matches = self
            .pattern
            .find_iter(text.as_bytes())
            .filter(|m| !m.is_empty());
        matches
            .filter_map(|m| {
                let span = Span::new(m.start(), m.end());
                let near = self.near(text, span, key.as_deref());
                let wanted = !self.near.is_empty();
                let score = if wanted { 0.85 } else { 0.7 };
                (!wanted || near.is_some())
                    .then(|| Candidate::new(span, self.entity, score, self.name).near(near))
            })
            .collect()
    }

    fn near(&self, text: &str, span: Span, key: Option<&str>) -> Option<&'static str> {
        if self.near.is_empty() {
            return None;
        }
        let head = text
            .get(..text.floor_char_boundary(span.start))
            .unwrap_or_default();
        let tail = text
            .get(text.ceil_char_boundary(span.end)..)
            .unwrap_or_default();
        let from = head
            .char_indices()
            .rev()
            .take(BEFORE_CHARS)
            .last()
            .map_or(head.len(), |(i, _)| i);
        let to = tail
            .char_indices()
            .nth(AFTER_CHARS)
            .map_or(tail.len(), |(i, _)| i);
        let around = [head.get(from..), tail.get(..to)]
            .map(|part| part.unwrap_or_default().to_ascii_lowercase());
        let has = |word: &str| {
            around.iter().any(|part| part.contains(word))
                || key.is_some_and(|key| key.contains(word))
        };
        self.near
            .iter()
            .find(|(_, lower)| has(lower))
            .map(|(word, _)| *word)
    }
}

/// Refuses what makes a pattern slow, blind beside Han text, or tied to the ends of a text.
fn lint(pattern: &str) -> Result<(), Defect> {
    if pattern.is_empty() || pattern.len() > PATTERN_BYTES {
        return Err(Defect::Length);
    }
    let mut groups: Vec<bool> = Vec::new();
    let mut chars = pattern.char_indices().peekable();
    let mut in_class = false;
    while let Some((i, c)) = chars.next() {
        let ascii = groups.last().copied().unwrap_or(false);
        match c {
            '\\' => match chars.next().map(|(_, c)| c) {
                Some('b' | 'B' | 'd' | 'D' | 'w' | 'W' | 's' | 'S' | 'p' | 'P') if !ascii => {
                    return Err(Defect::Unicode);
                }
                Some('A' | 'z') => return Err(Defect::Anchor),
                _ => {}
            },
            '[' => in_class = true,
            ']' => in_class = false,
            '(' if !in_class => {
                let rest = pattern.get(i..).unwrap_or_default();
                groups.push(ascii || rest.starts_with("(?-u:"));
            }
            ')' if !in_class => {
                groups.pop();
            }
            '^' | '$' if !in_class => return Err(Defect::Anchor),
            _ => {}
        }
    }
    Ok(())
}

/// A word that lives as long as the process, once however often policies are reloaded.
pub(super) fn interned(word: &str) -> &'static str {
    static WORDS: OnceLock<Mutex<BTreeSet<&'static str>>> = OnceLock::new();
    let mut words = WORDS
        .get_or_init(Mutex::default)
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = words.get(word) {
        return known;
    }
    let leaked: &'static str = Box::leak(word.to_owned().into_boxed_str());
    words.insert(leaked);
    leaked
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recognizer(
        pattern: &str,
        near: &[&str],
        find: &[&str],
        ignore: &[&str],
    ) -> CustomRecognizer {
        let owned = |list: &[&str]| list.iter().map(|s| (*s).to_owned()).collect();
        let entity = EntityType::define("LOAN_CONTRACT").unwrap();
        CustomRecognizer {
            entity,
            pattern: pattern.to_owned(),
            near: owned(near),
            find: owned(find),
            ignore: owned(ignore),
        }
    }

    #[test]
    fn bad_patterns_are_refused_with_the_reason() {
        for (pattern, expected) in [
            ("", Defect::Length),
            (r"\bLN[0-9]{8}", Defect::Unicode),
            (r"LN\d{8}", Defect::Unicode),
            (r"(?:LN\w+)", Defect::Unicode),
            ("^LN[0-9]{8}", Defect::Anchor),
            ("LN[0-9]{8}$", Defect::Anchor),
            ("LN[0-9", Defect::Syntax),
            ("(?:LN)?", Defect::MatchesNothing),
            ("(?:[一-龥]{1000}){100}", Defect::TooBig),
        ] {
            let error = Custom::new(3, &recognizer(pattern, &[], &[], &[])).unwrap_err();
            let DetectError::Custom { index, defect, .. } = error else {
                panic!("{error}")
            };
            assert_eq!((index, defect), (3, expected), "{pattern}");
        }
        assert!(
            Custom::new(
                0,
                &recognizer(r"(?-u:\bLN[0-9]{8}\b)", &[], &["合同 LN12345678"], &[])
            )
            .is_ok()
        );
        assert!(Custom::new(0, &recognizer("LN[^0-9$]{3}", &[], &[], &[])).is_ok());
    }

    #[test]
    fn examples_must_hold() {
        let missed = Custom::new(
            0,
            &recognizer("LN[0-9]{8}", &[], &["LN12345678", "LN1"], &[]),
        )
        .unwrap_err();
        assert!(matches!(
            missed,
            DetectError::Custom {
                defect: Defect::Missed { example: 1 },
                ..
            }
        ));
        let found =
            Custom::new(0, &recognizer("LN[0-9]{8}", &[], &[], &["LN12345678"])).unwrap_err();
        assert!(matches!(
            found,
            DetectError::Custom {
                defect: Defect::Found { example: 0 },
                ..
            }
        ));
    }

    #[test]
    fn near_words_count_in_the_window_and_in_the_key() {
        let custom = Custom::new(
            0,
            &recognizer(
                "LN[0-9]{8}",
                &["贷款", "Loan"],
                &["贷款LN12345678"],
                &["LN12345678"],
            ),
        )
        .unwrap();
        assert_eq!(
            custom
                .find("loan LN12345678", None)
                .first()
                .and_then(|c| c.context),
            Some("Loan")
        );
        assert!(
            custom
                .find(&format!("贷款{}LN12345678", "字".repeat(30)), None)
                .is_empty()
        );
        assert_eq!(custom.find("LN12345678", Some("loanNo")).len(), 1);
    }
}
