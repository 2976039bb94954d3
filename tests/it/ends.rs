//! How requests end: a gateway that is told to stop, a client that goes away, a destination that breaks off.

use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::gateway::{Gateway, Setup, UPSTREAM};
use crate::replies::{Style, content, error, events, heard, raw, streamed, whole};
use crate::requests::{ask, ask_streamed, last_user_text};
use crate::upstream::{Gate, Play, Step, eventually};

const QUESTION: &str = "Write to lena.fischer@example.org, 手机13812345678，请多写几句。";

/// An echo that stops after some of its events until the gate opens.
fn gated(case: &str, gate: &Arc<Gate>) {
    let gate = Arc::clone(gate);
    UPSTREAM.play(case, move |seen| {
        let said = content(last_user_text(&seen.json()));
        let mut play = streamed(
            &said,
            Style {
                piece: 2,
                ..Style::default()
            },
        );
        play.steps.insert(4, Step::Wait(Arc::clone(&gate)));
        play
    });
}

fn outcome(gateway: &Gateway, request_id: &str) -> String {
    let mut outcome = String::new();
    eventually("the outcome is recorded", || {
        let entries = gateway.home.audit_of(request_id);
        let reply = entries.iter().find(|entry| entry["kind"] == "llm.reply");
        reply.is_some_and(|entry| {
            entry["outcome"]
                .as_str()
                .unwrap_or_default()
                .clone_into(&mut outcome);
            true
        })
    });
    outcome
}

/// The request id of the one request of this case, from the audit log.
fn last_request(gateway: &Gateway) -> String {
    let entries = gateway.home.audit();
    let last = entries
        .iter()
        .rfind(|entry| entry["kind"] == "llm.request")
        .unwrap();
    last["request_id"].as_str().unwrap().to_owned()
}

#[test]
fn a_stop_lets_a_running_stream_end_whole() {
    let mut gateway = Gateway::start(&UPSTREAM, &Setup::default());
    let gate = Arc::<Gate>::default();
    gated("drain", &gate);
    let mut stream = gateway.begin(&ask_streamed("drain", QUESTION));
    stream.read_until("data: ");
    gateway.terminate();
    eventually("no new connection is taken", || {
        std::net::TcpStream::connect(gateway.data).is_err()
    });
    gate.open();
    let answer = stream.finish().unwrap();
    assert_eq!(heard(&answer), content(QUESTION));
    assert_eq!(gateway.wait().code(), Some(0), "{}", gateway.log());
    let id = answer.header("x-vestibule-request-id").unwrap();
    assert_eq!(outcome(&gateway, id), "complete");
    gateway.home.verify();
    gateway.home.hunt();
}

#[test]
fn a_client_that_goes_away_cancels_the_request() {
    let gateway = Gateway::start(&UPSTREAM, &Setup::default());
    let gate = Arc::<Gate>::default();
    gated("client-gone", &gate);
    let mut stream = gateway.begin(&ask_streamed("client-gone", QUESTION));
    stream.read_until("data: ");
    drop(stream);
    let cancelled = || {
        UPSTREAM.seen("client-gone")[0]
            .cancelled
            .load(Ordering::SeqCst)
    };
    eventually("the destination's connection is closed", cancelled);
    assert_eq!(outcome(&gateway, &last_request(&gateway)), "client_gone");
}

#[test]
fn a_client_that_goes_away_before_the_reply_cancels_the_request() {
    let gateway = Gateway::start(&UPSTREAM, &Setup::default());
    let gate = Arc::<Gate>::default();
    let wait = Arc::clone(&gate);
    UPSTREAM.play("client-gone-early", move |_| {
        let mut play = whole(&content("too late"));
        play.steps.insert(0, Step::Wait(Arc::clone(&wait)));
        play
    });
    let waiting = gateway.begin(&ask("client-gone-early", QUESTION));
    eventually("it arrived", || {
        !UPSTREAM.seen("client-gone-early").is_empty()
    });
    drop(waiting);
    let cancelled = || {
        UPSTREAM.seen("client-gone-early")[0]
            .cancelled
            .load(Ordering::SeqCst)
    };
    eventually("the destination's connection is closed", cancelled);
    assert_eq!(outcome(&gateway, &last_request(&gateway)), "client_gone");
}

#[test]
fn a_stream_that_breaks_off_ends_in_an_error_and_without_done() {
    let gateway = Gateway::start(&UPSTREAM, &Setup::default());
    let said = content("half of an answer about many things");
    let before_done = || {
        events(
            &said,
            Style {
                done: false,
                ..Style::default()
            },
        )
    };
    let sent = || Step::Pause(Duration::from_millis(30));
    let cut = |steps: usize, last: Option<Step>| {
        let mut play = raw(200, "text/event-stream", before_done());
        play.steps.truncate(steps);
        play.steps.push(sent());
        play.steps.extend(last);
        play
    };
    let half_an_event = Step::Send(before_done()[2].slice(..30));
    let plays: Vec<(&str, Play)> = vec![
        ("connection cut", cut(3, Some(Step::Cut))),
        ("connection cut in an event", {
            let mut play = cut(3, Some(half_an_event.clone()));
            play.steps.extend([sent(), Step::Cut]);
            play
        }),
        ("ended in an event", cut(3, Some(half_an_event))),
        ("ended without [DONE]", cut(usize::MAX, None)),
        ("nothing at all", cut(0, None)),
    ];
    for (name, play) in plays {
        let case = format!("cut-{}", name.replace(' ', "-"));
        let play = Arc::new(play);
        UPSTREAM.play(&case, move |_| Play {
            status: play.status,
            content_type: play.content_type,
            encoding: None,
            steps: play.steps.clone(),
        });
        let answer = gateway.chat(&ask_streamed(&case, QUESTION));
        let id = answer.header("x-vestibule-request-id").unwrap().to_owned();
        let events = answer.events();
        assert!(!events.is_empty(), "{name}: {}", answer.text());
        let last: serde_json::Value = serde_json::from_str(events.last().unwrap()).unwrap();
        let code = match name {
            "ended in an event" => "reply_malformed",
            _ => "upstream_cut",
        };
        assert_eq!(last["error"]["code"], code, "{name}: {last}");
        assert!(!answer.text().contains("[DONE]"), "{name}");
        assert!(answer.whole, "{name}");
        assert_eq!(outcome(&gateway, &id), code, "{name}");
    }
}

#[test]
fn a_whole_reply_that_breaks_off_or_makes_no_sense_is_an_error() {
    let gateway = Gateway::start(&UPSTREAM, &Setup::default());
    let body = |text: &'static str, last: Option<Step>| {
        move |_: &_| {
            let mut play = raw(200, "application/json", vec![text.into()]);
            play.steps.extend(last.clone());
            play
        }
    };
    UPSTREAM.play(
        "broken-cut",
        body(r#"{"id":"c","choices":[{"#, Some(Step::Cut)),
    );
    UPSTREAM.play("broken-end", body(r#"{"id":"c","choices":[{"#, None));
    UPSTREAM.play("broken-html", body("<html>gateway timeout</html>", None));
    UPSTREAM.play("broken-empty", body("", None));
    for case in ["broken-cut", "broken-end", "broken-html", "broken-empty"] {
        let answer = gateway.chat(&ask(case, QUESTION));
        assert!(
            matches!(answer.status, 502 | 503),
            "{case}: {}",
            answer.text()
        );
        assert!(!answer.code().is_empty());
    }
}

#[test]
fn errors_of_the_destination_are_passed_on_restored_and_its_key_is_not_the_apps_affair() {
    for (status, stream, expected, code) in [
        (400, false, 400, None),
        (400, true, 400, None),
        (402, false, 402, None),
        (422, true, 422, None),
        (429, false, 429, None),
        (500, true, 500, None),
        (503, false, 503, None),
        (401, false, 502, Some("upstream_key_refused")),
        (403, true, 502, Some("upstream_key_refused")),
    ] {
        // Each has its own: an answer such as 402 takes the destination out for a while.
        let gateway = Gateway::start(&UPSTREAM, &Setup::default());
        let case = format!("error-{status}-{stream}");
        UPSTREAM.play(&case, move |seen| {
            error(
                status,
                &format!("can't do: {}", last_user_text(&seen.json())),
            )
        });
        let body = if stream {
            ask_streamed(&case, QUESTION)
        } else {
            ask(&case, QUESTION)
        };
        let answer = gateway.chat(&body);
        assert_eq!(answer.status, expected, "{case}: {}", answer.text());
        match code {
            Some(code) => assert_eq!(answer.code(), code),
            None => assert_eq!(
                answer.json()["error"]["message"],
                json!(format!("can't do: {QUESTION}")),
                "{case}"
            ),
        }
    }
}
