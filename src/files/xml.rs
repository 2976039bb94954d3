//! XML as its texts: text between breaks, attributes, comments, instructions.
//!
//! Refuses to know: which documents it stands in, but for the names of the paragraph marks of Word.

use super::FileError;
use super::layout::{Layout, Spelling};
use crate::base::Span;
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

/// Deepest nesting.
const MAX_DEPTH: usize = 256;

/// What of a document is read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Of {
    /// Everything; each text node for itself.
    Any,
    /// A part of a Word document: the texts of a paragraph are one, and revision marks aren't read.
    Word,
}

/// Any XML.
pub(super) fn layout(source: String) -> Result<Layout, FileError> {
    read(source, Of::Any)
}

/// A part of a Word document.
pub(super) fn word(source: String) -> Result<Layout, FileError> {
    read(source, Of::Word)
}

fn read(source: String, of: Of) -> Result<Layout, FileError> {
    let (mut found, covered) = collect(&source, of)?;
    let mut layout = Layout::new(source, Spelling::Markup);
    for (runs, key) in found.drain(..) {
        layout.add(&runs, key.as_deref());
    }
    if of == Of::Any {
        layout.add_rest(&covered);
    }
    Ok(layout)
}

type Runs = Vec<(Vec<Span>, Option<String>)>;

fn collect(source: &str, of: Of) -> Result<(Runs, Vec<Span>), FileError> {
    let mut reader = Reader::from_str(source);
    let (mut found, mut covered): (Runs, Vec<Span>) = (Vec::new(), Vec::new());
    let (mut joined, mut depth, mut at) = (Vec::new(), 0_usize, 0);
    loop {
        let event = reader.read_event().map_err(|_| FileError::Malformed)?;
        let end = usize::try_from(reader.buffer_position()).map_err(|_| FileError::TooLarge)?;
        let span = Span::new(at, end);
        at = end;
        match event {
            Event::Text(_) | Event::GeneralRef(_) => {
                covered.push(span);
                joined.push(span);
            }
            Event::CData(_) | Event::Comment(_) | Event::PI(_) => {
                covered.push(span);
                found.push((vec![span], None));
            }
            // Entities of its own could hide text.
            Event::DocType(_) => return Err(FileError::Malformed),
            Event::Start(ref tag) | Event::Empty(ref tag) => {
                attributes(source, span, tag, of, &mut found, &mut covered)?;
                depth += usize::from(matches!(event, Event::Start(_)));
                if depth > MAX_DEPTH {
                    return Err(FileError::TooLarge);
                }
                if breaks(tag.local_name().as_ref(), of) {
                    found.push((std::mem::take(&mut joined), None));
                }
            }
            Event::End(tag) => {
                depth = depth.saturating_sub(1);
                if breaks(tag.local_name().as_ref(), of) {
                    found.push((std::mem::take(&mut joined), None));
                }
            }
            Event::Decl(_) => {}
            Event::Eof => break,
        }
    }
    if depth > 0 {
        return Err(FileError::Malformed);
    }
    found.push((joined, None));
    Ok((found, covered))
}

/// Whether text before and after the tag is not one.
fn breaks(name: &str, of: Of) -> bool {
    of == Of::Any
        || matches!(
            name,
            "p" | "br" | "cr" | "tab" | "tc" | "tr" | "sectPr" | "hyperlink"
        )
        || !matches!(
            name,
            "r" | "t"
                | "rPr"
                | "delText"
                | "proofErr"
                | "bookmarkStart"
                | "bookmarkEnd"
                | "b"
                | "bCs"
                | "i"
                | "iCs"
                | "u"
                | "strike"
                | "color"
                | "sz"
                | "szCs"
                | "rFonts"
                | "lang"
                | "highlight"
                | "shd"
                | "vertAlign"
                | "noProof"
                | "rStyle"
                | "lastRenderedPageBreak"
                | "softHyphen"
                | "noBreakHyphen"
                | "ins"
                | "del"
                | "smartTag"
                | "kern"
                | "spacing"
                | "w"
                | "bdr"
                | "position"
                | "caps"
                | "smallCaps"
                | "outline"
                | "shadow"
                | "commentRangeStart"
                | "commentRangeEnd"
                | "instrText"
        )
}

fn attributes(
    source: &str,
    tag: Span,
    start: &BytesStart<'_>,
    of: Of,
    found: &mut Runs,
    covered: &mut Vec<Span>,
) -> Result<(), FileError> {
    let text = tag.slice(source).unwrap_or_default();
    let mut from = 0;
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|_| FileError::Malformed)?;
        let value: &str = &attribute.value;
        let name: &str = attribute.key.as_ref();
        // The name, then the value, both after what was read before: so the place is the right one.
        let key_at = text.get(from..).and_then(|rest| rest.find(name));
        let key_end = from + key_at.ok_or(FileError::Malformed)? + name.len();
        let quote = text.get(key_end..).and_then(|rest| rest.find(['"', '\'']));
        let start = key_end + quote.ok_or(FileError::Malformed)? + 1;
        let span = Span::new(tag.start + start, tag.start + start + value.len());
        if span.slice(source) != Some(value) {
            return Err(FileError::Malformed);
        }
        from = start + value.len();
        covered.push(span);
        let local = name.rsplit(':').next().unwrap_or(name);
        if of == Of::Any || !is_mark(name, local, value) {
            found.push((vec![span], Some(local.to_owned())));
        }
    }
    Ok(())
}

/// Whether an attribute of a Word document is one of its own marks: namespaces, ids of revisions, short codes.
fn is_mark(name: &str, local: &str, value: &str) -> bool {
    let hex = value.len() == 8 && value.bytes().all(|byte| byte.is_ascii_hexdigit());
    let revision =
        (local.starts_with("rsid") || matches!(local, "paraId" | "textId" | "val")) && hex;
    let vocabulary = value.starts_with("http://schemas.") || value.starts_with("http://purl.org/");
    let short = value.len() <= 6 && value.bytes().all(|byte| byte.is_ascii_alphanumeric());
    revision || (vocabulary && (name.starts_with("xmlns") || local == "Type")) || short
}
