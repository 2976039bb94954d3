//! What one request put in, and so what its reply may get back.

use crate::base::{EntityType, Sensitive};
use std::collections::HashMap;
use std::fmt;

/// Surrogate → original, for one request. A surrogate that isn't in it is plain text.
///
/// ```
/// use vestibule::base::{EntityType, Sensitive};
/// use vestibule::vault::RestoreMap;
/// let mut map = RestoreMap::default();
/// let email = EntityType::named("EMAIL").unwrap();
/// map.insert("EMAIL_XT940KMVKT".into(), email, Sensitive::new("lena@example.org".into()));
/// let (entity, original) = map.get("EMAIL_XT940KMVKT").unwrap();
/// assert_eq!((entity, original.expose().as_str()), (email, "lena@example.org"));
/// assert!(map.get("EMAIL_0123456789").is_none());
/// assert_eq!(format!("{map:?}"), "RestoreMap(1 surrogates)");
/// ```
#[derive(Clone, Default)]
pub struct RestoreMap {
    entries: HashMap<String, (EntityType, Sensitive<String>), foldhash::fast::RandomState>,
    longest: usize,
}

impl RestoreMap {
    /// Takes a pair in; says whether it did. A surrogate that is there keeps its original.
    pub fn insert(
        &mut self,
        surrogate: String,
        entity: EntityType,
        original: Sensitive<String>,
    ) -> bool {
        if self.entries.contains_key(&surrogate) {
            return false;
        }
        self.longest = self.longest.max(surrogate.len());
        self.entries.insert(surrogate, (entity, original));
        true
    }

    /// The original behind exactly this surrogate.
    pub fn get(&self, surrogate: &str) -> Option<(EntityType, &Sensitive<String>)> {
        self.entries
            .get(surrogate)
            .map(|(entity, original)| (*entity, original))
    }

    /// Every pair, in no order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, EntityType, &Sensitive<String>)> {
        self.entries
            .iter()
            .map(|(s, (entity, original))| (s.as_str(), *entity, original))
    }

    /// How many surrogates.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Bytes of the longest surrogate: what a stream must hold back at most, less one. 0 where there is none.
    pub const fn longest(&self) -> usize {
        self.longest
    }
}

impl fmt::Debug for RestoreMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RestoreMap({} surrogates)", self.len())
    }
}
