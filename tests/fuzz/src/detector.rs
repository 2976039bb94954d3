//! The built-in recognizers, with one of everything that a policy can add to them.

use std::sync::LazyLock;
use vestibule::base::EntityType;
use vestibule::detect::exact::{Builder, Column, ExactRule, Table};
use vestibule::detect::{CustomRecognizer, Detector, ValueList};

/// Targets build it before their first input, whose time is watched.
pub static DETECTOR: LazyLock<Detector> = LazyLock::new(detector);

/// The key of the table's hashes.
const KEY: [u8; 32] = [7; 32];

fn detector() -> Detector {
    let custom = CustomRecognizer {
        entity: entity("USERNAME"),
        pattern: "(?-u:HT-[0-9]{4})".to_owned(),
        near: vec!["contract".to_owned(), "合同".to_owned()],
        find: Vec::new(),
        ignore: Vec::new(),
    };
    let list = ValueList {
        entity: entity("ORG"),
        values: vec!["Blue Heron".to_owned(), "蓝鹭计划".to_owned()],
        near: Vec::new(),
    };
    Detector::new(&[custom])
        .and_then(|detector| detector.with_lists(&[list]))
        .expect("the recognizers can be built")
        .with_exact(vec![table()])
}

fn table() -> Table {
    let column = |name: &str, of| Column {
        name: name.to_owned(),
        entity: entity(of),
    };
    let columns = vec![column("name", "PERSON"), column("account", "BANK_ACCOUNT")];
    let mut builder = Builder::new(columns, &KEY).expect("two columns");
    for row in [["Lena Quist", "88120047"], ["欧阳明月", "6633-2091"]] {
        builder.row(row).expect("two rows");
    }
    let mut file = Vec::new();
    builder.write(&mut file).expect("memory can be written");
    let names = ["name", "account"].map(str::to_owned);
    let rule = ExactRule {
        alone: vec!["account".to_owned()],
        require: names.to_vec(),
        within: 50,
    };
    Table::read(&file, &KEY)
        .and_then(|table| table.with_rules(&[rule]))
        .expect("the table was just written")
}

fn entity(name: &str) -> EntityType {
    EntityType::named(name).expect("a built-in type")
}
