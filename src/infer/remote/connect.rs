//! Makes connections to one destination: name, addresses, TCP, TLS, HTTP/1.1.
//!
//! No proxy and nothing of the environment has a say in where a connection goes.

use super::address::AddressRule;
use super::settings::{Target, Trust};
use crate::infer::BackendError;
use bytes::Bytes;
use http_body_util::Full;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use rustls_platform_verifier::BuilderVerifierExt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{self, ClientConfig, RootCertStore};

/// How often a silent connection is checked for life.
const KEEP_ALIVE: Duration = Duration::from_secs(30);

/// The sending half of a connection.
pub(super) type Sender = SendRequest<Full<Bytes>>;

/// Makes connections to one destination.
pub(super) struct Connector {
    target: Target,
    tls: Option<(TlsConnector, ServerName<'static>)>,
    patience: Duration,
}

impl Connector {
    /// `patience` is for the whole way to a usable connection.
    pub(super) fn new(
        target: Target,
        trust: Trust,
        patience: Duration,
    ) -> Result<Self, rustls::Error> {
        let tls = match trust {
            Trust::Plain => None,
            trust => {
                let name = ServerName::try_from(target.host.clone());
                let name = name.map_err(|_| rustls::Error::General("no server name".into()))?;
                Some((TlsConnector::from(Arc::new(client_config(trust)?)), name))
            }
        };
        Ok(Self {
            target,
            tls,
            patience,
        })
    }

    /// A new connection.
    pub(super) async fn connect(&self) -> Result<Sender, BackendError> {
        let connected = tokio::time::timeout(self.patience, self.connect_patiently()).await;
        connected.map_err(|_| BackendError::Unreachable)?
    }

    async fn connect_patiently(&self) -> Result<Sender, BackendError> {
        let addresses = self.addresses().await?;
        let stream = self
            .reach(&addresses)
            .await
            .ok_or(BackendError::Unreachable)?;
        prepare(&stream).map_err(|_| BackendError::Unreachable)?;
        match &self.tls {
            None => speak(stream).await,
            Some((tls, name)) => {
                let secured = tls.connect(name.clone(), stream).await;
                speak(secured.map_err(|_| BackendError::Unreachable)?).await
            }
        }
    }

    /// The addresses that the destination has now and may have.
    async fn addresses(&self) -> Result<Vec<SocketAddr>, BackendError> {
        let Target {
            host,
            port,
            literal,
            rule,
        } = &self.target;
        if let Some(ip) = literal {
            return Ok(vec![SocketAddr::new(*ip, *port)]);
        }
        let found = tokio::net::lookup_host((host.as_str(), *port)).await;
        allowed(*rule, found.map_err(|_| BackendError::Unreachable)?)
    }

    /// The first address that answers; one that doesn't costs only its share of the patience.
    async fn reach(&self, addresses: &[SocketAddr]) -> Option<TcpStream> {
        let share = self.patience / u32::try_from(addresses.len()).unwrap_or(1).max(1);
        for address in addresses {
            let tried = tokio::time::timeout(share, TcpStream::connect(address)).await;
            if let Ok(Ok(stream)) = tried {
                return Some(stream);
            }
        }
        None
    }
}

fn allowed(
    rule: AddressRule,
    found: impl Iterator<Item = SocketAddr>,
) -> Result<Vec<SocketAddr>, BackendError> {
    let (allowed, refused): (Vec<_>, Vec<_>) = found.partition(|address| rule.allows(address.ip()));
    match (allowed.is_empty(), refused.is_empty()) {
        (false, _) => Ok(allowed),
        (true, false) => Err(BackendError::AddressRefused),
        (true, true) => Err(BackendError::Unreachable),
    }
}

fn prepare(stream: &TcpStream) -> io::Result<()> {
    use rustix::net::sockopt;
    stream.set_nodelay(true)?;
    sockopt::set_socket_keepalive(stream, true)?;
    sockopt::set_tcp_keepidle(stream, KEEP_ALIVE)?;
    Ok(sockopt::set_tcp_keepintvl(stream, KEEP_ALIVE)?)
}

async fn speak<S>(stream: S) -> Result<Sender, BackendError>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let spoken = http1::handshake(TokioIo::new(stream)).await;
    let (sender, connection) = spoken.map_err(|_| BackendError::Unreachable)?;
    // its errors reach whoever waits for the answer
    tokio::spawn(async move { connection.await.ok() });
    Ok(sender)
}

fn client_config(trust: Trust) -> Result<ClientConfig, rustls::Error> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder =
        ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    let mut config = match trust {
        Trust::Authorities(certificates) => {
            let mut roots = RootCertStore::empty();
            for certificate in certificates {
                roots.add(certificate)?;
            }
            builder.with_root_certificates(roots).with_no_client_auth()
        }
        Trust::System | Trust::Plain => builder.with_platform_verifier()?.with_no_client_auth(),
    };
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_leads_into_the_building_is_refused() {
        let find = |addresses: &[&str]| {
            let found = addresses.iter().map(|address| address.parse().unwrap());
            allowed(AddressRule::Public, found.collect::<Vec<_>>().into_iter())
        };
        assert_eq!(
            find(&["10.0.0.1:443", "127.0.0.1:443"]),
            Err(BackendError::AddressRefused)
        );
        assert_eq!(find(&[]), Err(BackendError::Unreachable));
        let public = vec!["1.1.1.1:443".parse().unwrap()];
        assert_eq!(find(&["10.0.0.1:443", "1.1.1.1:443"]), Ok(public));
    }
}
