//! Streams stay streams, faults are told, panics tell nothing, and a client that goes away cancels.

use super::*;

#[tokio::test]
async fn each_item_arrives_before_the_next_is_made() {
    let server = start(settings()).await;
    let script = server.script();
    let mut tcp = server.connect().await;
    tcp.write_all(chat("events").as_bytes()).await.unwrap();
    let head = until(&mut tcp, "\r\n\r\n").await;
    assert!(
        head.contains("text/event-stream") && head.contains("chunked"),
        "{head}"
    );
    for number in 0..20 {
        let event = format!("data: {number}\n\n");
        script.send(Ok(event.clone().into())).await.unwrap();
        assert!(until(&mut tcp, "\n\n\r\n").await.contains(&event));
    }
    drop(script);
    until(&mut tcp, "0\r\n\r\n").await;
    tcp.write_all(chat("x").as_bytes()).await.unwrap();
    assert_eq!(Response::read(&mut tcp).await.status, 200);
}

#[tokio::test]
async fn a_fault_in_an_event_stream_is_its_last_event() {
    let server = start(settings()).await;
    let script = server.script();
    let mut tcp = server.connect().await;
    tcp.write_all(chat("events").as_bytes()).await.unwrap();
    script.send(Ok("data: 1\n\n".into())).await.unwrap();
    script.send(Err(fault())).await.unwrap();
    let text = until(&mut tcp, "0\r\n\r\n").await;
    let last = r#"data: {"error":{"message":"the destination broke off","type":"server_error","param":null,"code":"destination_broken"}}"#;
    assert!(text.contains(last) && !text.contains("[DONE]"), "{text}");
    eventually("the stream is dropped", || {
        server.house.dropped.load(Ordering::SeqCst)
    })
    .await;
}

#[tokio::test]
async fn a_fault_elsewhere_breaks_the_body_off() {
    let server = start(settings()).await;
    let script = server.script();
    let mut tcp = server.connect().await;
    tcp.write_all(chat("stream").as_bytes()).await.unwrap();
    script.send(Ok("{\"half\":".into())).await.unwrap();
    until(&mut tcp, "half\":\r\n").await;
    script.send(Err(fault())).await.unwrap();
    let mut rest = Vec::new();
    timeout(PATIENT, tcp.read_to_end(&mut rest))
        .await
        .unwrap()
        .ok();
    assert_eq!(
        String::from_utf8_lossy(&rest),
        "",
        "no end of the body, no text of the fault"
    );
}

fn fault() -> StreamFault {
    StreamFault {
        code: "destination_broken",
        kind: "server_error",
        message: "the destination broke off".into(),
    }
}

#[tokio::test]
async fn a_panic_is_a_500_without_detail_and_the_next_request_is_served() {
    let server = start(settings()).await;
    let mut tcp = server.connect().await;
    tcp.write_all(chat("panic").as_bytes()).await.unwrap();
    let response = Response::read(&mut tcp).await;
    assert_eq!(
        (response.status, response.code().as_str()),
        (500, "internal_error")
    );
    assert!(!response.body.contains("secret detail"));
    assert_eq!(response.header("x-vestibule-request-id").unwrap().len(), 26);
    tcp.write_all(chat("x").as_bytes()).await.unwrap();
    assert_eq!(Response::read(&mut tcp).await.status, 200);
}

#[tokio::test]
async fn a_client_that_goes_away_drops_the_stream() {
    let server = start(settings()).await;
    let script = server.script();
    let mut tcp = server.connect().await;
    tcp.write_all(chat("events").as_bytes()).await.unwrap();
    script.send(Ok("data: 1\n\n".into())).await.unwrap();
    until(&mut tcp, "data: 1\n\n").await;
    drop(tcp);
    eventually("the stream is dropped", || {
        server.house.dropped.load(Ordering::SeqCst)
    })
    .await;
    assert!(script.is_closed());
}

#[tokio::test]
async fn a_client_that_goes_away_early_drops_the_call() {
    let server = start(settings()).await;
    let mut tcp = server.connect().await;
    tcp.write_all(chat("wait").as_bytes()).await.unwrap();
    eventually("the call is in", || server.house.calls.lock().len() == 1).await;
    assert!(!server.house.dropped.load(Ordering::SeqCst));
    drop(tcp);
    eventually("the call is dropped", || {
        server.house.dropped.load(Ordering::SeqCst)
    })
    .await;
}

#[tokio::test]
async fn a_slow_client_slows_the_source() {
    let server = start(settings()).await;
    let script = server.script();
    let mut tcp = server.connect().await;
    tcp.write_all(chat("stream").as_bytes()).await.unwrap();
    let block = Bytes::from(vec![b'x'; 1 << 20]);
    let mut sent = 0;
    while timeout(Duration::from_millis(300), script.send(Ok(block.clone())))
        .await
        .is_ok()
    {
        sent += 1;
        assert!(sent < 200, "everything is buffered");
    }
    let mut buffer = vec![0; 1 << 20];
    let resumed = async {
        while script.try_send(Ok(block.clone())).is_err() {
            tcp.read_exact(&mut buffer).await.unwrap();
        }
    };
    assert!(timeout(PATIENT, resumed).await.is_ok());
}
