//! From candidates that overlap to findings that don't.
//!
//! Nothing that a candidate covers is lost: where two overlap, the better one gives the type and the finding covers
//! both, so no half of a value stays behind.

use super::page::Candidate;
use crate::base::{Confidence, Finding, Span, View, Why};

/// Adds one candidate, already in spans of the original, to findings sorted by start.
pub(super) fn merge(mut found: Vec<(Candidate, View)>) -> Vec<Finding> {
    found.sort_by(|(a, _), (b, _)| {
        a.span
            .start
            .cmp(&b.span.start)
            .then(b.span.end.cmp(&a.span.end))
    });
    let mut out: Vec<(Candidate, View)> = Vec::with_capacity(found.len());
    for (candidate, view) in found {
        match out.last_mut() {
            Some((last, last_view)) if last.span.overlaps(candidate.span) => {
                let span = last.span.union(candidate.span);
                if rank(&candidate) > rank(last)
                    && !(last.span.contains(candidate.span) && is_secret(last))
                {
                    (*last, *last_view) = (candidate, view);
                }
                last.span = span;
            }
            _ => out.push((candidate, view)),
        }
    }
    out.into_iter()
        .map(|(candidate, view)| finding(&candidate, view))
        .collect()
}

/// Private keys, then check digits, then secrets, then context, then names; among equals the score.
fn rank(c: &Candidate) -> (u8, u32) {
    let class = match (c.entity.as_str(), c.validator) {
        ("PRIVATE_KEY", _) => 6,
        ("CARD_TRACK", _) => 5,
        (_, Some("gb11643" | "gb32100" | "luhn" | "mod97" | "format" | "jose_header")) => 4,
        (_, Some("listed" | "same_row")) => 4,
        ("SECRET" | "PASSWORD", _) => 3,
        ("PERSON" | "PLACE" | "ORG", _) => 0,
        (_, None) if c.context.is_none() => 1,
        _ => 2,
    };
    (class, (c.score * 1000.0) as u32)
}

/// A password that contains a card number is a password.
fn is_secret(c: &Candidate) -> bool {
    matches!(c.entity.as_str(), "SECRET" | "PASSWORD" | "PRIVATE_KEY")
}

fn finding(c: &Candidate, view: View) -> Finding {
    let why = Why {
        recognizer: c.recognizer,
        view,
        validator: c.validator,
        context: c.context,
    };
    Finding {
        span: c.span,
        entity: c.entity,
        score: c.score,
        confidence: Confidence::of_score(c.score),
        why,
    }
}

/// Moves the ends of a span outward to character boundaries of the text.
pub(super) fn on_boundaries(text: &str, span: Span) -> Span {
    Span::new(
        text.floor_char_boundary(span.start),
        text.ceil_char_boundary(span.end),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::EntityType;

    #[test]
    fn overlapping_candidates_become_one_that_covers_both() {
        let of = |name: &str, start, end, score| {
            let entity = EntityType::named(name).unwrap();
            (
                Candidate::new(Span::new(start, end), entity, score, "test"),
                View::Plain,
            )
        };
        let card = of("BANK_CARD", 4, 20, 0.9);
        let card = (card.0.checked("luhn"), card.1);
        let found = merge(vec![
            of("PERSON", 18, 25, 0.7),
            card,
            of("EMAIL", 30, 40, 0.9),
        ]);
        let spans: Vec<_> = found
            .iter()
            .map(|f| (f.entity.as_str(), f.span.start, f.span.end))
            .collect();
        assert_eq!(spans, [("BANK_CARD", 4, 25), ("EMAIL", 30, 40)]);
        let inside = merge(vec![of("PASSWORD", 0, 30, 0.8), card]);
        assert_eq!(inside[0].entity.as_str(), "PASSWORD");
        assert_eq!(inside.len(), 1);
    }
}
