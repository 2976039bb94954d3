//! Every policy that ships is well formed.

#![expect(clippy::unwrap_used, reason = "a test reports by panicking")]

use std::fs;
use std::path::PathBuf;

use vestibule::policy::{DEFAULT_SOURCE, Policy};

fn shipped() -> Vec<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("policies");
    let entries = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    entries
        .filter(|path| path.extension().is_some_and(|ending| ending == "yaml"))
        .collect()
}

#[test]
fn every_shipped_policy_is_well_formed() {
    let files = shipped();
    assert!(!files.is_empty());
    for file in files {
        let source = fs::read_to_string(&file).unwrap();
        let name = file.file_name().unwrap().to_str().unwrap();
        let policy = Policy::parse(&source, name, file.parent())
            .unwrap_or_else(|error| panic!("{}", error.render(false)));
        assert_eq!(
            format!("{}.yaml", policy.name()),
            name,
            "a policy is called as its file is"
        );
        assert!(!policy.tests().is_empty(), "{name} has no tests");
        assert_eq!(policy.sha256().len(), 64);
    }
}

#[test]
fn the_built_in_policy_is_the_file_of_that_name() {
    let file = shipped()
        .into_iter()
        .find(|path| path.ends_with("default.yaml"))
        .unwrap();
    assert_eq!(fs::read_to_string(file).unwrap(), DEFAULT_SOURCE);
}
