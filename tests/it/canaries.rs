//! A canary hunt: after requests of every kind, no planted value is on disk, in the log at its most talkative, in metrics
//! or in an error.

use serde_json::json;

use crate::client::call;
use crate::gateway::{Gateway, Setup, UPSTREAM, hunt};
use crate::planted::{PLANTED, PRIVATE_KEY, planted_in, spellings, telling};
use crate::replies::{Field, Said, Style, error, raw, streamed};
use crate::requests::{ask, ask_streamed, chat, everything, last_user_text};

/// Requests that go well and badly, each full of values.
fn traffic(gateway: &Gateway) {
    let everything = everything();
    assert_eq!(gateway.chat(&ask("canary", &everything)).status, 200);
    assert_eq!(
        gateway.chat(&ask_streamed("canary", &everything)).status,
        200
    );
    UPSTREAM.play("canary-fields", |seen| {
        let told = last_user_text(&seen.json());
        let said = Said::from([
            ((0, Field::Reasoning), told.clone()),
            ((0, Field::Tool(0)), json!({ "text": told }).to_string()),
        ]);
        streamed(&said, Style::default())
    });
    assert_eq!(
        gateway
            .chat(&ask_streamed("canary-fields", &everything))
            .status,
        200
    );

    let mut errors = Vec::new();
    let key = format!("{PRIVATE_KEY}\n{everything}");
    errors.push(gateway.chat(&ask("canary", &key)));
    errors.push(gateway.chat(&ask_streamed("canary", &key)));
    let audio = json!([{"type": "input_audio", "input_audio": {"data": "QUJD", "format": "wav"}}, {"type": "text", "text": everything}]);
    let audio = chat("canary", &json!([{"role": "user", "content": audio}]));
    errors.push(gateway.chat(audio.to_string().as_bytes()));
    let whole = ask("canary", &everything);
    errors.push(gateway.chat(&whole[..whole.len() - 3]));
    errors.push(gateway.chat(&[&whole[..], &whole[..]].concat()));
    let mut twice = chat("canary", &json!([])).to_string();
    twice.insert_str(1, &format!("{}:1,", json!(everything)));
    twice.insert_str(1, &format!("{}:1,", json!(everything)));
    errors.push(gateway.chat(twice.as_bytes()));
    let values: String = PLANTED[0].value.to_owned();
    for path in [format!("/v1/{values}"), format!("/v1/models?user={values}")] {
        errors.push(call(gateway.data, "POST", &path, &[], &whole));
    }
    let headers = [
        ("authorization", "Bearer vsk_lena.fischer@example.org"),
        ("x-conversation-id", "13812345678 lena.fischer@example.org"),
    ];
    errors.push(gateway.post(&headers, &whole));
    errors.push(gateway.post(&headers[1..], &whole));
    for answer in &errors {
        assert!((400..=599).contains(&answer.status), "{}", answer.text());
        assert!(!answer.code().is_empty());
        hunt(&answer.body, "an error");
    }

    let broken = "canary-broken";
    UPSTREAM.play(broken, |seen| {
        let told = last_user_text(&seen.json());
        let text = format!("data: {{\"choices\":[{{\"{told}\n\n<html>{told}");
        raw(200, "text/event-stream", vec![text.into()])
    });
    let answer = gateway.chat(&ask_streamed(broken, &everything));
    assert!(
        answer.text().contains("\"code\":\"reply_malformed\""),
        "{}",
        answer.text()
    );
    hunt(&answer.body, "a broken stream");
    let echo = "canary-error";
    UPSTREAM.play(echo, |seen| error(422, &last_user_text(&seen.json())));
    assert_eq!(gateway.chat(&ask(echo, &everything)).status, 422);
}

#[test]
fn no_planted_value_is_left_anywhere() {
    let gateway = Gateway::start(&UPSTREAM, &Setup::default());
    traffic(&gateway);
    let metrics = gateway.ask("/metrics");
    hunt(&metrics.body, "metrics");
    assert!(
        metrics.text().contains("CN_RESIDENT_ID"),
        "{}",
        metrics.text()
    );
    for args in [
        &["audit", "list", "--json", "--limit", "0"][..],
        &["key", "list"],
    ] {
        let said = gateway.home.run(args);
        hunt(&said.stdout, "the command line");
        hunt(&said.stderr, "the command line");
    }
    // The write-ahead log while it is in use, then what is left.
    gateway.home.hunt();
    assert!(
        !gateway.log().contains("internal error"),
        "{}",
        gateway.log()
    );
    let home = gateway.home.clone();
    assert_eq!(gateway.stop().code(), Some(0));
    home.verify();
}

#[test]
fn the_hunt_finds_a_value_in_every_spelling() {
    for spelling in telling().flat_map(spellings) {
        let bytes = [b"\0\xFF...", spelling.as_bytes(), b"..."].concat();
        assert!(planted_in(&bytes).is_some(), "{spelling} was not found");
    }
    assert_eq!(planted_in(b"nothing of the kind: EMAIL_0123456789"), None);
}
