//! One text while it is being looked at: its words, its candidates, and what stands near a value.

use super::cue::{Cues, Hit, Lexicon};
use super::roles::Roles;
use super::text::{Chars, is_han};
use crate::base::{EntityType, Span, View};

/// Characters before and after a value in which a context word counts.
const BEFORE_CHARS: usize = 24;
const AFTER_CHARS: usize = 12;
/// A character has at most four bytes.
const CHAR_BYTES: usize = 4;
/// Longest text that is little more than one value.
const SHORT_TEXT_BYTES: usize = 32;
/// Shorter words in lower case are taken for part of a value.
const PROSE_LETTERS: usize = 4;
/// Longest stretch between a label and its value, in bytes.
const LABEL_GAP_BYTES: usize = 40;

/// A stretch that may be something; spans are of the view.
#[derive(Debug, Clone, Copy)]
pub(super) struct Candidate {
    pub(super) span: Span,
    pub(super) entity: EntityType,
    pub(super) score: f32,
    pub(super) recognizer: &'static str,
    pub(super) validator: Option<&'static str>,
    pub(super) context: Option<&'static str>,
    /// Set where the view isn't plain from the spelling alone.
    pub(super) view: Option<View>,
}

impl Candidate {
    /// A candidate with neither validator nor context yet.
    pub(super) const fn new(
        span: Span,
        entity: EntityType,
        score: f32,
        recognizer: &'static str,
    ) -> Self {
        Self {
            span,
            entity,
            score,
            recognizer,
            validator: None,
            context: None,
            view: None,
        }
    }

    /// The same, and the check that it passed.
    pub(super) const fn checked(mut self, validator: &'static str) -> Self {
        self.validator = Some(validator);
        self
    }

    /// The same, and the word that stood near.
    pub(super) const fn near(mut self, word: Option<&'static str>) -> Self {
        self.context = word;
        self
    }
}

/// A context word near a value.
#[derive(Debug, Clone, Copy)]
pub(super) struct Near {
    pub(super) word: &'static str,
    pub(super) roles: Roles,
    /// Nothing but punctuation between it and the value, or it is the JSON key.
    pub(super) labels: bool,
}

/// What another kind of word says against a value.
///
/// A word of a hash denies it; the label of another number (订单号) denies what no check digit confirms and makes the
/// rest less sure; a word of a thing (订单), or a JSON key, only makes it less sure, and the key says nothing at all
/// where a word in it (`order_phone`) speaks for the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Doubt {
    None,
    Lowers,
    Number,
    Hash,
}

impl Doubt {
    const fn of_word(roles: Roles) -> Self {
        if !roles.any(Roles::NEGATIVE) {
            Self::None
        } else if roles.any(Roles::HASH) {
            Self::Hash
        } else if roles.any(Roles::THING) {
            Self::Lowers
        } else {
            Self::Number
        }
    }

    fn of_key(roles: Roles) -> Self {
        if roles.any(Roles::PERSONAL) {
            return Self::None;
        }
        match Self::of_word(roles) {
            Self::Number => Self::Lowers,
            other => other,
        }
    }
}

/// The entity types that the built-in recognizers report.
#[derive(Debug, Clone, Copy)]
pub(super) struct Types {
    pub(super) address: EntityType,
    pub(super) bank_card: EntityType,
    pub(super) card_track: EntityType,
    pub(super) cn_landline: EntityType,
    pub(super) cn_mobile: EntityType,
    pub(super) cn_plate: EntityType,
    pub(super) cn_resident_id: EntityType,
    pub(super) cn_uscc: EntityType,
    pub(super) cvv: EntityType,
    pub(super) email: EntityType,
    pub(super) iban: EntityType,
    pub(super) ip: EntityType,
    pub(super) password: EntityType,
    pub(super) org: EntityType,
    pub(super) person: EntityType,
    pub(super) phone: EntityType,
    pub(super) place: EntityType,
    pub(super) pin: EntityType,
    pub(super) private_key: EntityType,
    pub(super) secret: EntityType,
    pub(super) us_ssn: EntityType,
}

impl Types {
    /// `None` if the table of types lacks one of ours.
    pub(super) fn new() -> Option<Self> {
        Some(Self {
            address: EntityType::named("ADDRESS")?,
            bank_card: EntityType::named("BANK_CARD")?,
            card_track: EntityType::named("CARD_TRACK")?,
            cn_landline: EntityType::named("CN_LANDLINE")?,
            cn_mobile: EntityType::named("CN_MOBILE")?,
            cn_plate: EntityType::named("CN_PLATE")?,
            cn_resident_id: EntityType::named("CN_RESIDENT_ID")?,
            cn_uscc: EntityType::named("CN_USCC")?,
            cvv: EntityType::named("CVV")?,
            email: EntityType::named("EMAIL")?,
            iban: EntityType::named("IBAN")?,
            ip: EntityType::named("IP")?,
            password: EntityType::named("PASSWORD")?,
            org: EntityType::named("ORG")?,
            person: EntityType::named("PERSON")?,
            phone: EntityType::named("PHONE")?,
            place: EntityType::named("PLACE")?,
            pin: EntityType::named("PIN")?,
            private_key: EntityType::named("PRIVATE_KEY")?,
            secret: EntityType::named("SECRET")?,
            us_ssn: EntityType::named("US_SSN")?,
        })
    }
}

/// The text, its words, the key it stands under, and the candidates so far.
#[derive(Debug)]
pub(super) struct Page<'a> {
    pub(super) text: &'a str,
    pub(super) types: &'a Types,
    pub(super) cues: &'a Cues,
    /// What the words lead to.
    pub(super) lexicon: &'a Lexicon,
    /// What the JSON key says about the whole text.
    pub(super) key: Option<Near>,
    pub(super) found: Vec<Candidate>,
}

impl Page<'_> {
    /// Takes a candidate.
    pub(super) fn push(&mut self, candidate: Candidate) {
        self.found.push(candidate);
    }

    /// The nearest word of these roles: before the span, else after it, else the key.
    pub(super) fn near(&self, span: Span, wanted: Roles) -> Option<Near> {
        self.word_before(span.start, wanted)
            .or_else(|| self.word_after(span.end, wanted))
            .or_else(|| self.key.filter(|key| key.roles.any(wanted)))
    }

    /// What a word for something else (an order number, a hash) closely before the value says against it.
    pub(super) fn doubt(&self, start: usize) -> Doubt {
        self.doubted_by(start, denies)
    }

    /// The same, of a label with nothing but what joins the two between them: what it takes to deny a shape as telling
    /// as a telephone number. 快递单号查询请联系138… is one.
    pub(super) fn label_doubt(&self, start: usize) -> Doubt {
        self.doubted_by(start, is_connective)
    }

    fn doubted_by(&self, start: usize, gap_denies: impl Fn(&str) -> bool) -> Doubt {
        let mut words = self
            .hits_before(start)
            .filter(|(hit, _)| hit.roles.any(Roles::NUMERIC));
        match words.next() {
            Some((hit, gap)) if gap_denies(gap) => Doubt::of_word(hit.roles),
            Some(_) => Doubt::None,
            // A key speaks where the value is all there is, not in a note that it heads.
            None if self.text.len() > SHORT_TEXT_BYTES => Doubt::None,
            None if self.text.get(..start).is_some_and(has_prose) => Doubt::None,
            None => self.key.map_or(Doubt::None, |key| Doubt::of_key(key.roles)),
        }
    }

    /// A label of these roles directly before `start`, or the key.
    pub(super) fn label(&self, start: usize, wanted: Roles) -> Option<Near> {
        self.word_before(start, wanted)
            .filter(|near| near.labels)
            .or_else(|| self.key.filter(|key| key.roles.any(wanted)))
    }

    /// The nearest word of these roles before `start`.
    pub(super) fn word_before(&self, start: usize, wanted: Roles) -> Option<Near> {
        let (hit, gap) = self
            .hits_before(start)
            .find(|(hit, _)| hit.roles.any(wanted))?;
        Some(Near {
            word: hit.word,
            roles: hit.roles,
            labels: is_connective(gap),
        })
    }

    /// The nearest word that speaks for recognizer `index`: before the span, else after it.
    pub(super) fn led_to(&self, span: Span, index: u16) -> Option<&'static str> {
        self.around(span)
            .find(|hit| self.lexicon.leads(hit.cue).contains(&index))
            .map(|hit| hit.word)
    }

    /// Whether a word near speaks against recognizer `index`.
    pub(super) fn denied(&self, span: Span, index: u16) -> bool {
        self.around(span)
            .any(|hit| self.lexicon.denies(hit.cue).contains(&index))
    }

    /// The words near a value: before it, then after it.
    fn around(&self, span: Span) -> impl Iterator<Item = &Hit> {
        let hits = &self.cues.hits;
        let from = hits.partition_point(|hit| hit.start < span.end);
        let after = hits.get(from..).unwrap_or_default().iter();
        self.hits_before(span.start)
            .map(|(hit, _)| hit)
            .chain(after.take_while(move |hit| hit.start - span.end <= AFTER_CHARS * 2))
    }

    /// Words before `start` with the text in between, nearest first.
    fn hits_before(&self, start: usize) -> impl Iterator<Item = (&Hit, &str)> {
        let hits = &self.cues.hits;
        let upto = hits.partition_point(|hit| hit.end <= start);
        hits.get(..upto)
            .unwrap_or_default()
            .iter()
            .rev()
            .map_while(move |hit| {
                let near = start - hit.end <= BEFORE_CHARS * CHAR_BYTES;
                let gap = near.then(|| self.text.get(hit.end..start))??;
                (gap.chars().count() <= BEFORE_CHARS).then_some((hit, gap))
            })
    }

    fn word_after(&self, end: usize, wanted: Roles) -> Option<Near> {
        let hits = &self.cues.hits;
        let from = hits.partition_point(|hit| hit.start < end);
        let mut after = hits
            .get(from..)
            .unwrap_or_default()
            .iter()
            .take_while(|hit| {
                hit.start - end <= AFTER_CHARS * CHAR_BYTES
                    && self
                        .text
                        .get(end..hit.start)
                        .is_some_and(|gap| gap.chars().count() <= AFTER_CHARS)
            });
        let hit = after.find(|hit| hit.roles.any(wanted))?;
        Some(Near {
            word: hit.word,
            roles: hit.roles,
            labels: false,
        })
    }
}

/// Whether a text holds a Han character or a word in lower case: `ring +44 …` under the key `ticket` is a note, `ORD 17…`
/// and `v1.2.3.4` are values.
fn has_prose(text: &str) -> bool {
    let word =
        |word: &str| word.len() >= PROSE_LETTERS && word.bytes().all(|b| b.is_ascii_lowercase());
    text.chars().any(is_han) || text.split(|c: char| !c.is_ascii_alphabetic()).any(word)
}

/// Whether text between a negative word and a number keeps the two together.
fn denies(gap: &str) -> bool {
    gap.chars().count() <= 10 && !gap.contains(['，', '。', '；', ',', ';', '\n'])
}

/// Whether the text between a label and its value is only what joins them: `：`, ` is `, `": "`, `号码为`.
fn is_connective(gap: &str) -> bool {
    static MARKS: Chars = Chars::of(":：=＝\"'`“”‘’「（(《[{<>#|.-_*是为号码个的上写着,");
    let joins = |c: char| MARKS.has(c) || c.is_whitespace();
    gap.len() <= LABEL_GAP_BYTES
        && gap.split(|c: char| !c.is_ascii_alphabetic()).all(|word| {
            word.is_empty()
                || JOINING_WORDS
                    .iter()
                    .any(|joining| word.eq_ignore_ascii_case(joining))
        })
        && gap.chars().filter(|c| !c.is_ascii_alphabetic()).all(joins)
        && gap.matches('\n').count() <= 1
}

const JOINING_WORDS: &[&str] = &[
    "is", "was", "me", "us", "at", "on", "him", "her", "no", "number", "num", "nr", "code", "to",
    "the", "string", "value", "text",
];
