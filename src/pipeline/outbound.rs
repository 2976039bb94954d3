//! *transform*, for a whole request: what leaves for one destination, byte for byte.

use crate::infer::Backend;
use crate::policy::Permit;
use crate::protocol::{Edit, Format, Place, splice};
use crate::transform::{self, Inspected, Replacement, Transformed};
use crate::vault::{Conversation, ScopeId};
use bytes::Bytes;
use http::{HeaderName, HeaderValue};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::files::Opened;
use super::wording::in_words_of;
use super::{Decided, Pipeline, Refusal, refusing, wire_format};

/// A request as it leaves for one destination.
#[derive(Debug)]
pub(super) struct Egress {
    pub(super) destination: Arc<str>,
    /// In which words it leaves, and its reply comes; the app's own where the destination speaks them.
    pub(super) format: Format,
    /// The destination's own name of the model.
    pub(super) model: Arc<str>,
    pub(super) body: Bytes,
    pub(super) transformed: Transformed,
    /// The gateway's own time before the request left; zero until it is recorded.
    pub(super) added: Duration,
}

/// Why a request does not leave after all.
#[derive(Debug)]
pub(super) struct Unsent {
    /// The types that the scan of the outbound bytes still found there; `None` where it came to no scan.
    pub(super) residual: Option<Vec<String>>,
    pub(super) refusal: Refusal,
}

impl Pipeline {
    /// De-identifies the request for this destination and searches the result for what must not be in it.
    pub(super) fn transform(
        &self,
        decided: &Decided,
        backend: &dyn Backend,
    ) -> Result<Egress, Box<Unsent>> {
        let failed = || {
            let refusal = refusing::not_rewritten(self.headers(decided, None));
            Box::new(Unsent {
                residual: None,
                refusal,
            })
        };
        let option = decided.decision.option(backend.name()).ok_or_else(failed)?;
        let Permit::Allowed(operators) = &option.permit else {
            return Err(failed());
        };
        let body = decided.request.body();
        let files = &decided.inspection.files;
        let file_texts: Vec<_> = files.iter().map(Opened::texts).collect();
        let of_files = files.iter().zip(&file_texts);
        let inspected: Vec<Inspected<'_>> = decided
            .request
            .parts()
            .iter()
            .zip(&decided.inspection.findings)
            .map(|(part, findings)| Inspected {
                text: decided.request.text(part),
                findings,
                rewritable: part.place != Place::Id,
            })
            .chain(of_files.flat_map(|(file, texts)| file.inspected(texts)))
            .collect();
        let format = wire_format(backend, decided.call.format).ok_or_else(failed)?;
        let scope = self
            .vault
            .scope(self.scope_id(decided))
            .map_err(|_| failed())?;
        let operator = |entity, confidence| operators.operator(entity, confidence);
        let transformed = transform::deidentify(&inspected, &operator, &scope, self.clock.now())
            .map_err(|_| failed())?;
        let mut edits = edits(decided, &transformed).ok_or_else(failed)?;
        let mut readings = Vec::new();
        let of_files = leaving_files(decided, &transformed).ok_or_else(failed)?;
        for (edit, more) in of_files {
            edits.extend(edit);
            readings.extend(more);
        }
        let model = backend
            .models()
            .upstream(decided.request.model())
            .ok_or_else(failed)?;
        edits.extend(model_edit(decided, model));
        let body = splice(body, &mut edits).map_err(|_| failed())?;
        let body = in_words_of(format, decided.call.format, body).map_err(|_| failed())?;
        let mut residual = transform::residuals(&body, &transformed);
        for reading in &readings {
            residual.extend(transform::residuals(reading, &transformed));
        }
        residual.sort_unstable();
        residual.dedup();
        if !residual.is_empty() {
            let refusal = refusing::residual(self.headers(decided, None));
            let residual = residual.iter().map(ToString::to_string).collect();
            return Err(Box::new(Unsent {
                residual: Some(residual),
                refusal,
            }));
        }
        let destination = Arc::clone(&option.destination);
        Ok(Egress {
            destination,
            format,
            model: model.into(),
            body,
            transformed,
            added: Duration::ZERO,
        })
    }

    fn scope_id(&self, decided: &Decided) -> ScopeId {
        let request = &decided.request;
        let first = request
            .first_user_message()
            .and_then(|span| span.bytes(request.body()));
        let conversation = match &decided.call.conversation {
            Some(id) => Conversation::Header(id),
            None => Conversation::FirstMessage(first.unwrap_or_default()),
        };
        self.vault
            .scope_id(&decided.call.app, request.end_user(), conversation)
    }

    /// The `x-vestibule-…` headers of a reply.
    pub(super) fn headers(
        &self,
        decided: &Decided,
        egress: Option<&Egress>,
    ) -> Vec<(HeaderName, HeaderValue)> {
        let mut headers = Vec::with_capacity(4);
        let mut put = |name, value: &str| {
            if let Ok(value) = HeaderValue::from_str(value) {
                headers.push((HeaderName::from_static(name), value));
            }
        };
        put("x-vestibule-policy", &self.policy_header);
        put("x-vestibule-findings", &counted(&decided.counts));
        if let Some(egress) = egress {
            put("x-vestibule-destination", &egress.destination);
            if egress.format != decided.call.format {
                put("x-vestibule-format", egress.format.as_str());
            }
            if decided.request.shape().logprobs && !egress.transformed.map.is_empty() {
                put("x-vestibule-logprobs", "dropped");
            }
        }
        if !decided.decision.warn.is_empty() {
            put("x-vestibule-warning", &decided.decision.warn.join(", "));
        }
        headers
    }
}

/// The edits of the body that put the replacements in.
fn edits(decided: &Decided, transformed: &Transformed) -> Option<Vec<Edit>> {
    let mut edits = Vec::with_capacity(transformed.replacements.len() + 1);
    let in_body = |replacement: &&[Replacement]| {
        let first = replacement.first();
        first.is_some_and(|first| first.part < decided.request.parts().len())
    };
    let by_part = transformed.replacements.chunk_by(|a, b| a.part == b.part);
    for of_part in by_part.take_while(in_body) {
        let part = decided.request.parts().get(of_part.first()?.part)?;
        let spans: Vec<_> = of_part.iter().map(|r| (r.span, r.text.as_str())).collect();
        edits.extend(decided.request.edits(part, &spans)?);
    }
    Some(edits)
}

/// The edit of a file in the body, where it changes, and everything that it holds then.
type LeavingFile = (Option<Edit>, Vec<Vec<u8>>);

/// The edits of the files in the body, and what they hold then.
fn leaving_files(decided: &Decided, transformed: &Transformed) -> Option<Vec<LeavingFile>> {
    let mut first = decided.request.parts().len();
    let mut leaving = Vec::new();
    for file in &decided.inspection.files {
        let next = first + file.findings.len();
        let part_of = |part| transformed.replacements.partition_point(|r| r.part < part);
        let own = transformed
            .replacements
            .get(part_of(first)..part_of(next))?;
        leaving.push(file.leaving(&decided.request, first, own)?);
        first = next;
    }
    Some(leaving)
}

/// Types and how many of each, as headers say it.
pub(super) fn counted(counts: &BTreeMap<&'static str, u32>) -> String {
    let mut text = String::with_capacity(64);
    for (entity, count) in counts {
        if !text.is_empty() {
            text.push_str(", ");
        }
        text.push_str(entity);
        text.push('=');
        text.push_str(&count.to_string());
    }
    if text.is_empty() {
        text.push_str("none");
    }
    text
}

/// The model under the destination's name for it.
fn model_edit(decided: &Decided, model: &str) -> Option<Edit> {
    let span = decided.request.model_span()?;
    let as_asked = span.bytes(decided.request.body()) == Some(model.as_bytes());
    (!as_asked).then(|| {
        let quoted = serde_json::Value::from(model).to_string();
        Edit {
            span,
            replacement: quoted.trim_matches('"').to_owned(),
        }
    })
}
