//! Where things stand in a request: each distinct value once, each place where it stands, each stretch in the
//! form of a surrogate.

use super::needles::{Needles, Sought};
use super::{Inspected, TransformError, exact, form};
use crate::base::{Confidence, EntityType, Finding, Span};
use crate::policy::Operator;
use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};

type Choose<'a> = &'a dyn Fn(EntityType, Confidence) -> Operator;

/// One distinct surface form.
pub(super) struct Value<'a> {
    pub(super) text: &'a str,
    /// As it was first found under an operator that isn't `allow`.
    pub(super) entity: EntityType,
    /// The strictest that any of its findings asks for.
    pub(super) operator: Operator,
}

/// One place where a value stands.
#[derive(Clone, Copy)]
pub(super) struct Spot {
    pub(super) span: Span,
    /// Index into [`Layout::values`].
    pub(super) value: usize,
}

/// One part's places; sorted and disjoint, also with each other.
#[derive(Default)]
pub(super) struct Part<'a> {
    pub(super) spots: Vec<Spot>,
    pub(super) literals: Vec<(Span, &'a str)>,
}

/// A whole request's places.
#[derive(Default)]
pub(super) struct Layout<'a> {
    pub(super) values: Vec<Value<'a>>,
    pub(super) parts: Vec<Part<'a>>,
    /// Types found, and not allowed, where nothing can be replaced.
    pub(super) stuck: BTreeSet<EntityType>,
    /// Findings that stay as they are.
    pub(super) allowed: u32,
    index: HashMap<&'a str, usize, foldhash::fast::RandomState>,
}

impl<'a> Layout<'a> {
    /// Places of the findings, and of the stretches that are no finding's.
    pub(super) fn of(parts: &[Inspected<'a>], choose: Choose<'_>) -> Result<Self, TransformError> {
        let mut layout = Self {
            parts: Vec::with_capacity(parts.len()),
            ..Self::default()
        };
        for (at, part) in parts.iter().enumerate() {
            check(part).ok_or(TransformError::Findings { part: at })?;
            let laid = if part.rewritable {
                layout.lay(part, choose)
            } else {
                layout.note_stuck(part, choose);
                Part::default()
            };
            layout.parts.push(laid);
        }
        Ok(layout)
    }

    fn lay(&mut self, part: &Inspected<'a>, choose: Choose<'_>) -> Part<'a> {
        let stretches = form::stretches(part.text);
        let mut spots = Vec::with_capacity(part.findings.len());
        if stretches.is_empty() {
            for finding in part.findings {
                let operator = choose(finding.entity, finding.confidence);
                spots.extend(self.spot(part.text, finding.span, finding.entity, operator));
            }
            return Part {
                spots,
                literals: Vec::new(),
            };
        }
        let mut swallowed = vec![false; stretches.len()];
        for finding in part.findings {
            let operator = choose(finding.entity, finding.confidence);
            if let Some(rest) = give_way(finding.span, operator, &stretches, &mut swallowed) {
                spots.extend(self.spot(part.text, rest, finding.entity, operator));
            }
        }
        let kept = stretches
            .iter()
            .zip(swallowed)
            .filter(|(_, swallowed)| !swallowed);
        let literals = kept
            .filter_map(|(s, _)| Some((*s, s.slice(part.text)?)))
            .collect();
        Part { spots, literals }
    }

    /// Remembers a value; `None` where the span holds nothing.
    fn spot(
        &mut self,
        text: &'a str,
        span: Span,
        entity: EntityType,
        operator: Operator,
    ) -> Option<Spot> {
        let text = span.slice(text).filter(|text| !text.is_empty())?;
        let value = *self.index.entry(text).or_insert(self.values.len());
        match self.values.get_mut(value) {
            None => self.values.push(Value {
                text,
                entity,
                operator,
            }),
            Some(known) => {
                if known.operator == Operator::Allow {
                    known.entity = entity;
                }
                known.operator = known.operator.max(operator);
            }
        }
        Some(Spot { span, value })
    }

    fn note_stuck(&mut self, part: &Inspected<'a>, choose: Choose<'_>) {
        for finding in part.findings {
            let operator = choose(finding.entity, finding.confidence);
            if operator != Operator::Allow {
                self.stuck.insert(finding.entity);
                self.spot(part.text, finding.span, finding.entity, operator);
            }
        }
    }

    /// Adds every other place where a value stands exactly, and drops the places of allowed ones.
    pub(super) fn repeat(&mut self, parts: &[Inspected<'_>]) {
        let replaced = |value: &Value<'_>| value.operator != Operator::Allow;
        let bytes = self.values.iter().map(|value| value.text.len()).sum();
        let mut sought = Sought::with_capacity(self.values.len(), bytes);
        for (value, at) in self.values.iter().zip(0..) {
            if replaced(value) && exact::is_sought(value.text) {
                sought.add(value.text.as_bytes(), at);
            }
        }
        let needles = Needles::new(sought);
        for (part, laid) in parts.iter().zip(&mut self.parts) {
            let found = laid.spots.len();
            laid.spots
                .retain(|spot| self.values.get(spot.value).is_some_and(replaced));
            self.allowed += (found - laid.spots.len()) as u32;
            if part.rewritable && !needles.is_empty() {
                let hits = hits(&needles, part.text, &self.values);
                laid.add(hits);
            }
        }
    }
}

impl Part<'_> {
    /// Adds the hits that touch nothing that stands already; the leftmost, then the longest, first.
    fn add(&mut self, mut hits: Vec<Spot>) {
        hits.sort_unstable_by_key(|hit| (hit.span.start, Reverse(hit.span.end)));
        let mut taken: Vec<Span> = self.spots.iter().map(|spot| spot.span).collect();
        taken.extend(self.literals.iter().map(|(span, _)| *span));
        taken.sort_unstable();
        let mut taken = taken.into_iter().peekable();
        let (known, mut free_from) = (self.spots.len(), 0);
        for hit in hits {
            while taken.next_if(|span| span.end <= hit.span.start).is_some() {}
            let free = taken.peek().is_none_or(|span| hit.span.end <= span.start);
            if free && hit.span.start >= free_from {
                free_from = hit.span.end;
                self.spots.push(hit);
            }
        }
        if self.spots.len() > known {
            self.spots.sort_unstable_by_key(|spot| spot.span);
        }
    }
}

fn hits(needles: &Needles, text: &str, values: &[Value<'_>]) -> Vec<Spot> {
    let mut hits = Vec::new();
    needles.seek(text.as_bytes(), |span, value| {
        let value = value as usize;
        let whole = values
            .get(value)
            .is_some_and(|v| exact::is_whole(text.as_bytes(), span, v.text));
        if whole {
            hits.push(Spot { span, value });
        }
    });
    hits
}

/// Findings must be in order, disjoint, and on the text's character boundaries.
fn check(part: &Inspected<'_>) -> Option<()> {
    let mut end = 0;
    for Finding { span, .. } in part.findings {
        span.slice(part.text)?;
        if span.start < end {
            return None;
        }
        end = span.end;
    }
    Some(())
}

/// What a finding keeps beside the stretches in the form of a surrogate that it overlaps.
///
/// It swallows those that it holds with more around them, so that nobody can save a secret by writing such
/// text into it. One that holds it takes it. From one that it shares a part with it gives up that part. An
/// allowed finding gives way to all.
fn give_way(
    finding: Span,
    operator: Operator,
    stretches: &[Span],
    swallowed: &mut [bool],
) -> Option<Span> {
    let first = stretches.partition_point(|stretch| stretch.end <= finding.start);
    let mut rest = finding;
    for (stretch, swallowed) in stretches.iter().zip(swallowed).skip(first) {
        if stretch.start >= finding.end {
            break;
        }
        if operator == Operator::Allow || stretch.contains(finding) {
            return None;
        }
        if finding.contains(*stretch) {
            *swallowed = true;
        } else if stretch.start < finding.start {
            rest = Span::new(stretch.end, rest.end);
        } else {
            rest = Span::new(rest.start, stretch.start);
        }
    }
    Some(rest)
}
