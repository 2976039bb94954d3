//! The layers: defaults, then the file, then the environment.

use super::error::{ConfigError, explain};
use super::{Config, DESTINATIONS};
use figment::providers::{Format, Serialized, Toml};
use figment::value::{Dict, Map, Value};
use figment::{Figment, Metadata, Profile, Provider};
use std::ffi::OsString;
use std::fs;
use std::path::Path;

/// What names of our environment variables begin with.
const PREFIX: &str = "VESTIBULE_";
/// Between section and key.
const NEST: &str = "__";
/// Read by the command line, not a key.
const CONFIG_FILE: &str = "VESTIBULE_CONFIG";

/// The file that is read if none is named and it is there.
const DEFAULT_FILE: &str = "vestibule.toml";

pub(super) fn load(
    file: Option<&Path>,
    environment: impl Iterator<Item = (OsString, OsString)>,
) -> Result<Config, ConfigError> {
    let mut figment = Figment::new();
    for (name, kind) in DESTINATIONS {
        figment = figment.merge(Serialized::default(
            &format!("destinations.{name}.kind"),
            kind,
        ));
    }
    let default = Some(Path::new(DEFAULT_FILE)).filter(|path| path.exists());
    if let Some(path) = file.or(default) {
        fs::metadata(path)
            .and_then(|_| fs::File::open(path))
            .map_err(|source| ConfigError::Unreadable {
                path: path.to_owned(),
                source,
            })?;
        figment = figment.merge(Toml::file_exact(path));
    }
    let mut others = Vec::new();
    for variable in environment.filter_map(|(name, value)| variable(name, value).transpose()) {
        match variable? {
            Variable {
                key: Some(key),
                name,
                value,
            } => {
                figment = figment.merge(Setting { name, key, value });
            }
            Variable {
                key: None, name, ..
            } => others.push(name),
        }
    }
    let config: Config = figment
        .extract()
        .map_err(|error| explain(&error, &figment))?;
    refuse_unknown(&others, &config)?;
    Ok(config)
}

struct Variable {
    name: String,
    /// With dots; `None` where the name has no section.
    key: Option<String>,
    value: String,
}

/// A variable of ours; one that is empty counts as not set.
fn variable(name: OsString, value: OsString) -> Result<Option<Variable>, ConfigError> {
    let Some(name) = name
        .into_string()
        .ok()
        .filter(|name| name.starts_with(PREFIX))
    else {
        return Ok(None);
    };
    let Ok(value) = value.into_string() else {
        return Err(ConfigError::Wrong(format!(
            "the environment variable `{name}` is not UTF-8"
        )));
    };
    let rest = name.trim_start_matches(PREFIX).to_ascii_lowercase();
    let key = rest.contains(NEST).then(|| rest.replace(NEST, "."));
    Ok((!value.is_empty()).then_some(Variable { name, key, value }))
}

/// A variable without `__` is no key: it must be one that the configuration names, or what Kubernetes sets for a service
/// called `vestibule`.
fn refuse_unknown(names: &[String], config: &Config) -> Result<(), ConfigError> {
    let from_kubernetes = |rest: &str| rest.starts_with("SERVICE_") || rest.starts_with("PORT");
    let fine = |name: &&String| {
        let rest = name.trim_start_matches(PREFIX);
        *name == CONFIG_FILE || from_kubernetes(rest) || config.names_variable(name)
    };
    match names.iter().find(|name| !fine(name)) {
        None => Ok(()),
        Some(name) => Err(ConfigError::Wrong(format!(
            "the environment variable `{name}` is no key: write `{PREFIX}SECTION{NEST}KEY`, for instance `VESTIBULE_SERVER__LISTEN`"
        ))),
    }
}

/// One key from the environment, with its variable's name as its source.
struct Setting {
    name: String,
    key: String,
    value: String,
}

impl Provider for Setting {
    fn metadata(&self) -> Metadata {
        Metadata::named(format!("the environment variable `{}`", self.name))
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        let value: Value = self.value.parse().unwrap_or_else(|never| match never {});
        Serialized::default(&self.key, value).data()
    }
}
