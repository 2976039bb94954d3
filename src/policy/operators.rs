//! The operators on the findings of one request at one destination.

use std::sync::Arc;

use crate::base::{Confidence, EntityType};

use super::table::{Column, Index};
use super::words::Operator;

/// A rule's operator on the types it names.
#[derive(Debug, Clone)]
pub(super) struct Raise {
    pub(super) slots: Arc<[bool]>,
    pub(super) operator: Operator,
}

/// What happens to each finding of a request that goes to one destination.
#[derive(Debug, Clone)]
pub struct OperatorTable {
    index: Arc<Index>,
    column: Arc<Column>,
    /// Whether the grid takes effect; a policy that only observes leaves findings as they are.
    grid: bool,
    raised: Vec<Raise>,
}

impl OperatorTable {
    pub(super) fn new(
        index: &Arc<Index>,
        column: &Arc<Column>,
        grid: bool,
        raised: &[Raise],
    ) -> Self {
        Self {
            index: Arc::clone(index),
            column: Arc::clone(column),
            grid,
            raised: raised.to_vec(),
        }
    }

    /// The same, as if the file's mode were `enforce`.
    #[must_use]
    pub fn in_force(self) -> Self {
        Self { grid: true, ..self }
    }

    /// What is done to a finding of this type.
    ///
    /// A finding below the confidence at which its class counts is allowed. [`EntityType::LIT`] is always a
    /// surrogate where anything may be one, so that restoring is exact.
    pub fn operator(&self, entity: EntityType, confidence: Confidence) -> Operator {
        if entity == EntityType::LIT {
            let idle = !self.grid && self.raised.is_empty();
            return if idle {
                Operator::Allow
            } else {
                Operator::Surrogate
            };
        }
        let known = self.index.known(entity);
        if confidence < known.least {
            return Operator::Allow;
        }
        let cell = if self.grid {
            self.column.cell(known).handling.operator()
        } else {
            Operator::Allow
        };
        let raised = self.raised.iter().filter(|raise| {
            known
                .slot
                .and_then(|slot| raise.slots.get(slot))
                .is_some_and(|marked| *marked)
        });
        raised.map(|raise| raise.operator).fold(cell, Operator::max)
    }
}
