//! TLS: whom a destination's client trusts.

use super::*;
use rcgen::CertifiedKey;
use std::io::Write;
use std::path::PathBuf;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

/// A server with a certificate of its own making for `localhost`; its address and the certificate as PEM.
async fn start() -> (String, String) {
    let names = vec!["localhost".to_owned()];
    let CertifiedKey { cert, signing_key } = rcgen::generate_simple_self_signed(names).unwrap();
    let key = PrivateKeyDer::Pkcs8(signing_key.serialize_der().into());
    let tls = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(tls));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!(
        "https://localhost:{}",
        listener.local_addr().unwrap().port()
    );
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let Ok(mut socket) = acceptor.accept(socket).await else {
                continue;
            };
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                head.push(socket.read_u8().await.unwrap());
            }
            socket.write_all(JSON.as_bytes()).await.unwrap();
        }
    });
    (url, cert.pem())
}

fn trusting(pem: &str) -> (tempfile::NamedTempFile, Option<PathBuf>) {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(pem.as_bytes()).unwrap();
    let path = file.path().to_owned();
    (file, Some(path))
}

#[tokio::test]
async fn only_a_trusted_certificate_is_spoken_to() {
    let (url, pem) = start().await;
    let (_, other) = start().await;
    for (pem, expected) in [(pem, Ok(200)), (other, Err(BackendError::Unreachable))] {
        let (_file, ca_file) = trusting(&pem);
        let remote = remote(&RemoteConfig {
            ca_file,
            ..config(&url)
        });
        let status = remote
            .send(outbound(false))
            .await
            .map(|inbound| inbound.status);
        assert_eq!(status, expected);
    }
}

#[tokio::test]
async fn the_system_does_not_trust_everybody() {
    let (url, _) = start().await;
    assert_eq!(
        failure(&remote(&config(&url))).await,
        BackendError::Unreachable
    );
}

#[tokio::test]
async fn a_file_without_certificates_is_told() {
    let (_file, ca_file) = trusting("not a certificate");
    let config = RemoteConfig {
        ca_file,
        ..config("https://llm.example")
    };
    let made = Remote::new(
        "there",
        &config,
        &OPENAI_COMPATIBLE,
        Reach::Inside,
        Clock::system(),
    );
    assert!(made.unwrap_err().to_string().contains("PEM"));
}
