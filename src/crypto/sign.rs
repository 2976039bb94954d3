//! Signatures: Ed25519 (RFC 8032).

use super::{CryptoError, Key32};
use ed25519_dalek::Signer;
use std::fmt;

/// Signs; wiped on drop, prints nothing of itself.
///
/// ```
/// use vestibule::crypto::SigningKey;
/// let key = SigningKey::generate()?;
/// let signature = key.sign(b"tree head");
/// assert!(key.verifying_key().verify(b"tree head", &signature).is_ok());
/// assert!(key.verifying_key().verify(b"another", &signature).is_err());
/// # Ok::<(), vestibule::crypto::CryptoError>(())
/// ```
#[derive(Clone)]
pub struct SigningKey(ed25519_dalek::SigningKey);

/// Verifies what a [`SigningKey`] signed; not secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VerifyingKey(ed25519_dalek::VerifyingKey);

impl SigningKey {
    /// A new random key.
    ///
    /// # Errors
    /// [`CryptoError::Random`].
    pub fn generate() -> Result<Self, CryptoError> {
        Ok(Self::from_seed(&Key32::random()?))
    }

    /// The key of this seed.
    pub fn from_seed(seed: &Key32) -> Self {
        Self(ed25519_dalek::SigningKey::from_bytes(seed.expose()))
    }

    /// Its seed sealed under `key`, bound to `aad`, for storage.
    ///
    /// # Errors
    /// [`CryptoError::Random`].
    pub fn wrap(&self, key: &Key32, aad: &[u8]) -> Result<Vec<u8>, CryptoError> {
        Key32::from_bytes(self.0.to_bytes()).wrap(key, aad)
    }

    /// Opens what [`SigningKey::wrap`] made.
    ///
    /// # Errors
    /// As [`Key32::unwrap`].
    pub fn unwrap(key: &Key32, wrapped: &[u8], aad: &[u8]) -> Result<Self, CryptoError> {
        Ok(Self::from_seed(&Key32::unwrap(key, wrapped, aad)?))
    }

    /// Signs `message`: 64 bytes, the same for the same message.
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).to_bytes()
    }

    /// The public half.
    pub fn verifying_key(&self) -> VerifyingKey {
        VerifyingKey(self.0.verifying_key())
    }
}

impl VerifyingKey {
    /// From the 32 bytes of RFC 8032, section 5.1.2.
    ///
    /// # Errors
    /// [`CryptoError::Signature`] where they aren't a point.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, CryptoError> {
        ed25519_dalek::VerifyingKey::from_bytes(bytes)
            .map(Self)
            .map_err(|_| CryptoError::Signature)
    }

    /// The 32 bytes of RFC 8032.
    pub fn to_bytes(self) -> [u8; 32] {
        self.0.to_bytes()
    }

    /// Checks strictly: small-order keys and malleable signatures are refused.
    ///
    /// # Errors
    /// [`CryptoError::Signature`].
    pub fn verify(self, message: &[u8], signature: &[u8; 64]) -> Result<(), CryptoError> {
        self.0
            .verify_strict(message, &ed25519_dalek::Signature::from_bytes(signature))
            .map_err(|_| CryptoError::Signature)
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex<const N: usize>(text: &str) -> [u8; N] {
        data_encoding::HEXLOWER
            .decode(text.as_bytes())
            .unwrap()
            .try_into()
            .unwrap()
    }

    /// RFC 8032, section 7.1, test 3.
    #[test]
    fn rfc_8032_test_3() {
        let seed = hex("c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7");
        let key = SigningKey::from_seed(&Key32::from_bytes(seed));
        let public = hex("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025");
        assert_eq!(key.verifying_key().to_bytes(), public);
        let signature = hex(concat!(
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac",
            "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
        ));
        assert_eq!(key.sign(&[0xaf, 0x82]), signature);
        let verifier = VerifyingKey::from_bytes(&public).unwrap();
        assert!(verifier.verify(&[0xaf, 0x82], &signature).is_ok());
        assert!(verifier.verify(&[0xaf, 0x83], &signature).is_err());
    }

    #[test]
    fn a_wrapped_signing_key_signs_the_same() {
        let (outer, key) = (Key32::random().unwrap(), SigningKey::generate().unwrap());
        let wrapped = key.wrap(&outer, b"audit").unwrap();
        let back = SigningKey::unwrap(&outer, &wrapped, b"audit").unwrap();
        assert_eq!(back.sign(b"m"), key.sign(b"m"));
        assert!(SigningKey::unwrap(&outer, &wrapped, b"other").is_err());
        assert_eq!(format!("{key:?}"), "SigningKey(…)");
    }

    #[test]
    fn a_small_order_public_key_verifies_nothing() {
        let mut identity = [0; 32];
        identity[0] = 1;
        let verifier = VerifyingKey::from_bytes(&identity).unwrap();
        let mut forged = [0; 64];
        forged[0] = 1;
        assert!(verifier.verify(b"anything", &forged).is_err());
    }
}
