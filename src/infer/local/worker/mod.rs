//! The worker process: one model, one engine thread, an HTTP server on a Unix socket that speaks `OpenAI`'s JSON.
//!
//! `POST /v1/chat/completions` (whole and streamed), `GET /health`, `GET /v1/models`. Of the four parts — `server` (HTTP),
//! `request` and `reply` (JSON), `schedule` (who gets the next token) and `llama` (C++) — each knows only its neighbour.
//!
//! The worker sees text as it came from the app. It opens no network connection, writes no file and logs no text; it leaves no
//! core dump; it ends when its standard input closes, that is, when the gateway is gone.

mod engine;
mod llama;
mod output;
mod prompt;
mod refusal;
mod reply;
mod request;
mod schedule;
#[cfg(test)]
mod scripted;
mod search;
mod server;
mod tags;
mod template;
#[cfg(test)]
pub(super) mod tests;
mod utf8;

use super::WorkerOptions;
use engine::Vocabulary;
use rustix::process::{DumpableBehavior, Resource, Rlimit};
use schedule::{Job, Load};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, channel, sync_channel};
use std::thread;
use std::time::Duration;
use template::{ChatTemplate, TemplateError};

/// Why the worker doesn't start, or ends; names files, never text.
#[derive(Debug, thiserror::Error)]
pub enum WorkerError {
    /// The processor lacks what llama.cpp was built for.
    #[error(
        "this processor has no {feature}, which the local model needs; use a remote destination"
    )]
    Processor {
        /// The missing feature.
        feature: &'static str,
    },
    /// llama.cpp refuses the file.
    #[error("`{}` is not a model file that llama.cpp can load; check it with `vestibule model verify`", path.display())]
    Model {
        /// The file.
        path: PathBuf,
    },
    /// The file holds no chat template.
    #[error("the model file has no chat template; choose a model that is made for chat")]
    NoTemplate,
    /// The file's chat template is unreadable.
    #[error(transparent)]
    Template(#[from] BadTemplate),
    /// No memory for the context.
    #[error("no memory for a context of {tokens} tokens; set a smaller `context_tokens`")]
    Context {
        /// The context's length.
        tokens: u32,
    },
    /// The engine ended.
    #[error("the engine stopped")]
    Engine,
    /// A call to the system failed.
    #[error("{doing}: {error}")]
    System {
        /// What the call was for.
        doing: &'static str,
        /// The system's answer.
        error: std::io::Error,
    },
}

/// What is wrong with a model file's chat template.
#[derive(Debug, thiserror::Error)]
#[error("{0}; choose another model file")]
pub struct BadTemplate(String);

impl From<TemplateError> for WorkerError {
    fn from(error: TemplateError) -> Self {
        Self::Template(BadTemplate(error.to_string()))
    }
}

fn system(doing: &'static str) -> impl Fn(std::io::Error) -> WorkerError {
    move |error| WorkerError::System { doing, error }
}

/// What the HTTP side needs to know of the model.
struct Front {
    template: ChatTemplate,
    vocabulary: Arc<dyn Vocabulary>,
    /// Most tokens of a prompt and its reply together.
    context_tokens: usize,
    load: Arc<Load>,
}

/// Runs the worker until its standard input closes.
///
/// # Errors
///
/// What keeps the model from being loaded, or the engine's end.
pub fn run(options: &WorkerOptions) -> Result<(), WorkerError> {
    run_with(options, llama::serve)
}

/// The engine's side: says what the front needs, then answers jobs until their sender is gone.
type Serve = fn(&WorkerOptions, &SyncSender<Front>, &Receiver<Job>) -> Result<(), WorkerError>;

fn run_with(options: &WorkerOptions, serve: Serve) -> Result<(), WorkerError> {
    harden(options)?;
    let parent_gone = watch_parent()?;
    let (ready, front) = sync_channel(1);
    let (jobs, queue) = channel();
    let own = options.clone();
    let engine = thread::Builder::new()
        .name("engine".to_owned())
        .spawn(move || serve(&own, &ready, &queue))
        .map_err(system("starting the engine's thread"))?;
    let Ok(front) = front.recv() else {
        return engine.join().unwrap_or(Err(WorkerError::Engine));
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(system("starting the runtime"))?;
    runtime.block_on(server::serve(options, front, jobs, parent_gone))?;
    runtime.shutdown_background();
    engine.join().unwrap_or(Err(WorkerError::Engine))
}

/// Gives the processor to others first, and keeps memory from ending up in a file.
fn harden(options: &WorkerOptions) -> Result<(), WorkerError> {
    std::panic::set_hook(Box::new(|panic| {
        // The usual message may quote text.
        if let Some(place) = panic.location() {
            tracing::error!("panic at {place}");
        }
    }));
    let none = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    rustix::process::setrlimit(Resource::Core, none)
        .map_err(|e| system("forbidding core dumps")(e.into()))?;
    rustix::process::set_dumpable_behavior(DumpableBehavior::NotDumpable)
        .map_err(|e| system("forbidding debuggers")(e.into()))?;
    if let Some(mib) = options.memory_mib {
        // RLIMIT_DATA, not RLIMIT_AS: it leaves the mapped model file out and counts what is written to.
        let bytes = Some(mib.saturating_mul(1 << 20));
        let limit = Rlimit {
            current: bytes,
            maximum: bytes,
        };
        rustix::process::setrlimit(Resource::Data, limit)
            .map_err(|e| system("limiting memory")(e.into()))?;
    }
    if rustix::process::nice(5).is_err() {
        tracing::debug!("the worker keeps its priority");
    }
    Ok(())
}

/// Resolves when standard input closes. If the process then doesn't end by itself, it is ended.
fn watch_parent() -> Result<tokio::sync::oneshot::Receiver<()>, WorkerError> {
    let (gone, parent_gone) = tokio::sync::oneshot::channel();
    let watch = move || {
        std::io::copy(&mut std::io::stdin(), &mut std::io::sink()).ok();
        gone.send(()).ok();
        thread::sleep(Duration::from_secs(2));
        std::process::abort();
    };
    thread::Builder::new()
        .name("parent".to_owned())
        .spawn(watch)
        .map_err(system("starting a thread"))?;
    Ok(parent_gone)
}
