//! A tool sees what its own name lets it see, whichever way an event says whose it is.

use super::restoring::ReplyRestorer;
use super::streaming::Events;
use crate::base::{EntityType, Sensitive};
use crate::policy::Policy;
use crate::protocol::Format;
use crate::restore::Originals;
use crate::vault::RestoreMap;
use bytes::{Bytes, BytesMut};
use std::sync::Arc;

const SURROGATE: &str = "EMAIL_XT940KMVKT";
const ORIGINAL: &str = "lena.fischer@example.org";

fn restorer(filled: bool) -> ReplyRestorer {
    let mut map = RestoreMap::default();
    if filled {
        let entity = EntityType::named("EMAIL").unwrap();
        let original = Sensitive::new(ORIGINAL.to_owned());
        map.insert(SURROGATE.to_owned(), entity, original);
    }
    let originals = Originals::new(&Arc::new(map), 1 << 20, false, Bytes::new());
    let policy = include_str!("../../policies/default.yaml");
    let named = policy.replace("  tools: all ", "  tools: {crm: all} ");
    assert_ne!(named, policy, "the rule for tools was not found");
    let policy = Policy::parse(&named, "test", None).unwrap();
    ReplyRestorer::new(originals, Arc::new(policy), false)
}

/// What a client gets of these events, and why they were stopped.
fn heard(events: &[String], filled: bool) -> (String, Option<&'static str>) {
    heard_in(Format::Responses, events, filled)
}

fn heard_in(format: Format, events: &[String], filled: bool) -> (String, Option<&'static str>) {
    let mut stream = Events::new(format, restorer(filled));
    let mut out = BytesMut::new();
    for event in events {
        if let Err(fault) = stream.take(format!("data: {event}\n\n").as_bytes(), &mut out) {
            return (String::from_utf8(out.to_vec()).unwrap(), Some(fault.code));
        }
    }
    (String::from_utf8(out.to_vec()).unwrap(), None)
}

fn added(at: &str, id: &str, name: &str) -> String {
    format!(
        r#"{{"type":"response.output_item.added","output_index":{at},"item":{{"type":"function_call","id":"{id}","call_id":"c","name":"{name}","arguments":""}}}}"#
    )
}

fn done(at: &str, id: &str, name: &str) -> String {
    added(at, id, name)
        .replace(".added", ".done")
        .replace("\"arguments\":\"\"", &arguments("arguments"))
}

fn delta(at: &str, id: &str) -> String {
    format!(
        r#"{{"type":"response.function_call_arguments.delta","output_index":{at},"item_id":{id},{}}}"#,
        arguments("delta")
    )
}

fn arguments(member: &str) -> String {
    format!(r#""{member}":"{{\"to\":\"{SURROGATE}\"}}""#)
}

#[test]
fn an_event_that_names_two_items_is_stopped_before_anything_comes_back() {
    let both = [added("0", "a", "crm"), added("1", "b", "mail")];
    let misplaced = [
        // By the number the one that may see it, by the id the one that may not; and the other way round.
        delta("0", r#""b""#),
        delta("1", r#""a""#),
        delta("0", r#""\u0062""#),
        // An id that nobody introduced.
        delta("0", r#""c""#),
        delta("0", "7"),
        // A number that some read as 1, and we as none.
        delta(r#""1""#, r#""a""#),
        delta("1.0", r#""a""#),
        delta("4294967297", r#""c""#),
        done("0", "b", "crm"),
        added("2", "b", "crm"),
        done("0", "a", "crm").replacen("\"item\"", "\"item_id\":\"b\",\"item\"", 1),
    ];
    for event in misplaced {
        let events = [both.as_slice(), std::slice::from_ref(&event)].concat();
        let (out, fault) = heard(&events, true);
        assert_eq!(fault, Some("reply_malformed"), "{event}");
        assert!(!out.contains(ORIGINAL), "{event}");
        // With nothing to put back there is nothing to guard.
        let plain: Vec<_> = events
            .iter()
            .map(|one| one.replace(SURROGATE, "x"))
            .collect();
        assert_eq!(heard(&plain, false).1, None, "{event}");
    }
}

#[test]
fn an_event_that_agrees_is_restored_by_its_own_tool() {
    let both = [added("0", "a", "crm"), added("1", "b", "mail")];
    for (event, back) in [
        (delta("0", r#""a""#), true),
        (delta("0", r#""\u0061""#), true),
        (delta("1", r#""b""#), false),
        (done("0", "a", "crm"), true),
        (done("1", "b", "mail"), false),
    ] {
        let events = [both.as_slice(), std::slice::from_ref(&event)].concat();
        let (out, fault) = heard(&events, true);
        assert_eq!((out.contains(ORIGINAL), fault), (back, None), "{event}");
    }
}

/// A number in quotes is the same place to some clients, and another one to us.
#[test]
fn a_call_whose_number_is_none_is_stopped_in_other_formats_too() {
    let chat = |index: &str, call: &str| {
        format!(
            r#"{{"choices":[{{"index":0,"delta":{{"tool_calls":[{{"index":{index},"function":{{{call}}}}}]}}}}]}}"#
        )
    };
    let block = |kind: &str, index: &str, rest: &str| {
        format!(r#"{{"type":"content_block_{kind}","index":{index},{rest}}}"#)
    };
    let tool = |name: &str| {
        format!(r#""content_block":{{"type":"tool_use","id":"i","name":"{name}","input":{{}}}}"#)
    };
    let json = format!(
        r#""delta":{{"type":"input_json_delta",{}}}"#,
        arguments("partial_json")
    );
    for (format, first, second, good, bad) in [
        (
            Format::Chat,
            chat("0", r#""name":"crm""#),
            chat("1", r#""name":"mail""#),
            chat("0", &arguments("arguments")),
            chat(r#""1""#, &arguments("arguments")),
        ),
        (
            Format::Messages,
            block("start", "0", &tool("crm")),
            block("start", "1", &tool("mail")),
            block("delta", "0", &json),
            block("delta", r#""1""#, &json),
        ),
    ] {
        let both = [first, second];
        let (out, fault) = heard_in(format, &[both.as_slice(), &[bad]].concat(), true);
        assert_eq!(fault, Some("reply_malformed"), "{format:?}");
        assert!(!out.contains(ORIGINAL), "{format:?}");
        let (out, fault) = heard_in(format, &[both.as_slice(), &[good]].concat(), true);
        assert!(
            out.contains(ORIGINAL) && fault.is_none(),
            "{format:?} {fault:?} {out}"
        );
    }
}

/// A number may be given to another item once its own is over; a text's id may change, since nothing hangs on it.
#[test]
fn items_may_begin_anew() {
    let events = [
        added("0", "a", "mail"),
        done("0", "a", "mail"),
        added("0", "b", "crm"),
        delta("0", r#""b""#),
    ];
    let (out, fault) = heard(&events, true);
    assert!(out.contains(ORIGINAL) && fault.is_none(), "{out}");
    let text = |id| {
        format!(
            r#"{{"type":"response.output_text.delta","output_index":0,"item_id":"{id}","content_index":0,"delta":"{SURROGATE} "}}"#
        )
    };
    let (out, fault) = heard(&[text("m"), text("n")], true);
    assert!(out.contains(ORIGINAL) && fault.is_none(), "{out}");
}
