//! What the forward proxy itself refuses.

use crate::pipeline::Refusal;
use http::HeaderValue;
use http::header::PROXY_AUTHENTICATE;

/// Why a client of the proxy doesn't get where it wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Fault {
    #[error(
        "the request names no host and port that can be read: send `CONNECT host:port` or `http://host/path`"
    )]
    Target,
    #[error("`CONNECT` is answered on HTTP/1.1 connections to the proxy only")]
    Version,
    #[error(
        "no key, or not one of this gateway: name the proxy as `http://app:vsk_…@host:port` with a key from `vestibule key new`"
    )]
    Key,
    #[error("this host is opened by the gateway, and only at port 443 (80 without TLS)")]
    InterceptedPort,
    #[error(
        "this gateway passes nothing on to this host: whoever runs it can list the host (an address by itself) in `forward.tunnel`"
    )]
    OtherHost,
    #[error(
        "this host has only addresses inside the network: whoever runs the gateway can list it in `forward.tunnel_inside`"
    )]
    Address,
    #[error("this host can't be reached now: try again in a moment")]
    Unreachable,
    #[error(
        "the local authority is not for this host, or has ended: make another one with `vestibule ca new --replace`"
    )]
    NoAuthority,
    #[error("too many tunnels at the same time: try again in a moment")]
    Overloaded,
    #[error("the audit log can't be written, so nothing is passed on: try again in a moment")]
    NotRecorded,
}

impl Fault {
    /// Status, type and code.
    pub(super) const fn facts(self) -> (u16, &'static str, &'static str) {
        match self {
            Self::Target => (400, "invalid_request_error", "bad_target"),
            Self::Version => (405, "invalid_request_error", "method_not_allowed"),
            Self::Key => (407, "authentication_error", "proxy_key_required"),
            Self::InterceptedPort => (403, "permission_error", "port_not_allowed"),
            Self::OtherHost => (403, "permission_error", "host_not_allowed"),
            Self::Address => (403, "permission_error", "address_refused"),
            Self::Unreachable => (502, "server_error", "host_unreachable"),
            Self::NoAuthority => (503, "server_error", "authority_unavailable"),
            Self::Overloaded => (503, "server_error", "overloaded"),
            Self::NotRecorded => (503, "server_error", "audit_unavailable"),
        }
    }
}

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Self {
        let (status, kind, code) = fault.facts();
        let refusal = Self::new(status, code, kind, fault.to_string());
        match fault {
            Fault::Key => {
                let basic = HeaderValue::from_static("Basic realm=\"vestibule\"");
                refusal.with_headers(vec![(PROXY_AUTHENTICATE, basic)])
            }
            Fault::Overloaded | Fault::NotRecorded => refusal.retry_after(1),
            _ => refusal,
        }
    }
}
