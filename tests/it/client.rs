//! A plain HTTP/1.1 client: what it is given goes out byte for byte, and what comes is told as it came.

use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// Longest time without a byte before a test fails.
const PATIENCE: Duration = Duration::from_mins(1);

/// A response that has ended.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    head: String,
    /// The body, unframed.
    pub(crate) body: Vec<u8>,
    /// Whether its framing says that it is whole.
    pub(crate) whole: bool,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("not JSON ({error}): {}", self.text()))
    }

    /// Reason code of an answer in the API's error shape.
    pub(crate) fn code(&self) -> String {
        let error = &self.json()["error"];
        assert!(
            error["message"].is_string() && error["type"].is_string(),
            "not the API's error shape: {}",
            self.text()
        );
        error["code"].as_str().unwrap().to_owned()
    }

    /// What every event of a stream carries, in order; comments and blank lines are left out.
    pub(crate) fn events(&self) -> Vec<String> {
        let lines = self.text().lines();
        lines
            .filter_map(|line| line.strip_prefix("data:").map(str::trim_start))
            .map(str::to_owned)
            .collect()
    }
}

/// A request whose response is being read.
#[derive(Debug)]
pub(crate) struct Exchange {
    socket: TcpStream,
    raw: Vec<u8>,
}

impl Exchange {
    /// Sends a request.
    pub(crate) fn begin(
        to: SocketAddr,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> std::io::Result<Self> {
        let mut socket = TcpStream::connect(to)?;
        socket.set_read_timeout(Some(PATIENCE))?;
        let mut head = format!("{method} {path} HTTP/1.1\r\nhost: {to}\r\nconnection: close\r\n");
        for (name, value) in headers {
            write!(head, "{name}: {value}\r\n").unwrap();
        }
        write!(head, "content-length: {}\r\n\r\n", body.len()).unwrap();
        let mut request = head.into_bytes();
        request.extend_from_slice(body);
        socket.write_all(&request)?;
        Ok(Self {
            socket,
            raw: Vec::new(),
        })
    }

    /// Reads until the response holds this text; fails where it ends before.
    pub(crate) fn read_until(&mut self, text: &str) {
        while !holds(&self.raw, text.as_bytes()) {
            let mut piece = [0; 4096];
            let count = self.socket.read(&mut piece).unwrap();
            let so_far = String::from_utf8_lossy(&self.raw);
            assert!(count > 0, "ended without {text:?}: {so_far}");
            self.raw.extend_from_slice(&piece[..count]);
        }
    }

    /// Reads to the end. An error is the connection's; a body that breaks off is an answer that is not whole.
    pub(crate) fn finish(mut self) -> std::io::Result<Answer> {
        let ended = self.socket.read_to_end(&mut self.raw);
        let Some(split) = find(&self.raw, b"\r\n\r\n") else {
            return Err(ended
                .err()
                .unwrap_or_else(|| std::io::ErrorKind::UnexpectedEof.into()));
        };
        let head = String::from_utf8(self.raw[..split].to_vec()).unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let mut answer = Answer {
            status,
            head,
            body: Vec::new(),
            whole: false,
        };
        let framed = &self.raw[split + 4..];
        if answer.header("transfer-encoding") == Some("chunked") {
            (answer.body, answer.whole) = unchunk(framed);
        } else {
            let length = answer
                .header("content-length")
                .map_or(0, |length| length.parse().unwrap());
            answer.body = framed.to_vec();
            answer.whole = framed.len() == length;
        }
        Ok(answer)
    }
}

/// Sends a request and reads the whole response.
pub(crate) fn call(
    to: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Answer {
    Exchange::begin(to, method, path, headers, body)
        .and_then(Exchange::finish)
        .unwrap()
}

/// Whether these bytes hold those.
pub(crate) fn holds(bytes: &[u8], wanted: &[u8]) -> bool {
    find(bytes, wanted).is_some()
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    memchr::memmem::find(bytes, wanted)
}

fn unchunk(mut framed: &[u8]) -> (Vec<u8>, bool) {
    let mut body = Vec::new();
    while let Some(line) = find(framed, b"\r\n") {
        let size = std::str::from_utf8(&framed[..line]).unwrap();
        let size = usize::from_str_radix(size, 16).unwrap();
        let rest = &framed[line + 2..];
        if size == 0 {
            return (body, true);
        }
        if rest.len() < size + 2 {
            body.extend_from_slice(&rest[..size.min(rest.len())]);
            break;
        }
        body.extend_from_slice(&rest[..size]);
        framed = &rest[size + 2..];
    }
    (body, false)
}
