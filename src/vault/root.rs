//! The tenant's root key at start-up: made on the first run, opened on every other, and never replaced in
//! silence.

use super::VaultError;
use crate::base::Timestamp;
use crate::crypto::{CryptoError, Kek, KeyProvider, KeyState, RootKey};
use crate::store::{KeyRow, Store};
use serde::{Deserialize, Serialize};

const CANARY: &str = "canary";
const ROOT: &str = "root";
const CANARY_ID: &[u8] = b"kek";

/// What `keys.db` says about a root key, beside its wrapped bytes.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Facts {
    version: u32,
    state: String,
}

/// Opens the active root key, or makes the first one where the store has none.
///
/// The KEK is made only then, too, and only where the provider was told that it may. A canary in the store
/// tells a wrong KEK from a damaged row.
///
/// # Errors
/// [`VaultError::WrongKek`] for another KEK than the store was made with, [`VaultError::Damaged`] where rows
/// are missing, and what the provider and the store report.
pub fn open_root(
    provider: &dyn KeyProvider,
    store: &dyn Store,
    now: Timestamp,
) -> Result<RootKey, VaultError> {
    if store.key(CANARY, CANARY_ID)?.is_none() && store.keys(ROOT)?.is_empty() {
        provider.create()?;
        make_first(&provider.kek()?, store, now)?;
    }
    let kek = provider.kek()?;
    let canary = store
        .key(CANARY, CANARY_ID)?
        .ok_or(VaultError::Damaged { kind: CANARY })?;
    match kek.check(&canary.blob) {
        Ok(()) => {}
        Err(CryptoError::Open) => {
            return Err(VaultError::WrongKek {
                provider: provider.describe(),
            });
        }
        Err(_) => return Err(VaultError::Damaged { kind: CANARY }),
    }
    newest_active(&kek, &store.keys(ROOT)?)
}

/// Writes canary and root in one transaction.
fn make_first(kek: &Kek, store: &dyn Store, now: Timestamp) -> Result<(), VaultError> {
    let root = RootKey::generate(1)?;
    let created = now.as_micros();
    let facts = Facts {
        version: root.version(),
        state: root.state().as_str().to_owned(),
    };
    let facts = serde_json::to_string(&facts).map_err(|_| VaultError::Damaged { kind: ROOT })?;
    store.put_keys(vec![
        KeyRow {
            kind: CANARY.to_owned(),
            id: CANARY_ID.to_vec(),
            blob: kek.canary()?,
            facts: "{}".to_owned(),
            created,
        },
        KeyRow {
            kind: ROOT.to_owned(),
            id: root.version().to_be_bytes().to_vec(),
            blob: root.wrap(kek)?,
            facts,
            created,
        },
    ])?;
    Ok(())
}

fn newest_active(kek: &Kek, rows: &[KeyRow]) -> Result<RootKey, VaultError> {
    let damaged = || VaultError::Damaged { kind: ROOT };
    let mut newest: Option<(u32, &KeyRow)> = None;
    for row in rows {
        let facts: Facts = serde_json::from_str(&row.facts).map_err(|_| damaged())?;
        let state = KeyState::named(&facts.state).ok_or_else(damaged)?;
        if row.id != facts.version.to_be_bytes() {
            return Err(damaged());
        }
        if state == KeyState::Active && newest.is_none_or(|(version, _)| version < facts.version) {
            newest = Some((facts.version, row));
        }
    }
    let (version, row) = newest.ok_or_else(damaged)?;
    RootKey::unwrap(kek, version, KeyState::Active, &row.blob).map_err(|_| damaged())
}
