//! A reply that comes packed although we ask for it plain, unpacked as it arrives.

use crate::coding::{CodingError, Codings, Decoder};
use crate::infer::BackendError;
use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};
use http::HeaderMap;
use http::header::{CONTENT_ENCODING, HeaderValue};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// What one piece of a reply may become, in bytes: an honest piece is some hundred KiB and becomes twenty times that.
const PIECE_BYTES: usize = 16 * 1024 * 1024;

/// How the reply is packed.
pub(super) fn codings(headers: &HeaderMap) -> Result<Codings, BackendError> {
    let values = headers.get_all(CONTENT_ENCODING).iter();
    Codings::parse(values.map(HeaderValue::as_bytes)).map_err(|_| BackendError::BadReply)
}

/// Pieces of a reply, unpacked. Ends after its first error.
pub(super) struct Unpacked<S> {
    source: Option<S>,
    decoder: Decoder,
}

impl<S> Unpacked<S> {
    pub(super) fn new(source: S, codings: &Codings) -> Result<Self, BackendError> {
        let decoder = Decoder::new(codings, PIECE_BYTES).map_err(|_| BackendError::BadReply)?;
        Ok(Self {
            source: Some(source),
            decoder,
        })
    }

    fn end(
        &mut self,
        unpacked: Result<Vec<u8>, CodingError>,
    ) -> Option<Result<Bytes, BackendError>> {
        self.source = None;
        match unpacked {
            Ok(rest) => (!rest.is_empty()).then(|| Ok(rest.into())),
            Err(_) => Some(Err(BackendError::Broken)),
        }
    }
}

impl<S: Stream<Item = Result<Bytes, BackendError>> + Unpin> Stream for Unpacked<S> {
    type Item = Result<Bytes, BackendError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        loop {
            let Some(source) = this.source.as_mut() else {
                return Poll::Ready(None);
            };
            match ready!(source.poll_next_unpin(cx)) {
                Some(Ok(piece)) => match this.decoder.push(&piece) {
                    Ok(bytes) if bytes.is_empty() => {}
                    Ok(bytes) => return Poll::Ready(Some(Ok(bytes.into()))),
                    broken => return Poll::Ready(this.end(broken)),
                },
                Some(error) => {
                    this.source = None;
                    return Poll::Ready(Some(error));
                }
                None => {
                    let rest = this.decoder.finish();
                    return Poll::Ready(this.end(rest));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::coding::{Coding, encode};
    use futures_util::stream;

    async fn unpacked(
        header: &str,
        pieces: Vec<Result<Bytes, BackendError>>,
    ) -> Vec<Result<Bytes, BackendError>> {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_ENCODING, header.parse().unwrap());
        let codings = codings(&headers).unwrap();
        Unpacked::new(stream::iter(pieces), &codings)
            .unwrap()
            .collect()
            .await
    }

    #[tokio::test]
    async fn pieces_become_text_and_a_cut_is_an_error() {
        let packed = encode(Coding::Gzip, b"data: 1\n\n").unwrap();
        let pieces = |bytes: &[u8]| {
            bytes
                .chunks(3)
                .map(|piece| Ok(Bytes::copy_from_slice(piece)))
                .collect::<Vec<_>>()
        };
        let text = unpacked("gzip", pieces(&packed)).await;
        let text: Vec<u8> = text.into_iter().flat_map(Result::unwrap).collect();
        assert_eq!(text, b"data: 1\n\n");
        let cut = unpacked("gzip", pieces(&packed[..packed.len() - 4])).await;
        assert_eq!(cut.last(), Some(&Err(BackendError::Broken)));
        let late = unpacked("gzip", vec![Err(BackendError::Timeout), Ok(Bytes::new())]).await;
        assert_eq!(late, [Err(BackendError::Timeout)]);
    }

    #[tokio::test]
    async fn a_bomb_ends_it() {
        let bomb = encode(Coding::Zstd, &vec![0; PIECE_BYTES + 1]).unwrap();
        let said = unpacked("zstd", vec![Ok(bomb.into())]).await;
        assert_eq!(said, [Err(BackendError::Broken)]);
    }

    #[test]
    fn what_nobody_understands_is_no_reply() {
        let mut headers = HeaderMap::new();
        assert!(codings(&headers).unwrap().is_identity());
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("compress"));
        assert_eq!(codings(&headers), Err(BackendError::BadReply));
    }
}
