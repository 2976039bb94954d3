//! Every code that an error of the gateway may carry stands in the table of both READMEs, and no other does.
//!
//! It reads the sources: a code is the literal that stands where the constructors of refusals and faults take one.
#![expect(clippy::unwrap_used, reason = "a test reports by panicking")]

use regex::Regex;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Where codes stand. Tests in a file come last and are cut off.
const PLACES: &[&str] = &[
    r#"Refusal::new\(\s*(?:\d+|status),\s*"([a-z_]+)""#,
    r#"StreamFault::new\(\s*"([a-z_]+)""#,
    r#"\(\d{3}, "[a-z_]+", "([a-z_]+)"\)"#,
    r#"\bcode: "([a-z_]+)""#,
    r#"const [A-Z_]+: &str = "([a-z]+_[a-z_]+)";"#,
    // Chosen by kind, before it is given to one of those.
    r#"=> (?:Some\()?"([a-z]+_[a-z_]+)"\)?"#,
    r#"Err\(Refusal::new\(\s*\d+,\s*"([a-z_]+)""#,
];

/// Files in which a word that a match gives is a code; elsewhere it is some other word.
const CHOSEN: &[&str] = &[
    "pipeline/refusing.rs",
    "local/worker/refusal.rs",
    "pipeline/faults.rs",
];

/// Types of errors, as the APIs have them.
const TYPES: &[&str] = &["invalid_request_error", "rate_limit_error", "server_error"];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && name != "tests" {
            sources(&path, found);
        } else if path.extension().is_some_and(|end| end == "rs") && !name.contains("tests") {
            found.push(path);
        }
    }
}

fn codes() -> BTreeSet<String> {
    let mut files = Vec::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    sources(&root.join("src"), &mut files);
    let places: Vec<Regex> = PLACES.iter().map(|one| Regex::new(one).unwrap()).collect();
    let mut codes = BTreeSet::new();
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
        for place in &places {
            let narrow = ["=>", "const"]
                .iter()
                .any(|one| place.as_str().starts_with(one));
            if narrow && !CHOSEN.iter().any(|name| file.ends_with(name)) {
                continue;
            }
            codes.extend(place.captures_iter(text).map(|found| found[1].to_owned()));
        }
    }
    codes.retain(|code| !TYPES.contains(&code.as_str()));
    codes
}

/// The codes in the first column of the table whose rows have a status in the second.
fn documented(readme: &str) -> BTreeSet<String> {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(readme)).unwrap();
    let row = Regex::new(r"(?m)^\| ((?:`[a-z_]+`(?:, |、)?)+) \| (?:[45]\d\d|〃|同上)").unwrap();
    let code = Regex::new("`([a-z_]+)`").unwrap();
    let rows = row.captures_iter(&text).map(|row| row[1].to_owned());
    let cells: Vec<String> = rows.collect();
    let codes = cells.iter().flat_map(|cell| code.captures_iter(cell));
    codes.map(|found| found[1].to_owned()).collect()
}

#[test]
fn every_reason_code_stands_in_both_tables() {
    let codes = codes();
    for known in [
        "policy_blocked",
        "residual",
        "overloaded",
        "stateful_request",
        "bad_target",
        "queue_full",
        "upstream_cut",
    ] {
        assert!(
            codes.contains(known),
            "`{known}` was not found in the sources"
        );
    }
    for readme in ["README.md", "README.zh.md"] {
        let documented = documented(readme);
        let missing: Vec<_> = codes.difference(&documented).collect();
        let gone: Vec<_> = documented.difference(&codes).collect();
        assert!(missing.is_empty(), "{readme} does not have {missing:?}");
        assert!(
            gone.is_empty(),
            "{readme} has {gone:?}, which no source gives"
        );
    }
}
