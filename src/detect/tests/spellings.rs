//! Ways of writing a value that once got past, and what looks like them.

use super::{assert_finds, assert_ignores};

#[test]
fn mobile_numbers_in_threes_and_fours_with_any_separator() {
    assert_finds(
        "CN_MOBILE",
        &[
            "⟦+86 139.1234.5678⟧",
            "⟦(139)12345678⟧",
            "⟦139/1234/5678⟧",
            "⟦139.1234.5678⟧",
            "电话：⟦139\n1234\n5678⟧",
            "my number is ⟦1 3 9 1 2 3 4 5 6 7 8⟧",
            "⟦1-3-9-1-2-3-4-5-6-7-8⟧",
        ],
    );
    assert_ignores(&[
        "files/139/1234/5678",
        "/139/1234/5678",
        "v1.139.1234.5678",
        "129/1234/5678",
        "1 2 9 1 2 3 4 5 6 7 8",
        "139\n1234\n5678\n9012",
    ]);
}

#[test]
fn cards_digit_by_digit() {
    assert_finds("BANK_CARD", &["⟦5 5 5 5 5 5 5 5 5 5 5 5 4 4 4 4⟧"]);
    assert_ignores(&[
        "5 5 5 5 5 5 5 5 5 5 5 5 4 4 4 5",
        "4 0 0 0 0 0 0 0 0 0 0 0 0 0 0 2",
    ]);
}

#[test]
fn an_iban_in_lower_case() {
    assert_finds(
        "IBAN",
        &["⟦de89370400440532013000⟧", "⟦gb82 west 1234 5698 7654 32⟧"],
    );
    assert_ignores(&["de88370400440532013000", "De89370400440532013000"]);
}

#[test]
fn social_security_numbers_in_speech() {
    assert_finds(
        "US_SSN",
        &["my social is ⟦219 09 9999⟧", "SSN ⟦219 09 9999⟧"],
    );
    assert_ignores(&["219 09 9999"]);
}

#[test]
fn addresses_that_nobody_is_to_follow() {
    assert_finds(
        "EMAIL",
        &[
            "⟦x(at)example.org⟧",
            "⟦x [at] example [dot] org⟧",
            "⟦lina (at) example (dot) org⟧",
            "⟦LINA_7 AT EXAMPLE DOT ORG⟧",
        ],
    );
    assert_finds(
        "IP",
        &[
            "⟦203.0.113[.]77⟧",
            "⟦203[.]0[.]113[.]77⟧",
            "host ⟦203[dot]0[dot]113[dot]77⟧",
        ],
    );
    assert_ignores(&["LOOK AT EXAMPLE DOT COM", "items[at].name", "127.0.0[.]1"]);
}

#[test]
fn secrets_in_the_query_of_a_url() {
    assert_finds(
        "SECRET",
        &[
            "https://a.example/x?token=⟦q7ZxP2mK9vLw⟧&y=2",
            "https://a.example/x?y=2&access_token=⟦q7ZxP2mK9vLw4RtY8sNb⟧#top",
            "GET /x?api_key=⟦q7ZxP2mK9vLw4RtY⟧&y=2",
        ],
    );
    assert_finds("PASSWORD", &["GET /x?password=⟦Sonne2041⟧&y=2"]);
    assert_ignores(&[
        "https://a.example/x?page_token=q7ZxP2mK9vLw&y=2",
        "https://a.example/x?token=next&y=2",
    ]);
}

#[test]
fn passwords_by_other_names() {
    assert_finds(
        "PASSWORD",
        &["my pass is ⟦Sonne#2041⟧", "the wifi pass: ⟦Sonne2041⟧"],
    );
    assert_finds("PIN", &["验证码：⟦482913⟧", "your OTP is ⟦4829⟧"]);
    assert_ignores(&[
        "--- PASS: TestFoo3 (0.00s)",
        "password: default",
        "password: title",
        "password: password1",
        "验证码已发送",
        "Erlang/OTP 26",
    ]);
}
