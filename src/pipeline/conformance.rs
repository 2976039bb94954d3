//! Transcripts of event streams in the shapes that servers send (`tests/conformance/streams`), replayed in every cut.

use super::restoring::ReplyRestorer;
use super::streaming::Events;
use crate::base::{EntityType, Sensitive};
use crate::policy::Policy;
use crate::protocol::{Channel, Format, Limits, Reply, SseDecoder, SseEvent};
use crate::restore::Originals;
use crate::vault::RestoreMap;
use bytes::{Bytes, BytesMut};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

const PAIRS: [(&str, &str, &str); 2] = [
    ("EMAIL_XT940KMVKT", "EMAIL", "lena.fischer@example.org"),
    ("PERSON_0ABC4DEFGH", "PERSON", "张三"),
];

/// Every so many cuts are replayed to the end; at each of them the events are the same.
const REPLAYED: usize = 97;

fn transcripts() -> Vec<(String, Format, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance/streams");
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let format = name.rsplit('.').next().unwrap();
        let format = Format::ALL.into_iter().find(|f| f.as_str() == format);
        all.push((name, format.unwrap(), fs::read(path).unwrap()));
    }
    assert!(all.len() > 10, "the transcripts were not found");
    all
}

fn restorer() -> ReplyRestorer {
    let mut map = RestoreMap::default();
    for (surrogate, entity, original) in PAIRS {
        let entity = EntityType::named(entity).unwrap();
        let original = Sensitive::new(original.to_owned());
        map.insert(surrogate.to_owned(), entity, original);
    }
    let originals = Originals::new(&Arc::new(map), 1 << 20, false, Bytes::new());
    let policy = Policy::parse(include_str!("../../policies/default.yaml"), "default", None);
    ReplyRestorer::new(originals, Arc::new(policy.unwrap()), false)
}

fn replay(format: Format, pieces: &[&[u8]]) -> Vec<u8> {
    let mut events = Events::new(format, restorer());
    let mut out = BytesMut::new();
    for piece in pieces {
        events.take(piece, &mut out).unwrap();
    }
    events.close(&mut out).unwrap();
    out.to_vec()
}

fn decoded(pieces: &[&[u8]]) -> Vec<SseEvent> {
    let mut decoder = SseDecoder::new(1 << 20);
    let mut events = Vec::new();
    for piece in pieces {
        events.extend(decoder.push(piece).unwrap());
    }
    events.extend(decoder.finish().unwrap());
    events
}

/// What a client reads: the pieces of each channel joined, and every whole text.
fn heard(format: Format, stream: &[u8]) -> (BTreeMap<Channel, String>, Vec<String>) {
    let (mut joined, mut whole) = (BTreeMap::<Channel, String>::new(), Vec::new());
    for event in decoded(&[stream]) {
        let SseEvent::Data { json, .. } = event else {
            continue;
        };
        let reply = Reply::parse(format, json, &Limits::default()).unwrap();
        for part in reply.parts() {
            let text = part.text(reply.body());
            if part.whole {
                whole.push(text.into_owned());
            } else {
                joined.entry(part.channel).or_default().push_str(&text);
            }
        }
    }
    (joined, whole)
}

fn restored(text: &str) -> String {
    PAIRS
        .iter()
        .fold(text.to_owned(), |text, (surrogate, _, original)| {
            text.replace(surrogate, original)
        })
}

#[test]
fn every_text_of_a_transcript_comes_back() {
    for (name, format, stream) in transcripts() {
        let out = replay(format, &[&stream]);
        let (joined, whole) = heard(format, &stream);
        let (joined_out, whole_out) = heard(format, &out);
        for (channel, text) in joined {
            assert_eq!(joined_out[&channel], restored(&text), "{name} {channel:?}");
        }
        let expected: Vec<_> = whole.iter().map(|text| restored(text)).collect();
        assert_eq!(whole_out, expected, "{name}");
    }
}

#[test]
fn a_transcript_cut_anywhere_comes_back_the_same() {
    for (name, format, stream) in transcripts() {
        let (out, events) = (replay(format, &[&stream]), decoded(&[&stream]));
        for cut in 1..stream.len() {
            let (before, after) = stream.split_at(cut);
            assert_eq!(decoded(&[before, after]), events, "{name} cut at {cut}");
            if cut % REPLAYED == 0 {
                assert_eq!(replay(format, &[before, after]), out, "{name} cut at {cut}");
            }
        }
        let bytes: Vec<&[u8]> = stream.chunks(1).collect();
        assert_eq!(replay(format, &bytes), out, "{name} byte by byte");
    }
}

#[test]
fn places_in_a_text_move_with_it_and_probabilities_go() {
    let (_, format, stream) = transcripts()
        .into_iter()
        .find(|(name, ..)| name == "openai.responses")
        .unwrap();
    let out = String::from_utf8(replay(format, &[&stream])).unwrap();
    // `Write to ` stays before the citation, which ends with the address.
    let mail = PAIRS[0].2.len();
    let moved = format!("\"start_index\":9,\"end_index\":{}", 9 + mail);
    assert_eq!(out.matches(&moved).count(), 4);
    assert_eq!(out.matches("\"start_index\"").count(), 4);
    assert!(!out.contains("\"logprob\":"));
    let same = String::from_utf8(stream).unwrap();
    // The text ends with what might have become a surrogate: it goes out as an event of its own before the text is done,
    // and all events after it have the next number.
    let numbers: Vec<_> = out
        .split("\"sequence_number\":")
        .skip(1)
        .map(|rest| rest.split(',').next().unwrap().parse::<usize>().unwrap())
        .collect();
    assert_eq!(numbers.len(), same.matches("\n\n").count() + 1);
    assert!(numbers.into_iter().eq(0..=same.matches("\n\n").count()));
    assert_eq!(
        out.matches("\"encrypted_content\":\"c2VhbA\"").count(),
        same.matches("\"encrypted_content\":\"c2VhbA\"").count()
    );
}
