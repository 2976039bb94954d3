//! Why a request gets no answer, in the words that its app is told. No text of the request is among them.

use crate::infer::{BackendError, DownReason};
use crate::policy::{Decision, Trust};
use crate::protocol::ProtocolError;
use crate::route::NoRoute;
use http::{HeaderName, HeaderValue};

use super::faults::REPLY_BLOCKED;
use super::service::StreamFault;
use super::{Decided, Refusal};

type Headers = Vec<(HeaderName, HeaderValue)>;

/// The body is not a request of its format, or not one that can be answered here.
pub(super) fn malformed(error: &ProtocolError) -> Refusal {
    let code = match error {
        ProtocolError::Kept { .. } => "stateful_request",
        _ => "malformed_request",
    };
    Refusal::new(400, code, "invalid_request_error", error.to_string())
}

/// The entry could not be written.
pub(super) fn unrecorded() -> Refusal {
    let message = "the request could not be recorded, so it was not sent; try again, or ask the gateway's operator";
    Refusal::new(503, "audit_unavailable", "service_unavailable", message).retry_after(5)
}

/// The policy leaves no destination, or none of those it leaves is there.
pub(super) fn no_route(
    none: &NoRoute,
    decided: &Decided,
    known_model: bool,
    headers: Headers,
) -> Refusal {
    let refusal = match none {
        NoRoute::NoneSpeaks => Refusal::new(
            404,
            "format_not_served",
            "invalid_request_error",
            format!(
                "no destination of this gateway speaks `{}`; use another endpoint, or ask the gateway's operator",
                decided.call.format.as_str()
            ),
        ),
        _ if !known_model => Refusal::new(
            404,
            "model_not_found",
            "invalid_request_error",
            "no destination serves this model for this app; GET /v1/models lists those that are served",
        ),
        NoRoute::Blocked { .. } if decided.inspection.unread.is_some() => unread(),
        NoRoute::Blocked { .. } => {
            let say = decided.decision.say.clone();
            let message =
                say.unwrap_or_else(|| "the policy does not allow this request".to_owned());
            Refusal::new(403, "policy_blocked", "permission_error", message)
        }
        NoRoute::NoneSetUp { inside_only: true } => {
            let say = decided.decision.say.clone().unwrap_or_default();
            let why =
                "this request may only be answered in the building, and no model is set up there";
            let message = format!("{say} {why}");
            Refusal::new(
                503,
                "local_model_unavailable",
                "service_unavailable",
                message.trim_start(),
            )
        }
        NoRoute::NoneSetUp { inside_only: false } => Refusal::new(
            503,
            "no_destination",
            "service_unavailable",
            "no destination that the policy allows is set up; ask the gateway's operator",
        ),
    };
    refusal.with_headers(headers)
}

/// Not all of it could be read for names.
fn unread() -> Refusal {
    let message = "the request could not be read for names in the time that is set for it, so it was not sent; try again, or send less text at once";
    Refusal::new(503, "inspection_unfinished", "service_unavailable", message).retry_after(1)
}

/// What was to leave still held an original.
pub(super) fn residual(headers: Headers) -> Refusal {
    let message = "a protected value was still in the outgoing request, so it was not sent";
    Refusal::new(403, "residual", "permission_error", message).with_headers(headers)
}

/// Rewriting went wrong: nothing was sent.
pub(super) fn not_rewritten(headers: Headers) -> Refusal {
    let message = "the request could not be de-identified, so it was not sent";
    Refusal::new(500, "not_deidentified", "server_error", message).with_headers(headers)
}

/// No destination answered.
pub(super) fn no_answer(error: BackendError, decision: &Decision, headers: Headers) -> Refusal {
    if let BackendError::Down {
        reason: DownReason::NoModel,
        ..
    } = error
    {
        let inside_only = decision
            .allowed()
            .all(|(option, _)| option.trust == Trust::Inside);
        let message = if inside_only {
            "this request may only be answered in the building, and no model is there; ask the gateway's operator to run `vestibule model pull`"
        } else {
            "only the model in the building answers to this model name, and it is not there; GET /v1/models lists all names, and the gateway's operator can run `vestibule model pull`"
        };
        return Refusal::new(
            503,
            "local_model_unavailable",
            "service_unavailable",
            message,
        )
        .with_headers(headers);
    }
    let (status, retry_after) = match error {
        BackendError::Busy { retry_after_s } => (429, Some(retry_after_s.unwrap_or(1).into())),
        BackendError::Down { retry_after_s, .. } => (503, Some(retry_after_s.into())),
        BackendError::Broken => (503, Some(1)),
        BackendError::Timeout => (504, None),
        BackendError::Unreachable | BackendError::AddressRefused | BackendError::BadReply => {
            (502, None)
        }
    };
    let message = format!("no answer: {error}");
    let refusal =
        Refusal::new(status, "upstream_failed", "upstream_error", message).with_headers(headers);
    Refusal {
        retry_after_s: retry_after,
        ..refusal
    }
}

/// The destination does not take the gateway's own key. That is not the app's fault, and not for it to see.
pub(super) fn key_refused(headers: Headers) -> Refusal {
    let message = "the destination refuses the gateway's key; ask the gateway's operator";
    Refusal::new(502, "upstream_key_refused", "upstream_error", message).with_headers(headers)
}

/// This app may not know the balance.
pub(super) fn no_balance_for_app() -> Refusal {
    let message = "this app may not ask for the account's balance; the policy allows it with `balance: true` under the app's name";
    Refusal::new(403, "balance_refused", "permission_error", message)
}

/// There is no balance, or no answer.
pub(super) fn no_balance() -> Refusal {
    let message = "no destination told a balance; try again, or ask the gateway's operator";
    Refusal::new(502, "upstream_failed", "upstream_error", message)
}

/// The reply could not be used, or may not be.
pub(super) fn faulty_reply(fault: StreamFault, headers: Headers) -> Refusal {
    let status = if fault.code == REPLY_BLOCKED {
        403
    } else {
        502
    };
    Refusal::new(status, fault.code, fault.kind, fault.message).with_headers(headers)
}
