use super::*;
use proptest::prelude::*;

/// What a stream gives, cut at these places.
fn events(stream: &[u8], cuts: &[usize]) -> Vec<SseEvent> {
    let mut decoder = SseDecoder::new(1 << 20);
    let mut events = Vec::new();
    let mut from = 0;
    for cut in cuts.iter().copied().chain([stream.len()]) {
        events.extend(decoder.push(&stream[from..cut]).unwrap());
        from = cut;
    }
    events.extend(decoder.finish().unwrap());
    events
}

fn told(event: &SseEvent) -> String {
    match event {
        SseEvent::Data { json, .. } => format!("data {}", String::from_utf8_lossy(json)),
        SseEvent::Done { .. } => "done".to_owned(),
        SseEvent::Other { raw } => format!("other {}", String::from_utf8_lossy(raw)),
    }
}

#[test]
fn cuts_streams_into_events() {
    let cases: [(&str, &[&str]); 14] = [
        ("data: {}\n\ndata: [DONE]\n\n", &["data {}", "done"]),
        ("data:{}\r\n\r\n", &["data {}"]),
        ("data: {}\r\rdata: 1\r\r", &["data {}", "data 1"]),
        ("data: [1,\ndata: 2]\n\n", &["data [1,\n2]"]),
        ("data: a\ndata: b\ndata: c\n\n", &["data a\nb\nc"]),
        (
            ": keep-alive\n\ndata: 1\n\n",
            &["other : keep-alive\n", "other \n", "data 1"],
        ),
        (
            "\n\n\ndata: 1\n\n",
            &["other \n", "other \n", "other \n", "data 1"],
        ),
        ("event: x\nid: 7\ndata: 1\n: note\n\n", &["data 1"]),
        ("event: ping\n\n", &["other event: ping\n\n"]),
        ("data\n\n", &["other data\n\n"]),
        ("database: 1\n\n", &["other database: 1\n\n"]),
        ("data:  1\n\n", &["data  1"]),
        ("data: [DONE]", &["done"]),
        ("\u{feff}data: 1\n\n", &["data 1"]),
    ];
    for (stream, expected) in cases {
        let got: Vec<_> = events(stream.as_bytes(), &[]).iter().map(told).collect();
        assert_eq!(got, expected, "{stream:?}");
    }
}

#[test]
fn an_event_comes_out_with_its_last_byte() {
    let mut decoder = SseDecoder::new(100);
    assert!(decoder.push(b"data: 1\r\n\r").unwrap().is_empty());
    assert_eq!(decoder.push(b"\n").unwrap().len(), 1);
    assert_eq!(decoder.push(b": keep-alive\n").unwrap().len(), 1);
    assert_eq!(decoder.finish().unwrap(), None);
}

#[test]
fn the_cap_holds_for_whole_and_unfinished_events() {
    for (stream, fits) in [
        ("data: 123\n\n", true),
        ("data: 1234\n\n", false),
        ("data: 1234567", false),
    ] {
        let mut decoder = SseDecoder::new(11);
        let got = decoder.push(stream.as_bytes());
        assert_eq!(got.is_ok(), fits, "{stream:?}");
        assert_eq!(decoder.push(b"\n\ndata: 1\n\n").is_ok(), fits, "{stream:?}");
        assert_eq!(decoder.finish().is_ok(), fits, "{stream:?}");
    }
    let mut decoder = SseDecoder::new(11);
    assert_eq!(
        decoder
            .push("data: 123\n\n".repeat(50).as_bytes())
            .unwrap()
            .len(),
        50
    );
}

#[test]
fn new_data_takes_the_place_of_the_old() {
    let cases = [
        ("data: 1\n\n", "{}", "data: {}\n\n"),
        (
            "id: 4\r\ndata: [\r\ndata: 1]\r\nevent: x\r\n\r\n",
            "{}",
            "id: 4\ndata: {}\nevent: x\n\n",
        ),
        ("data: 1\r\r", "{}", "data: {}\n\n"),
        ("database: 5\ndata: 1", "{}", "database: 5\ndata: {}\n\n"),
        ("data: 1\n\n", "[\n]", "data: [\ndata: ]\n\n"),
    ];
    for (stream, json, expected) in cases {
        let event = events(stream.as_bytes(), &[]).remove(0);
        assert_eq!(event.with_data(json.as_bytes()), expected);
    }
}

#[test]
fn debug_shows_no_text() {
    let event = events(b"data: Lena\n\n", &[]).remove(0);
    assert_eq!(format!("{event:?}"), "Data(12 bytes)");
}

fn stream() -> impl Strategy<Value = String> {
    let piece =
        r#"(data: ?|data|event: x|: hi|\{"a":1\}|张|\[DONE\]|\n|\r|\r\n|\n\n|\r\n\r\n| |id)"#;
    prop::collection::vec(piece, 0..30).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_cut_gives_the_same_events(stream in stream(), cuts: Vec<prop::sample::Index>) {
        let whole = events(stream.as_bytes(), &[]);
        let mut cuts: Vec<_> = cuts.iter().map(|cut| cut.index(stream.len() + 1)).collect();
        cuts.sort_unstable();
        prop_assert_eq!(&events(stream.as_bytes(), &cuts), &whole);
        let every_byte: Vec<_> = (0..stream.len()).collect();
        prop_assert_eq!(&events(stream.as_bytes(), &every_byte), &whole);
    }

    #[test]
    fn raw_bytes_are_the_stream(stream in stream()) {
        let raw: Vec<u8> = events(stream.as_bytes(), &[]).iter().flat_map(|event| event.raw().to_vec()).collect();
        prop_assert_eq!(raw, stream.into_bytes());
    }
}
