//! What the forward proxy costs an app, and what it keeps to itself: handshakes, and the authority's key.

use rcgen::{KeyPair, PublicKeyData as _};
use rustls::HandshakeKind;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crate::client::holds;
use crate::faithful::wire::{Framing, Message, Recorder, bytes};
use crate::gateway::{Gateway, Home, Setup, UPSTREAM};
use crate::proxied::{Greeter, chat, client, connect, forwarding, run};
use crate::replies::{self, Style};
use crate::requests::{ask, ask_streamed, last_user_text};
use crate::upstream::{Gate, Step, Upstream};

const HOST: &str = "api.deepseek.com";
const URL: &str = "https://api.deepseek.com/chat/completions";
const REQUESTS: usize = 20;

/// A gateway that opens hosts, in front of a destination that counts.
fn counted() -> (Gateway, Recorder) {
    let recorder = Recorder::start();
    let play = replies::whole(&replies::content("Paris"));
    let body = match &play.steps[..] {
        [Step::Send(body)] => body.clone(),
        _ => panic!("a reply in one piece"),
    };
    let kind = [("content-type", "application/json")];
    recorder.answer(bytes("HTTP/1.1 200 OK", &kind, &body, Framing::Length));
    let (home, upstream) = (Home::new(), Upstream::elsewhere(recorder.address));
    home.configure(&upstream, &Setup::default());
    assert!(home.run(&["ca", "new"]).status.success());
    let gateway = Gateway::start_in(&home, &upstream, &Setup::default());
    (gateway, recorder)
}

/// How many connections the proxy has opened.
fn opened(gateway: &Gateway) -> u64 {
    let numbers = gateway.ask("/metrics");
    let line = "vestibule_forwarded_total{outcome=\"opened\"} ";
    let count = numbers
        .text()
        .lines()
        .find_map(|text| text.strip_prefix(line));
    count.map_or(0, |count| count.parse().unwrap())
}

#[test]
fn a_connection_costs_one_handshake_however_many_requests_it_carries() {
    let (gateway, recorder) = counted();
    let before = recorder.connections();
    let greeter = Greeter::new(&gateway.home);
    for (round, kind) in [
        (0, HandshakeKind::Full),
        (1, HandshakeKind::Resumed),
        (2, HandshakeKind::Resumed),
    ] {
        let (status, socket) = connect(gateway.data, &format!("{HOST}:443"), None);
        assert_eq!(status, 200);
        let mut tls = greeter.greet(socket, HOST).unwrap();
        for number in 0..REQUESTS {
            let body = ask(
                &format!("handshakes-{round}-{number}"),
                "What is the capital of France?",
            );
            let request = bytes(
                "POST /chat/completions HTTP/1.1",
                &[("host", HOST)],
                &body,
                Framing::Length,
            );
            tls.write_all(&request).unwrap();
            let reply =
                Message::read(&mut tls).expect("the connection was closed between requests");
            assert_eq!(reply.status(), 200);
        }
        assert_eq!(tls.conn.handshake_kind(), Some(kind), "connection {round}");
    }
    assert_eq!(opened(&gateway), 3);
    assert_eq!(
        recorder.connections() - before,
        1,
        "the destination's connection is kept"
    );
}

#[test]
fn a_client_with_a_pool_connects_once() {
    for http1 in [false, true] {
        let (gateway, recorder) = counted();
        let before = recorder.connections();
        let printed = gateway.home.run(&["ca", "print"]);
        let root = reqwest::Certificate::from_pem(&printed.stdout).unwrap();
        let client = client(&gateway, &root, None, http1);
        run(async {
            for number in 0..REQUESTS {
                let body = ask(
                    &format!("pooled-{number}"),
                    "What is the capital of France?",
                );
                let reply = chat(&client, URL, None, body).await;
                assert_eq!(reply.status(), 200);
                reply.bytes().await.unwrap();
            }
        });
        assert_eq!(opened(&gateway), 1, "http1: {http1}");
        assert_eq!(recorder.connections() - before, 1, "http1: {http1}");
    }
}

#[test]
fn a_client_that_goes_away_inside_cancels_the_request() {
    let (gateway, root) = forwarding(&Setup::default());
    for http1 in [false, true] {
        let case = format!("inside-gone-{http1}");
        UPSTREAM.play(&case, |seen| {
            let said = replies::content(last_user_text(&seen.json()));
            let mut play = replies::streamed(&said, Style::default());
            play.steps.insert(3, Step::Wait(Arc::<Gate>::default()));
            play
        });
        let client = client(&gateway, &root, None, http1);
        let cancelled = || UPSTREAM.seen(&case)[0].cancelled.load(Ordering::SeqCst);
        run(async {
            let body = ask_streamed(&case, "What is the capital of France?");
            let mut reply = chat(&client, URL, None, body).await;
            assert!(reply.chunk().await.unwrap().is_some());
            assert!(!cancelled());
            drop(reply);
            let begun = Instant::now();
            while !cancelled() && begun.elapsed() < Duration::from_secs(30) {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        });
        assert!(cancelled(), "http1: {http1}");
    }
}

fn files_below(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files_below(&path, files);
        } else {
            files.push(path);
        }
    }
}

/// The public half of the P-256 key with this scalar (PKCS #8 around RFC 5915, without the public half).
fn public_half(scalar: &[u8]) -> Option<Vec<u8>> {
    const AROUND: [u8; 35] = [
        0x30, 0x41, 0x02, 0x01, 0x00, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02,
        0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x04, 0x27, 0x30, 0x25,
        0x02, 0x01, 0x01, 0x04, 0x20,
    ];
    let der = [&AROUND[..], scalar].concat();
    let pair = KeyPair::try_from(&PrivatePkcs8KeyDer::from(der)).ok()?;
    Some(pair.der_bytes().to_vec())
}

/// Where in `bytes` a key stands whose certificate this is: every place is tried.
fn key_in(bytes: &[u8], certificate: &[u8]) -> Option<usize> {
    // Texts and blanks are no keys; this saves most of the work.
    let is_random = |scalar: &[u8]| {
        let plain = scalar.iter().filter(|byte| matches!(byte, 0 | b' '..=b'~'));
        plain.count() < 26
    };
    let mut places = bytes.windows(32).enumerate();
    let found = places.find(|(_, scalar)| {
        is_random(scalar) && public_half(scalar).is_some_and(|public| holds(certificate, &public))
    });
    found.map(|(at, _)| at)
}

#[test]
fn a_key_would_be_found() {
    let pair = KeyPair::generate().unwrap();
    let der = pair.serialize_der();
    let certificate = rcgen::CertificateParams::new(vec!["h".to_owned()]).unwrap();
    let certificate = certificate.self_signed(&pair).unwrap();
    let place = key_in(&[b"before", &der[..]].concat(), certificate.der());
    assert!(
        place.is_some(),
        "the search finds nothing where something is"
    );
    assert_eq!(key_in(&der[..40], certificate.der()), None);
}

#[test]
fn the_authoritys_key_stays_sealed_where_it_is() {
    let (gateway, _) = counted();
    let greeter = Greeter::new(&gateway.home);
    let (_, socket) = connect(gateway.data, &format!("{HOST}:443"), None);
    let mut tls = greeter.greet(socket, HOST).unwrap();
    let body = ask("authority", "What is the capital of France?");
    let request = bytes(
        "POST /chat/completions HTTP/1.1",
        &[("host", HOST), ("connection", "close")],
        &body,
        Framing::Length,
    );
    tls.write_all(&request).unwrap();
    let mut reply = Vec::new();
    drop(tls.read_to_end(&mut reply));
    assert!(holds(&reply, b"200 OK"));

    let home = gateway.home.clone();
    let printed = home.run(&["ca", "print"]).stdout;
    let certificate = CertificateDer::from_pem_slice(&printed).unwrap();
    // While it runs and once it has stopped: journals of the database come and go.
    let running = data_files(&home);
    assert!(running.iter().any(|file| file.ends_with("keys.db")));
    let mut told: Vec<(String, Vec<u8>)> = running.iter().map(read).collect();
    assert!(gateway.stop().success());
    told.extend(data_files(&home).iter().map(read));
    for args in [
        &["ca", "print"][..],
        &["ca", "install-help"],
        &["ca", "new"],
        &["key", "list"],
    ] {
        let out = home.run(args);
        told.push((args.join(" "), [out.stdout, out.stderr].concat()));
    }
    // What the client was shown: certificates, and no more of the authority than its own.
    let shown = tls.conn.peer_certificates().unwrap();
    told.extend(
        shown
            .iter()
            .map(|shown| ("a certificate".to_owned(), shown.to_vec())),
    );
    for (name, bytes) in told {
        assert_eq!(key_in(&bytes, &certificate), None, "{name}");
        assert!(!holds(&bytes, b"PRIVATE KEY"), "{name}");
    }
}

/// Every file of the data folder, but for the root key, which by nature lies there; all are their owner's alone.
fn data_files(home: &Home) -> Vec<PathBuf> {
    let folder = fs::metadata(home.data()).unwrap().permissions().mode() & 0o777;
    assert_eq!(folder, 0o700, "the data folder");
    let mut files = Vec::new();
    files_below(&home.data(), &mut files);
    for file in &files {
        let mode = fs::metadata(file).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{}", file.display());
    }
    files
}

fn read(file: &PathBuf) -> (String, Vec<u8>) {
    (
        file.display().to_string(),
        fs::read(file).unwrap_or_default(),
    )
}
