//! A stop loses no request.

use super::*;

#[tokio::test]
async fn a_running_stream_finishes_and_nothing_new_is_accepted() {
    let server = start(settings()).await;
    let script = server.script();
    let mut tcp = server.connect().await;
    tcp.write_all(chat("events").as_bytes()).await.unwrap();
    until(&mut tcp, "\r\n\r\n").await;
    server.stop.stop();
    eventually("the listener is closed", || {
        std::net::TcpStream::connect(server.address).is_err()
    })
    .await;
    script
        .send(Ok("data: after the stop\n\n".into()))
        .await
        .unwrap();
    until(&mut tcp, "after the stop\n\n\r\n").await;
    assert!(!server.task.is_finished());
    drop(script);
    until(&mut tcp, "0\r\n\r\n").await;
    assert!(closes(&mut tcp).await);
    assert_eq!(server.stopped().await, Drained { cut: 0 });
}

#[tokio::test]
async fn a_call_that_waits_is_answered_and_told_goodbye() {
    let server = start(settings()).await;
    let mut tcp = server.connect().await;
    tcp.write_all(chat("wait").as_bytes()).await.unwrap();
    eventually("the call is in", || server.house.calls.lock().len() == 1).await;
    server.stop.stop();
    tokio::time::sleep(Duration::from_millis(400)).await;
    server.house.gate.notify_one();
    let response = Response::read(&mut tcp).await;
    assert_eq!(
        (response.body.as_str(), response.header("connection")),
        ("waited", Some("close"))
    );
    assert!(closes(&mut tcp).await);
    assert_eq!(server.stopped().await, Drained { cut: 0 });
}

#[tokio::test]
async fn requests_that_come_just_after_the_stop_are_answered() {
    let mut patient = settings();
    patient.patience.head = PATIENT;
    let server = start(patient).await;
    let mut kept = server.connect().await;
    kept.write_all(chat("x").as_bytes()).await.unwrap();
    assert_eq!(Response::read(&mut kept).await.header("connection"), None);
    let mut half = server.connect().await;
    half.write_all(b"POST /v1/chat/completions HTTP/1.1\r\nhost: h\r\n")
        .await
        .unwrap();
    let mut fresh = server.connect().await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    server.stop.stop();
    tokio::time::sleep(Duration::from_millis(60)).await;
    kept.write_all(chat("on a kept connection").as_bytes())
        .await
        .unwrap();
    fresh
        .write_all(chat("on a fresh connection").as_bytes())
        .await
        .unwrap();
    // Longer than quiet connections are kept: a head that has begun is waited for.
    tokio::time::sleep(Duration::from_millis(1500)).await;
    half.write_all(b"content-length: 1\r\n\r\nx").await.unwrap();
    for tcp in [&mut kept, &mut fresh, &mut half] {
        let response = Response::read(tcp).await;
        assert_eq!(
            (response.status, response.header("connection")),
            (200, Some("close"))
        );
    }
    assert_eq!(server.stopped().await, Drained { cut: 0 });
}

#[tokio::test]
async fn connections_in_the_kernels_queue_are_served() {
    let mut one = settings();
    one.max_connections = 1;
    let server = start(one).await;
    let mut first = server.connect().await;
    first.write_all(chat("wait").as_bytes()).await.unwrap();
    eventually("the call is in", || server.house.calls.lock().len() == 1).await;
    let mut queued = server.connect().await;
    queued.write_all(chat("x").as_bytes()).await.unwrap();
    server.stop.stop();
    assert_eq!(Response::read(&mut queued).await.status, 200);
    server.house.gate.notify_one();
    assert_eq!(Response::read(&mut first).await.body, "waited");
    assert_eq!(server.stopped().await, Drained { cut: 0 });
}

#[tokio::test]
async fn quiet_connections_do_not_hold_the_stop_up_and_stuck_ones_are_cut() {
    let server = start(settings()).await;
    let mut quiet = server.connect().await;
    quiet.write_all(chat("x").as_bytes()).await.unwrap();
    Response::read(&mut quiet).await;
    assert_eq!(server.stopped().await, Drained { cut: 0 });
    assert!(closes(&mut quiet).await);

    let mut hasty = settings();
    hasty.drain = Duration::from_millis(400);
    let server = start(hasty).await;
    let mut stuck = server.connect().await;
    stuck.write_all(chat("wait").as_bytes()).await.unwrap();
    eventually("the call is in", || server.house.calls.lock().len() == 1).await;
    assert_eq!(server.stopped().await, Drained { cut: 1 });
}
