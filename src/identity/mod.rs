//! Which app sends a request: virtual keys, `vsk_` and 190 random bits, kept as keyed hashes.
//!
//! Keys are looked up in memory. A gateway sees within a second what a tool in another process issued or revoked.
//!
//! Refuses to know: HTTP, policies, what an app may do.
//!
//! The way in: [`Apps::open`].

mod key;
mod table;

pub use key::{KeyInfo, KeyState};

use crate::base::{Clock, Sensitive, Timestamp};
use crate::crypto::{CryptoError, MacKey};
use crate::store::{KeyRow, Store, StoreError};
use arc_swap::ArcSwap;
use key::{Facts, KIND, Token};
use parking_lot::Mutex;
use std::sync::Arc;
use std::time::{Duration, Instant};
use table::Table;

/// How old the table may be for a key that is in it: how long a revoked key may still work.
const CHECK_EVERY: Duration = Duration::from_secs(1);
/// How old the table may be for a key that is not in it.
const CHECK_MISS_EVERY: Duration = Duration::from_millis(100);
/// Tries at a look-up id that is not taken; one in 2⁴⁰ is.
const TRIES: u32 = 4;

/// Why a request has no app, or a key can't be made.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// The request has no key.
    #[error("no API key; send one as `Authorization: Bearer vsk_…`")]
    Missing,
    /// Nobody was given this key.
    #[error("this API key is not known here")]
    Unknown,
    /// Its time is over.
    #[error("this API key has expired")]
    Expired,
    /// It was taken back.
    #[error("this API key was revoked")]
    Revoked,
    /// Not a name for an app.
    #[error("an app is named by 1–64 letters, digits, `.`, `_` or `-`")]
    Name,
    /// Not a label for a key.
    #[error("a label has at most 200 characters and no line breaks")]
    Label,
    /// There is no key with this id.
    #[error("there is no key with this id; `vestibule key list` shows them")]
    NoKey,
    /// Keys can't be read or written.
    #[error("API keys can't be read or written: {0}")]
    Store(#[from] StoreError),
    /// No random bytes.
    #[error("no API key can be made: {0}")]
    Crypto(#[from] CryptoError),
    /// A row of the key table is not one.
    #[error("the table of API keys is damaged")]
    Damaged,
}

/// An app that has shown a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct App {
    /// Its name, as policies know it.
    pub name: String,
    /// The look-up id of the key that it showed; not secret.
    pub key: String,
}

/// A key that was just made. Nobody can show it again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issued {
    /// Its look-up id.
    pub id: String,
    /// The key itself.
    pub secret: Sensitive<String>,
}

/// The apps and their keys.
#[derive(Debug)]
pub struct Apps {
    store: Arc<dyn Store>,
    mac: MacKey,
    clock: Clock,
    table: ArcSwap<Table>,
    checked: Mutex<Checked>,
}

/// The state of the store that the table shows.
#[derive(Debug)]
struct Checked {
    at: Instant,
    version: u64,
}

impl Apps {
    /// Reads the keys in `store`; `mac` makes their hashes. Blocks.
    ///
    /// # Errors
    /// [`IdentityError::Store`] or [`IdentityError::Damaged`].
    pub fn open(store: Arc<dyn Store>, mac: MacKey, clock: Clock) -> Result<Self, IdentityError> {
        // The version first: what is written between the two is then read twice, not missed.
        let checked = Checked {
            at: Instant::now(),
            version: store.keys_version()?,
        };
        let table = ArcSwap::from_pointee(Table::read(store.as_ref())?);
        Ok(Self {
            store,
            mac,
            clock,
            table,
            checked: Mutex::new(checked),
        })
    }

    /// The app that was given this key, which is the token of `Authorization: Bearer`.
    ///
    /// # Errors
    /// [`IdentityError::Missing`], [`IdentityError::Unknown`], [`IdentityError::Expired`] or [`IdentityError::Revoked`]; the
    /// last two only for a key that is right otherwise. [`IdentityError::Store`] when it can't be seen whether keys changed.
    pub fn authenticate(&self, bearer: Option<&str>) -> Result<Arc<App>, IdentityError> {
        let token = bearer.ok_or(IdentityError::Missing)?;
        let token = Token::parse(token).ok_or(IdentityError::Unknown)?;
        self.refresh(CHECK_EVERY)?;
        let mut table = self.table.load();
        if table.find(&token).is_none() {
            drop(table);
            self.refresh(CHECK_MISS_EVERY)?;
            table = self.table.load();
        }
        let record = table.find(&token).ok_or(IdentityError::Unknown)?;
        let expires = record.facts.expires;
        token
            .check(&self.mac, &record.facts, &record.tag)
            .map_err(|_| IdentityError::Unknown)?;
        if record.facts.state == KeyState::Revoked {
            return Err(IdentityError::Revoked);
        }
        if expires.is_some_and(|expires| expires <= self.clock.now().as_micros()) {
            return Err(IdentityError::Expired);
        }
        Ok(Arc::clone(&record.app))
    }

    /// Makes a key for an app and stores its hash; `expires` ends it by itself. Blocks.
    ///
    /// # Errors
    /// [`IdentityError::Name`], [`IdentityError::Label`], [`IdentityError::Store`] or [`IdentityError::Crypto`].
    pub fn issue(
        &self,
        app: &str,
        label: &str,
        expires: Option<Timestamp>,
    ) -> Result<Issued, IdentityError> {
        let facts = Facts::new(app, label, expires)?;
        for _ in 0..TRIES {
            let secret = Sensitive::new(key::generate()?);
            let token = Token::parse(secret.expose()).ok_or(IdentityError::Damaged)?;
            let row = KeyRow {
                kind: KIND.to_owned(),
                id: token.id().to_vec(),
                blob: token.tag(&self.mac, &facts).to_vec(),
                facts: facts.to_json()?,
                created: self.clock.now().as_micros(),
            };
            let id = token.id_text().to_owned();
            if self.store.add_key(row)? {
                self.reload()?;
                return Ok(Issued { id, secret });
            }
        }
        Err(IdentityError::Crypto(CryptoError::Random))
    }

    /// Takes a key back: by its look-up id, or the key itself. Says which app had it. Blocks.
    ///
    /// # Errors
    /// [`IdentityError::NoKey`], [`IdentityError::Store`] or [`IdentityError::Damaged`].
    pub fn revoke(&self, key: &str) -> Result<String, IdentityError> {
        let id = key::id_of(key).ok_or(IdentityError::NoKey)?;
        let mut row = self
            .store
            .key(KIND, id.as_bytes())?
            .ok_or(IdentityError::NoKey)?;
        let mut facts = Facts::from_json(&row.facts)?;
        if facts.state == KeyState::Revoked {
            return Ok(facts.app);
        }
        facts.state = KeyState::Revoked;
        row.blob = key::revoked_tag(&self.mac, &row.blob);
        row.facts = facts.to_json()?;
        self.store.put_keys(vec![row])?;
        self.reload()?;
        Ok(facts.app)
    }

    /// Every key that was issued, without secrets, by app and age.
    ///
    /// # Errors
    /// [`IdentityError::Store`] or [`IdentityError::Damaged`].
    pub fn list(&self) -> Result<Vec<KeyInfo>, IdentityError> {
        let rows = self.store.keys(KIND)?;
        let mut list = rows
            .iter()
            .map(KeyInfo::of)
            .collect::<Result<Vec<_>, _>>()?;
        list.sort_by(|a, b| (&a.app, a.created).cmp(&(&b.app, b.created)));
        Ok(list)
    }

    /// Reads the keys again if the table is older than `age` and they changed. One caller looks, the others go on.
    fn refresh(&self, age: Duration) -> Result<(), IdentityError> {
        let Some(mut checked) = self.checked.try_lock() else {
            return Ok(());
        };
        if checked.at.elapsed() < age {
            return Ok(());
        }
        let version = self.store.keys_version()?;
        if version != checked.version {
            self.reload()?;
        }
        *checked = Checked {
            at: Instant::now(),
            version,
        };
        Ok(())
    }

    fn reload(&self) -> Result<(), IdentityError> {
        self.table
            .store(Arc::new(Table::read(self.store.as_ref())?));
        Ok(())
    }
}

#[cfg(test)]
mod tests;
