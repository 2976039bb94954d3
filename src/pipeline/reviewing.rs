//! What the policy says of values that the model makes up, for the reply to one request.

use crate::audit::Entry;
use crate::base::EntityType;
use crate::policy::{Mode, Operator, Permit, ReplyCheck};
use crate::review::{Action, MadeUp, Rules};
use http::{HeaderName, HeaderValue};
use std::collections::BTreeMap;
use std::sync::Arc;

use super::given::Given;
use super::outbound::Egress;
use super::{Decided, Pipeline, outbound};

const LOGPROBS: HeaderName = HeaderName::from_static("x-vestibule-logprobs");

/// Counts of each type; the word of the policy and how far it goes.
#[derive(Debug, Clone, Default)]
pub(super) struct MadeUpTally {
    /// How many different values of each type.
    pub(super) counts: BTreeMap<&'static str, u32>,
    /// What was done about them.
    pub(super) action: Option<Action>,
}

impl MadeUpTally {
    /// What was found under these rules.
    pub(super) fn of(found: &MadeUp, rules: Option<&Rules>) -> Self {
        Self {
            counts: found.counts().clone(),
            action: rules.map(|rules| rules.action),
        }
    }

    /// What the entry of the reply says.
    pub(super) fn note(self, entry: &mut Entry) {
        let Some(action) = self.action.filter(|_| !self.counts.is_empty()) else {
            return;
        };
        let (reason, operator) = match action {
            Action::Count => ("observed:reply_check", "allow"),
            Action::Mask => ("reply_check=mask", "mask"),
            Action::Block => ("reply_check=block", "block"),
        };
        entry.reasons = vec![reason.into()];
        entry.operators = BTreeMap::from([(operator, self.counts.values().sum())]);
        entry.findings = Arc::new(self.counts);
    }
}

impl Pipeline {
    /// How the reply to this request is read for what the model made up; `None`: not at all.
    ///
    /// A value counts if its type, at its confidence, is one that the grid does not allow at the destination that answers,
    /// for this app: also inside, where a model makes things up as well. A policy that only observes counts.
    pub(super) fn review(&self, decided: &Decided, egress: &Egress) -> Option<Rules> {
        let action = match (self.policy.safety().reply_check, self.policy.mode()) {
            (ReplyCheck::Off, _) => return None,
            (_, Mode::Observe | Mode::Warn) => Action::Count,
            (ReplyCheck::Mask, _) => Action::Mask,
            (ReplyCheck::Block, _) => Action::Block,
        };
        let option = decided.decision.option(&egress.destination)?;
        let Permit::Allowed(operators) = &option.permit else {
            return None;
        };
        let operators = operators.clone().in_force();
        let map = Arc::clone(&egress.transformed.map);
        let given = Given::new(Arc::clone(&decided.request), &decided.inspection.files, map);
        Some(Rules {
            detector: self.inspector.detector(),
            counts: Arc::new(move |entity, confidence| {
                operators.operator(entity, confidence) != Operator::Allow
            }),
            given: Arc::new(move |entity: EntityType, value: &str| given.holds(entity, value)),
            mask: crate::transform::mask,
            action,
        })
    }
}

/// What was made up, for the headers of a reply that comes whole.
pub(super) fn header(tally: &MadeUpTally) -> Option<(HeaderName, HeaderValue)> {
    tally.action?;
    let value = HeaderValue::from_str(&outbound::counted(&tally.counts)).ok()?;
    Some((HeaderName::from_static("x-vestibule-reply-findings"), value))
}

/// Token probabilities tell of a text as it came, so they go where it may be covered.
pub(super) fn dropped(
    decided: &Decided,
    egress: &Egress,
    rules: Option<&Rules>,
) -> Option<(HeaderName, HeaderValue)> {
    let covers = rules.is_some_and(|rules| rules.action != Action::Count);
    let told = !egress.transformed.map.is_empty();
    (covers && !told && decided.request.shape().logprobs)
        .then_some((LOGPROBS, HeaderValue::from_static("dropped")))
}
