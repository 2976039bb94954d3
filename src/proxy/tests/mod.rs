//! Real sockets on 127.0.0.1 and a scripted house behind the door.

mod doors;
mod draining;
mod limits;
mod streams;
mod transport;

use super::activity::Patience;
use super::body::BodyLimits;
use super::*;
use crate::base::Clock;
use crate::pipeline::{Call, Facts, Refusal, Reply, ReplyBody, StreamFault};
use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream;
use http::{HeaderName, HeaderValue, StatusCode};
use parking_lot::Mutex;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// Far above anything that a test waits for, far below what a person waits for.
const PATIENT: Duration = Duration::from_secs(20);
const KEY: &str = concat!("vs", "k_test");

type Item = Result<Bytes, StreamFault>;

/// Answers by what the body says; what it saw can be asked for.
#[derive(Default)]
struct House {
    calls: Mutex<Vec<(String, Call)>>,
    stream: Mutex<Option<mpsc::Receiver<Item>>>,
    dropped: Arc<AtomicBool>,
    not_ready: Mutex<Option<String>>,
    notices: Mutex<Vec<String>>,
    gate: tokio::sync::Notify,
}

/// Tells that a stream was dropped, whoever dropped it.
struct Falls(Arc<AtomicBool>);

impl Drop for Falls {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// The house as the server sees it.
struct Scripted(Arc<House>);

impl ChatService for Scripted {
    fn chat(&self, call: Call) -> BoxFuture<'static, Result<Reply, Refusal>> {
        let house = self.0.clone();
        Box::pin(async move {
            let body = String::from_utf8_lossy(&call.body).into_owned();
            house.calls.lock().push((body.clone(), call));
            match body.as_str() {
                "panic" => panic!("secret detail"),
                "wait" => {
                    let _falls = Falls(house.dropped.clone());
                    house.gate.notified().await;
                    Ok(whole("waited"))
                }
                "refuse" => Err(refusal()),
                "stream" | "events" => Ok(streamed(&house, body == "events")),
                _ => Ok(whole(&format!("{} bytes", body.len()))),
            }
        })
    }

    fn models(&self, app: &str) -> Bytes {
        format!(r#"{{"object":"list","app":"{app}"}}"#).into()
    }

    fn authenticate(&self, key: Option<&str>, open: bool) -> Result<Arc<str>, Refusal> {
        match key {
            Some(KEY) => Ok("crm".into()),
            None if open => Ok("anonymous".into()),
            _ => Err(Refusal {
                status: 401,
                ..refusal()
            }),
        }
    }

    fn ready(&self) -> Result<(), String> {
        self.0.not_ready.lock().clone().map_or(Ok(()), Err)
    }

    fn notices(&self) -> Vec<String> {
        self.0.notices.lock().clone()
    }
}

fn refusal() -> Refusal {
    Refusal {
        status: 403,
        code: "blocked_by_policy",
        kind: "permission_error",
        message: "这类信息不能发往云端".to_owned(),
        headers: vec![header("x-vestibule-policy", "default@1")],
        retry_after_s: Some(7),
    }
}

fn header(name: &'static str, value: &'static str) -> (HeaderName, HeaderValue) {
    (
        HeaderName::from_static(name),
        HeaderValue::from_static(value),
    )
}

fn whole(text: &str) -> Reply {
    Reply {
        status: StatusCode::OK,
        headers: vec![header("x-vestibule-destination", "local")],
        content_type: HeaderValue::from_static("application/json"),
        body: ReplyBody::Whole(text.to_owned().into()),
        facts: Facts::default(),
    }
}

fn streamed(house: &Arc<House>, events: bool) -> Reply {
    let receiver = house.stream.lock().take().expect("one stream a test");
    let falls = Falls(house.dropped.clone());
    let source = stream::unfold((receiver, falls), |(mut receiver, falls)| async move {
        receiver.recv().await.map(|item| (item, (receiver, falls)))
    });
    let content_type = if events {
        "text/event-stream; charset=utf-8"
    } else {
        "application/json"
    };
    Reply {
        status: StatusCode::OK,
        headers: Vec::new(),
        content_type: HeaderValue::from_static(content_type),
        body: ReplyBody::Stream(source.boxed()),
        facts: Facts::default(),
    }
}

/// A server that runs.
struct Running {
    address: SocketAddr,
    house: Arc<House>,
    stop: Stop,
    task: JoinHandle<Drained>,
}

fn settings() -> Settings {
    let mut settings = Config {
        open: true,
        ..Config::default()
    }
    .check()
    .unwrap();
    settings.listen = SocketAddr::from(([127, 0, 0, 1], 0));
    settings.body = BodyLimits {
        cap: 4096,
        timeout: Duration::from_millis(300),
    };
    settings.patience = Patience {
        head: Duration::from_millis(300),
        idle: Duration::from_secs(5),
    };
    settings.drain = PATIENT;
    settings
}

async fn start(settings: Settings) -> Running {
    let (house, stop) = (Arc::new(House::default()), Stop::new());
    let service = Arc::new(Scripted(house.clone()));
    let server = Server::data(&settings, service, None, Clock::system(), stop.clone())
        .await
        .unwrap();
    let address = server.address();
    Running {
        address,
        house,
        stop,
        task: tokio::spawn(server.run()),
    }
}

impl Running {
    /// The other end of the one stream that the house will answer `stream` or `events` with.
    fn script(&self) -> mpsc::Sender<Item> {
        let (sender, receiver) = mpsc::channel(1);
        *self.house.stream.lock() = Some(receiver);
        sender
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Sends these bytes and reads one response.
    async fn raw(&self, request: impl AsRef<[u8]>) -> Response {
        let mut tcp = self.connect().await;
        tcp.write_all(request.as_ref()).await.unwrap();
        Response::read(&mut tcp).await
    }

    async fn stopped(self) -> Drained {
        self.stop.stop();
        timeout(PATIENT, self.task).await.unwrap().unwrap()
    }
}

fn post(path: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "POST {path} HTTP/1.1\r\nhost: gateway\r\n{headers}content-length: {length}\r\n\r\n{body}"
    )
}

fn chat(body: &str) -> String {
    post("/v1/chat/completions", "", body)
}

/// A response as it came over the wire.
#[derive(Debug)]
struct Response {
    status: u16,
    head: String,
    body: String,
}

impl Response {
    /// Reads a head and a body with `content-length`.
    async fn read(tcp: &mut (impl AsyncReadExt + Unpin)) -> Self {
        let head = until(tcp, "\r\n\r\n").await;
        let status = head.get(9..12).unwrap().parse().unwrap();
        let mut response = Self {
            status,
            head,
            body: String::new(),
        };
        let length = response
            .header("content-length")
            .map_or(0, |value| value.parse().unwrap());
        let mut body = vec![0; length];
        timeout(PATIENT, tcp.read_exact(&mut body))
            .await
            .unwrap()
            .unwrap();
        response.body = String::from_utf8(body).unwrap();
        response
    }

    fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self
            .head
            .lines()
            .skip(1)
            .filter_map(|line| line.split_once(": "));
        lines
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }

    fn code(&self) -> String {
        let value: serde_json::Value = serde_json::from_str(&self.body).unwrap();
        let error = value["error"].as_object().expect("an error envelope");
        let keys: Vec<&str> = error.keys().map(String::as_str).collect();
        assert_eq!(keys, ["message", "type", "param", "code"]);
        error["code"].as_str().unwrap().to_owned()
    }
}

/// Reads byte for byte until this text has come.
async fn until(tcp: &mut (impl AsyncReadExt + Unpin), end: &str) -> String {
    let mut seen = Vec::new();
    while !seen.ends_with(end.as_bytes()) {
        let byte = timeout(PATIENT, tcp.read_u8())
            .await
            .expect("it came in time");
        let Ok(byte) = byte else {
            panic!("closed after {:?}", String::from_utf8_lossy(&seen))
        };
        seen.push(byte);
    }
    String::from_utf8(seen).unwrap()
}

/// Whether the other side closes within the time of a patient test; what it sends before is thrown away.
async fn closes(tcp: &mut (impl AsyncReadExt + Unpin)) -> bool {
    let mut rest = Vec::new();
    timeout(PATIENT, tcp.read_to_end(&mut rest)).await.is_ok()
}

/// Waits until it is so.
async fn eventually(what: &str, so: impl Fn() -> bool) {
    for _ in 0..2000 {
        if so() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("never: {what}");
}
