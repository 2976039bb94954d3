//! An agent's conversation: values in arguments, in results, in texts and thoughts, turn after turn.

use serde_json::{Value, json};

use super::tongue::{PAIRS, Pair, TOOL, Tongue, assert_same};
use crate::planted::{PLANTED, planted_in};
use crate::requests::everything;
use crate::surfaces::{Text, Texts};

fn reply(asked: &str) -> Texts {
    let arguments = json!({"text": asked, "to": [asked.lines().next()]});
    Texts::from([
        (Text::Reasoning, format!("The user says: {asked}")),
        (Text::Content, format!("好的：\n{asked}")),
        (Text::Arguments, arguments.to_string()),
    ])
}

#[test]
fn an_agents_turns_go_on_over_every_pair_of_formats() {
    for pair in PAIRS {
        for stream in [None, Some(5)] {
            converse(&Pair::of(pair), stream);
        }
    }
}

/// Three turns; each time everything before comes again, and something new.
fn converse(pair: &Pair, stream: Option<usize>) {
    let (asked, wire) = (pair.asked, pair.wire);
    let case = format!("{asked:?} over {wire:?}, {stream:?}");
    pair.upstream
        .play_rest(move |seen| wire.reply(&reply(&wire.asked(seen)), stream));
    let mut turns = asked.turns(&everything(), None);
    for (turn, planted) in PLANTED.iter().enumerate().take(3) {
        let body = asked.ask(
            "You work for 王建国.",
            &turns,
            "如 13812345678",
            stream.is_some(),
        );
        let heard = asked.heard(&pair.send(&body));
        if turn == 0 {
            assert_same(&heard, &reply(&everything()), &case);
        }
        turns.extend(asked.resent(&heard, wire.call_id()));
        let result = json!({"sent_to": planted.value, "new": format!("turn{turn}@example.net")});
        let text = format!(
            "再发给第{turn}位：1390000000{turn}，谢谢。 {}",
            planted.text()
        );
        turns.extend(asked.turns(&text, Some((wire.call_id(), &result.to_string()))));
    }
    let seen = pair.upstream.all();
    assert_eq!(seen.len(), 3, "{case}");
    for pair in seen.windows(2) {
        let begins = pair[0].body.strip_suffix(b"]}").unwrap();
        assert!(
            pair[1].body.starts_with(begins),
            "{case}: {}",
            String::from_utf8_lossy(&pair[1].body)
        );
        assert_eq!(planted_in(&pair[1].body), None, "{case}");
    }
    let first = reply(&wire.asked(&seen[0]));
    let again = again(wire, &seen[1].json());
    assert_eq!(again[&Text::Content], first[&Text::Content], "{case}");
    let [back, said] = [&again, &first].map(|said| {
        let arguments: Value = serde_json::from_str(&said[&Text::Arguments]).unwrap();
        arguments
    });
    assert_eq!(back, said, "{case}");
    if wire == Tongue::Chat {
        assert_eq!(again[&Text::Reasoning], first[&Text::Reasoning], "{case}");
    }
}

/// What the model said in its first turn, as the destination gets it again.
fn again(wire: Tongue, request: &Value) -> Texts {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    match wire {
        Tongue::Chat => {
            let message = &request["messages"][2];
            let call = &message["tool_calls"][0];
            assert_eq!(call["function"]["name"], TOOL);
            assert_eq!(request["messages"][3]["tool_call_id"], call["id"]);
            Texts::from([
                (Text::Reasoning, text(&message["reasoning_content"])),
                (Text::Content, text(&message["content"])),
                (Text::Arguments, text(&call["function"]["arguments"])),
            ])
        }
        Tongue::Responses => {
            let items = &request["input"];
            assert_eq!(items[2]["name"], TOOL);
            assert_eq!(items[3]["call_id"], items[2]["call_id"]);
            Texts::from([
                (Text::Content, text(&items[1]["content"])),
                (Text::Arguments, text(&items[2]["arguments"])),
            ])
        }
        Tongue::Messages => {
            let blocks = &request["messages"][1]["content"];
            assert_eq!(blocks[1]["name"], TOOL);
            let result = &request["messages"][2]["content"][0];
            assert_eq!(result["tool_use_id"], blocks[1]["id"]);
            Texts::from([
                (Text::Content, text(&blocks[0]["text"])),
                (Text::Arguments, blocks[1]["input"].to_string()),
            ])
        }
    }
}
