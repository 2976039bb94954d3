//! The gateway as a forward proxy: opened hosts, passed-on hosts, and everything that is neither.

use serde_json::json;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::thread;

use crate::client::call;
use crate::gateway::{Gateway, Home, Setup, UPSTREAM, hunt};
use crate::planted::planted_in;
use crate::proxied::{chat, client, connect, forwarding, greet, new_key, run};
use crate::requests::{ask, ask_streamed, everything};
use crate::upstream::eventually;

const DEEPSEEK: &str = "https://api.deepseek.com/v1/chat/completions";

/// A setup in which keys are needed.
fn keyed(more: String) -> Setup {
    Setup {
        open: false,
        more,
        ..Setup::default()
    }
}

/// A server that sends back what comes, until its client is done.
fn echo() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for socket in listener.incoming() {
            let mut socket = socket.unwrap();
            thread::spawn(move || {
                let mut piece = [0; 4096];
                while let Ok(count @ 1..) = socket.read(&mut piece) {
                    if socket.write_all(&piece[..count]).is_err() {
                        return;
                    }
                }
            });
        }
    });
    address
}

fn kinds(gateway: &Gateway, kind: &str) -> Vec<serde_json::Value> {
    let mut entries = gateway.home.audit();
    entries.retain(|entry| entry["kind"] == kind);
    entries
}

#[test]
fn an_app_that_knows_only_the_apis_host_is_served_through_the_proxy() {
    let (gateway, root) = forwarding(&keyed(String::new()));
    let key = new_key(&gateway, "crm");
    let key = key["key"].as_str().unwrap();
    let provider = concat!("sk", "-of-the-provider-0123456789abcdef");
    for http1 in [false, true] {
        let client = client(&gateway, &root, Some(key), http1);
        let case = format!("forward-{http1}");
        let (status, version, text) = run(async {
            let response = chat(&client, DEEPSEEK, Some(provider), ask(&case, &everything())).await;
            (
                response.status(),
                response.version(),
                response.text().await.unwrap(),
            )
        });
        assert_eq!(status, 200, "{text}");
        let expected = if http1 {
            http::Version::HTTP_11
        } else {
            http::Version::HTTP_2
        };
        assert_eq!(version, expected);
        assert!(
            planted_in(text.as_bytes()).is_some(),
            "it did not come back: {text}"
        );
        let seen = UPSTREAM.seen(&case);
        assert_eq!(seen.len(), 1);
        hunt(&seen[0].body, "the destination");
        assert!(!seen[0].headers.contains(provider) && !seen[0].headers.contains(key));
        let case = format!("forward-stream-{http1}");
        let text = run(async {
            let response = chat(
                &client,
                DEEPSEEK,
                None,
                ask_streamed(&case, "Mail lena.fischer@example.org"),
            )
            .await;
            response.text().await.unwrap()
        });
        assert!(
            text.contains("lena.fischer@example.org") && text.contains("[DONE]"),
            "{text}"
        );
    }
    let apps: Vec<_> = kinds(&gateway, "llm.request")
        .iter()
        .map(|entry| entry["app"].clone())
        .collect();
    assert_eq!(apps, vec![json!("crm"); 4]);
    assert!(!gateway.log().contains(key), "the key is in the log");
}

#[test]
fn other_apis_hosts_and_other_paths_are_answered_as_the_gateway_answers_them() {
    let (gateway, root) = forwarding(&Setup::default());
    let client = client(&gateway, &root, None, false);
    let get = |url: &str| {
        run(async {
            let response = client.get(url).send().await.unwrap();
            (response.status().as_u16(), response.text().await.unwrap())
        })
    };
    assert_eq!(get("https://api.openai.com/v1/models").0, 200);
    assert_eq!(get("https://api.deepseek.com/models").0, 200);
    let (status, text) = run(async {
        let sent = client
            .post("https://api.anthropic.com/v1/messages")
            .body("no JSON")
            .send();
        let response = sent.await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    });
    assert_eq!(status, 400, "{text}");
    assert!(
        text.starts_with(r#"{"type":"error""#),
        "not in that API's words: {text}"
    );
    let (status, text) = get("https://api.anthropic.com/no/such/path");
    assert_eq!(status, 404, "{text}");
}

#[test]
fn who_uses_the_proxy_must_have_a_key_somewhere() {
    let (gateway, root) = forwarding(&keyed(String::new()));
    let made = new_key(&gateway, "crm");
    let key = made["key"].as_str().unwrap();
    let without = client(&gateway, &root, None, false);
    let status = |client: &reqwest::Client, inside: Option<&str>| {
        run(async {
            chat(client, DEEPSEEK, inside, ask("who", "Hello"))
                .await
                .status()
                .as_u16()
        })
    };
    assert_eq!(status(&without, None), 401);
    assert_eq!(status(&without, Some(concat!("sk", "-provider"))), 401);
    assert_eq!(
        status(&without, Some(key)),
        200,
        "a key of ours inside is enough"
    );
    let wrong = concat!("vs", "k_wrong");
    assert_eq!(
        connect(gateway.data, "api.deepseek.com:443", Some(wrong)).0,
        407
    );
    assert_eq!(connect(gateway.data, "packages.example:443", None).0, 407);

    // A key that is taken back ends also what was opened with it.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let with = client(&gateway, &root, Some(key), true);
    let ask_again = || {
        runtime.block_on(async {
            chat(&with, DEEPSEEK, None, ask("who", "Hello"))
                .await
                .status()
                .as_u16()
        })
    };
    assert_eq!(ask_again(), 200);
    let revoked = gateway
        .home
        .run(&["key", "revoke", made["id"].as_str().unwrap()]);
    assert!(revoked.status.success());
    eventually("the key is refused inside", || ask_again() == 401);
}

#[test]
fn only_the_host_that_was_asked_for_and_port_443() {
    let (gateway, _) = forwarding(&Setup::default());
    for (target, status) in [
        ("api.deepseek.com:443", 200),
        ("API.DeepSeek.COM:443", 200),
        ("api.deepseek.com:8443", 403),
        ("api.deepseek.com:22", 403),
        ("www.example.org:443", 403),
        ("127.0.0.1:443", 403),
        ("api.deepseek.com:0", 400),
        ("u@api.deepseek.com:443", 400),
    ] {
        assert_eq!(connect(gateway.data, target, None).0, status, "{target}");
    }
    let (_, socket) = connect(gateway.data, "api.deepseek.com:443", None);
    assert!(
        greet(socket, &gateway.home, "api.openai.com").is_err(),
        "another host was greeted"
    );
    let (_, socket) = connect(gateway.data, "api.deepseek.com:443", None);
    let mut tls = greet(socket, &gateway.home, "api.deepseek.com").unwrap();
    tls.write_all(b"CONNECT packages.example:443 HTTP/1.1\r\nhost: packages.example\r\n\r\n")
        .unwrap();
    let mut head = [0; 12];
    tls.read_exact(&mut head).unwrap();
    assert_eq!(&head, b"HTTP/1.1 404", "a proxy inside the proxy");
}

#[test]
fn a_host_that_nobody_listed_is_refused_and_recorded_without_its_name() {
    let (gateway, _) = forwarding(&keyed(String::new()));
    let key = new_key(&gateway, "crm");
    let key = key["key"].as_str().unwrap();
    let telling = "lena-fischer-13812345678.example.org";
    assert_eq!(
        connect(gateway.data, &format!("{telling}:8443"), Some(key)).0,
        403
    );
    let answer = call(
        gateway.data,
        "GET",
        &format!("http://{telling}/x"),
        &[("proxy-authorization", &format!("Bearer {key}"))],
        b"",
    );
    assert_eq!(
        (answer.status, answer.code().as_str()),
        (403, "host_not_allowed")
    );
    eventually("both are recorded", || {
        kinds(&gateway, "forward.refused").len() == 2
    });
    let entries = kinds(&gateway, "forward.refused");
    assert_eq!(entries[0]["app"], "crm");
    assert_eq!(entries[0]["destination"], "unlisted");
    assert_eq!(entries[0]["reasons"], json!(["host_not_allowed"]));
    assert_eq!(entries[0]["numbers"]["port"], 8443);
    assert!(!format!("{entries:?}").contains("lena") && !gateway.log().contains(telling));
    gateway.home.verify();
}

#[test]
fn a_listed_host_is_passed_on_and_recorded_with_its_bytes() {
    let there = echo();
    let more = format!(
        "[forward]\nother_hosts = \"tunnel\"\ntunnel_inside = [\"{there}\"]\ntunnel = [\"*:{}\"]\n",
        there.port()
    );
    let (gateway, _) = forwarding(&keyed(more));
    let key = new_key(&gateway, "crm");
    let key = key["key"].as_str().unwrap();
    let (status, mut socket) = connect(gateway.data, &there.to_string(), Some(key));
    assert_eq!(status, 200);
    socket.write_all(b"SSH-2.0-words").unwrap();
    let mut back = [0; 13];
    socket.read_exact(&mut back).unwrap();
    assert_eq!(&back, b"SSH-2.0-words");
    assert_eq!(
        kinds(&gateway, "forward.tunnel").len(),
        1,
        "recorded before it ends"
    );
    drop(socket);
    eventually("the end is recorded", || {
        kinds(&gateway, "forward.end").len() == 1
    });
    let end = &kinds(&gateway, "forward.end")[0];
    assert_eq!(
        (&end["app"], &end["destination"]),
        (&json!("crm"), &json!(there.to_string()))
    );
    assert_eq!(
        (&end["bytes_out"], &end["bytes_in"]),
        (&json!(13), &json!(13))
    );

    // The same machine by another name is not what was listed: names lead to public addresses only.
    let (status, _) = connect(
        gateway.data,
        &format!("localhost:{}", there.port()),
        Some(key),
    );
    assert_eq!(status, 403);
    eventually("that is recorded too", || {
        kinds(&gateway, "forward.end").len() == 2
    });
    let end = &kinds(&gateway, "forward.end")[1];
    assert_eq!(
        (&end["outcome"], &end["destination"]),
        (
            &json!("address_refused"),
            &json!(format!("*:{}", there.port()))
        )
    );
}

#[test]
fn a_tunnel_is_no_way_around() {
    let there = echo();
    let more = format!("[forward]\nother_hosts = \"tunnel\"\ntunnel_inside = [\"{there}\"]\n");
    let (gateway, _) = forwarding(&Setup {
        more,
        ..Setup::default()
    });
    let (status, socket) = connect(gateway.data, &there.to_string(), None);
    assert_eq!(status, 200);
    assert!(greet(socket, &gateway.home, "api.deepseek.com").is_err());
    eventually("it is recorded", || {
        kinds(&gateway, "forward.end").len() == 1
    });
    let end = &kinds(&gateway, "forward.end")[0];
    assert_eq!(
        (&end["outcome"], &end["bytes_out"]),
        (&json!("other_host_greeted"), &json!(0))
    );
}

#[test]
fn requests_in_absolute_form_are_answered_or_passed_on() {
    let more = format!(
        "[forward]\nother_hosts = \"tunnel\"\ntunnel_inside = [\"{}\"]\n",
        UPSTREAM.address
    );
    let (gateway, _) = forwarding(&Setup {
        more,
        ..Setup::default()
    });
    let post = |url: &str, case: &str| {
        call(
            gateway.data,
            "POST",
            url,
            &[("connection", "x-hop"), ("x-hop", "1")],
            &ask(case, "Mail lena.fischer@example.org"),
        )
    };
    let opened = post(
        "http://api.deepseek.com/v1/chat/completions",
        "absolute-opened",
    );
    assert_eq!(opened.status, 200, "{}", opened.text());
    hunt(&UPSTREAM.seen("absolute-opened")[0].body, "the destination");
    let here = post(
        &format!("http://{}/v1/chat/completions", gateway.data),
        "absolute-here",
    );
    assert_eq!(here.status, 200, "{}", here.text());
    hunt(&UPSTREAM.seen("absolute-here")[0].body, "the destination");
    let passed = post(
        &format!("http://{}/v1/chat/completions", UPSTREAM.address),
        "absolute-passed",
    );
    assert_eq!(passed.status, 200, "{}", passed.text());
    let seen = &UPSTREAM.seen("absolute-passed")[0];
    assert!(
        seen.headers
            .contains(&format!("host: {}\n", UPSTREAM.address)),
        "{}",
        seen.headers
    );
    assert!(
        !seen.headers.contains("x-hop") && seen.path == "/v1/chat/completions",
        "{}",
        seen.headers
    );
    assert_eq!(
        post(
            "http://api.deepseek.com:8080/v1/chat/completions",
            "absolute-port"
        )
        .status,
        403
    );
    assert_eq!(
        post("https://www.example.org/", "absolute-https").status,
        403
    );
    eventually("its end is recorded", || {
        kinds(&gateway, "forward.end").len() == 1
    });
    // What was passed on is not ours: it holds what the client sent, and the destination of these tests must not keep it.
    UPSTREAM.forget("absolute-passed");
}

#[test]
fn a_stop_waits_for_no_quiet_tunnel() {
    let there = echo();
    let more = format!("[forward]\nother_hosts = \"tunnel\"\ntunnel_inside = [\"{there}\"]\n");
    let (gateway, _) = forwarding(&Setup {
        more,
        ..Setup::default()
    });
    let (status, mut socket) = connect(gateway.data, &there.to_string(), None);
    assert_eq!(status, 200);
    let home = gateway.home.clone();
    assert!(gateway.stop().success(), "the tunnel was counted as cut");
    assert_eq!(socket.read(&mut [0]).unwrap_or(0), 0);
    let end = home
        .audit()
        .into_iter()
        .find(|entry| entry["kind"] == "forward.end")
        .unwrap();
    assert_eq!(end["outcome"], "idle");
    home.verify();
}

#[test]
fn without_an_authority_or_when_told_so_it_is_no_proxy() {
    let plain = Gateway::start(&UPSTREAM, &Setup::default());
    assert_eq!(connect(plain.data, "api.deepseek.com:443", None).0, 404);
    let (off, _) = forwarding(&Setup {
        more: "[forward]\nmode = \"off\"\n".to_owned(),
        ..Setup::default()
    });
    assert_eq!(connect(off.data, "api.deepseek.com:443", None).0, 404);
}

#[test]
fn the_authority_is_made_once_shown_and_kept_to_its_owner() {
    let home = Home::new();
    home.configure(&UPSTREAM, &Setup::default());
    let text = |args: &[&str]| {
        let out = home.run(args);
        (
            out.status.success(),
            String::from_utf8(out.stdout).unwrap(),
            String::from_utf8(out.stderr).unwrap(),
        )
    };
    let (fine, _, said) = text(&["ca", "print"]);
    assert!(!fine && said.contains("vestibule ca new"), "{said}");
    let (fine, facts, said) = text(&["ca", "new"]);
    assert!(
        fine && facts.contains("api.deepseek.com, api.openai.com, api.anthropic.com"),
        "{facts}{said}"
    );
    let (_, pem, _) = text(&["ca", "print"]);
    assert!(pem.starts_with("-----BEGIN CERTIFICATE-----\n"), "{pem}");
    assert!(!pem.contains("PRIVATE"));
    let (fine, _, said) = text(&["ca", "new"]);
    assert!(!fine && said.contains("--replace"), "{said}");
    assert_eq!(
        text(&["ca", "print"]).1,
        pem,
        "a refused one changes nothing"
    );
    assert!(text(&["ca", "new", "--replace"]).0);
    assert_ne!(text(&["ca", "print"]).1, pem);
    for (lang, word) in [("en", "How programs come to trust"), ("zh", "让程序信任")] {
        let (fine, help, _) = text(&["ca", "install-help", "--lang", lang]);
        assert!(fine && help.contains(word), "{help}");
    }
    for name in ["keys.db", "kek"] {
        let mode = home
            .data()
            .join(name)
            .metadata()
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}

#[test]
fn a_client_that_says_nothing_after_connect_is_cut_off() {
    let more = "[forward]\nmode = \"on\"\n".to_owned();
    let server = "handshake_timeout_s = 1\n".to_owned();
    let (gateway, _) = forwarding(&Setup {
        server,
        more,
        ..Setup::default()
    });
    let (status, mut socket) = connect(gateway.data, "api.deepseek.com:443", None);
    assert_eq!(status, 200);
    assert_eq!(
        socket.read(&mut [0]).unwrap_or(0),
        0,
        "the handshake's time is over"
    );
    drop::<TcpStream>(socket);
}
