//! From values that were met to findings: alone, or together with others of their row.

use super::store::{Place, Store};
use super::{Column, ExactError, ExactRule};
use crate::base::Span;
use crate::detect::page::Candidate;
use std::ops::Range;

/// A value that stands in more rows than this is met only with a rarer one of its row.
const RARE_ROWS: usize = 64;
/// Most values around one that are looked at.
const MOST_AROUND: usize = 128;
/// A character has at most four bytes.
const CHAR_BYTES: usize = 4;

/// A value of the table in a text.
#[derive(Debug, Clone)]
pub(super) struct Met {
    pub(super) span: Span,
    /// Its entries in the store.
    pub(super) range: Range<u32>,
}

/// Rules with the columns' numbers.
#[derive(Debug, Default)]
pub(super) struct Rules {
    alone: u16,
    together: Vec<Together>,
}

#[derive(Debug)]
struct Together {
    columns: Vec<u8>,
    within: usize,
}

impl Rules {
    pub(super) fn new(rules: &[ExactRule], columns: &[Column]) -> Result<Self, ExactError> {
        let number = |name: &String| {
            let at = columns.iter().position(|column| column.name == *name);
            at.map(|at| at as u8).ok_or_else(|| ExactError::NoColumn {
                column: name.clone(),
            })
        };
        let mut all = Self::default();
        for rule in rules {
            for name in &rule.alone {
                all.alone |= 1 << number(name)?;
            }
            let together = rule
                .require
                .iter()
                .map(number)
                .collect::<Result<Vec<_>, _>>()?;
            if !together.is_empty() {
                all.together.push(Together {
                    columns: together,
                    within: rule.within,
                });
            }
        }
        Ok(all)
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.alone == 0 && self.together.is_empty()
    }

    /// What becomes of the values that were met, in order of their starts.
    pub(super) fn judge(
        &self,
        text: &str,
        met: &[Met],
        store: &Store,
        columns: &[Column],
        found: &mut Vec<Candidate>,
    ) {
        let mut push = |span: Span, column: u8, check: &'static str| {
            if let Some(column) = columns.get(usize::from(column)) {
                found.push(Candidate::new(span, column.entity, 1.0, "exact_match").checked(check));
            }
        };
        for one in met {
            let of = |entry: &&super::store::Entry| self.alone >> entry.place.column() & 1 != 0;
            if let Some(entry) = store.entries(&one.range).iter().find(of) {
                push(one.span, entry.place.column(), "listed");
            }
        }
        for rule in &self.together {
            for (i, one) in met.iter().enumerate() {
                for (span, column) in rule.around(text, met, i, one, store) {
                    push(span, column, "same_row");
                }
            }
        }
    }
}

impl Together {
    /// The values of one row, one for each column of the rule, one of which is this.
    fn around(
        &self,
        text: &str,
        met: &[Met],
        i: usize,
        one: &Met,
        store: &Store,
    ) -> Vec<(Span, u8)> {
        let entries = store.entries(&one.range);
        let ours = |place: Place| self.columns.contains(&place.column());
        if entries.len() > RARE_ROWS || !entries.iter().any(|entry| ours(entry.place)) {
            return Vec::new();
        }
        let near = self.near(text, met, i, one.span);
        for entry in entries.iter().filter(|entry| ours(entry.place)) {
            let mut row = vec![(one.span, entry.place.column())];
            for &column in self.columns.iter().filter(|c| **c != entry.place.column()) {
                let place = Place::new(entry.place.row(), column);
                let other = near
                    .iter()
                    .find(|other| store.stands_at(&other.range, place));
                row.extend(other.map(|other| (other.span, column)));
            }
            if row.len() == self.columns.len() {
                return row;
            }
        }
        Vec::new()
    }

    /// Values that begin within the distance of this one, before and after.
    fn near<'m>(&self, text: &str, met: &'m [Met], i: usize, span: Span) -> Vec<&'m Met> {
        let far = self.within * CHAR_BYTES;
        let close = |a: usize, b: usize| {
            let gap = text.get(a..b).unwrap_or_default();
            gap.chars().count() <= self.within
        };
        let after = met.get(i + 1..).unwrap_or_default().iter();
        let after = after
            .take(MOST_AROUND)
            .take_while(|m| m.span.start <= span.end + far)
            .filter(|m| m.span.start >= span.end && close(span.end, m.span.start));
        let before = met.get(..i).unwrap_or_default().iter().rev();
        let before = before
            .take(MOST_AROUND)
            .take_while(|m| m.span.start + far + 4 * 2 * super::key::MOST_CHARS >= span.start)
            .filter(|m| m.span.end <= span.start && close(m.span.end, span.start));
        before.chain(after).collect()
    }
}
