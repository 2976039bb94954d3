//! Reads a request's body: with a cap, and not slower than a floor.
//!
//! Refuses to know: what the body says.

use super::rescue::Fault;
use crate::coding::{self, CodingError, Codings};
use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use http::header::{CONTENT_ENCODING, EXPECT, TRANSFER_ENCODING};
use http_body::Body;
use http_body_util::BodyExt;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// Each so many bytes that arrive earn another second: a slow line may finish, a trickle may not.
const RATE_FLOOR_BYTES_PER_S: u64 = 16 * 1024;

/// How long the rest of a refused body is still taken in, so that the client reads the refusal instead of a reset.
const DISCARD_FOR: Duration = Duration::from_secs(2);

/// How much of a body is taken in, and how long.
#[derive(Debug, Clone, Copy)]
pub(super) struct BodyLimits {
    /// Bytes at most.
    pub(super) cap: usize,
    /// For the whole body, beside what its bytes earn.
    pub(super) timeout: Duration,
}

/// The whole body; without a copy where it came in one piece.
pub(super) async fn read<B>(body: &mut B, limits: &BodyLimits) -> Result<Bytes, Fault>
where
    B: Body<Data = Bytes> + Unpin,
{
    let too_large = Fault::TooLarge { cap: limits.cap };
    let declared = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
    if declared > limits.cap {
        return Err(too_large);
    }
    let start = Instant::now();
    let mut first = Bytes::new();
    let mut rest = BytesMut::new();
    loop {
        let received = first.len() + rest.len();
        let earned = Duration::from_secs(received as u64 / RATE_FLOOR_BYTES_PER_S);
        let frame = timeout_at(start + limits.timeout + earned, body.frame());
        let data = match frame.await.map_err(|_| Fault::TooSlow)? {
            None => break,
            Some(Err(_)) => return Err(Fault::BrokenBody),
            // Trailers say nothing that we use.
            Some(Ok(frame)) => frame.into_data().unwrap_or_default(),
        };
        if received + data.len() > limits.cap {
            return Err(too_large);
        }
        if received == 0 {
            first = data;
        } else {
            if rest.is_empty() {
                rest.reserve(declared.max(received + data.len()));
                rest.extend_from_slice(&first);
                first = Bytes::new();
            }
            rest.extend_from_slice(&data);
        }
    }
    Ok(if rest.is_empty() {
        first
    } else {
        rest.freeze()
    })
}

/// Takes in what is left of a body that is refused, within bounds. A client that waits for `100 Continue` isn't sending.
pub(super) async fn discard<B>(body: &mut B, headers: &HeaderMap, limits: &BodyLimits)
where
    B: Body<Data = Bytes> + Unpin,
{
    if body.is_end_stream() || headers.contains_key(EXPECT) {
        return;
    }
    let deadline = Instant::now() + DISCARD_FOR.min(limits.timeout);
    let mut left = limits.cap.saturating_mul(2);
    while let Ok(Some(Ok(frame))) = timeout_at(deadline, body.frame()).await {
        let length = frame.data_ref().map_or(0, Bytes::len);
        if length > left {
            return;
        }
        left -= length;
    }
}

/// That a body is framed plainly. Chunks are taken apart on the way in, and any coding below them would be left on it, unseen and
/// unnamed (RFC 9112, section 6.1: 501).
pub(super) fn check_framing(headers: &HeaderMap) -> Result<(), Fault> {
    let mut values = headers.get_all(TRANSFER_ENCODING).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(()),
        (Some(value), None)
            if value
                .as_bytes()
                .trim_ascii()
                .eq_ignore_ascii_case(b"chunked") =>
        {
            Ok(())
        }
        _ => Err(Fault::TransferCoded),
    }
}

/// How a body is packed; what can't be unpacked can't be inspected, and is refused.
pub(super) fn codings(headers: &HeaderMap) -> Result<Codings, Fault> {
    let values = headers.get_all(CONTENT_ENCODING).iter();
    Codings::parse(values.map(http::HeaderValue::as_bytes)).map_err(|_| Fault::Encoded)
}

/// Unpacks a body; the cap is for what it becomes.
pub(super) async fn unpack(
    body: Bytes,
    codings: Codings,
    limits: &BodyLimits,
) -> Result<Bytes, Fault> {
    if codings.is_identity() {
        return Ok(body);
    }
    let cap = limits.cap;
    let unpacking = tokio::task::spawn_blocking(move || coding::decode(&codings, &body, cap));
    match unpacking.await {
        Ok(Ok(bytes)) => Ok(bytes.into()),
        Ok(Err(CodingError::TooLarge { cap })) => Err(Fault::TooLarge { cap }),
        Ok(Err(_)) => Err(Fault::BrokenCoding),
        Err(_) => Err(Fault::Internal),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::stream;
    use http_body::Frame;
    use http_body_util::{Full, StreamBody};

    const LIMITS: BodyLimits = BodyLimits {
        cap: 8,
        timeout: Duration::from_millis(50),
    };

    fn pieces(pieces: &[&'static [u8]]) -> impl Body<Data = Bytes, Error = std::io::Error> + Unpin {
        let frames: Vec<_> = pieces
            .iter()
            .map(|p| Ok(Frame::data(Bytes::from_static(p))))
            .collect();
        StreamBody::new(stream::iter(frames))
    }

    #[tokio::test]
    async fn pieces_are_joined_up_to_the_cap() {
        type Case = (&'static [&'static [u8]], Result<&'static [u8], Fault>);
        let cases: [Case; 6] = [
            (&[], Ok(b"")),
            (&[b"abc"], Ok(b"abc")),
            (&[b"abc", b"", b"de", b"fgh"], Ok(b"abcdefgh")),
            (&[b"", b"abc"], Ok(b"abc")),
            (&[b"abcdefghi"], Err(Fault::TooLarge { cap: 8 })),
            (&[b"abcdefgh", b"i"], Err(Fault::TooLarge { cap: 8 })),
        ];
        for (given, expected) in cases {
            let read = read(&mut pieces(given), &LIMITS).await;
            assert_eq!(read.as_deref(), expected.as_deref(), "{given:?}");
        }
    }

    #[tokio::test]
    async fn one_piece_is_not_copied_and_a_declared_size_is_believed() {
        let whole = Bytes::from_static(b"abc");
        let read_back = read(&mut Full::new(whole.clone()), &LIMITS).await.unwrap();
        assert_eq!(read_back.as_ptr(), whole.as_ptr());
        let large = read(&mut Full::new(Bytes::from_static(b"123456789")), &LIMITS).await;
        assert_eq!(large, Err(Fault::TooLarge { cap: 8 }));
    }

    #[tokio::test]
    async fn a_body_that_stops_is_too_slow() {
        let mut stuck = StreamBody::new(stream::pending::<Result<Frame<Bytes>, std::io::Error>>());
        assert_eq!(read(&mut stuck, &LIMITS).await, Err(Fault::TooSlow));
        discard(&mut stuck, &HeaderMap::new(), &LIMITS).await;
    }

    #[tokio::test]
    async fn a_body_is_unpacked_up_to_the_cap() {
        let gzip = |text: &[u8]| Bytes::from(coding::encode(coding::Coding::Gzip, text).unwrap());
        for (value, body, expected) in [
            ("identity", Bytes::from_static(b"plain"), Ok(&b"plain"[..])),
            ("gzip", gzip(b"packed"), Ok(b"packed")),
            ("gzip, gzip", gzip(&gzip(b"twice")), Ok(b"twice")),
            ("gzip", gzip(b"too large"), Err(Fault::TooLarge { cap: 8 })),
            (
                "gzip",
                Bytes::from_static(b"not it"),
                Err(Fault::BrokenCoding),
            ),
            ("gzip, gzip, gzip", gzip(b"x"), Err(Fault::Encoded)),
            ("compress", gzip(b"x"), Err(Fault::Encoded)),
            ("", gzip(b"x"), Err(Fault::Encoded)),
        ] {
            let mut headers = HeaderMap::new();
            headers.append(CONTENT_ENCODING, value.parse().unwrap());
            let read = match codings(&headers) {
                Ok(codings) => unpack(body, codings, &LIMITS).await,
                Err(fault) => Err(fault),
            };
            assert_eq!(
                read.as_deref(),
                expected.as_ref().map(|text| *text),
                "{value}"
            );
        }
        assert!(codings(&HeaderMap::new()).unwrap().is_identity());
    }
}
