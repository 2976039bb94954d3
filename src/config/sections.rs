//! The sections that no single module owns: folders, the key-encryption key, the policy file, the log.

use super::ConfigError;
use serde::Deserialize;
use std::env;
use std::path::PathBuf;

/// The `[data]` section.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Data {
    /// Where keys, vault and audit log are kept; `$XDG_DATA_HOME/vestibule` or `~/.local/share/vestibule` by default.
    pub folder: Option<PathBuf>,
}

impl Data {
    /// The folder, with the default worked out.
    ///
    /// # Errors
    ///
    /// [`ConfigError::NoDataFolder`] where neither the section nor the environment names one.
    pub fn folder(&self) -> Result<PathBuf, ConfigError> {
        let absolute = |name| {
            env::var_os(name)
                .map(PathBuf::from)
                .filter(|path| path.is_absolute())
        };
        let shared = || {
            absolute("XDG_DATA_HOME")
                .or_else(|| absolute("HOME").map(|home| home.join(".local").join("share")))
        };
        self.folder
            .clone()
            .or_else(|| shared().map(|folder| folder.join("vestibule")))
            .ok_or(ConfigError::NoDataFolder)
    }
}

/// The `[keys]` section: where the key-encryption key (KEK) comes from. One of the two, or neither.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Keys {
    /// File of mode 0600 that holds it; `kek` in the data folder by default, made at the first start.
    pub kek_file: Option<PathBuf>,
    /// Name of the environment variable that holds it; none by default.
    pub kek_env: Option<String>,
}

/// Where the KEK comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KekSource {
    /// This file, which the configuration names: it must be there.
    File(PathBuf),
    /// This file in the data folder: it may be made.
    DefaultFile(PathBuf),
    /// The environment variable of this name.
    Env(String),
}

impl Keys {
    /// The one source that is meant.
    ///
    /// # Errors
    ///
    /// [`ConfigError::TwoKeks`] where both are named, [`ConfigError::NoDataFolder`] where the default has no place.
    pub fn source(&self, data: &Data) -> Result<KekSource, ConfigError> {
        match (&self.kek_file, &self.kek_env) {
            (Some(_), Some(_)) => Err(ConfigError::TwoKeks),
            (Some(file), None) => Ok(KekSource::File(file.clone())),
            (None, Some(name)) => Ok(KekSource::Env(name.clone())),
            (None, None) => Ok(KekSource::DefaultFile(data.folder()?.join("kek"))),
        }
    }
}

/// The `[policy]` section.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PolicyFile {
    /// The policy in force; the built-in default policy without it.
    pub file: Option<PathBuf>,
}

/// The `[models]` section.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Models {
    /// Where model files are kept; `models` in the data folder by default.
    pub folder: Option<PathBuf>,
}

impl Models {
    /// The folder, with the default worked out.
    ///
    /// # Errors
    ///
    /// [`ConfigError::NoDataFolder`] where the default has no place.
    pub fn folder(&self, data: &Data) -> Result<PathBuf, ConfigError> {
        self.folder
            .clone()
            .map_or_else(|| Ok(data.folder()?.join("models")), Ok)
    }
}

/// The `[log]` section: what the process writes to stderr. Never text of requests or replies, at any level.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Log {
    /// The least important level that is written; `info` by default.
    pub level: Level,
    /// How a line looks; `text` by default.
    pub format: Format,
}

/// How important a line is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Something must be mended.
    Error,
    /// Something is odd.
    Warn,
    /// What the one who runs it wants to know.
    #[default]
    Info,
    /// One line a request.
    Debug,
    /// Everything.
    Trace,
}

impl Level {
    /// As `tracing` names it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Debug => "debug",
            Self::Trace => "trace",
        }
    }
}

/// How a line of the log looks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kek_has_one_source() {
        let data = Data {
            folder: Some("/data".into()),
        };
        let keys = |file: Option<&str>, env: Option<&str>| Keys {
            kek_file: file.map(PathBuf::from),
            kek_env: env.map(str::to_owned),
        };
        let source = |keys: Keys| keys.source(&data).ok();
        assert_eq!(
            source(keys(None, None)),
            Some(KekSource::DefaultFile("/data/kek".into()))
        );
        assert_eq!(
            source(keys(Some("/kek"), None)),
            Some(KekSource::File("/kek".into()))
        );
        assert_eq!(
            source(keys(None, Some("KEK"))),
            Some(KekSource::Env("KEK".into()))
        );
        assert!(matches!(
            keys(Some("/kek"), Some("KEK")).source(&data),
            Err(ConfigError::TwoKeks)
        ));
    }

    #[test]
    fn models_live_in_the_data_folder_unless_told() {
        let data = Data {
            folder: Some("/data".into()),
        };
        assert_eq!(
            Models::default().folder(&data).unwrap(),
            PathBuf::from("/data/models")
        );
        let told = Models {
            folder: Some("/models".into()),
        };
        assert_eq!(told.folder(&data).unwrap(), PathBuf::from("/models"));
    }
}
