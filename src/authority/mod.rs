//! The local authority of the forward proxy: one CA key, sealed in the store, and the short-lived certificates that it
//! signs for the hosts whose connections the gateway opens.
//!
//! The CA's certificate is constrained to those hosts (RFC 5280, section 4.2.1.10) and to servers: whoever stole its key
//! could stand in for them and for nobody else. The key is made here, sealed under the root key, and never leaves;
//! certificates of hosts get keys of their own, in memory only, for a day.
//!
//! Refuses to know: sockets, HTTP, who asks.
//!
//! The way in: [`Authority::create`] and [`public`] for the command line, [`Authority::open`] and [`Leaves`] for the gateway.

mod certificate;
mod host;
mod key;
mod leaves;
#[cfg(test)]
mod tests;

pub use host::host_name;
pub use leaves::Leaves;

use crate::base::Timestamp;
use crate::crypto::{CryptoError, Key32, framed, open, random, seal};
use crate::store::{KeyRow, Store, StoreError};
use data_encoding::{BASE64, HEXLOWER};
use key::CaKey;
use rustls::pki_types::CertificateDer;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt;
use std::time::Duration;
use zeroize::Zeroizing;

/// Kind and id of the row.
const KIND: &str = "authority";
const ID: &[u8] = b"forward";
const PURPOSE: &[u8] = b"vestibule/authority/1";

/// Longest life of the CA's certificate, in days: ten years.
pub const MAX_DAYS: u32 = 3650;

/// Why there is no authority, or none that can be used.
#[derive(Debug, thiserror::Error)]
pub enum AuthorityError {
    /// The store fails.
    #[error("the local authority can't be read or written: {0}")]
    Store(#[from] StoreError),
    /// The key does not open, or there are no random bytes for a new one.
    #[error("the local authority's key can't be used: {0}")]
    Key(#[from] CryptoError),
    /// The row isn't one that this version wrote.
    #[error(
        "the local authority in the store is damaged: make another one with `vestibule ca new --replace`"
    )]
    Damaged,
    /// A certificate could not be signed; a fault of this program.
    #[error("a certificate could not be made")]
    Sign,
    /// There is one.
    #[error(
        "there is a local authority already: `--replace` makes another one, and apps must then trust that one"
    )]
    Exists,
    /// Not a host name.
    #[error(
        "`{host}` is not a host name in ASCII letters (punycode where needed), without port and `*`"
    )]
    Host {
        /// What the configuration has.
        host: String,
    },
    /// A host that the CA may not sign for, or the CA has ended.
    #[error("the local authority may not sign for this host now")]
    NotCovered,
}

/// What the CA's certificate says, beside its key; not secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Facts {
    /// Common name.
    name: String,
    hosts: Vec<String>,
    /// Microseconds since the epoch.
    not_before: u64,
    not_after: u64,
    /// DER in base64.
    certificate: String,
}

/// What may be known of the authority without its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Public {
    /// The certificate's common name.
    pub name: String,
    /// The hosts that it may sign for, with what lies below them.
    pub hosts: Vec<String>,
    /// When its certificate ends.
    pub not_after: Timestamp,
    der: Vec<u8>,
}

impl Public {
    /// The certificate as PEM.
    pub fn pem(&self) -> String {
        let mut text = String::from("-----BEGIN CERTIFICATE-----\n");
        let base64 = BASE64.encode(&self.der);
        for line in base64.as_bytes().chunks(64) {
            text.push_str(&String::from_utf8_lossy(line));
            text.push('\n');
        }
        text.push_str("-----END CERTIFICATE-----\n");
        text
    }

    /// The certificate as DER.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// SHA-256 of the certificate, in hex with colons, as other tools show it.
    pub fn fingerprint(&self) -> String {
        let hex = HEXLOWER.encode(&Sha256::digest(&self.der)).to_uppercase();
        let pairs: Vec<_> = hex
            .as_bytes()
            .chunks(2)
            .map(String::from_utf8_lossy)
            .collect();
        pairs.join(":")
    }

    /// Whether it may sign for this host.
    pub fn covers(&self, host: &str) -> bool {
        let below = |allowed: &String| {
            let rest = host.strip_suffix(allowed.as_str());
            rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        };
        self.hosts.iter().any(below)
    }
}

/// The authority with its key.
pub struct Authority {
    public: Public,
    facts: Facts,
    key: CaKey,
}

impl Authority {
    /// Makes a CA for these hosts and keeps it in the store, in place of another one only if `replace` says so. Blocks.
    ///
    /// # Errors
    /// [`AuthorityError::Exists`], [`AuthorityError::Host`], and what the store reports.
    pub fn create(
        store: &dyn Store,
        wrapping: &Key32,
        hosts: &[String],
        days: u32,
        now: Timestamp,
        replace: bool,
    ) -> Result<Self, AuthorityError> {
        let hosts = hosts
            .iter()
            .map(|host| host_name(host))
            .collect::<Result<Vec<_>, _>>()?;
        let name = format!(
            "Vestibule local authority {}",
            HEXLOWER.encode(&random::<4>()?)
        );
        let lasts = Duration::from_hours(24) * days.clamp(1, MAX_DAYS);
        let mut facts = Facts {
            name,
            hosts,
            not_before: now
                .as_micros()
                .saturating_sub(certificate::BACKDATED.as_micros() as u64),
            not_after: now.as_micros() + lasts.as_micros() as u64,
            certificate: String::new(),
        };
        let (key, secret) = CaKey::generate()?;
        let der = certificate::of_authority(&facts, &key)?;
        facts.certificate = BASE64.encode(&der);
        let row = KeyRow {
            kind: KIND.to_owned(),
            id: ID.to_vec(),
            blob: seal(wrapping, &secret, &aad(&facts))?,
            facts: serde_json::to_string(&facts).map_err(|_| AuthorityError::Damaged)?,
            created: now.as_micros(),
        };
        if replace {
            store.put_keys(vec![row])?;
        } else if !store.add_key(row)? {
            return Err(AuthorityError::Exists);
        }
        Ok(Self {
            public: facts.public()?,
            facts,
            key,
        })
    }

    /// Opens the authority of this store; `None` where there is none.
    ///
    /// # Errors
    /// [`AuthorityError::Key`] under another key or where the row was altered, [`AuthorityError::Damaged`].
    pub fn open(store: &dyn Store, wrapping: &Key32) -> Result<Option<Self>, AuthorityError> {
        let Some(row) = store.key(KIND, ID)? else {
            return Ok(None);
        };
        let facts = Facts::of(&row)?;
        let secret = Zeroizing::new(open(wrapping, &row.blob, &aad(&facts))?.to_vec());
        let key = CaKey::from_pkcs8(&secret)?;
        Ok(Some(Self {
            public: facts.public()?,
            facts,
            key,
        }))
    }

    /// What may be known of it without its key.
    pub const fn public(&self) -> &Public {
        &self.public
    }
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Authority({})", self.facts.name)
    }
}

/// The authority of this store without its key, for which no key-encryption key is needed; `None` where there is none.
///
/// # Errors
/// When the store can't be read or the row is damaged.
pub fn public(store: &dyn Store) -> Result<Option<Public>, AuthorityError> {
    let row = store.key(KIND, ID)?;
    row.map(|row| Facts::of(&row)?.public()).transpose()
}

impl Facts {
    fn of(row: &KeyRow) -> Result<Self, AuthorityError> {
        serde_json::from_str(&row.facts).map_err(|_| AuthorityError::Damaged)
    }

    fn public(&self) -> Result<Public, AuthorityError> {
        let der = BASE64.decode(self.certificate.as_bytes());
        Ok(Public {
            name: self.name.clone(),
            hosts: self.hosts.clone(),
            not_after: Timestamp::from_micros(self.not_after),
            der: der.map_err(|_| AuthorityError::Damaged)?,
        })
    }

    fn certificate(&self) -> Result<CertificateDer<'static>, AuthorityError> {
        Ok(self.public()?.der.into())
    }
}

/// Binds the sealed key to everything that stands beside it.
fn aad(facts: &Facts) -> Vec<u8> {
    let mut parts = vec![PURPOSE, facts.name.as_bytes(), facts.certificate.as_bytes()];
    let times = [
        facts.not_before.to_be_bytes(),
        facts.not_after.to_be_bytes(),
    ];
    parts.extend(times.iter().map(|time| &time[..]));
    parts.extend(facts.hosts.iter().map(String::as_bytes));
    framed(&parts)
}
