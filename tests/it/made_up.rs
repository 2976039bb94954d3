//! What the model makes up: covered, stopped, or left alone, as the policy says.

use serde_json::{Value, json};

use crate::client::{Answer, call};
use crate::gateway::{Gateway, Setup, UPSTREAM};
use crate::replies::{Field, Said, Style, heard, streamed, told};
use crate::requests::{ask, ask_streamed};
use crate::surfaces::speak::{SPEECHES, Speech, Text, Texts, play};
use crate::upstream::eventually;

/// Made up: nobody sent it.
const MOBILE: &str = "13912345670";
const MAIL: &str = "karen.whitfield@example.com";

/// Sent by the app; it leaves as a surrogate and comes back.
const SENT: &str = "13812345678";

/// The built-in policy with this word.
fn policy(reply_check: &str) -> Setup {
    let source = include_str!("../../policies/default.yaml");
    let word = format!("  reply_check: {reply_check}\n");
    let more = "messages:\n  reply_blocked: {en: The answer was stopped., zh: 回答已停止。}\n";
    let source = source.replace("  reply_check: off\n", &word);
    Setup {
        policy: Some(source.replace("messages:\n", more)),
        ..Setup::default()
    }
}

/// What the model says to somebody whose number it was given as `sent`.
fn says(sent: &str) -> (String, String) {
    let text = format!("您的号码是{sent}。我的号码是{MOBILE}，邮箱{MAIL}。 Have a nice day");
    let arguments = json!({"to": MAIL, "mobile": MOBILE, "of": sent, "count": 3});
    (text, arguments.to_string())
}

/// The same with what it made up covered.
fn covered() -> (String, String) {
    let (text, arguments) = says(SENT);
    let cover = |text: String| {
        let mail = format!("{}.com", "*".repeat(MAIL.len() - 4));
        text.replace(MOBILE, "***********").replace(MAIL, &mail)
    };
    (cover(text), cover(arguments))
}

fn asked() -> String {
    format!("我的手机号是{SENT}，请记下来")
}

/// The number in the text that came to the destination.
fn number_in(text: &str) -> String {
    let rest = text.split("手机号是").nth(1).unwrap();
    rest.split('，').next().unwrap().to_owned()
}

fn chat(gateway: &Gateway, case: &str, piece: Option<usize>) -> Answer {
    UPSTREAM.play(case, move |seen| {
        let asked = crate::requests::last_user_text(&seen.json());
        let (text, arguments) = says(&number_in(&asked));
        let said = Said::from([
            ((0, Field::Content), text.clone()),
            ((0, Field::Reasoning), text),
            ((0, Field::Tool(0)), arguments),
        ]);
        match piece {
            None => told(&said, false),
            Some(piece) => streamed(
                &said,
                Style {
                    piece,
                    ..Style::default()
                },
            ),
        }
    });
    match piece {
        None => gateway.chat(&ask(case, &asked())),
        Some(_) => gateway.chat(&ask_streamed(case, &asked())),
    }
}

fn speak(gateway: &Gateway, speech: Speech, case: &str, piece: Option<usize>) -> Answer {
    UPSTREAM.play(case, move |seen| {
        let (text, arguments) = says(&number_in(&speech.asked(seen)));
        let mut texts = Texts::from([(Text::Content, text.clone())]);
        if speech != Speech::Completions {
            texts.insert(Text::Reasoning, text);
            texts.insert(Text::Arguments, arguments);
        }
        match piece {
            None => speech.whole(&texts),
            Some(piece) => play("text/event-stream", speech.events(&texts, piece)),
        }
    });
    let mut body = speech.ask(case, &asked());
    if piece.is_some() {
        body["stream"] = json!(true);
    }
    let body = body.to_string();
    call(gateway.data, "POST", speech.path(), &[], body.as_bytes())
}

/// The entry of the reply.
fn recorded(gateway: &Gateway, answer: &Answer) -> Value {
    let id = answer.header("x-vestibule-request-id").unwrap();
    let mut recorded = Value::Null;
    eventually("the reply is recorded", || {
        let entries = gateway.home.audit_of(id);
        let reply = entries.iter().find(|entry| entry["kind"] == "llm.reply");
        reply.cloned().is_some_and(|entry| {
            recorded = entry;
            true
        })
    });
    recorded
}

fn same_json(a: &str, b: &str) -> bool {
    let [a, b]: [Value; 2] = [a, b].map(|text| serde_json::from_str(text).unwrap());
    a == b
}

#[test]
fn what_is_made_up_is_covered() {
    let gateway = Gateway::start(&UPSTREAM, &policy("mask"));
    let (text, arguments) = covered();
    for piece in [None, Some(1), Some(2), Some(3), Some(4)] {
        let answer = chat(&gateway, &format!("made-up-chat-{piece:?}"), piece);
        let said = heard(&answer);
        assert_eq!(said[&(0, Field::Content)], text, "{piece:?}");
        assert_eq!(said[&(0, Field::Reasoning)], text, "{piece:?}");
        assert!(same_json(&said[&(0, Field::Tool(0))], &arguments));
        if piece.is_none() {
            let found = answer.header("x-vestibule-reply-findings");
            assert_eq!(found, Some("CN_MOBILE=1, EMAIL=1"));
        }
        let entry = recorded(&gateway, &answer);
        assert_eq!(entry["findings"], json!({"CN_MOBILE": 1, "EMAIL": 1}));
        assert_eq!(entry["operators"], json!({"mask": 2}));
        assert_eq!(entry["reasons"], json!(["reply_check=mask"]));
        for speech in SPEECHES {
            let case = format!("made-up-{speech:?}-{piece:?}");
            let answer = speak(&gateway, speech, &case, piece);
            for (kind, told) in speech.heard(&answer) {
                match kind {
                    Text::Arguments => assert!(same_json(&told, &arguments), "{case}: {told}"),
                    _ => assert_eq!(told, text, "{case}"),
                }
            }
        }
    }
    gateway.home.verify();
    assert!(!gateway.log().contains(MOBILE) && !gateway.log().contains(MAIL));
}

#[test]
fn a_reply_with_what_is_made_up_is_stopped() {
    let gateway = Gateway::start(&UPSTREAM, &policy("block"));
    let whole = chat(&gateway, "stopped-chat", None);
    assert_eq!(
        (whole.status, whole.code().as_str()),
        (403, "reply_blocked")
    );
    let message = &whole.json()["error"]["message"];
    assert_eq!(message, "回答已停止。 / The answer was stopped.");
    assert_eq!(recorded(&gateway, &whole)["outcome"], "reply_blocked");
    for piece in 1..=4 {
        let stream = chat(&gateway, &format!("stopped-chat-{piece}"), Some(piece));
        assert_eq!(stream.status, 200);
        assert!(!stream.text().contains("139") && !stream.text().contains("karen"));
        let last: Value = serde_json::from_str(stream.events().last().unwrap()).unwrap();
        assert_eq!(last["error"]["code"], "reply_blocked");
        assert_eq!(&last["error"]["message"], message);
        let entry = recorded(&gateway, &stream);
        assert_eq!(entry["outcome"], "reply_blocked");
        assert_eq!(entry["operators"], json!({"block": 1}));
        for speech in [Speech::Responses, Speech::Messages] {
            let case = format!("stopped-{speech:?}-{piece}");
            let stream = speak(&gateway, speech, &case, Some(piece));
            assert!(!stream.text().contains("139") && !stream.text().contains("karen"));
            assert!(stream.events().last().unwrap().contains("reply_blocked"));
        }
    }
    let whole = speak(&gateway, Speech::Messages, "stopped-messages", None);
    assert_eq!(
        (whole.status, &whole.json()["type"]),
        (403, &json!("error"))
    );
}

#[test]
fn nothing_is_read_where_the_policy_says_off() {
    let gateway = Gateway::start(&UPSTREAM, &policy("off"));
    let answer = chat(&gateway, "made-up-off", Some(3));
    assert_eq!(heard(&answer)[&(0, Field::Content)], says(SENT).0);
    assert!(recorded(&gateway, &answer)["findings"].is_null());
}
