//! What can't be told in the destination's words, and errors of the destination in the app's.

use serde_json::{Value, json};

use super::tongue::{PAIRS, Pair, Tongue};
use crate::client::call;
use crate::replies::raw;

#[test]
fn what_has_no_counterpart_is_refused_with_its_name_and_does_not_leave() {
    let hello = json!([{"role": "user", "content": "Hello."}]);
    let cases = [
        (
            (Tongue::Chat, Tongue::Messages),
            json!({"messages": hello, "logprobs": true}),
            "`logprobs`",
        ),
        (
            (Tongue::Chat, Tongue::Responses),
            json!({"messages": hello, "stop": ["lena.fischer@example.org"]}),
            "a stop string",
        ),
        (
            (Tongue::Responses, Tongue::Chat),
            json!({"input": hello, "tools": [{"type": "web_search"}]}),
            "a tool of the provider",
        ),
        (
            (Tongue::Messages, Tongue::Chat),
            json!({"messages": hello, "max_tokens": 9, "lena.fischer@example.org": 1}),
            "a member of the request",
        ),
    ];
    for (pair, mut body, what) in cases {
        let pair = Pair::of(pair);
        body["model"] = json!("deepseek-flash");
        let answer = pair.send(&body);
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (400, "untranslatable_request")
        );
        let message = answer.json()["error"]["message"].to_string();
        assert!(message.contains(what), "{message}");
        assert!(!message.contains("lena"), "{message}");
        assert!(pair.upstream.all().is_empty());
        let id = answer.header("x-vestibule-request-id").unwrap();
        assert_eq!(pair.gateway.home.audit_of(id)[0]["decision"], "refuse");
    }
}

#[test]
fn formats_without_counterparts_stay_in_their_own() {
    let pair = Pair::of((Tongue::Messages, Tongue::Chat));
    let body = json!({"model": "deepseek-flash", "messages": [{"role": "user", "content": "Hello."}], "prompt": "a"});
    for path in ["/v1/messages/count_tokens", "/v1/completions"] {
        let answer = call(
            pair.gateway.data,
            "POST",
            path,
            &[],
            body.to_string().as_bytes(),
        );
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (404, "format_not_served"),
            "{path}"
        );
    }
}

fn error(wire: Tongue, message: &str) -> Value {
    match wire {
        Tongue::Messages => {
            json!({"type": "error", "error": {"type": "invalid_request_error", "message": message}})
        }
        _ => {
            json!({"error": {"message": message, "type": "invalid_request_error", "param": null, "code": null}})
        }
    }
}

#[test]
fn errors_of_the_destination_come_through_restored_in_the_apps_words() {
    let mail = "lena.fischer@example.org";
    for (asked, wire) in PAIRS {
        let pair = Pair::of((asked, wire));
        pair.upstream.play_rest(move |seen| {
            let body = error(wire, &format!("`{}` is not valid", wire.asked(seen)));
            raw(400, "application/json", vec![body.to_string().into()])
        });
        for stream in [false, true] {
            let body = asked.ask("Be brief.", &asked.turns(mail, None), "d", stream);
            let answer = pair.send(&body);
            let told = answer.json();
            assert_eq!(answer.status, 400);
            assert_eq!(
                told["error"]["message"],
                format!("`{mail}` is not valid"),
                "{asked:?} over {wire:?}"
            );
            assert_eq!(told["type"] == "error", asked == Tongue::Messages, "{told}");
        }
    }
}

#[test]
fn a_reply_that_is_none_is_told_as_such() {
    for (asked, wire) in PAIRS {
        let pair = Pair::of((asked, wire));
        pair.upstream
            .play_rest(|_| raw(200, "application/json", vec!["<html>".into()]));
        let body = asked.ask("Be brief.", &asked.turns("Hello.", None), "d", false);
        let answer = pair.send(&body);
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (502, "reply_malformed")
        );
    }
}
