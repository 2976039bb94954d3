//! A listener: its accept loop, its cap on connections, and its drain.

use super::ProxyError;
use super::activity::Patience;
use super::admin::AdminDoor;
use super::connection::Lines;
use super::forward::{Desk, Forward};
use super::manners::Manners;
use super::metrics::HttpMetrics;
use super::peers::Peers;
use super::receive::DataDoor;
use super::service::ChatService;
use super::settings::{AdminConfig, Settings};
use super::stack::{Door, Shared};
use super::stop::Stop;
use super::tls::Certificate;
use crate::base::Clock;
use metrics_exporter_prometheus::PrometheusHandle;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};

/// After an accept that failed for want of file descriptors or memory.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// Connections that watch the gateway.
const ADMIN_CONNECTIONS: usize = 64;
/// How often the recorder folds what was measured into its buckets; unfolded samples take memory.
const UPKEEP: Duration = Duration::from_secs(5);

/// A bound listener that isn't served yet.
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    lines: Arc<Lines>,
    slots: Arc<Semaphore>,
    metrics: Arc<HttpMetrics>,
    stop: Stop,
    drain: Duration,
    numbers: Option<PrometheusHandle>,
    peers: Arc<Peers>,
    certificate: Option<Arc<Certificate>>,
    hang_up: Signal,
}

/// How a listener ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Drained {
    /// Connections that were still open when the drain time was over, and were cut; 0 is a clean stop.
    pub cut: usize,
}

impl Server {
    /// Binds the listener for apps, which is a forward proxy too where `forward` is given. `stop` ends it.
    ///
    /// # Errors
    ///
    /// [`ProxyError::Listen`] where the address can't be had, [`ProxyError::Tls`] where the certificate or key can't be used.
    pub async fn data(
        settings: &Settings,
        service: Arc<dyn ChatService>,
        forward: Option<Forward>,
        clock: Clock,
        stop: Stop,
    ) -> Result<Self, ProxyError> {
        let certificate = settings
            .tls
            .as_ref()
            .map(|(chain, key)| Certificate::read(chain, key));
        let certificate = certificate.transpose()?.map(Arc::new);
        let (listener, address) = bind(settings.listen).await?;
        let open = settings.open && address.ip().is_loopback();
        let metrics = Arc::new(HttpMetrics::register());
        let desk = forward.map(|forward| Arc::new(Desk::new(forward, service.clone(), open)));
        let door = Arc::new(DataDoor {
            service,
            open,
            limits: settings.body,
        });
        let mut shared = shared(door, settings.max_in_flight, &metrics, clock, &stop);
        shared.manners = Arc::new(settings.manners.clone());
        shared.desk = desk;
        let lines = Lines::new(
            shared,
            certificate.clone(),
            settings.handshake,
            settings.patience,
        );
        Ok(Self {
            listener,
            address,
            lines: Arc::new(lines),
            slots: Arc::new(Semaphore::new(settings.max_connections)),
            metrics,
            stop,
            drain: settings.drain,
            numbers: None,
            peers: Peers::new(settings.per_peer),
            certificate,
            hang_up: hang_up(settings.listen)?,
        })
    }

    /// Binds the listener for those who watch. `stop` ends it; while `draining` is thrown, `/readyz` says 503.
    ///
    /// # Errors
    ///
    /// [`ProxyError::Listen`] where the address can't be had.
    pub async fn admin(
        config: &AdminConfig,
        service: Arc<dyn ChatService>,
        numbers: Option<PrometheusHandle>,
        draining: Stop,
        stop: Stop,
    ) -> Result<Self, ProxyError> {
        let (listener, address) = bind(config.listen).await?;
        let metrics = Arc::new(HttpMetrics::silent());
        let door = Arc::new(AdminDoor {
            service,
            numbers: numbers.clone(),
            draining,
        });
        let shared = shared(door, ADMIN_CONNECTIONS, &metrics, Clock::system(), &stop);
        let patience = Patience {
            head: Duration::from_secs(10),
            idle: Duration::from_secs(75),
        };
        let lines = Lines::new(shared, None, patience.head, patience);
        Ok(Self {
            listener,
            address,
            lines: Arc::new(lines),
            slots: Arc::new(Semaphore::new(ADMIN_CONNECTIONS)),
            metrics,
            stop,
            drain: Duration::from_secs(1),
            numbers,
            peers: Peers::new(usize::MAX),
            certificate: None,
            hang_up: hang_up(config.listen)?,
        })
    }

    /// The address that it got; tells the port where 0 was asked for.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until the switch is thrown, then lets requests in flight finish.
    ///
    /// Connections that the kernel has taken for us by then are served too. What still runs after the drain time is cut.
    pub async fn run(mut self) -> Drained {
        let mut connections = JoinSet::new();
        let mut upkeep = interval(UPKEEP);
        upkeep.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut stopping = std::pin::pin!(self.stop.clone().wait());
        loop {
            tokio::select! {
                biased;
                () = stopping.as_mut() => break,
                Some(_) = connections.join_next(), if !connections.is_empty() => {}
                _ = upkeep.tick() => self.keep_up(),
                _ = self.hang_up.recv() => self.look_at_certificate(true),
                (slot, accepted) = next(&self.slots, &self.listener) => match accepted {
                    Ok((tcp, peer)) => self.spawn(&mut connections, tcp, peer, slot),
                    Err(error) => self.pause(&error).await,
                },
            }
        }
        self.finish(connections).await
    }

    fn spawn(
        &self,
        connections: &mut JoinSet<()>,
        tcp: TcpStream,
        peer: SocketAddr,
        slot: Option<OwnedSemaphorePermit>,
    ) {
        let Some(counted) = self.peers.count(peer.ip()) else {
            tracing::debug!("a peer has as many connections as it may");
            return;
        };
        let (lines, metrics) = (self.lines.clone(), self.metrics.clone());
        connections.spawn(async move {
            metrics.connections.increment(1.0);
            lines.serve(tcp).await;
            metrics.connections.decrement(1.0);
            drop((counted, slot));
        });
    }

    fn keep_up(&self) {
        if let Some(numbers) = &self.numbers {
            numbers.run_upkeep();
        }
        self.look_at_certificate(false);
    }

    fn look_at_certificate(&self, always: bool) {
        if let Some(certificate) = &self.certificate {
            certificate.look(always);
        }
    }

    async fn pause(&self, error: &std::io::Error) {
        tracing::warn!(kind = ?error.kind(), "can't accept a connection");
        sleep(ACCEPT_PAUSE).await;
    }

    async fn finish(self, mut connections: JoinSet<()>) -> Drained {
        // What the kernel has accepted is a client that believes to be connected.
        if let Ok(listener) = self.listener.into_std() {
            while let Ok((tcp, _)) = listener.accept() {
                if tcp.set_nonblocking(true).is_ok()
                    && let Ok(tcp) = TcpStream::from_std(tcp)
                {
                    let lines = self.lines.clone();
                    connections.spawn(lines.serve(tcp));
                }
            }
        }
        let all = async { while connections.join_next().await.is_some() {} };
        let cut = if timeout(self.drain, all).await.is_ok() {
            0
        } else {
            connections.len()
        };
        connections.shutdown().await;
        Drained { cut }
    }
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

/// Waits for a slot first: over the cap, connections wait in the kernel's queue.
async fn next(
    slots: &Arc<Semaphore>,
    listener: &TcpListener,
) -> (
    Option<OwnedSemaphorePermit>,
    std::io::Result<(TcpStream, SocketAddr)>,
) {
    let slot = slots.clone().acquire_owned().await.ok();
    (slot, listener.accept().await)
}

/// SIGHUP, which would end the process if nobody listened.
fn hang_up(address: SocketAddr) -> Result<Signal, ProxyError> {
    signal(SignalKind::hangup()).map_err(|source| ProxyError::Listen { address, source })
}

async fn bind(address: SocketAddr) -> Result<(TcpListener, SocketAddr), ProxyError> {
    let failed = |source| ProxyError::Listen { address, source };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    Ok((listener, bound))
}

fn shared(
    door: Arc<dyn Door>,
    in_flight: usize,
    metrics: &Arc<HttpMetrics>,
    clock: Clock,
    stop: &Stop,
) -> Shared {
    let slots = Arc::new(Semaphore::new(in_flight));
    Shared {
        door,
        slots,
        metrics: metrics.clone(),
        clock,
        stop: stop.clone(),
        manners: Arc::new(Manners::default()),
        desk: None,
    }
}
