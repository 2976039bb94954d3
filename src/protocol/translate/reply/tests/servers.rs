//! Transcripts of what servers send (`tests/conformance/streams`), in every asked format and every cut.

use super::{FORMATS, data, translated};
use crate::protocol::{Field, Format, Limits, Reply, SseDecoder, SseEvent};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// Streams up to this size are translated with each of their cuts, in bytes; longer ones with every so many.
const SHORT: usize = 2000;
const TRANSLATED: usize = 211;

fn transcripts() -> Vec<(String, Format, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance/streams");
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let format = name.rsplit('.').next().unwrap().to_owned();
        if let Some(format) = FORMATS.into_iter().find(|known| known.as_str() == format) {
            all.push((name, format, fs::read(path).unwrap()));
        }
    }
    assert!(all.len() > 10, "the transcripts were not found");
    all
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

/// The texts that a client joins from pieces, as the walker of its format finds them: thinking, answer, and the arguments of
/// each call. Of a chat only the first choice.
fn heard(format: Format, stream: &[u8]) -> (String, String, Vec<String>) {
    let (mut thinking, mut answer) = (String::new(), String::new());
    let mut calls: BTreeMap<(u32, u32), String> = BTreeMap::new();
    for event in decoded(&[stream]) {
        let SseEvent::Data { json, .. } = event else {
            continue;
        };
        let reply = Reply::parse(format, json, &Limits::default()).unwrap();
        let mut plain = true;
        for part in reply.parts().iter().filter(|part| !part.whole) {
            let channel = part.channel;
            if format == Format::Chat && channel.item > 0 {
                continue;
            }
            let text = part.text(reply.body());
            match channel.field {
                Field::Reasoning | Field::Summary => {
                    thinking.push_str(&text);
                    plain = false;
                }
                Field::ReasoningPlain if plain && !json_has_both(reply.body()) => {
                    thinking.push_str(&text);
                }
                Field::Content => answer.push_str(&text),
                Field::ToolArguments => {
                    let call = calls.entry((channel.item, channel.part)).or_default();
                    call.push_str(&text);
                }
                _ => {}
            }
        }
    }
    (thinking, answer, calls.into_values().collect())
}

/// vLLM sends the same text under both names.
fn json_has_both(body: &[u8]) -> bool {
    let body = std::str::from_utf8(body).unwrap();
    body.contains("\"reasoning\":\"") && body.contains("\"reasoning_content\":\"")
}

#[test]
fn every_text_of_a_transcript_arrives() {
    let mut with_calls = 0;
    for (name, wire, stream) in transcripts() {
        let expected = heard(wire, &stream);
        with_calls += usize::from(!expected.2.is_empty());
        assert!(
            expected.1.len() + expected.0.len() > 5 || !expected.2.is_empty(),
            "{name}"
        );
        for asked in FORMATS {
            let out = translated(wire, asked, &[&stream]);
            assert_eq!(
                heard(asked, out.as_bytes()),
                expected,
                "{name} as {asked:?}"
            );
            let told = data(asked, &out);
            let last = told.last().unwrap();
            match asked {
                Format::Chat => assert_eq!(last, "[DONE]", "{name}"),
                Format::Messages => assert_eq!(last["type"], "message_stop", "{name}"),
                _ => assert!(last["response"]["status"].is_string(), "{name}"),
            }
        }
    }
    assert!(with_calls > 5);
}

#[test]
fn a_transcript_cut_anywhere_is_translated_alike() {
    for (name, wire, stream) in transcripts() {
        let outs = FORMATS.map(|asked| translated(wire, asked, &[&stream]));
        let step = if stream.len() < SHORT { 1 } else { TRANSLATED };
        for cut in (1..stream.len()).step_by(step) {
            let (before, after) = stream.split_at(cut);
            for (asked, out) in FORMATS.iter().zip(&outs) {
                let again = translated(wire, *asked, &[before, after]);
                assert_eq!(&again, out, "{name} cut at {cut}");
            }
        }
        let bytes: Vec<&[u8]> = stream.chunks(1).collect();
        for (asked, out) in FORMATS.iter().zip(&outs) {
            assert_eq!(
                &translated(wire, *asked, &bytes),
                out,
                "{name} byte by byte"
            );
        }
    }
}

#[test]
fn reasons_and_counts_of_servers_are_told() {
    let last = |name: &str| {
        let (_, wire, stream) = transcripts()
            .into_iter()
            .find(|(known, ..)| known == name)
            .unwrap();
        let out = translated(wire, Format::Messages, &[&stream]);
        let mut told = data(Format::Messages, &out);
        told.remove(told.len() - 2)
    };
    for (name, reason, sequence, input, output) in [
        ("deepseek-thinking.chat", "end_turn", None, 10, 9),
        ("deepseek-tools.chat", "tool_use", None, 0, 0),
        ("limit.chat", "max_tokens", None, 0, 0),
        ("llama-server.chat", "end_turn", None, 10, 4),
        ("ollama.chat", "tool_use", None, 0, 0),
        (
            "sglang.chat",
            "stop_sequence",
            Some("END EMAIL_XT940KMVKT"),
            0,
            0,
        ),
        (
            "vllm.chat",
            "stop_sequence",
            Some("EMAIL_XT940KMVKT"),
            10,
            3,
        ),
        ("tgi.chat", "tool_use", None, 0, 0),
        (
            "deepseek.messages",
            "stop_sequence",
            Some("EMAIL_XT940KMVKT"),
            3,
            9,
        ),
        ("openai.responses", "tool_use", None, 3, 9),
    ] {
        let told = last(name);
        assert_eq!(told["delta"]["stop_reason"], reason, "{name}");
        assert_eq!(told["delta"]["stop_sequence"].as_str(), sequence, "{name}");
        assert_eq!(told["usage"]["input_tokens"], input, "{name}");
        assert_eq!(told["usage"]["output_tokens"], output, "{name}");
    }
}
