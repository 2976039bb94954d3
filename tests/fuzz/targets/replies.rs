//! Any bytes as a streamed reply in every format, cut anywhere: the same events, texts and restored originals as in one piece.
#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use std::sync::{Arc, LazyLock};
use vestibule::base::{EntityType, Sensitive};
use vestibule::protocol::{
    Format, Held, Limits, ProtocolError, Reply, SseDecoder, SseEvent, splice,
};
use vestibule::restore::{Originals, Restorer, Sink, Surroundings};
use vestibule::vault::RestoreMap;
use vestibule_fuzz::{cut, seeds};

/// Caps on one event, in bytes: one that no input reaches, and one that many do.
const CAPS: [usize; 2] = [1 << 20, 200];
/// The cap on what one reply may restore, in bytes.
const RESTORED: usize = 1 << 20;

/// What a cut may part.
const WORDS: &[&str] = &[
    "EMAIL_XT940KMVKT",
    "PERSON_0ABC4DEFGH",
    "email-xt940kmvkt",
    "EMAIL_",
    "data: ",
    "\r\n\r\n",
    "\n\n",
    "event: ",
    "[DONE]",
    "https://",
    "](",
    "<a href=\"",
    "\\u0045MAIL",
    "\\\"",
    "{\"a\":\"",
    "\u{feff}",
    "ＥＭＡＩＬ＿",
    "\"content\":\"",
    "\"delta\":{",
    "\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"",
    "\"reasoning_content\":\"",
    "\"logprobs\":{",
    "\"usage\":{",
];

/// What the request put in, in the recorded streams too.
static MAP: LazyLock<Arc<RestoreMap>> = LazyLock::new(|| {
    let mut map = RestoreMap::default();
    for (surrogate, entity, original) in [
        ("EMAIL_XT940KMVKT", "EMAIL", "lena@example.org"),
        ("PERSON_0ABC4DEFGH", "PERSON", "张\"三\"\\"),
    ] {
        let entity = EntityType::named(entity).expect("a built-in type");
        map.insert(
            surrogate.to_owned(),
            entity,
            Sensitive::new(original.to_owned()),
        );
    }
    Arc::new(map)
});

fuzz_target!(
    init: {
        seeds::write_words(WORDS);
        seeds::of_streams(|name, stream| [vec![format_of(name)], stream].concat());
    },
    |data: &[u8]| {
        let (choice, stream) = cut::choice(data);
        let format = Format::ALL[choice % Format::ALL.len()];
        let seed = cut::hash(data);
        for cap in CAPS {
            let whole = events(cap, [stream]);
            assert_eq!(whole, events(cap, cut::pieces(stream, seed)), "another cut, other events");
            let told: Vec<u8> = whole.0.iter().flat_map(|event| event.raw().to_vec()).collect();
            assert!(stream.starts_with(&told), "events are not what came");
            assert!(whole.1.is_err() || told == stream, "bytes are lost");
        }
        let mut texts = String::new();
        for event in events(CAPS[0], [stream]).0 {
            if let SseEvent::Data { json, .. } = &event {
                read(format, json, &event, &mut texts);
            }
        }
        let all = [cut::text(stream), texts];
        for text in all.iter().filter(|text| !text.is_empty()) {
            restored_alike(text, seed);
        }
    }
);

fn events<'a>(
    cap: usize,
    pieces: impl IntoIterator<Item = &'a [u8]>,
) -> (Vec<SseEvent>, Result<(), ProtocolError>) {
    let mut decoder = SseDecoder::new(cap);
    let mut events = Vec::new();
    for piece in pieces {
        match decoder.push(piece) {
            Ok(more) => events.extend(more),
            // What came in the same piece before the event that is too large is lost with it.
            Err(fault) => return (Vec::new(), Err(fault)),
        }
    }
    let end = decoder.finish().map(|last| events.extend(last));
    (events, end)
}

/// Reads one event's data, and changes each of its texts.
fn read(format: Format, json: &Bytes, event: &SseEvent, texts: &mut String) {
    let Ok(reply) = Reply::parse(format, json.clone(), &Limits::default()) else {
        return;
    };
    let body = reply.body();
    for part in reply.parts() {
        let text = part.text(body);
        texts.push_str(&text);
        reply.ends(part.channel);
        let own_id = reply.origins().find(|(item, _)| *item == part.channel.item);
        let held = Held {
            channel: part.channel,
            text: &text,
            origin: own_id.map(|(_, id)| id),
            sequence: Some(7),
        };
        own_event(format, &reply, &held);
    }
    let mut edits: Vec<_> = reply
        .parts()
        .iter()
        .map(|part| part.replace(if part.is_raw() { "\"¤\"" } else { "¤\"" }))
        .collect();
    let changed = splice(body, &mut edits).expect("the texts of a reply are disjoint");
    assert!(
        serde_json::from_slice::<serde::de::IgnoredAny>(&changed).is_ok() || has_half(body),
        "a changed reply is no JSON"
    );
    let spans = reply.dropped().iter().map(|(span, _)| *span);
    let spans = spans.chain(reply.offsets().iter().map(|offset| offset.span));
    for span in spans.chain(reply.sequence().map(|(_, span)| span)) {
        assert!(span.bytes(body).is_some(), "{span:?} is outside");
    }
    let whole = event.with_data(json);
    let again = events(CAPS[0], [whole.as_ref()]).0;
    let told = again.iter().find_map(|event| match event {
        SseEvent::Data { json, .. } => Some(json),
        _ => None,
    });
    assert!(
        told.is_some_and(|told| told
            .split(|b| matches!(b, b'\r' | b'\n'))
            .eq(json.split(|b| matches!(b, b'\r' | b'\n')))),
        "the event's data is lost"
    );
}

/// An event of our own is one that we can read.
fn own_event(format: Format, reply: &Reply, held: &Held<'_>) {
    let own = format.event(reply, held);
    for event in events(CAPS[0], [own.as_ref()]).0 {
        if let SseEvent::Data { json, .. } = event {
            let own =
                Reply::parse(format, json, &Limits::default()).expect("our own event can be read");
            assert!(
                own.parts()
                    .iter()
                    .any(|part| part.text(own.body()) == held.text),
                "the text is lost"
            );
        }
    }
}

/// Half a surrogate pair is taken from a server that cuts characters in two; a strict reader takes none.
fn has_half(body: &[u8]) -> bool {
    body.windows(3)
        .any(|three| matches!(three, [b'\\', b'u', b'd' | b'D']))
}

/// However a text is cut, and whatever stood before it, the same goes on.
fn restored_alike(text: &str, seed: u64) {
    for sink in [Sink::Text, Sink::Json] {
        for before in [None, Some("see https://a.example/")] {
            let whole = restored(sink, before, [text]);
            let cut = restored(sink, before, cut::text_pieces(text, seed));
            assert_eq!(whole, cut, "another cut, another text");
        }
    }
}

/// What goes on, how much was restored, what was unknown, where it ends and how its end moved.
fn restored<'a>(
    sink: Sink,
    before: Option<&str>,
    pieces: impl IntoIterator<Item = &'a str>,
) -> (String, u32, u32, Surroundings, u64) {
    let originals = Originals::new(&MAP, RESTORED, false, Bytes::new());
    let mut restorer = Restorer::new(originals.clone(), sink, Arc::new(|_, _| true));
    if let Some(before) = before {
        let mut first = Restorer::new(originals, Sink::Text, Arc::new(|_, _| true));
        first.push(before, &mut String::new()).expect("it is short");
        restorer = restorer.after(first.surroundings());
    }
    let (mut out, mut taken) = (String::new(), 0);
    for piece in pieces {
        restorer.push(piece, &mut out).expect("it is short");
        taken += piece.chars().count();
    }
    restorer.finish(&mut out).expect("it is short");
    let (restored, unknown, end) = (
        restorer.restored(),
        restorer.unknown(),
        restorer.surroundings(),
    );
    (
        out,
        restored,
        unknown,
        end,
        restorer.shifts().moved(taken as u64),
    )
}

/// The format's place in the list, by the middle of a recording's name.
fn format_of(name: &str) -> u8 {
    let middle = name.split('.').nth(1);
    let place = Format::ALL
        .iter()
        .position(|format| Some(format.as_str()) == middle);
    place.expect("a recording is named after its format") as u8
}
