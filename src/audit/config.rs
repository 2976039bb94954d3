//! The `[audit]` table of the configuration.

use super::AuditError;
use crate::store::Durability;
use serde::Deserialize;
use std::time::Duration;

/// As written; every key may be left out.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// When a request may leave: `fsync` (the default: its entry is on the disk) or `os` (the kernel has it).
    pub durability: Durability,
    /// This gateway's name in the log: 1–40 letters, digits, `.`, `_` or `-`. Default: `gateway`.
    pub node: String,
    /// Seconds between signed checkpoints while entries come, 1–3600. Default: 10.
    pub checkpoint_every_s: u64,
    /// Entries after which a checkpoint is signed sooner. Default: 10000.
    pub checkpoint_every_entries: u64,
    /// Minutes without an entry after which a heartbeat is written, 1–1440. Default: 15.
    pub heartbeat_every_min: u64,
    /// Days after which the bodies of entries are dropped, hashes stay; 0 keeps them for ever, the default.
    pub keep_days: u32,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            durability: Durability::Fsync,
            node: "gateway".to_owned(),
            checkpoint_every_s: 10,
            checkpoint_every_entries: 10_000,
            heartbeat_every_min: 15,
            keep_days: 0,
        }
    }
}

/// As checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// When a request may leave.
    pub durability: Durability,
    pub(super) node: String,
    pub(super) checkpoint_every: Duration,
    pub(super) checkpoint_entries: u64,
    pub(super) heartbeat_every: Duration,
    pub(super) keep: Option<Duration>,
}

impl Config {
    /// Checks names and ranges.
    ///
    /// # Errors
    /// [`AuditError::Setting`], which names the key and what it takes.
    pub fn check(self) -> Result<Settings, AuditError> {
        let node_form = (1..=40).contains(&self.node.len())
            && self
                .node
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b));
        let rules = [
            (
                node_form,
                "audit.node",
                "1–40 letters, digits, `.`, `_` or `-`",
            ),
            (
                (1..=3600).contains(&self.checkpoint_every_s),
                "audit.checkpoint_every_s",
                "1–3600",
            ),
            (
                self.checkpoint_every_entries > 0,
                "audit.checkpoint_every_entries",
                "1 or more",
            ),
            (
                (1..=1440).contains(&self.heartbeat_every_min),
                "audit.heartbeat_every_min",
                "1–1440",
            ),
        ];
        if let Some((_, key, takes)) = rules.into_iter().find(|rule| !rule.0) {
            return Err(AuditError::Setting { key, takes });
        }
        Ok(Settings {
            durability: self.durability,
            node: self.node,
            checkpoint_every: Duration::from_secs(self.checkpoint_every_s),
            checkpoint_entries: self.checkpoint_every_entries,
            heartbeat_every: Duration::from_secs(self.heartbeat_every_min * 60),
            keep: match self.keep_days {
                0 => None,
                days => Some(Duration::from_secs(u64::from(days) * 86_400)),
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_is_sound_and_bad_values_name_their_key() {
        assert_eq!(Config::default().check().unwrap().keep, None);
        let bad = [
            (
                Config {
                    node: String::new(),
                    ..Config::default()
                },
                "audit.node",
            ),
            (
                Config {
                    node: "a b".to_owned(),
                    ..Config::default()
                },
                "audit.node",
            ),
            (
                Config {
                    node: "a\"".to_owned(),
                    ..Config::default()
                },
                "audit.node",
            ),
            (
                Config {
                    checkpoint_every_s: 0,
                    ..Config::default()
                },
                "audit.checkpoint_every_s",
            ),
            (
                Config {
                    checkpoint_every_entries: 0,
                    ..Config::default()
                },
                "audit.checkpoint_every_entries",
            ),
            (
                Config {
                    heartbeat_every_min: 0,
                    ..Config::default()
                },
                "audit.heartbeat_every_min",
            ),
        ];
        for (config, expected) in bad {
            let refused = config.check();
            assert!(matches!(refused, Err(AuditError::Setting { key, .. }) if key == expected));
        }
    }
}
