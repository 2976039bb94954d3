//! Packs a body, where the other side asks for it.

use super::Coding;
use std::io::Write as _;

/// zstd's level: the fastest of the standard ones.
const ZSTD_LEVEL: i32 = 1;

/// The packed bytes; `None` where the library fails, which leaves the body as it is. Only gzip and zstd are written:
/// whoever takes another one takes gzip too.
pub fn encode(coding: Coding, bytes: &[u8]) -> Option<Vec<u8>> {
    match coding {
        Coding::Gzip => {
            let room = Vec::with_capacity(bytes.len() / 4);
            let mut to = flate2::write::GzEncoder::new(room, flate2::Compression::fast());
            to.write_all(bytes).ok()?;
            to.finish().ok()
        }
        Coding::Zstd => zstd::stream::encode_all(bytes, ZSTD_LEVEL).ok(),
        Coding::Deflate | Coding::Brotli => None,
    }
}

/// The coding to answer with under these values of `Accept-Encoding` (RFC 9110, section 12.5.3): zstd before gzip where
/// both are wanted as much, `None` where neither is wanted or the identity is preferred.
pub fn accepted<'a>(values: impl Iterator<Item = &'a [u8]>) -> Option<Coding> {
    let (mut gzip, mut zstd, mut identity) = (0, 0, 0);
    for item in values.flat_map(|value| value.split(|byte| *byte == b',')) {
        let mut parts = item.split(|byte| *byte == b';').map(<[u8]>::trim_ascii);
        let name = parts.next().unwrap_or_default();
        let weight = parts.next().map_or(Some(1000), weight).unwrap_or(0);
        if name.eq_ignore_ascii_case(b"gzip") || name.eq_ignore_ascii_case(b"x-gzip") {
            gzip = weight;
        } else if name.eq_ignore_ascii_case(b"zstd") {
            zstd = weight;
        } else if name.eq_ignore_ascii_case(b"identity") {
            identity = weight;
        }
    }
    let best = gzip.max(zstd);
    if best == 0 || best < identity {
        None
    } else if zstd == best {
        Some(Coding::Zstd)
    } else {
        Some(Coding::Gzip)
    }
}

/// Thousandths of `q=0.5`.
fn weight(parameter: &[u8]) -> Option<u32> {
    let text = std::str::from_utf8(parameter).ok()?;
    let number: f32 = text
        .strip_prefix(['q', 'Q'])?
        .trim()
        .strip_prefix('=')?
        .trim()
        .parse()
        .ok()?;
    (0.0..=1.0)
        .contains(&number)
        .then_some((number * 1000.0) as u32)
}
