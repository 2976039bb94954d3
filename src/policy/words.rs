//! The closed sets of words that a policy is written in, and the nearest word to a misspelt one.

use crate::base::Confidence;

/// An enum whose values are words of the policy language.
pub(super) trait Vocabulary: Copy + 'static {
    /// What the words are, for messages: `operator`, `mode`.
    const WHAT: &'static str;
    /// Every value with its word.
    const WORDS: &'static [(&'static str, Self)];

    /// The value that this word stands for.
    fn of(word: &str) -> Option<Self> {
        Self::WORDS
            .iter()
            .find(|(known, _)| *known == word)
            .map(|(_, value)| *value)
    }
}

macro_rules! vocabulary {
    ($(#[$meta:meta])* $name:ident, $what:literal {
        $($(#[$variant_meta:meta])* $variant:ident = $word:literal,)+
    }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$variant_meta])* $variant,)+
        }

        impl $name {
            /// The word for it in a policy file.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl Vocabulary for $name {
            const WHAT: &'static str = $what;
            const WORDS: &'static [(&'static str, Self)] = &[$(($word, Self::$variant),)+];
        }
    };
}

vocabulary! {
    /// Which part of a policy takes effect; later is stronger.
    Mode, "mode" {
        /// Records what would have happened: nothing is replaced, nothing refused.
        Observe = "observe",
        /// As `observe`, and tells the caller in a response header.
        Warn = "warn",
        /// Does it.
        Enforce = "enforce",
    }
}

vocabulary! {
    /// Where a destination stands.
    Trust, "trust" {
        /// In the building: data that goes there does not leave.
        Inside = "inside",
        /// Anywhere else.
        Outside = "outside",
    }
}

vocabulary! {
    /// What is done to a finding; later is stricter.
    Operator, "operator" {
        /// Stays as it is.
        Allow = "allow",
        /// A reversible value takes its place.
        Surrogate = "surrogate",
        /// A coarser value takes its place. No type has a generaliser yet: the type's label does, as with `redact`.
        Generalise = "generalise",
        /// Part of it is covered.
        Mask = "mask",
        /// A surrogate that no reply ever restores; the original stays in the vault.
        Seal = "seal",
        /// The type's label takes its place, and nothing is kept.
        Redact = "redact",
    }
}

vocabulary! {
    /// What a cell of the grid or a rule does: an operator on the findings, or one of the two verbs
    /// that act on the whole request; later is stricter, and the strictest wins.
    Handling, "operator" {
        /// See [`Operator::Allow`].
        Allow = "allow",
        /// See [`Operator::Surrogate`].
        Surrogate = "surrogate",
        /// See [`Operator::Generalise`].
        Generalise = "generalise",
        /// See [`Operator::Mask`].
        Mask = "mask",
        /// See [`Operator::Seal`].
        Seal = "seal",
        /// See [`Operator::Redact`].
        Redact = "redact",
        /// The request stays inside.
        LocalOnly = "local_only",
        /// The request is refused.
        Block = "block",
    }
}

vocabulary! {
    /// A verb that acts on the whole request.
    WholeOperator, "verb" {
        /// The request stays inside.
        LocalOnly = "local_only",
        /// The request is refused.
        Block = "block",
    }
}

vocabulary! {
    /// What becomes of a request as a whole; also the `result` of a test.
    Outcome, "result" {
        /// It may go.
        Allow = "allow",
        /// It may go to destinations inside only.
        LocalOnly = "local_only",
        /// It is refused.
        Block = "block",
    }
}

vocabulary! {
    /// How hard a request is to answer.
    Complexity, "complexity" {
        /// A small model will do.
        Low = "low",
        /// Between the two.
        Medium = "medium",
        /// Wants the best model.
        High = "high",
    }
}

vocabulary! {
    /// Where a request goes when its destination fails.
    Fallback, "fallback" {
        /// To another destination whose handling is the same or stricter.
        SameOrStricter = "same_or_stricter",
        /// Nowhere: it fails.
        None = "none",
    }
}

vocabulary! {
    /// How surrogates are made.
    SurrogateKind, "kind of surrogate" {
        /// Computed from the original under a secret key: the same in every turn.
        Derived = "derived",
        /// Random; not supported yet.
        Random = "random",
    }
}

vocabulary! {
    /// A part of a request that can't be read as text.
    Kind, "kind of part" {
        /// A picture.
        Image = "image",
        /// An attached file.
        File = "file",
        /// Sound.
        Audio = "audio",
        /// A prompt given as token numbers.
        TokenIds = "token_ids",
        /// A kind of part that this version does not know.
        Unknown = "unknown",
    }
}

vocabulary! {
    /// What is done about a value in a reply that stood neither in the request nor behind one of its surrogates.
    ReplyCheck, "reply check" {
        /// Replies are not read.
        Off = "off",
        /// The value is covered.
        Mask = "mask",
        /// The reply is stopped.
        Block = "block",
    }
}

impl Vocabulary for Confidence {
    const WHAT: &'static str = "confidence";
    const WORDS: &'static [(&'static str, Self)] = &[
        ("low", Self::Low),
        ("medium", Self::Medium),
        ("high", Self::High),
    ];
}

impl From<Operator> for Handling {
    fn from(operator: Operator) -> Self {
        match operator {
            Operator::Allow => Self::Allow,
            Operator::Surrogate => Self::Surrogate,
            Operator::Generalise => Self::Generalise,
            Operator::Mask => Self::Mask,
            Operator::Seal => Self::Seal,
            Operator::Redact => Self::Redact,
        }
    }
}

impl Handling {
    /// What it does to a finding; a verb on the whole request is `redact` where a finding is asked for after all.
    pub const fn operator(self) -> Operator {
        match self {
            Self::Allow => Operator::Allow,
            Self::Surrogate => Operator::Surrogate,
            Self::Generalise => Operator::Generalise,
            Self::Mask => Operator::Mask,
            Self::Seal => Operator::Seal,
            Self::Redact | Self::LocalOnly | Self::Block => Operator::Redact,
        }
    }

    /// What it does to the whole request, if anything.
    pub const fn whole(self) -> Option<WholeOperator> {
        match self {
            Self::LocalOnly => Some(WholeOperator::LocalOnly),
            Self::Block => Some(WholeOperator::Block),
            _ => None,
        }
    }
}

impl From<WholeOperator> for Outcome {
    fn from(verb: WholeOperator) -> Self {
        match verb {
            WholeOperator::LocalOnly => Self::LocalOnly,
            WholeOperator::Block => Self::Block,
        }
    }
}

/// The word of `known` that is nearest to `word`, if one is near enough to be meant.
///
/// Near is a third of the letters wrong at most (Damerau–Levenshtein), whatever their case.
pub(super) fn nearest<'w>(word: &str, known: impl IntoIterator<Item = &'w str>) -> Option<&'w str> {
    let lower = word.to_lowercase();
    let wrong = |other: &str| strsim::damerau_levenshtein(&lower, &other.to_lowercase());
    let best = known.into_iter().map(|other| (wrong(other), other)).min()?;
    let limit = lower
        .chars()
        .count()
        .max(best.1.chars().count())
        .div_ceil(3);
    (best.0 <= limit).then_some(best.1)
}

/// "did you mean `x`?", then what is expected.
pub(super) fn suggestion<'w>(word: &str, known: impl IntoIterator<Item = &'w str>) -> String {
    let known: Vec<&str> = known.into_iter().collect();
    let expected = match known.as_slice() {
        [] => "none is defined in this file".to_owned(),
        [only] => format!("expected `{only}`"),
        many => format!("expected one of `{}`", many.join("`, `")),
    };
    match nearest(word, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`? {expected}"),
        None => expected,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strictness_is_in_the_documented_order() {
        let words: Vec<_> = Handling::WORDS
            .iter()
            .rev()
            .map(|(word, _)| *word)
            .collect();
        let order = "block > local_only > redact > seal > mask > generalise > surrogate > allow";
        assert_eq!(words.join(" > "), order);
        assert!(Handling::WORDS.is_sorted_by_key(|(_, value)| *value));
    }

    #[test]
    fn an_operator_survives_as_handling() {
        for (_, operator) in Operator::WORDS {
            assert_eq!(Handling::from(*operator).operator(), *operator);
        }
    }

    #[test]
    fn nearest_word() {
        let known = ["allow", "surrogate", "local_only", "block"];
        let cases = [
            ("surogate", Some("surrogate")),
            ("localonly", Some("local_only")),
            ("BLOCK", Some("block")),
            ("blcok", Some("block")),
            ("encrypt", None),
            ("", None),
        ];
        for (word, expected) in cases {
            assert_eq!(nearest(word, known), expected, "{word}");
        }
    }
}
