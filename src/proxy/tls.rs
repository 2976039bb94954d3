//! TLS for the data listener: rustls with aws-lc-rs, TLS 1.3 and 1.2, the hybrid group X25519MLKEM768 first.
//!
//! Certificates are renewed beside us, so their files are read again when they have changed, and at SIGHUP. Files that
//! can't be used leave the old certificate in place.

use super::ProxyError;
use arc_swap::ArcSwap;
use parking_lot::Mutex;
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;
use tokio_rustls::TlsAcceptor;

/// The listener's certificate, as its files have it.
pub(super) struct Certificate {
    chain: PathBuf,
    key: PathBuf,
    current: ArcSwap<ServerConfig>,
    seen: Mutex<Option<Stamps>>,
}

/// Times and sizes of both files.
type Stamps = [(SystemTime, u64, u64); 2];

impl Certificate {
    /// Reads a certificate chain and its key, both PEM files.
    pub(super) fn read(chain: &Path, key: &Path) -> Result<Self, ProxyError> {
        let seen = Mutex::new(stamps(chain, key));
        let current = ArcSwap::from(config(chain, key)?);
        Ok(Self {
            chain: chain.to_owned(),
            key: key.to_owned(),
            current,
            seen,
        })
    }

    /// For the next handshake.
    pub(super) fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(self.current.load_full())
    }

    /// Reads the files again if they have changed since they were read last, or `always`.
    ///
    /// A pair that was half written when it was read is read again once the other half is there.
    pub(super) fn look(&self, always: bool) {
        let now = stamps(&self.chain, &self.key);
        let mut seen = self.seen.lock();
        if !always && (now.is_none() || *seen == now) {
            return;
        }
        *seen = now;
        match config(&self.chain, &self.key) {
            Ok(config) => {
                self.current.store(config);
                tracing::info!("the certificate was read again");
            }
            Err(error) => {
                tracing::warn!(%error, "the certificate could not be read again: the old one stays in use");
            }
        }
    }
}

fn stamps(chain: &Path, key: &Path) -> Option<Stamps> {
    let stamp = |path: &Path| {
        let facts = path.metadata().ok()?;
        Some((facts.modified().ok()?, facts.len(), facts.ino()))
    };
    Some([stamp(chain)?, stamp(key)?])
}

fn config(certificate: &Path, key: &Path) -> Result<Arc<ServerConfig>, ProxyError> {
    let bad = |path: &Path, problem| ProxyError::Tls {
        path: path.to_owned(),
        problem,
    };
    let chain: Vec<_> = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect)
        .map_err(|_| bad(certificate, "can't be read as PEM certificates"))?;
    if chain.is_empty() {
        return Err(bad(certificate, "holds no certificate"));
    }
    let private = PrivateKeyDer::from_pem_file(key)
        .map_err(|_| bad(key, "can't be read as a PEM private key"))?;
    let provider = Arc::new(aws_lc_rs::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
        .map_err(|_| bad(certificate, "can't be used with TLS 1.2 and 1.3"))?
        .with_no_client_auth()
        .with_single_cert(chain, private)
        .map_err(|_| {
            bad(
                key,
                "doesn't belong to the certificate or is of a kind that TLS can't use",
            )
        })?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn what_is_wrong_with_the_files_is_said_with_the_path() {
        let folder = tempfile::tempdir().unwrap();
        let made = || rcgen::generate_simple_self_signed(vec!["localhost".into()]).unwrap();
        let (one, other) = (made(), made());
        let write = |name: &str, text: String| {
            let path = folder.path().join(name);
            fs::write(&path, text).unwrap();
            path
        };
        let certificate = write("certificate.pem", one.cert.pem());
        let key = write("key.pem", one.signing_key.serialize_pem());
        let foreign = write("foreign.pem", other.signing_key.serialize_pem());
        let empty = write("empty.pem", String::new());
        let missing = folder.path().join("missing.pem");
        assert!(config(&certificate, &key).is_ok());
        for (certificate, key, blamed) in [
            (&certificate, &foreign, "foreign.pem` doesn't belong"),
            (&empty, &key, "empty.pem` holds no certificate"),
            (&certificate, &empty, "empty.pem` can't be read"),
            (&missing, &key, "missing.pem` can't be read"),
        ] {
            let message = config(certificate, key).err().unwrap().to_string();
            assert!(message.contains(blamed), "{message}");
        }
    }

    #[test]
    fn files_are_read_again_when_they_change_and_bad_ones_change_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let (chain, key) = (
            folder.path().join("chain.pem"),
            folder.path().join("key.pem"),
        );
        let write = |made: &rcgen::CertifiedKey<rcgen::KeyPair>| {
            fs::write(&chain, made.cert.pem()).unwrap();
            fs::write(&key, made.signing_key.serialize_pem()).unwrap();
        };
        let made = || rcgen::generate_simple_self_signed(vec!["localhost".into()]).unwrap();
        write(&made());
        let certificate = Certificate::read(&chain, &key).unwrap();
        let in_use = || Arc::as_ptr(&certificate.current.load_full());
        let first = in_use();
        certificate.look(false);
        assert_eq!(in_use(), first, "nothing has changed");
        certificate.look(true);
        let asked = in_use();
        assert_ne!(asked, first);
        fs::write(&chain, "half a certi").unwrap();
        certificate.look(false);
        assert_eq!(in_use(), asked, "a bad file changes nothing");
        write(&made());
        certificate.look(false);
        let second = in_use();
        assert_ne!(second, asked);
        fs::remove_file(&key).unwrap();
        certificate.look(false);
        certificate.look(true);
        assert_eq!(in_use(), second, "a file that went away changes nothing");
    }

    #[test]
    fn the_hybrid_group_comes_first() {
        let first = aws_lc_rs::default_provider().kx_groups[0].name();
        assert_eq!(first, rustls::NamedGroup::X25519MLKEM768);
    }
}
