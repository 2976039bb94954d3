//! Builds every room from the configuration, ground floor first.

use crate::audit::{self, AuditLog, Entry, Kind};
use crate::base::Clock;
use crate::config::{Config, KekSource};
use crate::crypto::{self, EnvProvider, FileProvider, Key32, KeyProvider, MacKey, RootKey};
use crate::detect::Detector;
use crate::identity::Apps;
use crate::infer::local::LocalBackend;
use crate::pipeline::{Pipeline, Rooms, detector_for, failing_tests, policy_ref};
use crate::policy::{DEFAULT_SOURCE, Policy};
use crate::proxy::Forward;
use crate::store::{Durability, SqliteStore, Store};
use crate::vault::{self, Vault};
use anyhow::{Context, anyhow, bail};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::{backends, forward, taggers};

/// Cap on what one reply may restore, in bytes: far above any honest reply.
const RESTORE_LIMIT_BYTES: usize = 16 * 1024 * 1024;

/// A gateway that is ready to serve.
pub(super) struct House {
    pub(super) pipeline: Arc<Pipeline>,
    pub(super) apps: Apps,
    pub(super) audit: AuditLog,
    pub(super) workers: Vec<Arc<LocalBackend>>,
    pub(super) forward: Option<Forward>,
    pub(super) clock: Clock,
    /// What whoever watches should know.
    pub(super) notices: Vec<String>,
}

impl House {
    /// Builds it; starts local workers, so it needs a runtime.
    pub(super) fn build(config: &Config) -> anyhow::Result<Self> {
        let clock = Clock::system();
        let (policy, detector) = policy_in_force(config.policy.file.as_deref())?;
        let (names_budget, names_threads) = config.detect.limits()?;
        let taggers = taggers(config)?;
        taggers::tell(&taggers);
        let notices = taggers::rules_alone(&taggers);
        let detector = detector.with_taggers(taggers);
        let audit_settings = audit_settings(config, &policy)?;
        let (store, root) = store_and_root(config, audit_settings.durability, &clock)?;
        let log_key = root.derive("audit/wrap/1", &[])?;
        let folder = config.data.folder()?;
        let audit = AuditLog::open(
            Arc::clone(&store),
            &log_key,
            &audit_settings,
            &folder,
            clock.clone(),
        )?;
        audit.record_later(in_force(&policy));
        let detector = detector.with_exact(super::exact::tables(&policy, &folder, &root)?);
        let apps = apps(&store, &root, &clock)?;
        let forward = forward::set_up(config, &store, &root, &audit, &clock)?;
        let keep = Duration::from_secs(u64::from(policy.keep_hours()) * 3600);
        let vault = Vault::open(root, Arc::clone(&store), clock.clone(), keep)?;
        let set_up = backends::set_up(config, &policy, &clock)?;
        let pipeline = Pipeline::new(Rooms {
            policy: Arc::new(policy),
            detector,
            names_budget,
            names_threads,
            vault,
            audit: audit.clone(),
            backends: set_up.backends,
            route: config.route.clone(),
            clock: clock.clone(),
            cache_key: crypto::random()?,
            restore_limit_bytes: RESTORE_LIMIT_BYTES,
        });
        Ok(Self {
            pipeline: Arc::new(pipeline),
            apps,
            audit,
            workers: set_up.workers,
            forward,
            clock,
            notices,
        })
    }
}

/// The configuration's word on the log, and the policy's where the configuration leaves it open.
fn audit_settings(config: &Config, policy: &Policy) -> anyhow::Result<audit::Settings> {
    let mut log = config.audit.clone();
    if log.keep_days == 0 {
        log.keep_days = policy.keep_days();
    }
    Ok(log.check()?)
}

/// The entry that says which policy decides from now on.
fn in_force(policy: &Policy) -> Entry {
    Entry {
        kind: Kind::PolicyActive,
        policy: Some(Arc::new(policy_ref(policy))),
        ..Entry::default()
    }
}

/// The policy of this file, or the built-in one, with a detector for its types. Its own tests have passed.
///
/// # Errors
/// When the file can't be read or holds a fault, a recognizer's example fails, or a test does not hold.
pub fn policy_in_force(file: Option<&Path>) -> anyhow::Result<(Policy, Detector)> {
    let (source, origin) = match file {
        Some(path) => {
            let source = std::fs::read_to_string(path)
                .with_context(|| format!("can't read the policy `{}`", path.display()))?;
            (source, path.display().to_string())
        }
        None => (DEFAULT_SOURCE.to_owned(), "the built-in policy".to_owned()),
    };
    let folder = file.and_then(Path::parent);
    let policy = Policy::parse(&source, &origin, folder)
        .map_err(|fault| anyhow!("{:?}", miette::Report::new(fault)))?;
    let detector = detector_for(&policy)?;
    let failures = failing_tests(&policy, &detector);
    if !failures.is_empty() {
        let lines: Vec<String> = failures.iter().map(ToString::to_string).collect();
        bail!("tests in {origin} do not hold:\n  {}", lines.join("\n  "));
    }
    Ok((policy, detector))
}

/// The data folder's store, and its root key opened with the configured KEK.
///
/// # Errors
/// When the folder is in use or can't be used, or the KEK is missing or another.
pub fn store_and_root(
    config: &Config,
    durability: Durability,
    clock: &Clock,
) -> anyhow::Result<(Arc<dyn Store>, RootKey)> {
    let folder = config.data.folder()?;
    let store: Arc<dyn Store> = Arc::new(SqliteStore::open(&folder, durability)?);
    let root = open_root(config, store.as_ref(), clock)?;
    Ok((store, root))
}

fn open_root(config: &Config, store: &dyn Store, clock: &Clock) -> anyhow::Result<RootKey> {
    let provider: Box<dyn KeyProvider> = match config.keys.source(&config.data)? {
        KekSource::File(path) => Box::new(FileProvider::new(path, false)),
        KekSource::DefaultFile(path) => {
            let provider = FileProvider::new(path, true);
            tracing::warn!(
                "the key-encryption key lies beside the data it protects; name `keys.kek_file` on another disk, or `keys.kek_env`"
            );
            Box::new(provider)
        }
        KekSource::Env(name) => Box::new(EnvProvider::new(name)),
    };
    Ok(vault::open_root(provider.as_ref(), store, clock.now())?)
}

/// The root key, for the command line: beside a gateway that may be running.
pub(super) fn root_beside(config: &Config) -> anyhow::Result<RootKey> {
    let store = SqliteStore::beside(&config.data.folder()?)?;
    open_root(config, &store, &Clock::system())
}

/// The apps of this store.
pub(super) fn apps(store: &Arc<dyn Store>, root: &RootKey, clock: &Clock) -> anyhow::Result<Apps> {
    let key = root.derive("identity/1", &[])?;
    Ok(Apps::open(
        Arc::clone(store),
        MacKey::new(&key),
        clock.clone(),
    )?)
}

/// The store, for the command line: beside a gateway that may be running.
///
/// # Errors
/// When the data folder can't be used.
pub fn store_beside(config: &Config) -> anyhow::Result<Arc<dyn Store>> {
    Ok(Arc::new(SqliteStore::beside(&config.data.folder()?)?))
}

/// The key that seals the local authority's.
///
/// # Errors
/// When the KEK is missing or another one than the store was made with.
pub fn authority_key(config: &Config, store: &dyn Store) -> anyhow::Result<Key32> {
    let root = open_root(config, store, &Clock::system())?;
    Ok(forward::wrapping(&root)?)
}

/// Apps, for the command line: beside a gateway that may be running.
///
/// # Errors
/// As [`store_and_root`].
pub fn apps_beside(config: &Config) -> anyhow::Result<Apps> {
    let clock = Clock::system();
    let folder = config.data.folder()?;
    let store: Arc<dyn Store> = Arc::new(SqliteStore::beside(&folder)?);
    let root = open_root(config, store.as_ref(), &clock)?;
    apps(&store, &root, &clock)
}
