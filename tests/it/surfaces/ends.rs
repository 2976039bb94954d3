//! How streams end in every format beside Chat: a client that goes away, a destination that breaks off, a client that
//! does not read.

use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::speak::{SPEECHES, Speech, play};
use crate::client::{Exchange, call};
use crate::gateway::{Gateway, UPSTREAM, shared};
use crate::upstream::{Gate, Play, Step, eventually};

const QUESTION: &str = "Write to lena.fischer@example.org, 手机13812345678，请多写几句。";

fn body(speech: Speech, case: &str, stream: bool) -> Vec<u8> {
    let mut asked = speech.ask(case, QUESTION);
    asked["stream"] = json!(stream);
    asked.to_string().into_bytes()
}

fn begin(gateway: &Gateway, speech: Speech, body: &[u8]) -> Exchange {
    Exchange::begin(gateway.data, "POST", speech.path(), &[], body).unwrap()
}

fn is_cancelled(case: &str) -> bool {
    let seen = UPSTREAM.seen(case);
    seen.first()
        .is_some_and(|seen| seen.cancelled.load(Ordering::SeqCst))
}

#[test]
fn a_client_that_goes_away_cancels_the_request_in_every_format() {
    let gateway = shared();
    for speech in SPEECHES {
        let case = format!("surface-gone-{speech:?}");
        UPSTREAM.play(&case, move |seen| {
            let texts = speech.texts(&speech.asked(seen));
            let mut play = play("text/event-stream", speech.events(&texts, 2));
            play.steps.insert(6, Step::Wait(Arc::<Gate>::default()));
            play
        });
        let mut stream = begin(&gateway, speech, &body(speech, &case, true));
        stream.read_until("data:");
        assert!(!is_cancelled(&case));
        drop(stream);
        eventually("the destination's connection is closed", || {
            is_cancelled(&case)
        });
    }
}

#[test]
fn a_client_that_goes_away_before_the_reply_cancels_the_request_in_every_format() {
    let gateway = shared();
    for speech in SPEECHES {
        let case = format!("surface-gone-early-{speech:?}");
        UPSTREAM.play(&case, move |seen| {
            let mut play = speech.whole(&speech.texts(&speech.asked(seen)));
            play.steps.insert(0, Step::Wait(Arc::<Gate>::default()));
            play
        });
        let waiting = begin(&gateway, speech, &body(speech, &case, false));
        eventually("it arrived", || !UPSTREAM.seen(&case).is_empty());
        drop(waiting);
        eventually("the destination's connection is closed", || {
            is_cancelled(&case)
        });
    }
}

/// The streams that end badly: what the destination does, and the code that the client is told.
fn broken(speech: Speech) -> Vec<(&'static str, Vec<Step>, &'static str)> {
    let events = speech.events(&speech.texts("half of an answer about many things"), 3);
    let sent = |count: usize| events[..count].iter().cloned().map(Step::Send);
    // So that hyper sends what it has before the connection is cut.
    let pause = || Step::Pause(Duration::from_millis(30));
    let half = || Step::Send(events[4].slice(..events[4].len() - 12));
    let last = events.len() - 1;
    vec![
        (
            "cut",
            sent(4).chain([pause(), Step::Cut]).collect(),
            "upstream_cut",
        ),
        (
            "cut-in-an-event",
            sent(4).chain([half(), pause(), Step::Cut]).collect(),
            "upstream_cut",
        ),
        (
            "ended-in-an-event",
            sent(4).chain([half()]).collect(),
            "reply_malformed",
        ),
        (
            "ended-before-its-last-event",
            sent(last).collect(),
            "upstream_cut",
        ),
        ("nothing-at-all", Vec::new(), "upstream_cut"),
    ]
}

#[test]
fn a_stream_that_breaks_off_is_told_in_the_words_of_its_format() {
    let gateway = shared();
    for speech in SPEECHES {
        for (name, steps, code) in broken(speech) {
            let case = format!("surface-{name}-{speech:?}");
            UPSTREAM.play(&case, move |_| Play {
                status: 200,
                content_type: "text/event-stream",
                encoding: None,
                steps: steps.clone(),
            });
            let asked = body(speech, &case, true);
            let answer = call(gateway.data, "POST", speech.path(), &[], &asked);
            assert!(answer.whole, "{case}");
            let told: Value = serde_json::from_str(answer.events().last().unwrap()).unwrap();
            match speech {
                Speech::Completions => assert_eq!(told["error"]["code"], code, "{case}: {told}"),
                Speech::Responses => {
                    assert_eq!(
                        (&told["type"], &told["code"]),
                        (&json!("error"), &json!(code))
                    );
                }
                Speech::Messages => {
                    assert_eq!(
                        (&told["type"], &told["error"]["type"]),
                        (&json!("error"), &json!("api_error"))
                    );
                }
            }
            assert!(told.to_string().contains("try again"), "{case}: {told}");
            let text = answer.text();
            let named = speech == Speech::Completions || text.contains("event: error\ndata: {");
            let ended = ["[DONE]", "response.completed", "message_stop"];
            assert!(
                named && !ended.iter().any(|end| text.contains(end)),
                "{case}: {text}"
            );
        }
    }
}
