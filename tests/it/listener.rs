//! The listener for apps: methods that aren't the API's own, web pages, framings, certificates, and caps.

use rustix::process::Signal;
use std::fmt::Write as _;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::time::Duration;

use crate::client::call;
use crate::gateway::{Gateway, Setup, UPSTREAM, hunt, shared};
use crate::proxied::{forwarding, new_key, run};
use crate::requests::ask;
use crate::upstream::eventually;

fn socket(gateway: &Gateway) -> TcpStream {
    let socket = TcpStream::connect(gateway.data).unwrap();
    socket
        .set_read_timeout(Some(Duration::from_secs(30)))
        .unwrap();
    socket
}

/// Sends this and reads until the other side is done.
fn raw(gateway: &Gateway, request: &[u8]) -> String {
    let mut socket = socket(gateway);
    socket.write_all(request).unwrap();
    let mut answer = Vec::new();
    socket.read_to_end(&mut answer).unwrap();
    String::from_utf8(answer).unwrap()
}

/// Chunks are taken apart on the way in; a coding below them would stay on the body without its name.
#[test]
fn a_body_that_is_coded_below_its_chunks_is_refused_at_both_doors() {
    let there = UPSTREAM.address;
    let more = format!("[forward]\nother_hosts = \"tunnel\"\ntunnel_inside = [\"{there}\"]\n");
    let (gateway, _) = forwarding(&Setup {
        more,
        ..Setup::default()
    });
    for target in [
        "/v1/chat/completions".to_owned(),
        format!("http://{there}/coded"),
    ] {
        let head = format!("POST {target} HTTP/1.1\r\nhost: h\r\nconnection: close\r\n");
        let coded = format!("{head}transfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n");
        let answer = raw(&gateway, coded.as_bytes());
        assert!(answer.starts_with("HTTP/1.1 501"), "{target}: {answer}");
        assert!(answer.contains("unsupported_transfer_coding"), "{answer}");
    }
    let mut entries = gateway.home.audit().into_iter();
    assert!(
        !entries.any(|entry| entry["kind"] == "forward.tunnel"),
        "it was passed on"
    );
}

#[test]
fn head_and_options_tell_what_there_is() {
    let gateway = shared();
    let whole = call(gateway.data, "GET", "/v1/models", &[], b"");
    let head = raw(
        &gateway,
        b"HEAD /v1/models HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n",
    );
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    assert!(head.ends_with("\r\n\r\n"), "{head}");
    assert!(
        head.contains(&format!("content-length: {}\r\n", whole.body.len())),
        "{head}"
    );
    for (path, allowed) in [
        ("/v1/models", "GET, OPTIONS"),
        ("/v1/chat/completions", "POST, OPTIONS"),
    ] {
        let answer = call(gateway.data, "OPTIONS", path, &[], b"");
        assert_eq!(
            (answer.status, answer.header("allow")),
            (204, Some(allowed)),
            "{path}"
        );
    }
    assert_eq!(
        call(gateway.data, "OPTIONS", "/nowhere", &[], b"").status,
        404
    );
    assert_eq!(
        call(gateway.data, "HEAD", "/v1/chat/completions", &[], b"").status,
        405
    );
}

#[test]
fn head_over_http2_has_no_body_either() {
    let gateway = shared();
    let client = reqwest::Client::builder()
        .http2_prior_knowledge()
        .build()
        .unwrap();
    let (status, length, body) = run(async {
        let response = client
            .head(format!("http://{}/v1/models", gateway.data))
            .send()
            .await
            .unwrap();
        let length = response.headers().get("content-length").cloned();
        (response.status(), length, response.bytes().await.unwrap())
    });
    assert_eq!(status, 200);
    assert!(
        body.is_empty() && length.is_some_and(|length| length != "0"),
        "{body:?}"
    );
}

#[test]
fn pages_of_listed_origins_may_ask_and_others_may_not() {
    let server = "cors = { origins = [\"https://chat.example.com\"] }\n".to_owned();
    let gateway = Gateway::start(
        &UPSTREAM,
        &Setup {
            server,
            ..Setup::default()
        },
    );
    let path = "/v1/chat/completions";
    let preflight = |origin: &str| {
        let headers = [
            ("origin", origin),
            ("access-control-request-method", "POST"),
            (
                "access-control-request-headers",
                "authorization,x-stainless-os",
            ),
        ];
        call(gateway.data, "OPTIONS", path, &headers, b"")
    };
    let granted = preflight("https://chat.example.com");
    assert_eq!(granted.status, 204);
    assert_eq!(
        granted.header("access-control-allow-origin"),
        Some("https://chat.example.com")
    );
    assert_eq!(
        granted.header("access-control-allow-headers"),
        Some("authorization,x-stainless-os")
    );
    assert_eq!(
        granted.header("access-control-allow-methods"),
        Some("GET, POST")
    );
    let other = preflight("https://evil.example");
    assert_eq!(other.header("access-control-allow-origin"), None);
    assert_eq!(other.header("access-control-allow-headers"), None);

    let key = new_key(&gateway, "page");
    let bearer = format!("Bearer {}", key["key"].as_str().unwrap());
    let ask = |origin: &str, key: bool| {
        let mut headers = vec![("origin", origin)];
        if key {
            headers.push(("authorization", &bearer));
        }
        gateway.post(&headers, &ask("cors", "Hello"))
    };
    let answer = ask("https://chat.example.com", true);
    assert_eq!(
        (answer.status, answer.header("access-control-allow-origin")),
        (200, Some("https://chat.example.com"))
    );
    assert_eq!(answer.header("vary"), Some("origin"));
    let keyless = ask("https://chat.example.com", false);
    assert_eq!(
        (
            keyless.status,
            keyless.header("access-control-allow-origin")
        ),
        (403, Some("https://chat.example.com"))
    );
    let evil = ask("https://evil.example", true);
    assert_eq!(
        (evil.status, evil.header("access-control-allow-origin")),
        (200, None)
    );
}

#[test]
fn a_body_in_chunks_and_one_that_waits_are_taken() {
    let gateway = shared();
    let body = ask("chunked", "Mail lena.fischer@example.org");
    let mut request = b"POST /v1/chat/completions HTTP/1.1\r\nhost: h\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n".to_vec();
    for piece in body.chunks(7) {
        request.extend_from_slice(format!("{:x}\r\n", piece.len()).as_bytes());
        request.extend_from_slice(piece);
        request.extend_from_slice(b"\r\n");
    }
    request.extend_from_slice(b"0\r\n\r\n");
    let answer = raw(&gateway, &request);
    assert!(
        answer.starts_with("HTTP/1.1 200") && answer.contains("lena.fischer@example.org"),
        "{answer}"
    );
    hunt(&UPSTREAM.seen("chunked")[0].body, "the destination");

    let mut waiting = socket(&gateway);
    let body = ask("expected", "Hello");
    let mut head = String::from(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: h\r\nconnection: close\r\nexpect: 100-continue\r\n",
    );
    write!(head, "content-length: {}\r\n\r\n", body.len()).unwrap();
    waiting.write_all(head.as_bytes()).unwrap();
    let mut go_on = [0; 25];
    waiting.read_exact(&mut go_on).unwrap();
    assert_eq!(&go_on, b"HTTP/1.1 100 Continue\r\n\r\n");
    waiting.write_all(&body).unwrap();
    let mut answer = String::new();
    waiting.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

fn write_certificate(folder: &Path) -> reqwest::Certificate {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    fs::write(folder.join("chain.pem"), made.cert.pem()).unwrap();
    fs::write(folder.join("key.pem"), made.signing_key.serialize_pem()).unwrap();
    reqwest::Certificate::from_pem(made.cert.pem().as_bytes()).unwrap()
}

#[test]
fn a_new_certificate_is_used_without_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let first = write_certificate(path);
    let server = format!(
        "tls_certificate = \"{0}/chain.pem\"\ntls_key = \"{0}/key.pem\"\n",
        path.display()
    );
    let gateway = Gateway::start(
        &UPSTREAM,
        &Setup {
            server,
            ..Setup::default()
        },
    );
    let works = |root: &reqwest::Certificate| {
        let client = reqwest::Client::builder()
            .tls_certs_only([root.clone()])
            .resolve("localhost", gateway.data);
        let url = format!("https://localhost:{}/v1/models", gateway.data.port());
        run(async {
            client
                .build()
                .unwrap()
                .get(url)
                .send()
                .await
                .is_ok_and(|answer| answer.status() == 200)
        })
    };
    assert!(works(&first));
    let second = write_certificate(path);
    gateway.signal(Signal::HUP);
    eventually("the new certificate is in use after SIGHUP", || {
        works(&second)
    });
    assert!(!works(&first));
    let third = write_certificate(path);
    eventually("the new certificate is in use after a while", || {
        works(&third)
    });
    fs::write(path.join("chain.pem"), "nothing").unwrap();
    gateway.signal(Signal::HUP);
    eventually("the log says why not", || {
        gateway.log().contains("could not be read again")
    });
    assert!(works(&third));
}

#[test]
fn a_peer_has_no_more_connections_than_it_may() {
    let server = "max_connections_per_peer = 2\n".to_owned();
    let gateway = Gateway::start(
        &UPSTREAM,
        &Setup {
            server,
            ..Setup::default()
        },
    );
    let ask = b"GET /v1/models HTTP/1.1\r\nhost: h\r\n\r\n";
    let answers = |socket: &mut TcpStream| {
        socket.write_all(ask).is_ok() && matches!(socket.read(&mut [0; 12]), Ok(12))
    };
    let (mut one, mut two) = (socket(&gateway), socket(&gateway));
    assert!(answers(&mut one) && answers(&mut two));
    assert!(!answers(&mut socket(&gateway)), "a third was served");
    drop(one);
    eventually("another one is served once one has gone", || {
        answers(&mut socket(&gateway))
    });
}
