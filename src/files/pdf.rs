//! PDF: the text layer, read only, and only of documents that hold nothing else.
//!
//! Every stream must be a page's content, a font's or the document's description; every text must be shown in a font
//! whose characters are known. Anything else (pictures, forms, attachments, scripts, later versions, encryption) means
//! that the file isn't opened.

use super::layout::Layout;
use super::{Container, File, FileError};
use lopdf::content::Content;
use lopdf::{Dictionary, Document, LoadOptions, Object, ObjectId, decode_text_string};
use std::collections::BTreeSet;

/// Most bytes that one stream may unpack to.
const MAX_STREAM: usize = 16 * 1024 * 1024;
/// Most pages.
const MAX_PAGES: usize = 1_000;
/// Deepest nesting of values.
const MAX_DEPTH: usize = 64;
/// Keys that say that a document does something, or holds more than its pages.
const ACTIVE: &[&[u8]] = &[
    b"JS",
    b"JavaScript",
    b"AcroForm",
    b"XFA",
    b"EmbeddedFiles",
    b"EF",
    b"AF",
    b"RichMedia",
    b"AA",
    b"Launch",
    b"Encrypt",
    b"Collection",
    b"ActualText",
];
/// Operators that show something else than text.
const PICTURES: &[&str] = &["BI", "ID", "EI", "Do", "sh"];

/// Opens a document.
pub(super) fn open(bytes: &[u8]) -> Result<File, FileError> {
    if memchr::memmem::find_iter(bytes, b"startxref").count() != 1 {
        return Err(FileError::MoreThanText);
    }
    let options = LoadOptions {
        strict: true,
        max_decompressed_size: Some(MAX_STREAM),
        ..LoadOptions::default()
    };
    let document =
        Document::load_mem_with_options(bytes, options).map_err(|_| FileError::Malformed)?;
    if document.is_encrypted() {
        return Err(FileError::MoreThanText);
    }
    let mut texts = pages(&document)?;
    texts.extend(strings(&document)?);
    let layouts = texts.into_iter().map(Layout::whole).collect();
    Ok(File {
        container: Container::Fixed,
        layouts,
    })
}

/// The text of every page, with line ends and without: words are placed one by one at times.
fn pages(document: &Document) -> Result<Vec<String>, FileError> {
    let pages = document.get_pages();
    if pages.is_empty() || pages.len() > MAX_PAGES {
        return Err(FileError::TooLarge);
    }
    let (mut texts, mut left) = (Vec::new(), MAX_STREAM);
    for (number, page) in pages {
        left = left
            .checked_sub(check_page(document, page, left)?)
            .ok_or(FileError::TooLarge)?;
        let text = document
            .extract_text_with_limit(&[number], MAX_STREAM)
            .map_err(|_| FileError::MoreThanText)?;
        if text.chars().any(is_unknown) {
            return Err(FileError::MoreThanText);
        }
        texts.push(text.replace('\n', ""));
        texts.push(text);
    }
    Ok(texts)
}

/// Whether a character says only that nobody knows which it is.
const fn is_unknown(c: char) -> bool {
    matches!(c, '\u{FFFD}' | '\u{E000}'..='\u{F8FF}' | '\u{0}'..='\u{8}' | '\u{E}'..='\u{1F}')
}

/// Checks that a page shows text alone, each in a known font; returns the bytes of its content.
fn check_page(document: &Document, page: ObjectId, left: usize) -> Result<usize, FileError> {
    let fonts = document
        .get_page_fonts(page)
        .map_err(|_| FileError::Malformed)?;
    if !fonts.values().all(|font| is_readable(document, font)) {
        return Err(FileError::MoreThanText);
    }
    let bytes = document
        .get_page_content_with_limit(page, left)
        .map_err(|_| FileError::TooLarge)?;
    let content = Content::decode(&bytes).map_err(|_| FileError::Malformed)?;
    let (mut font, mut saved): (Option<&[u8]>, Vec<Option<&[u8]>>) = (None, Vec::new());
    for operation in &content.operations {
        match operation.operator.as_str() {
            "Tf" => {
                let name = operation
                    .operands
                    .first()
                    .and_then(|name| name.as_name().ok());
                font = name.filter(|name| fonts.contains_key(*name));
            }
            "q" => saved.push(font),
            // The reader of texts keeps the font over `Q`: only where that is right is its text.
            "Q" => font = saved.pop().flatten().filter(|before| font == Some(before)),
            "Tj" | "TJ" | "'" | "\"" if font.is_none() => return Err(FileError::MoreThanText),
            word if PICTURES.contains(&word) => return Err(FileError::MoreThanText),
            _ => {}
        }
    }
    Ok(bytes.len())
}

/// Whether the characters of a font are known: by a map, or because it is one of the reader's own.
fn is_readable(document: &Document, font: &Dictionary) -> bool {
    let is = |key: &[u8], word: &[u8]| font.get(key).and_then(Object::as_name).ok() == Some(word);
    if is(b"Subtype", b"Type3") {
        return false;
    }
    let simple = is(b"Subtype", b"Type1") || is(b"Subtype", b"TrueType");
    let plain = match font.get(b"Encoding") {
        Err(_) => true,
        Ok(encoding) => encoding.as_name().is_ok(),
    };
    let embedded = match font.get_deref(b"FontDescriptor", document) {
        Ok(descriptor) => descriptor.as_dict().map_or(true, |descriptor| {
            [b"FontFile".as_slice(), b"FontFile2", b"FontFile3"]
                .iter()
                .any(|key| descriptor.has(key))
        }),
        Err(_) => false,
    };
    font.has(b"ToUnicode") || (simple && plain && !embedded)
}

/// Every string and description of the document beside its pages.
fn strings(document: &Document) -> Result<Vec<String>, FileError> {
    let mut known: BTreeSet<ObjectId> = BTreeSet::new();
    for page in document.get_pages().into_values() {
        known.extend(document.get_page_contents(page));
    }
    for object in document.objects.values() {
        if let Object::Dictionary(dictionary) = object {
            for key in [
                b"ToUnicode".as_slice(),
                b"FontFile",
                b"FontFile2",
                b"FontFile3",
            ] {
                known.extend(dictionary.get(key).and_then(Object::as_reference));
            }
        }
    }
    let mut texts = Vec::new();
    for (id, object) in &document.objects {
        if let Object::Stream(stream) = object {
            let is =
                |word: &[u8]| stream.dict.get(b"Type").and_then(Object::as_name).ok() == Some(word);
            if is(b"Metadata") {
                let text = stream
                    .get_plain_content_with_limit(MAX_STREAM)
                    .map_err(|_| FileError::Malformed)?;
                texts.push(String::from_utf8(text).map_err(|_| FileError::Malformed)?);
            } else if !known.contains(id) && !is(b"XRef") && !is(b"ObjStm") {
                return Err(FileError::MoreThanText);
            }
        }
        collect(object, 0, &mut texts)?;
    }
    let info = document.trailer.iter().filter(|(key, _)| *key != b"ID");
    for (key, value) in info {
        if ACTIVE.contains(&key.as_slice()) {
            return Err(FileError::MoreThanText);
        }
        collect(value, 0, &mut texts)?;
    }
    Ok(texts)
}

fn collect(object: &Object, depth: usize, texts: &mut Vec<String>) -> Result<(), FileError> {
    if depth > MAX_DEPTH {
        return Err(FileError::TooLarge);
    }
    let mut members = |dictionary: &Dictionary| {
        dictionary.iter().try_for_each(|(key, value)| {
            if ACTIVE.contains(&key.as_slice()) {
                return Err(FileError::MoreThanText);
            }
            // The file's own identity, in a cross-reference stream.
            if key == b"ID" {
                return Ok(());
            }
            collect(value, depth + 1, texts)
        })
    };
    match object {
        Object::String(..) => {
            let text = decode_text_string(object).map_err(|_| FileError::MoreThanText)?;
            texts.push(text);
            Ok(())
        }
        Object::Array(values) => values
            .iter()
            .try_for_each(|value| collect(value, depth + 1, texts)),
        Object::Dictionary(dictionary) => members(dictionary),
        Object::Stream(stream) => members(&stream.dict),
        _ => Ok(()),
    }
}
