//! From candidates that overlap to findings that don't.
//!
//! Nothing that a candidate covers is lost: where two overlap, the better one gives the type and the finding covers
//! both, so no half of a value stays behind. Only candidates without edges of their own (a web address, what stands
//! in the field of a diagnosis) give way: what is found inside keeps its own edges.

use super::page::Candidate;
use crate::base::{Confidence, Finding, Span, View, Why};

/// Adds one candidate, already in spans of the original, to findings sorted by start.
pub(super) fn merge(found: Vec<(Candidate, View)>) -> Vec<Finding> {
    let mut found = give_way(found);
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

/// Cuts what has no edges of its own where something else is found inside it.
fn give_way(found: Vec<(Candidate, View)>) -> Vec<(Candidate, View)> {
    let (loose, mut firm): (Vec<_>, Vec<_>) = found.into_iter().partition(|(c, _)| is_loose(c));
    if loose.is_empty() {
        return firm;
    }
    firm.sort_by_key(|(c, _)| c.span.start);
    let mut covered: Vec<Span> = Vec::with_capacity(firm.len());
    for (candidate, _) in &firm {
        match covered.last_mut() {
            Some(last) if last.overlaps(candidate.span) => *last = last.union(candidate.span),
            _ => covered.push(candidate.span),
        }
    }
    let mut kept = Vec::with_capacity(loose.len());
    for (candidate, view) in loose {
        let from = covered.partition_point(|span| span.end <= candidate.span.start);
        let inside = covered.get(from..).unwrap_or_default();
        let inside = inside
            .iter()
            .take_while(|span| span.start < candidate.span.end);
        kept.extend(pieces(candidate, inside).map(|piece| (piece, view)));
    }
    firm.extend(kept);
    firm
}

/// What is left of a loose candidate: of a web address nothing but itself whole, of a text the stretches between.
fn pieces<'a>(
    candidate: Candidate,
    inside: impl Iterator<Item = &'a Span>,
) -> impl Iterator<Item = Candidate> {
    let mut left = Vec::new();
    let mut start = candidate.span.start;
    for span in inside {
        left.push(Span::new(start, span.start));
        start = span.end;
    }
    left.push(Span::new(start, candidate.span.end));
    let whole = left.len() == 1;
    let splits = candidate.entity.as_str() != "URL";
    left.into_iter()
        .filter(move |span| whole || splits && span.len() >= LEAST_PIECE_BYTES)
        .map(move |span| Candidate { span, ..candidate })
}

/// A shorter rest of a loose candidate says nothing.
const LEAST_PIECE_BYTES: usize = 6;

/// Candidates without edges of their own.
fn is_loose(c: &Candidate) -> bool {
    matches!(c.entity.as_str(), "URL" | "DIAGNOSIS" | "MEDICATION")
}

/// Private keys, then check digits, then secrets, then context, then names, then places; among equals the score.
fn rank(c: &Candidate) -> (u8, u32) {
    let class = match (c.entity.as_str(), c.validator) {
        ("PRIVATE_KEY", _) => 7,
        ("CARD_TRACK", _) => 6,
        (
            _,
            Some(
                "gb11643" | "gb32100" | "luhn" | "mod97" | "base58check" | "bech32" | "format"
                | "jose_header" | "listed" | "same_row",
            ),
        ) => 5,
        ("SECRET" | "PASSWORD", _) => 4,
        ("PLACE" | "ORG" | "AMOUNT" | "URL" | "DIAGNOSIS" | "MEDICATION", _) => 0,
        ("PERSON", _) => 1,
        (_, None) if c.context.is_none() => 2,
        _ => 3,
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
