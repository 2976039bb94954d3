//! Reading the files: their form, and every mistake that would make a recognizer slow, blind or silent.
//!
//! Knows YAML and regular expressions; not what is done with a match.

use super::pattern::Pattern;
use super::validator;
use super::{LONGEST_GATE, Look, Of, Recognizer, Score};
use crate::base::EntityType;
use include_dir::{Dir, File, include_dir};
use serde::Deserialize;

/// The files, as they were when this program was built.
pub(in crate::detect) static FILES: Dir<'_> =
    include_dir!("$CARGO_MANIFEST_DIR/policies/recognizers");

/// Why a built-in recognizer can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("built-in recognizer `{file}`: {what}")]
pub struct FileDefect {
    file: String,
    what: String,
}

/// Words of both languages.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Words {
    #[serde(default)]
    zh: Vec<String>,
    #[serde(default)]
    en: Vec<String>,
}

/// What staff call it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Label {
    pub(super) en: String,
    pub(super) zh: String,
}

/// What it is tried at without a word.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Gate {
    #[serde(default)]
    length: Vec<usize>,
    #[serde(default)]
    beginning: Vec<String>,
}

/// One file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Form {
    name: String,
    pub(super) entity: String,
    pub(super) label: Label,
    pub(super) level: u8,
    of: Of,
    pattern: Option<String>,
    check: Option<String>,
    #[serde(default)]
    near: Words,
    #[serde(default)]
    not_near: Words,
    #[serde(default)]
    look: Look,
    #[serde(default)]
    gate: Gate,
    score: Score,
    #[serde(default)]
    pub(super) find: Vec<String>,
    #[serde(default)]
    pub(super) ignore: Vec<String>,
}

/// Every file of the folder (not of folders in it), in the order of their names; on two threads.
pub(super) fn read_all() -> Result<Vec<Recognizer>, FileDefect> {
    let files: Vec<_> = FILES.files().collect();
    let (here, there) = files.split_at(files.len() / 2);
    let read = |files: &[&File<'_>]| -> Result<Vec<Recognizer>, FileDefect> {
        files.iter().map(|file| recognizer(form(file)?)).collect()
    };
    std::thread::scope(|scope| {
        let rest = scope.spawn(|| read(there));
        let mut all = read(here)?;
        // What panics there does so here as well.
        all.extend(rest.join().unwrap_or_else(|_| read(there))?);
        Ok(all)
    })
}

/// The files' contents.
#[cfg(test)]
pub(super) fn forms() -> impl Iterator<Item = Result<Form, FileDefect>> {
    FILES.files().map(form)
}

fn form(file: &File<'_>) -> Result<Form, FileDefect> {
    let stem = file.path().file_stem().unwrap_or_default();
    let name = stem.to_string_lossy().into_owned();
    let fails = |what: String| FileDefect {
        file: name.clone(),
        what,
    };
    let source = file
        .contents_utf8()
        .ok_or_else(|| fails("is not UTF-8".to_owned()))?;
    let form: Form = serde_saphyr::from_str(source).map_err(|error| fails(error.to_string()))?;
    if form.name == name && !form.label.en.is_empty() && !form.label.zh.is_empty() {
        Ok(form)
    } else {
        Err(fails(
            "`name` must be the name of the file, and both labels be there".to_owned(),
        ))
    }
}

fn recognizer(form: Form) -> Result<Recognizer, FileDefect> {
    let fails = |what: &str| FileDefect {
        file: form.name.clone(),
        what: what.to_owned(),
    };
    let entity =
        EntityType::named(&form.entity).ok_or_else(|| fails("`entity` is no built-in type"))?;
    if form.level != entity.default_level() {
        return Err(fails("`level` is not the default level of `entity`"));
    }
    if form.find.is_empty() || form.ignore.is_empty() {
        return Err(fails("`find` and `ignore` must have examples"));
    }
    let check = form
        .check
        .as_deref()
        .map(|name| validator::named(name).ok_or_else(|| fails("no check has the name in `check`")))
        .transpose()?;
    let leads = !form.near.zh.is_empty() || !form.near.en.is_empty();
    let gated = !form.gate.length.is_empty() || !form.gate.beginning.is_empty();
    if !leads && !gated {
        return Err(fails("nothing leads to it: `near` and `gate` are empty"));
    }
    if gated != form.score.alone.is_some() && !leads {
        return Err(fails("`gate` needs `score.alone`"));
    }
    if form.gate.length.iter().any(|length| *length > LONGEST_GATE) {
        return Err(fails("a length in `gate` is over 127"));
    }
    if form.pattern.is_none() && form.look != Look::Word {
        return Err(fails("`pattern` is missing"));
    }
    let pattern = form
        .pattern
        .as_deref()
        .map(|pattern| Pattern::new(pattern).map_err(fails))
        .transpose()?;
    Ok(Recognizer {
        name: leak(form.name),
        entity,
        pattern,
        check,
        of: form.of,
        look: form.look,
        score: form.score,
        near: leak_all(form.near.zh.into_iter().chain(form.near.en)),
        not_near: leak_all(form.not_near.zh.into_iter().chain(form.not_near.en)),
        beginnings: leak_all(form.gate.beginning.into_iter()),
        lengths: form.gate.length,
    })
}

/// Built-in words live as long as the process; the files are read once.
fn leak(word: String) -> &'static str {
    Box::leak(word.into_boxed_str())
}

fn leak_all(words: impl Iterator<Item = String>) -> Vec<&'static str> {
    words.map(leak).collect()
}
