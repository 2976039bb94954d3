//! Thirty-two secret bytes.

use super::{CryptoError, open, random, seal};
use std::fmt;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// A 256-bit key: wiped on drop, not serialisable, prints nothing of itself.
///
/// ```
/// use vestibule::crypto::Key32;
/// assert_eq!(format!("{:?}", Key32::from_bytes([7; 32])), "Key32(…)");
/// ```
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Key32([u8; 32]);

impl Key32 {
    /// A new random key.
    ///
    /// # Errors
    /// [`CryptoError::Random`].
    pub fn random() -> Result<Self, CryptoError> {
        random().map(Self)
    }

    /// From bytes that came from elsewhere; the caller wipes its own copy.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// This key sealed under another, bound to `aad`, for storage.
    ///
    /// # Errors
    /// [`CryptoError::Random`].
    pub fn wrap(&self, under: &Self, aad: &[u8]) -> Result<Vec<u8>, CryptoError> {
        seal(under, &self.0, aad)
    }

    /// Opens what [`Key32::wrap`] made.
    ///
    /// # Errors
    /// [`CryptoError::Open`] for another key, other `aad` or altered bytes; [`CryptoError::Form`] where it
    /// isn't a wrapped key.
    pub fn unwrap(under: &Self, wrapped: &[u8], aad: &[u8]) -> Result<Self, CryptoError> {
        let bytes = open(under, wrapped, aad)?;
        Self::from_slice(&bytes).ok_or(CryptoError::Form)
    }

    pub(super) fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    pub(super) const fn expose(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for Key32 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key32(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrapped_key_opens_only_under_its_key_and_context() {
        let (outer, inner) = (Key32::random().unwrap(), Key32::random().unwrap());
        let wrapped = inner.wrap(&outer, b"scope 1").unwrap();
        assert_eq!(
            Key32::unwrap(&outer, &wrapped, b"scope 1").unwrap().0,
            inner.0
        );
        assert!(matches!(
            Key32::unwrap(&outer, &wrapped, b"scope 2"),
            Err(CryptoError::Open)
        ));
        assert!(matches!(
            Key32::unwrap(&inner, &wrapped, b"scope 1"),
            Err(CryptoError::Open)
        ));
        let record = seal(&outer, b"not a key", b"scope 1").unwrap();
        assert!(matches!(
            Key32::unwrap(&outer, &record, b"scope 1"),
            Err(CryptoError::Form)
        ));
    }
}
