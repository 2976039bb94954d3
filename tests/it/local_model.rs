//! With the real model in the building. Skipped where `VESTIBULE_TEST_MODELS` names no folder that holds it.

use serde_json::json;
use std::path::PathBuf;

use crate::client::call;
use crate::gateway::{Gateway, Setup, UPSTREAM};
use crate::planted::PRIVATE_KEY;
use crate::requests::{ask, chat};
use crate::surfaces::{Speech, Text};
use crate::upstream::eventually;

/// A gateway with the model, or `None` where there is no model file.
fn with_model() -> Option<Gateway> {
    let folder = std::env::var_os("VESTIBULE_TEST_MODELS").map(PathBuf::from);
    let folder = folder.filter(|folder| {
        let files = std::fs::read_dir(folder).into_iter().flatten();
        let mut names = files.filter_map(|file| file.ok()?.file_name().into_string().ok());
        names.any(|name| name.starts_with("SmolLM2-135M") && name.ends_with("Q4_1.gguf"))
    });
    let Some(folder) = folder else {
        println!("skipped: VESTIBULE_TEST_MODELS names no folder with the small model");
        return None;
    };
    let more = format!(
        "[models]\nfolder = \"{}\"\n[destinations.local]\nkind = \"local\"\nmodel = \"smollm2-135m\"\n",
        folder.display()
    );
    let gateway = Gateway::start(
        &UPSTREAM,
        &Setup {
            more,
            ..Setup::default()
        },
    );
    eventually("the worker is up", || worker(&gateway).is_some());
    Some(gateway)
}

/// The process id of the worker: the gateway's only child.
fn worker(gateway: &Gateway) -> Option<u32> {
    let parent = gateway.pid().to_string();
    let processes = std::fs::read_dir("/proc").unwrap();
    processes
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok())
        .find(|pid| {
            let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
            // `pid (name) state ppid …`, and the name may hold anything.
            let after_name = stat.rsplit(") ").next().unwrap_or_default();
            after_name.split(' ').nth(1) == Some(&parent)
        })
}

fn question(case: &str, stream: bool, max_tokens: u32) -> Vec<u8> {
    let text = format!("Tell me a long story about this key:\n{PRIVATE_KEY}\n");
    let mut body = chat(case, &json!([{"role": "user", "content": text}]));
    body["stream"] = json!(stream);
    body["max_tokens"] = json!(max_tokens);
    body.to_string().into_bytes()
}

#[test]
fn a_private_key_is_answered_by_the_model_in_the_building() {
    let Some(gateway) = with_model() else { return };
    for stream in [false, true] {
        let answer = gateway.chat(&question("local", stream, 12));
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(answer.header("x-vestibule-destination"), Some("local"));
        assert_eq!(answer.header("x-vestibule-findings"), Some("PRIVATE_KEY=1"));
        let said = crate::replies::heard(&answer);
        assert!(!said.is_empty(), "{}", answer.text());
        let id = answer.header("x-vestibule-request-id").unwrap();
        let entries = gateway.home.audit_of(id);
        assert_eq!(entries[0]["destination"], "local");
    }
    assert!(UPSTREAM.seen("local").is_empty());
    assert_eq!(
        gateway
            .chat(&ask("not-local", "Good morning"))
            .header("x-vestibule-destination"),
        Some("deepseek")
    );
    assert_eq!(gateway.stop().code(), Some(0));
}

#[test]
fn a_worker_killed_in_mid_answer_fails_that_request_and_the_next_succeeds() {
    let Some(gateway) = with_model() else { return };
    assert_eq!(
        gateway.chat(&question("local-killed", false, 4)).status,
        200
    );
    for stream in [true, false] {
        let pid = worker(&gateway).unwrap();
        let mut exchange = gateway.begin(&question("local-killed", stream, 1000));
        if stream {
            exchange.read_until("\"content\":");
        } else {
            std::thread::sleep(std::time::Duration::from_millis(300));
        }
        let pid = rustix::process::Pid::from_raw(pid.cast_signed()).unwrap();
        rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
        let answer = exchange.finish().unwrap();
        if stream {
            let events = answer.events();
            let last = events.last().unwrap();
            assert!(last.contains("\"code\":\"upstream_cut\""), "{last}");
            assert!(!answer.text().contains("[DONE]"));
        } else {
            assert_eq!(
                (answer.status, answer.code().as_str()),
                (503, "upstream_failed")
            );
        }
        eventually("another worker is up", || worker(&gateway).is_some());
        let answer = gateway.chat(&question("local-killed", false, 4));
        assert_eq!(answer.status, 200, "the next one: {}", answer.text());
    }
    assert!(UPSTREAM.seen("local-killed").is_empty());
    assert_eq!(gateway.stop().code(), Some(0));
}

#[test]
fn a_private_key_in_any_format_is_answered_by_the_model_in_the_building() {
    let Some(gateway) = with_model() else { return };
    let text = format!("Tell me a long story about this key:\n{PRIVATE_KEY}\n");
    for (speech, limit) in [
        (Speech::Messages, "max_tokens"),
        (Speech::Responses, "max_output_tokens"),
    ] {
        for stream in [false, true] {
            let mut body = speech.ask("", &text);
            let members = body.as_object_mut().unwrap();
            members.retain(|name, _| name != "case" && name != "max_tokens");
            members.insert(limit.to_owned(), json!(12));
            members.insert("stream".to_owned(), json!(stream));
            let body = body.to_string();
            let answer = call(gateway.data, "POST", speech.path(), &[], body.as_bytes());
            let said = speech.heard(&answer);
            assert!(!said[&Text::Content].is_empty(), "{}", answer.text());
            for (name, value) in [
                ("x-vestibule-destination", "local"),
                ("x-vestibule-format", "chat"),
                ("x-vestibule-findings", "PRIVATE_KEY=1"),
            ] {
                assert_eq!(answer.header(name), Some(value), "{speech:?}");
            }
        }
    }
    assert_eq!(gateway.stop().code(), Some(0));
}
