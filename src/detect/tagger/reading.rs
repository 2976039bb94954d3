//! All taggers over one text.

use super::{Budget, Script, Tag, Tagger, Unread, han, windows};
use crate::base::Span;
use crate::detect::page::{Candidate, Page};
use std::sync::Arc;

/// What a tagger is less sure of is not reported.
const LEAST_LIKELY: f32 = 0.45;

/// Adds what the taggers find in the page's text.
///
/// # Errors
/// [`Unread`] where a window was not read; what other windows held is added all the same.
pub(in crate::detect) fn read(
    page: &mut Page<'_>,
    taggers: &[Arc<dyn Tagger>],
    budget: &Budget,
) -> Result<(), Unread> {
    let mut outcome = Ok(());
    for tagger in taggers {
        let mut tags = Vec::new();
        for window in windows::windows(page.text, tagger.script(), tagger.window_bytes()) {
            if budget.is_over() {
                outcome = Err(Unread::Late);
                break;
            }
            let Some(text) = window.slice(page.text) else {
                continue;
            };
            match tagger.tag(text) {
                Ok(found) => tags.extend(found.into_iter().map(|tag| moved(tag, window.start))),
                Err(_) => outcome = Err(Unread::Model),
            }
        }
        if tagger.script() == Script::Han {
            han::sift(page.text, page.types, &mut tags);
        }
        for tag in tags.iter().filter(|tag| tag.score >= LEAST_LIKELY) {
            page.push(candidate(tag, tagger.name()));
        }
    }
    outcome
}

fn moved(tag: Tag, by: usize) -> Tag {
    let span = Span::new(tag.span.start + by, tag.span.end + by);
    Tag { span, ..tag }
}

/// What a model says is never as sure as a check digit or a label: `medium` at best.
fn candidate(tag: &Tag, tagger: &'static str) -> Candidate {
    let score = 0.5 + 0.28 * ((tag.score - LEAST_LIKELY) / (1.0 - LEAST_LIKELY)).clamp(0.0, 1.0);
    Candidate::new(tag.span, tag.entity, score, tagger)
}
