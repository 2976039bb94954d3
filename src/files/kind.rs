//! Which format a file has: what is said of it and what is in it must agree.

use super::FileError;

/// Formats that can be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Text without further structure, or with some that text keeps.
    Text,
    /// Separated values.
    Table,
    /// JSON.
    Json,
    /// HTML.
    Html,
    /// XML.
    Xml,
    /// Word's Office Open XML.
    Docx,
    /// PDF.
    Pdf,
}

/// What a request says of a file.
#[derive(Debug, Clone, Copy, Default)]
pub struct Told<'a> {
    /// Its media type, without parameters.
    pub media_type: Option<&'a str>,
    /// Its name.
    pub name: Option<&'a str>,
}

const DOCX: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
const ZIP_MAGIC: &[u8] = b"PK\x03\x04";
const PDF_MAGIC: &[u8] = b"%PDF-";

impl Kind {
    /// The format, where the media type, the name's ending and the first bytes agree. A media type that says nothing
    /// (`application/octet-stream`) leaves it to the others; a name without a known ending says nothing.
    ///
    /// # Errors
    /// [`FileError::Unknown`] where they don't agree or none is known.
    pub fn of(bytes: &[u8], told: &Told<'_>) -> Result<Self, FileError> {
        let by_type = match told.media_type.map(str::to_ascii_lowercase) {
            None => None,
            Some(word) if word == "application/octet-stream" || word.is_empty() => None,
            Some(word) => Some(Self::by_media_type(&word).ok_or(FileError::Unknown)?),
        };
        let by_name = match told.name.and_then(|name| name.rsplit_once('.')) {
            None => None,
            Some((_, ending)) => Self::by_ending(&ending.to_ascii_lowercase())?,
        };
        let kind = match (by_type, by_name) {
            // Text is what many call a table, JSON or code; then the name is more exact.
            (Some(Self::Text), Some(named)) if named.is_text() => named,
            (Some(typed), Some(Self::Text)) if typed.is_text() => typed,
            (Some(typed), Some(named)) if typed != named => return Err(FileError::Unknown),
            (Some(kind), _) | (None, Some(kind)) => kind,
            (None, None) => Self::by_magic(bytes).unwrap_or(Self::Text),
        };
        let expected = Self::by_magic(bytes);
        match (kind, expected) {
            (Self::Docx | Self::Pdf, seen) if seen == Some(kind) => Ok(kind),
            (Self::Docx | Self::Pdf, _) | (_, Some(_)) => Err(FileError::Unknown),
            (kind, None) => Ok(kind),
        }
    }

    const fn is_text(self) -> bool {
        !matches!(self, Self::Docx | Self::Pdf)
    }

    fn by_magic(bytes: &[u8]) -> Option<Self> {
        let head = bytes.get(..1024).unwrap_or(bytes);
        if bytes.starts_with(ZIP_MAGIC) {
            Some(Self::Docx)
        } else if head.windows(PDF_MAGIC.len()).any(|w| w == PDF_MAGIC) {
            Some(Self::Pdf)
        } else {
            None
        }
    }

    fn by_media_type(word: &str) -> Option<Self> {
        Some(match word {
            "text/csv" | "text/tab-separated-values" | "application/csv" => Self::Table,
            "application/json" | "text/json" => Self::Json,
            "text/html" => Self::Html,
            "application/xhtml+xml" | "application/xml" | "text/xml" => Self::Xml,
            "application/pdf" => Self::Pdf,
            "application/x-ndjson"
            | "application/jsonl"
            | "application/yaml"
            | "application/x-yaml"
            | "application/toml"
            | "application/sql"
            | "application/javascript"
            | "application/x-sh" => Self::Text,
            DOCX => Self::Docx,
            word if word.starts_with("text/") && word != "text/rtf" => Self::Text,
            _ => return None,
        })
    }

    /// `None` for an ending that says nothing; an error for one of a format that can't be opened.
    fn by_ending(ending: &str) -> Result<Option<Self>, FileError> {
        Ok(Some(match ending {
            "csv" | "tsv" => Self::Table,
            "json" => Self::Json,
            "html" | "htm" => Self::Html,
            "xml" | "xhtml" => Self::Xml,
            "docx" => Self::Docx,
            "pdf" => Self::Pdf,
            "txt" | "md" | "log" | "yaml" | "yml" | "toml" | "ini" | "sql" | "jsonl" | "py"
            | "rs" | "js" | "ts" | "java" | "go" | "c" | "h" | "cpp" | "sh" => Self::Text,
            "zip" | "gz" | "7z" | "rar" | "tar" | "doc" | "xls" | "xlsx" | "ppt" | "pptx"
            | "docm" | "rtf" | "png" | "jpg" | "jpeg" | "gif" | "webp" | "svg" | "exe" => {
                return Err(FileError::Unknown);
            }
            _ => return Ok(None),
        }))
    }
}
