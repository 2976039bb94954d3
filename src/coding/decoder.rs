//! Undoes the codings of a body.

use super::stage::Stage;
use super::{CodingError, Codings};
use std::fmt;

/// Undoes codings piece by piece.
pub struct Decoder {
    /// The one applied last comes first.
    stages: Vec<Stage>,
    cap: usize,
}

impl Decoder {
    /// A decoder of these codings; each piece becomes at most `cap` bytes.
    ///
    /// # Errors
    /// [`CodingError::Malformed`] where no decoder can be made.
    pub fn new(codings: &Codings, cap: usize) -> Result<Self, CodingError> {
        let stages = codings.0.iter().rev().map(|coding| Stage::new(*coding));
        Ok(Self {
            stages: stages.collect::<Result<_, _>>()?,
            cap,
        })
    }

    /// What the next piece becomes; everything that can be known of it.
    ///
    /// # Errors
    /// [`CodingError::TooLarge`], [`CodingError::Malformed`]; the decoder is of no use after one.
    pub fn push(&mut self, piece: &[u8]) -> Result<Vec<u8>, CodingError> {
        let mut piece = piece.to_vec();
        for stage in &mut self.stages {
            piece = stage.push(&piece, self.cap)?;
        }
        Ok(piece)
    }

    /// What was held back to the end.
    ///
    /// # Errors
    /// [`CodingError::Malformed`] where the end is missing.
    pub fn finish(&mut self) -> Result<Vec<u8>, CodingError> {
        let mut rest = Vec::new();
        for stage in &mut self.stages {
            let mut more = stage.push(&rest, self.cap)?;
            more.extend(stage.finish(self.cap)?);
            rest = more;
        }
        Ok(rest)
    }
}

impl fmt::Debug for Decoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Decoder({} codings)", self.stages.len())
    }
}

/// The whole of what `packed` becomes, at most `cap` bytes.
///
/// # Errors
/// [`CodingError::TooLarge`], [`CodingError::Malformed`].
pub fn decode(codings: &Codings, packed: &[u8], cap: usize) -> Result<Vec<u8>, CodingError> {
    let mut decoder = Decoder::new(codings, cap)?;
    let mut out = decoder.push(packed)?;
    out.extend(decoder.finish()?);
    if out.len() > cap {
        return Err(CodingError::TooLarge { cap });
    }
    Ok(out)
}
