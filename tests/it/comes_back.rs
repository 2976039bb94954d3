//! Everything comes back: in text, reasoning and tool arguments, whole and streamed, however the stream is cut.

use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::gateway::{UPSTREAM, shared};
use crate::planted::{PLANTED, found_in};
use crate::replies::{Field, Said, Style, cut_every, events, heard, quoted, raw, streamed, whole};
use crate::requests::{ask, ask_streamed, everything, last_user_text};
use crate::upstream::Seen;

/// Two choices that speak in every field, with two tools each, about `text`.
fn in_every_field(text: &str, escaped: bool) -> Said {
    let lines: Vec<&str> = text.lines().collect();
    let mut said = Said::new();
    for choice in 0..2 {
        let in_prose = format!("Choice {choice}.\n{text}\n再见");
        said.insert((choice, Field::Content), in_prose);
        let thoughts = format!("用户提到：{text}");
        said.insert((choice, Field::Reasoning), thoughts);
        let inner = json!({"list": lines, "choice": choice}).to_string();
        let first = format!(
            r#"{{"text": {}, "更多": {{"inner": {}}}}}"#,
            quoted(text, escaped),
            Value::from(inner)
        );
        said.insert((choice, Field::Tool(0)), first);
        said.insert((choice, Field::Tool(1)), json!(lines).to_string());
    }
    said
}

fn asked(seen: &Seen) -> String {
    last_user_text(&seen.json())
}

/// What was heard is what was said, and tool arguments mean the same.
fn assert_same(heard: &Said, said: &Said, case: &str) {
    assert_eq!(heard.len(), said.len(), "{case}");
    for (channel, text) in said {
        let got = &heard[channel];
        if let (_, Field::Tool(_)) = channel {
            let parsed: Value = serde_json::from_str(got)
                .unwrap_or_else(|error| panic!("{case} {channel:?}: {error}: {got}"));
            let meant: Value = serde_json::from_str(text).unwrap();
            assert_eq!(parsed, meant, "{case} {channel:?}");
        } else {
            assert_eq!(got, text, "{case} {channel:?}");
        }
    }
}

#[test]
fn an_echo_comes_back_whole_in_every_field() {
    let gateway = shared();
    for escaped in [false, true] {
        let case = format!("back-whole-{escaped}");
        UPSTREAM.play(&case, move |seen| {
            whole(&in_every_field(&asked(seen), escaped))
        });
        let answer = gateway.chat(&ask(&case, &everything()));
        assert_same(
            &heard(&answer),
            &in_every_field(&everything(), false),
            &case,
        );
        let sent = &UPSTREAM.seen(&case)[0].body;
        for planted in PLANTED {
            assert_eq!(
                found_in(sent, planted.value).filter(|_| planted.is_telling()),
                None
            );
        }
    }
}

#[test]
fn an_echo_comes_back_streamed_in_pieces_of_one_to_four_characters() {
    let gateway = shared();
    let lines = ["\n", "\r\n"];
    for piece in 1..=4 {
        for (escaped, keep_alive) in [(false, false), (true, false), (false, true)] {
            let case = format!("back-pieces-{piece}-{escaped}-{keep_alive}");
            let style = Style {
                piece,
                line: lines[piece % 2],
                keep_alive,
                escaped,
                usage: true,
                ..Style::default()
            };
            UPSTREAM.play(&case, move |seen| {
                streamed(&in_every_field(&asked(seen), escaped), style)
            });
            let answer = gateway.chat(&ask_streamed(&case, &everything()));
            assert_same(
                &heard(&answer),
                &in_every_field(&everything(), false),
                &case,
            );
            assert!(
                answer.text().contains(r#""completion_tokens":5"#),
                "{case}: no usage"
            );
            assert_eq!(answer.text().contains(": keep-alive"), keep_alive, "{case}");
        }
    }
}

#[test]
fn an_echo_comes_back_when_the_stream_is_cut_every_few_bytes() {
    let gateway = shared();
    for bytes in [1, 2, 3, 5, 7, 11, 64, 1500] {
        let case = format!("back-every-{bytes}");
        let style = Style {
            piece: 9,
            line: ["\n", "\r\n"][bytes % 2],
            ..Style::default()
        };
        UPSTREAM.play(&case, move |seen| {
            cut_every(&in_every_field(&asked(seen), bytes % 2 == 0), style, bytes)
        });
        let answer = gateway.chat(&ask_streamed(&case, &everything()));
        assert_same(
            &heard(&answer),
            &in_every_field(&everything(), false),
            &case,
        );
    }
}

#[test]
fn an_echo_comes_back_when_the_stream_is_cut_at_any_byte() {
    let gateway = shared();
    let text = "请回复lena.fischer@example.org或13812345678。";
    let said = |text: &str| {
        Said::from([
            ((0, Field::Content), text.to_owned()),
            ((0, Field::Tool(0)), json!({ "to": text }).to_string()),
        ])
    };
    let style = Style {
        piece: 20,
        ..Style::default()
    };
    let (cut, length) = (Arc::new(AtomicUsize::new(1)), Arc::new(AtomicUsize::new(2)));
    let (at, all) = (Arc::clone(&cut), Arc::clone(&length));
    UPSTREAM.play("back-any-byte", move |seen| {
        let mut stream = bytes::Bytes::from(events(&said(&asked(seen)), style).concat());
        all.store(stream.len(), Ordering::SeqCst);
        let first = stream.split_to(at.load(Ordering::SeqCst));
        raw(200, "text/event-stream", vec![first, stream])
    });
    while cut.load(Ordering::SeqCst) < length.load(Ordering::SeqCst) {
        let answer = gateway.chat(&ask_streamed("back-any-byte", text));
        assert_same(&heard(&answer), &said(text), &format!("cut at {cut:?}"));
        cut.fetch_add(1, Ordering::SeqCst);
    }
    assert!(length.load(Ordering::SeqCst) > 800, "{length:?}");
}
