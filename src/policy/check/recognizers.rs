//! Checks `recognizers`: their types and that they have examples. Whether the pattern is good is for `detect` to say.

use crate::base::EntityType;
use crate::policy::fault::Faults;
use crate::policy::model::RecognizerSpec;
use crate::policy::phrase::Phrase;
use crate::policy::raw::RawRecognizer;
use crate::policy::yaml::Word;

use super::names::{self, Entities};

pub(super) fn recognizers(
    raw: Vec<RawRecognizer>,
    entities: &mut Entities,
    faults: &mut Faults,
) -> Vec<RecognizerSpec> {
    raw.into_iter()
        .filter_map(|one| recognizer(one, entities, faults))
        .collect()
}

fn recognizer(
    raw: RawRecognizer,
    entities: &mut Entities,
    faults: &mut Faults,
) -> Option<RecognizerSpec> {
    let entity = own_type(&raw.entity, entities, faults);
    names::written(&raw.pattern, "pattern", faults);
    for (key, examples) in [("find", &raw.find), ("ignore", &raw.ignore)] {
        if examples
            .as_ref()
            .is_none_or(|examples| examples.0.is_empty())
        {
            let message = format!(
                "the recognizer of `{}` has no `{key}` example",
                raw.entity.text
            );
            let help = "`find` and `ignore` need at least one text each: they run as tests";
            faults.add(raw.entity.spot, message, "this recognizer", help.to_owned());
        }
    }
    Some(RecognizerSpec {
        entity: entity?,
        label: raw
            .label
            .unwrap_or_else(|| Phrase::Plain(raw.entity.text.clone())),
        pattern: raw.pattern.text,
        near: names::texts(raw.near),
        find: names::texts(raw.find),
        ignore: names::texts(raw.ignore),
    })
}

/// The type that a recognizer defines.
pub(super) fn own_type(
    word: &Word,
    entities: &mut Entities,
    faults: &mut Faults,
) -> Option<EntityType> {
    if EntityType::built_in().any(|known| known.as_str() == word.text) {
        let message = format!("`{}` is a built-in entity type", word.text);
        let help = "choose another name, and put both types into the same data class";
        faults.add(word.spot, message, "already recognized", help.to_owned());
        return None;
    }
    if let Some(twice) = entities.find(&word.text) {
        return Some(twice);
    }
    let defined = EntityType::define(&word.text);
    match defined {
        Some(entity) => entities.add(entity),
        None => faults.add(
            word.spot,
            format!("invalid entity type name `{}`", word.text),
            "entity type name",
            "expected 2–40 of A–Z, 0–9 and `_`, beginning with a letter".to_owned(),
        ),
    }
    defined
}
