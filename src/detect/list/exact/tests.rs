//! Exact data match as a whole: what a table finds, what its file tells.

use super::*;
use crate::base::Span;

const KEY: [u8; 32] = [7; 32];

fn column(name: &str, entity: &str) -> Column {
    Column {
        name: name.to_owned(),
        entity: EntityType::named(entity).unwrap(),
    }
}

const ROWS: &[[&str; 3]] = &[
    ["张三", "6222 0202 0011 2233", "HT-2025-0001"],
    ["李四海", "6222 0202 0011 4455", "HT-2025-0002"],
    ["Ann O'Brien", "6222020200116677", ""],
    ["北京明月科技有限公司", "1100 2233 4455", "x"],
];

fn written() -> Vec<u8> {
    let columns = vec![
        column("name", "PERSON"),
        column("account", "BANK_ACCOUNT"),
        column("contract", "USERNAME"),
    ];
    let mut builder = Builder::new(columns, &KEY).unwrap();
    for row in ROWS {
        builder.row(row.iter().copied()).unwrap();
    }
    let contract = builder.taken()[2];
    assert_eq!((contract.values, contract.empty, contract.short), (2, 1, 1));
    let mut bytes = Vec::new();
    builder.write(&mut bytes).unwrap();
    bytes
}

fn table(alone: &[&str], require: &[&str]) -> Table {
    let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let rule = ExactRule {
        alone: owned(alone),
        require: owned(require),
        within: 50,
    };
    let table = Table::read(&written(), &KEY).unwrap();
    table.with_rules(&[rule]).unwrap()
}

fn found<'t>(table: &Table, text: &'t str) -> Vec<(&'static str, &'t str)> {
    let mut found = Vec::new();
    table.find(text, &mut found);
    found.sort_by_key(|c| c.span.start);
    found.dedup_by_key(|c| c.span);
    let pair = |c: &Candidate| (c.entity.as_str(), c.span.slice(text).unwrap());
    found.iter().map(pair).collect()
}

#[test]
fn a_column_may_be_strong_enough_alone() {
    let table = table(&["account", "contract"], &[]);
    for (text, expected) in [
        (
            "账号6222020200112233。",
            &[("BANK_ACCOUNT", "6222020200112233")] as &[_],
        ),
        (
            "acct 6222-0202-0011-4455!",
            &[("BANK_ACCOUNT", "6222-0202-0011-4455")],
        ),
        ("合同ht2025 0001已签", &[("USERNAME", "ht2025 0001")]),
        ("张三的账号是6222020200119999", &[]),
        ("x 162220202001122331", &[]),
        ("", &[]),
    ] {
        assert_eq!(found(&table, text), expected, "{text}");
    }
}

#[test]
fn values_of_one_row_are_findings_together_and_not_of_two_rows() {
    let table = table(&[], &["name", "account"]);
    let gap = |n: usize| format!("张三{}6222020200112233", "，".repeat(n));
    for (text, count) in [
        ("张三的账号是6222020200112233".to_owned(), 2),
        ("6222020200112233，户名 张三".to_owned(), 2),
        ("ANN OBRIEN 6222020200116677".to_owned(), 2),
        ("ANN O’BRIEN 6222020200116677".to_owned(), 2),
        ("李四海的账号是6222020200112233".to_owned(), 0),
        ("张三来了".to_owned(), 0),
        ("汇给北京明月科技有限公司（110022334455）".to_owned(), 2),
        (gap(50), 2),
        (gap(51), 0),
    ] {
        assert_eq!(found(&table, &text).len(), count, "{text}");
    }
}

#[test]
fn the_file_holds_no_value_and_opens_only_unaltered_and_under_its_key() {
    let bytes = written();
    for value in ROWS.iter().flatten().filter(|value| value.len() > 3) {
        for form in [(*value).to_owned(), key::Key::of(value).text] {
            for piece in form.as_bytes().windows(4.min(form.len())) {
                let there = bytes.windows(piece.len()).any(|window| window == piece);
                assert!(!there, "{form}");
            }
        }
    }
    assert!(matches!(
        Table::read(&bytes, &[8; 32]),
        Err(ExactError::Damaged)
    ));
    for at in [0, 7, 20, bytes.len() / 2, bytes.len() - 1] {
        let mut altered = bytes.clone();
        altered[at] ^= 1;
        assert!(
            matches!(Table::read(&altered, &KEY), Err(ExactError::Damaged)),
            "{at}"
        );
    }
    for len in [0, 6, 31, 32, 100, bytes.len() - 1] {
        assert!(Table::read(&bytes[..len], &KEY).is_err(), "{len}");
    }
    let (columns, rows) = Table::describe(&bytes).unwrap();
    assert_eq!((columns.len(), rows), (3, 4));
    assert_eq!(columns[0], ("name".to_owned(), "PERSON".to_owned()));
}

#[test]
fn a_rule_for_a_column_that_is_not_there_is_refused() {
    let rule = ExactRule {
        alone: vec!["phone".to_owned()],
        ..ExactRule::default()
    };
    let table = Table::read(&written(), &KEY).unwrap();
    let error = table.with_rules(&[rule]).unwrap_err();
    assert_eq!(error.to_string(), "the table has no column `phone`");
}

#[test]
fn a_common_value_is_met_with_a_rare_one_of_its_row() {
    let columns = vec![column("name", "PERSON"), column("account", "BANK_ACCOUNT")];
    let mut builder = Builder::new(columns, &KEY).unwrap();
    for i in 0..2_000 {
        let account = format!("62220000{i:08}");
        builder.row(["张伟", account.as_str()]).unwrap();
    }
    let mut bytes = Vec::new();
    builder.write(&mut bytes).unwrap();
    let rule = ExactRule {
        require: vec!["name".to_owned(), "account".to_owned()],
        within: 20,
        ..ExactRule::default()
    };
    let table = Table::read(&bytes, &KEY)
        .unwrap()
        .with_rules(&[rule])
        .unwrap();
    let text = "张伟 6222000000001999";
    assert_eq!(found(&table, text).len(), 2);
    let mut all = Vec::new();
    table.find(&text.repeat(3_000), &mut all);
    assert!(all.iter().all(|c| c.span != Span::new(0, 0)) && all.len() >= 6_000);
}
