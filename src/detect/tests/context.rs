//! What keys and words near a value make of it.

use super::super::Hint;
use super::{assert_ignores, detector, found};
use crate::base::Confidence;

/// Type and confidence of every finding under a key.
fn under(key: &str, text: &str) -> Vec<(&'static str, Confidence)> {
    detector()
        .scan(text, Hint { key: Some(key) })
        .iter()
        .map(|f| (f.entity.as_str(), f.confidence))
        .collect()
}

#[test]
fn a_key_is_context() {
    for (key, text, kind) in [
        ("phone", "(212) 555-0123", "PHONE"),
        ("手机号", "139 1234 5678", "CN_MOBILE"),
        ("idCard", "110105194912310021", "CN_RESIDENT_ID"),
        ("password", "Sonne2041", "PASSWORD"),
        ("customer_name", "李晓红", "PERSON"),
        ("fullName", "Ngozi Adeyemi", "PERSON"),
        ("cvv", "123", "CVV"),
        ("api_key", "q7ZxP2mK9vLw4RtY8sNb", "SECRET"),
    ] {
        assert_eq!(under(key, text), [(kind, Confidence::High)], "{key}");
        let unsure = under("uuid", text);
        assert!(
            unsure.iter().all(|f| f.0 != kind || f.1 < Confidence::High),
            "{key}"
        );
    }
}

#[test]
fn a_key_of_an_order_and_a_person_does_not_switch_detection_off() {
    for (key, text, kind) in [
        ("order_phone", "13912345678", "CN_MOBILE"),
        ("phone_order", "13912345678", "CN_MOBILE"),
        ("订单手机号", "13912345678", "CN_MOBILE"),
        ("order_phone", "(212) 555-0123", "PHONE"),
        ("order_card", "4111111111111111", "BANK_CARD"),
        ("batch_ssn", "219-09-9999", "US_SSN"),
        ("phone_hash", "13912345678", "CN_MOBILE"),
    ] {
        assert_eq!(under(key, text), [(kind, Confidence::High)], "{key}");
    }
}

#[test]
fn a_key_of_another_number_makes_a_telling_value_less_sure_and_no_more() {
    for key in [
        "order_no",
        "order_id",
        "trace_id",
        "serial",
        "sku",
        "timestamp",
        "cache_key",
        "订单号",
        "流水号",
    ] {
        for (text, kind) in [
            ("13912345678", "CN_MOBILE"),
            ("139 1234 5678", "CN_MOBILE"),
            ("4111111111111111", "BANK_CARD"),
            ("219-09-9999", "US_SSN"),
        ] {
            assert_eq!(under(key, text), [(kind, Confidence::Medium)], "{key}");
        }
        for text in [
            "20261124000138",
            "4111111111111112",
            "12912345678",
            "2125550123",
        ] {
            assert_eq!(under(key, text), [], "{key}: {text}");
        }
    }
    for key in ["uuid", "commit", "sha256"] {
        assert_eq!(under(key, "13912345678"), [], "{key}");
        assert_eq!(under(key, "4111111111111111"), [], "{key}");
    }
}

#[test]
fn an_order_in_prose_does_not_hide_a_customer() {
    for (text, kind, value) in [
        ("订单13912345678的客户", "CN_MOBILE", "13912345678"),
        (
            "order 4111111111111111 shipped",
            "BANK_CARD",
            "4111111111111111",
        ),
        ("订单号4111111111111111", "BANK_CARD", "4111111111111111"),
    ] {
        assert_eq!(found(text), [(kind, value)], "{text}");
        let findings = detector().scan(text, Hint::default());
        assert_eq!(findings[0].confidence, Confidence::Medium, "{text}");
    }
    assert_ignores(&[
        "订单号13912345678",
        "serial 13912345678",
        "order 4111111111111112 shipped",
        "commit 4111111111111111",
    ]);
}

#[test]
fn a_denying_key_does_not_silence_a_note() {
    assert_eq!(
        under(
            "order_note",
            "请在送货前联系收货的同事，号码13912345678，谢谢"
        )
        .len(),
        1
    );
}

#[test]
fn a_short_code_under_its_key_is_found() {
    for (key, text, kind) in [
        ("cvv", "739", "CVV"),
        ("pin", "447", "PIN"),
        ("pin", "44711234", "PIN"),
        ("password", "918273", "PASSWORD"),
        ("storage_password", "918", "PASSWORD"),
        ("密码", "918", "PASSWORD"),
        ("验证码", "4829", "PIN"),
        ("verification_code", "482913", "PIN"),
        ("CVV f1", "739", "CVV"),
    ] {
        assert_eq!(under(key, text), [(kind, Confidence::High)], "{key}");
    }
    for key in [
        "password_max_age",
        "pinLength",
        "password_min_length",
        "count",
    ] {
        assert_eq!(under(key, "7776"), [], "{key}");
    }
}

#[test]
fn one_part_of_a_name_under_its_key_is_found() {
    for (key, text) in [
        ("first_name", "Lena"),
        ("lastName", "Pálffy"),
        ("last_name", "smith"),
        ("surname", "诸葛"),
        ("family_name", "Brandt"),
    ] {
        let kinds: Vec<_> = under(key, text).iter().map(|f| f.0).collect();
        assert_eq!(kinds, ["PERSON"], "{key}");
    }
    for (key, text) in [
        ("first_name", "string"),
        ("last_name", "String"),
        ("last_name", "{{last}}"),
        ("name", "Debian"),
        ("username", "admin"),
        ("password", "Enter your password"),
    ] {
        assert_eq!(under(key, text), [], "{key}");
    }
}
