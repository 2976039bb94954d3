//! A stand-in that nobody notices: with nothing to de-identify, bodies are the same bytes as without the gateway, and
//! headers differ by the list in README.md and by nothing else.

pub(crate) mod wire;

mod documented;
mod speech;

use std::net::SocketAddr;

use crate::gateway::{Gateway, Home, Setup};
use crate::proxied::{client, connect, greet, run};
use crate::upstream::Upstream;
use documented::{Judge, ways};
use speech::{ASKED, Asked, FORMATS, Told};
use wire::{Framing, Message, Recorder, bytes, dial, exchange};

/// A value that the gateway may not let through, in either direction.
const MARK: &str = "marked";

/// How an app reaches the destination.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Road {
    /// By the gateway's own address.
    Reverse,
    /// `POST http://host/path`, to the proxy.
    Absolute,
    /// `CONNECT`, and TLS inside.
    Connect,
}

const ROADS: [Road; 3] = [Road::Reverse, Road::Absolute, Road::Connect];
const HOST: &str = "api.deepseek.com";

struct Stand {
    recorder: Recorder,
    gateway: Gateway,
}

impl Stand {
    fn start(more: &str) -> Self {
        let recorder = Recorder::start();
        let upstream = Upstream::elsewhere(recorder.address);
        let setup = Setup {
            more: format!("speaks = {FORMATS}\n{more}"),
            ..Setup::default()
        };
        let home = Home::new();
        home.configure(&upstream, &setup);
        let made = home.run(&["ca", "new"]);
        assert!(made.status.success());
        let gateway = Gateway::start_in(&home, &upstream, &setup);
        Self { recorder, gateway }
    }

    /// What the destination got and what the app heard, without the gateway.
    fn directly(&self, request: &[u8]) -> (Message, Message) {
        let heard = exchange(dial(self.recorder.address), request);
        (self.recorder.only(), heard)
    }

    /// The same through the gateway.
    fn through(&self, road: Road, request: &[u8]) -> (Message, Message) {
        let proxy: SocketAddr = self.gateway.data;
        let heard = match road {
            Road::Reverse => exchange(dial(proxy), request),
            Road::Absolute => {
                let target = format!("POST http://{HOST}/");
                let request =
                    [target.as_bytes(), request.strip_prefix(b"POST /").unwrap()].concat();
                exchange(dial(proxy), &request)
            }
            Road::Connect => {
                let (status, socket) = connect(proxy, &format!("{HOST}:443"), None);
                assert_eq!(status, 200);
                exchange(greet(socket, &self.gateway.home, HOST).unwrap(), request)
            }
        };
        (self.recorder.only(), heard)
    }
}

/// Headers as clients send them, and some that only a careless app would.
fn sent_headers(asked: Asked) -> Vec<(&'static str, &'static str)> {
    let mut headers = vec![
        ("host", "marked.example"),
        ("connection", "close, x-hop"),
        ("x-hop", MARK),
        ("te", "trailers"),
        ("keep-alive", "timeout=5"),
        ("proxy-connection", "keep-alive"),
        ("proxy-authorization", "Basic bWFya2VkOm1hcmtlZA=="),
        ("authorization", concat!("Bearer sk", "-marked")),
        ("x-api-key", concat!("sk", "-marked")),
        ("api-key", concat!("sk", "-marked")),
        ("user-agent", "OpenAI/Python 2.54.0 marked"),
        ("accept", "application/json, marked/json"),
        ("accept-encoding", "gzip, deflate, zstd"),
        ("content-type", "application/json; marked=1"),
        ("x-conversation-id", MARK),
        ("x-stainless-lang", MARK),
        ("x-stainless-os", MARK),
        ("openai-organization", MARK),
        ("openai-project", MARK),
        ("openai-beta", "responses=marked"),
        ("idempotency-key", MARK),
        ("cookie", "a=marked"),
        ("traceparent", MARK),
        ("x-customer", "marked, marked"),
    ];
    if asked.is_anthropic() {
        headers.push(("anthropic-version", "2026-10-21"));
        headers.push(("anthropic-beta", "context-1m-2025-08-07"));
    }
    headers
}

/// Headers as providers send them.
const TOLD_HEADERS: [(&str, &str); 34] = [
    ("date", "Tue, 24 Nov 2026 10:00:00 GMT"),
    ("connection", "keep-alive"),
    ("server", MARK),
    ("retry-after", "7"),
    ("retry-after-ms", "7000"),
    ("x-should-retry", "false"),
    ("x-request-id", "req_a1"),
    ("request-id", "req_011"),
    ("x-deepseek-request-id", "ds-1"),
    ("x-ds-trace-id", "0123456789abcdef"),
    ("openai-processing-ms", "215"),
    ("openai-version", "2020-10-01"),
    ("openai-organization", MARK),
    ("openai-model", MARK),
    ("anthropic-organization-id", MARK),
    ("x-ratelimit-limit-requests", "500"),
    ("x-ratelimit-limit-tokens", "200000"),
    ("x-ratelimit-remaining-requests", "499"),
    ("x-ratelimit-remaining-tokens", "199985"),
    ("x-ratelimit-reset-requests", "120ms"),
    ("x-ratelimit-reset-tokens", "4ms"),
    ("anthropic-ratelimit-requests-limit", "1000"),
    ("anthropic-ratelimit-tokens-reset", "2026-11-24T10:00:00Z"),
    ("cache-control", "no-cache"),
    ("x-accel-buffering", "no"),
    ("set-cookie", "a=marked; HttpOnly"),
    ("strict-transport-security", "max-age=1; marked"),
    ("access-control-allow-origin", "https://marked.example"),
    ("access-control-expose-headers", MARK),
    ("alt-svc", "h3=\":443\"; ma=1; marked"),
    ("via", "1.1 marked"),
    ("cf-ray", MARK),
    ("vary", "origin, marked"),
    ("x-content-type-options", MARK),
];

fn post(asked: Asked, headers: &[(&str, &str)], body: &[u8], framing: Framing) -> Vec<u8> {
    bytes(
        &format!("POST {} HTTP/1.1", asked.path),
        headers,
        body,
        framing,
    )
}

fn reply(told: &Told, headers: &[(&str, &str)], framing: Framing) -> Vec<u8> {
    let (_, status, kind, body) = told;
    // A quota that is gone, in seconds, would make the gateway leave the destination alone.
    let date = ("retry-after", "Tue, 24 Nov 2026 10:00:00 GMT");
    let too_many = status.starts_with("429");
    let headers = headers.iter().map(|header| match header.0 {
        "retry-after" if too_many => date,
        _ => *header,
    });
    let headers: Vec<_> = headers.chain([("content-type", *kind)]).collect();
    bytes(&format!("HTTP/1.1 {status}"), &headers, body, framing)
}

/// No marked value came along.
fn unmarked(message: &Message, case: &str) {
    let told = format!("{:?}", message.headers);
    assert!(
        !told.contains(MARK) && !told.contains("bWFya2Vk"),
        "{case}: {told}"
    );
}

/// The parts of a comparison that are the same for every request.
struct Trial<'a> {
    stand: &'a Stand,
    requests: Judge,
    replies: Judge,
}

impl Trial<'_> {
    fn compare(&mut self, road: Road, request: &[u8], case: &str) -> [(Message, Message); 2] {
        let direct = self.stand.directly(request);
        let through = self.stand.through(road, request);
        self.requests.compare(&direct.0, &through.0, case);
        self.replies.compare(&direct.1, &through.1, case);
        unmarked(&through.0, case);
        unmarked(&through.1, case);
        assert_eq!(through.0.first, direct.0.first, "{case}");
        assert_eq!(through.1.status(), direct.1.status(), "{case}");
        [direct, through]
    }

    /// A request that is told this, with the same bodies either way.
    fn same(&mut self, road: Road, asked: Asked, stream: bool, told: &Told) {
        let case = format!("{road:?}, {}, {} {}", asked.name, told.0, told.1);
        let framing = if stream {
            Framing::Chunks(7)
        } else {
            Framing::Length
        };
        self.stand
            .recorder
            .answer(reply(told, &TOLD_HEADERS, framing));
        let body = asked.body(stream);
        let request = post(asked, &sent_headers(asked), body.as_bytes(), framing);
        let [direct, through] = self.compare(road, &request, &case);
        assert_eq!(through.0.body, body.as_bytes(), "{case}: the request");
        assert_eq!(direct.1.body, told.3, "{case}");
        let same = through.1.body == told.3;
        assert!(
            same,
            "{case}: the reply: {}",
            String::from_utf8_lossy(&through.1.body)
        );
    }

    /// Packed bodies travel unpacked.
    fn packed(&mut self, road: Road, asked: Asked) {
        let pack = |bytes: &[u8]| {
            vestibule::coding::encode(vestibule::coding::Coding::Gzip, bytes).unwrap()
        };
        let told = &asked.whole()[0];
        let packed: Told = (told.0, told.1, told.2, pack(&told.3));
        let coding = [("content-encoding", "gzip")];
        let headers = [&TOLD_HEADERS[..], &coding].concat();
        self.stand
            .recorder
            .answer(reply(&packed, &headers, Framing::Length));
        let headers = [sent_headers(asked), coding.to_vec()].concat();
        let request = post(
            asked,
            &headers,
            &pack(asked.body(false).as_bytes()),
            Framing::Length,
        );
        let [_, through] = self.compare(road, &request, "packed");
        assert_eq!(through.0.body, asked.body(false).as_bytes());
        assert_eq!(through.1.body, told.3);
    }
}

#[test]
fn bodies_are_the_same_bytes_and_headers_differ_as_it_is_written() {
    let stand = Stand::start("");
    let [requests, replies] = ways().map(Judge::new);
    let mut trial = Trial {
        stand: &stand,
        requests,
        replies,
    };
    for road in ROADS {
        for asked in ASKED {
            for told in asked.whole() {
                trial.same(road, asked, false, &told);
            }
            for told in asked.streams_told() {
                trial.same(road, asked, true, &told);
            }
            for told in asked.errors() {
                trial.same(road, asked, asked.streams(), &told);
                trial.same(road, asked, false, &asked.whole()[0]);
            }
        }
        trial.packed(road, ASKED[0]);
    }
    trial.requests.all_seen();
    trial.replies.all_seen();
}

#[test]
fn over_http2_bodies_are_the_same_bytes_too() {
    let stand = Stand::start("");
    let printed = stand.gateway.home.run(&["ca", "print"]).stdout;
    let root = reqwest::Certificate::from_pem(&printed).unwrap();
    let client = client(&stand.gateway, &root, None, false);
    run(async {
        for asked in ASKED {
            for told in asked.whole().iter().chain(&asked.streams_told()) {
                let case = format!("{}, {}", asked.name, told.0);
                let stream = told.2.starts_with("text/event-stream");
                let framing = if stream {
                    Framing::Chunks(7)
                } else {
                    Framing::Length
                };
                stand.recorder.answer(reply(told, &[], framing));
                let request = client.post(format!("https://{HOST}{}", asked.path));
                let response = request.body(asked.body(stream)).send().await.unwrap();
                assert_eq!(response.version(), http::Version::HTTP_2);
                assert!(response.bytes().await.unwrap() == told.3, "{case}");
                assert_eq!(stand.recorder.only().body, asked.body(stream).as_bytes());
            }
        }
    });
}

#[test]
fn a_version_and_features_pass_only_where_their_form_is_known() {
    let more = "extra_headers = { anthropic-beta = \"effort-2025-11-24\" }\n";
    let (plain, fixed) = (Stand::start(""), Stand::start(more));
    let [chat, messages] = ["chat", "messages"].map(|name| {
        let named = ASKED.iter().find(|asked| asked.name == name);
        *named.unwrap()
    });
    let ask = |stand: &Stand, asked: Asked, headers: &[(&str, &str)]| {
        stand
            .recorder
            .answer(reply(&asked.whole()[0], &[], Framing::Length));
        let headers = [&[("host", "h"), ("connection", "close")], headers].concat();
        let request = post(
            asked,
            &headers,
            asked.body(false).as_bytes(),
            Framing::Length,
        );
        let (got, heard) = stand.through(Road::Reverse, &request);
        assert_eq!(heard.status(), 200);
        let one = |name| got.header(name).map(str::to_owned);
        (one("anthropic-version"), one("anthropic-beta"))
    };
    let both = |version, beta| [("anthropic-version", version), ("anthropic-beta", beta)];
    let said =
        |version: &str, beta: Option<&str>| (Some(version.to_owned()), beta.map(str::to_owned));
    let new = both(
        "2026-10-21",
        "context-1m-2025-08-07, lena-fischer-2025-01-01,files-api-2025-04-14",
    );
    assert_eq!(
        ask(&plain, messages, &new),
        said("2026-10-21", Some("context-1m-2025-08-07"))
    );
    assert_eq!(ask(&plain, chat, &new), (None, None));
    let wrong = both("1987-03-05", "lena fischer");
    assert_eq!(ask(&plain, messages, &wrong), said("2023-06-01", None));
    assert_eq!(ask(&plain, messages, &[]), said("2023-06-01", None));
    // What the operator has set stands.
    assert_eq!(
        ask(&fixed, messages, &new),
        said("2026-10-21", Some("effort-2025-11-24"))
    );
}
