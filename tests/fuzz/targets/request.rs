//! Any bytes as a request in every format: refused, or understood so that each text can be changed and nothing else is.
#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use vestibule::base::Span;
use vestibule::protocol::{Edit, Format, Limits, Request, TextPart, splice};
use vestibule_fuzz::{cut, seeds};

/// Begins what is put in place of a part, with its number behind: no two keys become the same one.
const MARK: &str = "¤q7Zk\"\\";

fuzz_target!(
    init: seeds::of_examples(bodies),
    |data: &[u8]| {
        let (choice, body) = cut::choice(data);
        let format = Format::ALL[choice % Format::ALL.len()];
        let body = Bytes::copy_from_slice(body);
        let Ok(request) = Request::parse(format, body.clone(), &Limits::default()) else {
            return;
        };
        assert_eq!(splice(request.body(), &mut []).as_ref(), Ok(&body), "no edit changes nothing");
        places_are_sound(&request);
        if body.windows(MARK.len()).any(|bytes| bytes.starts_with(b"\xc2\xa4q7")) {
            return;
        }
        let parts = || request.parts().iter().enumerate();
        let whole = parts().map(|(number, part)| change(&request, part, number, 0));
        changed_is_understood(&request, whole.collect());
        let hash = cut::hash(data);
        let some = parts().filter(|(number, _)| (hash >> (number % 64)) & 1 == 1);
        let some = some.map(|(number, part)| change(&request, part, number, hash));
        changed_is_understood(&request, some.collect());
    }
);

/// Every part, key, file and name stands where it says.
fn places_are_sound(request: &Request) {
    let body = request.body();
    let mut start = 0;
    for part in request.parts() {
        let span = part.raw_span();
        assert!(span.bytes(body).is_some(), "{span:?} is outside");
        assert!(span.start >= start, "{span:?} is out of order");
        start = span.start;
        let text = request.text(part);
        let same = request.edit(part, Span::new(0, 0), "");
        assert!(same.is_some(), "nothing can be put at {span:?}");
        assert!(
            request.edit(part, Span::new(0, text.len() + 1), "").is_none(),
            "an edit outside"
        );
        part.key(body);
    }
    for span in [request.model_span(), request.first_user_message()]
        .into_iter()
        .flatten()
    {
        assert!(span.bytes(body).is_some(), "{span:?} is outside");
    }
    request.shape();
    request.uninspectable();
    request.embedded();
}

/// The mark in place of a part, or of the stretch of it that `seed` says.
fn change(request: &Request, part: &TextPart, number: usize, seed: u64) -> Edit {
    let text = request.text(part);
    let at = |seed: u64| text.floor_char_boundary((seed % (text.len() as u64 + 1)) as usize);
    let (one, other) = (at(seed), at(seed >> 20));
    let span = match seed {
        0 => Span::new(0, text.len()),
        _ => Span::new(one.min(other), one.max(other)),
    };
    let edit = request.edit(part, span, &format!("{MARK}{number};"));
    edit.unwrap_or_else(|| panic!("{span:?} of a part can't be changed"))
}

/// The edits fit, and the changed body can be read, with as many marks as there were changes.
fn changed_is_understood(request: &Request, mut edits: Vec<Edit>) {
    let marks = edits.len();
    let changed = splice(request.body(), &mut edits).expect("edits of parts are disjoint");
    let changed = Request::parse(request.format(), changed, &Limits::default());
    let changed = changed.expect("a changed request is one");
    let texts = changed
        .parts()
        .iter()
        .map(|part| changed.text(part).to_owned());
    let found = texts.filter(|text| text.contains(MARK)).count();
    assert_eq!(found, marks, "changes that can be read");
}

/// The example as what is said, as a tool's result in JSON, and as a bare body.
fn bodies(example: &str) -> Vec<Vec<u8>> {
    let text = serde_json::Value::from(example);
    let nested = serde_json::json!({ "result": text, "n": 13_812_345_678_u64 }).to_string();
    let bodies = [
        (
            0,
            serde_json::json!({"model": "m", "messages": [{"role": "user", "content": text}, {"role": "tool", "content": nested}]}),
        ),
        (
            1,
            serde_json::json!({"model": "m", "prompt": text, "suffix": nested}),
        ),
        (
            2,
            serde_json::json!({"model": "m", "input": [text, nested]}),
        ),
        (
            3,
            serde_json::json!({"model": "m", "input": [{"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}]}),
        ),
        (
            4,
            serde_json::json!({"model": "m", "max_tokens": 9, "system": text, "messages": [{"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": nested}]}]}),
        ),
    ];
    let number = cut::hash(example.as_bytes()) as usize % bodies.len();
    let body = |(format, body): &(u8, serde_json::Value)| {
        [vec![*format], body.to_string().into_bytes()].concat()
    };
    bodies.get(number).map(body).into_iter().collect()
}
