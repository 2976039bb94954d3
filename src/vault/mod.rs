//! Originals, sealed and scoped, and what a request needs to put them back.
//!
//! A *scope* is a conversation. Its surrogate key is derived from the root, so every turn gives the same
//! surrogates and replicas agree without talking; its sealing key is random and wrapped under the root, so
//! deleting that one row makes its originals unreadable. A [`RestoreMap`] belongs to one request and holds
//! what that request itself put in: nothing else is ever restored.
//!
//! Refuses to know: JSON, policy, operators, how a surrogate is spelled.
//!
//! The way in: [`open_root`], then [`Vault::open`], [`Vault::scope_id`], [`Vault::scope`].

mod blind;
mod map;
mod root;
mod scope;

pub use map::RestoreMap;
pub use root::open_root;
pub use scope::{Conversation, Scope, ScopeId};

use crate::base::{Clock, Sensitive};
use crate::crypto::{CryptoError, Key32, MacKey, RootKey};
use crate::store::{Store, StoreError, VaultRow};
use parking_lot::Mutex;
use quick_cache::sync::Cache;
use scope::Shared;
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// How many conversations keep their keys in memory; one takes about 1 KB.
const SCOPES_IN_MEMORY: usize = 4_096;

/// Above this many, scopes that never reached the disk are looked through for abandoned ones.
const PENDING_SWEEP: usize = 256;

/// What can go wrong with originals and their keys. Holds no value and no surrogate.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// A key could not be read, derived or opened.
    #[error(transparent)]
    Crypto(#[from] CryptoError),
    /// Rows could not be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The store was made with another KEK.
    #[error(
        "the key from {provider} is not the one that this data folder was made with: give the right one, or start with an empty folder"
    )]
    WrongKek {
        /// Where the KEK came from.
        provider: String,
    },
    /// A row of `keys.db` is missing or isn't ours.
    #[error(
        "the `{kind}` row of the key store is missing or damaged: restore `keys.db` from a backup"
    )]
    Damaged {
        /// Which kind of row.
        kind: &'static str,
    },
    /// The conversation's key was deleted, or never reached the disk.
    #[error("the scope has no key: its originals can't be opened")]
    NoScope,
    /// The sealed text is not text.
    #[error("the opened original is not UTF-8")]
    Encoding,
}

/// Opens scopes and sealed rows; shared by all requests.
pub struct Vault {
    root: RootKey,
    wrap: Key32,
    ids: MacKey,
    store: Arc<dyn Store>,
    clock: Clock,
    shared: Arc<Shared>,
    scopes: Cache<ScopeId, Arc<Scope>>,
    /// Scopes whose key is not known to be on disk: never evicted while a request uses one, for a second key
    /// of the same scope would seal rows that nobody can open.
    pending: Mutex<HashMap<ScopeId, Arc<Scope>>>,
}

impl Vault {
    /// Over the tenant's root key; originals are kept for `keep`.
    ///
    /// # Errors
    /// [`VaultError::Crypto`] where a key can't be derived.
    pub fn open(
        root: RootKey,
        store: Arc<dyn Store>,
        clock: Clock,
        keep: Duration,
    ) -> Result<Self, VaultError> {
        let mac = |purpose: &str| root.derive(purpose, &[]).map(|key| MacKey::new(&key));
        Ok(Self {
            wrap: root.derive("vault/wrap/1", &[])?,
            ids: mac("vault/scope-id/1")?,
            shared: Arc::new(Shared::new(mac("vault/blind-index/1")?, keep)),
            scopes: Cache::new(SCOPES_IN_MEMORY),
            pending: Mutex::default(),
            root,
            store,
            clock,
        })
    }

    /// Which scope a request belongs to: the same for every turn of a conversation, and another for another app
    /// or end user.
    pub fn scope_id(
        &self,
        app: &str,
        end_user: Option<&str>,
        conversation: Conversation<'_>,
    ) -> ScopeId {
        let (user_known, user) = end_user.map_or((b"0", ""), |user| (b"1", user));
        let (kind, what) = conversation.parts();
        ScopeId::from_bytes(
            self.ids
                .id(&[app.as_bytes(), user_known, user.as_bytes(), kind, what]),
        )
    }

    /// The scope: from memory, from the store, or new. A new one is not on disk until its key row is committed
    /// with a request.
    ///
    /// Reads the store where the scope isn't in memory, which takes some 10 µs.
    ///
    /// # Errors
    /// [`VaultError::Store`], [`VaultError::Crypto`].
    pub fn scope(&self, id: ScopeId) -> Result<Arc<Scope>, VaultError> {
        if let Some(scope) = self.scopes.get(&id) {
            return Ok(scope);
        }
        let mut pending = self.pending.lock();
        if pending.len() > PENDING_SWEEP {
            pending.retain(|_, scope| !scope.is_persisted() && Arc::strong_count(scope) > 1);
        }
        let scope = if let Some(scope) = pending.get(&id) {
            Arc::clone(scope)
        } else if let Some(scope) = self.stored(id)? {
            scope
        } else {
            let scope = Arc::new(Scope::create(id, &self.keys(), self.clock.now())?);
            pending.insert(id, Arc::clone(&scope));
            scope
        };
        self.scopes.insert(id, Arc::clone(&scope));
        Ok(scope)
    }

    /// Opens a sealed original.
    ///
    /// # Errors
    /// [`VaultError::NoScope`] where the scope's key is gone; [`VaultError::Crypto`] where any column was altered.
    pub fn open_row(&self, row: &VaultRow) -> Result<Sensitive<String>, VaultError> {
        let id = ScopeId::from_bytes(row.scope);
        let known = self.scopes.get(&id);
        let known = known.or_else(|| self.pending.lock().get(&id).cloned());
        let scope = match known {
            Some(scope) => scope,
            None => self.stored(id)?.ok_or(VaultError::NoScope)?,
        };
        scope.open(row)
    }

    /// Keyed hash of a value as people mean it (case, width, separators aside), to find every row about it.
    pub fn blind_index(&self, value: &str) -> [u8; 16] {
        self.shared.blind_index(value)
    }

    /// Drops rows that have expired; how many. Call it now and then.
    ///
    /// # Errors
    /// [`VaultError::Store`].
    pub fn purge(&self) -> Result<u64, VaultError> {
        let dropped = self.store.drop_expired(self.clock.now().as_micros())?;
        // A row whose replacement was not written because it still stood there is written again with its next
        // request.
        self.shared.forget_committed();
        Ok(dropped)
    }

    fn stored(&self, id: ScopeId) -> Result<Option<Arc<Scope>>, VaultError> {
        let row = self.store.key(scope::KIND, id.as_bytes())?;
        row.map(|row| Scope::load(id, &self.keys(), row).map(Arc::new))
            .transpose()
    }

    fn keys(&self) -> scope::Keys<'_> {
        scope::Keys {
            root: &self.root,
            wrap: &self.wrap,
            shared: &self.shared,
        }
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Vault({:?}, {} scopes in memory)",
            self.root,
            self.scopes.len()
        )
    }
}

#[cfg(test)]
mod tests;
