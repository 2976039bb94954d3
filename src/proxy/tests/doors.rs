//! Who is let in where, and what the refusals look like.

use super::*;

#[tokio::test]
async fn calls_arrive_as_they_were_sent() {
    let server = start(settings()).await;
    let headers = format!("authorization: Bearer {KEY}\r\nx-conversation-id: c-17\r\n");
    let response = server
        .raw(post(
            "/beta/chat/completions?api-version=1",
            &headers,
            "hello",
        ))
        .await;
    assert_eq!((response.status, response.body.as_str()), (200, "5 bytes"));
    assert_eq!(response.header("content-type"), Some("application/json"));
    assert_eq!(response.header("x-vestibule-destination"), Some("local"));
    let calls = server.house.calls.lock();
    let (body, call) = &calls[0];
    assert_eq!(
        (body.as_str(), &*call.app, call.beta),
        ("hello", "crm", true)
    );
    assert_eq!(call.conversation.as_deref(), Some("c-17"));
    assert_eq!(
        response.header("x-vestibule-request-id"),
        Some(&*call.request_id.to_string())
    );
}

#[tokio::test]
async fn models_are_listed_for_the_app() {
    let server = start(settings()).await;
    for path in ["/v1/models", "/models", "/beta/models"] {
        let response = server
            .raw(format!("GET {path} HTTP/1.1\r\nhost: h\r\n\r\n"))
            .await;
        assert_eq!(response.status, 200);
        assert_eq!(response.body, r#"{"object":"list","app":"anonymous"}"#);
    }
}

#[tokio::test]
async fn what_is_refused_has_the_apis_error_shape_and_an_id() {
    let server = start(settings()).await;
    let cases = [
        (post("/v1/nothing", "", "{}"), 404, "unknown_path"),
        (post("/v1/files", "", "{}"), 403, "endpoint_refused"),
        (
            "GET / HTTP/1.1\r\nhost: h\r\n\r\n".into(),
            404,
            "unknown_path",
        ),
        (
            "GET /metrics HTTP/1.1\r\nhost: h\r\n\r\n".into(),
            404,
            "unknown_path",
        ),
        (
            "GET http://other.example/v1/x HTTP/1.1\r\nhost: h\r\n\r\n".into(),
            404,
            "unknown_path",
        ),
        (
            "PUT /v1/models HTTP/1.1\r\nhost: h\r\ncontent-length: 0\r\n\r\n".into(),
            405,
            "method_not_allowed",
        ),
        (
            post("/v1/chat/completions", "x-api-key: vsk_wrong\r\n", "{}"),
            401,
            "blocked_by_policy",
        ),
        (
            post(
                "/v1/chat/completions",
                "origin: https://a.example\r\n",
                "{}",
            ),
            403,
            "web_page_without_key",
        ),
        (
            post(
                "/v1/chat/completions",
                "content-encoding: compress\r\n",
                "{}",
            ),
            415,
            "unsupported_encoding",
        ),
        (
            post("/v1/chat/completions", "content-encoding: gzip\r\n", "{}"),
            400,
            "broken_body",
        ),
        (
            post("/v1/chat/completions", "x-conversation-id: a b\r\n", "{}"),
            400,
            "bad_conversation_id",
        ),
    ];
    for (request, status, code) in cases {
        let response = server.raw(&request).await;
        assert_eq!(
            (response.status, response.code().as_str()),
            (status, code),
            "{request}"
        );
        assert_eq!(response.header("x-vestibule-request-id").unwrap().len(), 26);
        assert_eq!(response.header("allow"), (status == 405).then_some("GET"));
    }
    assert_eq!(server.house.calls.lock().len(), 0);
}

#[tokio::test]
async fn the_refusal_of_the_house_is_passed_on_whole() {
    let server = start(settings()).await;
    let response = server.raw(chat("refuse")).await;
    assert_eq!(
        (response.status, response.code().as_str()),
        (403, "blocked_by_policy")
    );
    assert!(response.body.contains("这类信息不能发往云端"));
    assert_eq!(response.header("retry-after"), Some("7"));
    assert_eq!(response.header("x-vestibule-policy"), Some("default@1"));
}

#[tokio::test]
async fn a_closed_listener_wants_a_key() {
    let mut closed = settings();
    closed.open = false;
    let server = start(closed).await;
    for (headers, status, code) in [
        ("", 401, "missing_api_key"),
        (
            "authorization: Bearer sk-foreign\r\n",
            401,
            "invalid_api_key",
        ),
    ] {
        let response = server
            .raw(post("/v1/chat/completions", headers, "{}"))
            .await;
        assert_eq!((response.status, response.code().as_str()), (status, code));
        assert_eq!(response.header("www-authenticate"), Some("Bearer"));
    }
    let headers = format!("authorization: bearer {KEY}\r\n");
    assert_eq!(
        server
            .raw(post("/v1/chat/completions", &headers, "{}"))
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn the_admin_door_tells_health_readiness_and_numbers() {
    let (house, draining, stop) = (Arc::new(House::default()), Stop::new(), Stop::new());
    let recorder = metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder();
    ::metrics::with_local_recorder(&recorder, || ::metrics::counter!("seen").increment(1));
    let config = AdminConfig {
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
    };
    let service = Arc::new(Scripted(house.clone()));
    let numbers = Some(recorder.handle());
    let server = Server::admin(&config, service, numbers, draining.clone(), stop.clone())
        .await
        .unwrap();
    let address = server.address();
    let running = Running {
        address,
        house,
        stop,
        task: tokio::spawn(server.run()),
    };
    let get = async |path: &str| {
        running
            .raw(format!("GET {path} HTTP/1.1\r\nhost: h\r\n\r\n"))
            .await
    };

    assert_eq!(get("/healthz").await.body, "ok\n");
    assert!(get("/metrics").await.body.contains("\nseen 1\n"));
    let ready = get("/readyz").await;
    assert_eq!(
        (ready.status, ready.body.as_str()),
        (200, r#"{"ready":true,"reasons":[],"notices":[]}"#)
    );
    *running.house.notices.lock() = vec!["rules alone".into()];
    let ready = get("/readyz").await;
    assert_eq!(
        (ready.status, ready.body.as_str()),
        (
            200,
            r#"{"ready":true,"reasons":[],"notices":["rules alone"]}"#
        )
    );
    running.house.notices.lock().clear();
    *running.house.not_ready.lock() = Some("audit log not writable".into());
    draining.stop();
    let ready = get("/readyz").await;
    assert_eq!(ready.status, 503);
    assert_eq!(
        ready.body,
        r#"{"ready":false,"reasons":["draining","audit log not writable"],"notices":[]}"#
    );
    assert_eq!(get("/v1/models").await.code(), "unknown_path");
    assert_eq!(
        running.raw(post("/readyz", "", "")).await.code(),
        "method_not_allowed"
    );
    assert_eq!(running.stopped().await, Drained { cut: 0 });
}
