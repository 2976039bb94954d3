//! Checks `lists` and `edm`: values that are known beforehand. Reads the files of lists, which lie beside the policy.
//!
//! A message names a file and a line, never a value.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::base::EntityType;
use crate::policy::fault::{Faults, Spot};
use crate::policy::model::{ExactSpec, ListSpec};
use crate::policy::phrase::Phrase;
use crate::policy::raw::{RawExact, RawList};
use crate::policy::yaml::{Word, Words};

use super::names::{self, Entities};
use super::recognizers::own_type;

/// Largest file of values, in bytes.
const FILE_BYTES: u64 = 16 << 20;
/// Most values of all lists of a policy: about 50 MB once they can be searched.
const MOST_VALUES: usize = 200_000;
/// Shortest and longest value, in characters.
const LEAST_CHARS: usize = 2;
const MOST_CHARS: usize = 200;
/// How far apart values of one row may stand where a rule doesn't say, in characters.
const WITHIN: u32 = 50;

/// A file that a policy names, as part of the policy's identity.
#[derive(Debug)]
pub(in crate::policy) struct NamedFile {
    pub(in crate::policy) name: String,
    pub(in crate::policy) sha256: [u8; 32],
}

/// The lists, and the files that they were read from.
pub(super) fn lists(
    raw: Vec<RawList>,
    folder: Option<&Path>,
    entities: &mut Entities,
    faults: &mut Faults,
) -> (Vec<ListSpec>, Vec<NamedFile>) {
    let (mut lists, mut files, mut values) = (Vec::new(), Vec::new(), 0);
    for one in raw {
        let spot = one.entity.spot;
        let Some(list) = list(one, folder, entities, &mut files, faults) else {
            continue;
        };
        let had = values;
        values += list.values().len();
        if values > MOST_VALUES && had <= MOST_VALUES {
            let message = format!("the lists have more than {MOST_VALUES} values");
            let help = "load the larger ones with `vestibule edm load` and name them under `edm`";
            faults.add(spot, message, "too many with this one", help.to_owned());
        }
        lists.push(list);
    }
    (lists, files)
}

fn list(
    raw: RawList,
    folder: Option<&Path>,
    entities: &mut Entities,
    files: &mut Vec<NamedFile>,
    faults: &mut Faults,
) -> Option<ListSpec> {
    let entity = list_type(&raw.entity, entities, faults);
    let mut values = inline(raw.values, faults);
    if let Some(word) = &raw.file
        && let Some(bytes) = read(word, folder, faults)
    {
        files.push(NamedFile {
            name: word.text.clone(),
            sha256: Sha256::digest(&bytes).into(),
        });
        values.extend(lines(&bytes, word, faults)?);
    } else if raw.file.is_some() {
        return None;
    }
    if values.is_empty() {
        let message = format!("the list of `{}` has no value", raw.entity.text);
        let help = "add `file` with one value a line, or `values`".to_owned();
        faults.add(raw.entity.spot, message, "this list", help);
    }
    let label = raw.label.unwrap_or(Phrase::Plain(raw.entity.text));
    Some(ListSpec::new(
        entity?,
        label,
        values,
        names::texts(raw.near),
    ))
}

/// A built-in type, or one that the list defines.
fn list_type(word: &Word, entities: &mut Entities, faults: &mut Faults) -> Option<EntityType> {
    let built_in = EntityType::built_in().any(|known| known.as_str() == word.text);
    if built_in {
        return entities.one(word, faults);
    }
    own_type(word, entities, faults)
}

fn inline(values: Option<Words>, faults: &mut Faults) -> Vec<String> {
    let words = values.unwrap_or_default().0;
    let good = |word: Word| match fault_of(word.text.trim()) {
        None => Some(word.text.trim().to_owned()),
        Some(what) => {
            let help = "write names as people write them; what is shorter stands in every text";
            faults.add(
                word.spot,
                format!("this value {what}"),
                "value",
                help.to_owned(),
            );
            None
        }
    };
    words.into_iter().filter_map(good).collect()
}

/// Why a value is of no use.
fn fault_of(value: &str) -> Option<String> {
    let chars = value.chars().count();
    if chars < LEAST_CHARS {
        Some(format!("has less than {LEAST_CHARS} characters"))
    } else if chars > MOST_CHARS {
        Some(format!("has more than {MOST_CHARS} characters"))
    } else if !value.chars().any(char::is_alphanumeric) {
        Some("has neither letter nor digit".to_owned())
    } else {
        None
    }
}

/// The bytes of a file beside the policy.
fn read(word: &Word, folder: Option<&Path>, faults: &mut Faults) -> Option<Vec<u8>> {
    let mut fail = |what: String, help: &str| {
        faults.add(word.spot, what, "this file", help.to_owned());
        None
    };
    let Some(folder) = folder else {
        let help = "write the values into the policy, as `values: […]`";
        return fail("a policy that is no file can't name files".to_owned(), help);
    };
    let path: PathBuf = folder.join(&word.text);
    let name = path.display();
    let help = "its path is relative to the folder of the policy file";
    let file = match std::fs::File::open(&path) {
        Ok(file) => file,
        Err(error) => return fail(format!("can't open `{name}`: {}", error.kind()), help),
    };
    let mut bytes = Vec::new();
    match file.take(FILE_BYTES + 1).read_to_end(&mut bytes) {
        Err(error) => fail(format!("can't read `{name}`: {}", error.kind()), help),
        Ok(_) if bytes.len() as u64 > FILE_BYTES => fail(
            format!("`{name}` has more than {FILE_BYTES} bytes"),
            "load it with `vestibule edm load` and name it under `edm`",
        ),
        Ok(_) => Some(bytes),
    }
}

/// One value a line; `#` begins a comment, `\#` a value with `#` in front.
fn lines(bytes: &[u8], word: &Word, faults: &mut Faults) -> Option<Vec<String>> {
    let mut fail = |line: usize, what: &str, help: &str| {
        let message = format!("`{}`, line {line}: {what}", word.text);
        faults.add(word.spot, message, "in this file", help.to_owned());
    };
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    let mut values = Vec::new();
    for (i, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
        let Ok(line) = std::str::from_utf8(line) else {
            fail(i + 1, "not UTF-8", "save the file as UTF-8");
            return None;
        };
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let value = line.strip_prefix('\\').filter(|rest| rest.starts_with('#'));
        let value = value.unwrap_or(line);
        if let Some(what) = fault_of(value) {
            let help = "one value a line; a comment begins with `#`";
            fail(i + 1, &format!("the value {what}"), help);
            return None;
        }
        values.push(value.to_owned());
    }
    Some(values)
}

/// The rules for tables that were loaded with `vestibule edm load`.
pub(super) fn exact(raw: Vec<RawExact>, faults: &mut Faults) -> Vec<ExactSpec> {
    raw.into_iter().map(|one| exact_rule(one, faults)).collect()
}

fn exact_rule(raw: RawExact, faults: &mut Faults) -> ExactSpec {
    let name = names::id(&raw.name, "table", faults);
    let within = raw.within;
    let within = within.and_then(|n| names::number(n, "within", &(0..=500), faults));
    let require: &[Word] = raw.require.as_ref().map_or(&[], |words| &words.0);
    if raw.alone.as_ref().is_none_or(|words| words.0.is_empty()) && require.is_empty() {
        let help = "add `require: [name, account]` for values of one row, or `alone: [account]`";
        let message = format!("nothing of `{name}` would be found");
        faults.add(raw.name.spot, message, "this table", help.to_owned());
    }
    if let [only] = require {
        let help = "name another column of the same row, or write `alone` instead of `require`";
        faults.add(
            only.spot,
            "one column is no combination",
            "alone",
            help.to_owned(),
        );
    }
    twice(require, faults);
    ExactSpec {
        name,
        require: names::texts(raw.require),
        within: within.unwrap_or(WITHIN),
        alone: names::texts(raw.alone),
    }
}

fn twice(columns: &[Word], faults: &mut Faults) {
    for (i, word) in columns.iter().enumerate() {
        let spot: Spot = word.spot;
        if columns
            .iter()
            .take(i)
            .any(|before| before.text == word.text)
        {
            let message = format!("column `{}` is required twice", word.text);
            faults.add(spot, message, "again", "name each column once".to_owned());
        }
    }
}
