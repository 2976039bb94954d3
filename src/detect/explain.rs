//! Why a finding was made, and what would change it: found by trying.
//!
//! Each question (without the word near it? with a wrong check digit? behind the label of another number?) is put to the
//! detector itself, on a copy of the text changed in that one way. So an answer holds by construction, for every recognizer.
//! For people who look at one text; the hot path never comes here.

use super::tagger::Budget;
use super::{Detector, Hint, LEAST_SCORE};
use crate::base::{Confidence, EntityType, Finding, Language, Span};

/// Texts up to this many bytes are tried as a whole, longer ones around the finding.
const WHOLE_BYTES: usize = 8192;
/// How far around, in bytes.
const AROUND_BYTES: usize = 600;
/// What is less sure than this is not even a near miss.
const NEAR_MISS_SCORE: f32 = 0.1;
/// Checks that a wrong digit does not fail.
const NO_DIGIT_CHECKS: &[&str] = &[
    "listed",
    "same_row",
    "entropy",
    "format",
    "pem",
    "jose_header",
    "userinfo",
];
/// Labels of other numbers, in Chinese and English.
const OTHER_LABELS: [&str; 2] = ["订单号", "order no "];

/// A finding and what would change it.
#[derive(Debug, Clone, PartialEq)]
pub struct Explained {
    /// The finding.
    pub finding: Finding,
    /// What was tried, and what then came out.
    pub changes: Vec<(If, Then)>,
}

/// One change to the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum If {
    /// The context word were not near it.
    NoWord(&'static str),
    /// It did not stand under this key, or in this column.
    NoKey,
    /// Another digit stood at its end, so that the check failed.
    WrongDigit(&'static str),
    /// Its own label stood before it.
    Label(&'static str),
    /// The label of another number stood before it.
    OtherLabel(&'static str),
}

/// What comes out after a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    /// It is not found.
    Nothing,
    /// It is found, as this and so surely.
    Found(EntityType, Confidence),
}

impl Then {
    fn of(found: Option<Finding>) -> Self {
        found.map_or(Self::Nothing, |f| Self::Found(f.entity, f.confidence))
    }
}

impl Detector {
    /// Every finding with what would change it; each costs a few scans of its surroundings.
    pub fn explain(&self, text: &str, hint: Hint<'_>) -> Vec<Explained> {
        let found = self.scan(text, hint);
        let explained = found.into_iter().map(|finding| Explained {
            changes: Trial::new(self, text, hint, &finding)
                .map(|trial| trial.changes())
                .unwrap_or_default(),
            finding,
        });
        explained.collect()
    }

    /// What nearly was a finding: candidates whose score is too low, where nothing was found.
    pub fn near_misses(&self, text: &str, hint: Hint<'_>) -> Vec<Finding> {
        let found = self.scan(text, hint);
        let mut low = self
            .scan_from(text, hint, NEAR_MISS_SCORE, &Budget::unlimited())
            .0;
        low.retain(|miss| {
            miss.score < LEAST_SCORE && !found.iter().any(|f| f.span.overlaps(miss.span))
        });
        low
    }
}

/// A finding in a text that is small enough to be scanned again and again.
struct Trial<'a> {
    detector: &'a Detector,
    text: &'a str,
    hint: Hint<'a>,
    finding: Finding,
}

impl<'a> Trial<'a> {
    /// `None` where the surroundings alone don't give the finding.
    fn new(
        detector: &'a Detector,
        text: &'a str,
        hint: Hint<'a>,
        finding: &Finding,
    ) -> Option<Self> {
        let around = if text.len() <= WHOLE_BYTES {
            Span::new(0, text.len())
        } else {
            let from = finding.span.start.saturating_sub(AROUND_BYTES);
            let to = text.len().min(finding.span.end + AROUND_BYTES);
            Span::new(text.floor_char_boundary(from), text.ceil_char_boundary(to))
        };
        let Span { start, end } = finding.span;
        let trial = Self {
            detector,
            text: around.slice(text)?,
            hint,
            finding: Finding {
                span: Span::new(start - around.start, end - around.start),
                ..*finding
            },
        };
        let same = trial.now();
        let again = trial.outcome(trial.text, hint, trial.finding.span);
        (again == same).then_some(trial)
    }

    const fn now(&self) -> Then {
        Then::Found(self.finding.entity, self.finding.confidence)
    }

    fn changes(&self) -> Vec<(If, Then)> {
        let mut changes = Vec::new();
        changes.extend(self.without_word());
        changes.extend(self.with_wrong_digit());
        changes.extend(self.with_label());
        changes.extend(self.with_other_label());
        changes
    }

    /// Without its context word, wherever it stands: in the text, or as key. Told even if it changes nothing.
    fn without_word(&self) -> Option<(If, Then)> {
        let word = self.finding.why.context?;
        let key = self.hint.key.filter(|key| !holds(key, word));
        let keyed = self.hint.key.is_some() && key.is_none();
        let text = self.blanked(word);
        if text == self.text && !keyed {
            return None;
        }
        let then = self.outcome(&text, Hint { key }, self.finding.span);
        let change = if text == self.text {
            If::NoKey
        } else {
            If::NoWord(word)
        };
        Some((change, then))
    }

    fn with_wrong_digit(&self) -> Option<(If, Then)> {
        let check = self.finding.why.validator;
        let check = check.filter(|check| !NO_DIGIT_CHECKS.contains(check))?;
        let value = self.finding.span.slice(self.text)?;
        let at = value.rfind(|c: char| c.is_ascii_digit())?;
        let digit = value.as_bytes().get(at)? - b'0';
        let other = char::from(b'0' + (digit + 1) % 10);
        let at = self.finding.span.start + at;
        let text = replaced(
            self.text,
            Span::new(at, at + 1),
            other.encode_utf8(&mut [0; 4]),
        )?;
        let there = self.there(&text, self.hint, self.finding.span);
        // A check that holds all the same is not of a digit.
        let holds = there.is_some_and(|f| f.why.validator == Some(check));
        (!holds).then(|| (If::WrongDigit(check), Then::of(there)))
    }

    fn with_label(&self) -> Option<(If, Then)> {
        if self.finding.confidence == Confidence::High {
            return None;
        }
        let label = self.finding.entity.label(self.language());
        self.behind(&format!("{label}: "), If::Label(label))
    }

    fn with_other_label(&self) -> Option<(If, Then)> {
        let [zh, en] = OTHER_LABELS;
        let label = match self.language() {
            Language::Zh => zh,
            Language::En => en,
        };
        self.behind(label, If::OtherLabel(label.trim_end()))
    }

    /// With a label before the value, where it changes anything.
    fn behind(&self, label: &str, change: If) -> Option<(If, Then)> {
        let Span { start, end } = self.finding.span;
        let text = replaced(self.text, Span::new(start, start), label)?;
        let span = Span::new(start + label.len(), end + label.len());
        self.changed(change, &text, span)
    }

    fn changed(&self, change: If, text: &str, span: Span) -> Option<(If, Then)> {
        let then = self.outcome(text, self.hint, span);
        (then != self.now()).then_some((change, then))
    }

    fn outcome(&self, text: &str, hint: Hint<'_>, span: Span) -> Then {
        Then::of(self.there(text, hint, span))
    }

    /// What is found at a span: the surest finding that overlaps it.
    fn there(&self, text: &str, hint: Hint<'_>, span: Span) -> Option<Finding> {
        let found = self.detector.scan(text, hint);
        let there = found.into_iter().filter(|f| f.span.overlaps(span));
        there.max_by(|a, b| a.score.total_cmp(&b.score))
    }

    /// The text with every occurrence of a context word outside of the finding blanked, in each of its spellings.
    fn blanked(&self, word: &str) -> String {
        let mut text = self.text.to_owned();
        for spelling in spellings(word) {
            let lower = text.to_ascii_lowercase();
            let places: Vec<usize> = lower.match_indices(&spelling).map(|(i, _)| i).collect();
            for start in places {
                let span = Span::new(start, start + spelling.len());
                let blank = " ".repeat(spelling.len());
                if !span.overlaps(self.finding.span)
                    && let Some(next) = replaced(&text, span, &blank)
                {
                    text = next;
                }
            }
        }
        text
    }

    /// The language around the finding: Chinese where Han characters stand.
    fn language(&self) -> Language {
        if self.text.chars().any(super::text::is_han) {
            Language::Zh
        } else {
            Language::En
        }
    }
}

/// How a context word of our list may be written.
fn spellings(word: &str) -> Vec<String> {
    let lower = word.to_ascii_lowercase();
    let mut all = vec![lower.clone()];
    if lower.contains(' ') {
        all.extend(["_", "-", ""].map(|joint| lower.replace(' ', joint)));
    }
    all
}

fn holds(text: &str, word: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    spellings(word)
        .iter()
        .any(|spelling| lower.contains(spelling))
}

fn replaced(text: &str, span: Span, with: &str) -> Option<String> {
    Some([text.get(..span.start)?, with, text.get(span.end..)?].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn explained(text: &str, key: Option<&str>) -> Vec<Explained> {
        let detector = Detector::built_in().unwrap();
        detector.explain(text, Hint { key })
    }

    #[test]
    fn what_would_change_a_finding_is_told() {
        let all = explained("卡号4111111111111111", None);
        let [one] = all.as_slice() else {
            panic!("{all:?}")
        };
        let tried: Vec<If> = one.changes.iter().map(|(change, _)| *change).collect();
        assert!(tried.contains(&If::NoWord("卡号")), "{tried:?}");
        assert!(tried.contains(&If::WrongDigit("luhn")), "{tried:?}");
        let bare = explained("参考 4111111111111111。", None);
        let wrong = |one: &Explained| {
            let mut changes = one.changes.iter();
            let wrong = changes.find(|(change, _)| *change == If::WrongDigit("luhn"));
            wrong.map(|(_, then)| *then)
        };
        let sure = Then::Found(one.finding.entity, Confidence::High);
        assert!(
            bare.iter()
                .all(|one| wrong(one).is_some_and(|then| then != sure))
        );
    }

    #[test]
    fn each_answer_is_what_the_detector_says_of_the_changed_text() {
        let detector = Detector::built_in().unwrap();
        let all = explained("客户电话13812345678，请回电", None);
        let [one] = all.as_slice() else {
            panic!("{all:?}")
        };
        let word = one.finding.why.context.unwrap();
        let told = one
            .changes
            .iter()
            .find(|(change, _)| *change == If::NoWord(word));
        let blanked = format!("客户{}13812345678，请回电", " ".repeat(word.len()));
        let found = detector.scan(&blanked, Hint::default());
        let expected = found
            .first()
            .map_or(Then::Nothing, |f| Then::Found(f.entity, f.confidence));
        assert_eq!(told.map(|(_, then)| *then), Some(expected));
    }

    #[test]
    fn a_key_is_a_word_as_well_and_long_texts_are_tried_around_the_finding() {
        let keyed = explained("739", Some("cvv"));
        assert_eq!(keyed[0].changes.first(), Some(&(If::NoKey, Then::Nothing)));
        let long = format!("{}电话13812345678。", "天气很好，".repeat(2_000));
        let all = explained(&long, None);
        assert!(!all[0].changes.is_empty());
        assert_eq!(all[0].finding.span.end, long.len() - 3);
    }

    #[test]
    fn near_misses_stand_where_nothing_was_found() {
        let detector = Detector::built_in().unwrap();
        let text = "电话13812345678";
        let found = detector.scan(text, Hint::default());
        for miss in detector.near_misses(text, Hint::default()) {
            assert!(miss.score < LEAST_SCORE && !found[0].span.overlaps(miss.span));
        }
    }
}
