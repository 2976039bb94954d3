//! With a model that finds names. Skipped where `VESTIBULE_TEST_MODELS` names no folder that holds it.

use std::fmt::Write as _;
use std::path::PathBuf;

use crate::gateway::{Gateway, Setup, UPSTREAM, shared};
use crate::requests::ask;

/// A gateway with LAC, a budget for names and what the policy does when it is used up; `None` without the model.
fn with_lac(budget_ms: u64, on_error: &str) -> Option<Gateway> {
    let folder = std::env::var_os("VESTIBULE_TEST_MODELS").map(PathBuf::from);
    let Some(folder) = folder.filter(|folder| folder.join("lac").exists()) else {
        println!("skipped: VESTIBULE_TEST_MODELS names no folder with LAC");
        return None;
    };
    let more = format!(
        "[models]\nfolder = \"{}\"\n[detect]\ntaggers = [\"lac\"]\nbudget_ms = {budget_ms}\n",
        folder.display()
    );
    let policy = include_str!("../../policies/default.yaml")
        .replace("on_error: block", &format!("on_error: {on_error}"));
    let setup = Setup {
        more,
        policy: Some(policy),
        ..Setup::default()
    };
    Some(Gateway::start(&UPSTREAM, &setup))
}

#[test]
fn names_in_chinese_prose_do_not_leave() {
    let Some(gateway) = with_lac(60_000, "block") else {
        return;
    };
    let text = "昨天李晓明和王芳一起去了医院，赵德海没有去。".repeat(20);
    let answer = gateway.chat(&ask("names", &text));
    assert_eq!(answer.status, 200, "{}", answer.text());
    let findings = answer.header("x-vestibule-findings").unwrap_or_default();
    assert!(findings.contains("PERSON=3"), "{findings}");
    for seen in UPSTREAM.seen("names") {
        let body = seen.json().to_string();
        for name in ["李晓明", "王芳", "赵德海"] {
            assert!(!body.contains(name), "{name} left");
        }
    }
    assert!(!UPSTREAM.seen("names").is_empty());
}

/// Watchers learn it; the gateway is ready all the same.
#[test]
fn readiness_tells_in_which_texts_rules_are_alone() {
    let notices = |gateway: &Gateway| {
        let answer = gateway.ask("/readyz");
        assert_eq!(answer.status, 200);
        let body: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
        let notices = body["notices"].as_array().unwrap().iter();
        let texts = notices.map(|notice| notice.as_str().unwrap().to_owned());
        texts.collect::<Vec<_>>().join(" ")
    };
    let none = notices(&shared());
    assert!(
        none.contains("Chinese") && none.contains("English"),
        "{none}"
    );
    if let Some(gateway) = with_lac(60_000, "block") {
        let one = notices(&gateway);
        assert!(!one.contains("Chinese") && one.contains("English"), "{one}");
    }
}

#[test]
fn what_is_not_read_in_time_is_for_the_policy() {
    // With a model in the building it is that which answers: such a text is too long for it.
    for (on_error, codes) in [
        ("block", ["inspection_unfinished"; 2]),
        (
            "local_only",
            ["local_model_unavailable", "context_length_exceeded"],
        ),
    ] {
        let Some(gateway) = with_lac(1, on_error) else {
            return;
        };
        let mut text = String::new();
        for guest in 0..4000 {
            write!(text, "第{guest}位客人昨天去了医院。").unwrap();
        }
        let answer = gateway.chat(&ask("late", &text));
        assert!(
            codes.iter().any(|code| answer.text().contains(code)),
            "{on_error}: {}",
            answer.text()
        );
        assert!(UPSTREAM.seen("late").is_empty());
    }
}
