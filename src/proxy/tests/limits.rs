//! What a client may not do: send too much, too slowly, too often; hold on to what it doesn't use.

use super::*;

#[tokio::test]
async fn a_body_over_the_cap_is_refused() {
    let server = start(settings()).await;
    assert_eq!(server.raw(chat(&"x".repeat(4096))).await.body, "4096 bytes");
    let response = server.raw(chat(&"x".repeat(4097))).await;
    assert_eq!(
        (response.status, response.code().as_str()),
        (413, "request_too_large")
    );
    assert!(response.body.contains("4096 bytes"));
    let chunk = format!("1000\r\n{}\r\n", "x".repeat(4096));
    let head =
        "POST /v1/chat/completions HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\n\r\n";
    let response = server.raw(format!("{head}{chunk}0\r\n\r\n")).await;
    assert_eq!(response.body, "4096 bytes");
    let response = server
        .raw(format!("{head}{chunk}1\r\nx\r\n0\r\n\r\n"))
        .await;
    assert_eq!(response.status, 413);
}

#[tokio::test]
async fn a_client_that_sends_a_refused_body_to_its_end_reads_the_refusal() {
    let mut settings = settings();
    settings.body.cap = 16 << 20;
    settings.body.timeout = PATIENT;
    let server = start(settings).await;
    // Larger than what socket buffers hold: a gateway that just closed would break the client's sending.
    let response = server.raw(chat(&"x".repeat(30 << 20))).await;
    assert_eq!(response.status, 413);
}

#[tokio::test]
async fn a_client_that_waits_for_100_continue_gets_it_or_the_refusal() {
    let server = start(settings()).await;
    let head = |length: usize| {
        format!(
            "POST /v1/chat/completions HTTP/1.1\r\nhost: h\r\nexpect: 100-continue\r\ncontent-length: {length}\r\n\r\n"
        )
    };
    let mut tcp = server.connect().await;
    tcp.write_all(head(5).as_bytes()).await.unwrap();
    assert_eq!(
        until(&mut tcp, "\r\n\r\n").await,
        "HTTP/1.1 100 Continue\r\n\r\n"
    );
    tcp.write_all(b"hello").await.unwrap();
    assert_eq!(Response::read(&mut tcp).await.body, "5 bytes");
    assert_eq!(server.raw(head(5000)).await.status, 413);
}

#[tokio::test]
async fn a_head_that_trickles_in_is_cut_off() {
    let server = start(settings()).await;
    let mut tcp = server.connect().await;
    let trickle = async {
        for byte in "POST /v1/chat/completions HTTP/1.1\r\nhost: gateway\r\n"
            .bytes()
            .cycle()
        {
            if tcp.write_all(&[byte]).await.is_err() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    assert!(
        timeout(PATIENT, trickle).await.is_ok(),
        "the connection stays open"
    );
}

#[tokio::test]
async fn a_connection_that_says_nothing_is_closed() {
    let server = start(settings()).await;
    assert!(closes(&mut server.connect().await).await);
}

#[tokio::test]
async fn a_body_that_stops_is_told_so() {
    let server = start(settings()).await;
    let head = "POST /v1/chat/completions HTTP/1.1\r\nhost: h\r\ncontent-length: 100\r\n\r\nsome";
    let response = server.raw(head).await;
    assert_eq!(
        (response.status, response.code().as_str()),
        (408, "request_timeout")
    );
}

#[tokio::test]
async fn a_quiet_connection_is_kept_for_its_time_and_then_closed() {
    let mut short = settings();
    short.patience.idle = Duration::from_millis(800);
    let server = start(short).await;
    let mut tcp = server.connect().await;
    for _ in 0..2 {
        // Longer than a head may take: being quiet between requests is not being slow.
        tcp.write_all(chat("x").as_bytes()).await.unwrap();
        assert_eq!(Response::read(&mut tcp).await.status, 200);
        tokio::time::sleep(Duration::from_millis(400)).await;
    }
    assert!(closes(&mut tcp).await);
}

#[tokio::test]
async fn a_client_that_does_not_read_is_dropped() {
    let mut short = settings();
    short.patience.idle = Duration::from_millis(300);
    let server = start(short).await;
    let script = server.script();
    let mut tcp = server.connect().await;
    tcp.write_all(chat("stream").as_bytes()).await.unwrap();
    let block = Bytes::from(vec![b'x'; 1 << 20]);
    let feed = async { while script.send(Ok(block.clone())).await.is_ok() {} };
    assert!(
        timeout(PATIENT, feed).await.is_ok(),
        "the stream is still asked for"
    );
    assert!(server.house.dropped.load(Ordering::SeqCst));
}

#[tokio::test]
async fn over_the_cap_connections_wait_for_one_to_close() {
    let mut few = settings();
    few.max_connections = 2;
    few.patience.head = PATIENT;
    let server = start(few).await;
    let first = server.connect().await;
    let _second = server.connect().await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    let mut third = server.connect().await;
    third.write_all(chat("x").as_bytes()).await.unwrap();
    let early = timeout(Duration::from_millis(200), third.read_u8()).await;
    assert!(early.is_err(), "the third was served");
    drop(first);
    assert_eq!(Response::read(&mut third).await.status, 200);
}

#[tokio::test]
async fn over_the_cap_requests_are_told_to_come_back() {
    let mut few = settings();
    few.max_in_flight = 1;
    let server = start(few).await;
    let mut first = server.connect().await;
    first.write_all(chat("wait").as_bytes()).await.unwrap();
    eventually("the first is in", || server.house.calls.lock().len() == 1).await;
    let response = server.raw(chat("x")).await;
    assert_eq!(
        (response.status, response.code().as_str()),
        (503, "overloaded")
    );
    assert_eq!(response.header("retry-after"), Some("1"));
    server.house.gate.notify_one();
    assert_eq!(Response::read(&mut first).await.body, "waited");
    assert_eq!(server.raw(chat("x")).await.status, 200);
}

#[tokio::test]
async fn a_running_stream_keeps_its_slot() {
    let mut few = settings();
    few.max_in_flight = 1;
    let server = start(few).await;
    let script = server.script();
    let mut first = server.connect().await;
    first.write_all(chat("stream").as_bytes()).await.unwrap();
    until(&mut first, "\r\n\r\n").await;
    assert_eq!(server.raw(chat("x")).await.status, 503);
    drop(script);
    until(&mut first, "0\r\n\r\n").await;
    assert_eq!(server.raw(chat("x")).await.status, 200);
}

#[tokio::test]
async fn unclear_framing_is_refused_or_ends_the_connection() {
    let server = start(settings()).await;
    let line = "POST /v1/chat/completions HTTP/1.1\r\nhost: h\r\n";
    for headers in [
        "content-length: 1\r\ncontent-length: 2\r\n",
        "content-length: 1, 2\r\n",
        "content-length: +1\r\n",
        "content-length: -1\r\n",
        "content-length: 0x1\r\n",
        "content-length : 1\r\n",
        "content-length: 99999999999999999999\r\n",
        "transfer-encoding: gzip\r\n",
        "transfer-encoding: chunked, identity\r\n",
        "x: y\r\n folded: z\r\ncontent-length: 1\r\n",
        "x\u{0}y: z\r\ncontent-length: 1\r\n",
    ] {
        let response = server.raw(format!("{line}{headers}\r\nx")).await;
        assert_eq!(response.status, 400, "{headers:?}");
    }
    for headers in [
        "transfer-encoding: gzip, chunked\r\n",
        "transfer-encoding: gzip\r\ntransfer-encoding: chunked\r\n",
        "transfer-encoding: identity, Chunked\r\n",
        "transfer-encoding: chunked, chunked\r\n",
    ] {
        let body = "\r\n3\r\nabc\r\n0\r\n\r\n";
        let response = server.raw(format!("{line}{headers}{body}")).await;
        assert!(matches!(response.status, 400 | 501), "{headers:?}");
    }
    let coded = format!("{line}transfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n");
    assert_eq!(server.raw(coded).await.status, 501);
    // RFC 9112, 6.3: with both, `Transfer-Encoding` counts and the connection must close, so that what follows is never
    // read as a second request.
    for both in [
        "content-length: 3\r\ntransfer-encoding: chunked\r\n",
        "transfer-encoding: chunked\r\ncontent-length: 3\r\n",
    ] {
        let mut tcp = server.connect().await;
        let request = format!("{line}{both}\r\n0\r\n\r\n{}", chat("smuggled"));
        tcp.write_all(request.as_bytes()).await.unwrap();
        assert_eq!(Response::read(&mut tcp).await.body, "0 bytes");
        assert!(closes(&mut tcp).await);
    }
    let calls = server.house.calls.lock();
    assert!(calls.len() == 2 && calls.iter().all(|(body, _)| body.is_empty()));
}

#[tokio::test]
async fn a_head_that_is_too_large_is_refused() {
    let server = start(settings()).await;
    let long = format!(
        "GET /v1/models HTTP/1.1\r\nx: {}\r\n\r\n",
        "y".repeat(100 * 1024)
    );
    assert_eq!(server.raw(long).await.status, 431);
    let many = format!("GET /v1/models HTTP/1.1\r\n{}\r\n", "a: b\r\n".repeat(200));
    assert_eq!(server.raw(many).await.status, 431);
}
