//! *detect*, for a whole request: every text part, from the cache where its text was seen before.
//!
//! Parts are read in the order of the messages, and what is found in one depends on that part alone, so a conversation
//! reads only what is new and its old turns keep their bytes. That a value found once is replaced wherever else it
//! stands is *transform*'s.

use super::fields::Fields;
use super::files::{self, Opened};
use crate::base::{Clock, Confidence, EntityType, Finding};
use crate::detect::tagger::{Budget, Unread};
use crate::detect::{Detector, Hint};
use crate::policy::FieldRule;
use crate::protocol::{Place, ProtocolError, Request, UninspectableKind};
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use std::collections::BTreeMap;
use std::hash::BuildHasher;
use std::sync::Arc;
use std::time::Duration;

use super::off_thread;
use super::pool::{Busy, Pool};

/// Shorter texts are read faster than they are looked up, in bytes: a look-up takes about 900 instructions, rules alone
/// take 5,600 for 28 bytes.
const WORTH_CACHING_BYTES: usize = 16;

/// So much new text is read for names on the spot, in bytes: it takes about a millisecond.
const ON_THE_SPOT_BYTES: usize = 256;

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

    /// The findings of a text of which this is known, kept for the next time; and why it was not read whole, if so.
    fn read(
        &self,
        known: Known,
        detector: &Detector,
        text: &str,
        hint: Hint<'_>,
        budget: &Budget,
    ) -> (Arc<[Finding]>, Option<Unread>) {
        let hash = match known {
            Known::Yes(findings) => return (findings, None),
            Known::No(hash) => hash,
        };
        let (found, read) = detector.scan_within(text, hint, budget);
        let found: Arc<[Finding]> = found.into();
        if let (Ok(()), Some(hash)) = (&read, hash) {
            self.findings.insert(hash, Arc::clone(&found));
        }
        (found, read.err())
    }

    fn look_up(&self, text: &str, hint: Hint<'_>) -> Known {
        if text.len() < WORTH_CACHING_BYTES {
            return Known::No(None);
        }
        // The text first: the hash takes many of its blocks at once where it begins with them.
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        hasher.update(text.as_bytes()).update(&[0xFF]);
        hasher.update(hint.key.unwrap_or_default().as_bytes());
        let hash = *hasher.finalize().as_bytes();
        match self.findings.get(&hash) {
            Some(found) => Known::Yes(found),
            None => Known::No(Some(hash)),
        }
    }
}

/// What the cache knows of a part: its findings, or the hash under which they are to be kept.
enum Known {
    Yes(Arc<[Finding]>),
    No(Option<[u8; 32]>),
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
    /// Why not all of it was read for names, if so.
    pub(super) unread: Option<Unread>,
    /// The files in it that were opened.
    pub(super) files: Vec<Opened>,
    /// What stays uninspectable.
    pub(super) uninspectable: Vec<&'static str>,
}

/// Inspects requests: on the spot what is quickly read, long prose on threads of its own.
#[derive(Debug)]
pub(super) struct Inspector {
    shared: Arc<Shared>,
    /// Only where there are taggers.
    pool: Option<Pool>,
    clock: Clock,
    budget: Duration,
}

#[derive(Debug)]
struct Shared {
    detector: Arc<Detector>,
    cache: FindingCache,
}

impl Inspector {
    /// An inspector whose taggers may read for so long in each request, on so many threads.
    pub(super) fn new(
        detector: Detector,
        cache_key: [u8; 32],
        clock: Clock,
        (budget, threads): (Duration, usize),
    ) -> Self {
        let pool = (!detector.taggers().is_empty()).then(|| Pool::new(threads));
        let cache = FindingCache::new(cache_key);
        Self {
            shared: Arc::new(Shared {
                detector: Arc::new(detector),
                cache,
            }),
            pool: pool.flatten(),
            clock,
            budget,
        }
    }

    /// What it finds values with.
    pub(super) fn detector(&self) -> Arc<Detector> {
        Arc::clone(&self.shared.detector)
    }

    /// Reads every text part of `request`; `rules` name values whose type is known.
    ///
    /// # Errors
    /// As the protocol's, where `rules` are looked for in the body.
    pub(super) async fn inspect(
        &self,
        request: &Arc<Request>,
        rules: &[FieldRule],
    ) -> Result<Inspection, ProtocolError> {
        let Shared { detector, cache } = &*self.shared;
        let detector: &Detector = detector;
        let size = request.body().len();
        let budget = Budget::of(self.clock.clone(), self.budget);
        let Some(pool) = &self.pool else {
            return off_thread(size, || inspect(request, detector, cache, rules, &budget));
        };
        let fields = Fields::of(request, rules)?;
        let known = off_thread(size, || look_up(request, cache));
        if unknown_bytes(request, &known) <= ON_THE_SPOT_BYTES {
            let reading = (detector, cache, &budget);
            return Ok(inspect_rest(request, known, &fields, reading));
        }
        let (shared, theirs) = (Arc::clone(&self.shared), Arc::clone(request));
        let work = move || {
            let reading = (&*shared.detector, &shared.cache, &budget);
            inspect_rest(&theirs, known, &fields, reading)
        };
        match pool.run(work).await {
            Ok(inspection) => Ok(inspection),
            // Nobody has time for names: rules alone, and the policy is told.
            Err(Busy) => off_thread(size, || {
                inspect(request, detector, cache, rules, &Budget::none())
            }),
        }
    }
}

/// Reads every text part of `request`; `rules` name values whose type is known.
///
/// # Errors
/// As the protocol's, where `rules` are looked for in the body.
pub(super) fn inspect(
    request: &Request,
    detector: &Detector,
    cache: &FindingCache,
    rules: &[FieldRule],
    budget: &Budget,
) -> Result<Inspection, ProtocolError> {
    let fields = Fields::of(request, rules)?;
    let known = look_up(request, cache);
    let reading = (detector, cache, budget);
    Ok(inspect_rest(request, known, &fields, reading))
}

/// What the cache knows of each part.
fn look_up(request: &Request, cache: &FindingCache) -> Vec<Known> {
    let body = request.body();
    let parts = request.parts().iter().map(|part| {
        let key = part.key(body);
        let key = key.as_deref();
        cache.look_up(request.text(part), Hint { key })
    });
    parts.collect()
}

/// Bytes of the parts that the cache doesn't know.
fn unknown_bytes(request: &Request, known: &[Known]) -> usize {
    let parts = request.parts().iter().zip(known);
    let unknown = parts.filter(|(_, known)| matches!(known, Known::No(_)));
    let texts: usize = unknown.map(|(part, _)| request.text(part).len()).sum();
    // Files are opened later; they are most of a body that has some.
    let files = if request.embedded().is_empty() {
        0
    } else {
        request.body().len()
    };
    texts + files
}

/// Reads what the cache doesn't know.
fn inspect_rest(
    request: &Request,
    known: Vec<Known>,
    fields: &Fields,
    (detector, cache, budget): (&Detector, &FindingCache, &Budget),
) -> Inspection {
    let none: Arc<[Finding]> = Arc::new([]);
    let mut inspection = Inspection {
        findings: Vec::with_capacity(known.len()),
        seen: Vec::new(),
        in_id: false,
        unread: None,
        files: Vec::new(),
        uninspectable: Vec::new(),
    };
    let mut values = Values::default();
    for (part, known) in request.parts().iter().zip(known) {
        let text = request.text(part);
        let findings = match known {
            Known::Yes(findings) => findings,
            Known::No(_) if text.is_empty() => Arc::clone(&none),
            known @ Known::No(_) => {
                let key = part.key(request.body());
                let key = key.as_deref();
                let (found, unread) = cache.read(known, detector, text, Hint { key }, budget);
                inspection.unread = unread.or(inspection.unread);
                found
            }
        };
        let findings = fields.found(part, text, findings);
        if part.place == Place::Id {
            inspection.in_id |= findings.iter().any(|f| f.confidence >= Confidence::Medium);
        } else {
            values.take(text, &findings);
        }
        inspection.findings.push(findings);
    }
    let mut scan = |text: &str, hint: Hint<'_>| {
        let known = cache.look_up(text, hint);
        let (found, unread) = cache.read(known, detector, text, hint, budget);
        inspection.unread = unread.or(inspection.unread);
        values.take(text, &found);
        found
    };
    let (opened, stay) = files::open(request, &mut scan);
    inspection.files = opened;
    inspection.uninspectable = stay.into_iter().map(UninspectableKind::as_str).collect();
    inspection.seen = values
        .surest
        .into_iter()
        .map(|((entity, _), surest)| (entity, surest))
        .collect();
    inspection
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
