use super::*;
use proptest::prelude::*;
use serde_json::Value as Json;

fn fault(text: &str) -> Option<ProtocolError> {
    scan(text.as_bytes(), &Limits::default()).err()
}

#[test]
fn accepts_json() {
    let texts = [
        "{}",
        "[]",
        " [ 1 , 2 ]\r\n\t",
        "null",
        "true",
        "false",
        "0",
        "-0",
        "-1.5e+10",
        "1E9",
        "\"\"",
        r#"{"a":{"b":[{},[],"\u0000"]}}"#,
        "\n\n{\"a\":1}",
        r#"["\ud83d\ude00"]"#,
        "\"\u{7f}\"",
    ];
    for text in texts {
        assert_eq!(fault(text), None, "{text}");
    }
}

#[test]
fn refuses_what_is_not_json() {
    let cases = [
        ("", 0, "a value"),
        ("\u{feff}{}", 0, "a value"),
        ("[1,]", 3, "a value"),
        (r#"{"a":1,}"#, 7, "an object key"),
        ("{a:1}", 1, "an object key"),
        (r#"{"a" 1}"#, 5, "`:`"),
        ("[1 2]", 3, "`,` or `]`"),
        (r#"{"a":1]"#, 6, "`,` or `}`"),
        ("[1}", 2, "`,` or `]`"),
        ("[", 1, "a value"),
        ("01", 1, "the end"),
        ("[01]", 2, "`,` or `]`"),
        ("-", 1, "a digit"),
        ("1.", 2, "a digit"),
        ("1e", 2, "a digit"),
        (".5", 0, "a value"),
        ("+1", 0, "a value"),
        ("nul", 0, "null"),
        ("truE", 0, "true"),
        ("NaN", 0, "a value"),
        ("{} {}", 3, "the end"),
        ("\"a", 2, "a closing quote"),
        ("\"a\nb\"", 2, "no control character in a string"),
        (
            "\"0123456789012345678901234567890123456789\tx\"",
            41,
            "no control character in a string",
        ),
        (r#""\x""#, 1, "an escape that JSON knows"),
        (r#""\u12g4""#, 1, "four hexadecimal digits"),
        ("'a'", 0, "a value"),
        ("[1]//", 3, "the end"),
        ("\u{a0}1", 0, "a value"),
    ];
    for (text, at, expected) in cases {
        assert_eq!(
            fault(text),
            Some(ProtocolError::Syntax { at, expected }),
            "{text}"
        );
    }
}

#[test]
fn refuses_halves_of_pairs_and_bad_utf8() {
    assert_eq!(
        fault(r#"["\ud83d"]"#),
        Some(ProtocolError::LoneSurrogate { at: 2 })
    );
    assert_eq!(
        fault(r#"["\udc00"]"#),
        Some(ProtocolError::LoneSurrogate { at: 2 })
    );
    let got = scan(b"\"a\xff\"", &Limits::default()).err();
    assert_eq!(got, Some(ProtocolError::InvalidUtf8 { at: 2 }));
    let encoded_surrogate = scan(b"\"\xed\xa0\x80\"", &Limits::default()).err();
    assert_eq!(
        encoded_surrogate,
        Some(ProtocolError::InvalidUtf8 { at: 1 })
    );
}

#[test]
fn refuses_duplicate_keys_however_they_are_written() {
    assert_eq!(
        fault(r#"{"a":1,"b":2,"a":3}"#),
        Some(ProtocolError::DuplicateKey { at: 14 })
    );
    assert_eq!(
        fault(r#"{"a":1,"\u0061":3}"#),
        Some(ProtocolError::DuplicateKey { at: 8 })
    );
    assert_eq!(fault(r#"[{"a":{"a":1}},{"a":1}]"#), None);
    let many: Vec<String> = (0..40).map(|n| format!("\"k{n}\":{n}")).collect();
    assert_eq!(fault(&format!("{{{}}}", many.join(","))), None);
    let twice = fault(&format!("{{{},\"\\u006b7\":0}}", many.join(",")));
    assert!(matches!(twice, Some(ProtocolError::DuplicateKey { .. })));
}

#[test]
fn limits_hold() {
    let limits = Limits {
        max_depth: 3,
        max_strings: 4,
    };
    let check = |text: &str| scan(text.as_bytes(), &limits).err();
    assert_eq!(check("[[[1]]]"), None);
    assert_eq!(
        check("[[[[1]]]]"),
        Some(ProtocolError::TooDeep { at: 3, max: 3 })
    );
    assert_eq!(check("[[[]],[[]]]"), None);
    assert_eq!(check(r#"["","","",""]"#), None);
    assert_eq!(
        check(r#"["","","","",""]"#),
        Some(ProtocolError::TooManyStrings { max: 4 })
    );
    let numbers = format!("[{}]", ["1"; 30].join(","));
    assert_eq!(
        check(&numbers),
        Some(ProtocolError::TooManyStrings { max: 4 })
    );
    let deep = "[".repeat(1_000_000);
    let unlimited = Limits {
        max_depth: usize::MAX,
        ..Limits::default()
    };
    let got = scan(deep.as_bytes(), &unlimited).err();
    assert_eq!(
        got,
        Some(ProtocolError::TooDeep {
            at: DEEPEST,
            max: DEEPEST
        })
    );
}

#[test]
fn gives_spans_keys_and_members() {
    let text = r#" {"a":[1,{"b":"x"},"y"],"\u0063":null}"#;
    let document = scan_text(text, &Limits::default()).unwrap();
    let root = document.root().unwrap();
    let list = root.get("a").unwrap();
    assert_eq!(list.raw(), r#"[1,{"b":"x"},"y"]"#);
    let elements: Vec<_> = list.elements().map(Value::raw).collect();
    assert_eq!(elements, ["1", r#"{"b":"x"}"#, "y"]);
    assert_eq!(
        list.elements().last().unwrap().outer_span().slice(text),
        Some("\"y\"")
    );
    let keys: Vec<_> = list
        .subtree()
        .map(|value| value.key().map(Value::raw))
        .collect();
    // The list, 1, the object, its key (under `a` itself), x, y.
    assert_eq!(keys.len(), 6);
    assert_eq!((keys[4], keys[5]), (Some("b"), Some("a")));
    assert_eq!(root.get("c").unwrap().kind(), Kind::Null);
    assert!(root.get("b").is_none());
}

fn json() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<f64>().prop_map(Json::from),
        any::<String>().prop_map(Json::from),
    ];
    leaf.prop_recursive(5, 60, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(Json::from),
            prop::collection::btree_map(any::<String>(), inner, 0..24)
                .prop_map(|map| Json::Object(map.into_iter().collect())),
        ]
    })
}

fn rebuilt(value: Value<'_>) -> Json {
    match value.kind() {
        Kind::Array => value.elements().map(rebuilt).collect(),
        Kind::Object => {
            let members = value
                .members()
                .map(|(key, value)| (key.text().into_owned(), rebuilt(value)));
            Json::Object(members.collect())
        }
        Kind::String => Json::String(value.text().into_owned()),
        _ => serde_json::from_str(value.raw()).unwrap(),
    }
}

/// What we refuse on purpose and serde accepts.
fn stricter(fault: &ProtocolError) -> bool {
    matches!(fault, ProtocolError::DuplicateKey { .. })
}

proptest! {
    #[test]
    fn reads_what_serde_writes(value in json(), pretty: bool) {
        let text = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) };
        let text = text.unwrap();
        let document = scan_text(&text, &Limits::default()).unwrap();
        prop_assert_eq!(rebuilt(document.root().unwrap()), serde_json::from_str::<Json>(&text).unwrap());
    }

    #[test]
    fn agrees_with_serde_on_damaged_json(value in json(), at: prop::sample::Index, byte: u8, cut: bool) {
        let mut bytes = serde_json::to_vec(&value).unwrap();
        let at = at.index(bytes.len());
        if cut { bytes.remove(at); } else { bytes[at] = byte; }
        agree(&bytes)?;
    }

    #[test]
    fn agrees_with_serde_on_soup(text in r#"([\[\]{},:"\\ ]|"a"|"\\u0061"|\\ud83d|\\ude00|-?[01]|\.|e|true|null|张|\n){0,14}"#) {
        agree(text.as_bytes())?;
    }

    #[test]
    fn never_panics(bytes: Vec<u8>) {
        drop(scan(&bytes, &Limits::default()));
    }
}

fn agree(bytes: &[u8]) -> Result<(), TestCaseError> {
    let theirs = serde_json::from_slice::<Json>(bytes);
    match scan(bytes, &Limits::default()) {
        Ok(document) => match theirs {
            Ok(theirs) => prop_assert_eq!(rebuilt(document.root().unwrap()), theirs),
            // serde_json refuses numbers that no f64 holds; RFC 8259 does not.
            Err(error) => prop_assert!(
                error.to_string().contains("number out of range"),
                "{}",
                error
            ),
        },
        Err(fault) => prop_assert!(theirs.is_err() || stricter(&fault), "{fault:?}"),
    }
    Ok(())
}
