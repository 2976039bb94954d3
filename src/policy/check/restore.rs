//! Checks `restore`.

use std::collections::{BTreeMap, BTreeSet};

use crate::policy::fault::Faults;
use crate::policy::model::DataClass;
use crate::policy::path::JsonPath;
use crate::policy::raw::RawRestore;
use crate::policy::restore::{Grant, RestoreRules, ToolGrant, Tools};
use crate::policy::yaml::{Entries, Words, WordsOr};

use super::grid::json_path;
use super::names::Entities;

/// Reads grants against what the file knows.
pub(super) struct Reader<'a> {
    pub(super) classes: &'a [DataClass],
    pub(super) entities: &'a Entities,
}

impl Reader<'_> {
    pub(super) fn rules(&self, raw: RawRestore, faults: &mut Faults) -> RestoreRules {
        let reply = raw.reply.map_or(Grant::All, |words| self.grant(&words, faults));
        let reasoning = raw.reasoning.map(|words| self.grant(&words, faults));
        let tools = raw.tools.map(|tools| self.tools(tools, faults));
        let never = raw.never.unwrap_or_default();
        RestoreRules {
            reasoning: reasoning.unwrap_or_else(|| reply.clone()),
            tools: tools.unwrap_or_else(|| Tools::Every(reply.clone())),
            never: self.entities.of_data(&never, self.classes, faults).into_iter().collect(),
            in_urls: raw.in_urls.unwrap_or(false),
            reply,
        }
    }

    /// `all`, `none`, or data classes and entity types.
    fn grant(&self, words: &Words, faults: &mut Faults) -> Grant {
        match words.0.as_slice() {
            [only] if only.text == "all" => Grant::All,
            [only] if only.text == "none" => Grant::Only(BTreeSet::new()),
            _ => {
                let types = self.entities.of_data(words, self.classes, faults);
                Grant::Only(types.into_iter().collect())
            }
        }
    }

    fn tools(
        &self,
        raw: WordsOr<Entries<WordsOr<Entries<Words>>>>,
        faults: &mut Faults,
    ) -> Tools {
        let named = match raw {
            WordsOr::Words(words) => return Tools::Every(self.grant(&words, faults)),
            WordsOr::Map(named) => named,
        };
        let mut tools = BTreeMap::new();
        for (name, grant) in named.0 {
            let grant = match grant {
                WordsOr::Words(words) => ToolGrant::Anywhere(self.grant(&words, faults)),
                WordsOr::Map(places) => ToolGrant::At(self.places(&places, faults)),
            };
            tools.insert(name.text, grant);
        }
        Tools::Named(tools)
    }

    fn places(
        &self,
        places: &Entries<Words>,
        faults: &mut Faults,
    ) -> Vec<(JsonPath, Grant)> {
        let mut read = Vec::new();
        for (path, words) in &places.0 {
            let grant = self.grant(words, faults);
            read.extend(json_path(path, faults).map(|path| (path, grant)));
        }
        read
    }
}
