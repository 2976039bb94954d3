//! Clients that reach a host through the gateway as their proxy.

use reqwest::{Certificate, Client, Proxy, Response};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use serde_json::Value;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use crate::client::call;
use crate::gateway::{Gateway, Home, Setup, UPSTREAM};
use crate::upstream::eventually;

/// Longest time without a byte before a test fails.
const PATIENCE: Duration = Duration::from_mins(1);

/// A gateway that is a forward proxy, with its authority's certificate.
pub(crate) fn forwarding(setup: &Setup) -> (Gateway, Certificate) {
    let home = Home::new();
    home.configure(&UPSTREAM, setup);
    let made = home.run(&["ca", "new"]);
    assert!(
        made.status.success(),
        "{}",
        String::from_utf8_lossy(&made.stderr)
    );
    let printed = home.run(&["ca", "print"]);
    let certificate = Certificate::from_pem(&printed.stdout).unwrap();
    (Gateway::start_in(&home, &UPSTREAM, setup), certificate)
}

/// A key for this app, which the gateway knows already.
pub(crate) fn new_key(gateway: &Gateway, app: &str) -> Value {
    let made = gateway.home.run(&["key", "new", "--app", app, "--json"]);
    let made: Value = serde_json::from_slice(&made.stdout).unwrap();
    let bearer = format!("Bearer {}", made["key"].as_str().unwrap());
    eventually("the new key is known", || {
        call(
            gateway.data,
            "GET",
            "/v1/models",
            &[("authorization", &bearer)],
            b"",
        )
        .status
            == 200
    });
    made
}

/// A client whose proxy is the gateway, with this password.
pub(crate) fn client(
    gateway: &Gateway,
    root: &Certificate,
    key: Option<&str>,
    http1: bool,
) -> Client {
    let mut proxy = Proxy::all(format!("http://{}", gateway.data)).unwrap();
    if let Some(key) = key {
        proxy = proxy.basic_auth("app", key);
    }
    let builder = Client::builder()
        .proxy(proxy)
        .tls_certs_only([root.clone()]);
    let builder = if http1 { builder.http1_only() } else { builder };
    builder.build().unwrap()
}

/// Runs this with a runtime of its own.
pub(crate) fn run<T>(work: impl Future<Output = T>) -> T {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_all().build().unwrap().block_on(work)
}

/// Sends a chat request to a host by its public name.
pub(crate) async fn chat(client: &Client, url: &str, key: Option<&str>, body: Vec<u8>) -> Response {
    let mut request = client
        .post(url)
        .header("content-type", "application/json")
        .body(body);
    if let Some(key) = key {
        request = request.bearer_auth(key);
    }
    request.send().await.unwrap()
}

/// Asks the proxy for a way to `target`; its status, and what follows the head.
pub(crate) fn connect(proxy: SocketAddr, target: &str, key: Option<&str>) -> (u16, TcpStream) {
    let mut socket = TcpStream::connect(proxy).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let password = key.map_or_else(String::new, |key| {
        format!("proxy-authorization: Bearer {key}\r\n")
    });
    write!(
        socket,
        "CONNECT {target} HTTP/1.1\r\nhost: {target}\r\n{password}\r\n"
    )
    .unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        socket.read_exact(&mut byte).unwrap();
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), socket)
}

/// Begins TLS for this name; whoever is behind is trusted if the authority's certificate says so.
pub(crate) fn greet(
    socket: TcpStream,
    home: &Home,
    name: &str,
) -> std::io::Result<StreamOwned<ClientConnection, TcpStream>> {
    Greeter::new(home).greet(socket, name)
}

/// A client of TLS that trusts the authority and remembers sessions.
pub(crate) struct Greeter(Arc<ClientConfig>);

impl Greeter {
    pub(crate) fn new(home: &Home) -> Self {
        let printed = home.run(&["ca", "print"]);
        let certificate =
            rustls::pki_types::pem::PemObject::from_pem_slice(&printed.stdout).unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(certificate).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        Self(Arc::new(config))
    }

    pub(crate) fn greet(
        &self,
        socket: TcpStream,
        name: &str,
    ) -> std::io::Result<StreamOwned<ClientConnection, TcpStream>> {
        let name = ServerName::try_from(name.to_owned()).unwrap();
        let client = ClientConnection::new(Arc::clone(&self.0), name).unwrap();
        let mut stream = StreamOwned::new(client, socket);
        while stream.conn.is_handshaking() {
            stream.conn.complete_io(&mut stream.sock)?;
        }
        Ok(stream)
    }
}
