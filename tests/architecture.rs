//! The floors of the house: an arrow never goes up, siblings keep apart, files stay short.
//!
//! ARCHITECTURE.md tells the story; this test keeps it true. It reads the sources, so it sees every `crate::` path,
//! in a `use` or in the middle of an expression.
#![expect(clippy::unwrap_used, reason = "a test reports by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Floor by floor, ground floor first. `lib` has no floor: it only names the modules.
const FLOORS: &[&[&str]] = &[
    &["base"],
    &[
        "crypto", "protocol", "detect", "policy", "store", "coding", "files",
    ],
    &[
        "vault",
        "transform",
        "restore",
        "review",
        "route",
        "infer",
        "audit",
        "identity",
        "authority",
    ],
    &["pipeline"],
    &["proxy", "cli"],
    &["config"],
    &["app", "main"],
];

/// Arrows between siblings that the table in ARCHITECTURE.md grants.
const GRANTED: &[(&str, &str)] = &[
    ("transform", "vault"),
    ("restore", "vault"),
    ("main", "app"),
];

/// Longest file, in lines, tests included.
const MAX_FILE_LINES: usize = 500;

#[test]
fn a_module_uses_only_modules_on_lower_floors() {
    let faults = layering_faults(&sources());
    assert!(
        faults.is_empty(),
        "arrows that go up or sideways:\n{}",
        faults.join("\n")
    );
}

#[test]
fn an_upward_arrow_would_be_seen() {
    let upward = [
        ("src/base/span.rs", "use crate::pipeline::Pipeline;"),
        ("src/policy/mod.rs", "fn f() { crate::audit::verify() }"),
        (
            "src/detect/scan.rs",
            "use crate::{base::Span, policy::Policy};",
        ),
        ("src/vault/mod.rs", "use crate::transform::deidentify;"),
        ("src/attic/mod.rs", "use crate::base::Span;"),
    ];
    for (path, text) in upward {
        assert_eq!(faults_of(path, text).len(), 1, "{path}: {text}");
    }
    let fine = [
        ("src/transform/mod.rs", "use crate::vault::Scope;"),
        (
            "src/pipeline/mod.rs",
            "use crate::{base::Span, policy::{Policy, Trust}};",
        ),
        ("src/base/span.rs", "// crate::pipeline is upstairs"),
    ];
    for (path, text) in fine {
        assert_eq!(
            faults_of(path, text),
            Vec::<String>::new(),
            "{path}: {text}"
        );
    }
}

#[test]
fn files_stay_short() {
    let long: Vec<String> = sources()
        .iter()
        .chain(&rust_files(Path::new("tests")))
        .map(|(path, text)| (path, text.lines().count()))
        .filter(|(_, lines)| *lines > MAX_FILE_LINES)
        .map(|(path, lines)| format!("{} has {lines} lines", path.display()))
        .collect();
    assert!(
        long.is_empty(),
        "files over {MAX_FILE_LINES} lines:\n{}",
        long.join("\n")
    );
}

fn faults_of(path: &str, text: &str) -> Vec<String> {
    layering_faults(&BTreeMap::from([(PathBuf::from(path), text.to_owned())]))
}

fn sources() -> BTreeMap<PathBuf, String> {
    let found = rust_files(Path::new("src"));
    assert!(found.len() > 50, "the sources were not found");
    found
}

fn layering_faults(sources: &BTreeMap<PathBuf, String>) -> Vec<String> {
    let floor = |name: &str| FLOORS.iter().position(|names| names.contains(&name));
    let mut faults = BTreeSet::new();
    for (path, text) in sources {
        let Some(from) = top_module(path) else {
            continue;
        };
        let Some(here) = floor(&from) else {
            faults.insert(format!("{}: `{from}` has no floor", path.display()));
            continue;
        };
        for to in used_modules(text).into_iter().filter(|to| *to != from) {
            let granted = GRANTED.contains(&(from.as_str(), to.as_str()));
            if floor(&to).is_some_and(|there| there >= here) && !granted {
                faults.insert(format!("{}: `{from}` uses `{to}`", path.display()));
            }
        }
    }
    faults.into_iter().collect()
}

fn rust_files(folder: &Path) -> BTreeMap<PathBuf, String> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.insert(path.clone(), fs::read_to_string(&path).unwrap());
        }
    }
    found
}

/// `src/detect/views.rs` belongs to `detect`, `src/app.rs` to `app`, `src/lib.rs` to none.
fn top_module(path: &Path) -> Option<String> {
    let first = path.components().nth(1)?.as_os_str().to_str()?;
    let name = first.strip_suffix(".rs").unwrap_or(first);
    (name != "lib").then(|| name.to_owned())
}

/// Every `x` of `crate::x` and of `crate::{x::…, y}`, comments aside; `vestibule::` is the same crate seen from `main`.
fn used_modules(source: &str) -> BTreeSet<String> {
    let code: Vec<&str> = source
        .lines()
        .map(|line| line.split("//").next().unwrap_or_default())
        .collect();
    let code = code.join("\n");
    let tails = code
        .split("crate::")
        .skip(1)
        .chain(code.split("vestibule::").skip(1));
    tails.flat_map(first_names).collect()
}

fn first_names(tail: &str) -> Vec<String> {
    let Some(group) = tail.strip_prefix('{') else {
        return name(tail).into_iter().collect();
    };
    let (mut depth, mut item, mut names) = (0_u32, String::new(), Vec::new());
    for c in group.chars() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => names.extend(name(&std::mem::take(&mut item))),
            _ => {}
        }
        item.push(c);
    }
    names.extend(name(&item));
    names
}

fn name(text: &str) -> Option<String> {
    let is_name = |c: &char| c.is_alphanumeric() || *c == '_';
    let name: String = text
        .trim_start_matches([',', ' ', '\n'])
        .chars()
        .take_while(is_name)
        .collect();
    (!name.is_empty()).then_some(name)
}
