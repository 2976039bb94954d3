//! Dictionaries: what is found where, and what a hundred thousand values take.

use super::*;

fn lists(of: &[(&str, &[&str], &[&str])]) -> Lists {
    let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    let list = |(entity, values, near): &(&str, &[&str], &[&str])| ValueList {
        entity: EntityType::define(entity).unwrap(),
        values: owned(values),
        near: owned(near),
    };
    Lists::new(&of.iter().map(list).collect::<Vec<_>>()).unwrap()
}

fn found<'t>(lists: &Lists, text: &'t str, key: Option<&str>) -> Vec<&'t str> {
    let mut found = Vec::new();
    lists.find(text, key, &mut found);
    let values = found.iter().map(|c| c.span.slice(text).unwrap());
    values.collect()
}

#[test]
fn values_are_found_in_any_case_and_width_and_only_whole() {
    let lists = lists(&[(
        "PROJECT_NAME",
        &["Blue Heron", "苍鹭", "Ｘ-７", "école", "R2"],
        &[],
    )]);
    for (text, expected) in [
        ("the BLUE  heron plan", &["BLUE  heron"] as &[&str]),
        (
            "blue\u{3000}heron，苍鹭计划",
            &["blue\u{3000}heron", "苍鹭"],
        ),
        ("blue\nherons", &[]),
        ("项目x-7已立项", &["x-7"]),
        ("项目Ｘ－７", &["Ｘ－７"]),
        ("ax-7 x-70", &[]),
        ("ÉCOLE écoles", &["ÉCOLE"]),
        ("R2D2, r2，项目R2上线", &["r2", "R2"]),
        ("苍鹭苍鹭", &["苍鹭", "苍鹭"]),
        ("", &[]),
    ] {
        assert_eq!(found(&lists, text, None), expected, "{text}");
    }
}

#[test]
fn a_word_can_be_wanted_near_or_in_the_key() {
    let lists = lists(&[("PROJECT_NAME", &["苍鹭"], &["项目", "Project"])]);
    assert_eq!(found(&lists, "项目苍鹭", None), ["苍鹭"]);
    assert_eq!(found(&lists, "苍鹭, PROJECT", None), ["苍鹭"]);
    assert_eq!(found(&lists, "苍鹭", Some("projectName")), ["苍鹭"]);
    assert!(found(&lists, "湖边有一只苍鹭", None).is_empty());
    let far = format!("项目{}苍鹭", "，".repeat(30));
    assert!(found(&lists, &far, None).is_empty());
}

#[test]
fn overlapping_values_of_a_list_are_one_candidate_and_those_of_two_lists_two() {
    let lists = lists(&[
        ("PROJECT_NAME", &["哈哈", "哈哈哈"], &[]),
        ("VIP", &["哈哈"], &[]),
    ]);
    let text = "哈".repeat(10_000);
    assert_eq!(found(&lists, &text, None), [text.as_str(), text.as_str()]);
}

#[test]
fn debug_shows_no_value() {
    let list = ValueList {
        entity: EntityType::define("VIP").unwrap(),
        values: vec!["苍鹭".to_owned()],
        near: Vec::new(),
    };
    let shown = format!("{list:?} {:?}", Lists::new(std::slice::from_ref(&list)));
    assert_eq!(
        shown,
        "ValueList(VIP, 1 values) Some(Lists(1 with 1 values))"
    );
}

#[test]
fn a_hundred_thousand_values_stay_small() {
    let name = |i: u32| format!("{} project {i}", ["blue", "red", "苍鹭"][i as usize % 3]);
    let list = ValueList {
        entity: EntityType::define("PROJECT_NAME").unwrap(),
        values: (0..100_000).map(name).collect(),
        near: Vec::new(),
    };
    let lists = Lists::new(&[list]).unwrap();
    let memory = lists.memory_bytes();
    assert!(memory < 40_000_000, "{memory}");
    assert_eq!(
        found(&lists, "see RED project 99997!", None),
        ["RED project 99997"]
    );
}
