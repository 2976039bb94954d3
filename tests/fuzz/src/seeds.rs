//! Seeds and dictionary, made when a target starts: the examples of the recognizers' own files, and recorded streams.
//!
//! `FUZZ_SEEDS` names the folder for seeds, `FUZZ_WORDS` the file for the dictionary; without them nothing is written.

use serde::Deserialize;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::{env, fs};

/// Where the project is.
const PROJECT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// What matters here of a recognizer's file, and of an issuer's file of credential formats.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Examples {
    near: Words,
    find: Vec<Text>,
    ignore: Vec<Text>,
    formats: Vec<Examples>,
}

/// Context words, in two languages or as one list.
#[derive(Deserialize)]
#[serde(untagged)]
enum Words {
    Languages {
        #[serde(default)]
        zh: Vec<String>,
        #[serde(default)]
        en: Vec<String>,
    },
    All(Vec<String>),
}

impl Default for Words {
    fn default() -> Self {
        Self::All(Vec::new())
    }
}

/// An example, which may be cut into pieces.
#[derive(Deserialize)]
#[serde(untagged)]
enum Text {
    Whole(String),
    Pieces(Vec<String>),
}

/// Writes what a target starts from: `seed` makes its input of an example.
pub fn of_examples(seed: impl Fn(&str) -> Vec<Vec<u8>>) {
    let (examples, words) = examples();
    write_words(&words.iter().map(String::as_str).collect::<Vec<_>>());
    for (number, example) in examples.iter().enumerate() {
        for (kind, seed) in seed(example).iter().enumerate() {
            write(&format!("example-{number:04}-{kind}"), seed);
        }
    }
}

/// Writes the recorded streams as seeds: `seed` makes an input of a stream and its file's name.
pub fn of_streams(seed: impl Fn(&str, Vec<u8>) -> Vec<u8>) {
    for path in files(Path::new(PROJECT).join("tests/conformance/streams")) {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if path.extension().is_some_and(|extension| extension == "sse") {
            write(&name, &seed(&name, fs::read(&path).unwrap_or_default()));
        }
    }
}

/// The examples, without the marks of what is found, and the context words.
fn examples() -> (BTreeSet<String>, BTreeSet<String>) {
    let (mut texts, mut words) = (BTreeSet::new(), BTreeSet::new());
    for path in files(Path::new(PROJECT).join("policies/recognizers")) {
        let file = fs::read_to_string(&path).unwrap_or_default();
        let file: Examples = serde_saphyr::from_str(&file)
            .unwrap_or_else(|fault| panic!("{}: {fault}", path.display()));
        file.collect(&mut texts, &mut words);
    }
    assert!(
        texts.len() > 500,
        "the recognizers' examples were not found"
    );
    (texts, words)
}

impl Examples {
    fn collect(self, texts: &mut BTreeSet<String>, words: &mut BTreeSet<String>) {
        for text in self.find.into_iter().chain(self.ignore) {
            let text = match text {
                Text::Whole(text) => text,
                Text::Pieces(pieces) => pieces.concat(),
            };
            texts.insert(text.replace(['⟦', '⟧'], ""));
        }
        match self.near {
            Words::Languages { zh, en } => words.extend(zh.into_iter().chain(en)),
            Words::All(all) => words.extend(all),
        }
        for format in self.formats {
            format.collect(texts, words);
        }
    }
}

/// Every file below a folder, sorted.
fn files(folder: PathBuf) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.path().is_dir() {
            found.extend(files(entry.path()));
        } else {
            found.push(entry.path());
        }
    }
    found.sort();
    found
}

fn write(name: &str, seed: &[u8]) {
    if let Some(folder) = env::var_os("FUZZ_SEEDS") {
        fs::write(Path::new(&folder).join(name), seed).expect("seeds can be written");
    }
}

/// Writes the dictionary in libFuzzer's own words: a quoted string a line, with hexadecimal escapes.
pub fn write_words(words: &[&str]) {
    let Some(file) = env::var_os("FUZZ_WORDS") else {
        return;
    };
    let escaped = |word: &&str| {
        let bytes = word.bytes().map(|byte| format!("\\x{byte:02X}"));
        format!("\"{}\"\n", bytes.collect::<String>())
    };
    fs::write(file, words.iter().map(escaped).collect::<String>()).expect("words can be written");
}
