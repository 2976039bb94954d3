//! Copies that other programs have already fetched.

use super::{Model, Source};
use std::path::PathBuf;

/// The model's file in the cache of Hugging Face's own tools, if it is there. Nothing is known of it but its name.
pub(super) fn find(model: &Model, hub_cache: Option<&PathBuf>) -> Option<PathBuf> {
    let cache = hub_cache?;
    model.sources.iter().find_map(|source| {
        let Source::HuggingFace(repository) = source else {
            return None;
        };
        let folder = format!("models--{}/snapshots", repository.replace('/', "--"));
        let revisions = std::fs::read_dir(cache.join(folder)).ok()?;
        let mut files = revisions.filter_map(|entry| Some(entry.ok()?.path().join(&model.file)));
        files.find(|file| file.is_file())
    })
}

/// Where that cache is: `HF_HUB_CACHE`, `$HF_HOME/hub`, or `~/.cache/huggingface/hub`.
pub(super) fn hugging_face() -> Option<PathBuf> {
    let set = |name: &str| {
        std::env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    let in_home = || Some(set("HOME")?.join(".cache/huggingface/hub"));
    set("HF_HUB_CACHE")
        .or_else(|| Some(set("HF_HOME")?.join("hub")))
        .or_else(in_home)
}
