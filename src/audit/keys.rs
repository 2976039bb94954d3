//! The log's signing key: sealed in the store, its public half beside it.

use super::AuditError;
use super::note::{LogKey, NoteError};
use crate::base::Timestamp;
use crate::crypto::{Key32, SigningKey};
use crate::store::{KeyRow, Store};
use serde::{Deserialize, Serialize};

const KIND: &str = "audit";

/// Both halves.
#[derive(Debug)]
pub(super) struct Signer {
    pub(super) secret: SigningKey,
    pub(super) public: LogKey,
}

#[derive(Serialize, Deserialize)]
struct Facts {
    public: String,
}

/// The key of this node's log; made where there is none.
pub(super) fn load_or_create(
    store: &dyn Store,
    wrapping: &Key32,
    node: &str,
    now: Timestamp,
) -> Result<Signer, AuditError> {
    let name = format!("vestibule/{node}");
    if let Some(row) = store.key(KIND, name.as_bytes())? {
        return open(&row, wrapping, &name);
    }
    let secret = SigningKey::generate()?;
    let public = LogKey::new(&name, secret.verifying_key());
    let facts = serde_json::to_string(&Facts {
        public: public.to_string(),
    });
    store.put_keys(vec![KeyRow {
        kind: KIND.to_owned(),
        id: name.as_bytes().to_owned(),
        blob: secret.wrap(wrapping, name.as_bytes())?,
        facts: facts.map_err(|_| NoteError::Key)?,
        created: now.as_micros(),
    }])?;
    Ok(Signer { secret, public })
}

fn open(row: &KeyRow, wrapping: &Key32, name: &str) -> Result<Signer, AuditError> {
    let secret = SigningKey::unwrap(wrapping, &row.blob, name.as_bytes())?;
    let public = LogKey::new(name, secret.verifying_key());
    // Tools read the public half without the KEK; it must be that of the secret one.
    if public_half(row)? == public {
        Ok(Signer { secret, public })
    } else {
        Err(NoteError::Key.into())
    }
}

/// The public keys of every log in this store: one for each name that the node had.
///
/// # Errors
/// When the store can't be read, or holds what is no key.
pub fn public_keys(store: &dyn Store) -> Result<Vec<LogKey>, AuditError> {
    store
        .keys(KIND)?
        .iter()
        .map(|row| Ok(public_half(row)?))
        .collect()
}

fn public_half(row: &KeyRow) -> Result<LogKey, NoteError> {
    let facts: Facts = serde_json::from_str(&row.facts).map_err(|_| NoteError::Key)?;
    facts.public.parse()
}
