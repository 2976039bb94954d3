//! The certificates of hosts: signed on demand, kept while they are fresh.

use super::certificate::{self, BACKDATED};
use super::{Authority, AuthorityError, Public};
use crate::base::{Clock, Timestamp};
use parking_lot::Mutex;
use rustls::sign::CertifiedKey;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// How long a host's certificate is good for.
const LASTS: Duration = Duration::from_hours(24);
/// One that ends within this time is replaced: connections made with it are over by then, or new ones get another.
const FRESH: Duration = Duration::from_hours(6);
/// Hosts whose certificates are kept at the same time; the configuration names far fewer.
const MOST: usize = 1024;

/// Signs certificates for hosts, and keeps them.
pub struct Leaves {
    authority: Authority,
    clock: Clock,
    kept: Mutex<BTreeMap<String, Leaf>>,
}

#[derive(Clone)]
struct Leaf {
    certified: Arc<CertifiedKey>,
    ends: Timestamp,
}

impl Leaves {
    /// None yet.
    pub const fn new(authority: Authority, clock: Clock) -> Self {
        Self {
            authority,
            clock,
            kept: Mutex::new(BTreeMap::new()),
        }
    }

    /// The authority's public side.
    pub const fn public(&self) -> &Public {
        self.authority.public()
    }

    /// A certificate for `host`, a name as [`super::host_name`] gives it, with its key; good for hours yet.
    ///
    /// # Errors
    /// [`AuthorityError::NotCovered`] for a host that the CA is not for, and once the CA has ended.
    pub fn get(&self, host: &str) -> Result<Arc<CertifiedKey>, AuthorityError> {
        let now = self.clock.now();
        let mut kept = self.kept.lock();
        if let Some(leaf) = kept.get(host).filter(|leaf| leaf.is_fresh(now)) {
            return Ok(Arc::clone(&leaf.certified));
        }
        let leaf = self.sign(host, now)?;
        if kept.len() >= MOST {
            kept.clear();
        }
        let certified = Arc::clone(&leaf.certified);
        kept.insert(host.to_owned(), leaf);
        Ok(certified)
    }

    fn sign(&self, host: &str, now: Timestamp) -> Result<Leaf, AuthorityError> {
        let Authority { public, facts, key } = &self.authority;
        if !public.covers(host) || now >= public.not_after {
            return Err(AuthorityError::NotCovered);
        }
        let begins = now.as_micros().saturating_sub(BACKDATED.as_micros() as u64);
        let begins = Timestamp::from_micros(begins.max(facts.not_before));
        let ends = Timestamp::from_micros(now.as_micros() + LASTS.as_micros() as u64);
        let ends = ends.min(public.not_after);
        let certified = certificate::of_host(host, (begins, ends), facts, key)?;
        Ok(Leaf {
            certified: Arc::new(certified),
            ends,
        })
    }
}

impl Leaf {
    fn is_fresh(&self, now: Timestamp) -> bool {
        self.ends.as_micros() > now.as_micros() + FRESH.as_micros() as u64
    }
}

impl fmt::Debug for Leaves {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Leaves({:?}, {} kept)",
            self.authority,
            self.kept.lock().len()
        )
    }
}
