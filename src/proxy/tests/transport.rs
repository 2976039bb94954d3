//! TLS and HTTP/2.

use super::*;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio_rustls::TlsConnector;

async fn with_tls() -> (Running, TlsConnector, reqwest::Certificate) {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".into()]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (chain, key) = (
        folder.path().join("chain.pem"),
        folder.path().join("key.pem"),
    );
    std::fs::write(&chain, made.cert.pem()).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    let mut settings = settings();
    settings.tls = Some((chain, key));
    settings.handshake = Duration::from_millis(300);
    let mut roots = RootCertStore::empty();
    roots.add(made.cert.der().clone()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let client = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let root = reqwest::Certificate::from_pem(made.cert.pem().as_bytes()).unwrap();
    (
        start(settings).await,
        TlsConnector::from(Arc::new(client)),
        root,
    )
}

#[tokio::test]
async fn a_handshake_ends_in_tls_1_3_with_the_hybrid_group() {
    let (server, connector, _) = with_tls().await;
    let name = ServerName::try_from("localhost").unwrap();
    let mut tls = connector
        .connect(name, server.connect().await)
        .await
        .unwrap();
    tls.write_all(chat("x").as_bytes()).await.unwrap();
    assert_eq!(Response::read(&mut tls).await.body, "1 bytes");
    let session = tls.get_ref().1;
    assert_eq!(
        session.protocol_version(),
        Some(rustls::ProtocolVersion::TLSv1_3)
    );
    let group = session.negotiated_key_exchange_group().unwrap().name();
    assert_eq!(group, rustls::NamedGroup::X25519MLKEM768);
}

#[tokio::test]
async fn a_handshake_that_does_not_come_is_cut_off() {
    let (server, _, _) = with_tls().await;
    assert!(closes(&mut server.connect().await).await);
    let mut plain = server.connect().await;
    plain.write_all(chat("x").as_bytes()).await.unwrap();
    assert!(closes(&mut plain).await);
    assert!(server.house.calls.lock().is_empty());
}

#[tokio::test]
async fn http2_is_chosen_in_the_handshake_and_drains() {
    let (server, _, root) = with_tls().await;
    let client = reqwest::Client::builder()
        .tls_certs_only([root])
        .resolve("localhost", server.address)
        .build()
        .unwrap();
    let url = format!(
        "https://localhost:{}/v1/chat/completions",
        server.address.port()
    );
    let response = client.post(&url).body("x").send().await.unwrap();
    assert_eq!(response.version(), http::Version::HTTP_2);
    assert_eq!(response.text().await.unwrap(), "1 bytes");

    let waiting = tokio::spawn(client.post(&url).body("wait").send());
    eventually("the call is in", || server.house.calls.lock().len() == 2).await;
    server.stop.stop();
    tokio::time::sleep(Duration::from_millis(400)).await;
    server.house.gate.notify_one();
    let response = waiting.await.unwrap().unwrap();
    assert_eq!(response.text().await.unwrap(), "waited");
    assert_eq!(server.stopped().await, Drained { cut: 0 });
}

#[tokio::test]
async fn http2_works_without_tls_by_prior_knowledge_and_is_kept_while_quiet() {
    let server = start(settings()).await;
    let client = reqwest::Client::builder()
        .http2_prior_knowledge()
        .build()
        .unwrap();
    let url = format!("http://{}/v1/chat/completions", server.address);
    for _ in 0..2 {
        let response = client.post(&url).body("hello").send().await.unwrap();
        assert_eq!(response.version(), http::Version::HTTP_2);
        assert!(response.headers().contains_key("x-vestibule-request-id"));
        assert_eq!(response.text().await.unwrap(), "5 bytes");
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    let script = server.script();
    let mut response = client.post(&url).body("events").send().await.unwrap();
    script.send(Ok("data: 1\n\n".into())).await.unwrap();
    assert_eq!(response.chunk().await.unwrap().unwrap(), "data: 1\n\n");
    drop(response);
    eventually("the stream is dropped", || {
        server.house.dropped.load(Ordering::SeqCst)
    })
    .await;
}
