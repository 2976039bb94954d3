//! Undoes the codings of a body.

use super::stage::Stage;
use super::{CodingError, Codings};
use std::fmt;

/// How much larger than a text its packed form may be, in bytes.
const BETWEEN_BYTES: usize = 64 * 1024;

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
        let (cap, last) = (self.cap, self.last());
        let mut piece = piece.to_vec();
        for (place, stage) in self.stages.iter_mut().enumerate() {
            piece = stage
                .push(&piece, room(cap, place == last))
                .map_err(|fault| said(fault, cap))?;
        }
        Ok(piece)
    }

    /// What was held back to the end.
    ///
    /// # Errors
    /// [`CodingError::Malformed`] where the end is missing.
    pub fn finish(&mut self) -> Result<Vec<u8>, CodingError> {
        let (cap, last) = (self.cap, self.last());
        let mut rest = Vec::new();
        for (place, stage) in self.stages.iter_mut().enumerate() {
            let room = room(cap, place == last);
            let mut more = stage.push(&rest, room).map_err(|fault| said(fault, cap))?;
            more.extend(stage.finish(room).map_err(|fault| said(fault, cap))?);
            rest = more;
        }
        Ok(rest)
    }

    const fn last(&self) -> usize {
        self.stages.len().saturating_sub(1)
    }
}

/// What a stage may make of a piece; between two, a packed text may be a little larger than the text.
const fn room(cap: usize, last: bool) -> usize {
    if last {
        cap
    } else {
        cap.saturating_add(BETWEEN_BYTES)
    }
}

const fn said(fault: CodingError, cap: usize) -> CodingError {
    match fault {
        CodingError::TooLarge { .. } => CodingError::TooLarge { cap },
        other => other,
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
