//! Where a destination speaks other words than the app: which words a request leaves in, whether it can be told in them,
//! and the reply back in the app's own.
//!
//! The app's format is the one that everything else sees: parts, edits, restoring. Only the bytes between here and the
//! destination are in its words.

use crate::infer::{Backend, BackendError, Inbound};
use crate::policy::Complexity;
use crate::protocol::Format;
use crate::protocol::translate::{self, About, ReplyTranslator, Untranslatable};
use crate::route::{self, Fit, NoRoute};
use bytes::Bytes;
use futures_util::stream::{self, BoxStream};
use futures_util::{FutureExt, StreamExt};

use super::{Decided, Pipeline, is_event_stream, streaming};

/// Ends an event that the destination left open.
const END_OF_EVENT: &[u8] = b"\n\n";

type Body = BoxStream<'static, Result<Bytes, BackendError>>;

/// The format in which a request of `asked` goes to this backend, if there is one: the same before any other.
pub(super) fn wire_format(backend: &dyn Backend, asked: Format) -> Option<Format> {
    let mut formats = [asked]
        .into_iter()
        .chain(translate::instead_of(asked).iter().copied());
    formats.find(|format| backend.speaks(*format))
}

impl Pipeline {
    /// What keeps this backend from getting the request: something that can't be told in the words that it speaks.
    pub(super) fn untranslatable(&self, decided: &Decided, index: usize) -> Option<Untranslatable> {
        let asked = decided.call.format;
        let wire = wire_format(self.backends.get(index)?.as_ref(), asked)?;
        if wire == asked {
            return None;
        }
        translate::request(decided.request.body(), asked, wire).err()
    }

    /// *route*: the order of backends. Only the first one's words are tried here, since others are seldom asked; what can't
    /// be told to it is given back with the order of those that are left.
    pub(super) fn rank(
        &self,
        decided: &Decided,
        difficulty: Complexity,
        config: &route::Config,
    ) -> (Result<Vec<usize>, NoRoute>, Option<Untranslatable>) {
        let mut candidates = self.candidates(decided);
        let mut untold = None;
        loop {
            let fallback = self.policy.fallback();
            let ranked = route::rank(&decided.decision, &candidates, difficulty, fallback, config);
            let first = ranked
                .as_ref()
                .ok()
                .and_then(|order| order.first().copied());
            let found = first.and_then(|first| self.untranslatable(decided, first));
            let (Some(first), Some(found)) = (first, found) else {
                return (ranked, untold);
            };
            untold.get_or_insert(found);
            if let Some(candidate) = candidates.get_mut(first) {
                candidate.fit = Fit::Speechless;
            }
        }
    }

    /// The reply in the app's words, however the destination told it.
    pub(super) fn in_own_words(
        &self,
        decided: &Decided,
        wire: Format,
        inbound: Inbound,
    ) -> Inbound {
        let about = About {
            model: decided.request.model().unwrap_or_default().to_owned(),
            include_usage: decided.request.shape().include_usage,
            id: decided.call.request_id.to_string(),
            created: decided.received.as_micros() / 1_000_000,
        };
        match ReplyTranslator::new(wire, decided.call.format, about) {
            Some(translator) => translated(translator, inbound),
            None => inbound,
        }
    }
}

fn translated(translator: ReplyTranslator, inbound: Inbound) -> Inbound {
    let Inbound {
        status,
        content_type,
        retry_after,
        headers,
        body,
    } = inbound;
    let streams = status < 400 && is_event_stream(&content_type);
    Inbound {
        status,
        content_type,
        retry_after,
        headers,
        body: if streams {
            events(translator, body)
        } else {
            whole(translator, status, body).into_stream().boxed()
        },
    }
}

/// All of it at once.
async fn whole(
    mut translator: ReplyTranslator,
    status: u16,
    body: Body,
) -> Result<Bytes, BackendError> {
    let body = streaming::collect(body)
        .await
        .map_err(|_| BackendError::Broken)?;
    if status >= 400 {
        return Ok(translator.error(status, &body).into());
    }
    let told = translator
        .whole(&body)
        .map_err(|_| BackendError::BadReply)?;
    Ok(told.into())
}

/// Event by event.
fn events(translator: ReplyTranslator, body: Body) -> Body {
    let state = Some((translator, body));
    stream::unfold(state, |state| async move {
        let (mut translator, mut body) = state?;
        loop {
            let piece = match body.next().await {
                Some(Ok(piece)) => piece,
                Some(Err(error)) => return Some((Err(error), None)),
                None => return end(translator).map(|end| (end, None)),
            };
            match translator.push(&piece) {
                Ok(told) if told.is_empty() => {}
                Ok(told) => return Some((Ok(told.into()), Some((translator, body)))),
                Err(_) => return Some((Err(BackendError::BadReply), None)),
            }
        }
    })
    .boxed()
}

/// The destination has ended its stream; without its last event it is cut, and so is ours.
fn end(mut translator: ReplyTranslator) -> Option<Result<Bytes, BackendError>> {
    let told = translator.push(END_OF_EVENT);
    match told {
        Err(_) => Some(Err(BackendError::BadReply)),
        Ok(_) if !translator.is_over() => Some(Err(BackendError::Broken)),
        Ok(mut told) => {
            told.extend(translator.finish());
            (!told.is_empty()).then(|| Ok(told.into()))
        }
    }
}
