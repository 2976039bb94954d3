//! The egress scan.

use super::*;

/// A request in which this value was found, and replaced.
fn found(value: &str, name: &str, operator: Operator) -> Transformed {
    Request::of(&[value], &[(value, name)])
        .with(&scope(1), operator)
        .1
}

fn leaks(outbound: &str, value: &str, name: &str) -> bool {
    let done = found(value, name, Operator::Surrogate);
    match residuals(outbound.as_bytes(), &done)[..] {
        [] => false,
        [only] => only == entity(name),
        _ => panic!("one value, one type"),
    }
}

#[test]
fn every_encoding_of_a_value_is_noticed() {
    let base64 = |text: &str| data_encoding::BASE64.encode(text.as_bytes());
    let url = |text: &str| data_encoding::BASE64URL.encode(text.as_bytes());
    let (mail, name, phone, odd) = (
        "lena@example.org",
        "张伟",
        "138 0013-8000",
        "a>b?c~d\u{fffd}",
    );
    for (value, entity, outbound) in [
        (
            mail,
            "EMAIL",
            r#"{"content":"lena@example.org"}"#.to_owned(),
        ),
        (mail, "EMAIL", "xlena@example.orgx".to_owned()),
        (mail, "EMAIL", r"lena\u0040example\u002Eorg".to_owned()),
        (mail, "EMAIL", "?to=lena%40example.org".to_owned()),
        (mail, "EMAIL", r"?to=lena\u002540example.org".to_owned()),
        (mail, "EMAIL", base64("lena@example.org")),
        (mail, "EMAIL", base64("x lena@example.org, and")),
        (mail, "EMAIL", base64("xylena@example.org,")),
        (mail, "EMAIL", base64("xyzlena@example.org")),
        (
            "smith",
            "PERSON",
            r#"{"content":"dear\nsmith\t"}"#.to_owned(),
        ),
        (name, "PERSON", "张伟".to_owned()),
        (name, "PERSON", r"\u5f20\u4F1f".to_owned()),
        (name, "PERSON", r"\\\\u5f20\\u4F1f".to_owned()),
        (name, "PERSON", "%E5%BC%A0%e4%bc%9f".to_owned()),
        (name, "PERSON", base64("张伟")),
        (name, "PERSON", base64("a张伟b")),
        (name, "PERSON", base64("ab张伟ab")),
        (phone, "CN_MOBILE", "138 0013-8000".to_owned()),
        (phone, "CN_MOBILE", "13800138000".to_owned()),
        (phone, "CN_MOBILE", "１３８００１３８０００".to_owned()),
        (phone, "CN_MOBILE", "１３８ ００１３-８０００".to_owned()),
        (phone, "CN_MOBILE", "138+0013-8000".to_owned()),
        ("pass/word1", "PASSWORD", r"pass\/word1".to_owned()),
        (odd, "PASSWORD", base64(odd)),
        (odd, "PASSWORD", url(odd)),
        (odd, "PASSWORD", base64(&format!("1{odd}"))),
        (odd, "PASSWORD", url(&format!("1{odd}"))),
        (
            "a/b\"c\n-----d",
            "PRIVATE_KEY",
            r#"a\/b\"c\n-----d"#.to_owned(),
        ),
        (
            "a/b\"c\n-----d",
            "PRIVATE_KEY",
            r#"a/b\\\"c\\n-----d"#.to_owned(),
        ),
    ] {
        assert!(leaks(&outbound, value, entity), "{value} in {outbound}");
        let around = format!("{}{outbound}{}", "余 ".repeat(500), " x".repeat(500));
        assert!(leaks(&around, value, entity), "{value} far inside");
    }
    assert!(
        base64(odd).contains(['+', '/']),
        "the two alphabets differ on this one"
    );
}

#[test]
fn what_is_not_the_value_is_let_through() {
    let own = surrogate_of(&scope(1), "EMAIL", "PASSWORD");
    for (value, name, outbound) in [
        (
            "lena@example.org",
            "EMAIL",
            "lena@example.net LENA@EXAMPLE.ORG".to_owned(),
        ),
        ("smith", "PERSON", "blacksmith smiths".to_owned()),
        ("张伟", "PERSON", "张 伟 张薇".to_owned()),
        ("张", "PERSON", "张".to_owned()),
        ("1234", "PIN", "1234".to_owned()),
        ("12345", "PIN", "912345".to_owned()),
        ("EMAIL", "PASSWORD", format!("x{own}y")),
        (
            "PASSWORD",
            "PASSWORD",
            surrogate_of(&scope(1), "PASSWORD", "PASSWORD"),
        ),
        ("content", "PASSWORD", r#"{"content":""}"#.to_owned()),
        ("messages", "PASSWORD", r#"{"messages":[]}"#.to_owned()),
    ] {
        assert!(!leaks(&outbound, value, name), "{value} in {outbound}");
    }
    assert!(leaks(r#"{"content":"my content"}"#, "content", "PASSWORD"));
    assert!(leaks("EMAIL", "EMAIL", "PASSWORD"));
    assert!(
        leaks(&surrogate_of(&scope(2), "x", "EMAIL"), "EMAIL", "PASSWORD"),
        "not ours"
    );
}

#[test]
fn a_label_that_holds_the_value_is_let_through_and_the_value_beside_it_is_not() {
    for (value, operator, label) in [
        ("redacted", Operator::Redact, "[redacted:PASSWORD]"),
        ("password", Operator::Generalise, "[password]"),
    ] {
        let done = found(value, "PASSWORD", operator);
        assert!(residuals(label.as_bytes(), &done).is_empty(), "{label}");
        let both = format!("{label} {value}");
        assert_eq!(
            residuals(both.as_bytes(), &done),
            [entity("PASSWORD")],
            "{both}"
        );
    }
}

#[test]
fn originals_of_every_operator_but_allow_are_sought() {
    for operator in [
        Operator::Surrogate,
        Operator::Seal,
        Operator::Mask,
        Operator::Redact,
        Operator::Generalise,
    ] {
        let done = found("lena@example.org", "EMAIL", operator);
        assert_eq!(
            residuals(b"lena@example.org", &done),
            [entity("EMAIL")],
            "{operator:?}"
        );
    }
    let allowed = found("lena@example.org", "EMAIL", Operator::Allow);
    assert!(residuals(b"lena@example.org", &allowed).is_empty());
}

#[test]
fn what_is_found_where_nothing_can_be_replaced_is_a_residual() {
    for value in ["lena@example.org", "123"] {
        let findings = [finding(0, value, "EMAIL")];
        let parts = [Inspected {
            text: value,
            findings: &findings,
            rewritable: false,
        }];
        let left = |operator: Operator| {
            let done = deidentify(&parts, &|_, _| operator, &scope(1), NOW).unwrap();
            assert!(done.replacements.is_empty());
            residuals(value.as_bytes(), &done)
        };
        assert_eq!(left(Operator::Surrogate), [entity("EMAIL")], "{value}");
        assert!(left(Operator::Allow).is_empty());
    }
}

#[test]
fn a_value_in_an_id_is_a_residual_when_it_was_found_in_text() {
    let findings = [finding(3, "lena@example.org", "EMAIL")];
    let parts = [
        Inspected {
            text: "to lena@example.org",
            findings: &findings,
            rewritable: true,
        },
        Inspected {
            text: "call_lena@example.org",
            findings: &[],
            rewritable: false,
        },
    ];
    let done = deidentify(&parts, &|_, _| Operator::Surrogate, &scope(1), NOW).unwrap();
    assert_eq!(done.replacements.len(), 1);
    assert_eq!(
        residuals(b"call_lena@example.org", &done),
        [entity("EMAIL")]
    );
}

#[test]
fn residuals_name_each_type_once_in_order() {
    let text = "lena@example.org 张伟 anna@example.org";
    let values = [
        ("lena@example.org", "EMAIL"),
        ("张伟", "PERSON"),
        ("anna@example.org", "EMAIL"),
    ];
    let (_, done) = Request::of(&[text], &values).with(&scope(1), Operator::Surrogate);
    assert_eq!(
        residuals(text.as_bytes(), &done),
        [entity("EMAIL"), entity("PERSON")]
    );
}

proptest! {
    #[test]
    fn any_bytes_are_scanned_without_panic(bytes: Vec<u8>, escapes in r"[\\u0-9a-f%/n]{0,40}") {
        let done = found("lena@example.org", "EMAIL", Operator::Surrogate);
        prop_assert!(residuals(&bytes, &done).is_empty());
        prop_assert!(residuals(escapes.as_bytes(), &done).is_empty());
    }
}
