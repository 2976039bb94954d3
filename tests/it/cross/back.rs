//! One question: everything in it is replaced, and an echo of it comes back, whole, streamed and cut anywhere.

use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::tongue::{PAIRS, Pair, Tongue, assert_same};
use crate::planted::{PLANTED, found_in};
use crate::requests::everything;
use crate::surfaces::{Text, Texts, play};
use crate::upstream::Seen;

/// What destinations say to a text: thoughts, words and a tool call about it.
fn echo(text: &str) -> Texts {
    let lines: Vec<&str> = text.lines().collect();
    let inner = json!({"list": lines}).to_string();
    let arguments = json!({"text": text, "更多": {"inner": inner}});
    Texts::from([
        (Text::Reasoning, format!("用户提到：{text}")),
        (Text::Content, format!("Well: {text}\n再见")),
        (Text::Arguments, arguments.to_string()),
    ])
}

fn assert_nothing_left(seen: &[Seen], wire: Tongue) {
    assert!(!seen.is_empty());
    for seen in seen {
        assert_eq!(seen.path, wire.path_there());
        for planted in PLANTED.iter().filter(|planted| planted.is_telling()) {
            assert_eq!(found_in(&seen.body, planted.value), None, "{wire:?}");
        }
    }
}

#[test]
fn an_echo_comes_back_whatever_the_destination_speaks() {
    for (asked, wire) in PAIRS {
        let pair = Pair::of((asked, wire));
        for stream in [None, Some(1), Some(7), Some(1_000)] {
            let case = format!("{asked:?} over {wire:?}, {stream:?}");
            pair.upstream
                .play_rest(move |seen| wire.reply(&echo(&wire.asked(seen)), stream));
            let turns = asked.turns(&everything(), None);
            let answer =
                pair.send(&asked.ask(&everything(), &turns, &everything(), stream.is_some()));
            assert_same(&asked.heard(&answer), &echo(&everything()), &case);
            assert_eq!(
                answer.header("x-vestibule-destination"),
                Some("deepseek"),
                "{case}"
            );
            assert_eq!(
                answer.header("x-vestibule-format"),
                Some(wire.name()),
                "{case}"
            );
        }
        assert_nothing_left(&pair.upstream.all(), wire);
        pair.gateway.stop();
    }
}

#[test]
fn a_stream_cut_at_any_byte_comes_back_the_same() {
    let text = "致电 13812345678, lena.fischer@example.org";
    for (asked, wire) in PAIRS {
        let pair = Pair::of((asked, wire));
        let cut = Arc::new(AtomicUsize::new(0));
        let length = Arc::new(AtomicUsize::new(usize::MAX));
        let (at, told) = (Arc::clone(&cut), Arc::clone(&length));
        pair.upstream.play_rest(move |seen| {
            let said = wire.reply(&echo(&wire.asked(seen)), Some(9));
            let stream = said.bytes();
            told.store(stream.len(), Ordering::SeqCst);
            let (before, after) = stream.split_at(at.load(Ordering::SeqCst).min(stream.len()));
            let chunks = [before, after].map(bytes::Bytes::copy_from_slice);
            play("text/event-stream", chunks.into())
        });
        let body = asked.ask("Be brief.", &asked.turns(text, None), "d", true);
        let first = asked.heard(&pair.send(&body));
        assert_same(&first, &echo(text), &format!("{asked:?} over {wire:?}"));
        // Some bytes only: all of them are tried without sockets.
        while cut.fetch_add(211, Ordering::SeqCst) < length.load(Ordering::SeqCst) {
            assert_eq!(
                asked.heard(&pair.send(&body)),
                first,
                "{asked:?} over {wire:?}"
            );
        }
    }
}

#[test]
fn a_stream_that_breaks_off_ends_with_an_error_in_the_apps_words() {
    for (asked, wire) in PAIRS {
        let pair = Pair::of((asked, wire));
        pair.upstream.play_rest(move |seen| {
            let mut said = wire.reply(&echo(&wire.asked(seen)), Some(100));
            said.steps.pop();
            if wire == Tongue::Chat {
                // Its reason for stopping goes too: some servers send no `[DONE]`.
                said.steps.pop();
            }
            said
        });
        let answer = pair.send(&asked.ask("Be brief.", &asked.turns("Hello.", None), "d", true));
        let last = answer.events().pop().unwrap();
        assert!(
            last.contains("\"code\":\"upstream_cut\""),
            "{asked:?} over {wire:?}: {last}"
        );
        let id = answer.header("x-vestibule-request-id").unwrap().to_owned();
        let ended = pair.gateway.home.audit_of(&id);
        assert_eq!(
            ended[1]["outcome"], "upstream_cut",
            "{asked:?} over {wire:?}"
        );
    }
}
