//! What a client of the proxy asks for, and what becomes of it.

use super::fault::Fault;
use super::line::{Handed, Line, Onward};
use super::reach::{Unreached, reach};
use super::record::{self, Facts, Passage};
use super::target::{Host, Target};
use super::tls::Opened;
use super::tunnel::Tunnel;
use super::who::{self, Caller};
use super::{Forward, plain};
use crate::base::RequestId;
use crate::pipeline::Refusal;
use crate::proxy::answer::Answer;
use crate::proxy::metrics;
use crate::proxy::service::ChatService;
use bytes::Bytes;
use http::uri::Scheme;
use http::{Method, Request, Response, Version};
use hyper::body::Incoming;
use std::sync::Arc;
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Ports of hosts that are opened.
const HTTPS: u16 = 443;
const HTTP: u16 = 80;
/// What the log names where no list has the host.
const UNLISTED: &str = "unlisted";

/// The forward proxy of a listener.
pub(crate) struct Desk {
    pub(super) forward: Forward,
    service: Arc<dyn ChatService>,
    open: bool,
    opened: Opened,
    tunnels: Arc<Semaphore>,
}

/// What is to be done with a request.
pub(crate) enum Looked {
    /// It is answered.
    Answered(Response<Answer>),
    /// It goes to the door, as any other.
    Door(Request<Incoming>),
}

/// A host that may be talked to, with its record.
pub(super) struct Reached {
    pub(super) tcp: TcpStream,
    pub(super) passage: Passage,
    pub(super) place: OwnedSemaphorePermit,
}

impl Desk {
    /// The desk of a listener; `open` lets apps in without a key.
    pub(crate) fn new(forward: Forward, service: Arc<dyn ChatService>, open: bool) -> Self {
        let tunnels = Arc::new(Semaphore::new(forward.settings.max_tunnels));
        Self {
            forward,
            service,
            open,
            opened: Opened::default(),
            tunnels,
        }
    }

    /// Answers `CONNECT` and requests in absolute form for other hosts.
    pub(crate) async fn look(
        self: &Arc<Self>,
        request: Request<Incoming>,
        line: &Line,
        id: RequestId,
    ) -> Result<Looked, Refusal> {
        let looked = if request.method() == Method::CONNECT {
            self.connect(request, line, id).await.map(Looked::Answered)
        } else if request.version() < Version::HTTP_2 && request.uri().scheme().is_some() {
            self.absolute(request, line, id).await
        } else {
            return Ok(Looked::Door(request));
        };
        if let Err(fault) = &looked {
            let code = fault.facts().2;
            tracing::debug!(%id, code, "a proxy request was refused");
            metrics::forwarded("refused");
        }
        Ok(looked?)
    }

    async fn connect(
        self: &Arc<Self>,
        mut request: Request<Incoming>,
        line: &Line,
        id: RequestId,
    ) -> Result<Response<Answer>, Fault> {
        if request.version() >= Version::HTTP_2 {
            return Err(Fault::Version);
        }
        let target = Target::of_connect(request.uri()).ok_or(Fault::Target)?;
        let caller = who::caller(self.service.as_ref(), request.headers(), self.open)?;
        let onward = match &target.host {
            Host::Name(name) if self.forward.settings.rules.intercepts_name(name) => {
                self.open_host(name, target.port, caller)?
            }
            _ => self.tunnel(target, caller, id).await?,
        };
        let upgrade = hyper::upgrade::on(&mut request);
        line.hand(Handed { upgrade, onward });
        Ok(Response::new(Answer::whole(Bytes::new())))
    }

    fn open_host(&self, name: &str, port: u16, caller: Option<Caller>) -> Result<Onward, Fault> {
        if port != HTTPS {
            return Err(Fault::InterceptedPort);
        }
        let acceptor = self
            .opened
            .acceptor(&self.forward.leaves, name)
            .map_err(|error| {
                tracing::warn!(%error, "a host can't be opened");
                Fault::NoAuthority
            })?;
        metrics::forwarded("opened");
        Ok(Onward::Opened(
            acceptor,
            caller.and_then(|caller| caller.key),
        ))
    }

    async fn tunnel(
        self: &Arc<Self>,
        target: Target,
        caller: Option<Caller>,
        id: RequestId,
    ) -> Result<Onward, Fault> {
        let Reached {
            tcp,
            passage,
            place,
        } = self.reach(&target, caller, id).await?;
        metrics::forwarded("tunnelled");
        Ok(Onward::Tunnel(Box::new(Tunnel {
            desk: Arc::clone(self),
            host: target.host,
            server: tcp,
            passage,
            place,
        })))
    }

    async fn absolute(
        self: &Arc<Self>,
        mut request: Request<Incoming>,
        line: &Line,
        id: RequestId,
    ) -> Result<Looked, Fault> {
        let target = Target::of_absolute(request.uri()).ok_or(Fault::Target)?;
        let rules = &self.forward.settings.rules;
        let listed = rules.listed(&target.host, target.port).is_some();
        let here = line.local.is_some_and(|local| local.port() == target.port) && !listed;
        if here {
            return Ok(Looked::Door(request));
        }
        let caller = who::caller(self.service.as_ref(), request.headers(), self.open)?;
        if rules.intercepts(&target.host) {
            if target.port != HTTPS && target.port != HTTP {
                return Err(Fault::InterceptedPort);
            }
            if let Some(key) = caller.and_then(|caller| caller.key) {
                who::lend(&key, request.headers_mut());
            }
            metrics::forwarded("opened");
            return Ok(Looked::Door(request));
        }
        if request.uri().scheme() != Some(&Scheme::HTTP) {
            return Err(Fault::OtherHost);
        }
        let reached = self.reach(&target, caller, id).await?;
        metrics::forwarded("tunnelled");
        let answered = plain::pass_on(request, reached, self.forward.settings.idle).await;
        answered.map(Looked::Answered)
    }

    /// A connection to a host that the lists have, recorded before it is made.
    async fn reach(
        &self,
        target: &Target,
        caller: Option<Caller>,
        id: RequestId,
    ) -> Result<Reached, Fault> {
        let Forward {
            settings, audit, ..
        } = &self.forward;
        let caller = caller.ok_or(Fault::Key)?;
        let facts = |place: &Arc<str>| Facts {
            app: Arc::clone(&caller.app),
            request_id: id,
            place: Arc::clone(place),
            port: target.port,
        };
        let Some(listed) = settings.rules.listed(&target.host, target.port) else {
            record::refused(audit, &facts(&UNLISTED.into()), Fault::OtherHost.facts().2);
            return Err(Fault::OtherHost);
        };
        let place = Arc::clone(&self.tunnels)
            .try_acquire_owned()
            .map_err(|_| Fault::Overloaded)?;
        let passage = Passage::begin(audit, facts(&listed.text))
            .await
            .map_err(|_| Fault::NotRecorded)?;
        let fault = match reach(target, listed.addresses, settings.connect).await {
            Ok(tcp) => {
                return Ok(Reached {
                    tcp,
                    passage,
                    place,
                });
            }
            Err(Unreached::Refused) => Fault::Address,
            Err(Unreached::Unreachable) => Fault::Unreachable,
        };
        passage.ended(fault.facts().2);
        Err(fault)
    }
}
