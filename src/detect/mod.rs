//! Floor 1, *detect*: finds what is sensitive in one text, and says how sure it is and why.
//!
//! Refuses to know: JSON, policy, what happens to a finding, and every text but the one it is given.
//!
//! The way in is [`Detector::scan`]. A text is read in a `view` without spelling tricks; one pass of one automaton
//! finds context words and fixed beginnings (`cue`); one walk looks at everything with a shape of its own (`walk`):
//! digits in any grouping (`number`, `shape`), codes (`code`), addresses (`net`), names (`name`), base64
//! (`encoded`); credentials (`secret`) start at their beginnings and labels. Check digits and number plans
//! (`check`) and the words near (`page`) make the score; `merge` makes disjoint findings of it. Every step is
//! linear in the text: what looks around looks a bounded way.

mod address;
mod blocks;
mod cells;
mod check;
mod code;
mod cue;
mod custom;
mod encoded;
pub mod explain;
mod fold;
#[cfg(fuzzing)]
pub mod fuzzing;
mod lanes;
mod list;
mod merge;
mod name;
mod net;
mod number;
mod page;
mod recognizer;
mod roles;
mod secret;
mod shape;
mod table;
pub mod tagger;
mod text;
mod view;
mod walk;
mod words;

#[cfg(test)]
mod tests;

pub use custom::CustomRecognizer;
pub use list::ValueList;
pub use list::exact;

use crate::base::{EntityType, Finding, View};
use cue::{Hit, Lexicon};
use custom::Custom;
use list::Lists;
use page::{Candidate, Near, Page, Types};
pub use recognizer::FileDefect;
use roles::Roles;
use std::sync::Arc;
use tagger::{Budget, Tagger, Unread};

/// How often base64 is opened inside base64.
const BASE64_DEPTH: usize = 2;
/// What is less sure is not reported.
const LEAST_SCORE: f32 = 0.4;
/// What base64 hides must be surer: chance makes words of noise.
const LEAST_HIDDEN_SCORE: f32 = 0.6;
/// Longest JSON key that is read, in bytes.
const KEY_BYTES: usize = 128;

/// Why a detector can't be built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DetectError {
    /// The built-in words make no automaton: a defect of this program.
    #[error("the built-in context words can't be compiled")]
    Lexicon,
    /// A built-in recognizer's file can't be used: a defect of this program.
    #[error(transparent)]
    BuiltIn(FileDefect),
    /// The table of entity types lacks one of the built-in recognizers' types: a defect of this program.
    #[error("a built-in recognizer's entity type is not defined")]
    Types,
    /// The built-in credential formats can't be read: a defect of this program.
    #[error("the built-in credential formats can't be read")]
    Formats,
    /// The values of a policy's lists make no automaton: too many.
    #[error("the lists have too many values; load them with `vestibule edm load`")]
    Lists,
    /// A custom recognizer is not usable; the policy's author can mend it.
    #[error("recognizer {} ({entity}): {defect}", index + 1)]
    Custom {
        /// Its place in the list, from 0.
        index: usize,
        /// What it was to find.
        entity: EntityType,
        /// What is wrong.
        defect: Defect,
    },
}

/// What is wrong with a custom recognizer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Defect {
    /// Empty, or more than 2,000 bytes.
    #[error("the pattern must have 1 to 2000 bytes")]
    Length,
    /// `\b`, `\d`, `\w`, `\s` or `\p` in Unicode mode.
    #[error(
        "`\\b`, `\\d`, `\\w`, `\\s` and `\\p` miss values beside Chinese text or are slow; write [0-9] or (?-u:\\b)"
    )]
    Unicode,
    /// `^`, `$`, `\A` or `\z`.
    #[error("anchors find a value only where it is the whole text; leave out ^, $, \\A and \\z")]
    Anchor,
    /// Not a regular expression.
    #[error("the pattern is not a valid regular expression")]
    Syntax,
    /// Compiles to more than a megabyte.
    #[error("the pattern is too big when compiled; use smaller repeats")]
    TooBig,
    /// Matches the empty text.
    #[error("the pattern matches the empty text")]
    MatchesNothing,
    /// A `find` example in which nothing is found.
    #[error("`find` example {} is not found", example + 1)]
    Missed {
        /// Its place, from 0.
        example: usize,
    },
    /// An `ignore` example in which something is found.
    #[error("`ignore` example {} is found", example + 1)]
    Found {
        /// Its place, from 0.
        example: usize,
    },
}

/// What is known of a text besides itself.
#[derive(Debug, Clone, Copy, Default)]
pub struct Hint<'a> {
    /// The JSON key that the text stands under; counts as strong context.
    pub key: Option<&'a str>,
}

/// Finds sensitive values. Built once, shared by all threads.
///
/// ```
/// use vestibule::detect::{Detector, Hint};
/// let detector = Detector::built_in()?;
/// let found = detector.scan("客户电话13812345678", Hint::default());
/// assert_eq!(found[0].entity.as_str(), "CN_MOBILE");
/// assert_eq!(found[0].span.slice("客户电话13812345678"), Some("13812345678"));
/// # Ok::<(), vestibule::detect::DetectError>(())
/// ```
#[derive(Debug)]
pub struct Detector {
    lexicon: Lexicon,
    types: Types,
    custom: Vec<Custom>,
    taggers: Vec<Arc<dyn Tagger>>,
    lists: Lists,
    exact: Vec<exact::Table>,
}

impl Detector {
    /// The built-in recognizers and these.
    ///
    /// # Errors
    /// [`DetectError::Custom`] for a pattern that is refused or an example that doesn't hold.
    pub fn new(custom: &[CustomRecognizer]) -> Result<Self, DetectError> {
        // Reading both takes as long as building the automaton from them.
        let built_in = std::thread::scope(|scope| {
            scope.spawn(secret::formats::table);
            recognizer::built_in()
        });
        secret::formats::table().ok_or(DetectError::Formats)?;
        Ok(Self {
            lexicon: Lexicon::new(built_in.map_err(DetectError::BuiltIn)?)
                .map_err(|_| DetectError::Lexicon)?,
            types: Types::new().ok_or(DetectError::Types)?,
            custom: custom
                .iter()
                .enumerate()
                .map(|(i, of)| Custom::new(i, of))
                .collect::<Result<_, _>>()?,
            taggers: Vec::new(),
            lists: Lists::default(),
            exact: Vec::new(),
        })
    }

    /// Finds the values of these lists as well.
    ///
    /// # Errors
    /// [`DetectError::Lists`] for some ten million values.
    pub fn with_lists(mut self, lists: &[ValueList]) -> Result<Self, DetectError> {
        self.lists = Lists::new(lists).ok_or(DetectError::Lists)?;
        Ok(self)
    }

    /// Finds the values of these tables as well.
    #[must_use]
    pub fn with_exact(mut self, tables: Vec<exact::Table>) -> Self {
        self.exact = tables;
        self
    }

    /// The same, with models that find names.
    #[must_use]
    pub fn with_taggers(self, taggers: Vec<Arc<dyn Tagger>>) -> Self {
        Self { taggers, ..self }
    }

    /// The models that find names; where there is none, rules alone do.
    pub fn taggers(&self) -> &[Arc<dyn Tagger>] {
        &self.taggers
    }

    /// The built-in recognizers alone.
    ///
    /// # Errors
    /// Only where this program is defective.
    pub fn built_in() -> Result<Self, DetectError> {
        Self::new(&[])
    }

    /// Every finding in the text: disjoint, sorted by start, on character boundaries.
    ///
    /// What a tagger fails to read is left to the rules; [`Detector::scan_within`] tells.
    pub fn scan(&self, text: &str, hint: Hint<'_>) -> Vec<Finding> {
        self.scan_within(text, hint, &Budget::unlimited()).0
    }

    /// The same, as far as the budget goes; and whether the taggers have read all of it. Rules read all of it in any case.
    pub fn scan_within(
        &self,
        text: &str,
        hint: Hint<'_>,
        budget: &Budget,
    ) -> (Vec<Finding>, Result<(), Unread>) {
        self.scan_from(text, hint, LEAST_SCORE, budget)
    }

    /// The same, of what is at least so sure.
    fn scan_from(
        &self,
        text: &str,
        hint: Hint<'_>,
        least: f32,
        budget: &Budget,
    ) -> (Vec<Finding>, Result<(), Unread>) {
        let key = hint.key.map(|key| {
            key.get(..key.floor_char_boundary(KEY_BYTES))
                .unwrap_or_default()
        });
        let near = key.and_then(|key| self.read_key(key));
        let (mut found, read) = self.all_candidates(text, key, near, BASE64_DEPTH, budget);
        cells::scan(self, text, &mut found);
        found.retain(|(candidate, _)| candidate.score >= least);
        (merge::merge(found), read)
    }

    /// Whether these small words lead to a value of small letters, such as a password, or may be one. Where not, a text
    /// of nothing else need not be scanned. Cheap.
    ///
    /// ```
    /// use vestibule::detect::Detector;
    /// let detector = Detector::built_in()?;
    /// assert!(detector.leads("the password is "));
    /// assert!(!detector.leads("and then we went to "));
    /// # Ok::<(), vestibule::detect::DetectError>(())
    /// ```
    pub fn leads(&self, words: &str) -> bool {
        let own = !self.custom.is_empty() || !self.lists.is_empty() || !self.exact.is_empty();
        let label = |hit: &Hit| {
            let secret = Roles::PASSWORD | Roles::SECRET | Roles::BEARER;
            hit.roles.any(secret) || !self.lexicon.leads(hit.cue).is_empty()
        };
        own || {
            let cues = self.lexicon.find(words);
            !cues.fired.is_empty() || cues.hits.iter().any(label)
        }
    }

    /// The candidates with spans of `text` that rules find.
    fn candidates(
        &self,
        text: &str,
        key: Option<&str>,
        near: Option<Near>,
        depth: usize,
    ) -> Vec<(Candidate, View)> {
        let unlimited = Budget::unlimited();
        let depth = depth.min(BASE64_DEPTH - 1);
        self.all_candidates(text, key, near, depth, &unlimited).0
    }

    /// The same, and at full depth those of the taggers.
    fn all_candidates(
        &self,
        text: &str,
        key: Option<&str>,
        near: Option<Near>,
        depth: usize,
        budget: &Budget,
    ) -> (Vec<(Candidate, View)>, Result<(), Unread>) {
        let layers = view::fold(text);
        let reads = view::reads(&layers, text);
        let cues = self.lexicon.find(reads);
        let mut page = Page {
            text: reads,
            types: &self.types,
            cues: &cues,
            lexicon: &self.lexicon,
            key: near,
            found: Vec::new(),
        };
        let inner = walk::shapes(&mut page, depth);
        walk::triggers(&mut page);
        walk::labels(&mut page);
        secret::assigned::keyed(&mut page);
        name::keyed(&mut page);
        if let Some(key) = key {
            recognizer::at_keys(&mut page, &self.lexicon.find(key).hits);
        }
        walk::neighbours(&mut page);
        let read = tagger::read(&mut page, self.taggers_at(depth), budget);
        name::en_again::again(&mut page);
        let hidden: Vec<Candidate> = inner
            .iter()
            .filter_map(|run| self.inside(run, &page, depth))
            .collect();
        let mut found = page.found;
        found.extend(hidden);
        for custom in &self.custom {
            found.extend(custom.find(reads, key));
        }
        self.lists.find(reads, key, &mut found);
        for table in &self.exact {
            table.find(reads, &mut found);
        }
        found.retain(|candidate| !candidate.span.is_empty());
        let whole = |candidate: Candidate| place(text, reads, &layers, candidate);
        (found.into_iter().map(whole).collect(), read)
    }

    /// Taggers read the text itself, not what base64 hides in it.
    fn taggers_at(&self, depth: usize) -> &[Arc<dyn Tagger>] {
        if depth == BASE64_DEPTH {
            &self.taggers
        } else {
            &[]
        }
    }

    /// What a base64 run hides: its surest finding, over the whole run. What labels the run labels what is in it.
    fn inside(&self, run: &walk::Inner, page: &Page<'_>, depth: usize) -> Option<Candidate> {
        let label = page
            .word_before(run.span.start, Roles::NUMERIC)
            .map(|near| Near {
                labels: true,
                ..near
            });
        let found = self.candidates(&run.text, None, label.or(page.key), depth.saturating_sub(1));
        let (best, _) = found
            .into_iter()
            .max_by(|a, b| a.0.score.total_cmp(&b.0.score))?;
        (best.score >= LEAST_HIDDEN_SCORE).then_some(Candidate {
            span: run.span,
            view: Some(View::Decoded),
            ..best
        })
    }

    /// What a key says: all roles of its words, as one label.
    fn read_key(&self, key: &str) -> Option<Near> {
        let hits = self.lexicon.find(key).hits;
        let last = hits.last()?;
        let measures = if secret::is_measure(key) {
            Roles::MEASURE
        } else {
            Roles::default()
        };
        let roles = hits.iter().fold(measures, |roles, hit| roles | hit.roles);
        Some(Near {
            word: last.word,
            roles,
            labels: true,
        })
    }
}

/// Brings a candidate back to the original text, and says how it was read.
fn place(
    text: &str,
    reads: &str,
    layers: &[view::Folded],
    candidate: Candidate,
) -> (Candidate, View) {
    let span = merge::on_boundaries(text, view::origin(layers, candidate.span));
    let written = span.slice(text).unwrap_or_default();
    let read = candidate.span.slice(reads).unwrap_or_default();
    let view = candidate
        .view
        .unwrap_or_else(|| how_read(written, read, candidate.validator.is_some()));
    (Candidate { span, ..candidate }, view)
}

fn how_read(written: &str, read: &str, number: bool) -> View {
    if written != read {
        let coded = written.contains(['%', '\\', '&']) && !read.contains(['%', '\\', '&']);
        return if coded {
            View::Decoded
        } else {
            View::Normalised
        };
    }
    let digits = read.bytes().filter(u8::is_ascii_digit).count() >= 7;
    let parted = number
        && digits
        && read.contains([' ', '-', '.', '/', '_', '\n'])
        && !read.contains(|c: char| c.is_ascii_alphabetic());
    if parted { View::Digits } else { View::Plain }
}
