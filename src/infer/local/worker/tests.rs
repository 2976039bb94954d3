//! The worker over its socket, with the scripted engine; and the test binary as a worker process.

use super::scripted;
use super::*;
use clap::{Args, Command, FromArgMatches};
use serde_json::{Value, json};
use tokio::sync::oneshot;

/// The variable that turns this test binary into a worker process: its options, joined by U+001F.
pub(in crate::infer::local) const ARGUMENTS: &str = "VESTIBULE_TEST_WORKER";
/// Which engine that worker has: `scripted`, or else llama.cpp.
pub(in crate::infer::local) const ENGINE: &str = "VESTIBULE_TEST_ENGINE";

/// Not a test of its own: the supervisor's tests start this binary again with only this test, as their worker.
#[test]
fn as_worker() {
    let Ok(arguments) = std::env::var(ARGUMENTS) else {
        return;
    };
    let command = WorkerOptions::augment_args(Command::new("worker").no_binary_name(true));
    let read = command
        .try_get_matches_from(arguments.split('\u{1f}'))
        .unwrap();
    let options = WorkerOptions::from_arg_matches(&read).unwrap();
    let scripted = std::env::var(ENGINE).is_ok_and(|engine| engine == "scripted");
    let ended = if scripted {
        run_with(&options, scripted::serve)
    } else {
        run(&options)
    };
    if let Err(error) = ended {
        eprintln!("{}{error}", super::super::WORKER_PREFIX);
    }
}

struct Running {
    client: reqwest::Client,
    gone: oneshot::Sender<()>,
    _folder: tempfile::TempDir,
}

/// A server in this process: `parallel` slots, `queue` waiting places, 1000 tokens.
async fn serving(parallel: u16, queue: u16) -> Running {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("s");
    let options = WorkerOptions {
        model: "scripted".into(),
        name: "scripted".into(),
        socket: socket.clone(),
        threads: 1,
        context_tokens: Some(1000),
        parallel,
        queue,
        max_tokens: 100,
        memory_mib: None,
    };
    let (ready, front) = sync_channel(1);
    let (jobs, jobs_queue) = channel();
    let own = options.clone();
    thread::spawn(move || scripted::serve(&own, &ready, &jobs_queue).unwrap());
    let front = front.recv().unwrap();
    let (gone, parent_gone) = oneshot::channel();
    tokio::spawn(async move {
        server::serve(&options, front, jobs, parent_gone)
            .await
            .unwrap();
    });
    while !socket.exists() {
        tokio::task::yield_now().await;
    }
    let client = reqwest::Client::builder()
        .unix_socket(socket)
        .pool_max_idle_per_host(0)
        .build();
    Running {
        client: client.unwrap(),
        gone,
        _folder: folder,
    }
}

impl Running {
    async fn post(&self, body: &Value) -> reqwest::Response {
        self.try_post(body).await.unwrap()
    }

    async fn try_post(&self, body: &Value) -> reqwest::Result<reqwest::Response> {
        let request = self
            .client
            .post("http://w/v1/chat/completions")
            .body(body.to_string());
        request.send().await
    }

    async fn get(&self, path: &str) -> Value {
        let answer = self
            .client
            .get(format!("http://w{path}"))
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 200);
        serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap()
    }

    /// Waits until `/health` shows this many replies under way and waiting.
    async fn until(&self, running: u64, waiting: u64) {
        for _ in 0..500 {
            let health = self.get("/health").await;
            if (&health["running"], &health["waiting"]) == (&json!(running), &json!(waiting)) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!(
            "never {running} running and {waiting} waiting: {}",
            self.get("/health").await
        );
    }
}

fn says(text: &str) -> Value {
    json!({"messages": [{"role": "user", "content": text}]})
}

fn streamed(text: &str) -> Value {
    json!({"stream": true, "stream_options": {"include_usage": true}, "max_tokens": 900,
        "messages": [{"role": "user", "content": text}]})
}

async fn body(answer: reqwest::Response) -> (u16, Value) {
    let status = answer.status().as_u16();
    (
        status,
        serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap(),
    )
}

#[tokio::test]
async fn whole_and_streamed_replies_say_the_same() {
    let worker = serving(2, 2).await;
    let (status, whole) = body(worker.post(&says("居民 🦀 text")).await).await;
    assert_eq!(
        (status, whole["object"].as_str()),
        (200, Some("chat.completion"))
    );
    assert_eq!(whole["choices"][0]["message"]["content"], "居民 🦀 text");
    assert_eq!(whole["choices"][0]["finish_reason"], "stop");
    assert_eq!(whole["model"], "scripted");
    let answer = worker.post(&streamed("居民 🦀 text")).await;
    assert_eq!(answer.headers()["content-type"], "text/event-stream");
    let stream = String::from_utf8(answer.bytes().await.unwrap().to_vec()).unwrap();
    let events: Vec<&str> = stream.split_terminator("\n\n").collect();
    assert_eq!(events.last(), Some(&"data: [DONE]"));
    let chunks: Vec<Value> = events[..events.len() - 1]
        .iter()
        .map(|event| serde_json::from_str(event.strip_prefix("data: ").unwrap()).unwrap())
        .collect();
    let text: String = chunks
        .iter()
        .filter_map(|c| c["choices"][0]["delta"]["content"].as_str())
        .collect();
    assert_eq!(text, "居民 🦀 text");
    assert_eq!(chunks[0]["choices"][0]["delta"]["role"], "assistant");
    assert_eq!(
        chunks[chunks.len() - 2]["choices"][0]["finish_reason"],
        "stop"
    );
    let usage = &chunks[chunks.len() - 1]["usage"];
    assert_eq!(usage["prompt_tokens"], whole["usage"]["prompt_tokens"]);
    assert_eq!(
        usage["prompt_tokens_details"]["cached_tokens"], 15,
        "all but one of 16"
    );
}

#[tokio::test]
async fn refusals_have_the_api_s_shape() {
    let worker = serving(1, 0).await;
    let long = "x".repeat(1000);
    for (request, code, param) in [
        (
            says(&long),
            json!("context_length_exceeded"),
            json!("messages"),
        ),
        (json!({"messages": []}), Value::Null, json!("messages")),
        (json!([]), Value::Null, Value::Null),
    ] {
        let (status, error) = body(worker.post(&request).await).await;
        assert_eq!(status, 400);
        assert_eq!(error["error"]["type"], "invalid_request_error");
        assert_eq!(
            (&error["error"]["code"], &error["error"]["param"]),
            (&code, &param)
        );
    }
    let answer = worker.client.get("http://w/other").send().await.unwrap();
    assert_eq!(answer.status(), 404);
    worker.until(0, 0).await;
}

#[tokio::test]
async fn the_queue_has_an_end() {
    let worker = serving(1, 1).await;
    let first = worker.post(&streamed("endless")).await;
    let second = worker.post(&streamed("endless")).await;
    worker.until(1, 1).await;
    let refused = worker.post(&says("hello")).await;
    assert_eq!(refused.headers()["retry-after"], "2");
    let (status, error) = body(refused).await;
    assert_eq!(
        (status, error["error"]["code"].as_str()),
        (429, Some("queue_full"))
    );
    drop((first, second));
    worker.until(0, 0).await;
    assert_eq!(body(worker.post(&says("hello")).await).await.0, 200);
}

#[tokio::test]
async fn a_client_that_goes_away_cancels_its_reply() {
    let worker = serving(1, 4).await;
    let stream = worker.post(&streamed("endless")).await;
    worker.until(1, 0).await;
    drop(stream);
    worker.until(0, 0).await;
    let mut whole = says("endless");
    whole["max_tokens"] = json!(900);
    let gave_up = tokio::time::timeout(Duration::from_millis(200), worker.try_post(&whole)).await;
    assert!(gave_up.is_err(), "the reply is longer than that");
    worker.until(0, 0).await;
}

#[tokio::test]
async fn a_failing_engine_is_an_error_and_not_a_short_reply() {
    let worker = serving(1, 1).await;
    let (status, error) = body(worker.post(&says("fail")).await).await;
    assert_eq!(
        (status, error["error"]["code"].as_str()),
        (503, Some("engine_failed"))
    );
    let stream = match worker.try_post(&streamed("fail")).await {
        Ok(answer) => answer.bytes().await,
        Err(error) => Err(error),
    };
    assert!(
        stream.is_err(),
        "the connection breaks off, before or after the head"
    );
    assert_eq!(body(worker.post(&says("fine")).await).await.0, 200);
}

#[tokio::test]
async fn models_lists_the_one_there_is_and_the_end_is_the_gateway_s() {
    let worker = serving(1, 1).await;
    let models = worker.get("/v1/models").await;
    assert_eq!(models["data"][0]["id"], "scripted");
    let Running {
        client,
        gone,
        _folder,
    } = worker;
    gone.send(()).unwrap();
    for _ in 0..100 {
        if client.get("http://w/health").send().await.is_err() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("it still serves");
}
