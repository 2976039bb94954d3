//! The configuration: defaults, then `vestibule.toml`, then the environment (`VESTIBULE_SECTION__KEY`).
//!
//! Each module owns its section: a raw `Config` that is read here, and a `check()` of its own that turns it into what it
//! uses. Unknown keys are errors. Every key is explained in `examples/vestibule.toml`, which a test keeps complete and
//! equal to the defaults. Refuses to know: what the values are for. Nothing below imports it.
//!
//! ```
//! use vestibule::config::Config;
//! let config = Config::default();
//! assert_eq!(config.server.listen.port(), 8080);
//! ```

mod detect;
mod error;
mod layers;
mod sections;
#[cfg(test)]
mod tests;

pub use detect::{Detect, OwnTagger, ScriptWord, TaggerKind};
pub use error::ConfigError;
pub use sections::{Data, Format, KekSource, Keys, Level, Log, Models, PolicyFile};

use crate::infer::{DestinationConfig, LocalConfig, RemoteConfig};
use crate::{audit, proxy, route};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;

/// Destinations that are there without being configured, and their kinds; the default policy knows the same names.
const DESTINATIONS: [(&str, &str); 2] = [("deepseek", "deepseek"), ("local", "local")];

/// Everything that can be configured.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The listener for apps.
    pub server: proxy::Config,
    /// The listener for those who watch the gateway.
    pub admin: proxy::AdminConfig,
    /// The gateway as a forward proxy.
    pub forward: proxy::ForwardConfig,
    /// Where data is kept.
    pub data: Data,
    /// Where the key-encryption key comes from.
    pub keys: Keys,
    /// Which policy is in force.
    pub policy: PolicyFile,
    /// The audit log.
    pub audit: audit::Config,
    /// How to choose among the destinations that the policy allows.
    pub route: route::Config,
    /// Where requests may go; names are the policy's.
    pub destinations: BTreeMap<String, DestinationConfig>,
    /// Where model files are kept.
    pub models: Models,
    /// How names are looked for.
    pub detect: Detect,
    /// What is written to stderr.
    pub log: Log,
}

impl Config {
    /// Reads the configuration of this process. Without `file`, `vestibule.toml` in the working folder is read if it is
    /// there.
    ///
    /// # Errors
    ///
    /// [`ConfigError`], with the key and its source.
    pub fn load(file: Option<&Path>) -> Result<Self, ConfigError> {
        layers::load(file, std::env::vars_os())
    }

    /// Whether a key names this environment variable as the place of a credential.
    fn names_variable(&self, name: &str) -> bool {
        let credential = |destination: &DestinationConfig| match destination {
            DestinationConfig::Deepseek(remote) | DestinationConfig::Openai(remote) => {
                remote.api_key_env.as_deref() == Some(name)
            }
            DestinationConfig::Local(_) => false,
        };
        self.keys.kek_env.as_deref() == Some(name) || self.destinations.values().any(credential)
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            server: proxy::Config::default(),
            admin: proxy::AdminConfig::default(),
            forward: proxy::ForwardConfig::default(),
            data: Data::default(),
            keys: Keys::default(),
            policy: PolicyFile::default(),
            audit: audit::Config::default(),
            route: route::Config::default(),
            destinations: BTreeMap::from([
                (
                    "deepseek".to_owned(),
                    DestinationConfig::Deepseek(RemoteConfig::default()),
                ),
                (
                    "local".to_owned(),
                    DestinationConfig::Local(LocalConfig::default()),
                ),
            ]),
            models: Models::default(),
            detect: Detect::default(),
            log: Log::default(),
        }
    }
}
