//! The rows.

/// A wrapped key or a keyed hash, in `keys.db`. Its primary key is `(kind, id)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRow {
    /// What it is: `canary`, `root`, `scope`, `audit`, `app`.
    pub kind: String,
    /// Which one of its kind.
    pub id: Vec<u8>,
    /// Sealed key bytes or a keyed hash; never a bare key.
    pub blob: Vec<u8>,
    /// A short JSON object of facts that are not secret: version, state, app name, prefix.
    pub facts: String,
    /// Microseconds since the epoch.
    pub created: u64,
}

/// A sealed original, in `records.db`. Its primary key is `(scope, surrogate)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VaultRow {
    /// The scope that it belongs to.
    pub scope: [u8; 16],
    /// The surrogate that stands for it.
    pub surrogate: String,
    /// Its entity type.
    pub entity: String,
    /// Keyed hash of the normalised original, for erasure by subject.
    pub blind_index: [u8; 16],
    /// The sealed original.
    pub sealed: Vec<u8>,
    /// Microseconds since the epoch.
    pub created: u64,
    /// Microseconds since the epoch, when it may be dropped.
    pub expires: u64,
}

/// What must be on disk before a request leaves, beside its audit entry.
///
/// Keys are committed before the rows that they seal. A row or key that is there already stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Write {
    /// Scope keys that are not yet known to be on disk.
    pub keys: Vec<KeyRow>,
    /// Sealed originals that are not yet known to be on disk.
    pub vault: Vec<VaultRow>,
}

/// A committed entry of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogRow {
    /// Its place, from 0.
    pub sequence: u64,
    /// Microseconds since the epoch.
    pub time: u64,
    /// Its exact bytes; `None` once retention dropped them.
    pub bytes: Option<Vec<u8>>,
    /// The hashes that the sequencer gave it.
    pub hashes: Vec<u8>,
}

/// A signed statement of what the log held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckpointRow {
    /// Of how many entries.
    pub size: u64,
    /// The signed text.
    pub note: String,
}
