//! The scripted destination: keeps what it was sent, byte for byte, and answers as the test of that request wants.

use bytes::Bytes;
use http::{Request, Response};
use http_body::Frame;
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;
use std::collections::{BTreeMap, VecDeque};
use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use tokio::sync::Notify;

use crate::client::holds;

/// What one request looked like at the destination.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) path: String,
    /// Every header, a line each.
    pub(crate) headers: String,
    pub(crate) body: Bytes,
    /// Set when the gateway closed the connection before the whole reply was out.
    pub(crate) cancelled: Arc<AtomicBool>,
}

impl Seen {
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// A reply of the destination.
#[derive(Debug)]
pub(crate) struct Play {
    pub(crate) status: u16,
    pub(crate) content_type: &'static str,
    /// How the steps are packed.
    pub(crate) encoding: Option<&'static str>,
    pub(crate) steps: Vec<Step>,
}

/// One step of a reply's body.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    /// These bytes, as an HTTP chunk of their own.
    Send(Bytes),
    /// Waits until the test says so.
    Wait(Arc<Gate>),
    /// Waits so long.
    Pause(Duration),
    /// Breaks the connection off.
    Cut,
}

/// Something that a test opens when it wants a reply to go on.
#[derive(Debug, Default)]
pub(crate) struct Gate {
    opened: AtomicBool,
    told: Notify,
}

impl Gate {
    pub(crate) fn open(&self) {
        self.opened.store(true, Ordering::SeqCst);
        self.told.notify_waiters();
    }

    async fn pass(self: Arc<Self>) {
        let told = self.told.notified();
        if !self.opened.load(Ordering::SeqCst) {
            told.await;
        }
    }
}

type Script = Arc<dyn Fn(&Seen) -> Play + Send + Sync>;

#[derive(Default)]
struct Stage {
    scripts: BTreeMap<String, Script>,
    seen: Vec<Seen>,
}

/// The destination.
#[derive(Clone)]
pub(crate) struct Upstream {
    pub(crate) address: SocketAddr,
    stage: Arc<Mutex<Stage>>,
}

impl Upstream {
    /// One that runs until the process ends.
    pub(crate) fn start() -> Self {
        let stage = Arc::<Mutex<Stage>>::default();
        let (tell, told) = std::sync::mpsc::channel();
        let shared = Arc::clone(&stage);
        std::thread::spawn(move || {
            let mut runtime = tokio::runtime::Builder::new_current_thread();
            let runtime = runtime.enable_all().build().unwrap();
            runtime.block_on(async move {
                let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
                tell.send(listener.local_addr().unwrap()).unwrap();
                loop {
                    let (socket, _) = listener.accept().await.unwrap();
                    socket.set_nodelay(true).unwrap();
                    let stage = Arc::clone(&shared);
                    tokio::spawn(async move {
                        let service =
                            service_fn(move |request| answer(Arc::clone(&stage), request));
                        let connection = hyper::server::conn::http1::Builder::new()
                            .serve_connection(TokioIo::new(socket), service);
                        // A gateway that went away is no failure of the destination.
                        drop(connection.await);
                    });
                }
            });
        });
        Self {
            address: told.recv().unwrap(),
            stage,
        }
    }

    /// Only an address: somebody else answers there.
    pub(crate) fn elsewhere(address: SocketAddr) -> Self {
        Self {
            address,
            stage: Arc::default(),
        }
    }

    /// How requests of this case are answered from now on.
    pub(crate) fn play(&self, case: &str, script: impl Fn(&Seen) -> Play + Send + Sync + 'static) {
        let script: Script = Arc::new(script);
        self.stage.lock().scripts.insert(case.to_owned(), script);
    }

    /// What came of this case, oldest first.
    pub(crate) fn seen(&self, case: &str) -> Vec<Seen> {
        let mark = mark(case);
        let stage = self.stage.lock();
        let of_case = stage
            .seen
            .iter()
            .filter(|seen| holds(&seen.body, mark.as_bytes()));
        of_case.cloned().collect()
    }

    /// Forgets what came of this case.
    pub(crate) fn forget(&self, case: &str) {
        let mark = mark(case);
        self.stage
            .lock()
            .seen
            .retain(|seen| !holds(&seen.body, mark.as_bytes()));
    }
}

fn mark(case: &str) -> String {
    format!("\"case\":\"{case}\"")
}

async fn answer(
    stage: Arc<Mutex<Stage>>,
    request: Request<Incoming>,
) -> Result<Response<Performance>, Infallible> {
    let (head, body) = request.into_parts();
    let Ok(body) = body.collect().await else {
        return Ok(Response::new(Performance::default()));
    };
    let headers = head
        .headers
        .iter()
        .map(|(name, value)| format!("{name}: {}\n", String::from_utf8_lossy(value.as_bytes())));
    let seen = Seen {
        path: head.uri.path().to_owned(),
        headers: headers.collect(),
        body: body.to_bytes(),
        cancelled: Arc::default(),
    };
    let script = {
        let mut stage = stage.lock();
        stage.seen.push(seen.clone());
        let of_case = |(case, _): &(&String, &Script)| holds(&seen.body, mark(case).as_bytes());
        stage
            .scripts
            .iter()
            .find(of_case)
            .map(|(_, script)| Arc::clone(script))
    };
    let play = script.map_or_else(|| crate::replies::ok(&seen), |script| script(&seen));
    let performance = Performance {
        steps: play.steps.into(),
        wait: None,
        cancelled: Some(seen.cancelled),
    };
    let mut response = Response::builder()
        .status(play.status)
        .header("content-type", play.content_type);
    if let Some(encoding) = play.encoding {
        response = response.header("content-encoding", encoding);
    }
    Ok(response.body(performance).unwrap())
}

/// A reply while it is given.
#[derive(Default)]
struct Performance {
    steps: VecDeque<Step>,
    wait: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
    cancelled: Option<Arc<AtomicBool>>,
}

impl http_body::Body for Performance {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        loop {
            if let Some(wait) = &mut self.wait {
                if wait.as_mut().poll(cx).is_pending() {
                    return Poll::Pending;
                }
                self.wait = None;
            }
            match self.steps.pop_front() {
                Some(Step::Send(bytes)) => return Poll::Ready(Some(Ok(Frame::data(bytes)))),
                Some(Step::Wait(gate)) => self.wait = Some(Box::pin(gate.pass())),
                Some(Step::Pause(time)) => self.wait = Some(Box::pin(tokio::time::sleep(time))),
                Some(Step::Cut) => {
                    self.cancelled = None;
                    return Poll::Ready(Some(Err(std::io::ErrorKind::ConnectionReset.into())));
                }
                None => {
                    self.cancelled = None;
                    return Poll::Ready(None);
                }
            }
        }
    }
}

impl Drop for Performance {
    fn drop(&mut self) {
        if let Some(cancelled) = self.cancelled.take() {
            cancelled.store(true, Ordering::SeqCst);
        }
    }
}

/// Waits until it holds; fails after a time that no healthy gateway needs.
pub(crate) fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < Duration::from_secs(30), "never: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}
