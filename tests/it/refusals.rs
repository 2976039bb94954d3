//! What is refused, how it is told, and that nothing of it leaves.

use serde_json::{Value, json};

use crate::client::{Answer, call};
use crate::gateway::{Gateway, Setup, UPSTREAM, shared};
use crate::planted::{PRIVATE_KEY, PRIVATE_KEY_LINE, found_in};
use crate::requests::{ask, ask_streamed, chat};
use crate::upstream::eventually;

/// Checks that nothing reached the destination and that the answer tells nothing of the request.
fn assert_refused(case: &str, answer: &Answer, status: u16, code: &str) {
    let told = (answer.status, answer.code());
    assert_eq!(told, (status, code.to_owned()), "{case}: {}", answer.text());
    assert!(UPSTREAM.seen(case).is_empty(), "{case} left");
    assert!(answer.header("x-vestibule-request-id").is_some(), "{case}");
}

fn user(case: &str, content: &Value) -> Vec<u8> {
    let content = json!([{"role": "user", "content": content}]);
    chat(case, &content).to_string().into_bytes()
}

#[test]
fn a_private_key_stays_where_no_model_is() {
    let gateway = shared();
    for stream in [false, true] {
        let case = format!("private-key-{stream}");
        let text = format!("What is wrong with this key?\n{PRIVATE_KEY}\n");
        let body = if stream {
            ask_streamed(&case, &text)
        } else {
            ask(&case, &text)
        };
        let answer = gateway.chat(&body);
        assert_eq!(answer.status, 503, "{}", answer.text());
        let code = answer.code();
        assert!(
            matches!(code.as_str(), "local_model_unavailable" | "upstream_failed"),
            "{code}"
        );
        assert_eq!(found_in(&answer.body, PRIVATE_KEY_LINE), None);
        assert!(UPSTREAM.seen(&case).is_empty());
        assert_eq!(answer.header("x-vestibule-findings"), Some("PRIVATE_KEY=1"));
        assert_eq!(answer.header("x-vestibule-destination"), None);
    }
}

#[test]
fn what_nobody_can_read_is_blocked_or_stays_inside() {
    let gateway = shared();
    let data = "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJzdHV2d3h5eg==";
    let audio = json!([{"type": "input_audio", "input_audio": {"data": data, "format": "wav"}}]);
    let unknown = json!([{"type": "hologram", "hologram": {"data": data}}]);
    let url = format!("data:image/png;base64,{data}");
    let image = json!([{"type": "image_url", "image_url": {"url": url}}]);
    let file = json!([{"type": "file", "file": {"file_data": data, "filename": "a.pdf"}}]);
    for (name, content, blocked) in [
        ("audio", audio, true),
        ("unknown", unknown, true),
        ("untyped", json!({ "note": data }), true),
        ("image", image, false),
        ("file", file, false),
    ] {
        let case = format!("uninspectable-{name}");
        let answer = gateway.chat(&user(&case, &content));
        assert!(UPSTREAM.seen(&case).is_empty(), "{name} left");
        assert!(!answer.text().contains(data));
        if blocked {
            assert_refused(&case, &answer, 403, "policy_blocked");
            assert!(
                answer.text().contains("may not be processed here"),
                "{}",
                answer.text()
            );
        } else {
            assert_refused(&case, &answer, 503, "local_model_unavailable");
        }
    }
    let case = "uninspectable-tokens";
    let mut body = chat(case, &json!([{"role": "user", "content": "Go on."}]));
    body["prompt"] = json!([15_496, 11, 616, 3_797]);
    assert_refused(
        case,
        &gateway.chat(body.to_string().as_bytes()),
        403,
        "policy_blocked",
    );
}

#[test]
fn a_blocked_request_gets_the_sentence_of_the_policy_and_no_value() {
    let policy = include_str!("../../policies/default.yaml");
    let policy = policy.split("\ntests:").next().unwrap().replace(
        "business:    {local: allow,  deepseek: surrogate}",
        "business:    {local: block,  deepseek: block}",
    );
    let setup = Setup {
        policy: Some(policy),
        ..Setup::default()
    };
    let gateway = Gateway::start(&UPSTREAM, &setup);
    let answer = gateway.chat(&ask("blocked", "税号91110108MA0XYTE19M的公司"));
    assert_refused("blocked", &answer, 403, "policy_blocked");
    let message = answer.json()["error"]["message"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(
        message.contains("Please remove it and try again"),
        "{message}"
    );
    assert_eq!(found_in(&answer.body, "91110108MA0XYTE19M"), None);
    assert_eq!(answer.header("x-vestibule-findings"), Some("CN_USCC=1"));
    let id = answer.header("x-vestibule-request-id").unwrap();
    let entries = gateway.home.audit_of(id);
    assert_eq!(entries.len(), 1, "{entries:?}");
    assert_eq!(entries[0]["decision"], "refuse");
    assert_eq!(
        (&entries[0]["outcome"], &entries[0]["status"]),
        (&json!("policy_blocked"), &json!(403))
    );
    assert_eq!(
        gateway.chat(&ask("not-blocked", "手机13812345678")).status,
        200
    );
}

#[test]
fn headers_tell_what_was_done() {
    let gateway = shared();
    let text = "给lena.fischer@example.org和max@example.org，手机13812345678，再说一遍13812345678";
    let answer = gateway.chat(&ask("headers", text));
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("x-vestibule-destination"), Some("deepseek"));
    assert_eq!(answer.header("x-vestibule-policy"), Some("default@1"));
    assert_eq!(
        answer.header("x-vestibule-findings"),
        Some("CN_MOBILE=1, EMAIL=2")
    );
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let answer = gateway.chat(&ask_streamed("headers-none", "Good morning."));
    assert_eq!(answer.header("x-vestibule-findings"), Some("none"));
    assert_eq!(answer.header("content-type"), Some("text/event-stream"));
}

#[test]
fn a_model_that_nobody_serves_is_unknown() {
    let more = "[destinations.local]\nkind = \"local\"\nstrict_names = true\n".to_owned();
    let gateway = Gateway::start(
        &UPSTREAM,
        &Setup {
            more,
            ..Setup::default()
        },
    );
    for model in ["no-such-model", "gpt-13812345678"] {
        let body = json!({"case": "no-model", "model": model, "messages": [{"role": "user", "content": "Hi"}]});
        let answer = gateway.chat(body.to_string().as_bytes());
        assert_refused("no-model", &answer, 404, "model_not_found");
        assert!(!answer.text().contains(model));
    }
    let listed = call(gateway.data, "GET", "/v1/models", &[], b"").json();
    let mut names = listed["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| &row["id"]);
    assert!(names.any(|name| name == "deepseek-flash"), "{listed}");
}

#[test]
fn who_names_no_model_that_is_there_is_not_told_that_the_request_is_too_sensitive() {
    let gateway = shared();
    for model in [
        json!("deepseek-of-old"),
        json!(["lena.fischer@example.org"]),
        Value::Null,
    ] {
        let body = json!({"case": "which-model", "model": model, "messages": [{"role": "user", "content": "Hi"}]});
        let answer = gateway.chat(body.to_string().as_bytes());
        assert_refused("which-model", &answer, 503, "local_model_unavailable");
        assert!(answer.text().contains("model name"), "{}", answer.text());
        assert!(!answer.text().contains("lena"));
    }
}

#[test]
fn a_body_that_is_no_chat_request_is_refused_without_its_text() {
    let gateway = shared();
    let secret = "lena.fischer@example.org";
    let case = r#""case":"malformed""#;
    let message = format!(r#"{{"role":"user","content":"{secret}"}}"#);
    let bodies = [
        format!("{{{case},\"model\":\"deepseek-flash\",\"messages\":[{message}"),
        format!("{{{case},\"model\":\"deepseek-flash\",\"messages\":[{message}]}} {secret}"),
        format!("{{{case},\"model\":\"deepseek-flash\",\"messages\":[{message}],\"messages\":[]}}"),
        format!(
            "{{{case},\"{secret}\":1,\"{secret}\":2,\"model\":\"deepseek-flash\",\"messages\":[{message}]}}"
        ),
        format!(
            "{{{case},\"model\":\"deepseek-flash\",\"messages\":[{message}],\"\\u006dodel\":\"x\"}}"
        ),
        format!("{{{case},\"model\":\"deepseek-flash\",\"messages\":\"{secret}\"}}"),
        format!("{{{case},\"model\":\"deepseek-flash\"}}"),
        format!(
            "{{{case},\"model\":\"deepseek-flash\",\"messages\":[{message}],\"x\":{}1{}}}",
            "[".repeat(90),
            "]".repeat(90)
        ),
        format!(
            "{{{case},\"model\":\"deepseek-flash\",\"messages\":[{message}],\"x\":\"\\ud800\"}}"
        ),
        format!("[{case}]"),
        String::new(),
        "null".to_owned(),
    ];
    for body in bodies {
        let answer = gateway.chat(body.as_bytes());
        assert_refused("malformed", &answer, 400, "malformed_request");
        assert!(!answer.text().contains("lena"), "{}", answer.text());
    }
    let mut bytes =
        format!("{{{case},\"model\":\"deepseek-flash\",\"messages\":[{message}]}}").into_bytes();
    let at = bytes.len() - 5;
    bytes[at] = 0xFF;
    assert_refused("malformed", &gateway.chat(&bytes), 400, "malformed_request");
}

#[test]
fn unknown_paths_and_methods_are_not_passed_through() {
    let gateway = shared();
    for (method, path, status, code) in [
        ("POST", "/v1/nothing", 404, "unknown_path"),
        (
            "POST",
            "/v1/chat/completions/../embeddings",
            403,
            "endpoint_refused",
        ),
        ("GET", "/", 404, "unknown_path"),
        ("GET", "/v1/chat/completions", 405, "method_not_allowed"),
        ("DELETE", "/v1/models", 405, "method_not_allowed"),
    ] {
        let answer = call(gateway.data, method, path, &[], &ask("no-path", "Hello"));
        assert_refused("no-path", &answer, status, code);
    }
    assert_eq!(gateway.ask("/v1/models").status, 404);
    assert_eq!(gateway.ask("/healthz").status, 200);
}

#[test]
fn only_apps_with_a_key_get_in_unless_the_listener_is_open() {
    let gateway = Gateway::start(
        &UPSTREAM,
        &Setup {
            open: false,
            ..Setup::default()
        },
    );
    let body = ask("keyed", "Hello, I am lena.fischer@example.org");
    assert_refused("keyed", &gateway.chat(&body), 401, "missing_api_key");
    let foreign = [("authorization", "Bearer sk-of-somebody-else")];
    assert_refused(
        "keyed",
        &gateway.post(&foreign, &body),
        401,
        "invalid_api_key",
    );
    let made_up = format!("Bearer vsk_{}", "a1".repeat(24));
    assert_refused(
        "keyed",
        &gateway.post(&[("authorization", &made_up)], &body),
        401,
        "invalid_api_key",
    );

    let made = gateway.home.run(&["key", "new", "--app", "crm", "--json"]);
    assert!(
        made.status.success(),
        "{}",
        String::from_utf8_lossy(&made.stderr)
    );
    let made: Value = serde_json::from_slice(&made.stdout).unwrap();
    let key = made["key"].as_str().unwrap();
    let bearer = format!("Bearer {key}");
    let headers = [("authorization", bearer.as_str())];
    eventually("the new key is known", || {
        gateway.post(&headers, &body).status == 200
    });
    let answer = gateway.post(&headers, &body);
    assert_eq!(answer.status, 200, "{}", answer.text());
    let seen = &UPSTREAM.seen("keyed")[0];
    assert!(!seen.headers.contains(key), "the app's key left");
    let id = answer.header("x-vestibule-request-id").unwrap();
    assert!(
        gateway
            .home
            .audit_of(id)
            .iter()
            .all(|entry| entry["app"] == "crm")
    );

    let id = made["id"].as_str().unwrap();
    assert!(gateway.home.run(&["key", "revoke", id]).status.success());
    eventually("the revoked key is refused", || {
        gateway.post(&headers, &body).status == 401
    });
    let list = gateway.home.run(&["key", "list", "--json"]);
    assert!(!String::from_utf8_lossy(&list.stdout).contains(key));
}
