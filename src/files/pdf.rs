//! PDF: the text layer, read only, and only of documents that hold nothing else.

use super::{File, FileError};

/// Opens a document. For now none is: its text layer isn't read yet.
pub(super) fn open(_: &[u8]) -> Result<File, FileError> {
    Err(FileError::Unknown)
}
