//! *detect*, for a whole request: every text part, from the cache where its text was seen before.

use super::fields::Fields;
use super::files::{self, Opened};
use crate::base::{Confidence, EntityType, Finding};
use crate::detect::{Detector, Hint};
use crate::policy::FieldRule;
use crate::protocol::{Place, ProtocolError, Request, UninspectableKind};
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use std::collections::BTreeMap;
use std::hash::BuildHasher;
use std::sync::Arc;

/// Shorter texts are scanned faster than they are looked up, in bytes.
const WORTH_CACHING_BYTES: usize = 96;

/// What the cache may take, in bytes: findings, keys and book-keeping.
const CACHE_BYTES: u64 = 4 * 1024 * 1024;

/// Remembers findings by a keyed hash of the text, so that a conversation scans only its new turn.
///
/// The key is random and lives as long as the process; texts and hashes never leave it.
pub(super) struct FindingCache {
    key: [u8; 32],
    findings: Cache<[u8; 32], Arc<[Finding]>, ByBytes>,
}

#[derive(Clone)]
struct ByBytes;

impl Weighter<[u8; 32], Arc<[Finding]>> for ByBytes {
    fn weight(&self, _: &[u8; 32], findings: &Arc<[Finding]>) -> u64 {
        128 + size_of_val::<[Finding]>(findings) as u64
    }
}

impl std::fmt::Debug for FindingCache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FindingCache")
            .field("entries", &self.findings.len())
            .finish_non_exhaustive()
    }
}

impl FindingCache {
    /// An empty cache under this random key.
    pub(super) fn new(key: [u8; 32]) -> Self {
        let findings = Cache::with_weighter(4_096, CACHE_BYTES, ByBytes);
        Self { key, findings }
    }

    pub(super) fn scan(&self, detector: &Detector, text: &str, hint: Hint<'_>) -> Arc<[Finding]> {
        if text.len() < WORTH_CACHING_BYTES {
            return detector.scan(text, hint).into();
        }
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        hasher.update(hint.key.unwrap_or_default().as_bytes());
        hasher.update(&[0xFF]);
        let hash = *hasher.update(text.as_bytes()).finalize().as_bytes();
        if let Some(known) = self.findings.get(&hash) {
            return known;
        }
        let found: Arc<[Finding]> = detector.scan(text, hint).into();
        self.findings.insert(hash, Arc::clone(&found));
        found
    }
}

/// What was found in a request.
#[derive(Debug)]
pub(super) struct Inspection {
    /// For each text part of the request, in its order.
    pub(super) findings: Vec<Arc<[Finding]>>,
    /// Every distinct value once, with its surest finding: as the policy counts.
    pub(super) seen: Vec<(EntityType, Confidence)>,
    /// Whether one stands in an id, which can't be rewritten.
    pub(super) in_id: bool,
    /// The files in it that were opened.
    pub(super) files: Vec<Opened>,
    /// What stays uninspectable.
    pub(super) uninspectable: Vec<&'static str>,
}

/// Scans every text part of `request`; `rules` name values whose type is known.
pub(super) fn inspect(
    request: &Request,
    detector: &Detector,
    cache: &FindingCache,
    rules: &[FieldRule],
) -> Result<Inspection, ProtocolError> {
    let fields = Fields::of(request, rules)?;
    let none: Arc<[Finding]> = Arc::new([]);
    let mut inspection = Inspection {
        findings: Vec::new(),
        seen: Vec::new(),
        in_id: false,
        files: Vec::new(),
        uninspectable: Vec::new(),
    };
    let mut values = Values::default();
    for part in request.parts() {
        let text = part.text(request.body());
        let key = part.key(request.body());
        let findings = if text.is_empty() {
            Arc::clone(&none)
        } else {
            let hint = Hint {
                key: key.as_deref(),
            };
            fields.found(part, &text, cache.scan(detector, &text, hint))
        };
        if part.place == Place::Id {
            inspection.in_id |= findings.iter().any(|f| f.confidence >= Confidence::Medium);
        } else {
            values.take(&text, &findings);
        }
        inspection.findings.push(findings);
    }
    let mut take = |text: &str, findings: &[Finding]| values.take(text, findings);
    let (opened, uninspectable) = files::open(request, detector, cache, &mut take);
    inspection.files = opened;
    inspection.uninspectable = uninspectable
        .into_iter()
        .map(UninspectableKind::as_str)
        .collect();
    inspection.seen = values
        .surest
        .into_iter()
        .map(|((entity, _), surest)| (entity, surest))
        .collect();
    Ok(inspection)
}

/// Distinct values, by type and a hash of the text under a key of this request.
#[derive(Default)]
struct Values {
    hash: foldhash::quality::RandomState,
    surest: BTreeMap<(EntityType, u64), Confidence>,
}

impl Values {
    fn take(&mut self, text: &str, findings: &[Finding]) {
        for finding in findings {
            let value = finding.span.slice(text).unwrap_or_default();
            let known = self
                .surest
                .entry((finding.entity, self.hash.hash_one(value)));
            let surest = known.or_insert(finding.confidence);
            *surest = finding.confidence.max(*surest);
        }
    }
}
