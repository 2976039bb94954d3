//! The CA's key: ECDSA on P-256 (FIPS 186-5), kept and used by aws-lc-rs.

use super::AuthorityError;
use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256, PublicKeyData, SignatureAlgorithm};
use rustls::SignatureScheme;
use rustls::crypto::aws_lc_rs::sign::any_ecdsa_type;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use std::sync::Arc;
use zeroize::{Zeroize as _, Zeroizing};

/// Bytes of a point of P-256, uncompressed (SEC 1, section 2.3.3); a public key ends in it (RFC 5480).
const POINT_BYTES: usize = 65;

/// Signs certificates. rcgen's own key type would keep a copy of the bytes; this one has them in aws-lc-rs only.
pub(super) struct CaKey {
    signer: Arc<dyn rustls::sign::SigningKey>,
    point: Vec<u8>,
}

impl CaKey {
    /// A new random key, and its PKCS #8 form to be sealed.
    pub(super) fn generate() -> Result<(Self, Zeroizing<Vec<u8>>), AuthorityError> {
        let pair =
            KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(|_| AuthorityError::Sign)?;
        let mut der = PrivateKeyDer::from(pair);
        let secret = Zeroizing::new(der.secret_der().to_vec());
        der.zeroize();
        Ok((Self::from_pkcs8(&secret)?, secret))
    }

    /// The key of these PKCS #8 bytes.
    pub(super) fn from_pkcs8(secret: &[u8]) -> Result<Self, AuthorityError> {
        let der = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(secret));
        let signer = any_ecdsa_type(&der).map_err(|_| AuthorityError::Damaged)?;
        let public = signer.public_key().ok_or(AuthorityError::Damaged)?;
        let start = public
            .len()
            .checked_sub(POINT_BYTES)
            .ok_or(AuthorityError::Damaged)?;
        let point = public.get(start..).unwrap_or_default().to_vec();
        if point.first() == Some(&4) {
            Ok(Self { signer, point })
        } else {
            Err(AuthorityError::Damaged)
        }
    }
}

impl PublicKeyData for CaKey {
    fn der_bytes(&self) -> &[u8] {
        &self.point
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        &PKCS_ECDSA_P256_SHA256
    }
}

impl rcgen::SigningKey for CaKey {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        let scheme = [SignatureScheme::ECDSA_NISTP256_SHA256];
        let signer = self
            .signer
            .choose_scheme(&scheme)
            .ok_or(rcgen::Error::RemoteKeyError)?;
        signer
            .sign(message)
            .map_err(|_| rcgen::Error::RemoteKeyError)
    }
}
