//! Long texts of one thing over and over: they end, and what is found stands where it should.
//!
//! Were a step quadratic, one of these would take hours.

use super::*;

/// Length of each text, in bytes.
const LONG: usize = 128 * 1024;

/// What begins each text, and what is repeated behind it.
const REPEATED: &[(&str, &str)] = &[
    ("", "1234567890"),
    ("", "7 "),
    ("", "138-1234-5678-"),
    ("", "1.2.3.4.5."),
    ("", "１３８"),
    ("", "一三八一二三四五六七八"),
    ("", "一三八，"),
    ("", "a"),
    ("", "A"),
    ("", "MTM4MTIzNDU2NzgsIDEzODEyMzQ1"),
    ("", "TVRNNE1USXpORFUyTnpnPQ== "),
    ("", "="),
    ("", ":"),
    ("", "password="),
    ("", "sk-"),
    ("", "密码是"),
    ("", "{"),
    ("", "[\"739\"],"),
    ("", "北京市朝阳区"),
    ("", "路1号，"),
    ("1号", "，栋"),
    ("", "li.na@example.com "),
    ("", "a@b.co"),
    ("", "%E7%94%B5%E8%AF%9D"),
    ("", "%25"),
    ("", "\\u0031"),
    ("", "a\" + \""),
    ("phone\n", "13812345678\n"),
    ("姓名,诊断\n", "张三,肺癌\n"),
    ("", "a,"),
    ("", "| "),
    ("", "张"),
    ("", "\t"),
    ("", "\n"),
    ("", "аеорсух"),
    ("", "\u{200b}"),
    ("", "1\u{200b}"),
    ("", "①"),
    ("", "https://"),
    ("https://", "a/1"),
    ("", "https://a@b.co/"),
    ("", "eyJhbGciOiJIUzI1NiJ9."),
    (
        "-----BEGIN PRIVATE KEY-----\n",
        "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n",
    ),
    ("Cookie: ", "a=b1c2d3e4f5; "),
    ("", "2001:db8:"),
    ("", "00:1a:2b:3c:4d:5e:"),
    ("诊断：", "糖尿病13812345678"),
    ("", "先生"),
    ("", "Dr. "),
    ("", "+86"),
];

#[test]
fn long_texts_end_and_their_findings_are_sound() {
    for (head, unit) in REPEATED {
        let text = [head, unit.repeat(LONG / unit.len()).as_str()].concat();
        let mut end = 0;
        for finding in detector().scan(&text, Hint::default()) {
            let value = finding.span.slice(&text);
            assert!(value.is_some_and(|value| !value.is_empty()), "{head}{unit}");
            assert!(finding.span.start >= end, "{head}{unit}");
            end = finding.span.end;
        }
    }
}
