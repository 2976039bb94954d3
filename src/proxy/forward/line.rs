//! One connection, as the forward proxy sees it: whether it is the way to the proxy or lies inside one, and what it
//! becomes after a `CONNECT`.

use super::desk::{Desk, Looked};
use super::tunnel::Tunnel;
use super::who;
use crate::base::RequestId;
use crate::pipeline::Refusal;
use http::{HeaderMap, HeaderValue, Request};
use hyper::body::Incoming;
use hyper::upgrade::OnUpgrade;
use parking_lot::Mutex;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio_rustls::TlsAcceptor;

/// A connection.
pub(crate) struct Line {
    /// `None` where the listener is no forward proxy, and inside a connection that was opened.
    pub(super) desk: Option<Arc<Desk>>,
    /// Our side's address: requests in absolute form may name the gateway itself.
    pub(super) local: Option<SocketAddr>,
    /// The key that opened this way, for requests that bring none of ours.
    key: Option<HeaderValue>,
    handed: Mutex<Option<Handed>>,
}

/// A connection that is no HTTP any more.
pub(crate) struct Handed {
    pub(crate) upgrade: OnUpgrade,
    pub(crate) onward: Onward,
}

/// What it becomes.
pub(crate) enum Onward {
    /// TLS that ends here; the key is for the requests inside.
    Opened(TlsAcceptor, Option<HeaderValue>),
    /// Bytes that go on unseen.
    Tunnel(Box<Tunnel>),
}

impl Line {
    /// A connection to the listener.
    pub(crate) const fn outside(desk: Option<Arc<Desk>>, local: Option<SocketAddr>) -> Self {
        Self {
            desk,
            local,
            key: None,
            handed: Mutex::new(None),
        }
    }

    /// A connection inside one, after its TLS was opened.
    pub(crate) const fn inside(key: Option<HeaderValue>) -> Self {
        Self {
            desk: None,
            local: None,
            key,
            handed: Mutex::new(None),
        }
    }

    /// Gives what is for the proxy to the desk.
    pub(crate) async fn look(
        &self,
        request: Request<Incoming>,
        id: RequestId,
    ) -> Result<Looked, Refusal> {
        match &self.desk {
            Some(desk) => desk.look(request, self, id).await,
            None => Ok(Looked::Door(request)),
        }
    }

    /// What the connection becomes, if anything, once its last response is out.
    pub(crate) fn take(&self) -> Option<Handed> {
        self.handed.lock().take()
    }

    pub(super) fn hand(&self, handed: Handed) {
        *self.handed.lock() = Some(handed);
    }

    /// Puts the key that opened this way into a request that brings none of ours.
    pub(crate) fn lend_key(&self, headers: &mut HeaderMap) {
        if let Some(key) = &self.key {
            who::lend(key, headers);
        }
    }
}
