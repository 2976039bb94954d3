//! Taggers of the user's own: any ONNX token classifier that reads `WordPiece`, run by tract.
//!
//! A model is a folder of `model.onnx`, `vocab.txt` or `tokenizer.json`, and `config.json` with its labels; which labels are
//! which entity types, the configuration says. Refuses to know: files (it is given their text), and which model is good.

mod labels;
mod session;
mod vocabulary;

use super::wordpiece::{Token, VocabularyError, WordPiece};
use super::{Script, Tag, Tagger, TaggerError};
use crate::base::EntityType;
use labels::Labels;
use session::Session;

/// Longest windows: about a hundred words, or as many Chinese characters.
const WINDOW_BYTES: usize = 480;
/// Positions of a BERT model, where its configuration gives none.
const POSITIONS: usize = 512;

/// Why a model of the user's own can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OnnxError {
    /// Not an ONNX file, or cut short.
    #[error("the model is not a whole ONNX file")]
    File,
    /// An operator, a type or a shape that the runtime lacks; quantised exports are the usual reason.
    #[error("the model can't be run: export it in f32 without com.microsoft operators")]
    Unsupported,
    /// No `input_ids`.
    #[error("the model has no input `input_ids`; it must read token numbers")]
    NoInputIds,
    /// An input that nobody here fills.
    #[error(
        "the model's input {} is none of input_ids, attention_mask, token_type_ids", index + 1
    )]
    UnknownInput {
        /// Its place, from 0.
        index: usize,
    },
    /// Not `[batch, tokens, labels]`, or another number of labels than the configuration has.
    #[error(
        "the model's first output must be [1, tokens, labels] with one label for each entry of `id2label`"
    )]
    Output,
    /// Neither vocabulary file, or one that can't be read.
    #[error(
        "the vocabulary can't be read: give `vocab.txt`, or `tokenizer.json` of type WordPiece"
    )]
    Tokenizer,
    /// `BPE`, `Unigram` or another kind.
    #[error(
        "`tokenizer.json` is not of type WordPiece; models with other tokenizers can't be used"
    )]
    OtherTokenizer,
    /// A `WordPiece` vocabulary that is not whole.
    #[error(transparent)]
    Vocabulary(#[from] VocabularyError),
    /// No labels.
    #[error("`config.json` has no `id2label`, and no labels are configured")]
    NoLabels,
    /// No label has an entity type.
    #[error(
        "none of the model's labels is mapped to an entity type; set `labels`, such as {{ PER = \"PERSON\" }}"
    )]
    NoneMapped,
    /// A configured label that the model doesn't have.
    #[error("configured label {} is none of the model's", index + 1)]
    UnknownLabel {
        /// Its place in the configured map, from 0.
        index: usize,
    },
}

/// The files of a model, as text and bytes.
#[derive(Clone, Copy, Default)]
pub struct OnnxFiles<'a> {
    /// `model.onnx`.
    pub model: &'a [u8],
    /// `vocab.txt`: a piece a line. Used where both are there.
    pub vocabulary: Option<&'a str>,
    /// `tokenizer.json`.
    pub tokenizer: Option<&'a str>,
    /// `config.json`: `id2label` and `max_position_embeddings`.
    pub config: Option<&'a str>,
}

impl std::fmt::Debug for OnnxFiles<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OnnxFiles")
            .field("model_bytes", &self.model.len())
            .finish_non_exhaustive()
    }
}

/// What the configuration says of a model.
#[derive(Debug, Clone)]
pub struct OnnxSettings {
    /// What it reads.
    pub script: Script,
    /// The model's labels, in their order, where `config.json` has none: `O`, `B-PER`, `I-PER`, …
    pub names: Vec<String>,
    /// Labels without `B-` and `I-`, and their entity types. Empty: PER, LOC, ORG and their usual spellings.
    pub map: Vec<(String, EntityType)>,
    /// Whether the model reads lower case; `None`: as the files say, else as the vocabulary looks.
    pub lower: Option<bool>,
    /// What a name must have of the model's certainty, 0 to 1.
    pub least_score: f32,
}

impl OnnxSettings {
    /// Settings for a model that reads this script, of which everything else is as its files say.
    pub const fn new(script: Script) -> Self {
        Self {
            script,
            names: Vec::new(),
            map: Vec::new(),
            lower: None,
            least_score: 0.5,
        }
    }
}

/// A tagger of the user's own.
pub struct OnnxTagger {
    pieces: WordPiece,
    session: Session,
    labels: Labels,
    script: Script,
    most_tokens: usize,
    least_score: f32,
}

impl std::fmt::Debug for OnnxTagger {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OnnxTagger")
            .field("script", &self.script)
            .finish_non_exhaustive()
    }
}

/// What of `config.json` is read.
#[derive(Default, serde::Deserialize)]
struct Config {
    #[serde(default)]
    id2label: std::collections::BTreeMap<String, String>,
    max_position_embeddings: Option<usize>,
}

impl OnnxTagger {
    /// Reads a model and runs it once on a few tokens.
    ///
    /// # Errors
    /// [`OnnxError`], which says what to change.
    pub fn new(files: OnnxFiles<'_>, settings: &OnnxSettings) -> Result<Self, OnnxError> {
        let config: Config = match files.config {
            Some(config) => serde_json::from_str(config).map_err(|_| OnnxError::NoLabels)?,
            None => Config::default(),
        };
        let names = if settings.names.is_empty() {
            (0..config.id2label.len())
                .map_while(|i| config.id2label.get(&i.to_string()).cloned())
                .collect()
        } else {
            settings.names.clone()
        };
        let labels = Labels::new(&names, &settings.map)?;
        let pieces = vocabulary::read(files.vocabulary, files.tokenizer, settings.lower)?;
        let session = Session::new(files.model, labels.len(), &pieces)?;
        let positions = config.max_position_embeddings.unwrap_or(POSITIONS);
        Ok(Self {
            pieces,
            session,
            labels,
            script: settings.script,
            most_tokens: positions.min(POSITIONS).saturating_sub(2).max(1),
            least_score: settings.least_score,
        })
    }

    /// The labels' shares for these tokens.
    fn shares(&self, tokens: &[Token]) -> Result<Vec<f32>, TaggerError> {
        let around = |id| std::iter::once(i64::from(id));
        let ids: Vec<i64> = around(self.pieces.begin)
            .chain(tokens.iter().map(|token| i64::from(token.id)))
            .chain(around(self.pieces.end))
            .collect();
        let logits = self.session.run(&ids)?;
        let labels = self.labels.len();
        let own = logits.get(labels..labels * (tokens.len() + 1));
        own.map(|rows| labels::shares(rows, labels))
            .ok_or(TaggerError::Model)
    }
}

impl Tagger for OnnxTagger {
    fn name(&self) -> &'static str {
        "onnx_model"
    }

    fn script(&self) -> Script {
        self.script
    }

    fn window_bytes(&self) -> usize {
        WINDOW_BYTES
    }

    fn tag(&self, window: &str) -> Result<Vec<Tag>, TaggerError> {
        let tokens = self.pieces.tokens(window);
        let mut out = Vec::new();
        for tokens in tokens.chunks(self.most_tokens.min(self.session.most_tokens())) {
            let shares = self.shares(tokens)?;
            out.extend(self.labels.tags(tokens, &shares, self.least_score));
        }
        Ok(out)
    }
}

#[cfg(test)]
mod tests;
