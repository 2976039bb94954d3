//! Files in messages: what stands in them doesn't leave, comes back in replies, and harmless ones stay byte for byte.

use data_encoding::BASE64;
use serde_json::{Value, json};

use crate::gateway::{UPSTREAM, shared};
use crate::planted::{PLANTED, found_in};
use crate::requests::chat;

/// A file part in the words of OpenAI.
fn nested(media_type: &str, name: &str, bytes: &[u8]) -> Value {
    let uri = format!("data:{media_type};base64,{}", BASE64.encode(bytes));
    json!({"type": "file", "file": {"file_data": uri, "filename": name}})
}

/// A file part in the words of DeepSeek.
fn flat(media_type: &str, name: &str, bytes: &[u8]) -> Value {
    let uri = format!("data:{media_type};base64,{}", BASE64.encode(bytes));
    json!({"type": "file", "file_data": uri, "filename": name})
}

fn with_file(case: &str, file: &Value) -> Vec<u8> {
    let parts = json!([{"type": "text", "text": "Sum it up."}, file]);
    let request = chat(case, &json!([{"role": "user", "content": parts}]));
    request.to_string().into_bytes()
}

/// The bytes of the file as the destination got it.
fn arrived(case: &str) -> Vec<u8> {
    let seen = UPSTREAM.seen(case);
    let request: Value = serde_json::from_slice(&seen.last().unwrap().body).unwrap();
    let part = &request["messages"][0]["content"][1];
    let uri = part["file_data"]
        .as_str()
        .or_else(|| part["file"]["file_data"].as_str());
    let (_, payload) = uri.unwrap().split_once(";base64,").unwrap();
    BASE64.decode(payload.as_bytes()).unwrap()
}

/// Every format of text, with a text in it.
fn files(text: &str) -> [(&'static str, &'static str, String); 4] {
    [
        ("text/plain", "a.txt", format!("Note\n{text}\n")),
        (
            "text/csv",
            "a.csv",
            format!("id,note\n7,\"{}\"\n", text.replace('"', "\"\"")),
        ),
        (
            "application/json",
            "a.json",
            json!({"notes": [{"note": text}]}).to_string(),
        ),
        (
            "text/html",
            "a.html",
            format!("<h1>Note</h1><p title=\"x\">{text}</p>"),
        ),
    ]
}

#[test]
fn what_stands_in_a_file_does_not_leave() {
    let gateway = shared();
    for (index, planted) in PLANTED
        .iter()
        .filter(|planted| planted.is_telling())
        .enumerate()
    {
        for (at, (media_type, name, file)) in files(&planted.text()).into_iter().enumerate() {
            let case = format!("file-{index}-{at}");
            let part = if at % 2 == 0 { nested } else { flat };
            let answer = gateway.chat(&with_file(&case, &part(media_type, name, file.as_bytes())));
            // Some values keep a request inside; then it must not have left at all.
            if answer.status != 200 {
                assert!(UPSTREAM.seen(&case).is_empty());
                assert!(
                    matches!(answer.status, 403 | 503),
                    "{case}: {}",
                    answer.text()
                );
                continue;
            }
            let arrived = arrived(&case);
            let found = found_in(&arrived, planted.value);
            assert_eq!(found, None, "{} left in {name}", planted.entity);
            assert_ne!(arrived, file.as_bytes());
        }
    }
}

#[test]
fn harmless_files_stay_as_they_are() {
    let gateway = shared();
    let files = files("The tide comes twice a day. 潮水每天来两次。");
    for (at, (media_type, name, file)) in files.into_iter().enumerate() {
        let case = format!("file-harmless-{at}");
        let answer = gateway.chat(&with_file(&case, &flat(media_type, name, file.as_bytes())));
        assert_eq!(answer.status, 200, "{name}: {}", answer.text());
        assert_eq!(arrived(&case), file.as_bytes(), "{name}");
    }
}

#[test]
fn a_value_of_a_file_is_the_same_in_the_text_beside_it() {
    let gateway = shared();
    let (case, mobile) = ("file-beside", "13812345678");
    let file = nested(
        "text/csv",
        "a.csv",
        format!("姓名,手机号\n王芳,{mobile}\n").as_bytes(),
    );
    let parts = json!([{"type": "text", "text": format!("谁的手机号是{mobile}？")}, file]);
    let request = chat(case, &json!([{"role": "user", "content": parts}]));
    let answer = gateway.chat(request.to_string().as_bytes());
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert!(answer.text().contains(mobile), "the echo is restored");
    let table = String::from_utf8(arrived(case)).unwrap();
    let (_, surrogate) = table.trim_end().rsplit_once(',').unwrap();
    let seen = UPSTREAM.seen(case);
    assert!(!table.contains(mobile));
    assert!(String::from_utf8_lossy(&seen[0].body).contains(&format!("是{surrogate}？")));
}

#[test]
fn what_cannot_be_opened_does_not_leave() {
    let gateway = shared();
    let zip = b"PK\x03\x04 and more of it, so that it is long enough to be taken for a file";
    let plain = b"a text that is long enough to be taken for a file, all of it harmless";
    let mut elsewhere = flat("text/plain", "a.txt", plain);
    elsewhere["file_id"] = json!("file-1");
    for (case, file) in [
        ("file-mislabelled", nested("text/plain", "a.txt", zip)),
        ("file-disagrees", nested("application/pdf", "a.pdf", plain)),
        (
            "file-broken-json",
            nested("application/json", "a.json", plain),
        ),
        (
            "file-unknown",
            nested("application/x-thing", "a.bin", plain),
        ),
        ("file-elsewhere", elsewhere),
    ] {
        let answer = gateway.chat(&with_file(case, &file));
        assert!(
            matches!(answer.status, 403 | 503),
            "{case}: {}",
            answer.text()
        );
        assert!(UPSTREAM.seen(case).is_empty(), "{case} left");
    }
}
