//! One conversation's keys.

use super::{VaultError, blind};
use crate::base::{EntityType, Sensitive, Timestamp};
use crate::crypto::{Key32, MacKey, RootKey, framed, open, seal};
use crate::store::{KeyRow, VaultRow};
use quick_cache::sync::Cache;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Kind of a scope's row in `keys.db`.
pub(super) const KIND: &str = "scope";

/// How many surrogates are remembered as being on disk, over all scopes; one takes about 50 bytes.
const COMMITTED_IN_MEMORY: usize = 100_000;

/// What tells one conversation from another.
#[derive(Clone, Copy)]
pub enum Conversation<'a> {
    /// An id that the app gives: the `X-Conversation-Id` header.
    Header(&'a str),
    /// The first user message as it stands in the body, where there is no id.
    FirstMessage(&'a [u8]),
}

impl<'a> Conversation<'a> {
    pub(super) fn parts(self) -> (&'static [u8], &'a [u8]) {
        match self {
            Self::Header(id) => (b"header", id.as_bytes()),
            Self::FirstMessage(raw) => (b"message", raw),
        }
    }
}

impl fmt::Debug for Conversation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Header(_) => "Header(…)",
            Self::FirstMessage(_) => "FirstMessage(…)",
        })
    }
}

/// A scope's id: a keyed hash, so it tells nothing of the conversation.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ScopeId([u8; 16]);

impl ScopeId {
    /// From a row.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// For a row.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Debug for ScopeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ScopeId({})", data_encoding::HEXLOWER.encode(&self.0))
    }
}

/// What all scopes of a vault share.
pub(super) struct Shared {
    blind: MacKey,
    keep: Duration,
    /// Fingerprint of a surrogate → when its row expires, for those known to be on disk.
    committed: Cache<[u8; 16], u64>,
}

impl Shared {
    pub(super) fn new(blind: MacKey, keep: Duration) -> Self {
        Self {
            blind,
            keep,
            committed: Cache::new(COMMITTED_IN_MEMORY),
        }
    }

    pub(super) fn blind_index(&self, value: &str) -> [u8; 16] {
        self.blind.id(&[blind::normalise(value).as_bytes()])
    }

    pub(super) fn forget_committed(&self) {
        self.committed.clear();
    }
}

/// The vault's keys, for making scopes.
pub(super) struct Keys<'a> {
    pub(super) root: &'a RootKey,
    pub(super) wrap: &'a Key32,
    pub(super) shared: &'a Arc<Shared>,
}

/// One conversation: names surrogates and seals originals. Shared by all its requests.
pub struct Scope {
    id: ScopeId,
    surrogates: MacKey,
    sealing: Key32,
    row: KeyRow,
    persisted: AtomicBool,
    shared: Arc<Shared>,
}

impl Scope {
    pub(super) fn create(id: ScopeId, keys: &Keys<'_>, now: Timestamp) -> Result<Self, VaultError> {
        let sealing = Key32::random()?;
        let mut row = KeyRow {
            kind: KIND.to_owned(),
            id: id.0.to_vec(),
            blob: Vec::new(),
            facts: format!("{{\"root\":{}}}", keys.root.version()),
            created: now.as_micros(),
        };
        row.blob = sealing.wrap(keys.wrap, &key_columns(&row))?;
        Self::with(id, keys, sealing, row, false)
    }

    pub(super) fn load(id: ScopeId, keys: &Keys<'_>, row: KeyRow) -> Result<Self, VaultError> {
        let sealing = Key32::unwrap(keys.wrap, &row.blob, &key_columns(&row))?;
        Self::with(id, keys, sealing, row, true)
    }

    fn with(
        id: ScopeId,
        keys: &Keys<'_>,
        sealing: Key32,
        row: KeyRow,
        persisted: bool,
    ) -> Result<Self, VaultError> {
        let surrogates = MacKey::new(&keys.root.derive("vault/surrogate/1", &[&id.0])?);
        let shared = Arc::clone(keys.shared);
        Ok(Self {
            id,
            surrogates,
            sealing,
            row,
            persisted: AtomicBool::new(persisted),
            shared,
        })
    }

    /// Its id.
    pub const fn id(&self) -> ScopeId {
        self.id
    }

    /// The bits that name a surrogate: keyed by the scope, the same for the same type, exact value and counter.
    pub fn name_bits(&self, entity: EntityType, value: &str, counter: u32) -> [u8; 32] {
        let counter = counter.to_be_bytes();
        self.surrogates.mac(&[
            b"surrogate",
            entity.as_str().as_bytes(),
            value.as_bytes(),
            &counter,
        ])
    }

    /// Seals an original for the vault. Every other column is bound to it.
    ///
    /// # Errors
    /// [`VaultError::Crypto`].
    pub fn seal(
        &self,
        surrogate: &str,
        entity: EntityType,
        value: &str,
        now: Timestamp,
    ) -> Result<VaultRow, VaultError> {
        let mut row = VaultRow {
            scope: self.id.0,
            surrogate: surrogate.to_owned(),
            entity: entity.as_str().to_owned(),
            blind_index: self.shared.blind_index(value),
            sealed: Vec::new(),
            created: now.as_micros(),
            expires: now.plus(self.shared.keep).as_micros(),
        };
        row.sealed = seal(&self.sealing, value.as_bytes(), &vault_columns(&row))?;
        Ok(row)
    }

    /// Opens what [`Scope::seal`] made.
    ///
    /// # Errors
    /// [`VaultError::Crypto`] where the row is of another scope or any column was altered.
    pub fn open(&self, row: &VaultRow) -> Result<Sensitive<String>, VaultError> {
        let mut bytes = open(&self.sealing, &row.sealed, &vault_columns(row))?;
        let text = String::from_utf8(std::mem::take(&mut *bytes)).map_err(|error| {
            zeroize::Zeroize::zeroize(&mut error.into_bytes());
            VaultError::Encoding
        })?;
        Ok(Sensitive::new(text))
    }

    /// Its key row, as long as that isn't known to be on disk: to be written with the request.
    pub fn unwritten_key(&self) -> Option<KeyRow> {
        (!self.is_persisted()).then(|| self.row.clone())
    }

    /// Whether the row of the surrogate with these name bits is known to be on disk at `now`.
    pub fn is_committed(&self, name_bits: &[u8; 32], now: Timestamp) -> bool {
        let known = self.shared.committed.get(&fingerprint(name_bits));
        known.is_some_and(|expires| now.as_micros() < expires)
    }

    /// Remembers that its key and the rows of these surrogates, sealed at `sealed_at`, are on disk.
    pub fn mark_committed(&self, name_bits: &[[u8; 32]], sealed_at: Timestamp) {
        self.persisted.store(true, Ordering::Release);
        let expires = sealed_at.plus(self.shared.keep).as_micros();
        for bits in name_bits {
            self.shared.committed.insert(fingerprint(bits), expires);
        }
    }

    pub(super) fn is_persisted(&self) -> bool {
        self.persisted.load(Ordering::Acquire)
    }

    /// A scope of its own keys, without a store: for trying a policy out, where nothing is kept.
    ///
    /// # Errors
    /// [`VaultError::Crypto`].
    pub fn detached(root: &RootKey, id: [u8; 16]) -> Result<Arc<Self>, VaultError> {
        let wrap = root.derive("vault/wrap/1", &[])?;
        let blind = MacKey::new(&root.derive("vault/blind-index/1", &[])?);
        let shared = Arc::new(Shared::new(blind, Duration::from_hours(1)));
        let keys = Keys {
            root,
            wrap: &wrap,
            shared: &shared,
        };
        Ok(Arc::new(Self::create(
            ScopeId(id),
            &keys,
            Timestamp::from_micros(0),
        )?))
    }
}

impl fmt::Debug for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Scope({:?}, persisted: {})",
            self.id,
            self.is_persisted()
        )
    }
}

fn fingerprint(name_bits: &[u8; 32]) -> [u8; 16] {
    std::array::from_fn(|at| name_bits.get(at).copied().unwrap_or_default())
}

/// Everything in a scope's key row but its blob.
fn key_columns(row: &KeyRow) -> Vec<u8> {
    let created = row.created.to_be_bytes();
    framed(&[
        b"scope/1",
        row.kind.as_bytes(),
        &row.id,
        row.facts.as_bytes(),
        &created,
    ])
}

/// Everything in a vault row but its sealed bytes.
fn vault_columns(row: &VaultRow) -> Vec<u8> {
    framed(&[
        b"vault-row/1",
        &row.scope,
        row.surrogate.as_bytes(),
        row.entity.as_bytes(),
        &row.blind_index,
        &row.created.to_be_bytes(),
        &row.expires.to_be_bytes(),
    ])
}
