//! The tenant's root key: what the KEK wraps, and what everything else comes from.

use super::derive::derive;
use super::{CryptoError, Kek, Key32, framed};
use std::fmt;

const WRAP_PURPOSE: &[u8] = b"vestibule/root/1";

/// What a root key may still do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyState {
    /// Seals and opens.
    Active,
    /// Opens what it sealed, until the last of that has expired.
    DecryptOnly,
    /// Gone; nothing that it sealed opens again.
    Destroyed,
}

impl KeyState {
    /// Its name in the store.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::DecryptOnly => "decrypt-only",
            Self::Destroyed => "destroyed",
        }
    }

    /// The state of this name.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Active, Self::DecryptOnly, Self::Destroyed]
            .into_iter()
            .find(|s| s.as_str() == name)
    }
}

/// A random 256-bit key with a version, wrapped by the [`Kek`]; wraps and derives other keys.
///
/// ```
/// use vestibule::crypto::RootKey;
/// let root = RootKey::generate(1)?;
/// let wrapping = root.derive("wrap", &[])?;
/// let audit = root.derive("audit", &[b"node 1"])?;
/// assert_eq!(format!("{root:?} {wrapping:?} {audit:?}"), "RootKey(version 1, active) Key32(…) Key32(…)");
/// # Ok::<(), vestibule::crypto::CryptoError>(())
/// ```
#[derive(Clone)]
pub struct RootKey {
    version: u32,
    state: KeyState,
    secret: Key32,
}

impl RootKey {
    /// A new random active key.
    ///
    /// # Errors
    /// [`CryptoError::Random`].
    pub fn generate(version: u32) -> Result<Self, CryptoError> {
        Ok(Self {
            version,
            state: KeyState::Active,
            secret: Key32::random()?,
        })
    }

    /// Its version: 1 for the first.
    pub const fn version(&self) -> u32 {
        self.version
    }

    /// What it may still do.
    pub const fn state(&self) -> KeyState {
        self.state
    }

    /// A key for one purpose and context: HKDF-SHA-256, each part behind its length.
    ///
    /// # Errors
    /// [`CryptoError::Derive`] can't happen with these lengths.
    pub fn derive(&self, purpose: &str, context: &[&[u8]]) -> Result<Key32, CryptoError> {
        let mut parts = Vec::with_capacity(context.len() + 1);
        parts.push(purpose.as_bytes());
        parts.extend_from_slice(context);
        derive(&self.secret, &framed(&parts))
    }

    /// This key wrapped under the KEK, for storage.
    ///
    /// # Errors
    /// [`CryptoError::Random`].
    pub fn wrap(&self, kek: &Kek) -> Result<Vec<u8>, CryptoError> {
        self.secret.wrap(kek.key(), &Self::aad(self.version))
    }

    /// Opens what [`RootKey::wrap`] made.
    ///
    /// # Errors
    /// [`CryptoError::State`] for a destroyed key; [`CryptoError::Open`] under another KEK or version.
    pub fn unwrap(
        kek: &Kek,
        version: u32,
        state: KeyState,
        wrapped: &[u8],
    ) -> Result<Self, CryptoError> {
        if state == KeyState::Destroyed {
            return Err(CryptoError::State {
                state: state.as_str(),
            });
        }
        let secret = Key32::unwrap(kek.key(), wrapped, &Self::aad(version))?;
        Ok(Self {
            version,
            state,
            secret,
        })
    }

    fn aad(version: u32) -> Vec<u8> {
        framed(&[WRAP_PURPOSE, &version.to_be_bytes()])
    }
}

impl fmt::Debug for RootKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "RootKey(version {}, {})",
            self.version,
            self.state.as_str()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(root: &RootKey, purpose: &str, context: &[&[u8]]) -> [u8; 32] {
        *root.derive(purpose, context).unwrap().expose()
    }

    #[test]
    fn purposes_and_contexts_give_different_keys_and_the_same_give_the_same() {
        let root = RootKey::generate(1).unwrap();
        let lists: [(&str, &[&[u8]]); 6] = [
            ("a", &[]),
            ("a", &[b""]),
            ("a", &[b"b"]),
            ("ab", &[]),
            ("a", &[b"b", b"c"]),
            ("a", &[b"bc"]),
        ];
        for (i, (p, c)) in lists.iter().enumerate() {
            for (j, (q, d)) in lists.iter().enumerate() {
                assert_eq!(bytes(&root, p, c) == bytes(&root, q, d), i == j, "{i} {j}");
            }
        }
        assert_ne!(
            bytes(&root, "a", &[]),
            bytes(&RootKey::generate(1).unwrap(), "a", &[])
        );
    }

    #[test]
    fn a_wrapped_root_opens_only_under_its_kek_and_version_and_not_once_destroyed() {
        let (kek, other) = (Kek::from_bytes([1; 32]), Kek::from_bytes([2; 32]));
        let root = RootKey::generate(3).unwrap();
        let wrapped = root.wrap(&kek).unwrap();
        let back = RootKey::unwrap(&kek, 3, KeyState::DecryptOnly, &wrapped).unwrap();
        assert_eq!(bytes(&back, "a", &[]), bytes(&root, "a", &[]));
        assert_eq!((back.version(), back.state()), (3, KeyState::DecryptOnly));
        for (kek, version, state) in [
            (&other, 3, KeyState::Active),
            (&kek, 4, KeyState::Active),
            (&kek, 3, KeyState::Destroyed),
        ] {
            assert!(RootKey::unwrap(kek, version, state, &wrapped).is_err());
        }
    }

    #[test]
    fn states_are_known_by_their_names() {
        for state in [KeyState::Active, KeyState::DecryptOnly, KeyState::Destroyed] {
            assert_eq!(KeyState::named(state.as_str()), Some(state));
        }
        assert_eq!(KeyState::named("Active"), None);
    }
}
