//! On what terms the channels of a reply are restored: into what, and what may come back there.
//!
//! Refuses to know: where the channels stand, and what went before in them.

use crate::base::EntityType;
use crate::policy::Policy;
use crate::protocol::{Channel, Field};
use crate::restore::{Originals, Permission, Restorer, Sink};
use std::collections::BTreeMap;
use std::sync::Arc;

/// On what terms a channel is restored.
pub(super) struct Terms {
    pub(super) originals: Originals,
    pub(super) policy: Arc<Policy>,
    pub(super) json_output: bool,
    /// Names of the tools that the reply calls, by choice and the tool's index.
    pub(super) tools: BTreeMap<(u32, u32), Arc<str>>,
}

impl Terms {
    /// A restorer for a channel; `raw` where it takes raw JSON.
    pub(super) fn restorer(&self, channel: Channel, raw: bool) -> Restorer {
        let json = match channel.field {
            Field::ToolArguments => true,
            Field::Content => self.json_output,
            _ => raw,
        };
        let sink = if json { Sink::Json } else { Sink::Text };
        Restorer::new(self.originals.clone(), sink, self.permission(channel))
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
