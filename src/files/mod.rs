//! Floor 1: files inside messages, as text segments and back.
//!
//! [`File::open`] reads bytes of a known format into segments, each of which can be inspected like any other text.
//! What changes in them is spliced into the file's own text by [`File::rewritten`]; the rest stays byte for byte. A
//! file whose content isn't what it is said to be, or that holds anything but text, is not opened.
//!
//! Refuses to know: requests, base64, what is sensitive, JSON (its reader belongs to `protocol`).

mod cells;
mod document;
mod encoding;
mod html;
mod kind;
mod layout;
mod package;
mod pdf;
mod xml;

pub use kind::{Kind, Told};

use crate::base::Span;
use encoding::Encoding;
use layout::Layout;

/// Largest file that is opened, in bytes.
pub const MAX_BYTES: usize = 16 * 1024 * 1024;
/// Most segments of a file: cells of a table, paragraphs and attributes of a document.
const MAX_SEGMENTS: usize = 200_000;

/// Why a file can't be read; holds no text of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    /// Over [`MAX_BYTES`], packed or unpacked, or in too many pieces.
    #[error("the file is too large to be inspected")]
    TooLarge,
    /// The content is of no known format, or of another than it is said to be.
    #[error("the file is of no format that can be inspected")]
    Unknown,
    /// It ends early or breaks the rules of its format.
    #[error("the file is malformed")]
    Malformed,
    /// It holds something that isn't text: pictures, attachments, scripts, encrypted parts.
    #[error("the file holds more than text")]
    MoreThanText,
    /// A change that doesn't fit: a fault of this program, or a format that can't be rewritten.
    #[error("the file can't be rewritten")]
    NotRewritable,
}

/// One text of a file.
#[derive(Debug, Clone, Copy)]
pub struct Segment<'f> {
    /// Entities and escapes as the format spells them.
    pub text: &'f str,
    /// What it is called: the header of its column, the name of its attribute.
    pub key: Option<&'f str>,
}

/// A change of a segment.
#[derive(Debug, Clone, Copy)]
pub struct Change<'t> {
    /// Index of the segment.
    pub segment: usize,
    /// Where in its text.
    pub span: Span,
    /// What comes there.
    pub text: &'t str,
}

/// What the segments are put back into.
enum Container {
    /// The text itself.
    Plain(Encoding),
    /// The entries of a ZIP archive, by index.
    Package { bytes: Vec<u8>, entries: Vec<usize> },
    /// Not to be rewritten.
    Fixed,
}

/// An opened file. `Debug` shows no text.
pub struct File {
    container: Container,
    layouts: Vec<Layout>,
}

impl std::fmt::Debug for File {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "File({} segments)", self.segments().count())
    }
}

impl File {
    /// Opens a file of this kind, which [`Kind::of`] told.
    ///
    /// ```
    /// use vestibule::files::{File, Kind, Told};
    /// let told = Told { media_type: Some("text/csv"), name: None };
    /// let bytes = b"name,phone\nLena,0171 5550123\n";
    /// let file = File::open(bytes, Kind::of(bytes, &told)?)?;
    /// assert_eq!(file.segments().last().map(|cell| (cell.key, cell.text)), Some((Some("phone"), "0171 5550123")));
    /// # Ok::<(), vestibule::files::FileError>(())
    /// ```
    ///
    /// # Errors
    /// [`FileError`]: nobody can say what is in it then.
    pub fn open(bytes: &[u8], kind: Kind) -> Result<Self, FileError> {
        if bytes.len() > MAX_BYTES {
            return Err(FileError::TooLarge);
        }
        let file = match kind {
            Kind::Docx => document::open(bytes)?,
            Kind::Pdf => pdf::open(bytes)?,
            Kind::Text | Kind::Json => Self::plain(bytes, |text| Ok(Layout::whole(text)))?,
            Kind::Table => Self::plain(bytes, |text| Ok(cells::layout(text)))?,
            Kind::Html => Self::plain(bytes, html::layout)?,
            Kind::Xml => Self::plain(bytes, xml::layout)?,
        };
        if file.segments().nth(MAX_SEGMENTS).is_some() {
            return Err(FileError::TooLarge);
        }
        Ok(file)
    }

    fn plain(
        bytes: &[u8],
        read: impl FnOnce(String) -> Result<Layout, FileError>,
    ) -> Result<Self, FileError> {
        let (text, encoding) = encoding::decode(bytes)?;
        Ok(Self {
            container: Container::Plain(encoding),
            layouts: vec![read(text)?],
        })
    }

    /// Every text in it.
    pub fn segments(&self) -> impl Iterator<Item = Segment<'_>> {
        self.layouts.iter().flat_map(Layout::segments)
    }

    /// The texts that it is kept as, joints and tags included: what is searched for values that must not leave.
    pub fn sources(&self) -> impl Iterator<Item = &str> {
        self.layouts.iter().map(Layout::source)
    }

    /// Whether [`Self::rewritten`] can work.
    pub const fn rewritable(&self) -> bool {
        !matches!(self.container, Container::Fixed)
    }

    /// The file with these changes; sorted by segment and place, disjoint. The same changes give the same bytes.
    ///
    /// # Errors
    /// [`FileError::NotRewritable`] where a change doesn't fit, [`FileError::Malformed`] where the archive can't be
    /// written.
    pub fn rewritten(&self, changes: &[Change<'_>]) -> Result<Vec<u8>, FileError> {
        let mut texts = Vec::new();
        let mut first = 0;
        for layout in &self.layouts {
            let next = first + layout.len();
            let own = changes
                .iter()
                .filter(|change| (first..next).contains(&change.segment))
                .map(|change| Change {
                    segment: change.segment - first,
                    ..*change
                });
            texts.push(layout.changed(own)?);
            first = next;
        }
        match &self.container {
            Container::Plain(encoding) => {
                let text = texts.into_iter().next().flatten();
                let source = || {
                    self.layouts
                        .first()
                        .map(|layout| layout.source().to_owned())
                };
                let text = text.or_else(source).ok_or(FileError::NotRewritable)?;
                Ok(encoding.encode(&text))
            }
            Container::Package { bytes, entries } => package::rewritten(bytes, entries, &texts),
            Container::Fixed => Err(FileError::NotRewritable),
        }
    }
}

#[cfg(test)]
mod tests;
