//! One coding being undone, piece by piece.

use super::{Coding, CodingError};
use brotli::DecompressorWriter;
use flate2::write::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use std::io::{self, Write};

/// The largest window of zstd as a content coding, as a power of two: 8 MiB (RFC 9659, section 3).
const ZSTD_WINDOW_LOG: u32 = 23;
/// What brotli's decoder writes at a time, in bytes.
const BROTLI_BUFFER_BYTES: usize = 16 * 1024;

/// A decoder of one coding that writes into a [`Room`].
pub(super) enum Stage {
    Gzip(MultiGzDecoder<Room>),
    Zlib(ZlibDecoder<Room>),
    Deflate(DeflateDecoder<Room>),
    /// `deflate` of which fewer than two bytes have come.
    Undecided(Vec<u8>, Room),
    Brotli(Box<DecompressorWriter<Room>>),
    Zstd(zstd::stream::write::Decoder<'static, Room>),
}

/// Where unpacked bytes go: no more than fit.
#[derive(Debug, Default)]
pub(super) struct Room {
    out: Vec<u8>,
    left: usize,
    over: bool,
}

impl Write for Room {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if bytes.len() > self.left {
            self.over = true;
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.left -= bytes.len();
        self.out.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Stage {
    pub(super) fn new(coding: Coding) -> Result<Self, CodingError> {
        let room = Room::default();
        Ok(match coding {
            Coding::Gzip => Self::Gzip(MultiGzDecoder::new(room)),
            Coding::Deflate => Self::Undecided(Vec::new(), room),
            Coding::Brotli => {
                Self::Brotli(Box::new(DecompressorWriter::new(room, BROTLI_BUFFER_BYTES)))
            }
            Coding::Zstd => {
                let mut decoder = zstd::stream::raw::Decoder::new().map_err(|_| MALFORMED)?;
                let window = zstd::stream::raw::DParameter::WindowLogMax(ZSTD_WINDOW_LOG);
                decoder.set_parameter(window).map_err(|_| MALFORMED)?;
                Self::Zstd(zstd::stream::write::Decoder::with_decoder(room, decoder))
            }
        })
    }

    /// Undoes a piece; what it becomes, at most `cap` bytes.
    pub(super) fn push(&mut self, piece: &[u8], cap: usize) -> Result<Vec<u8>, CodingError> {
        self.decide(piece);
        self.room().left = cap;
        let written = match self {
            Self::Undecided(begun, _) => {
                begun.extend_from_slice(piece);
                Ok(())
            }
            Self::Gzip(to) => pass(to, piece),
            Self::Zlib(to) => pass(to, piece),
            Self::Deflate(to) => pass(to, piece),
            Self::Brotli(to) => pass(to.as_mut(), piece),
            Self::Zstd(to) => pass(to, piece),
        };
        self.taken(&written, cap)
    }

    /// There is no more: what was held back, or an error where the end is missing.
    pub(super) fn finish(&mut self, cap: usize) -> Result<Vec<u8>, CodingError> {
        self.room().left = cap;
        let ended = match self {
            Self::Undecided(..) => Err(io::ErrorKind::UnexpectedEof.into()),
            Self::Gzip(to) => to.try_finish(),
            Self::Zlib(to) => to.try_finish(),
            Self::Deflate(to) => to.try_finish(),
            Self::Brotli(to) => to.close(),
            Self::Zstd(to) => to.do_finish(),
        };
        self.taken(&ended, cap)
    }

    /// The first two bytes tell RFC 1950 from RFC 1951: method 8, and a number that 31 divides.
    fn decide(&mut self, piece: &[u8]) {
        let Self::Undecided(begun, room) = self else {
            return;
        };
        let first: Vec<u8> = begun.iter().chain(piece).take(2).copied().collect();
        let [one, two] = first[..] else { return };
        let (begun, room) = (std::mem::take(begun), std::mem::take(room));
        let zlib = one & 0x0f == 8 && (u16::from(one) << 8 | u16::from(two)).is_multiple_of(31);
        *self = if zlib {
            Self::Zlib(ZlibDecoder::new(room))
        } else {
            Self::Deflate(DeflateDecoder::new(room))
        };
        // At most one byte: it becomes none yet, and an error shows with the next.
        match self {
            Self::Zlib(to) => drop(to.write_all(&begun)),
            Self::Deflate(to) => drop(to.write_all(&begun)),
            _ => {}
        }
    }

    fn taken(&mut self, result: &io::Result<()>, cap: usize) -> Result<Vec<u8>, CodingError> {
        let room = self.room();
        let out = std::mem::take(&mut room.out);
        match result {
            Ok(()) => Ok(out),
            Err(_) if room.over => Err(CodingError::TooLarge { cap }),
            Err(_) => Err(MALFORMED),
        }
    }

    fn room(&mut self) -> &mut Room {
        match self {
            Self::Gzip(to) => to.get_mut(),
            Self::Zlib(to) => to.get_mut(),
            Self::Deflate(to) => to.get_mut(),
            Self::Undecided(_, room) => room,
            Self::Brotli(to) => to.get_mut(),
            Self::Zstd(to) => to.get_mut(),
        }
    }
}

const MALFORMED: CodingError = CodingError::Malformed;

/// Writes all and asks for everything that it already becomes: events must not wait for those after them.
fn pass(to: &mut impl Write, piece: &[u8]) -> io::Result<()> {
    to.write_all(piece)?;
    to.flush()
}
