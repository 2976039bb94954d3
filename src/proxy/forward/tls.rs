//! TLS with the certificates of the local authority, one configuration a host, so that sessions resume.

use crate::authority::{AuthorityError, Leaves};
use parking_lot::Mutex;
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio_rustls::TlsAcceptor;

/// The configurations of the hosts that were asked for; there are no more than the section intercepts.
#[derive(Default)]
pub(super) struct Opened(Mutex<BTreeMap<String, Made>>);

/// A configuration and the certificate that it was made with.
type Made = (Arc<CertifiedKey>, Arc<ServerConfig>);

impl Opened {
    /// Takes the place of this host.
    pub(super) fn acceptor(
        &self,
        leaves: &Leaves,
        host: &str,
    ) -> Result<TlsAcceptor, AuthorityError> {
        let certified = leaves.get(host)?;
        let mut made = self.0.lock();
        if let Some((of, config)) = made.get(host)
            && Arc::ptr_eq(of, &certified)
        {
            return Ok(TlsAcceptor::from(Arc::clone(config)));
        }
        let config = config(host, Arc::clone(&certified)).map_err(|_| AuthorityError::Sign)?;
        made.insert(host.to_owned(), (certified, Arc::clone(&config)));
        Ok(TlsAcceptor::from(config))
    }
}

fn config(host: &str, certified: Arc<CertifiedKey>) -> Result<Arc<ServerConfig>, rustls::Error> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let resolver = OneHost {
        host: host.to_owned(),
        certified,
    };
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])?
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(resolver));
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// Answers for the host that `CONNECT` named, and for no other.
struct OneHost {
    host: String,
    certified: Arc<CertifiedKey>,
}

impl ResolvesServerCert for OneHost {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let fine = hello
            .server_name()
            .is_none_or(|name| name.eq_ignore_ascii_case(&self.host));
        fine.then(|| Arc::clone(&self.certified))
    }
}

impl std::fmt::Debug for OneHost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "OneHost({})", self.host)
    }
}
