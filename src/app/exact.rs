//! Tables of keyed hashes: where they are, under which keys, and which the policy names.

use crate::cli::edm::path_of;
use crate::config::Config;
use crate::crypto::{MacKey, RootKey};
use crate::detect::Detector;
use crate::detect::exact::{ExactRule, Table};
use crate::policy::Policy;
use anyhow::Context;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::house::{policy_in_force, root_beside};

/// Folder of the tables in the data folder.
const FOLDER: &str = "edm";

/// The tables of an installation, for the command line.
#[derive(Debug)]
pub struct Tables {
    folder: PathBuf,
    root: RootKey,
}

impl Tables {
    /// Beside a gateway that may be running. The policy is read first, so that its own entity types are known.
    ///
    /// # Errors
    /// When the policy, the data folder or the root key can't be used.
    pub fn beside(config: &Config) -> anyhow::Result<Self> {
        policy_in_force(config.policy.file.as_deref())?;
        Ok(Self {
            folder: config.data.folder()?.join(FOLDER),
            root: root_beside(config)?,
        })
    }

    /// Where they are.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The 32 secret bytes under which a table is hashed.
    ///
    /// # Errors
    /// Where no key can be derived, which can't happen.
    pub fn key(&self, name: &str) -> anyhow::Result<[u8; 32]> {
        key(&self.root, name)
    }
}

/// A detector for the policy in force, with its tables: what `serve` would find.
///
/// # Errors
/// As [`policy_in_force`], and when a table that the policy names can't be used.
pub fn detector_in_force(config: &Config) -> anyhow::Result<Detector> {
    let (policy, detector) = policy_in_force(config.policy.file.as_deref())?;
    if policy.exact().is_empty() {
        return Ok(detector);
    }
    let tables = tables(&policy, &config.data.folder()?, &root_beside(config)?)?;
    Ok(detector.with_exact(tables))
}

/// The tables that the policy names, from the data folder.
pub(super) fn tables(policy: &Policy, data: &Path, root: &RootKey) -> anyhow::Result<Vec<Table>> {
    let mut rules: BTreeMap<&str, Vec<ExactRule>> = BTreeMap::new();
    for spec in policy.exact() {
        rules.entry(&spec.name).or_default().push(ExactRule {
            alone: spec.alone.clone(),
            require: spec.require.clone(),
            within: spec.within as usize,
        });
    }
    let read = |(name, rules): (&str, Vec<ExactRule>)| {
        let path = path_of(&data.join(FOLDER), name)?;
        let bytes = std::fs::read(&path).with_context(|| {
            format!("the policy names the table `{name}`, which is not loaded: `vestibule edm load {name} …`")
        })?;
        let table = Table::read(&bytes, &key(root, name)?).and_then(|t| t.with_rules(&rules));
        let table = table.with_context(|| format!("table `{name}`"))?;
        let (rows, bytes) = (table.rows(), table.memory_bytes());
        tracing::info!(
            table = name,
            rows,
            bytes,
            "a table for exact data match is in use"
        );
        Ok(table)
    };
    rules.into_iter().map(read).collect()
}

/// The secret bytes under which a table is hashed: a MAC of a derived key, so that no key leaves `crypto`.
fn key(root: &RootKey, name: &str) -> anyhow::Result<[u8; 32]> {
    let derived = root.derive("edm/1", &[name.as_bytes()])?;
    Ok(MacKey::new(&derived).mac(&[b"table"]))
}
