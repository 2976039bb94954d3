//! The backend against a scripted server.

mod server;
mod tls;

use super::breaker::{FAILURES_TO_OPEN, FIRST_PAUSE};
use super::*;
use crate::base::{RequestId, Timestamp};
use crate::infer::Secret;
use crate::protocol::Format;
use bytes::Bytes;
use futures_util::StreamExt;
use server::{JSON, Script, Seen, Server};
use std::collections::BTreeMap;

fn config(url: &str) -> RemoteConfig {
    RemoteConfig {
        base_url: Some(url.to_owned()),
        models: BTreeMap::from([("chat".to_owned(), "real".to_owned())]),
        ..RemoteConfig::default()
    }
}

fn remote(config: &RemoteConfig) -> Remote {
    let clock = Clock::system();
    Remote::new("there", config, &OPENAI_COMPATIBLE, Reach::Outside, clock).unwrap()
}

fn outbound(stream: bool) -> Outbound {
    let body = Bytes::from_static(b"{\"model\":\"real\"}");
    Outbound {
        body,
        stream,
        format: Format::Chat,
        beta: false,
        headers: Vec::new(),
        caller: "app".into(),
        request_id: RequestId::new(Timestamp::from_micros(0), [0; 10]),
    }
}

async fn failure(remote: &Remote) -> BackendError {
    remote.send(outbound(false)).await.unwrap_err()
}

#[tokio::test]
async fn sends_exactly_the_allowed_headers() {
    let mut server = Server::start(Script::Say(JSON)).await;
    let config = RemoteConfig {
        api_key: Some(Secret::new("key-1".into())),
        extra_headers: BTreeMap::from([("x-team".to_owned(), Secret::new("blue".into()))]),
        ..config(&server.url)
    };
    let remote = remote(&config);
    for (stream, accept) in [(false, "application/json"), (true, "text/event-stream")] {
        remote
            .send(outbound(stream))
            .await
            .unwrap()
            .body
            .count()
            .await;
        let (head, body) = server.request().await;
        let mut lines: Vec<_> = head.trim_end().lines().map(str::to_owned).collect();
        assert_eq!(lines.remove(0), "POST /chat/completions HTTP/1.1");
        lines.sort();
        let expected = [
            "accept-encoding: identity".into(),
            format!("accept: {accept}"),
            "authorization: Bearer key-1".into(),
            "content-length: 16".into(),
            "content-type: application/json".into(),
            format!("host: {}", server.url.trim_start_matches("http://")),
            concat!("user-agent: vestibule/", env!("CARGO_PKG_VERSION")).into(),
            "x-team: blue".into(),
        ];
        assert_eq!(lines, expected);
        assert_eq!(body, "{\"model\":\"real\"}");
    }
}

#[tokio::test]
async fn deepseek_has_a_path_for_beta() {
    let mut server = Server::start(Script::Say(JSON)).await;
    let config = RemoteConfig {
        api_key: Some(Secret::new("k".into())),
        ..config(&server.url)
    };
    let clock = Clock::system();
    let remote = crate::infer::cloud::deepseek("there", &config, Reach::Outside, clock).unwrap();
    for (beta, path) in [
        (false, "/chat/completions"),
        (true, "/beta/chat/completions"),
    ] {
        let request = Outbound {
            beta,
            ..outbound(false)
        };
        remote.send(request).await.unwrap().body.count().await;
        let (head, _) = server.request().await;
        assert!(head.starts_with(&format!("POST {path} HTTP/1.1")), "{head}");
    }
}

#[tokio::test]
async fn streams_every_piece_as_it_comes() {
    let pieces = &["data: 1\n\n", ": keep-alive\n\n", "data: [DONE]\n\n"];
    let server = Server::start(Script::Stream(pieces)).await;
    let inbound = remote(&config(&server.url))
        .send(outbound(true))
        .await
        .unwrap();
    assert_eq!(
        (inbound.status, inbound.content_type.as_str()),
        (200, "text/event-stream")
    );
    let got: Vec<_> = inbound.body.map(|piece| piece.unwrap()).collect().await;
    assert_eq!(got, pieces);
}

#[tokio::test]
async fn dropping_the_reply_cancels_the_request_and_frees_its_place() {
    let mut server = Server::start(Script::Hang).await;
    let remote = remote(&RemoteConfig {
        concurrency: Some(1),
        ..config(&server.url)
    });
    let mut inbound = remote.send(outbound(true)).await.unwrap();
    assert_eq!(
        inbound.body.next().await,
        Some(Ok(Bytes::from_static(b"first")))
    );
    assert_eq!(
        failure(&remote).await,
        BackendError::Busy {
            retry_after_s: Some(1)
        }
    );
    drop(inbound);
    server.request().await;
    assert_eq!(server.seen.recv().await, Some(Seen::Closed));
    assert!(remote.send(outbound(true)).await.is_ok());
}

#[tokio::test]
async fn a_reply_read_to_its_end_leaves_its_connection_to_the_next() {
    let mut server = Server::start(Script::Say(JSON)).await;
    let remote = remote(&config(&server.url));
    for _ in 0..3 {
        remote
            .send(outbound(false))
            .await
            .unwrap()
            .body
            .count()
            .await;
    }
    let unread = remote.send(outbound(false)).await.unwrap();
    remote
        .send(outbound(false))
        .await
        .unwrap()
        .body
        .count()
        .await;
    drop(unread);
    remote
        .send(outbound(false))
        .await
        .unwrap()
        .body
        .count()
        .await;
    assert_eq!((server.requests(), server.connections()), (6, 2));
}

#[tokio::test]
async fn a_kept_connection_that_the_server_closed_is_not_used() {
    let once = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";
    let mut server = Server::start(Script::SayAndClose(once)).await;
    let remote = remote(&config(&server.url));
    for _ in 0..3 {
        remote
            .send(outbound(false))
            .await
            .unwrap()
            .body
            .count()
            .await;
        while server.seen.recv().await != Some(Seen::Closed) {}
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(server.connections(), 3);
}

#[tokio::test]
async fn dropping_the_wait_for_an_answer_cancels_the_request() {
    let mut server = Server::start(Script::Mute).await;
    let remote = remote(&config(&server.url));
    tokio::select! {
        _ = remote.send(outbound(false)) => panic!("answered"),
        seen = server.request() => drop(seen),
    }
    assert_eq!(server.seen.recv().await, Some(Seen::Closed));
    assert_eq!(remote.health(), Health::Up);
}

#[tokio::test]
async fn answers_that_cannot_be_used() {
    let other = Server::start(Script::Say(JSON)).await;
    let redirect = format!(
        "HTTP/1.1 307 Temporary Redirect\r\nlocation: {}\r\ncontent-length: 0\r\n\r\n",
        other.url
    );
    let cases = [
        Script::Say(redirect.leak()),
        Script::Say("HTTP/1.1 200 OK\r\ncontent-encoding: compress\r\ncontent-length: 2\r\n\r\n{}"),
        Script::Say("HTTP/1.1 304 Not Modified\r\n\r\n"),
        Script::Say("SSH-2.0-OpenSSH_9.2\r\n\r\n"),
    ];
    for script in cases {
        let mut server = Server::start(script).await;
        assert_eq!(
            failure(&remote(&config(&server.url))).await,
            BackendError::BadReply
        );
        server.request().await;
    }
    let mut other = other;
    assert_eq!(other.requests(), 0, "the redirect was followed");
}

#[tokio::test]
async fn broken_and_silent_servers() {
    let server = Server::start(Script::BreakOff).await;
    let body = remote(&config(&server.url))
        .send(outbound(false))
        .await
        .unwrap()
        .body;
    let got: Vec<_> = body.collect().await;
    assert_eq!(
        got,
        [Ok(Bytes::from_static(b"half")), Err(BackendError::Broken)]
    );

    let server = Server::start(Script::HangUp).await;
    assert_eq!(
        failure(&remote(&config(&server.url))).await,
        BackendError::Broken
    );

    let server = Server::start(Script::Mute).await;
    let hasty = RemoteConfig {
        reply_timeout_s: Some(1),
        ..config(&server.url)
    };
    assert_eq!(failure(&remote(&hasty)).await, BackendError::Timeout);
}

#[tokio::test]
async fn a_name_that_resolves_into_the_building_gets_no_connection() {
    let mut server = Server::start(Script::Say(JSON)).await;
    let mut settings = Settings::check(
        "there",
        &config(&server.url),
        &OPENAI_COMPATIBLE,
        Reach::Outside,
    )
    .unwrap();
    settings.wire.target.rule = AddressRule::Public;
    settings.wire.target.literal = None;
    settings.wire.target.host = "localhost".to_owned();
    let wire = Wire::new(settings.wire).unwrap();
    let refused = wire.ask(outbound(false), ()).await.unwrap_err();
    assert_eq!(refused, BackendError::AddressRefused);
    assert_eq!(server.requests(), 0);
}

#[tokio::test]
async fn statuses_pass_and_tell_of_health() {
    let cases = [
        (
            "HTTP/1.1 400 Bad Request\r\ncontent-length: 2\r\n\r\n{}",
            None,
        ),
        (
            "HTTP/1.1 429 Too Many Requests\r\ncontent-length: 2\r\n\r\n{}",
            None,
        ),
        (
            "HTTP/1.1 429 Too Many Requests\r\nretry-after: 7\r\ncontent-length: 2\r\n\r\n{}",
            Some(DownReason::Throttled),
        ),
        (
            "HTTP/1.1 402 Payment Required\r\ncontent-length: 2\r\n\r\n{}",
            Some(DownReason::NoCredit),
        ),
        (
            "HTTP/1.1 401 Unauthorized\r\ncontent-length: 2\r\n\r\n{}",
            Some(DownReason::KeyRefused),
        ),
        (
            "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 2\r\n\r\n{}",
            None,
        ),
    ];
    for (answer, expected) in cases {
        let server = Server::start(Script::Say(answer)).await;
        let remote = remote(&config(&server.url));
        let inbound = remote.send(outbound(false)).await.unwrap();
        assert!(answer.contains(&inbound.status.to_string()));
        assert_eq!(
            inbound.retry_after.is_some(),
            answer.contains("retry-after")
        );
        let reason = match remote.health() {
            Health::Down { reason, .. } => Some(reason),
            _ => None,
        };
        assert_eq!(reason, expected, "{answer}");
    }
}

#[tokio::test]
async fn a_failing_destination_rests_and_is_probed() {
    let clock = Clock::manual(Timestamp::from_micros(1));
    let mut server = Server::start(Script::Say(
        "HTTP/1.1 500 Internal Server Error\r\ncontent-length: 2\r\n\r\n{}",
    ))
    .await;
    let config = config(&server.url);
    let remote = Remote::new(
        "there",
        &config,
        &OPENAI_COMPATIBLE,
        Reach::Outside,
        clock.clone(),
    )
    .unwrap();
    for _ in 0..FAILURES_TO_OPEN {
        assert_eq!(remote.send(outbound(false)).await.unwrap().status, 500);
    }
    assert_eq!(server.requests(), FAILURES_TO_OPEN as usize);
    let down = BackendError::Down {
        reason: DownReason::Failing,
        retry_after_s: 1,
    };
    assert_eq!(failure(&remote).await, down);
    assert_eq!(server.requests(), 0);
    clock.advance(FIRST_PAUSE);
    assert_eq!(remote.send(outbound(false)).await.unwrap().status, 500);
    assert_eq!(server.requests(), 1);
    let down = BackendError::Down {
        reason: DownReason::Failing,
        retry_after_s: 2,
    };
    assert_eq!(failure(&remote).await, down);
}

#[tokio::test]
async fn without_a_key_nothing_is_sent() {
    let mut server = Server::start(Script::Say(JSON)).await;
    let config = RemoteConfig {
        api_key_env: Some("VESTIBULE_TEST_UNSET".into()),
        ..config(&server.url)
    };
    let remote = remote(&config);
    assert!(matches!(
        remote.health(),
        Health::Down {
            reason: DownReason::NoKey,
            ..
        }
    ));
    assert!(matches!(
        failure(&remote).await,
        BackendError::Down {
            reason: DownReason::NoKey,
            ..
        }
    ));
    assert_eq!(server.requests(), 0);
}

#[tokio::test]
async fn the_active_check_asks_for_models_and_counts() {
    let mut server = Server::start(Script::Say(JSON)).await;
    remote(&config(&server.url)).check().await.unwrap();
    let (head, _) = server.request().await;
    assert!(head.starts_with("GET /models HTTP/1.1\r\n") && !head.contains("content-type"));

    let refused = "HTTP/1.1 401 Unauthorized\r\ncontent-length: 2\r\n\r\n{}";
    let server = Server::start(Script::Say(refused)).await;
    let remote = remote(&config(&server.url));
    let error = remote.check().await.unwrap_err();
    assert!(matches!(
        error,
        BackendError::Down {
            reason: DownReason::KeyRefused,
            ..
        }
    ));
    assert!(matches!(remote.health(), Health::Down { .. }));
}

#[tokio::test]
async fn debug_holds_no_key_and_no_text() {
    let server = Server::start(Script::Say(JSON)).await;
    let config = RemoteConfig {
        api_key: Some(Secret::new("hush-hush".into())),
        ..config(&server.url)
    };
    let remote = remote(&config);
    let request = outbound(false);
    let before = format!("{remote:?} {request:?}");
    let reply = remote.send(request).await.unwrap();
    let shown = format!("{before} {reply:?}");
    assert!(
        !shown.contains("hush") && !shown.contains("\"model\""),
        "{shown}"
    );
}
