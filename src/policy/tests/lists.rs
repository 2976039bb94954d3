//! Values from files and in the policy itself, and rules for tables.

use super::small;
use crate::base::EntityType;
use crate::policy::{Policy, PolicyError};
use std::fs;
use std::path::Path;

const DATA: &str = "data: {a: {include: PERSON}}\n";

fn read(rest: &str, folder: Option<&Path>) -> Result<Policy, PolicyError> {
    Policy::parse(&small(&format!("{DATA}{rest}")), "test.yaml", folder)
}

#[test]
fn values_come_from_a_file_beside_the_policy_and_from_the_policy_itself() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("projects.txt");
    fs::write(
        &file,
        "\u{feff}# ours\r\nBlue Heron\r\n\r\n  苍鹭计划 \n\\#7 area\n",
    )
    .unwrap();
    let rest = "lists: [{entity: PROJECT, file: projects.txt, values: [X-7], near: [项目]},\n  \
        {entity: PERSON, values: [王大力]}]\n";
    let policy = read(rest, Some(folder.path())).unwrap();
    let [projects, people] = policy.lists() else {
        panic!("two lists")
    };
    assert_eq!(
        projects.values(),
        ["X-7", "Blue Heron", "苍鹭计划", "#7 area"]
    );
    assert_eq!(projects.near, ["项目"]);
    assert_eq!(people.entity, EntityType::named("PERSON").unwrap());
    assert!(!format!("{policy:?}").contains("苍鹭") || policy.source().contains("苍鹭"));
    assert_eq!(format!("{projects:?}"), "ListSpec(PROJECT, 4 values)");

    let before = policy.sha256().to_owned();
    assert_eq!(read(rest, Some(folder.path())).unwrap().sha256(), before);
    fs::write(&file, "Blue Heron\n").unwrap();
    assert_ne!(read(rest, Some(folder.path())).unwrap().sha256(), before);
}

#[test]
fn faults_name_file_and_line_and_never_a_value() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("short.txt"), "Blue Heron\n# x\nQ\n").unwrap();
    fs::write(folder.path().join("long.txt"), "q".repeat(201)).unwrap();
    fs::write(folder.path().join("marks.txt"), "Blue Heron\n--\n").unwrap();
    fs::write(folder.path().join("latin1.txt"), b"Blue\nCaf\xe9\n").unwrap();
    fs::write(folder.path().join("none.txt"), "# nothing yet\n").unwrap();
    for (file, message) in [
        (
            "short.txt",
            "`short.txt`, line 3: the value has less than 2 characters",
        ),
        (
            "long.txt",
            "`long.txt`, line 1: the value has more than 200 characters",
        ),
        (
            "marks.txt",
            "`marks.txt`, line 2: the value has neither letter nor digit",
        ),
        ("latin1.txt", "`latin1.txt`, line 2: not UTF-8"),
        ("none.txt", "the list of `PROJECT` has no value"),
        ("absent.txt", "can't open"),
    ] {
        let rest = format!("lists: [{{entity: PROJECT, file: {file}}}]\n");
        let error = read(&rest, Some(folder.path())).unwrap_err();
        let [fault] = error.faults() else {
            panic!("{file}: {}", error.render(false))
        };
        assert!(fault.message().starts_with(message), "{}", fault.message());
        assert!(fault.line() == 7 && !error.render(false).contains("Heron"));
    }
    let error = read("lists: [{entity: PROJECT, file: short.txt}]\n", None).unwrap_err();
    assert!(error.to_string().contains("can't name files"), "{error}");
}

#[test]
fn rules_for_tables_are_read_and_checked() {
    let rest = "edm:\n  - {name: customers, require: [name, account], within: 30, alone: card}\n";
    let policy = read(rest, None).unwrap();
    let [rule] = policy.exact() else {
        panic!("one rule")
    };
    assert_eq!((&*rule.name, rule.within), ("customers", 30));
    assert_eq!((rule.require.len(), rule.alone.len()), (2, 1));
    for (rule, message) in [
        ("{name: c}", "nothing of `c` would be found"),
        ("{name: c, require: name}", "one column is no combination"),
        ("{name: c, require: [a, a]}", "column `a` is required twice"),
        ("{name: c, alone: a, within: 501}", "`within` can't be 501"),
        ("{name: C, alone: a}", "invalid table name `C`"),
    ] {
        let error = read(&format!("edm: [{rule}]\n"), None).unwrap_err();
        assert_eq!(error.faults()[0].message(), message);
    }
}
