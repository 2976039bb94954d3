//! Names, places and organisations in prose, found by models.
//!
//! A [`Tagger`] reads one window of text and says which stretches are names. `windows` chooses what a tagger is
//! given, `reading` gives it as long as the [`Budget`] lasts, `han` mends what is known to go wrong in Chinese.
//! Refuses to know: files (it is given bytes), the other recognizers, requests.

mod budget;
mod classical;
pub mod en;
mod han;
mod han_words;
pub mod lac;
mod latin;
#[cfg(feature = "onnx")]
pub mod onnx;
mod reading;
mod weights;
mod windows;
mod wordpiece;

pub use budget::Budget;
pub(super) use reading::read;
pub use wordpiece::VocabularyError;

use crate::base::{EntityType, Span};
use std::fmt;

/// What a tagger can read; text in other scripts is not given to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Script {
    /// Chinese.
    Han,
    /// English and its neighbours.
    Latin,
}

/// One stretch that a tagger took for a name.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tag {
    /// In the window's text, on character boundaries.
    pub span: Span,
    /// What it is.
    pub entity: EntityType,
    /// How sure, 0 to 1.
    pub score: f32,
}

/// Why a window could not be tagged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TaggerError {
    /// The model gave no usable answer.
    #[error("the tagger's model failed")]
    Model,
}

/// Why part of a text was not read by the taggers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unread {
    /// The time was over.
    #[error("looking for names took longer than it may")]
    Late,
    /// A model gave no usable answer.
    #[error("a model that looks for names failed")]
    Model,
}

/// A model that finds names. Built once, shared by all threads.
pub trait Tagger: Send + Sync + fmt::Debug {
    /// Its name, as findings report it.
    fn name(&self) -> &'static str;

    /// What it reads.
    fn script(&self) -> Script;

    /// The longest text that it takes at once, in bytes; longer ones come in windows that end at sentence ends.
    fn window_bytes(&self) -> usize;

    /// The names in one window, disjoint and sorted.
    ///
    /// # Errors
    /// [`TaggerError`] where the model fails; the window then counts as not inspected.
    fn tag(&self, window: &str) -> Result<Vec<Tag>, TaggerError>;
}
