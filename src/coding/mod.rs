//! Content codings (RFC 9110, section 8.4.1): packed bytes unpacked, whole or piece by piece, never beyond a cap; and
//! packed.
//!
//! A few packed bytes can become millions (a bomb), so nothing is unpacked without a cap, and the cap holds while
//! unpacking, not after it. Windows are bounded by the formats: 32 KiB (gzip, deflate), 16 MiB (br, RFC 7932), 8 MiB
//! (zstd, RFC 9659). Refuses to know: HTTP messages, what the bytes say.
//!
//! ```
//! use vestibule::coding::{Coding, Codings, decode, encode};
//! let packed = encode(Coding::Gzip, b"a prompt").unwrap();
//! let codings = Codings::parse([&b"gzip"[..]].into_iter()).unwrap();
//! assert_eq!(decode(&codings, &packed, 1024).unwrap(), b"a prompt");
//! ```

mod decoder;
mod encode;
mod stage;

pub use decoder::{Decoder, decode};
pub use encode::{accepted, encode};

/// Codings one over the other that are undone: nobody has a use for three.
const MOST: usize = 2;

/// Every coding that is understood, as `Accept-Encoding` lists them.
pub const NAMES: &str = "gzip, deflate, br, zstd";

/// One coding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coding {
    /// RFC 1952; several members after another are one text.
    Gzip,
    /// RFC 1950 in RFC 9110's words; bare RFC 1951, as some send it, is told apart by its first bytes.
    Deflate,
    /// RFC 7932.
    Brotli,
    /// RFC 8878, windows as in RFC 9659.
    Zstd,
}

impl Coding {
    fn named(name: &[u8]) -> Option<Self> {
        let known = [
            (&b"gzip"[..], Self::Gzip),
            (b"x-gzip", Self::Gzip),
            (b"deflate", Self::Deflate),
            (b"br", Self::Brotli),
            (b"zstd", Self::Zstd),
        ];
        let mut known = known.into_iter();
        known
            .find(|(known, _)| name.eq_ignore_ascii_case(known))
            .map(|(_, coding)| coding)
    }

    /// Its name in headers.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Deflate => "deflate",
            Self::Brotli => "br",
            Self::Zstd => "zstd",
        }
    }
}

/// The codings of a body, in the order in which they were applied; none is the identity.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Codings(Vec<Coding>);

impl Codings {
    /// Reads the values of `Content-Encoding`.
    ///
    /// # Errors
    /// [`CodingError::Unknown`] for a name that isn't in [`NAMES`], [`CodingError::TooMany`] for more than two.
    pub fn parse<'a>(values: impl Iterator<Item = &'a [u8]>) -> Result<Self, CodingError> {
        let mut codings = Vec::new();
        for name in values.flat_map(|value| value.split(|byte| *byte == b',')) {
            let name = name.trim_ascii();
            if name.eq_ignore_ascii_case(b"identity") {
                continue;
            }
            codings.push(Coding::named(name).ok_or(CodingError::Unknown)?);
        }
        if codings.len() > MOST {
            return Err(CodingError::TooMany);
        }
        Ok(Self(codings))
    }

    /// Whether there is nothing to undo.
    pub const fn is_identity(&self) -> bool {
        self.0.is_empty()
    }
}

/// Why a body can't be unpacked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CodingError {
    /// A name that isn't in [`NAMES`].
    #[error("the content coding is not one of `gzip`, `deflate`, `br`, `zstd`")]
    Unknown,
    /// More than two, one over the other.
    #[error("more than two content codings lie one over the other")]
    TooMany,
    /// Not what the coding's name says, or it ends too early or too late.
    #[error("the body is not what its content coding says, or is not complete")]
    Malformed,
    /// It would become larger than it may.
    #[error("the unpacked body would be over {cap} bytes")]
    TooLarge {
        /// Bytes at most.
        cap: usize,
    },
}

#[cfg(test)]
mod tests;
