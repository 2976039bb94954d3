//! A client that does not read: the destination is slowed down, and nothing piles up in the gateway.

use rustix::net::sockopt;
use serde_json::{Value, json};
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use crate::faithful::wire::{Message, dial};
use crate::gateway::{Gateway, Setup};
use crate::upstream::{Upstream, eventually};

const MIB: u64 = 1024 * 1024;
/// More than the kernel keeps for the gateway's ends of two connections (each buffer grows to 4–32 MiB), and far less
/// than is offered.
const MOST_BYTES: u64 = 96 * MIB;
/// What the kernel keeps for the ends here, in bytes.
const SMALL: usize = 64 * 1024;

/// A destination that never stops, and how much of its stream was taken.
#[derive(Clone, Default)]
struct Endless {
    sent: Arc<AtomicU64>,
    gone: Arc<AtomicBool>,
}

impl Endless {
    fn sent(&self) -> u64 {
        self.sent.load(Ordering::SeqCst)
    }

    fn start(
        &self,
        first: Vec<String>,
        again: impl Fn(u64) -> String + Send + 'static,
    ) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let endless = self.clone();
        thread::spawn(move || {
            for socket in listener.incoming() {
                let mut socket = socket.unwrap();
                let asked = Message::read(&mut socket).unwrap();
                if asked.first.starts_with("POST ") {
                    endless.pour(socket, &first, &again);
                }
            }
        });
        address
    }

    fn pour(&self, mut socket: TcpStream, first: &[String], again: &impl Fn(u64) -> String) {
        sockopt::set_socket_send_buffer_size(&socket, SMALL).unwrap();
        let head =
            "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
        socket.write_all(head.as_bytes()).unwrap();
        for event in first {
            socket.write_all(event.as_bytes()).unwrap();
        }
        for number in first.len() as u64.. {
            let event = again(number);
            if socket.write_all(event.as_bytes()).is_err() {
                self.gone.store(true, Ordering::SeqCst);
                return;
            }
            self.sent.fetch_add(event.len() as u64, Ordering::SeqCst);
        }
    }

    /// Waits until no more is taken.
    fn stalls(&self, case: &str) {
        let mut quiet = 0;
        while quiet < 20 {
            let before = self.sent();
            assert!(before < MOST_BYTES, "{case}: nobody reads, and it takes on");
            thread::sleep(Duration::from_millis(50));
            let moved = before == 0 || self.sent() != before;
            quiet = if moved { 0 } else { quiet + 1 };
        }
    }
}

/// Bytes of the gateway in memory.
fn resident(gateway: &Gateway) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", gateway.pid())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let kib: u64 = line
        .unwrap()
        .split_whitespace()
        .nth(1)
        .unwrap()
        .parse()
        .unwrap();
    kib * 1024
}

fn named(mut data: Value, name: &str) -> String {
    data["type"] = json!(name);
    format!("event: {name}\ndata: {data}\n\n")
}

fn text() -> String {
    "海上生明月，天涯共此时。".repeat(40)
}

fn check(
    case: &str,
    path: &str,
    asked: &Value,
    first: Vec<String>,
    again: impl Fn(u64) -> String + Send + 'static,
) {
    let endless = Endless::default();
    let upstream = Upstream::elsewhere(endless.start(first, again));
    let setup = Setup {
        log: "info",
        ..Setup::default()
    };
    let gateway = Gateway::start(&upstream, &setup);
    let before = resident(&gateway);
    let mut asked = asked.clone();
    asked["model"] = json!("deepseek-flash");
    asked["stream"] = json!(true);
    let body = asked.to_string();
    let mut client = dial(gateway.data);
    sockopt::set_socket_recv_buffer_size(&client, SMALL).unwrap();
    write!(
        client,
        "POST {path} HTTP/1.1\r\nhost: h\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    endless.stalls(case);
    let stalled = endless.sent();
    let grown = resident(&gateway).saturating_sub(before);
    assert!(grown < 32 * MIB, "{case}: {grown} bytes more in memory");
    // It goes on as soon as somebody reads, and ends when nobody is there any more.
    let mut piece = vec![0; 256 * 1024];
    while endless.sent() == stalled {
        assert!(client.read(&mut piece).unwrap() > 0, "{case}: ended");
    }
    drop(client);
    eventually("the destination is told", || {
        endless.gone.load(Ordering::SeqCst)
    });
}

#[test]
fn a_client_that_does_not_read_slows_the_destination_in_chat() {
    let turns = json!([{"role": "user", "content": "Write to lena.fischer@example.org"}]);
    check(
        "chat",
        "/v1/chat/completions",
        &json!({ "messages": turns }),
        Vec::new(),
        |_| {
            let choice = json!({"index": 0, "delta": {"content": text()}, "finish_reason": null});
            format!(
                "data: {}\n\n",
                json!({"id": "c", "object": "chat.completion.chunk", "choices": [choice]})
            )
        },
    );
}

#[test]
fn a_client_that_does_not_read_slows_the_destination_in_messages() {
    let turns = json!([{"role": "user", "content": "Write to lena.fischer@example.org"}]);
    let message = json!({"id": "m", "type": "message", "role": "assistant", "content": [], "usage": {"input_tokens": 3, "output_tokens": 1}});
    let block = json!({"index": 0, "content_block": {"type": "text", "text": ""}});
    let first = vec![
        named(json!({ "message": message }), "message_start"),
        named(block, "content_block_start"),
    ];
    check(
        "messages",
        "/v1/messages",
        &json!({"messages": turns, "max_tokens": 9}),
        first,
        |_| {
            let delta = json!({"type": "text_delta", "text": text()});
            named(json!({"index": 0, "delta": delta}), "content_block_delta")
        },
    );
}

#[test]
fn a_client_that_does_not_read_slows_the_destination_in_responses() {
    let response = json!({"id": "r", "object": "response", "status": "in_progress", "output": []});
    let item = json!({"type": "message", "id": "i", "role": "assistant", "status": "in_progress", "content": []});
    let first = vec![
        named(
            json!({"response": response, "sequence_number": 0}),
            "response.created",
        ),
        named(
            json!({"output_index": 0, "item": item, "sequence_number": 1}),
            "response.output_item.added",
        ),
    ];
    let asked = json!({"input": "Write to lena.fischer@example.org"});
    check("responses", "/v1/responses", &asked, first, |number| {
        let at = json!({"item_id": "i", "output_index": 0, "content_index": 0, "delta": text(), "sequence_number": number});
        named(at, "response.output_text.delta")
    });
}
