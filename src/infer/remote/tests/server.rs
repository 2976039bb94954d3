//! A scripted server on 127.0.0.1 that keeps what it received.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

pub(super) const JSON: &str =
    "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}";
const EVENTS: &str =
    "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";

/// What the server does with a connection once a request is in.
#[derive(Clone, Copy)]
pub(super) enum Script {
    /// Answers this to every request.
    Say(&'static str),
    /// Answers this to one request and closes.
    SayAndClose(&'static str),
    /// Sends an event stream in these pieces, each after the one before was taken, and ends it.
    Stream(&'static [&'static str]),
    /// Sends one piece and then waits until the other side closes.
    Hang,
    /// Sends half of what it announced and closes.
    BreakOff,
    /// Closes without a word.
    HangUp,
    /// Never answers.
    Mute,
}

/// What the server saw.
#[derive(Debug, PartialEq)]
pub(super) enum Seen {
    Request { head: String, body: String },
    Closed,
}

pub(super) struct Server {
    pub(super) url: String,
    pub(super) seen: mpsc::UnboundedReceiver<Seen>,
    accepted: Arc<AtomicUsize>,
}

impl Server {
    pub(super) async fn start(script: Script) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (tell, seen) = mpsc::unbounded_channel();
        let accepted = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&accepted);
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                count.fetch_add(1, Ordering::Relaxed);
                tokio::spawn(serve(socket, script, tell.clone()));
            }
        });
        Self {
            url,
            seen,
            accepted,
        }
    }

    pub(super) async fn request(&mut self) -> (String, String) {
        match self.seen.recv().await {
            Some(Seen::Request { head, body }) => (head, body),
            other => panic!("{other:?}"),
        }
    }

    pub(super) fn connections(&self) -> usize {
        self.accepted.load(Ordering::Relaxed)
    }

    pub(super) fn requests(&mut self) -> usize {
        std::iter::from_fn(|| self.seen.try_recv().ok())
            .filter(|seen| *seen != Seen::Closed)
            .count()
    }
}

async fn serve(mut socket: TcpStream, script: Script, tell: mpsc::UnboundedSender<Seen>) {
    while let Some(seen) = read_request(&mut socket).await {
        tell.send(seen).ok();
        if play(&mut socket, script).await.is_none() {
            break;
        }
    }
    drop(socket);
    tell.send(Seen::Closed).ok();
}

async fn read_request(socket: &mut TcpStream) -> Option<Seen> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(socket.read_u8().await.ok()?);
    }
    let head = String::from_utf8(head).unwrap();
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
    socket.read_exact(&mut body).await.ok()?;
    Some(Seen::Request {
        head,
        body: String::from_utf8(body).unwrap(),
    })
}

/// `None` when the connection is to be closed.
async fn play(socket: &mut TcpStream, script: Script) -> Option<()> {
    match script {
        Script::Say(answer) => socket.write_all(answer.as_bytes()).await.ok(),
        Script::SayAndClose(answer) => {
            socket.write_all(answer.as_bytes()).await.ok()?;
            None
        }
        Script::Stream(pieces) => {
            socket.write_all(EVENTS.as_bytes()).await.ok()?;
            for piece in pieces {
                let chunk = format!("{:x}\r\n{piece}\r\n", piece.len());
                socket.write_all(chunk.as_bytes()).await.ok()?;
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            socket.write_all(b"0\r\n\r\n").await.ok()
        }
        Script::Hang => {
            socket.write_all(EVENTS.as_bytes()).await.ok()?;
            socket.write_all(b"5\r\nfirst\r\n").await.ok()?;
            socket.read_u8().await.map(|_| ()).ok()
        }
        Script::BreakOff => {
            let half = "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf";
            socket.write_all(half.as_bytes()).await.ok()?;
            None
        }
        Script::HangUp => None,
        Script::Mute => socket.read_u8().await.map(|_| ()).ok(),
    }
}
