//! All recognizers on any text, under any key: findings are disjoint, sorted, on character boundaries, inside the text.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;
use vestibule::base::{Confidence, Finding};
use vestibule::detect::Hint;
use vestibule_fuzz::detector::DETECTOR;
use vestibule_fuzz::{cost, cut, seeds};

/// One input in so many is repeated, to measure how its cost grows; and one is explained.
const MEASURED: u64 = 128;
const EXPLAINED: u64 = 64;

fuzz_target!(
    init: {
        LazyLock::force(&DETECTOR);
        seeds::of_examples(|example| vec![example.as_bytes().to_vec()]);
    },
    |data: &[u8]| {
        let all = cut::text(data);
        let (key, text) = cut::keyed(&all);
        let hint = Hint { key };
        let found = DETECTOR.scan(text, hint);
        are_sound(text, &found);
        assert_eq!(found, DETECTOR.scan(text, hint), "the same text, but other findings");
        let hash = cut::hash(data);
        if hash.is_multiple_of(MEASURED) {
            // Under an odd hash the first half stands once and the second is repeated.
            let middle = text.floor_char_boundary(if hash & MEASURED == 0 { 0 } else { text.len() / 2 });
            let (head, unit) = text.split_at(middle);
            cost::is_linear(unit, head, |text| are_sound(text, &DETECTOR.scan(text, hint)));
        }
        if hash.is_multiple_of(EXPLAINED) {
            let explained = DETECTOR.explain(text, hint);
            assert!(explained.iter().map(|one| &one.finding).eq(&found), "what is explained is what is found");
            are_sound(text, &DETECTOR.near_misses(text, hint));
        }
    }
);

fn are_sound(text: &str, found: &[Finding]) {
    let mut end = 0;
    for one in found {
        let value = one.span.slice(text);
        assert!(
            value.is_some_and(|value| !value.is_empty()),
            "{} at {:?} is off",
            one.entity,
            one.span
        );
        assert!(
            one.span.start >= end,
            "{} at {:?} begins before {end}",
            one.entity,
            one.span
        );
        assert!(
            (0.0..=1.0).contains(&one.score),
            "{} is {} sure",
            one.entity,
            one.score
        );
        assert_eq!(one.confidence, Confidence::of_score(one.score));
        end = one.span.end;
    }
}
