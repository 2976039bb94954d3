//! Which model file a local destination means, and whether it may be loaded.

use crate::infer::models::{Catalogue, Folder, Kind, Model, ModelError, Progress};
use crate::infer::{DownReason, LocalConfig};
use std::fs::File;
use std::path::{Path, PathBuf};

/// The model where the configuration names none.
const DEFAULT_MODEL: &str = "smollm2-135m";

/// Why the worker isn't running: a kind for machines, a sentence for people (no text of requests in it).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    pub reason: DownReason,
    pub why: String,
}

impl Fault {
    pub(super) fn new(reason: DownReason, why: impl Into<String>) -> Self {
        Self {
            reason,
            why: why.into(),
        }
    }
}

/// A model file.
#[derive(Debug, Clone)]
pub(super) enum ModelFile {
    /// One of the catalogue: its SHA-256 is checked, since random bytes in a model file load without complaint and talk
    /// nonsense.
    Named(Folder, Box<Model>),
    /// One that the configuration names by its path: taken as it is.
    At(PathBuf),
}

impl ModelFile {
    /// What the configuration means: a path is what has a `/` in it or ends in `.gguf`, anything else a name.
    pub(super) fn of(config: &LocalConfig, folder: &Folder) -> Result<Self, ModelError> {
        let model = config.model.as_deref().unwrap_or(DEFAULT_MODEL);
        let file = Path::new(model);
        if model.contains('/') || file.extension().is_some_and(|ending| ending == "gguf") {
            return Ok(Self::At(file.to_owned()));
        }
        let model = Catalogue::built_in()?.find(model)?.clone();
        if model.kind != Kind::Chat {
            return Err(ModelError::Unknown {
                name: model.name,
                nearest: DEFAULT_MODEL.to_owned(),
            });
        }
        Ok(Self::Named(folder.clone(), Box::new(model)))
    }

    /// What apps and replies call the model.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Named(_, model) => model.name.clone(),
            Self::At(path) => path.file_stem().map_or_else(
                || "local".to_owned(),
                |stem| stem.to_string_lossy().into_owned(),
            ),
        }
    }

    /// Memory it needs, where that is known.
    pub(super) fn memory_mib(&self) -> Option<u64> {
        match self {
            Self::Named(_, model) => Some(model.memory_mib.into()),
            Self::At(_) => None,
        }
    }

    /// The path of a file that may be loaded. May read the whole file: not for an async thread.
    pub(super) fn usable(&self) -> Result<PathBuf, Fault> {
        let fault = |why: String| Fault::new(DownReason::NoModel, why);
        match self {
            Self::Named(folder, model) if !folder.file(model).exists() => {
                let (name, path) = (&model.name, folder.file(model));
                let path = path.display();
                Err(fault(format!(
                    "no model file `{path}`; run `vestibule model pull {name}`"
                )))
            }
            Self::Named(folder, model) => {
                let (name, checked) = (&model.name, folder.usable(model, &Quiet));
                checked.map_err(|error| match error {
                    ModelError::Mismatch { .. } => fault(format!(
                        "{error}; remove it and run `vestibule model pull {name}` again"
                    )),
                    error => fault(error.to_string()),
                })
            }
            Self::At(path) => match File::open(path) {
                Ok(_) => Ok(path.clone()),
                Err(error) => Err(fault(format!("model file `{}`: {error}", path.display()))),
            },
        }
    }
}

/// A check that nobody watches.
struct Quiet;

impl Progress for Quiet {
    fn begin(&self, _what: &str, _total_bytes: Option<u64>) {}
    fn at(&self, _bytes: u64) {}
    fn end(&self) {}
    fn note(&self, line: &str) {
        tracing::info!("{line}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(model: Option<&str>, folder: &Path) -> Result<ModelFile, ModelError> {
        let config = LocalConfig {
            model: model.map(str::to_owned),
            ..LocalConfig::default()
        };
        ModelFile::of(&config, &Folder::at(folder.to_owned()))
    }

    #[test]
    fn names_and_paths() {
        let here = Path::new("models");
        for (model, name) in [
            (None, Some(DEFAULT_MODEL)),
            (Some("/m/Qwen3-4B-Q4_K_M.gguf"), Some("Qwen3-4B-Q4_K_M")),
            (Some("other.gguf"), Some("other")),
            (Some("./odd"), Some("odd")),
            (Some("gpt-9"), None),
            (Some("lac"), None),
        ] {
            let named = of(model, here).ok().map(|file| file.name());
            assert_eq!(named.as_deref(), name, "{model:?}");
        }
    }

    #[test]
    fn a_missing_or_another_file_is_not_used() {
        let folder = tempfile::tempdir().unwrap();
        let file = of(None, folder.path()).unwrap();
        let missing = file.usable().unwrap_err();
        assert_eq!(missing.reason, DownReason::NoModel);
        assert!(
            missing.why.contains("vestibule model pull smollm2-135m"),
            "{}",
            missing.why
        );
        let ModelFile::Named(place, model) = &file else {
            panic!("{file:?}")
        };
        std::fs::write(place.file(model), "not a model").unwrap();
        let other = file.usable().unwrap_err();
        assert!(other.why.contains("sha256"), "{}", other.why);
        let path = folder.path().join("mine.gguf");
        let own = of(path.to_str(), folder.path()).unwrap();
        assert!(own.usable().is_err());
        std::fs::write(&path, "x").unwrap();
        assert_eq!(own.usable().unwrap(), path);
    }
}
