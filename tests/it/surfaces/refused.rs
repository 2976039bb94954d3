//! What is refused, in the words of each API.

use serde_json::{Value, json};

use crate::client::{Answer, call};
use crate::gateway::{Gateway, Setup, UPSTREAM, shared};
use crate::replies::{error, raw};

fn post(path: &str, body: &Value) -> Answer {
    call(
        shared().data,
        "POST",
        path,
        &[],
        body.to_string().as_bytes(),
    )
}

fn with_case(case: &str, members: Value) -> Value {
    let mut request = json!({"case": case, "model": "deepseek-flash"});
    let all = request.as_object_mut().unwrap();
    all.extend(members.as_object().unwrap().clone());
    request
}

#[test]
fn what_the_destination_would_keep_is_refused() {
    let cases = [
        (
            "/v1/responses",
            json!({"input": "a", "previous_response_id": "r"}),
        ),
        ("/v1/responses", json!({"input": "a", "conversation": "c"})),
        (
            "/v1/responses",
            json!({"input": "a", "prompt": {"id": "p"}}),
        ),
        ("/v1/responses", json!({"input": "a", "background": true})),
        (
            "/v1/responses",
            json!({"input": [{"type": "item_reference", "id": "i"}]}),
        ),
        ("/v1/messages", json!({"messages": [], "container": "c"})),
    ];
    for (number, (path, members)) in cases.into_iter().enumerate() {
        let case = format!("surface-kept-{number}");
        let answer = post(path, &with_case(&case, members));
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (400, "stateful_request")
        );
        assert!(UPSTREAM.seen(&case).is_empty());
    }
}

#[test]
fn token_ids_and_what_nobody_can_read_do_not_leave() {
    let image =
        json!({"type": "image", "source": {"type": "url", "url": "https://example.org/a.png"}});
    let cases = [
        ("/v1/completions", json!({"prompt": [1, 2, 3]})),
        ("/v1/completions", json!({"prompt": [[1, 2], [3]]})),
        (
            "/v1/messages",
            json!({"messages": [{"role": "user", "content": [image]}]}),
        ),
        (
            "/v1/messages",
            json!({"messages": [{"role": "user", "content": [{"type": "odd"}]}]}),
        ),
        (
            "/v1/responses",
            json!({"input": [{"role": "user", "content": [{"type": "input_image", "image_url": "u"}]}]}),
        ),
        (
            "/v1/responses",
            json!({"input": [{"type": "odd", "id": "i"}]}),
        ),
    ];
    for (number, (path, members)) in cases.into_iter().enumerate() {
        let case = format!("surface-opaque-{number}");
        let answer = post(path, &with_case(&case, members));
        assert!((400..=599).contains(&answer.status), "{}", answer.text());
        assert!(!answer.code().is_empty());
        assert!(UPSTREAM.seen(&case).is_empty(), "{case}");
    }
}

#[test]
fn other_endpoints_are_refused_and_say_so_in_their_own_words() {
    let gateway = shared();
    for (method, path, status, code) in [
        ("POST", "/v1/files", 403, "endpoint_refused"),
        ("GET", "/files", 403, "endpoint_refused"),
        ("GET", "/v1/responses/resp_1", 403, "endpoint_refused"),
        ("POST", "/v1/messages/batches", 403, "endpoint_refused"),
        ("GET", "/user/balance", 403, "balance_refused"),
        ("POST", "/v1/nothing", 404, "unknown_path"),
        ("GET", "/v1/messages", 405, "method_not_allowed"),
    ] {
        let answer = call(gateway.data, method, path, &[], b"{}");
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (status, code),
            "{path}"
        );
        let told = answer.json();
        assert_eq!(
            told["type"] == "error",
            path.contains("/messages"),
            "{path}"
        );
    }
}

#[test]
fn the_balance_is_told_where_the_policy_says_so() {
    let policy = include_str!("../../../policies/default.yaml");
    let setup = Setup {
        policy: Some(format!("{policy}\napps:\n  anonymous: {{balance: true}}\n")),
        ..Setup::default()
    };
    let gateway = Gateway::start(&UPSTREAM, &setup);
    let answer = call(gateway.data, "GET", "/user/balance", &[], b"");
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.json()["is_available"], true);
    gateway.stop();
}

#[test]
fn a_format_that_no_destination_speaks_is_told() {
    let answer = post(
        "/v1/embeddings",
        &with_case("surface-none", json!({"input": "a"})),
    );
    assert_eq!(
        (answer.status, answer.code().as_str()),
        (404, "format_not_served")
    );
    assert!(answer.text().contains("`embeddings`"));
}

#[test]
fn errors_of_the_destination_come_through_restored() {
    let mail = "lena.fischer@example.org";
    UPSTREAM.play("surface-error", |seen| {
        let asked = seen.json()["prompt"].as_str().unwrap().to_owned();
        error(400, &format!("`{asked}` is not valid"))
    });
    let body = with_case("surface-error", json!({ "prompt": mail }));
    let answer = post("/v1/completions", &body);
    assert_eq!(answer.status, 400);
    assert_eq!(
        answer.json()["error"]["message"],
        format!("`{mail}` is not valid")
    );
    UPSTREAM.play("surface-error-messages", |seen| {
        let asked = seen.json()["messages"][0]["content"]
            .as_str()
            .unwrap()
            .to_owned();
        let error =
            json!({"type": "error", "error": {"type": "invalid_request_error", "message": asked}});
        raw(400, "application/json", vec![error.to_string().into()])
    });
    let messages = json!({"messages": [{"role": "user", "content": mail}]});
    let answer = post(
        "/v1/messages",
        &with_case("surface-error-messages", messages),
    );
    assert_eq!(answer.json()["error"]["message"], mail);
}

#[test]
fn either_key_header_is_taken_and_authorization_wins() {
    let gateway = shared();
    let messages = json!({"messages": [{"role": "user", "content": "Hello."}]});
    let body = with_case("surface-keys", messages).to_string();
    UPSTREAM.play("surface-keys", |_| {
        raw(200, "application/json", vec!["{}".into()])
    });
    let unknown = concat!("vs", "k_unknown");
    let bearer = format!("Bearer {unknown}");
    for (headers, status) in [
        (vec![("x-api-key", "sk-other")], 200),
        (vec![("authorization", "Bearer sk-other")], 200),
        (vec![("x-api-key", unknown)], 401),
        (
            vec![("authorization", "Bearer sk-other"), ("x-api-key", unknown)],
            200,
        ),
        (
            vec![
                ("authorization", bearer.as_str()),
                ("x-api-key", "sk-other"),
            ],
            401,
        ),
    ] {
        let answer = call(
            gateway.data,
            "POST",
            "/v1/messages",
            &headers,
            body.as_bytes(),
        );
        assert_eq!(answer.status, status, "{headers:?}");
        if status == 401 {
            assert_eq!(answer.json()["error"]["type"], "authentication_error");
        }
    }
}
