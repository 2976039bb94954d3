//! Which sinks may see originals again.
//!
//! Restoring is a decision of its own: that a value may leave as a surrogate says nothing about where it comes back.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::EntityType;

use super::path::JsonPath;

/// The types that one sink may see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Grant {
    All,
    Only(BTreeSet<EntityType>),
}

/// What one tool may see.
#[derive(Debug, Clone)]
pub(super) enum ToolGrant {
    /// The same in every argument.
    Anywhere(Grant),
    /// By place in the arguments; nothing elsewhere.
    At(Vec<(JsonPath, Grant)>),
}

/// What tools may see.
#[derive(Debug, Clone)]
pub(super) enum Tools {
    /// Every tool the same.
    Every(Grant),
    /// By name; a tool that is not named sees nothing.
    Named(BTreeMap<String, ToolGrant>),
}

/// Which sinks may see originals again.
///
/// `never` wins over every grant. What the file leaves out: `reply` is everything, `reasoning` and `tools` are as
/// `reply`, URLs see nothing. Text of the form of a surrogate that came in as such (`LIT`) always comes back.
#[derive(Debug, Clone)]
pub struct RestoreRules {
    pub(super) reply: Grant,
    pub(super) reasoning: Grant,
    pub(super) tools: Tools,
    pub(super) never: BTreeSet<EntityType>,
    pub(super) in_urls: bool,
}

impl RestoreRules {
    /// In the text of the reply.
    pub fn reply(&self, entity: EntityType) -> bool {
        self.allows(&self.reply, entity)
    }

    /// In the reasoning that comes with a reply.
    pub fn reasoning(&self, entity: EntityType) -> bool {
        self.allows(&self.reasoning, entity)
    }

    /// In the argument of this tool at this place; for `path` see [`JsonPath::covers`], `$` is the arguments as a whole.
    pub fn tool_argument(&self, tool: &str, path: &str, entity: EntityType) -> bool {
        match self.tool(tool) {
            Some(Of::All(grant)) => self.allows(grant, entity),
            Some(Of::Places(places)) => {
                entity == EntityType::LIT
                    || places.iter().any(|(at, grant)| at.covers(path) && self.allows(grant, entity))
            }
            None => entity == EntityType::LIT,
        }
    }

    /// Whether what this tool may see depends on the place in its arguments.
    pub fn by_place(&self, tool: &str) -> bool {
        matches!(self.tool(tool), Some(Of::Places(_)))
    }

    /// Inside a URL, an image target or an HTML attribute, where the text around it may see the type.
    pub const fn in_urls(&self) -> bool {
        self.in_urls
    }

    fn tool(&self, tool: &str) -> Option<Of<'_>> {
        match &self.tools {
            Tools::Every(grant) => Some(Of::All(grant)),
            Tools::Named(tools) => tools.get(tool).map(|grant| match grant {
                ToolGrant::Anywhere(grant) => Of::All(grant),
                ToolGrant::At(places) => Of::Places(places),
            }),
        }
    }

    fn allows(&self, grant: &Grant, entity: EntityType) -> bool {
        let granted = match grant {
            Grant::All => true,
            Grant::Only(types) => types.contains(&entity),
        };
        entity == EntityType::LIT || (granted && !self.never.contains(&entity))
    }
}

enum Of<'r> {
    All(&'r Grant),
    Places(&'r [(JsonPath, Grant)]),
}
