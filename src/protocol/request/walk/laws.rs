//! What holds for every request.

use super::leaves::TELLING_DIGITS;
use super::*;
use crate::base::Span;
use crate::protocol::{Format, ProtocolError, Request, splice};
use bytes::Bytes;
use proptest::prelude::*;
use serde_json::{Map, Value as Json, json};

/// Marked strings stand for what a person wrote; nothing in the protocol has the mark.
const MARK: char = '§';

fn parse(request: &Json) -> Request {
    Request::parse(
        Format::Chat,
        Bytes::from(request.to_string()),
        &Limits::default(),
    )
    .unwrap()
}

fn texts_of(request: &Request) -> Vec<String> {
    let parts = request.parts().iter();
    parts.map(|part| request.text(part).to_owned()).collect()
}

fn marked() -> impl Strategy<Value = String> {
    "[a-z张\"\\\\\n😀]{0,6}".prop_map(|text| format!("{MARK}{text}"))
}

fn key() -> impl Strategy<Value = String> {
    const KNOWN: &str = "model messages role content type text tools function parameters properties \
                         items name arguments tool_calls metadata stop image_url url logit_bias \
                         prediction response_format json_schema schema tool_choice audio id prompt \
                         system source data title context citations cited_text tool_use_id signature thinking \
                         input output outputs summary instructions input_schema encrypted_content action \
                         suffix annotations logs file_data file_id container previous_response_id";
    let known: Vec<_> = KNOWN.split_whitespace().map(str::to_owned).collect();
    prop_oneof![3 => prop::sample::select(known), 1 => marked()]
}

fn tree() -> impl Strategy<Value = Json> {
    let number = any::<u16>().prop_map(Json::from);
    let leaf = prop_oneof![marked().prop_map(Json::from), Just(Json::Null), number];
    leaf.prop_recursive(6, 60, 6, |inner| {
        let object = prop::collection::btree_map(key(), inner.clone(), 0..6);
        let array = prop::collection::vec(inner, 0..5);
        prop_oneof![
            array.prop_map(Json::from),
            object.prop_map(|map| Json::Object(map.into_iter().collect())),
        ]
    })
}

fn object() -> impl Strategy<Value = Map<String, Json>> {
    prop::collection::btree_map(key(), tree(), 0..6).prop_map(|map| map.into_iter().collect())
}

fn request() -> impl Strategy<Value = Json> {
    (object(), prop::collection::vec(object(), 0..4)).prop_map(|(mut request, messages)| {
        request.insert("messages".to_owned(), messages.into());
        Json::Object(request)
    })
}

/// Every string, key and number, in document order.
fn leaves(value: &Json, found: &mut Vec<String>) {
    match value {
        Json::String(text) => found.push(text.clone()),
        Json::Number(number) => found.push(number.to_string()),
        Json::Array(values) => values.iter().for_each(|value| leaves(value, found)),
        Json::Object(members) => {
            for (key, value) in members {
                found.push(key.clone());
                leaves(value, found);
            }
        }
        _ => {}
    }
}

fn leaves_of(value: &Json) -> Vec<String> {
    let mut found = Vec::new();
    leaves(value, &mut found);
    found
}

fn is_short_number(text: &str) -> bool {
    text.len() < TELLING_DIGITS && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The JSON text as the content of so many strings, each in an array.
fn wrapped(value: Json, levels: u8) -> Json {
    let string = |value: Json| Json::String(value.to_string());
    (1..levels).fold(string(value), |content, _| string(json!([content])))
}

fn boundaries(text: &str) -> Vec<usize> {
    (0..=text.len())
        .filter(|at| text.is_char_boundary(*at))
        .collect()
}

proptest! {
    #[test]
    fn whatever_a_person_wrote_is_a_part_wherever_it_stands(request in request()) {
        let marked = |texts: Vec<String>| -> Vec<String> {
            texts.into_iter().filter(|text| text.starts_with(MARK)).collect()
        };
        prop_assert_eq!(marked(texts_of(&parse(&request))), marked(leaves_of(&request)));
    }

    #[test]
    fn whatever_a_person_wrote_is_a_part_in_every_format(
        format in prop::sample::select(Format::ALL.to_vec()),
        mut request in object(),
        asked in object(),
    ) {
        for (name, value) in [
            ("messages", json!([asked])),
            ("input", json!([asked])),
            ("prompt", json!([asked])),
        ] {
            request.insert(name.to_owned(), value);
        }
        let request = Json::Object(request);
        let body = Bytes::from(request.to_string());
        match Request::parse(format, body, &Limits::default()) {
            Ok(parsed) => {
                let marked = |texts: Vec<String>| -> Vec<String> {
                    texts.into_iter().filter(|text| text.starts_with(MARK)).collect()
                };
                prop_assert_eq!(marked(texts_of(&parsed)), marked(leaves_of(&request)));
            }
            Err(ProtocolError::Kept { .. }) => {}
            Err(error) => prop_assert!(false, "{}", error),
        }
    }

    #[test]
    fn json_in_strings_gives_its_leaves(value in tree(), number: u64, levels in 1..=NESTED_LEVELS) {
        let value = json!([value, number]);
        let mut expected = leaves_of(&value);
        expected.retain(|text| !is_short_number(text));
        let request = json!({"messages": [{"content": wrapped(value, levels)}]});
        prop_assert_eq!(texts_of(&parse(&request)), expected);
    }

    #[test]
    fn an_edit_changes_its_text_and_nothing_else(
        mut request in request(),
        nested in tree(),
        which: prop::sample::Index,
        ends: (prop::sample::Index, prop::sample::Index),
        replacement in "[a-z张\"\\\\\n😀\u{1}]{0,6}",
    ) {
        let number = 13_812_345_678_u64;
        let levels = [1, 2, 3].map(|levels| wrapped(json!([nested, number]), levels));
        request["metadata"] = json!([levels, number]);
        // The mark keeps an edited key from becoming one that is there.
        let replacement = format!("¤{replacement}");
        let before = parse(&request);
        let mut texts = texts_of(&before);
        let which = which.index(texts.len());
        let boundaries = boundaries(&texts[which]);
        let (one, other) = (*ends.0.get(&boundaries), *ends.1.get(&boundaries));
        let span = Span::new(one.min(other), one.max(other));
        let edit = before.edit(&before.parts()[which], span, &replacement).unwrap();
        let after = splice(before.body(), &mut [edit]).unwrap();
        prop_assert!(serde_json::from_slice::<Json>(&after).is_ok());
        let after = Request::parse(Format::Chat, after, &Limits::default()).unwrap();
        texts[which].replace_range(span.start..span.end, &replacement);
        prop_assert_eq!(texts_of(&after), texts);
    }

    #[test]
    fn damaged_requests_never_panic(request in request(), at: prop::sample::Index, byte: u8) {
        let mut body = request.to_string().into_bytes();
        let at = at.index(body.len());
        body[at] = byte;
        if let Ok(request) = Request::parse(Format::Chat, body.into(), &Limits::default()) {
            for part in request.parts() {
                let whole = Span::new(0, request.text(part).len());
                prop_assert!(request.edit(part, whole, "x").is_some());
            }
        }
    }
}
