//! Word documents: every XML part of the archive, and nothing but XML parts.

use super::layout::Layout;
use super::{Container, File, FileError, encoding, package, xml};

/// Opens a document. One with pictures, embedded objects or macros is not.
pub(super) fn open(bytes: &[u8]) -> Result<File, FileError> {
    let parts = package::parts(bytes)?;
    if !parts.iter().any(|part| part.name == "word/document.xml") {
        return Err(FileError::Unknown);
    }
    let (mut layouts, mut entries): (Vec<Layout>, Vec<usize>) = (Vec::new(), Vec::new());
    for part in parts {
        if part.name.ends_with('/') && part.content.is_empty() {
            continue;
        }
        let (_, ending) = part.name.rsplit_once('.').ok_or(FileError::MoreThanText)?;
        if !matches!(ending, "xml" | "rels") || part.name.contains("afchunk") {
            return Err(FileError::MoreThanText);
        }
        let (text, encoding) = encoding::decode(&part.content)?;
        if !matches!(encoding, encoding::Encoding::Utf8 { .. }) {
            return Err(FileError::Malformed);
        }
        layouts.push(xml::word(text)?);
        entries.push(part.entry);
    }
    let container = Container::Package {
        bytes: bytes.to_vec(),
        entries,
    };
    Ok(File { container, layouts })
}
