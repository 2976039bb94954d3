//! Operators, repeated values, rows.

use super::*;

const MAIL: &[(&str, &str)] = &[("lena@example.org", "EMAIL")];

#[test]
fn each_operator_does_what_it_says() {
    let text = "card 6222020200001234 of 王小明, cvv 123";
    let values = &[
        ("6222020200001234", "BANK_CARD"),
        ("王小明", "PERSON"),
        ("123", "CVV"),
    ];
    for (operator, expected, rows, restorable) in [
        (Operator::Allow, text, 0, 0),
        (
            Operator::Mask,
            "card ************1234 of 王**, cvv ***",
            0,
            0,
        ),
        (
            Operator::Redact,
            "card [redacted:BANK_CARD] of [redacted:PERSON], cvv [redacted:CVV]",
            0,
            0,
        ),
        (
            Operator::Generalise,
            "card [bank card number] of [person's name], cvv [card verification code]",
            0,
            0,
        ),
        (Operator::Seal, "", 3, 0),
        (Operator::Surrogate, "", 3, 3),
    ] {
        let (out, done) = Request::of(&[text], values).with(&scope(1), operator);
        if expected.is_empty() {
            assert!(
                out[0].starts_with("card BANK_CARD_") && out[0].contains(" cvv CVV_"),
                "{}",
                out[0]
            );
        } else {
            assert_eq!(out[0], expected);
        }
        assert_eq!(
            (done.write.vault.len(), done.map.len()),
            (rows, restorable),
            "{operator:?}"
        );
        assert_eq!(done.write.keys.len(), usize::from(rows > 0));
        assert_eq!(done.operators, BTreeMap::from([(operator.as_str(), 3)]));
    }
}

#[test]
fn the_strictest_operator_of_a_value_holds_everywhere() {
    let text = "张伟, 张伟";
    let mut findings = find(text, &[("张伟", "PERSON")]);
    findings[0].confidence = Confidence::Low;
    let request = Request {
        parts: vec![(text.to_owned(), findings)],
    };
    let by = |low: Operator, high: Operator| {
        let choose = move |_, c| if c == Confidence::Low { low } else { high };
        request.choosing(&scope(1), &choose)
    };
    let (out, done) = by(Operator::Allow, Operator::Redact);
    assert_eq!(out[0], "[redacted:PERSON], [redacted:PERSON]");
    assert_eq!(done.operators, BTreeMap::from([("redact", 2)]));
    let (out, done) = by(Operator::Seal, Operator::Surrogate);
    assert!(out[0].starts_with("PERSON_"));
    assert!(done.map.is_empty(), "sealed once, never restored");
}

#[test]
fn a_type_that_was_allowed_gives_its_name_to_one_that_is_not() {
    let text = "海淀 and 海淀";
    let findings = vec![finding(0, "海淀", "PERSON"), finding(11, "海淀", "ADDRESS")];
    let request = Request {
        parts: vec![(text.to_owned(), findings)],
    };
    let choose = |e: EntityType, _| match e.as_str() {
        "PERSON" => Operator::Allow,
        _ => Operator::Redact,
    };
    let (out, _) = request.choosing(&scope(1), &choose);
    assert_eq!(out[0], "[redacted:ADDRESS] and [redacted:ADDRESS]");
}

#[test]
fn what_was_found_once_is_replaced_wherever_it_stands_exactly() {
    let texts = [
        "此前提到张伟。",
        "客户张伟,smith",
        "张伟强,张伟!blacksmith user_smith SMITH",
    ];
    let mut request = Request::of(&texts, &[]);
    request.parts[1].1 = vec![finding(6, "张伟", "PERSON"), finding(13, "smith", "PERSON")];
    let (out, done) = request.with(&scope(1), Operator::Surrogate);
    let (han, smith) = (
        surrogate_of(&scope(1), "张伟", "PERSON"),
        surrogate_of(&scope(1), "smith", "PERSON"),
    );
    assert_eq!(
        out,
        [
            format!("此前提到{han}。"),
            format!("客户{han},{smith}"),
            format!("{han}强,{han}!blacksmith user_{smith} SMITH"),
        ]
    );
    assert_eq!(done.operators, BTreeMap::from([("surrogate", 6)]));
    assert!(residuals(out.join(" ").as_bytes(), &done).is_empty());
}

#[test]
fn of_two_values_at_one_place_the_longer_is_replaced() {
    let texts = ["张伟强", "张伟", "看张伟强吧"];
    let mut request = Request::of(&texts[..2], &[("张伟强", "PERSON"), ("张伟", "PERSON")]);
    request.parts.push((texts[2].to_owned(), Vec::new()));
    let (out, _) = request.with(&scope(1), Operator::Surrogate);
    assert_eq!(
        out[2],
        format!("看{}吧", surrogate_of(&scope(1), "张伟强", "PERSON"))
    );
}

#[test]
fn short_values_are_replaced_only_where_they_were_found() {
    let mut request = Request::of(&["cvv 123, room 123"], &[]);
    request.parts[0].1 = vec![finding(4, "123", "CVV")];
    let (out, _) = request.with(&scope(1), Operator::Redact);
    assert_eq!(out[0], "cvv [redacted:CVV], room 123");
}

#[test]
fn rows_open_to_their_originals_and_are_sealed_once() {
    let scope = scope(1);
    let (out, first) =
        Request::of(&["lena@example.org EMAIL_0123456789"], MAIL).with(&scope, Operator::Surrogate);
    assert_eq!((first.write.keys.len(), first.write.vault.len()), (1, 2));
    for row in &first.write.vault {
        assert!(out[0].contains(&row.surrogate));
        let (entity, original) = first.map.get(&row.surrogate).unwrap();
        assert_eq!(scope.open(row).unwrap().expose(), original.expose());
        assert_eq!(row.entity, entity.as_str());
    }
    let again = |text: &str| {
        let values = [MAIL[0], ("张伟", "PERSON")];
        Request::of(&[text], &values)
            .with(&scope, Operator::Surrogate)
            .1
    };
    assert_eq!(
        again("lena@example.org").write.vault.len(),
        1,
        "nothing is committed yet"
    );
    first.committed();
    assert_eq!(
        again("lena@example.org EMAIL_0123456789").write,
        Write::default()
    );
    let more = again("lena@example.org 张伟").write;
    assert_eq!((more.keys.len(), more.vault.len()), (0, 1));
    assert_eq!(more.vault[0].entity, "PERSON");
}

#[test]
fn a_request_that_seals_nothing_leaves_the_scope_unwritten() {
    let scope = scope(1);
    let (_, done) = Request::of(&["lena@example.org"], MAIL).with(&scope, Operator::Redact);
    done.committed();
    assert!(scope.unwritten_key().is_some());
    let (_, done) = Request::of(&["lena@example.org"], MAIL).with(&scope, Operator::Surrogate);
    assert_eq!(done.write.keys.len(), 1);
}

#[test]
fn findings_that_do_not_fit_are_refused() {
    let text = "张伟 lena";
    for spans in [
        [(0, 1), (7, 11)],
        [(0, 6), (7, 12)],
        [(0, 6), (3, 9)],
        [(7, 11), (0, 6)],
    ] {
        let findings = spans.map(|(start, end)| {
            let mut finding = finding(0, "", "PERSON");
            finding.span = Span::new(start, end);
            finding
        });
        for rewritable in [true, false] {
            let parts = [
                Inspected {
                    text: "",
                    findings: &[],
                    rewritable: true,
                },
                Inspected {
                    text,
                    findings: &findings,
                    rewritable,
                },
            ];
            let refused = deidentify(&parts, &|_, _| Operator::Surrogate, &scope(1), NOW);
            assert!(
                matches!(refused, Err(TransformError::Findings { part: 1 })),
                "{spans:?}"
            );
        }
    }
}

#[test]
fn nothing_prints_a_value() {
    let request = Request::of(&["lena@example.org"], MAIL);
    let (_, done) = request.with(&scope(1), Operator::Seal);
    let (text, findings) = &request.parts[0];
    let part = Inspected {
        text,
        findings,
        rewritable: true,
    };
    let shown = format!("{done:?} {:?} {part:?} {:?}", done.replacements, done.write);
    assert!(
        !shown.contains("lena") && !shown.contains("example"),
        "{shown}"
    );
}
