use super::*;
use proptest::prelude::*;

const MAIL: &str = "EMAIL_XT940KMVKT";
const NAME: &str = "PERSON_0ABC4DEFGH";

fn map() -> RestoreMap {
    let mut map = RestoreMap::default();
    let entity = |name| EntityType::named(name).unwrap();
    map.insert(
        MAIL.to_owned(),
        entity("EMAIL"),
        Sensitive::new("lena@example.org".to_owned()),
    );
    map.insert(
        NAME.to_owned(),
        entity("PERSON"),
        Sensitive::new("张\"三\"".to_owned()),
    );
    map
}

fn restorer(sink: Sink) -> Restorer {
    Restorer::new(
        Originals::new(&Arc::new(map()), 10_000, false, Bytes::new()),
        sink,
        Arc::new(|_, _| true),
    )
}

fn in_pieces(sink: Sink, pieces: &[&str]) -> (String, Restorer) {
    let (mut out, mut restorer) = (String::new(), restorer(sink));
    for piece in pieces {
        restorer.push(piece, &mut out).unwrap();
    }
    restorer.finish(&mut out).unwrap();
    (out, restorer)
}

fn whole(sink: Sink, text: &str) -> String {
    in_pieces(sink, &[text]).0
}

#[test]
fn surrogates_become_originals_and_other_text_stays() {
    let cases = [
        ("write to EMAIL_XT940KMVKT.", "write to lena@example.org."),
        ("联系PERSON_0ABC4DEFGH吧", "联系张\"三\"吧"),
        (
            "EMAIL_XT940KMVKT,EMAIL_XT940KMVKT",
            "lena@example.org,lena@example.org",
        ),
        (
            "email-xt940kmvkt and Email xt940KMVKT",
            "lena@example.org and lena@example.org",
        ),
        ("ＥＭＡＩＬ＿ＸＴ９４０ＫＭＶＫＴ", "lena@example.org"),
        ("EMAIL_XT940KMVK", "EMAIL_XT940KMVK"),
        ("EMAIL_0000000000", "EMAIL_0000000000"),
        ("EMAEMAIL_XT940KMVKT", "EMAlena@example.org"),
        (
            "see https://a.example/?EMAIL_XT940KMVKT",
            "see https://a.example/?EMAIL_XT940KMVKT",
        ),
        (
            "![i](//a.example/EMAIL_XT940KMVKT)",
            "![i](//a.example/EMAIL_XT940KMVKT)",
        ),
        ("<a href=EMAIL_XT940KMVKT>", "<a href=EMAIL_XT940KMVKT>"),
        ("<EMAIL_XT940KMVKT>", "<lena@example.org>"),
    ];
    for (text, expected) in cases {
        assert_eq!(whole(Sink::Text, text), expected);
    }
}

#[test]
fn json_is_escaped_at_the_level_where_a_surrogate_stands() {
    let cases = [
        (r#"{"to":"PERSON_0ABC4DEFGH"}"#, r#"{"to":"张\"三\""}"#),
        (
            r#"{"b":"{\"to\":\"PERSON_0ABC4DEFGH\"}"}"#,
            r#"{"b":"{\"to\":\"张\\\"三\\\"\"}"}"#,
        ),
        (
            r#"{"to":"\u0045MAIL_XT940KMVKT"}"#,
            r#"{"to":"lena@example.org"}"#,
        ),
        (
            r#"{"to":"a\n\u0045MAIL_XT940KMVKT\u0020\u0065mail_xt940kmvkt"}"#,
            r#"{"to":"a\nlena@example.org\u0020lena@example.org"}"#,
        ),
        (
            r#"{"u":"https://a/?EMAIL_XT940KMVKT","to":"EMAIL_XT940KMVKT"}"#,
            r#"{"u":"https://a/?EMAIL_XT940KMVKT","to":"lena@example.org"}"#,
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(whole(Sink::Json, text), expected);
    }
}

#[test]
fn addresses_in_json_keep_surrogates_however_they_are_escaped() {
    for address in [
        "https://a/?",
        r"https:\/\/a/?",
        r"https:\u002f\u002fa/?",
        r"![x]\u0028a/",
        r#"{\"u\":\"https:\\u002f\\u002fa/?"#,
        r#"<img src=\""#,
        r#"\u003cimg src=\""#,
        r#"<a title=\"x\" href=\""#,
    ] {
        let text = format!(r#"{{"u":"{address}EMAIL_XT940KMVKT","to":"EMAIL_XT940KMVKT"}}"#);
        let expected = text.replace(r#""to":"EMAIL_XT940KMVKT"#, r#""to":"lena@example.org"#);
        assert_eq!(whole(Sink::Json, &text), expected);
    }
}

#[test]
fn an_unknown_surrogate_behind_an_escape_is_counted() {
    for text in [
        r#"{"to":"EMAIL_0000000000"}"#,
        r#"{"to":"a\nEMAIL_0000000000"}"#,
        r#"{"to":"\u0045MAIL\u005f0000000000"}"#,
        r#"{"to":"{\"x\":\"a\\nEMAIL_0000000000\"}"}"#,
    ] {
        assert_eq!(in_pieces(Sink::Json, &[text]).1.unknown(), 1, "{text}");
    }
}

#[test]
fn only_a_proper_prefix_of_an_issued_surrogate_is_held_back() {
    let (mut out, mut restorer) = (String::new(), restorer(Sink::Text));
    restorer.push("hello PERSON_0ABC", &mut out).unwrap();
    assert_eq!((out.as_str(), restorer.holds()), ("hello ", true));
    restorer.push("X and", &mut out).unwrap();
    assert_eq!(
        (out.as_str(), restorer.holds()),
        ("hello PERSON_0ABCX and", false)
    );
}

#[test]
fn unknown_surrogates_are_counted_and_left() {
    let (out, restorer) = in_pieces(Sink::Text, &["IBAN_11", "11111111 EMAIL_XT940KMVKT"]);
    assert_eq!(out, "IBAN_1111111111 lena@example.org");
    assert_eq!((restorer.unknown(), restorer.restored()), (1, 1));
}

#[test]
fn a_path_that_the_policy_does_not_name_keeps_its_surrogate() {
    let permission: Permission = Arc::new(|_, path| path == "$.to");
    let mut restorer = Restorer::new(
        Originals::new(&Arc::new(map()), 100, false, Bytes::new()),
        Sink::Json,
        permission,
    );
    let mut out = String::new();
    restorer
        .push(
            r#"{"to":"EMAIL_XT940KMVKT","log":"EMAIL_XT940KMVKT"}"#,
            &mut out,
        )
        .unwrap();
    assert_eq!(out, r#"{"to":"lena@example.org","log":"EMAIL_XT940KMVKT"}"#);
}

#[test]
fn a_reply_that_repeats_a_surrogate_without_end_is_cut() {
    let (mut out, mut restorer) = (String::new(), restorer(Sink::Text));
    let result = restorer.push(&"EMAIL_XT940KMVKT ".repeat(1_000), &mut out);
    assert_eq!(
        result,
        Err(RestoreError::TooMuch {
            limit_bytes: 10_000
        })
    );
    assert!(out.len() < 12_000);
}

#[test]
fn debug_shows_no_original() {
    let restorer = restorer(Sink::Text);
    assert!(!format!("{restorer:?} {:?}", restorer.originals).contains("lena"));
}

fn texts() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just(MAIL.to_owned()),
        Just(NAME.to_owned()),
        Just("EMAIL_".to_owned()),
        Just("\\u0045".to_owned()),
        Just("\"".to_owned()),
        Just("\\".to_owned()),
        Just("{\"a\":\"".to_owned()),
        Just("https://".to_owned()),
        Just("PERSON_0ABC".to_owned()),
        Just("](".to_owned()),
        Just(")".to_owned()),
        "\\PC{0,6}",
    ];
    proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_chunking_gives_the_same_reply(text in texts(), cuts in proptest::collection::vec(1_usize..5, 1..40), json: bool) {
        let sink = if json { Sink::Json } else { Sink::Text };
        let characters: Vec<char> = text.chars().collect();
        let (mut pieces, mut at) = (Vec::new(), 0);
        for cut in cuts.iter().cycle() {
            if at >= characters.len() { break }
            let end = (at + cut).min(characters.len());
            pieces.push(characters[at..end].iter().collect::<String>());
            at = end;
        }
        let pieces: Vec<&str> = pieces.iter().map(String::as_str).collect();
        prop_assert_eq!(in_pieces(sink, &pieces).0, whole(sink, &text));
    }

    #[test]
    fn text_without_surrogates_is_untouched(text in "\\PC{0,80}") {
        prop_assert_eq!(whole(Sink::Text, &text), text);
    }
}

#[test]
fn a_run_of_backslashes_is_read_in_time_that_grows_with_its_length() {
    let (mut out, mut restorer) = (String::new(), restorer(Sink::Json));
    let text = format!("{{\"a\":\"{}", "\\".repeat(2_000_000));
    restorer.push(&text, &mut out).unwrap();
    assert!(
        text.len() - out.len() < 64,
        "held back {}",
        text.len() - out.len()
    );
}

#[test]
fn an_address_that_the_app_itself_sent_gets_its_original_back() {
    let sent = Bytes::from_static(br#"{"content":"open https://a.example/EMAIL_XT940KMVKT now"}"#);
    let restore = |text: &str| {
        let originals = Originals::new(&Arc::new(map()), 10_000, false, sent.clone());
        let mut restorer = Restorer::new(originals, Sink::Text, Arc::new(|_, _| true));
        let mut out = String::new();
        restorer.push(text, &mut out).unwrap();
        restorer.finish(&mut out).unwrap();
        out
    };
    let own = "I open https://a.example/EMAIL_XT940KMVKT now";
    assert_eq!(
        restore(own),
        "I open https://a.example/lena@example.org now"
    );
    for other in [
        "https://b.example/EMAIL_XT940KMVKT",
        "![x](https://a.example/EMAIL_XT940KMVKT)",
    ] {
        assert_eq!(restore(other), other);
    }
}

#[test]
fn escapes_in_arguments_do_not_hide_an_address() {
    for kept in [
        r#"{"url":"https:\u002f\u002fa.example\u002f?q=EMAIL_XT940KMVKT"}"#,
        r#"{"html":"\u003cimg src=x?EMAIL_XT940KMVKT"}"#,
        r#"{"html":"<img src=\"/c?q=EMAIL_XT940KMVKT"}"#,
    ] {
        assert_eq!(whole(Sink::Json, kept), kept);
    }
}
