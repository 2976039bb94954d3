//! The worker's HTTP side, on a Unix socket in a folder that only this user may enter.

use super::output::Output;
use super::refusal::Refusal;
use super::reply::{KEEP_ALIVE, Reply};
use super::request::ChatRequest;
use super::schedule::{Event, Finish, Job, Usage};
use super::{Front, WorkerError, WorkerOptions, prompt, system};
use crate::infer::local::CALLER;
use bytes::Bytes;
use futures_util::stream;
use http::{Method, Request, Response, StatusCode};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, Limited, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::json;
use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::Sender;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::net::UnixListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

/// Longest request body: what the gateway takes is less.
const MAX_BODY_BYTES: usize = 64 << 20;
/// A stream says that it is alive this often while its request waits.
const KEEP_ALIVE_EVERY: Duration = Duration::from_secs(10);

/// Pause after a connection that could not be accepted.
const ACCEPT_AGAIN_AFTER: Duration = Duration::from_millis(100);

type Body = UnsyncBoxBody<Bytes, io::Error>;

struct Service {
    name: String,
    front: Front,
    jobs: Sender<Job>,
    places: Arc<Semaphore>,
    all_places: usize,
    parallel: usize,
    max_tokens: usize,
    created: u64,
}

/// Serves until `parent_gone` resolves or the engine is gone.
pub(super) async fn serve(
    options: &WorkerOptions,
    front: Front,
    jobs: Sender<Job>,
    mut parent_gone: oneshot::Receiver<()>,
) -> Result<(), WorkerError> {
    let listener = UnixListener::bind(&options.socket).map_err(system("binding the socket"))?;
    // A service manager sends SIGTERM to all processes of the gateway; when the worker may end is the gateway's business.
    let mut terminate = signal(SignalKind::terminate()).map_err(system("handling SIGTERM"))?;
    let parallel = usize::from(options.parallel);
    let all_places = parallel + usize::from(options.queue);
    let service = Arc::new(Service {
        name: options.name.clone(),
        front,
        jobs,
        places: Arc::new(Semaphore::new(all_places)),
        all_places,
        parallel,
        max_tokens: options.max_tokens as usize,
        created: now(),
    });
    loop {
        tokio::select! {
            _ = &mut parent_gone => return Ok(()),
            _ = terminate.recv() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    tokio::spawn(connection(Arc::clone(&service), TokioIo::new(stream)));
                }
                Err(error) => {
                    // Out of file descriptors, say: those that are served go on.
                    tracing::warn!(%error, "a connection was not accepted");
                    tokio::time::sleep(ACCEPT_AGAIN_AFTER).await;
                }
            },
        }
    }
}

async fn connection(service: Arc<Service>, stream: TokioIo<tokio::net::UnixStream>) {
    let answer = service_fn(move |request| {
        let service = Arc::clone(&service);
        async move { Ok::<_, Infallible>(service.answer(request).await) }
    });
    if let Err(error) = http1::Builder::new().serve_connection(stream, answer).await {
        tracing::debug!(%error, "connection ended");
    }
}

impl Service {
    async fn answer(self: Arc<Self>, request: Request<Incoming>) -> Response<Body> {
        let answer = match (request.method(), request.uri().path()) {
            (&Method::POST, "/v1/chat/completions") => self.chat(request).await,
            (&Method::GET, "/health") => Ok(self.health()),
            (&Method::GET, "/v1/models") => Ok(self.models()),
            _ => Err(Refusal::NoSuchPath),
        };
        answer.unwrap_or_else(|refusal| refused(&refusal))
    }

    fn health(&self) -> Response<Body> {
        let running = self.front.load.running.load(Ordering::Relaxed);
        let taken = self.all_places - self.places.available_permits();
        let body = json!({
            "status": "ok",
            "running": running,
            "waiting": taken.saturating_sub(running),
            "parallel": self.parallel,
            "places": self.all_places,
            "context_tokens": self.front.context_tokens,
            "tokens_held": self.front.load.tokens.load(Ordering::Relaxed),
        });
        json_response(StatusCode::OK, body.to_string().into())
    }

    fn models(&self) -> Response<Body> {
        let model = json!({
            "id": self.name, "object": "model", "created": self.created, "owned_by": "local",
            "max_model_len": self.front.context_tokens,
        });
        let body = json!({"object": "list", "data": [model]});
        json_response(StatusCode::OK, body.to_string().into())
    }

    async fn chat(self: Arc<Self>, request: Request<Incoming>) -> Result<Response<Body>, Refusal> {
        let permit = Arc::clone(&self.places)
            .try_acquire_owned()
            .map_err(|_| Refusal::Busy)?;
        let caller = request
            .headers()
            .get(CALLER)
            .map_or(&b""[..], |name| name.as_bytes());
        let caller = String::from_utf8_lossy(caller).into_owned();
        let body = Limited::new(request.into_body(), MAX_BODY_BYTES)
            .collect()
            .await;
        let body = body.map_err(|_| Refusal::Unreadable)?.to_bytes();
        let service = Arc::clone(&self);
        // Rendering and tokenising a long conversation takes a while: not on the thread that serves the streams.
        let prepared =
            tokio::task::spawn_blocking(move || service.prepare(&body, &caller, permit)).await;
        let (job, events, stream) = prepared.map_err(|_| Refusal::Failed)??;
        let reply = Reply::new(&self.name, now(), random());
        self.jobs.send(job).map_err(|_| Refusal::Failed)?;
        match stream {
            Some(include_usage) => Ok(stream_response(reply, events, include_usage)),
            None => whole_response(reply, events).await,
        }
    }

    /// From a body to a job.
    fn prepare(
        &self,
        body: &[u8],
        caller: &str,
        permit: OwnedSemaphorePermit,
    ) -> Result<Prepared, Refusal> {
        let request = ChatRequest::parse(body, u32::from_le_bytes(random()))?;
        let template = &self.front.template;
        let rendered = template.render(&request.chat)?;
        let prompt = prompt::tokens(&*self.front.vocabulary, &rendered, template.first());
        let context = self.front.context_tokens;
        let room = context.saturating_sub(prompt.len());
        if room == 0 || prompt.is_empty() {
            return Err(Refusal::TooLong {
                prompt: prompt.len(),
                context,
            });
        }
        let thinking = rendered.trim_end().ends_with("<think>");
        let output = Output::new(request.stops, thinking, !request.chat.tools.is_empty());
        let (events, receiver) = unbounded_channel();
        let job = Job {
            prompt,
            max_tokens: request.max_tokens.unwrap_or(self.max_tokens).clamp(1, room),
            sampling: request.sampling,
            output,
            // A name of the gateway's and an app's own salt can't be mistaken for each other.
            salt: format!("{caller}\n{}", request.salt),
            events,
            _permit: permit,
        };
        Ok((
            job,
            receiver,
            request.stream.then_some(request.include_usage),
        ))
    }
}

/// A job, its events, and whether to stream them: with the usage at the end or without.
type Prepared = (Job, UnboundedReceiver<Event>, Option<bool>);

async fn whole_response(
    mut reply: Reply,
    mut events: UnboundedReceiver<Event>,
) -> Result<Response<Body>, Refusal> {
    let mut deltas = Vec::new();
    while let Some(event) = events.recv().await {
        match event {
            Event::Delta(delta) => deltas.push(delta),
            Event::Done(finish, usage) => {
                return Ok(json_response(
                    StatusCode::OK,
                    reply.whole(deltas, finish, usage),
                ));
            }
        }
    }
    Err(Refusal::Failed)
}

/// A reply under way, as events; dropping it cancels the reply.
struct Streaming {
    reply: Reply,
    events: UnboundedReceiver<Event>,
    include_usage: bool,
    state: State,
}

#[derive(PartialEq, Eq)]
enum State {
    Opening,
    Running,
    Over,
}

fn stream_response(
    reply: Reply,
    events: UnboundedReceiver<Event>,
    include_usage: bool,
) -> Response<Body> {
    let start = Streaming {
        reply,
        events,
        include_usage,
        state: State::Opening,
    };
    let frames = stream::unfold(start, |mut streaming| async move {
        let bytes = streaming.next().await?;
        Some((bytes.map(Frame::data), streaming))
    });
    let mut response = Response::new(StreamBody::new(frames).boxed_unsync());
    let kind = http::HeaderValue::from_static("text/event-stream");
    response
        .headers_mut()
        .insert(http::header::CONTENT_TYPE, kind);
    response
}

impl Streaming {
    async fn next(&mut self) -> Option<io::Result<Bytes>> {
        match self.state {
            State::Over => return None,
            State::Opening => {
                self.state = State::Running;
                return Some(Ok(self.reply.opening()));
            }
            State::Running => {}
        }
        let Ok(event) = tokio::time::timeout(KEEP_ALIVE_EVERY, self.events.recv()).await else {
            return Some(Ok(Bytes::from_static(KEEP_ALIVE)));
        };
        Some(match event {
            Some(Event::Delta(delta)) => Ok(self.reply.delta(delta)),
            Some(Event::Done(finish, usage)) => Ok(self.close(finish, usage)),
            None => {
                // The connection breaks off: no client takes what it has for a whole reply.
                self.state = State::Over;
                Err(io::Error::other("the engine failed"))
            }
        })
    }

    fn close(&mut self, finish: Finish, usage: Usage) -> Bytes {
        self.state = State::Over;
        self.reply
            .closing(finish, self.include_usage.then_some(usage))
    }
}

fn json_response(status: StatusCode, body: Bytes) -> Response<Body> {
    let full = Full::new(body)
        .map_err(|never: Infallible| match never {})
        .boxed_unsync();
    let mut response = Response::new(full);
    *response.status_mut() = status;
    let kind = http::HeaderValue::from_static("application/json");
    response
        .headers_mut()
        .insert(http::header::CONTENT_TYPE, kind);
    response
}

fn refused(refusal: &Refusal) -> Response<Body> {
    let mut response = json_response(refusal.status(), refusal.body());
    if let Some(seconds) = refusal.retry_after() {
        let seconds = http::HeaderValue::from_static(seconds);
        response
            .headers_mut()
            .insert(http::header::RETRY_AFTER, seconds);
    }
    response
}

fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}

/// Random bytes for ids and seeds; where the system has none, the same ones: neither is a secret.
fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).ok();
    bytes
}
