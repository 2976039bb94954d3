//! A reply's body as it arrives, with a limit on silence.

use crate::infer::BackendError;
use bytes::Bytes;
use futures_util::Stream;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::time::{Instant, Sleep};

/// Passes pieces on unchanged. Ends after its first error; dropping it drops the connection's stream, and so cancels the
/// request at the destination. `held` (the place among the concurrent requests) is given back at that moment.
pub(super) struct ReplyBody<S, H> {
    source: Option<(S, H)>,
    idle: Duration,
    last_piece: Instant,
    alarm: Option<Pin<Box<Sleep>>>,
}

impl<S, H> ReplyBody<S, H> {
    pub(super) fn new(source: S, held: H, idle: Duration) -> Self {
        Self {
            source: Some((source, held)),
            idle,
            last_piece: Instant::now(),
            alarm: None,
        }
    }

    /// One timer serves the whole reply: it is set anew only when it rings too early.
    fn poll_silence(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let deadline = self.last_piece + self.idle;
        let alarm = self
            .alarm
            .get_or_insert_with(|| Box::pin(tokio::time::sleep_until(deadline)));
        loop {
            ready!(alarm.as_mut().poll(cx));
            if alarm.deadline() >= deadline {
                return Poll::Ready(());
            }
            alarm.as_mut().reset(deadline);
        }
    }
}

impl<S, H, E> Stream for ReplyBody<S, H>
where
    S: Stream<Item = Result<Bytes, E>> + Unpin,
    H: Unpin,
{
    type Item = Result<Bytes, BackendError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        let Some((source, _)) = this.source.as_mut() else {
            return Poll::Ready(None);
        };
        let item = match Pin::new(source).poll_next(cx) {
            Poll::Ready(Some(Ok(piece))) => {
                this.last_piece = Instant::now();
                return Poll::Ready(Some(Ok(piece)));
            }
            Poll::Ready(Some(Err(_))) => Some(Err(BackendError::Broken)),
            Poll::Ready(None) => None,
            Poll::Pending => {
                ready!(this.poll_silence(cx));
                Some(Err(BackendError::Timeout))
            }
        };
        this.source = None;
        Poll::Ready(item)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::{StreamExt, stream};
    use std::sync::Arc;

    const IDLE: Duration = Duration::from_millis(400);

    type Piece = Result<Bytes, ()>;

    fn slowly(gaps_ms: &'static [u64]) -> impl Stream<Item = Piece> + Unpin {
        Box::pin(stream::iter(gaps_ms).then(|gap| async move {
            tokio::time::sleep(Duration::from_millis(*gap)).await;
            Ok(Bytes::from_static(b"x"))
        }))
    }

    #[tokio::test]
    async fn silence_ends_it_and_slowness_does_not() {
        let steady = ReplyBody::new(slowly(&[150, 150, 150, 150]), (), IDLE);
        let steady: Vec<_> = steady.collect().await;
        assert_eq!(steady, vec![Ok(Bytes::from_static(b"x")); 4]);
        let silent = ReplyBody::new(slowly(&[150, 60_000, 1]), (), IDLE);
        let silent: Vec<_> = silent.collect().await;
        assert_eq!(
            silent,
            [Ok(Bytes::from_static(b"x")), Err(BackendError::Timeout)]
        );
    }

    #[tokio::test]
    async fn ends_at_the_first_error_and_gives_its_place_back() {
        let pieces: [Piece; 3] = [Ok(Bytes::from_static(b"x")), Err(()), Ok(Bytes::new())];
        let place = Arc::new(());
        let mut body = ReplyBody::new(stream::iter(pieces), Arc::clone(&place), IDLE);
        assert!(body.next().await.unwrap().is_ok());
        assert_eq!(Arc::strong_count(&place), 2);
        assert_eq!(body.next().await, Some(Err(BackendError::Broken)));
        assert_eq!(Arc::strong_count(&place), 1);
        assert_eq!(body.next().await, None);
    }
}
