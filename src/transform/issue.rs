//! Gives every value its stand-in: names surrogates, seals originals, fills the restore map.

use super::layout::{Layout, Part, Value};
use super::{Replacement, TransformError, Transformed, form, operators};
use crate::base::{EntityType, Sensitive, Timestamp};
use crate::policy::Operator;
use crate::store::{VaultRow, Write};
use crate::vault::{RestoreMap, Scope};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// Counters tried for one value. One in seven names has too few digits, so a hundred in a row don't happen.
const MAX_COUNTER: u32 = 100;

/// A surrogate and the bits that it is spelled from.
struct Named {
    surrogate: String,
    bits: [u8; 32],
}

/// Stand-ins of one request, as they are made.
pub(super) struct Issue<'s> {
    scope: &'s Arc<Scope>,
    now: Timestamp,
    /// What stands for each value of the layout, in its order; `None` where it stays.
    outputs: Vec<Option<String>>,
    /// What stands for each text in the form of a surrogate that isn't one of ours.
    literals: HashMap<String, String, foldhash::fast::RandomState>,
    map: RestoreMap,
    sealed: BTreeSet<String>,
    rows: Vec<VaultRow>,
    named: Vec<[u8; 32]>,
}

impl<'s> Issue<'s> {
    pub(super) fn new(scope: &'s Arc<Scope>, now: Timestamp) -> Self {
        Self {
            scope,
            now,
            outputs: Vec::new(),
            literals: HashMap::default(),
            map: RestoreMap::default(),
            sealed: BTreeSet::new(),
            rows: Vec::new(),
            named: Vec::new(),
        }
    }

    /// Stand-ins for the values, in the order in which they were first found.
    pub(super) fn values(&mut self, values: &[Value<'_>]) -> Result<(), TransformError> {
        self.outputs.reserve(values.len());
        for value in values {
            let output = self.value(value)?;
            self.outputs.push(output);
        }
        Ok(())
    }

    fn value(&mut self, value: &Value<'_>) -> Result<Option<String>, TransformError> {
        Ok(match value.operator {
            Operator::Allow => None,
            Operator::Surrogate => Some(self.surrogate(value.entity, value.text, true)?),
            Operator::Seal => Some(self.surrogate(value.entity, value.text, false)?),
            Operator::Generalise => Some(operators::generalise(value.entity)),
            Operator::Mask => Some(operators::mask(value.entity, value.text)),
            Operator::Redact => Some(operators::redact(value.entity)),
        })
    }

    /// Stand-ins for text in the form of a surrogate. What this request issues stays, be it for a value or for
    /// another such text.
    pub(super) fn literals(&mut self, layout: &Layout<'_>) -> Result<(), TransformError> {
        let mut foreign: Vec<&str> = Vec::new();
        let mut seen = BTreeSet::new();
        for (_, text) in layout.parts.iter().flat_map(|part| &part.literals) {
            if !self.is_issued(text) && seen.insert(*text) {
                foreign.push(text);
            }
        }
        let names = foreign.iter().map(|text| self.name(EntityType::LIT, text));
        let names: BTreeSet<String> = names
            .map(|named| Ok(named?.surrogate))
            .collect::<Result<_, TransformError>>()?;
        for text in foreign.into_iter().filter(|text| !names.contains(*text)) {
            let surrogate = self.surrogate(EntityType::LIT, text, true)?;
            self.literals.insert(text.to_owned(), surrogate);
        }
        Ok(())
    }

    fn is_issued(&self, surrogate: &str) -> bool {
        self.map.get(surrogate).is_some() || self.sealed.contains(surrogate)
    }

    /// The first name of the value that no other value of this request has.
    fn name(&self, entity: EntityType, value: &str) -> Result<Named, TransformError> {
        for counter in 0..MAX_COUNTER {
            let bits = self.scope.name_bits(entity, value, counter);
            match form::spell(entity, &bits) {
                Some(surrogate) if !self.is_issued(&surrogate) => {
                    return Ok(Named { surrogate, bits });
                }
                _ => {}
            }
        }
        Err(TransformError::Exhausted)
    }

    fn surrogate(
        &mut self,
        entity: EntityType,
        value: &str,
        restorable: bool,
    ) -> Result<String, TransformError> {
        let Named { surrogate, bits } = self.name(entity, value)?;
        if !self.scope.is_committed(&bits, self.now) {
            self.rows
                .push(self.scope.seal(&surrogate, entity, value, self.now)?);
            self.named.push(bits);
        }
        if restorable {
            self.map
                .insert(surrogate.clone(), entity, Sensitive::new(value.to_owned()));
        } else {
            self.sealed.insert(surrogate.clone());
        }
        Ok(surrogate)
    }

    /// Puts the stand-ins where the layout says.
    pub(super) fn finish(self, layout: Layout<'_>) -> Transformed {
        let mut operators = BTreeMap::new();
        if layout.allowed > 0 {
            operators.insert(Operator::Allow.as_str(), layout.allowed);
        }
        let mut replacements = Vec::new();
        for (at, part) in layout.parts.iter().enumerate() {
            self.place(at, part, &layout, &mut replacements, &mut operators);
        }
        let (mut removed, mut labels) = (Vec::new(), BTreeSet::new());
        for (value, output) in layout.values.iter().zip(&self.outputs) {
            if !matches!(value.operator, Operator::Allow | Operator::Surrogate) {
                removed.push((value.entity, Sensitive::new(value.text.to_owned())));
            }
            if matches!(value.operator, Operator::Generalise | Operator::Redact) {
                labels.extend(output.clone());
            }
        }
        // Without rows nothing is sealed under the scope's key, so it needn't be kept.
        let keys = self.scope.unwritten_key().filter(|_| !self.rows.is_empty());
        Transformed {
            replacements,
            map: Arc::new(self.map),
            write: Write {
                keys: keys.into_iter().collect(),
                vault: self.rows,
            },
            operators,
            removed,
            labels,
            stuck: layout.stuck,
            sealed: self.sealed,
            named: self.named,
            sealed_at: self.now,
            scope: Arc::clone(self.scope),
        }
    }

    fn place(
        &self,
        at: usize,
        part: &Part<'_>,
        layout: &Layout<'_>,
        replacements: &mut Vec<Replacement>,
        operators: &mut BTreeMap<&'static str, u32>,
    ) {
        let before = replacements.len();
        let mut put = |span, text: &String, operator: Operator| {
            *operators.entry(operator.as_str()).or_insert(0) += 1;
            replacements.push(Replacement {
                part: at,
                span,
                text: text.clone(),
            });
        };
        for spot in &part.spots {
            let output = self.outputs.get(spot.value).and_then(Option::as_ref);
            if let (Some(value), Some(text)) = (layout.values.get(spot.value), output) {
                put(spot.span, text, value.operator);
            }
        }
        for (span, text) in &part.literals {
            if let Some(text) = self.literals.get(*text) {
                put(*span, text, Operator::Surrogate);
            }
        }
        if let Some(new) = replacements.get_mut(before..) {
            new.sort_unstable_by_key(|replacement| replacement.span);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::RootKey;

    #[test]
    fn a_name_that_is_taken_gives_way_to_the_next_counter() {
        let scope = Scope::detached(&RootKey::generate(1).unwrap(), [1; 16]).unwrap();
        let mut issue = Issue::new(&scope, Timestamp::from_micros(0));
        let first = issue.name(EntityType::LIT, "x").unwrap().surrogate;
        issue.map.insert(
            first.clone(),
            EntityType::LIT,
            Sensitive::new("other".to_owned()),
        );
        let second = issue.surrogate(EntityType::LIT, "x", true).unwrap();
        assert_ne!(first, second);
        assert_eq!(issue.map.get(&first).unwrap().1.expose(), "other");
        assert_eq!(issue.map.get(&second).unwrap().1.expose(), "x");
        let third = issue.surrogate(EntityType::LIT, "x", false).unwrap();
        assert!(third != first && third != second);
        assert_ne!(issue.name(EntityType::LIT, "x").unwrap().surrogate, third);
    }
}
