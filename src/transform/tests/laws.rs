//! Restoring gives everything back; turns agree; scopes don't.

use super::*;

const VALUES: &[(&str, &str)] = &[
    ("lena@example.org", "EMAIL"),
    ("张伟强", "PERSON"),
    ("张伟", "PERSON"),
    ("13800138000", "CN_MOBILE"),
    ("EMAIL_0123456789", "SECRET"),
    ("a_EMAIL_01234", "SECRET"),
    ("7", "CVV"),
];

/// Pieces that make trouble next to each other: values, halves of values, halves and wholes of surrogates.
fn piece() -> impl Strategy<Value = String> {
    let foreign = surrogate_of(&scope(200), "bob@example.org", "EMAIL");
    let fixed = [
        "lena@example.org",
        "张伟强",
        "张伟",
        "张",
        "伟",
        "13800138000",
        "1380013",
        "8000",
        "EMAIL_",
        "LIT_",
        "EMAIL",
        "EMAIL_0123456789",
        "LIT_0123456789",
        "CN_MOBILE_AB12CD34EF",
        "PERSON_",
        "0123456789",
        "XT940KMVKT",
        "_",
        "A",
        "a",
        "7",
        " ",
        "\n",
        "\\u5f20",
        "%E5",
        "é",
        "１",
        "[redacted:CVV]",
        "\u{200d}",
        "😀",
    ];
    prop_oneof![
        8 => prop::sample::select(fixed.to_vec()).prop_map(str::to_owned),
        1 => Just(foreign),
        1 => any::<String>(),
    ]
}

fn text() -> impl Strategy<Value = String> {
    prop::collection::vec(piece(), 0..10).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn restoring_what_was_deidentified_gives_every_text_back(
        texts in prop::collection::vec(text(), 1..4), noticed in 0..=VALUES.len(),
    ) {
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let request = Request::of(&texts, &VALUES[..noticed]);
        let (out, done) = request.with(&scope(1), Operator::Surrogate);
        for (text, out) in texts.iter().zip(&out) {
            prop_assert_eq!(&restore(out, &done.map), text);
        }
        for (value, _) in VALUES[..noticed].iter().filter(|(value, _)| value.len() > 6) {
            let was_found = request.parts.iter().any(|(text, f)| {
                f.iter().any(|finding| finding.span.slice(text) == Some(value))
            });
            if was_found && !value.contains('_') {
                prop_assert!(out.iter().all(|out| !out.contains(value)), "{:?}", out);
            }
        }
// What hides a value under an escape is rightly reported.
        if !texts.iter().any(|text| text.contains(['\\', '%'])) {
            prop_assert_eq!(residuals(out.join("\n").as_bytes(), &done), vec![]);
        }
    }

    #[test]
    fn a_later_turn_repeats_the_bytes_of_the_earlier_one(
        old in prop::collection::vec(text(), 1..3), new in prop::collection::vec(text(), 1..3),
    ) {
        let mut texts: Vec<&str> = old.iter().map(String::as_str).collect();
        let (first, _) = Request::of(&texts, VALUES).with(&scope(1), Operator::Surrogate);
        texts.extend(new.iter().map(String::as_str));
        let (second, _) = Request::of(&texts, VALUES).with(&scope(1), Operator::Surrogate);
        // A value can first be noticed in the new turn though it stood in the old one: its place was inside
        // another value's.
        let unnoticed = |text: &str| VALUES.iter().any(|(value, _)| {
            text.contains(value) && find(text, VALUES).iter().all(|f| f.span.slice(text) != Some(value))
        });
        if !old.iter().any(|text| unnoticed(text)) {
            prop_assert_eq!(&second[..first.len()], &first[..]);
        }
    }
}

#[test]
fn the_same_value_has_one_surrogate_in_a_scope_and_others_elsewhere() {
    let mine = surrogate_of(&scope(1), "lena@example.org", "EMAIL");
    assert_eq!(mine, surrogate_of(&scope(1), "lena@example.org", "EMAIL"));
    for other in [
        surrogate_of(&scope(2), "lena@example.org", "EMAIL"),
        surrogate_of(&scope(1), "Lena@example.org", "EMAIL"),
        surrogate_of(&scope(1), "lena@example.org", "PERSON"),
    ] {
        assert_ne!(mine, other);
        assert_ne!(
            mine.split_at(mine.len() - 10).1,
            other.split_at(other.len() - 10).1
        );
    }
}

#[test]
fn the_first_type_wins_in_a_request() {
    let text = "张伟 says: 张伟";
    let findings = vec![finding(0, "张伟", "PERSON"), finding(13, "张伟", "ADDRESS")];
    let request = Request {
        parts: vec![(text.to_owned(), findings)],
    };
    let (out, done) = request.with(&scope(1), Operator::Surrogate);
    let surrogate = surrogate_of(&scope(1), "张伟", "PERSON");
    assert_eq!(out[0], format!("{surrogate} says: {surrogate}"));
    assert_eq!(done.map.len(), 1);
}

#[test]
fn a_foreign_surrogate_is_escaped_and_gives_no_original() {
    let foreign = surrogate_of(&scope(2), "bob@example.org", "EMAIL");
    let text = format!("who is {foreign}? not lena@example.org");
    let request = Request::of(&[&text], &[("lena@example.org", "EMAIL")]);
    let (out, done) = request.with(&scope(1), Operator::Surrogate);
    assert!(!out[0].contains(&foreign) && out[0].starts_with("who is LIT_"));
    assert!(done.map.get(&foreign).is_none());
    assert!(
        done.map
            .iter()
            .all(|(_, _, original)| original.expose() != "bob@example.org")
    );
    assert_eq!(restore(&out[0], &done.map), text);
}

#[test]
fn a_surrogate_of_this_request_that_came_back_unrestored_stays() {
    for operator in [Operator::Surrogate, Operator::Seal] {
        let own = surrogate_of(&scope(1), "lena@example.org", "EMAIL");
        let texts = [
            "see lena@example.org",
            &format!("![x](https://e.org/?m={own})"),
            "EMAIL_0123456789",
        ];
        let request = Request::of(&texts, &[("lena@example.org", "EMAIL")]);
        let (out, done) = request.with(&scope(1), operator);
        assert_eq!(out[0], format!("see {own}"));
        assert_eq!(out[1], texts[1]);
        assert!(out[2].starts_with("LIT_"));
        // So does the escape of another text, resent with the text itself.
        let again = Request::of(
            &[texts[0], texts[1], texts[2], &out[2]],
            &[("lena@example.org", "EMAIL")],
        );
        let (second, _) = again.with(&scope(1), operator);
        assert_eq!(
            second,
            [
                out[0].clone(),
                out[1].clone(),
                out[2].clone(),
                out[2].clone()
            ]
        );
        assert_eq!(
            done.map.get(&own).is_some(),
            operator == Operator::Surrogate
        );
    }
}

#[test]
fn text_in_the_form_of_a_surrogate_saves_no_secret() {
    let literal = "EMAIL_0123456789";
    let secret = format!("begin {literal} end");
    for (value, name, text) in [
        (secret.as_str(), "PRIVATE_KEY", secret.clone()),
        (
            "hunter22 EMAIL",
            "PASSWORD",
            format!("pw hunter22 {literal}"),
        ),
        ("6789 tail99", "PASSWORD", format!("{literal} tail99")),
        ("0123456789", "CN_MOBILE", literal.to_owned()),
    ] {
        let start = text.find(value).unwrap();
        let request = Request {
            parts: vec![(text.clone(), vec![finding(start, value, name)])],
        };
        let (out, done) = request.with(&scope(1), Operator::Surrogate);
        for leak in ["begin", "end", "hunter22", "tail99", literal] {
            assert!(!out[0].contains(leak), "{leak}: {}", out[0]);
        }
        assert_eq!(restore(&out[0], &done.map), text);
        let (redacted, _) = request.with(&scope(1), Operator::Redact);
        for leak in ["begin", "end", "hunter22", "tail99"] {
            assert!(!redacted[0].contains(leak), "{leak}: {}", redacted[0]);
        }
    }
}

#[test]
fn an_allowed_finding_gives_way_to_text_in_the_form_of_a_surrogate() {
    let text = "to EMAIL_0123456789 now";
    let findings = vec![finding(0, text, "ADDRESS")];
    let request = Request {
        parts: vec![(text.to_owned(), findings)],
    };
    let (out, done) = request.with(&scope(1), Operator::Allow);
    assert!(out[0].starts_with("to LIT_"), "{}", out[0]);
    assert_eq!(restore(&out[0], &done.map), text);
}
