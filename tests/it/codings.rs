//! Packed requests and replies: what is packed is inspected and restored as what is not.

use bytes::Bytes;
use std::io::Write as _;
use vestibule::coding::{Coding, encode};

use crate::client::Answer;
use crate::gateway::{Gateway, Setup, UPSTREAM, hunt, shared};
use crate::planted::planted_in;
use crate::replies;
use crate::requests::{ask, ask_streamed, everything};
use crate::upstream::{Play, Step};

fn brotli(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let parameters = brotli::enc::BrotliEncoderParams {
        quality: 5,
        ..Default::default()
    };
    brotli::BrotliCompress(&mut &bytes[..], &mut out, &parameters).unwrap();
    out
}

fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut to = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    to.write_all(bytes).unwrap();
    to.finish().unwrap()
}

fn packed(coding: &str, bytes: &[u8]) -> Vec<u8> {
    match coding {
        "gzip" => encode(Coding::Gzip, bytes).unwrap(),
        "zstd" => encode(Coding::Zstd, bytes).unwrap(),
        "br" => brotli(bytes),
        "deflate" => deflate(bytes),
        "deflate, gzip" => packed("gzip", &deflate(bytes)),
        _ => panic!("{coding}"),
    }
}

const CODINGS: [&str; 5] = ["gzip", "deflate", "br", "zstd", "deflate, gzip"];

fn came_back(answer: &Answer) -> bool {
    answer.status == 200 && planted_in(&answer.body).is_some()
}

#[test]
fn a_packed_request_is_inspected_as_any_other() {
    let gateway = shared();
    for coding in CODINGS {
        let case = format!("packed-{coding}");
        let body = packed(coding, &ask(&case, &everything()));
        let answer = gateway.post(&[("content-encoding", coding)], &body);
        assert!(came_back(&answer), "{coding}: {}", answer.text());
        let seen = UPSTREAM.seen(&case);
        assert_eq!(seen.len(), 1, "{coding}");
        hunt(&seen[0].body, coding);
        assert!(
            !seen[0].headers.contains("content-encoding"),
            "{}",
            seen[0].headers
        );
        assert!(
            seen[0].headers.contains("accept-encoding: identity\n"),
            "{}",
            seen[0].headers
        );
    }
}

#[test]
fn what_cannot_be_unpacked_does_not_leave() {
    let gateway = shared();
    let case = "packed-badly";
    let body = packed("gzip", &ask(case, "Mail lena.fischer@example.org"));
    let bomb = packed("br", &ask(case, &"x".repeat(40 << 20)));
    assert!(bomb.len() < 1 << 20, "{}", bomb.len());
    let cut = &body[..body.len() - 9];
    for (coding, body, status, code) in [
        ("gzip", cut, 400, "broken_body"),
        ("zstd", &body[..], 400, "broken_body"),
        ("compress", &body[..], 415, "unsupported_encoding"),
        ("gzip, gzip, gzip", &body[..], 415, "unsupported_encoding"),
        ("br", &bomb[..], 413, "request_too_large"),
    ] {
        let answer = gateway.post(&[("content-encoding", coding)], body);
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (status, code),
            "{coding}"
        );
        let accepts = answer.header("accept-encoding");
        assert_eq!(accepts.is_some(), status == 415, "{coding}");
    }
    assert!(UPSTREAM.seen(case).is_empty(), "it left");
}

/// The reply that the destination would give, packed.
fn pack_play(play: Play, coding: &'static str) -> Play {
    let plain: Vec<u8> = play
        .steps
        .iter()
        .flat_map(|step| match step {
            Step::Send(bytes) => bytes.to_vec(),
            _ => Vec::new(),
        })
        .collect();
    let bytes = packed(coding, &plain);
    let steps = bytes
        .chunks(50)
        .map(|piece| Step::Send(Bytes::copy_from_slice(piece)))
        .collect();
    Play {
        steps,
        encoding: Some(coding),
        ..play
    }
}

#[test]
fn a_packed_reply_is_restored_whole_and_streamed() {
    let gateway = shared();
    for coding in CODINGS {
        for stream in [false, true] {
            let case = format!("packed-reply-{coding}-{stream}");
            UPSTREAM.play(&case, move |seen| pack_play(replies::ok(seen), coding));
            let text = "Mail lena.fischer@example.org";
            let body = if stream {
                ask_streamed(&case, text)
            } else {
                ask(&case, text)
            };
            let answer = gateway.chat(&body);
            assert!(came_back(&answer), "{case}: {}", answer.text());
            assert_eq!(answer.header("content-encoding"), None);
            hunt(&UPSTREAM.seen(&case)[0].body, &case);
        }
        let case = format!("packed-cut-{coding}");
        UPSTREAM.play(&case, move |seen| {
            let mut play = pack_play(replies::ok(seen), coding);
            play.steps.pop();
            play
        });
        let answer = gateway.chat(&ask(&case, "Mail lena.fischer@example.org"));
        assert!(
            matches!(answer.status, 502 | 503),
            "{case}: {}",
            answer.text()
        );
    }
}

#[test]
fn whole_answers_are_packed_where_that_is_wanted_and_streams_never() {
    let server = "pack_answers_from_bytes = 100\n".to_owned();
    let gateway = Gateway::start(
        &UPSTREAM,
        &Setup {
            server,
            ..Setup::default()
        },
    );
    for (accepts, coding) in [
        ("gzip, deflate, zstd", Some("zstd")),
        ("gzip", Some("gzip")),
        ("br", None),
    ] {
        let case = format!("answer-{coding:?}");
        let headers = [("accept-encoding", accepts)];
        let answer = gateway.post(&headers, &ask(&case, &everything()));
        assert_eq!(answer.header("content-encoding"), coding, "{accepts}");
        assert_eq!(answer.header("vary"), Some("accept-encoding"));
        let plain = match coding {
            None => answer.body.clone(),
            Some(coding) => {
                let codings =
                    vestibule::coding::Codings::parse([coding.as_bytes()].into_iter()).unwrap();
                vestibule::coding::decode(&codings, &answer.body, 1 << 20).unwrap()
            }
        };
        assert!(answer.whole && planted_in(&plain).is_some(), "{accepts}");
        let streamed = gateway.post(&headers, &ask_streamed(&case, &everything()));
        assert_eq!(streamed.header("content-encoding"), None);
    }
}
