//! Everything comes back, whole and streamed, however the stream is cut.

use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::speak::{SPEECHES, Speech, Text, Texts, play};
use crate::client::{Answer, call};
use crate::gateway::{Gateway, UPSTREAM, shared};
use crate::planted::{PLANTED, found_in};
use crate::requests::everything;

fn send(gateway: &Gateway, speech: Speech, body: &Value) -> Answer {
    call(
        gateway.data,
        "POST",
        speech.path(),
        &[],
        body.to_string().as_bytes(),
    )
}

/// The same texts; arguments mean the same.
fn assert_same(heard: &Texts, said: &Texts, case: &str) {
    assert_eq!(heard.len(), said.len(), "{case}");
    for (kind, text) in said {
        let got = &heard[kind];
        if *kind == Text::Arguments {
            let [got, meant]: [Value; 2] =
                [got, text].map(|text| serde_json::from_str(text).unwrap());
            assert_eq!(got, meant, "{case}");
        } else {
            assert_eq!(got, text, "{case} {kind:?}");
        }
    }
}

#[test]
fn an_echo_comes_back_whole_in_every_format() {
    let gateway = shared();
    for speech in SPEECHES {
        let case = format!("surface-whole-{speech:?}");
        UPSTREAM.play(&case, move |seen| {
            assert_eq!(seen.path, speech.path_there());
            speech.whole(&speech.texts(&speech.asked(seen)))
        });
        let answer = send(&gateway, speech, &speech.ask(&case, &everything()));
        assert_same(&speech.heard(&answer), &speech.texts(&everything()), &case);
        let [seen] = &UPSTREAM.seen(&case)[..] else {
            panic!("{case} was not sent once");
        };
        for planted in PLANTED.iter().filter(|planted| planted.is_telling()) {
            assert_eq!(found_in(&seen.body, planted.value), None, "{case}");
        }
    }
}

#[test]
fn an_echo_comes_back_in_streams_of_every_format() {
    let gateway = shared();
    for speech in SPEECHES {
        for piece in [1, 2, 7, 1_000] {
            let case = format!("surface-stream-{speech:?}-{piece}");
            UPSTREAM.play(&case, move |seen| {
                let texts = speech.texts(&speech.asked(seen));
                play("text/event-stream", speech.events(&texts, piece))
            });
            let mut body = speech.ask(&case, &everything());
            body["stream"] = json!(true);
            let answer = send(&gateway, speech, &body);
            assert_same(&speech.heard(&answer), &speech.texts(&everything()), &case);
        }
    }
}

#[test]
fn a_stream_cut_at_any_byte_comes_back_the_same() {
    let gateway = shared();
    let text = "致电 13812345678, lena.fischer@example.org";
    for speech in SPEECHES {
        let case = format!("surface-cut-{speech:?}");
        let cut = Arc::new(AtomicUsize::new(0));
        let length = Arc::new(AtomicUsize::new(usize::MAX));
        let (at, told) = (Arc::clone(&cut), Arc::clone(&length));
        UPSTREAM.play(&case, move |seen| {
            let texts = speech.texts(&speech.asked(seen));
            let stream = speech.events(&texts, 9).concat();
            told.store(stream.len(), Ordering::SeqCst);
            let (before, after) = stream.split_at(at.load(Ordering::SeqCst).min(stream.len()));
            let chunks = [before, after].map(bytes::Bytes::copy_from_slice);
            play("text/event-stream", chunks.into())
        });
        let mut body = speech.ask(&case, text);
        body["stream"] = json!(true);
        let whole = send(&gateway, speech, &body);
        assert_same(&speech.heard(&whole), &speech.texts(text), &case);
        // Some bytes only: all of them are tried without sockets.
        while cut.fetch_add(97, Ordering::SeqCst) < length.load(Ordering::SeqCst) {
            let answer = send(&gateway, speech, &body);
            assert_eq!(answer.body, whole.body, "{case} cut at {cut:?}");
        }
    }
}

#[test]
fn what_a_limit_cuts_off_goes_out_as_it_is() {
    let gateway = shared();
    for speech in SPEECHES {
        let case = format!("surface-limit-{speech:?}");
        UPSTREAM.play(&case, move |seen| {
            let asked = speech.asked(seen);
            // The surrogate without its end.
            let texts = Texts::from([(Text::Content, asked[..asked.len() - 3].to_owned())]);
            play("text/event-stream", speech.events(&texts, 4))
        });
        let mut body = speech.ask(&case, "lena.fischer@example.org");
        body["stream"] = json!(true);
        let answer = send(&gateway, speech, &body);
        let seen = &UPSTREAM.seen(&case)[0];
        let sent = speech.asked(seen);
        let heard = &speech.heard(&answer)[&Text::Content];
        assert_eq!(heard, &sent[..sent.len() - 3], "{case}");
    }
}

#[test]
fn a_stream_that_breaks_off_ends_with_an_error_in_the_formats_own_words() {
    let gateway = shared();
    for speech in SPEECHES {
        let case = format!("surface-broken-{speech:?}");
        UPSTREAM.play(&case, move |seen| {
            let mut events = speech.events(&speech.texts(&speech.asked(seen)), 100);
            events.pop();
            play("text/event-stream", events)
        });
        let mut body = speech.ask(&case, "Hello.");
        body["stream"] = json!(true);
        let answer = send(&gateway, speech, &body);
        let events = answer.events();
        let last: Value = serde_json::from_str(events.last().unwrap()).unwrap();
        match speech {
            Speech::Completions => assert_eq!(last["error"]["code"], "upstream_cut"),
            Speech::Responses => {
                assert_eq!(
                    (&last["type"], &last["code"]),
                    (&json!("error"), &json!("upstream_cut"))
                );
            }
            Speech::Messages => {
                assert_eq!(last["type"], "error");
                assert_eq!(last["error"]["code"], "upstream_cut");
                assert_eq!(last["error"]["type"], "api_error");
            }
        }
    }
}

#[test]
fn without_findings_bodies_are_the_same_bytes_both_ways() {
    let gateway = shared();
    for speech in SPEECHES {
        for stream in [false, true] {
            let case = format!("surface-same-{speech:?}-{stream}");
            let texts = speech.texts("nothing to hide");
            let chunks = if stream {
                speech.events(&texts, 3)
            } else {
                vec![format!(" {}\n", json!({"odd": [1.0, "x"], "output": []})).into()]
            };
            let sent_back: Vec<u8> = chunks.concat();
            let kind = if stream {
                "text/event-stream"
            } else {
                "application/json"
            };
            UPSTREAM.play(&case, move |_| play(kind, chunks.clone()));
            let mut body = speech.ask(&case, "Hello, what is new?");
            body["stream"] = json!(stream);
            let answer = send(&gateway, speech, &body);
            assert_eq!(answer.body, sent_back, "{case}");
            assert_eq!(UPSTREAM.seen(&case)[0].body, body.to_string(), "{case}");
        }
    }
}

#[test]
fn signed_thinking_goes_back_byte_for_byte() {
    let gateway = shared();
    let speech = Speech::Messages;
    let case = "surface-signed";
    UPSTREAM.play(case, move |seen| {
        let request = seen.json();
        let asked = request["messages"][0]["content"]
            .as_str()
            .unwrap()
            .to_owned();
        speech.whole(&speech.texts(&asked))
    });
    let ask = "lena.fischer@example.org rang from 13812345678";
    let first = send(&gateway, speech, &speech.ask(case, ask));
    let content = first.json()["content"].clone();
    assert_eq!(content[0]["thinking"], format!("用户提到：{ask}"));
    let sent_back = json!([
        {"role": "user", "content": ask},
        {"role": "assistant", "content": content},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t1", "content": "sent"}]},
    ]);
    let mut body = speech.ask(case, ask);
    body["messages"] = sent_back;
    assert_eq!(send(&gateway, speech, &body).status, 200);
    let seen = UPSTREAM.seen(case);
    let asked = seen[0].json()["messages"][0]["content"]
        .as_str()
        .unwrap()
        .to_owned();
    let expected = speech.texts(&asked);
    let again = &seen[1].json()["messages"][1]["content"];
    assert_eq!(again[0]["thinking"], expected[&Text::Reasoning]);
    assert_eq!(again[0]["signature"], "c2lnbmVk");
    let input: Value = serde_json::from_str(&expected[&Text::Arguments]).unwrap();
    assert_eq!(again[2]["input"], input);
}
