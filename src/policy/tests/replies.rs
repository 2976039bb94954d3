//! What happens to values that the model makes up.

use super::{default_policy, entity, found, parse, situation, small};
use crate::base::Confidence;
use crate::base::Language::{En, Zh};
use crate::policy::{Operator, Permit, ReplyCheck};

const DATA: &str = "data: {identity: {include: [PERSON, EMAIL]}}\n";

#[test]
fn replies_are_read_only_where_the_policy_says_so() {
    for (safety, expected) in [
        ("", ReplyCheck::Off),
        ("safety: {}\n", ReplyCheck::Off),
        ("safety: {reply_check: off}\n", ReplyCheck::Off),
        ("safety: {reply_check: mask}\n", ReplyCheck::Mask),
        ("safety: {reply_check: block}\n", ReplyCheck::Block),
    ] {
        let policy = parse(&small(&format!("{DATA}{safety}")));
        assert_eq!(policy.safety().reply_check, expected, "{safety}");
    }
    assert_eq!(default_policy().safety().reply_check, ReplyCheck::Off);
}

#[test]
fn a_stopped_reply_has_a_sentence_of_its_own() {
    let rest = format!("{DATA}messages: {{reply_blocked: {{en: stopped, zh: 已停止}}}}\n");
    let policy = parse(&small(&rest));
    assert_eq!(
        policy.messages().reply_blocked.to_string(),
        "已停止 / stopped"
    );
    let default = default_policy();
    let phrase = &default.messages().reply_blocked;
    assert!(phrase.text(En).contains("answer") && phrase.text(Zh).contains("回答"));
}

#[test]
fn a_policy_that_observes_tells_what_it_would_do() {
    let rest = "mode: observe\ndata: {identity: {include: [PERSON]}, mail: {include: [EMAIL]}}\n\
                handling: {identity: {home: allow, cloud: block}, mail: {home: allow, cloud: allow}}\n";
    let policy = parse(&small(rest));
    let decision = policy.decide(&situation(&found(&["PERSON"])));
    let Permit::Allowed(table) = &decision.option("cloud").unwrap().permit else {
        panic!("it only observes");
    };
    let high = |name| (entity(name), Confidence::High);
    let (person, sure) = high("PERSON");
    assert_eq!(table.operator(person, sure), Operator::Allow);
    let table = table.clone().in_force();
    assert_eq!(table.operator(person, sure), Operator::Redact);
    assert_eq!(table.operator(person, Confidence::Low), Operator::Allow);
    let (mail, sure) = high("EMAIL");
    assert_eq!(table.operator(mail, sure), Operator::Allow);
}
