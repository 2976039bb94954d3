//! What holds for every reply and event, in every format.

use crate::protocol::{Format, Limits, Reply, splice};
use bytes::Bytes;
use proptest::prelude::*;
use serde_json::{Map, Value as Json, json};

/// Marked strings stand for texts; each is there once.
const MARK: &str = "§";

/// Members that hold texts or lead to them.
const KEYS: &str = "choices index delta message content text reasoning_content reasoning refusal tool_calls \
                    function custom name arguments input function_call error usage other output summary part \
                    item response content_block thinking partial_json citation citations annotations \
                    annotation instructions tools metadata code command url_citation";

/// Types of events and items that a walker knows, and one that none does.
const TYPES: &str = "message message_start content_block_start content_block_delta content_block_stop \
                     message_delta message_stop error response.created response.output_text.delta \
                     response.output_text.done response.output_item.added response.content_part.done \
                     response.function_call_arguments.done response.completed function_call reasoning text \
                     output_text tool_use odd";

fn object(inner: impl Strategy<Value = Json>) -> impl Strategy<Value = Json> {
    let words = |words: &'static str| prop::sample::select(words.split(' ').collect::<Vec<_>>());
    let members = prop::collection::btree_map(words(KEYS).prop_map(str::to_owned), inner, 0..6);
    let kind = prop::option::of(words(TYPES));
    (kind, members).prop_map(|(kind, members)| {
        let mut object: Map<String, Json> = members.into_iter().collect();
        if let Some(kind) = kind.filter(|kind| !kind.is_empty()) {
            object.insert("type".to_owned(), json!(kind));
        }
        Json::Object(object)
    })
}

fn reply() -> impl Strategy<Value = Json> {
    // Objects in arrays and in each other, so that the places which the formats know are reached.
    let leaf = prop_oneof![3 => Just(json!(MARK)), 1 => Just(Json::Null), 1 => any::<u8>().prop_map(Json::from)];
    let tree = leaf.prop_recursive(6, 60, 6, |inner| {
        let array = prop::collection::vec(inner.clone(), 0..4).prop_map(Json::from);
        let objects = prop::collection::vec(object(inner.clone()), 0..3).prop_map(Json::from);
        prop_oneof![1 => array, 2 => objects, 2 => object(inner)]
    });
    object(tree).prop_map(|mut reply| {
        number(&mut reply, &mut 0);
        reply
    })
}

/// Makes every marked string one of its own.
fn number(value: &mut Json, next: &mut usize) {
    match value {
        Json::String(text) if text == MARK => {
            *text = format!("{MARK}{next};");
            *next += 1;
        }
        Json::Array(values) => values.iter_mut().for_each(|value| number(value, next)),
        Json::Object(members) => members.values_mut().for_each(|value| number(value, next)),
        _ => {}
    }
}

proptest! {
    #[test]
    fn every_text_of_a_reply_is_a_part_and_can_be_replaced(
        format in prop::sample::select(vec![Format::Chat, Format::Completions, Format::Responses, Format::Messages]),
        body in reply(),
    ) {
        let body = body.to_string();
        let reply = Reply::parse(format, Bytes::from(body.clone()), &Limits::default()).unwrap();
        prop_assume!(reply.dropped().is_empty() && !reply.is_dropped());
        let mut edits: Vec<_> = reply
            .parts()
            .iter()
            .map(|part| part.replace(&part.text(reply.body()).replace(MARK, "found")))
            .collect();
        let replaced = splice(reply.body(), &mut edits).unwrap();
        let replaced = std::str::from_utf8(&replaced).unwrap();
        prop_assert_eq!(replaced, body.replace(MARK, "found"));
    }
}
