//! The keys in memory.

use super::key::{Facts, KIND, Token};
use super::{App, IdentityError};
use crate::store::Store;
use std::collections::HashMap;
use std::sync::Arc;

/// A key's row, ready to be compared.
#[derive(Debug)]
pub(super) struct Record {
    pub(super) tag: [u8; 32],
    pub(super) facts: Facts,
    pub(super) app: Arc<App>,
}

/// By look-up id.
#[derive(Debug)]
pub(super) struct Table(HashMap<[u8; 8], Record>);

impl Table {
    pub(super) fn read(store: &dyn Store) -> Result<Self, IdentityError> {
        let mut records = HashMap::new();
        for row in store.keys(KIND)? {
            let facts = Facts::from_json(&row.facts)?;
            let id: [u8; 8] = row.id.try_into().map_err(|_| IdentityError::Damaged)?;
            let tag = row.blob.try_into().map_err(|_| IdentityError::Damaged)?;
            let key = String::from_utf8(id.to_vec()).map_err(|_| IdentityError::Damaged)?;
            let app = Arc::new(App {
                name: facts.app.clone(),
                key,
            });
            records.insert(id, Record { tag, facts, app });
        }
        Ok(Self(records))
    }

    pub(super) fn find(&self, token: &Token<'_>) -> Option<&Record> {
        self.0.get(&token.id())
    }
}
