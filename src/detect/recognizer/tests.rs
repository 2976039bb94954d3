//! The examples of every file, and what a file may not be.

use super::super::{Detector, Hint};
use super::*;
use std::collections::BTreeSet;

fn detector() -> &'static Detector {
    static DETECTOR: OnceLock<Detector> = OnceLock::new();
    DETECTOR.get_or_init(|| Detector::built_in().unwrap())
}

/// Spans of a type in a text.
fn spans<'t>(entity: &str, text: &'t str) -> Vec<&'t str> {
    detector()
        .scan(text, Hint::default())
        .iter()
        .filter(|f| f.entity.as_str() == entity)
        .map(|f| f.span.slice(text).unwrap())
        .collect()
}

#[test]
fn every_example_holds() {
    let mut faults = Vec::new();
    for form in file::forms() {
        let form = form.unwrap();
        assert!(!form.find.is_empty() && !form.ignore.is_empty());
        for example in &form.find {
            let (head, rest) = example.split_once('⟦').unwrap();
            let (value, tail) = rest.split_once('⟧').unwrap();
            let text = [head, value, tail].concat();
            let found = spans(&form.entity, &text);
            if !found.contains(&value) {
                faults.push(format!("{}: {example}: {found:?}", form.entity));
            }
        }
        for example in &form.ignore {
            let found = spans(&form.entity, example);
            if !found.is_empty() {
                faults.push(format!("{}: {example}: {found:?}", form.entity));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn files_agree_with_the_table_of_types() {
    for form in file::forms() {
        let form = form.unwrap();
        let entity = EntityType::named(&form.entity).unwrap();
        assert_eq!(form.level, entity.default_level(), "{}", form.entity);
        assert!(!form.label.en.is_empty() && !form.label.zh.is_ascii());
    }
}

#[test]
fn every_type_of_data_has_a_recognizer() {
    let have: BTreeSet<_> = built_in()
        .unwrap()
        .all
        .iter()
        .map(|of| of.entity.as_str())
        .collect();
    for wanted in [
        "ADDRESS",
        "AGE",
        "AMOUNT",
        "BANK_ACCOUNT",
        "CARD_EXPIRY",
        "CN_DRIVING_LICENCE",
        "CN_MILITARY_ID",
        "CN_PASSPORT",
        "CRYPTO_WALLET",
        "DATE_OF_BIRTH",
        "DEA",
        "DIAGNOSIS",
        "DIAGNOSIS_GENETIC",
        "DIAGNOSIS_HIV",
        "DIAGNOSIS_PSYCHIATRIC",
        "ETHNICITY",
        "GENDER",
        "GEO",
        "HEALTH_PLAN_NO",
        "HKMT_PERMIT",
        "MAC",
        "MEDICAL_RECORD_NO",
        "MEDICATION",
        "NATIONAL_ID",
        "NPI",
        "QQ",
        "RELIGION",
        "SOCIAL_SECURITY_CARD",
        "SWIFT",
        "UK_NINO",
        "URL",
        "USERNAME",
        "US_DRIVING_LICENCE",
        "US_ITIN",
        "US_PASSPORT",
        "US_ROUTING",
        "VIN",
        "WECHAT",
    ] {
        assert!(have.contains(wanted), "{wanted}");
    }
}
