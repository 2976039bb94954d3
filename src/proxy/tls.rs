//! TLS for the data listener: rustls with aws-lc-rs, TLS 1.3 and 1.2, the hybrid group X25519MLKEM768 first.

use super::ProxyError;
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::path::Path;
use std::sync::Arc;
use tokio_rustls::TlsAcceptor;

/// An acceptor for this certificate chain and its key, both PEM files.
pub(super) fn acceptor(certificate: &Path, key: &Path) -> Result<TlsAcceptor, ProxyError> {
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
    Ok(TlsAcceptor::from(Arc::new(config)))
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
        assert!(acceptor(&certificate, &key).is_ok());
        for (certificate, key, blamed) in [
            (&certificate, &foreign, "foreign.pem` doesn't belong"),
            (&empty, &key, "empty.pem` holds no certificate"),
            (&certificate, &empty, "empty.pem` can't be read"),
            (&missing, &key, "missing.pem` can't be read"),
        ] {
            let message = acceptor(certificate, key).err().unwrap().to_string();
            assert!(message.contains(blamed), "{message}");
        }
    }

    #[test]
    fn the_hybrid_group_comes_first() {
        let first = aws_lc_rs::default_provider().kx_groups[0].name();
        assert_eq!(first, rustls::NamedGroup::X25519MLKEM768);
    }
}
