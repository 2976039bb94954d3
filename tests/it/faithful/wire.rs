//! HTTP/1.1 byte for byte: a destination that keeps every request as it came and answers with bytes that were written
//! for it, and a client that does the same from the other side. Knows nothing of formats.

use parking_lot::Mutex;
use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use crate::client::holds;

/// Longest time without a byte before a test fails.
const PATIENCE: Duration = Duration::from_mins(1);

/// A request or a reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Message {
    /// The first line.
    pub(crate) first: String,
    /// Names in lower case, in order.
    pub(crate) headers: Vec<(String, String)>,
    /// Unframed.
    pub(crate) body: Vec<u8>,
}

impl Message {
    /// Every value of a header.
    pub(crate) fn all(&self, name: &str) -> Vec<&str> {
        let named = self.headers.iter().filter(|(known, _)| known == name);
        named.map(|(_, value)| value.as_str()).collect()
    }

    /// The one value of a header that is there once.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        match self.all(name)[..] {
            [value] => Some(value),
            _ => None,
        }
    }

    pub(crate) fn status(&self) -> u16 {
        self.first.split(' ').nth(1).unwrap().parse().unwrap()
    }

    /// Reads one; `None` where the other side is done.
    pub(crate) fn read(from: &mut impl Read) -> Option<Self> {
        let head = line_by_line(from, b"\r\n\r\n")?;
        let mut lines = head.trim_end().split("\r\n");
        let first = lines.next().unwrap().to_owned();
        let headers = lines.map(|line| {
            let (name, value) = line.split_once(':').unwrap();
            (name.to_ascii_lowercase(), value.trim().to_owned())
        });
        let mut message = Self {
            first,
            headers: headers.collect(),
            body: Vec::new(),
        };
        if message.header("transfer-encoding") == Some("chunked") {
            message.body = chunks(from);
        } else if let Some(length) = message.header("content-length") {
            message.body = vec![0; length.parse().unwrap()];
            from.read_exact(&mut message.body).unwrap();
        }
        Some(message)
    }
}

fn line_by_line(from: &mut impl Read, end: &[u8]) -> Option<String> {
    let mut read = Vec::new();
    while !read.ends_with(end) {
        let mut byte = [0];
        match from.read(&mut byte) {
            Ok(1) => read.push(byte[0]),
            _ => return None,
        }
    }
    Some(String::from_utf8(read).unwrap())
}

fn chunks(from: &mut impl Read) -> Vec<u8> {
    let mut body = Vec::new();
    loop {
        let size = line_by_line(from, b"\r\n").unwrap();
        let size = usize::from_str_radix(size.trim_end(), 16).unwrap();
        let start = body.len();
        body.resize(start + size + 2, 0);
        from.read_exact(&mut body[start..]).unwrap();
        body.truncate(start + size);
        if size == 0 {
            return body;
        }
    }
}

/// How a body is framed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Framing {
    Length,
    /// In chunks of so many bytes.
    Chunks(usize),
}

/// A message as bytes.
pub(crate) fn bytes(
    first: &str,
    headers: &[(&str, &str)],
    body: &[u8],
    framing: Framing,
) -> Vec<u8> {
    let mut head = format!("{first}\r\n");
    for (name, value) in headers {
        write!(head, "{name}: {value}\r\n").unwrap();
    }
    let mut framed = Vec::new();
    match framing {
        Framing::Length => {
            write!(head, "content-length: {}\r\n\r\n", body.len()).unwrap();
            framed.extend_from_slice(body);
        }
        Framing::Chunks(size) => {
            head.push_str("transfer-encoding: chunked\r\n\r\n");
            for chunk in body.chunks(size) {
                framed.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
                framed.extend_from_slice(chunk);
                framed.extend_from_slice(b"\r\n");
            }
            framed.extend_from_slice(b"0\r\n\r\n");
        }
    }
    [head.into_bytes(), framed].concat()
}

/// Sends these bytes and reads the reply.
pub(crate) fn exchange<S: Read + Write>(mut stream: S, request: &[u8]) -> Message {
    stream.write_all(request).unwrap();
    stream.flush().unwrap();
    Message::read(&mut stream).unwrap()
}

/// A connection.
pub(crate) fn dial(to: SocketAddr) -> TcpStream {
    let socket = TcpStream::connect(to).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    socket
}

#[derive(Default)]
struct Kept {
    reply: Vec<u8>,
    got: Vec<Message>,
    connections: usize,
}

/// The destination.
#[derive(Clone)]
pub(crate) struct Recorder {
    pub(crate) address: SocketAddr,
    kept: Arc<Mutex<Kept>>,
}

impl Recorder {
    /// One that runs until the process ends.
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let kept = Arc::<Mutex<Kept>>::default();
        let shared = Arc::clone(&kept);
        thread::spawn(move || {
            for socket in listener.incoming() {
                let (socket, kept) = (socket.unwrap(), Arc::clone(&shared));
                kept.lock().connections += 1;
                thread::spawn(move || serve(socket, &kept));
            }
        });
        Self { address, kept }
    }

    /// How requests are answered from now on.
    pub(crate) fn answer(&self, reply: Vec<u8>) {
        self.kept.lock().reply = reply;
    }

    /// The one request that came since the last call.
    pub(crate) fn only(&self) -> Message {
        let mut got = std::mem::take(&mut self.kept.lock().got);
        assert_eq!(got.len(), 1, "{got:?}");
        got.remove(0)
    }

    /// How many connections were made to it.
    pub(crate) fn connections(&self) -> usize {
        self.kept.lock().connections
    }
}

fn serve(mut socket: TcpStream, kept: &Mutex<Kept>) {
    while let Some(message) = Message::read(&mut socket) {
        let reply = {
            let mut kept = kept.lock();
            kept.got.push(message);
            kept.reply.clone()
        };
        if socket.write_all(&reply).is_err() || holds(&reply, b"\r\nconnection: close\r\n") {
            return;
        }
    }
}
