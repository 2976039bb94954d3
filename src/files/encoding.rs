//! Bytes of a text file as a string, and back: UTF-8 with or without a mark, UTF-16 with one.

use super::FileError;

/// How the bytes spell the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    Utf8 { mark: bool },
    Utf16 { little: bool },
}

const UTF8_MARK: &[u8] = &[0xEF, 0xBB, 0xBF];
const LITTLE_MARK: &[u8] = &[0xFF, 0xFE];
const BIG_MARK: &[u8] = &[0xFE, 0xFF];

/// Reads a text. Other control characters than tabs, line ends and form feeds mean that it is none.
pub(super) fn decode(bytes: &[u8]) -> Result<(String, Encoding), FileError> {
    let (text, encoding) = if let Some(rest) = bytes.strip_prefix(UTF8_MARK) {
        (utf8(rest)?, Encoding::Utf8 { mark: true })
    } else if let Some(rest) = bytes.strip_prefix(LITTLE_MARK) {
        (utf16(rest, true)?, Encoding::Utf16 { little: true })
    } else if let Some(rest) = bytes.strip_prefix(BIG_MARK) {
        (utf16(rest, false)?, Encoding::Utf16 { little: false })
    } else {
        (utf8(bytes)?, Encoding::Utf8 { mark: false })
    };
    let is_binary = |byte: u8| byte < b' ' && !matches!(byte, b'\t' | b'\n' | b'\r' | 0x0C | 0x1B);
    if text.bytes().any(is_binary) {
        return Err(FileError::Unknown);
    }
    Ok((text, encoding))
}

fn utf8(bytes: &[u8]) -> Result<String, FileError> {
    simdutf8::basic::from_utf8(bytes)
        .map(str::to_owned)
        .map_err(|_| FileError::Unknown)
}

fn utf16(bytes: &[u8], little: bool) -> Result<String, FileError> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    if !rest.is_empty() {
        return Err(FileError::Malformed);
    }
    let read = if little {
        u16::from_le_bytes
    } else {
        u16::from_be_bytes
    };
    char::decode_utf16(pairs.iter().map(|pair| read(*pair)))
        .collect::<Result<_, _>>()
        .map_err(|_| FileError::Malformed)
}

impl Encoding {
    /// The bytes of a text.
    pub(super) fn encode(self, text: &str) -> Vec<u8> {
        match self {
            Self::Utf8 { mark: false } => text.as_bytes().to_vec(),
            Self::Utf8 { mark: true } => [UTF8_MARK, text.as_bytes()].concat(),
            Self::Utf16 { little } => {
                let write = if little {
                    u16::to_le_bytes
                } else {
                    u16::to_be_bytes
                };
                let mark = if little { LITTLE_MARK } else { BIG_MARK };
                let units = text.encode_utf16().flat_map(write);
                mark.iter().copied().chain(units).collect()
            }
        }
    }
}
