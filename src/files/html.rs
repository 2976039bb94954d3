//! HTML as its texts: text over inline tags, attributes, comments, scripts, and all that is left.

use super::FileError;
use super::layout::{Layout, Spelling};
use crate::base::Span;
use lol_html::{RewriteStrSettings, doc_comments, doc_text, element, rewrite_str};
use std::cell::RefCell;

/// Tags that don't part a word or number.
const INLINE: &[&str] = &[
    "a", "abbr", "b", "bdi", "bdo", "cite", "code", "em", "font", "i", "kbd", "mark", "q", "s",
    "samp", "small", "span", "strong", "sub", "sup", "tt", "u", "var", "wbr",
];

/// What was met, where.
struct Met {
    span: Span,
    kind: Of,
}

enum Of {
    Text,
    Comment,
    Attribute(String),
}

/// The texts of a page.
pub(super) fn layout(source: String) -> Result<Layout, FileError> {
    let mut met = read(&source)?;
    met.sort_by_key(|met| met.span);
    let mut layout = Layout::new(source, Spelling::Markup);
    let mut joined: Vec<Span> = Vec::new();
    let mut covered: Vec<Span> = Vec::new();
    for Met { span, kind } in met {
        if covered.last().is_some_and(|last| span.start < last.end) {
            return Err(FileError::Malformed);
        }
        covered.push(span);
        match kind {
            Of::Attribute(name) => layout.add(&[span], Some(&name)),
            Of::Comment => layout.add(&[span], None),
            Of::Text => {
                let gap = joined.last().map(|last| Span::new(last.end, span.start));
                if gap.is_some_and(|gap| parts_words(gap.slice(layout.source()))) {
                    layout.add(&std::mem::take(&mut joined), None);
                }
                joined.push(span);
            }
        }
    }
    layout.add(&joined, None);
    layout.add_rest(&covered);
    Ok(layout)
}

fn read(source: &str) -> Result<Vec<Met>, FileError> {
    let met = RefCell::new(Vec::new());
    let note = |bytes: std::ops::Range<usize>, kind| {
        let span = Span::new(bytes.start, bytes.end);
        if !span.is_empty() {
            met.borrow_mut().push(Met { span, kind });
        }
    };
    let settings = RewriteStrSettings::new()
        .append_element_content_handler(element!("*", |element| {
            for attribute in element.attributes() {
                if let Some(at) = attribute.value_source_location() {
                    note(at.bytes(), Of::Attribute(attribute.name()));
                }
            }
            Ok(())
        }))
        .append_document_content_handler(doc_text!(|text| {
            note(text.source_location().bytes(), Of::Text);
            Ok(())
        }))
        .append_document_content_handler(doc_comments!(|comment| {
            note(comment.source_location().bytes(), Of::Comment);
            Ok(())
        }));
    rewrite_str(source, settings).map_err(|_| FileError::Malformed)?;
    Ok(met.into_inner())
}

/// Whether what stands between two texts parts them: a tag that isn't inline.
fn parts_words(gap: Option<&str>) -> bool {
    let Some(gap) = gap else { return true };
    gap.split('<').skip(1).any(|tag| {
        let tag = tag.trim_start_matches('/');
        let end = tag.find(|c: char| !c.is_ascii_alphanumeric());
        let name = tag.get(..end.unwrap_or(tag.len())).unwrap_or_default();
        !INLINE
            .iter()
            .any(|inline| name.eq_ignore_ascii_case(inline))
    })
}
