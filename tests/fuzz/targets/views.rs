//! The views of any text: the way back to it is sound at every character.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;
use vestibule::base::Span;
use vestibule::detect::fuzzing::Views;
use vestibule_fuzz::detector::DETECTOR;
use vestibule_fuzz::{cost, cut, seeds};

/// One input in so many is repeated, to measure how its cost grows.
const MEASURED: u64 = 256;

fuzz_target!(
    init: {
        LazyLock::force(&DETECTOR);
        seeds::of_examples(|example| vec![example.as_bytes().to_vec()]);
    },
    |data: &[u8]| {
        let text = cut::text(data);
        let views = DETECTOR.views(&text);
        every_character_comes_from_its_own_place(&text, &views);
        what_is_found_stands_inside(&text, &views);
        let hash = cut::hash(data);
        if hash.is_multiple_of(MEASURED) {
            cost::is_linear(&text, "", |text| drop(DETECTOR.views(text)));
        }
    }
);

/// Character by character, what is read comes from stretches of the text that touch each other and end with it.
fn every_character_comes_from_its_own_place(text: &str, views: &Views) {
    let reads = views.reads();
    let mut end = None;
    for (at, c) in reads.char_indices() {
        let origin = views.origin(Span::new(at, at + c.len_utf8()));
        let written = origin.slice(text);
        assert!(written.is_some(), "{at}: {origin:?} is off");
        assert!(!origin.is_empty(), "{at} comes from nothing");
        assert!(
            end.is_none_or(|end| end == origin.start),
            "{at}: {origin:?}, but before it {end:?}"
        );
        assert_eq!(
            views.is_plain(),
            reads == text,
            "a view that changes nothing"
        );
        end = Some(origin.end);
    }
    if !reads.is_empty() {
        assert_eq!(end, Some(text.len()), "the end is lost");
    }
    let whole = views.origin(Span::new(0, reads.len()));
    assert!(whole.slice(text).is_some(), "all: {whole:?}");
}

/// Shapes and runs of base64 are stretches of what is read; so their places are stretches of the text.
fn what_is_found_stands_inside(text: &str, views: &Views) {
    let hidden = views.hidden.iter().map(|(span, _)| span);
    for span in views.shapes.iter().chain(hidden) {
        assert!(span.slice(views.reads()).is_some(), "{span:?} is off");
        assert!(
            views.origin(*span).slice(text).is_some(),
            "{span:?} comes from nowhere"
        );
    }
    for (span, inside) in &views.hidden {
        assert!(inside.len() <= span.len(), "base64 does not grow");
    }
}
