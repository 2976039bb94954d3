//! The backend with worker processes: this test binary, started again.

use super::launch::{Launcher, bare};
use super::model_file::ModelFile;
use super::settings::Settings;
use super::worker::tests::{ARGUMENTS, ENGINE};
use super::*;
use crate::base::{RequestId, Timestamp};
use crate::infer::models::Folder;
use crate::infer::{Backend, BackendError, DownReason, Health, Inbound, LocalConfig, Outbound};
use crate::protocol::Format;
use bytes::Bytes;
use futures_util::StreamExt;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

fn settings() -> Settings {
    Settings {
        threads: 1,
        context_tokens: Some(1000),
        parallel: 2,
        queue: 4,
        max_tokens: 100,
        idle_stop: None,
        start_timeout: Duration::from_mins(1),
        memory_mib: None,
    }
}

/// Starts this binary as a worker and counts how often.
fn launcher(engine: &'static str) -> (Launcher, Arc<AtomicUsize>) {
    let starts = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&starts);
    let launch = move |options: &WorkerOptions| {
        counted.fetch_add(1, Ordering::SeqCst);
        let mut command = bare(&std::env::current_exe().unwrap());
        command.args([
            "--exact",
            "infer::local::worker::tests::as_worker",
            "--nocapture",
        ]);
        let arguments = options.to_arguments().join(&OsString::from("\u{1f}"));
        command.env(ARGUMENTS, arguments).env(ENGINE, engine);
        command
    };
    (Arc::new(launch), starts)
}

struct Fixture {
    backend: LocalBackend,
    starts: Arc<AtomicUsize>,
    _folder: tempfile::TempDir,
}

fn scripted(settings: Settings, name: &str) -> Fixture {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name).with_extension("gguf");
    std::fs::write(&path, "abc").unwrap();
    let (launcher, starts) = launcher("scripted");
    let backend = LocalBackend::launched_by(launcher, settings, ModelFile::At(path));
    Fixture {
        backend,
        starts,
        _folder: folder,
    }
}

fn request(text: &str, stream: bool) -> Outbound {
    let body = json!({"messages": [{"role": "user", "content": text}], "stream": stream,
        "max_tokens": 100, "temperature": 0});
    Outbound {
        format: Format::Chat,
        body: body.to_string().into(),
        stream,
        beta: false,
        headers: Vec::new(),
        caller: "app".into(),
        request_id: RequestId::new(Timestamp::from_micros(0), [0; 10]),
    }
}

async fn read(reply: Inbound) -> Result<Vec<u8>, BackendError> {
    let pieces: Vec<Result<Bytes, BackendError>> = reply.body.collect().await;
    Ok(pieces
        .into_iter()
        .collect::<Result<Vec<Bytes>, _>>()?
        .concat())
}

async fn answer(backend: &LocalBackend, text: &str) -> Value {
    let reply = backend.send(request(text, false)).await.unwrap();
    assert_eq!(
        (reply.status, reply.content_type.as_str()),
        (200, "application/json")
    );
    serde_json::from_slice(&read(reply).await.unwrap()).unwrap()
}

async fn until(backend: &LocalBackend, wanted: impl Fn(&Status) -> bool) {
    for _ in 0..1500 {
        if wanted(&backend.status()) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the worker stays {:?}", backend.status());
}

fn kill(backend: &LocalBackend) {
    let pid = Pid::from_raw(backend.worker_pid().unwrap() as i32).unwrap();
    kill_process(pid, Signal::KILL).unwrap();
}

fn is_up(status: &Status) -> bool {
    *status == Status::Up
}

#[tokio::test]
async fn a_request_waits_for_the_first_start() {
    let fixture = scripted(settings(), "m");
    assert_eq!(fixture.backend.health(), Health::Starting);
    let reply = answer(&fixture.backend, "hello").await;
    assert_eq!(reply["choices"][0]["message"]["content"], "hello");
    assert_eq!(reply["model"], "m");
    assert_eq!(fixture.backend.health(), Health::Up);
    assert_eq!(
        fixture.backend.models().upstream(Some("anything")),
        Some("m")
    );
}

#[tokio::test]
async fn a_worker_killed_in_the_middle_costs_that_request_only() {
    let fixture = scripted(settings(), "m");
    let mut reply = fixture
        .backend
        .send(request(&"slow ".repeat(20), true))
        .await
        .unwrap();
    assert!(reply.body.next().await.unwrap().is_ok());
    kill(&fixture.backend);
    assert_eq!(read(reply).await, Err(BackendError::Broken));
    let next = answer(&fixture.backend, "next").await;
    assert_eq!(next["choices"][0]["message"]["content"], "next");
    assert_eq!(fixture.starts.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_request_that_kills_the_engine_is_an_error() {
    let fixture = scripted(settings(), "m");
    let error = fixture
        .backend
        .send(request("crash", false))
        .await
        .unwrap_err();
    assert_eq!(error, BackendError::Broken);
    assert_eq!(
        answer(&fixture.backend, "fine").await["object"],
        "chat.completion"
    );
}

#[tokio::test]
async fn a_request_after_the_death_waits_for_the_next_worker() {
    let fixture = scripted(settings(), "m");
    until(&fixture.backend, is_up).await;
    kill(&fixture.backend);
    until(&fixture.backend, |status| !is_up(status)).await;
    assert_eq!(
        answer(&fixture.backend, "hello").await["object"],
        "chat.completion"
    );
}

#[tokio::test]
async fn a_model_that_does_not_load_says_why_and_fails_at_once() {
    let fixture = scripted(settings(), "unloadable");
    until(&fixture.backend, |status| matches!(status, Status::Down(_))).await;
    let Status::Down(why) = fixture.backend.status() else {
        panic!("it came up")
    };
    assert!(why.contains("not a model file"), "{why}");
    let error = fixture
        .backend
        .send(request("hello", false))
        .await
        .unwrap_err();
    assert!(
        matches!(
            error,
            BackendError::Down {
                retry_after_s: 1..,
                ..
            }
        ),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_file_that_may_not_be_loaded_is_never_started() {
    let folder = tempfile::tempdir().unwrap();
    let (launcher, starts) = launcher("scripted");
    let place = Folder::at(folder.path().to_owned());
    let model = ModelFile::of(&LocalConfig::default(), &place).unwrap();
    let backend = LocalBackend::launched_by(launcher, settings(), model);
    until(&backend, |status| matches!(status, Status::Down(_))).await;
    assert!(matches!(backend.status(), Status::Down(why) if why.contains("model pull")));
    let error = backend.send(request("hello", false)).await.unwrap_err();
    assert!(
        matches!(
            error,
            BackendError::Down {
                reason: DownReason::NoModel,
                ..
            }
        ),
        "{error:?}"
    );
    assert_eq!(starts.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn an_idle_worker_stops_and_the_next_request_wakes_it() {
    let settings = Settings {
        idle_stop: Some(Duration::from_millis(300)),
        ..settings()
    };
    let fixture = scripted(settings, "m");
    // Longer than the idle time, and not cut short by it.
    let text = "slow".repeat(8);
    let reply = answer(&fixture.backend, &text).await;
    assert_eq!(reply["choices"][0]["message"]["content"], text);
    until(&fixture.backend, |status| *status == Status::Asleep).await;
    assert_eq!(
        (fixture.backend.health(), fixture.backend.worker_pid()),
        (Health::Up, None)
    );
    assert_eq!(
        answer(&fixture.backend, "hello").await["object"],
        "chat.completion"
    );
    assert_eq!(fixture.starts.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_stopped_backend_has_no_worker_and_takes_no_request() {
    let fixture = scripted(settings(), "m");
    until(&fixture.backend, is_up).await;
    let pid = fixture.backend.worker_pid().unwrap();
    fixture.backend.stop().await;
    assert!(!PathBuf::from(format!("/proc/{pid}")).exists());
    let error = fixture
        .backend
        .send(request("hello", false))
        .await
        .unwrap_err();
    assert!(matches!(error, BackendError::Down { .. }), "{error:?}");
}

#[tokio::test]
async fn a_full_queue_is_busy() {
    let fixture = scripted(
        Settings {
            parallel: 1,
            queue: 0,
            ..settings()
        },
        "m",
    );
    let endless = fixture
        .backend
        .send(request("endless", true))
        .await
        .unwrap();
    let error = fixture
        .backend
        .send(request("hello", false))
        .await
        .unwrap_err();
    assert_eq!(
        error,
        BackendError::Busy {
            retry_after_s: Some(2)
        }
    );
    drop(endless);
}

/// A backend with llama.cpp and the model file that `VESTIBULE_TEST_MODEL` names; none where it isn't set.
fn real(change: impl Fn(&mut Settings)) -> Option<LocalBackend> {
    let Some(path) = std::env::var_os("VESTIBULE_TEST_MODEL") else {
        println!("skipped: VESTIBULE_TEST_MODEL names no model file");
        return None;
    };
    let mut settings = Settings {
        context_tokens: Some(2048),
        ..settings()
    };
    change(&mut settings);
    Some(LocalBackend::launched_by(
        launcher("llama").0,
        settings,
        ModelFile::At(path.into()),
    ))
}

/// The text of a stream, and its last event before `[DONE]`.
fn stream_text(stream: &[u8]) -> (String, Value) {
    let stream = std::str::from_utf8(stream).unwrap();
    assert!(stream.ends_with("data: [DONE]\n\n"), "a whole stream");
    let events = stream
        .split("\n\n")
        .filter_map(|event| event.strip_prefix("data: {"));
    let chunks: Vec<Value> = events
        .map(|rest| serde_json::from_str(&format!("{{{rest}")).unwrap())
        .collect();
    let text = chunks
        .iter()
        .filter_map(|chunk| chunk["choices"][0]["delta"]["content"].as_str())
        .collect();
    (text, chunks[chunks.len() - 1].clone())
}

#[tokio::test]
async fn the_model_answers_and_its_stream_says_the_same() {
    let Some(backend) = real(|_| {}) else { return };
    // Twice, so that both runs compute the same batch after the same kept prefix.
    for _ in 0..2 {
        answer(&backend, "Name a colour.").await;
    }
    let whole = answer(&backend, "Name a colour.").await;
    let text = whole["choices"][0]["message"]["content"].as_str().unwrap();
    assert!(!text.trim().is_empty());
    let usage = &whole["usage"];
    let (prompt, cached) = (
        &usage["prompt_tokens"],
        &usage["prompt_tokens_details"]["cached_tokens"],
    );
    assert_eq!(
        prompt.as_u64().unwrap(),
        cached.as_u64().unwrap() + 1,
        "the prefix was kept"
    );
    let reply = backend.send(request("Name a colour.", true)).await.unwrap();
    let (streamed, last) = stream_text(&read(reply).await.unwrap());
    assert_eq!(streamed, text);
    assert_eq!(
        last["choices"][0]["finish_reason"],
        whole["choices"][0]["finish_reason"]
    );
}

#[tokio::test]
async fn the_model_killed_in_the_middle_comes_back() {
    let Some(backend) = real(|_| {}) else { return };
    let mut reply = backend
        .send(request("Tell me a long story.", true))
        .await
        .unwrap();
    assert!(reply.body.next().await.unwrap().is_ok());
    kill(&backend);
    assert_eq!(read(reply).await, Err(BackendError::Broken));
    assert_eq!(
        answer(&backend, "Hello.").await["object"],
        "chat.completion"
    );
}

#[tokio::test]
async fn the_model_writes_json_when_told_to() {
    let Some(backend) = real(|_| {}) else { return };
    let body = json!({"messages": [{"role": "user", "content": "A person as JSON: name, age."}],
        "response_format": {"type": "json_object"}, "max_tokens": 200, "temperature": 0});
    let outbound = Outbound {
        body: body.to_string().into(),
        ..request("", false)
    };
    let reply = read(backend.send(outbound).await.unwrap()).await.unwrap();
    let reply: Value = serde_json::from_slice(&reply).unwrap();
    let choice = &reply["choices"][0];
    let text = choice["message"]["content"].as_str().unwrap();
    assert!(text.starts_with('{'), "{text}");
    if choice["finish_reason"] == "stop" {
        assert!(serde_json::from_str::<Value>(text).unwrap().is_object());
    }
}

#[tokio::test]
async fn a_prompt_beyond_the_model_s_context_is_refused() {
    let Some(backend) = real(|settings| settings.context_tokens = Some(256)) else {
        return;
    };
    let reply = backend
        .send(request(&"many words ".repeat(300), false))
        .await
        .unwrap();
    assert_eq!(reply.status, 400);
    let error: Value = serde_json::from_slice(&read(reply).await.unwrap()).unwrap();
    assert_eq!(error["error"]["code"], "context_length_exceeded");
}

#[tokio::test]
async fn several_requests_at_once_are_all_answered() {
    let Some(backend) = real(|settings| settings.parallel = 4) else {
        return;
    };
    let all = ["One.", "Two.", "Three.", "Four.", "Five."].map(|text| answer(&backend, text));
    for reply in futures_util::future::join_all(all).await {
        assert!(reply["usage"]["completion_tokens"].as_u64().unwrap() > 0);
    }
}
