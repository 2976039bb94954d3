//! What a recognizer reports.

use super::{EntityType, Span};

/// How sure a finding is, in the words that a policy uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Confidence {
    /// Shape alone, or shape against its surroundings.
    Low,
    /// A telling shape, or a shape with context.
    Medium,
    /// A check digit, an unmistakable format, or an explicit label.
    High,
}

impl Confidence {
    /// `low` below 0.5, `medium` below 0.8, else `high`.
    pub fn of_score(score: f32) -> Self {
        if score < 0.5 {
            Self::Low
        } else if score < 0.8 {
            Self::Medium
        } else {
            Self::High
        }
    }

    /// `low`, `medium` or `high`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

/// Which view of the text the finding was made in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum View {
    /// The text as it stands.
    Plain,
    /// Normalised: compatibility forms, digits of all scripts, zero-width characters dropped.
    Normalised,
    /// Digits joined over separators, Han numerals read.
    Digits,
    /// Decoded from base64, percent, `\u` or HTML encoding.
    Decoded,
}

/// Why a finding was made; holds no input text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Why {
    /// The recognizer's name.
    pub recognizer: &'static str,
    /// The view in which it was found.
    pub view: View,
    /// The check that it passed, such as `luhn`.
    pub validator: Option<&'static str>,
    /// The context word (ours, from the recognizer's own list) that stood near.
    pub context: Option<&'static str>,
}

/// One sensitive stretch of a text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Finding {
    /// Where, in bytes of the original text.
    pub span: Span,
    /// What.
    pub entity: EntityType,
    /// How sure, 0–1.
    pub score: f32,
    /// How sure, in words.
    pub confidence: Confidence,
    /// Why.
    pub why: Why,
}
