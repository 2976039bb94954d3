//! What a detector must find, what it must leave alone, and what holds for any text.

use super::*;
use crate::base::Confidence;
use crate::base::Span;
use proptest::prelude::*;
use std::sync::OnceLock;

mod context;
mod long;
mod names;
mod postal;
mod reader;
mod secrets;
mod spellings;

fn detector() -> &'static Detector {
    static DETECTOR: OnceLock<Detector> = OnceLock::new();
    DETECTOR.get_or_init(|| Detector::built_in().unwrap())
}

/// Types of what may stand in any text; tests of their own look at them.
const PUBLIC: &[&str] = &["PLACE", "AMOUNT", "URL"];

/// Type and text of every finding that is not of a public type.
fn found(text: &str) -> Vec<(&'static str, &str)> {
    let findings = detector().scan(text, Hint::default());
    findings
        .iter()
        .filter(|f| !PUBLIC.contains(&f.entity.as_str()))
        .map(|f| (f.entity.as_str(), f.span.slice(text).unwrap()))
        .collect()
}

/// Each text holds exactly one finding, of this type: the part between `⟦` and `⟧`.
fn assert_finds(kind: &str, texts: &[&str]) {
    for marked in texts {
        let (head, rest) = marked.split_once('⟦').unwrap();
        let (value, tail) = rest.split_once('⟧').unwrap();
        let text = [head, value, tail].concat();
        assert_eq!(found(&text), [(kind, value)], "{text}");
    }
}

fn assert_ignores(texts: &[&str]) {
    for text in texts {
        assert_eq!(found(text), [], "{text}");
    }
}

#[test]
fn mobile_numbers_in_every_dress() {
    assert_finds(
        "CN_MOBILE",
        &[
            "请回电⟦13912345678⟧谢谢",
            "手机⟦139-1234-5678⟧",
            "mobile ⟦+86 139 1234 5678⟧",
            "tel: ⟦0086-13912345678⟧",
            "电话⟦(+86)13912345678⟧。",
            "电话⟦13.91.23.45.67.8⟧，晚上打",
            "电话⟦1 3 9 1 2 3 4 5 6 7 8⟧",
            "电话⟦一三九一二三四五六七八⟧",
            "电话⟦幺三九幺二三四五六七八⟧",
            "电话⟦壹叁玖壹贰叁肆伍陆柒捌⟧",
            "电话⟦①③⑨①②③④⑤⑥⑦⑧⟧",
            "电话⟦１３９１２３４５６７８⟧",
            "电话⟦१३९१२३४५६७८⟧",
            "电话⟦139\u{200b}1234\u{ad}5678⟧",
            "电话⟦13912\n345678⟧",
            "电话⟦%31%33%39%31%32%33%34%35%36%37%38⟧",
            "电话⟦\\u0031\\u0033\\u0039\\u0031\\u0032\\u0033\\u0034\\u0035\\u0036\\u0037\\u0038⟧",
            "电话⟦&#49;&#51;&#57;&#x31;&#x32;&#x33;&#x34;&#x35;&#x36;&#x37;&#x38;⟧",
            "phone = \"⟦13912\" + \"345678⟧\"",
            "电话⟦MTM5MTIzNDU2Nzg=⟧，谢谢",
            "快递单号查询请联系⟦13912345678⟧",
            "订单有问题打⟦13912345678⟧",
            "tel⟦13912345678⟧",
            "{\"text\":\"您好\\n⟦13912345678⟧\\n\"}",
        ],
    );
    assert_ignores(&[
        "流水号13912345678",
        "seq 13912345678",
        "x13912345678y",
        "[13, 139, 1391, 13912]",
        "12912345678",
    ]);
}

#[test]
fn other_telephones() {
    assert_finds(
        "CN_LANDLINE",
        &[
            "总机⟦010-62345678⟧转8",
            "传真：⟦(0351)6234567⟧",
            "电话⟦02162345678⟧",
            "⟦+86 21 62345678⟧ 前台",
        ],
    );
    assert_finds(
        "PHONE",
        &[
            "call ⟦(212) 555-0123⟧ now",
            "fax ⟦+1 (212) 555-0123⟧",
            "⟦212-555-0123⟧",
            "ring ⟦+44 20 7946 0123⟧",
            "phone number is ⟦2125550123⟧",
            "Phone: ⟦60-56-85-91⟧",
            "联系电话：⟦62345678⟧",
        ],
    );
    assert_ignores(&[
        "2026-11-24 09:59:42",
        "call on 2026-11-24",
        "net.core = 4096 212555 0123456",
        "1-2-3-4-5-6-7-8-9-0",
    ]);
}

#[test]
fn identity_numbers() {
    assert_finds(
        "CN_RESIDENT_ID",
        &[
            "⟦11010519491231002X⟧",
            "证件号为⟦11010519491231002x⟧的用户",
            "身份证 ⟦110105 19491231 002X⟧",
            "身份证⟦1-1-0-1-0-5-1-9-4-9-1-2-3-1-0-0-2-X⟧",
            "身份证号：⟦110105194912310021⟧",
            "老证号⟦110105491231002⟧",
        ],
    );
    assert_finds(
        "CN_USCC",
        &[
            "⟦91350100M000100Y43⟧",
            "信用代码：⟦9135 0100 M000 100Y 43⟧",
            "税号⟦91350100M000100Y44⟧",
        ],
    );
    assert_finds(
        "US_SSN",
        &[
            "⟦219-09-9999⟧",
            "SSN ⟦219099999⟧",
            "social security number: ⟦219 09 9999⟧",
        ],
    );
    assert_ignores(&[
        "110105194912310021",
        "110105491231002",
        "666-09-9999",
        "219099999",
        "91350100M000100Y44",
    ]);
}

#[test]
fn bank_numbers() {
    assert_finds(
        "BANK_CARD",
        &[
            "卡号⟦4111111111111111⟧",
            "pay with ⟦4012-8888-8888-1881⟧ please",
            "amex ⟦3782 822463 10005⟧",
            "卡号：⟦6222020000000000⟧",
            "转到⟦6222 0212 3456 7890 128⟧",
        ],
    );
    assert_finds(
        "IBAN",
        &[
            "⟦DE89370400440532013000⟧",
            "to ⟦GB82 WEST 1234 5698 7654 32⟧, thanks",
        ],
    );
    assert_finds("CVV", &["CVV: ⟦123⟧", "安全码为⟦1234⟧"]);
    assert_finds("CARD_EXPIRY", &["有效期：⟦12/27⟧", "exp ⟦08/2029⟧"]);
    assert_finds("PIN", &["取款密码是⟦246810⟧", "PIN: ⟦4711⟧"]);
    assert_finds(
        "CARD_TRACK",
        &[
            "⟦%B4111111111111111^DOE/JANE^29121010000000000?⟧",
            "⟦;4111111111111111=29121010000000000?⟧",
        ],
    );
    assert_ignores(&[
        "订单号4111111111111112",
        "DE88370400440532013000",
        "4111111111111112",
        "00000010: 4034 0200 0000 0000 0000 0000 2600 0000",
        "at line 123",
    ]);
}

#[test]
fn addresses_of_the_net() {
    assert_finds(
        "EMAIL",
        &[
            "请发⟦li.na+hr@example.com⟧，谢谢",
            "邮箱⟦ｌｉｎａ＠ｅｘａｍｐｌｅ．ｃｏｍ⟧",
            "⟦lina%40example.com⟧",
            "write to ⟦lina_7 at example dot org⟧ today",
            "⟦li.na(at)example(dot)org⟧",
            "⟦20267788#qq.com⟧",
            "⟦20267788艾特example点com⟧",
            "⟦linа@exаmple.com⟧",
        ],
    );
    assert_finds(
        "IP",
        &[
            "登录自⟦47.98.12.6⟧失败",
            "host ⟦8.8.8.8⟧",
            "⟦8.8.8.8⟧:53",
            "⟦2408:8a04:e001:0::1f⟧ 不通",
            "http://⟦10.2.3.4⟧:8080/x",
        ],
    );
    assert_ignores(&[
        "git@github.com:a/b.git",
        "icon@2x.png",
        "@babel/core@7.1.0",
        "look at example dot com",
        "127.0.0.1 0.0.0.0 ::1",
        "nginx/1.25.3.1",
        "from 4.7.9.97 to 4.8.1.2",
        "固件版本10.0.8.1",
        "1.3.6.1.4.1.311.60.2.1.1",
        "10:15:17 std::vec::Vec a[1::2]",
        "256.1.1.1",
    ]);
}

#[test]
fn number_plates() {
    assert_finds(
        "CN_PLATE",
        &[
            "车牌⟦京A12345⟧",
            "⟦沪B·D12345⟧停在楼下",
            "⟦粤B 1234D⟧",
            "⟦浙A12345F⟧",
        ],
    );
    assert_ignores(&["京东A12345", "川I12345", "京ABCDEF"]);
}

#[test]
fn chinese_names() {
    assert_finds(
        "PERSON",
        &[
            "员工⟦张三⟧住在上海",
            "客户⟦欧阳文静⟧要求退款",
            "姓名：⟦李建国⟧",
            "我叫⟦王小明⟧，想咨询",
            "⟦陈晓东⟧先生您好",
            "客户⟦张伟⟧先生来电",
            "客户⟦李娜⟧经理",
            "⟦赵女士⟧来过",
            "联系人：⟦古丽娜·买买提⟧",
            "{\"userName\":\"⟦周海涛⟧\"}",
            "患者⟦刘芳⟧的复查结果",
        ],
    );
    assert_eq!(
        found("请联系林晓彤，13912345678"),
        [("PERSON", "林晓彤"), ("CN_MOBILE", "13912345678")][1..]
    );
    assert_eq!(
        found("林晓彤，13912345678"),
        [("PERSON", "林晓彤"), ("CN_MOBILE", "13912345678")]
    );
    assert_ignores(&[
        "客户高度满意",
        "用户任何时候都可以",
        "客户经理会联系",
        "姓名：______",
        "万一下雨，方程组怎么解？",
        "项目经理负责",
        "联系人：[姓名]",
        "患者康复情况",
        "| 姓名 | 部门 |",
        "姓名,性别,职务",
        "姓名\t备注\t电话",
    ]);
}

#[test]
fn english_names() {
    assert_finds(
        "PERSON",
        &[
            "my name is ⟦Zoe⟧ and",
            "Dear ⟦Margaret O'Neill⟧,",
            "Dr. ⟦Pálffy⟧ said",
            "customer, ⟦Joseph K. Marlowe⟧, called",
            "ask ⟦Stefan Okafor⟧'s boss",
            "Full name: ⟦Ngozi Adeyemi⟧",
            "⟦Ana Maria de la Cruz⟧ signed",
            "name=\"⟦Walter Brandt⟧\"",
            "{\"name\": \"⟦Ngozi Adeyemi⟧\"}",
        ],
    );
    assert_ignores(&[
        "Is Julia faster than Python?",
        "Rose wine, Grace period, Bill of materials",
        "Unknown MS Compiler version",
        "name = 'Debian Sourcelist'",
        "- name: Install Rust",
        "Name.Builtin, KeyName, Metadata",
        "Will It Blend",
    ]);
}

#[test]
fn our_own_surrogates_are_left_alone() {
    assert_ignores(&[
        "EMAIL_XT940KMVKT",
        "password: PASSWORD_XT940KMVKT",
        "api_key=\"SECRET_0123456789\"",
        "电话PHONE_0123456789",
        "卡号 BANK_CARD_XT940KMVKT，手机 CN_MOBILE_1391234567",
    ]);
}

#[test]
fn technical_text_gives_nothing() {
    assert_ignores(&[
        "订单号20261124000138",
        "request 7d9f3c1e-58a4-4f0b-9d2e-6b1c0a8f4e21 failed",
        "commit 5e35c6d23b76f6430eab33ddeb3287d30ac01b3e\nAuthor: bot\nDate: Tue Nov 24 08:04:12 2026 +0000",
        "checksum = \"a0e2ca3f0e6c1b4d5c8f7a9b2d1e0f3c4b5a69788796a5b4c3d2e1f00f1e2d3c\"",
        "00000040: 4883 ec08 488b 05dd 2f00 0048 85c0 7402  H...H.../..H..t.",
        "  at com.example.Service.lambda$find$3(Service.java:142)\n  0: 0x55d0c4b3e7a1 - std::rt::lang_start::h1234abcd5678ef90",
        "sha384-BuOPBWfoHu+9VAvEFFArIbpxZg5kOzkKWyFW4777uwHFBEEWttTnTCMtAbmxdLq4",
        "created 1749295813867, took 1.41421356237309504880 s",
        "ISBN 978-7-1234-1234-0，定价 24.00 元，营收3.21亿元",
    ]);
}

#[test]
fn a_detector_is_small() {
    let bytes = detector().lexicon.memory_bytes();
    assert!((100_000..20_000_000).contains(&bytes), "{bytes} bytes");
}

#[test]
fn findings_say_why() {
    let findings = detector().scan(
        "身份证１１０１０５１９４９１２３１００２Ｘ",
        Hint::default(),
    );
    let why = findings[0].why;
    assert_eq!(
        (why.recognizer, why.validator, why.context),
        ("cn_resident_id", Some("gb11643"), Some("身份证"))
    );
    assert_eq!(
        (why.view, findings[0].confidence),
        (View::Normalised, Confidence::High)
    );
    let view = |text: &str| detector().scan(text, Hint::default())[0].why.view;
    assert_eq!(view("电话139 1234 5678"), View::Digits);
    assert_eq!(view("电话MTM5MTIzNDU2Nzg="), View::Decoded);
    assert_eq!(view("lina%40example.com"), View::Decoded);
}

#[test]
fn custom_recognizers_take_part() {
    let entity = EntityType::define("LOAN_NO").unwrap();
    let custom = CustomRecognizer {
        entity,
        pattern: "LN[0-9]{8}".to_owned(),
        near: vec!["贷款".to_owned()],
        find: vec!["贷款LN12345678".to_owned()],
        ignore: vec!["LN12345678".to_owned()],
    };
    let detector = Detector::new(&[custom]).unwrap();
    let findings = detector.scan("贷款ＬＮ12345678已逾期", Hint::default());
    assert_eq!((findings.len(), findings[0].entity), (1, entity));
    assert_eq!(
        findings[0].span.slice("贷款ＬＮ12345678已逾期"),
        Some("ＬＮ12345678")
    );
}

/// Pieces that values are made of, so that random texts come near to every recognizer.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        any::<String>(),
        "[0-9 .\\-/X]{0,24}",
        "[电话身份证号卡密码是：姓名客户先生张李王欧阳的一二三四五六七八九零①②⁰１\u{200b}\u{3000}]{0,16}",
        "[a-zA-Z0-9@.:%&#;\\\\\"'+=_ -]{0,32}",
        Just("%E7%94%B5\\u7535&#30005;".to_owned()),
        Just("password: eyJ -----BEGIN RSA PRIVATE KEY----- ://a:b@c sk- Bearer ".to_owned()),
        Just("13912345678 11010519491231002X 4111111111111111 DE89370400440532013000".to_owned()),
        Just("MTM5MTIzNDU2Nzg= name: Ána Marie de la Ørsted, Dr. Żółć".to_owned()),
    ];
    prop::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn spans_are_disjoint_sorted_and_on_boundaries(text in pieces(), key in proptest::option::of(any::<String>())) {
        let mut end = 0;
        for finding in detector().scan(&text, Hint { key: key.as_deref() }) {
            prop_assert!(finding.span.start >= end && !finding.span.is_empty());
            prop_assert!(finding.span.slice(&text).is_some());
            prop_assert!((0.0..=1.0).contains(&finding.score));
            end = finding.span.end;
        }
    }

    #[test]
    fn a_value_is_found_wherever_it_stands(head in "[一-龥，。a-z ]{0,40}", tail in "[一-龥，。 ]{0,40}") {
        let text = format!("{head}，身份证11010519491231002X。{tail}");
        let value = text.find("11010519491231002X").unwrap();
        let span = Span::new(value, value + 18);
        prop_assert!(detector().scan(&text, Hint::default()).iter().any(|f| f.span.contains(span)));
    }
}
