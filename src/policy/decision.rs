//! What a decision is asked about, and what it says.

use std::sync::Arc;

use crate::base::{Confidence, EntityType};

use super::operators::OperatorTable;
use super::words::{Complexity, Outcome, Trust, WholeOperator};

/// What a decision is about: everything of a request that a policy looks at, and none of its text.
#[derive(Debug, Clone, Copy)]
pub struct Situation<'a> {
    /// The app that asks.
    pub app: &'a str,
    /// One for each value found; `min_count` counts these, so a caller that wants a value that stands in many
    /// places to count once gives it once.
    pub findings: &'a [(EntityType, Confidence)],
    /// The kinds of the parts that can't be read: `image`, `file`, `audio`, `token_ids`; any other word is `unknown`.
    pub uninspectable: &'a [&'a str],
    /// How hard the request is.
    pub complexity: Complexity,
    /// Whether a finding stands in an id, which can't be rewritten. A destination that would change any finding of
    /// the request may then not have it: one outside because it stays inside, one inside because it is refused.
    pub finding_in_id: bool,
}

/// What may happen to a request.
///
/// Reason codes read `KIND:WHAT[@DESTINATION]=HANDLING`, in the order of the alphabet and without values:
/// `cell:identity@deepseek=surrogate`, `app:reports:identity@deepseek=local_only` (an app's tighter cell),
/// `type:EMAIL@deepseek=redact` (no class includes the type), `rule:bulk-export=local_only`,
/// `uninspectable:image=local_only`, `id:finding@deepseek=local_only`, `error:inspection=block` (`on_error`).
#[derive(Debug, Clone)]
pub struct Decision {
    /// The highest data level found; 1 if nothing was.
    pub level: u8,
    /// Every destination, in the order of the policy.
    pub options: Vec<DestinationOption>,
    /// The reason codes of what took effect.
    pub reasons: Vec<Arc<str>>,
    /// The sentence for the user, should the request be refused or kept inside.
    pub say: Option<String>,
    /// The reason codes of what would have taken effect in mode `enforce`.
    pub observed: Vec<Arc<str>>,
    /// Those among `observed` that the caller is told: of mode `warn`.
    pub warn: Vec<Arc<str>>,
}

/// Whether a request may go to one destination.
#[derive(Debug, Clone)]
pub struct DestinationOption {
    /// Its name.
    pub destination: Arc<str>,
    /// Where it stands.
    pub trust: Trust,
    /// Whether the request may go there, and how.
    pub permit: Permit,
}

/// Whether, and how.
#[derive(Debug, Clone)]
pub enum Permit {
    /// It may, with these operators on its findings.
    Allowed(OperatorTable),
    /// It may not: it has to stay inside.
    LocalOnly {
        /// The reason code.
        reason: Arc<str>,
    },
    /// It may not: asked for this destination, it is refused.
    Blocked {
        /// The reason code.
        reason: Arc<str>,
    },
}

impl Permit {
    /// The same as one word.
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::Allowed(_) => Outcome::Allow,
            Self::LocalOnly { .. } => WholeOperator::LocalOnly.into(),
            Self::Blocked { .. } => WholeOperator::Block.into(),
        }
    }
}

impl Decision {
    /// The destinations that the request may go to, with their operators, in the order of the policy.
    pub fn allowed(&self) -> impl Iterator<Item = (&DestinationOption, &OperatorTable)> {
        self.options
            .iter()
            .filter_map(|option| match &option.permit {
                Permit::Allowed(operators) => Some((option, operators)),
                Permit::LocalOnly { .. } | Permit::Blocked { .. } => None,
            })
    }

    /// The option for this destination.
    pub fn option(&self, destination: &str) -> Option<&DestinationOption> {
        self.options
            .iter()
            .find(|option| *option.destination == *destination)
    }

    /// What becomes of the request, in one word.
    ///
    /// To a destination: its permit; `block` for one that the policy does not name. To none in particular: the
    /// mildest permit outside (inside where the policy names nothing outside), and `block` where the request has
    /// to stay inside but nothing inside may have it.
    pub fn outcome(&self, to: Option<&str>) -> Outcome {
        if let Some(to) = to {
            return self
                .option(to)
                .map_or(Outcome::Block, |option| option.permit.outcome());
        }
        let at = |trust: Trust| {
            self.options
                .iter()
                .filter(move |option| option.trust == trust)
        };
        let mildest = |trust| at(trust).map(|option| option.permit.outcome()).min();
        let inside = mildest(Trust::Inside);
        match mildest(Trust::Outside) {
            Some(Outcome::LocalOnly) if inside != Some(Outcome::Allow) => Outcome::Block,
            outside => outside.or(inside).unwrap_or(Outcome::Block),
        }
    }
}
