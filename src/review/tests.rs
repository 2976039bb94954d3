//! What is new is covered wherever the text is cut, and nothing else changes.

use super::{Action, Kind, MadeUp, ReviewError, Reviewer, Rules};
use crate::base::{Confidence, EntityType};
use crate::detect::Detector;
use proptest::prelude::*;
use std::sync::{Arc, LazyLock};

static DETECTOR: LazyLock<Arc<Detector>> =
    LazyLock::new(|| Arc::new(Detector::built_in().unwrap()));

/// Given by the app.
const GIVEN: [&str; 2] = ["13812345678", "lena.fischer@example.org"];

fn stars(_: EntityType, value: &str) -> String {
    "*".repeat(value.chars().count())
}

fn rules(action: Action) -> Rules {
    Rules {
        detector: Arc::clone(&DETECTOR),
        counts: Arc::new(|_, confidence| confidence >= Confidence::Medium),
        given: Arc::new(|_, value| GIVEN.contains(&value)),
        mask: stars,
        action,
    }
}

fn read<'p>(
    rules: &Rules,
    kind: Kind,
    pieces: impl IntoIterator<Item = &'p str>,
) -> Result<(String, MadeUp), ReviewError> {
    let (mut out, mut found) = (String::new(), MadeUp::default());
    let mut reviewer = Reviewer::new(rules.clone(), kind);
    for piece in pieces {
        reviewer.push(piece, &mut out, &mut found)?;
    }
    reviewer.finish(&mut out, &mut found)?;
    assert!(!reviewer.holds());
    Ok((out, found))
}

fn masked(kind: Kind, text: &str) -> String {
    read(&rules(Action::Mask), kind, [text]).unwrap().0
}

/// `⟦…⟧` is what the model made up; the text without the brackets, and with stars in their place.
fn marked(text: &str) -> (String, String) {
    let (mut plain, mut covered) = (String::new(), String::new());
    for (i, part) in text.split(['⟦', '⟧']).enumerate() {
        plain.push_str(part);
        match i % 2 {
            0 => covered.push_str(part),
            _ => covered.extend(part.chars().map(|_| '*')),
        }
    }
    (plain, covered)
}

const PROSE: &[&str] = &[
    "您好，请拨打⟦13912345670⟧联系我们。如有需要，再来电。",
    "登记的身份证号是⟦11010519491231002X⟧，请核对。",
    "联系人：⟦李明华⟧，手机⟦13912345670⟧；其他信息不变",
    "邮箱为⟦karen.whitfield@example.com⟧，请查收",
    "You can reach her at ⟦karen.whitfield@example.com⟧, and then we will see what comes of it.",
    "Customer name: ⟦Karen Whitfield⟧, phone number ⟦+1 415-555-0132⟧.\nThe rest is as it was.",
    "Call 13812345678 or 138 1234 5678, not ⟦139 1234 5670⟧. Write to lena.fischer@example.org",
    "EMAIL_XT940KMVKT的手机号是⟦13912345670⟧，PERSON_0ABC4DEFGH已收到",
    "nothing here begins a value, so all of it goes on as it is, word by word; and that was it.",
    "银行卡⟦6222021234567890128⟧已绑定，请勿告诉他人",
];

#[test]
fn what_is_new_is_covered_wherever_the_text_is_cut() {
    let rules = rules(Action::Mask);
    for text in PROSE {
        let (plain, covered) = marked(text);
        let plain = plain.replace("138 1234 5678", "13812345678");
        let covered = covered.replace("138 1234 5678", "13812345678");
        assert_eq!(masked(Kind::Text, &plain), covered, "{text}");
        for (cut, _) in plain.char_indices() {
            let (before, after) = plain.split_at(cut);
            let read = read(&rules, Kind::Text, [before, after]).unwrap().0;
            assert_eq!(read, covered, "{text} cut at {cut}");
        }
        for length in 1..=4 {
            let chars: Vec<char> = plain.chars().collect();
            let pieces: Vec<String> = chars.chunks(length).map(|c| c.iter().collect()).collect();
            let pieces = pieces.iter().map(String::as_str);
            let read = read(&rules, Kind::Text, pieces).unwrap().0;
            assert_eq!(read, covered, "{text} by {length}");
        }
    }
}

const JSON: &[(&str, &str)] = &[
    (
        r#"{"name":"李明华","mobile":"13912345670","again":"13812345678"}"#,
        r#"{"name":"***","mobile":"***********","again":"13812345678"}"#,
    ),
    (
        r#"{"name": "\u674e\u660e\u534e", "note": "a\tb \u00e9"}"#,
        r#"{"name": "***", "note": "a\tb \u00e9"}"#,
    ),
    (
        r#"{"mobile":13912345670,"count":12,"ok":true}"#,
        r#"{"mobile":"***********","count":12,"ok":true}"#,
    ),
    (
        r#"{"body":"{\"mobile\":13912345670,\"to\":[\"karen.whitfield@example.com\"]}","n":1}"#,
        r#"{"body":"{\"mobile\":\"***********\",\"to\":[\"***************************\"]}","n":1}"#,
    ),
    (
        r#"{"text":"he wrote \"to karen.whitfield@example.com\" today"}"#,
        r#"{"text":"he wrote \"to ***************************\" today"}"#,
    ),
    (
        r#"Here it is: {"id_card":"11010519491231002X"} and call 13912345670"#,
        r#"Here it is: {"id_card":"******************"} and call ***********"#,
    ),
];

#[test]
fn arguments_stay_json_wherever_they_are_cut() {
    let rules = rules(Action::Mask);
    for (text, covered) in JSON {
        assert_eq!(masked(Kind::Json, text), *covered);
        for (cut, _) in text.char_indices() {
            let (before, after) = text.split_at(cut);
            let read = read(&rules, Kind::Json, [before, after]).unwrap().0;
            assert_eq!(read, *covered, "{text} cut at {cut}");
        }
        let pieces: Vec<String> = text.chars().map(String::from).collect();
        let pieces = pieces.iter().map(String::as_str);
        assert_eq!(read(&rules, Kind::Json, pieces).unwrap().0, *covered);
    }
}

#[test]
fn each_value_counts_once_and_none_is_shown() {
    let text = "电话13912345670，再说一遍：13912345670，邮箱karen.whitfield@example.com";
    let (out, found) = read(&rules(Action::Count), Kind::Text, [text]).unwrap();
    assert_eq!(out, text);
    let counts: Vec<_> = found.counts().iter().map(|(t, n)| (*t, *n)).collect();
    assert_eq!(counts, [("CN_MOBILE", 1), ("EMAIL", 1)]);
    let mut reviewer = Reviewer::new(rules(Action::Count), Kind::Text);
    reviewer
        .push(text, &mut String::new(), &mut MadeUp::default())
        .unwrap();
    assert!(!format!("{reviewer:?}").contains("karen"));
}

#[test]
fn a_stopped_reply_has_told_nothing_of_the_value() {
    let text = "您好，很高兴能够为您服务，请问有什么可以帮到您的地方吗？请拨打13912345670联系我们，谢谢您的来电，祝您生活愉快。再见";
    let (mut out, mut found) = (String::new(), MadeUp::default());
    let mut reviewer = Reviewer::new(rules(Action::Block), Kind::Text);
    let mut stopped = None;
    for c in text.chars() {
        let pushed = reviewer.push(&c.to_string(), &mut out, &mut found);
        stopped = stopped.or_else(|| pushed.err());
    }
    assert_eq!(stopped, Some(ReviewError::MadeUp));
    assert!(out.starts_with("您好，") && !out.contains("139"), "{out}");
}

#[test]
fn what_was_found_is_covered_where_it_stands_again() {
    let text = "Name: Karen Whitfield. Later in the day Karen Whitfield called.";
    let covered = "Name: ***************. Later in the day *************** called.";
    assert_eq!(masked(Kind::Text, text), covered);
}

#[test]
fn a_long_table_is_read_with_its_headers() {
    let names = [
        "李明华",
        "王建国",
        "陈晓东",
        "刘志强",
        "赵文静",
        "孙丽娟",
        "周海涛",
        "吴雪梅",
    ];
    let row = |name: &str| {
        format!("| 已确认 | 销售部，负责华东地区的客户与日常事务，每周一在总部汇报 | {name} |\n")
    };
    let table: String = names.iter().map(|name| row(name)).collect();
    let text = format!("名单如下：\n\n| 状态 | 备注 | 姓名 |\n|---|---|---|\n{table}\n以上。");
    let out = masked(Kind::Text, &text);
    for name in names {
        assert!(!out.contains(name), "{name} in {out}");
    }
    assert!(
        out.contains("| 状态 | 备注 | 姓名 |") && out.contains("销售部"),
        "{out}"
    );
    let pieces: Vec<String> = text.chars().map(String::from).collect();
    let pieces = pieces.iter().map(String::as_str);
    assert_eq!(
        read(&rules(Action::Mask), Kind::Text, pieces).unwrap().0,
        out
    );
}

#[test]
fn little_is_held_back() {
    let longest = |text: &str| {
        let mut reviewer = Reviewer::new(rules(Action::Mask), Kind::Text);
        let (mut out, mut found) = (String::new(), MadeUp::default());
        let mut longest = 0;
        for c in text.chars() {
            reviewer.push(&c.to_string(), &mut out, &mut found).unwrap();
            longest = longest.max(reviewer.held().len());
        }
        longest
    };
    let english =
        "and then we went on to see what there was to be done with all of it, ".repeat(40);
    assert!(longest(&english) < 40, "{}", longest(&english));
    let sentences =
        "This is how it goes. Then there is more of it, and it goes on for a while. ".repeat(40);
    assert!(longest(&sentences) < 40, "{}", longest(&sentences));
    let chinese = "这样就可以继续进行下去，然后再看看还有没有别的事情需要处理，".repeat(40);
    assert!(longest(&chinese) <= 192, "{}", longest(&chinese));
    for endless in [
        "a1".repeat(9_000),
        "9 ".repeat(9_000),
        "-----BEGIN X-----\n".repeat(900),
    ] {
        assert!(longest(&endless) <= 4_200, "{}", longest(&endless));
    }
}

#[test]
fn a_stretch_is_scanned_a_bounded_number_of_times() {
    let dull = "and then we went on to see what there was to be done with all of it, ".repeat(300);
    let (_, found) = read(&rules(Action::Mask), Kind::Text, [dull.as_str()]).unwrap();
    assert!(found.scanned_bytes < 1_000, "{}", found.scanned_bytes);
    for (text, times) in [
        ("a1".repeat(20_000), 8),
        ("9 ".repeat(20_000), 8),
        ("我们在北京见过李先生，".repeat(1_000), 8),
        ("Karen and John Went To Rome ".repeat(1_000), 8),
        ("-----BEGIN X-----\n".repeat(2_000), 8),
        ("他来了。".repeat(2_000), 8),
        ("9\n".repeat(9_000), 8),
    ] {
        let (_, found) = read(&rules(Action::Mask), Kind::Text, [text.as_str()]).unwrap();
        let most = times * text.len() as u64;
        assert!(
            found.scanned_bytes <= most,
            "{} of {}",
            found.scanned_bytes,
            text.len()
        );
    }
}

/// Texts of what values are made of.
fn texts() -> impl Strategy<Value = Vec<String>> {
    let piece = prop::sample::select(vec![
        "13912345670",
        "139",
        "1234",
        " ",
        "-",
        "5670",
        "，",
        "。",
        ". ",
        "\n",
        "Name: ",
        "Karen",
        " Whitfield",
        "客户",
        "李明华",
        "先生",
        "电话",
        "@",
        "karen",
        "example.com",
        "the ",
        "and ",
        "password ",
        "is ",
        "{",
        "}",
        "\"",
        "\\",
        "\\\"",
        "\\u674e",
        ":",
        ",",
        "[",
        "]",
        "EMAIL_XT940KMVKT",
        "6222021234567890128",
        "é",
        "😀",
        "-----BEGIN ",
        "-----END ",
    ]);
    prop::collection::vec(piece.prop_map(str::to_owned), 0..60)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn cuts_make_no_difference_and_what_does_not_count_stays(
        pieces in texts(),
        size in 1_usize..9,
        json in any::<bool>(),
    ) {
        let kind = if json { Kind::Json } else { Kind::Text };
        let whole = pieces.concat();
        let chars: Vec<char> = whole.chars().collect();
        let cut: Vec<String> = chars.chunks(size).map(|c| c.iter().collect()).collect();
        let rules = rules(Action::Mask);
        let at_once = read(&rules, kind, [whole.as_str()]).unwrap().0;
        let in_pieces = read(&rules, kind, cut.iter().map(String::as_str)).unwrap().0;
        prop_assert_eq!(at_once, in_pieces);
        let nothing = Rules { counts: Arc::new(|_, _| false), ..rules };
        let same = read(&nothing, kind, cut.iter().map(String::as_str)).unwrap().0;
        prop_assert_eq!(same, whole);
    }
}
