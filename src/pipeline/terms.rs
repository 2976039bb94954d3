//! On what terms the channels of a reply are restored: into what, and what may come back there.
//!
//! Refuses to know: where the channels stand, and what went before in them.

use crate::base::EntityType;
use crate::policy::Policy;
use crate::protocol::{Channel, Field};
use crate::restore::{Originals, Permission, Restorer, Sink};
use crate::review::{Action, Kind, Reviewer, Rules};
use std::collections::BTreeMap;
use std::sync::Arc;

use super::voice::Voice;

/// On what terms a channel is restored.
pub(super) struct Terms {
    pub(super) originals: Originals,
    pub(super) policy: Arc<Policy>,
    pub(super) json_output: bool,
    /// What counts as made up by the model; `None`: replies are not read for it.
    pub(super) review: Option<Rules>,
    /// Names of the tools that the reply calls, by choice and the tool's index.
    pub(super) tools: BTreeMap<(u32, u32), Arc<str>>,
}

impl Terms {
    /// Whether texts may come out otherwise than they came.
    pub(super) fn changes(&self) -> bool {
        let covers = |rules: &Rules| rules.action != Action::Count;
        !self.originals.is_empty() || self.review.as_ref().is_some_and(covers)
    }

    /// A channel at its beginning; `raw` where it takes raw JSON.
    pub(super) fn voice(&self, channel: Channel, raw: bool) -> Voice {
        let json = match channel.field {
            Field::ToolArguments => true,
            Field::Content => self.json_output,
            _ => raw,
        };
        let sink = if json { Sink::Json } else { Sink::Text };
        let restorer = Restorer::new(self.originals.clone(), sink, self.permission(channel));
        let kind = if json { Kind::Json } else { Kind::Text };
        let rules = self
            .review
            .as_ref()
            .filter(|_| is_the_models(channel.field));
        let review = rules.map(|rules| Reviewer::new(rules.clone(), kind));
        Voice::new(review, restorer, Arc::clone(&self.policy))
    }

    fn permission(&self, channel: Channel) -> Permission {
        let policy = Arc::clone(&self.policy);
        match channel.field {
            Field::ToolArguments | Field::ToolInput => {
                let call = (channel.item, channel.part);
                let name = self
                    .tools
                    .get(&call)
                    .or_else(|| self.tools.get(&(channel.item, 0)))
                    .cloned()
                    .unwrap_or_default();
                Arc::new(move |entity: EntityType, path: &str| {
                    policy.restore().tool_argument(&name, path, entity)
                })
            }
            Field::Reasoning | Field::ReasoningPlain | Field::Summary => {
                Arc::new(move |entity, _| policy.restore().reasoning(entity))
            }
            _ => Arc::new(move |entity, _| policy.restore().reply(entity)),
        }
    }
}

/// Whether a model writes this text; others are names, ids, and what the destination tells again of the request.
const fn is_the_models(field: Field) -> bool {
    matches!(
        field,
        Field::Content
            | Field::Reasoning
            | Field::ReasoningPlain
            | Field::Summary
            | Field::Refusal
            | Field::ToolArguments
            | Field::ToolInput
            | Field::Code
    )
}
