//! A tunnel: bytes of a client to another host and back, unseen but for the greeting, with an end when it is quiet or
//! the gateway stops.

use super::desk::Desk;
use super::hello::{Hello, Verdict};
use super::record::Passage;
use super::target::Host;
use crate::proxy::stop::Stop;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, split};
use tokio::net::TcpStream;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, sleep};

/// A piece that is passed on at a time; a tunnel holds two of them, however slow either side is.
const PIECE_BYTES: usize = 16 * 1024;
/// At a stop, a tunnel that was quiet for so long is closed.
const LAST_CALL: Duration = Duration::from_secs(1);

/// A tunnel whose other side is there.
pub(crate) struct Tunnel {
    pub(super) desk: Arc<Desk>,
    pub(super) host: Host,
    pub(super) server: TcpStream,
    pub(super) passage: Passage,
    pub(super) place: OwnedSemaphorePermit,
}

/// How far the bytes have come, for the one who watches.
struct Pulse {
    born: Instant,
    /// Milliseconds since then.
    last: AtomicU64,
}

impl Pulse {
    fn beat(&self) {
        let millis = u64::try_from(self.born.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.last.store(millis, Ordering::Relaxed);
    }

    fn silent_at(&self, patience: Duration) -> Instant {
        self.born + Duration::from_millis(self.last.load(Ordering::Relaxed)) + patience
    }
}

/// Serves the tunnel until it ends.
pub(crate) async fn tunnel<C>(client: C, tunnel: Tunnel, stop: Stop)
where
    C: AsyncRead + AsyncWrite + Unpin,
{
    let Tunnel {
        desk,
        host,
        server,
        passage,
        place,
    } = tunnel;
    let pulse = Pulse {
        born: Instant::now(),
        last: AtomicU64::new(0),
    };
    let outcome = {
        let (from_client, to_client) = split(client);
        let (from_server, to_server) = split(server);
        let out = greet_and_pass(from_client, to_server, &desk, &host, (&passage.out, &pulse));
        let back = pass(from_server, to_client, (&passage.back, &pulse));
        let both = async { tokio::try_join!(out, back).map(drop) };
        tokio::select! {
            ended = both => match ended {
                Ok(()) => "ok",
                Err(error) if error.kind() == io::ErrorKind::PermissionDenied => "other_host_greeted",
                Err(_) => "broken",
            },
            () = silence(&pulse, desk.forward.settings.idle, stop) => "idle",
        }
    };
    passage.ended(outcome);
    drop(place);
}

/// Returns when nothing has come for too long; at a stop, that is soon.
async fn silence(pulse: &Pulse, patience: Duration, stop: Stop) {
    let mut patience = patience;
    let mut stopping = pin!(stop.wait());
    let mut stopped = false;
    loop {
        let until = pulse.silent_at(patience);
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return;
        }
        tokio::select! {
            () = sleep(left) => {}
            () = stopping.as_mut(), if !stopped => {
                stopped = true;
                patience = patience.min(LAST_CALL);
            }
        }
    }
}

/// Nothing leaves before the greeting was read.
async fn greet_and_pass(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    desk: &Desk,
    host: &Host,
    progress: (&AtomicU64, &Pulse),
) -> io::Result<()> {
    let mut hello = Hello::default();
    let mut piece = vec![0; PIECE_BYTES];
    loop {
        let count = from.read(&mut piece).await?;
        if count == 0 {
            return to.shutdown().await;
        }
        progress.1.beat();
        let heard = piece.get(..count).unwrap_or_default();
        match hello.hear(heard, host, &desk.forward.settings.rules) {
            Verdict::More => {}
            Verdict::Refused => return Err(io::ErrorKind::PermissionDenied.into()),
            Verdict::Fine => break,
        }
    }
    send(&mut to, hello.heard(), progress).await?;
    drop((hello, piece));
    pass(from, to, progress).await
}

async fn pass(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    progress: (&AtomicU64, &Pulse),
) -> io::Result<()> {
    let mut piece = vec![0; PIECE_BYTES];
    loop {
        let count = from.read(&mut piece).await?;
        if count == 0 {
            return to.shutdown().await;
        }
        send(&mut to, piece.get(..count).unwrap_or_default(), progress).await?;
    }
}

async fn send(
    to: &mut (impl AsyncWrite + Unpin),
    bytes: &[u8],
    (count, pulse): (&AtomicU64, &Pulse),
) -> io::Result<()> {
    pulse.beat();
    to.write_all(bytes).await?;
    to.flush().await?;
    count.fetch_add(bytes.len() as u64, Ordering::Relaxed);
    pulse.beat();
    Ok(())
}
