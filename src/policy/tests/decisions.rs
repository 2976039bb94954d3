//! What each part of a policy decides, one table for each rule of its shape.

use super::{default_policy, entity, found, parse, situation, small};
use crate::base::{Confidence, EntityType};
use crate::policy::{
    Complexity, Decision, Handling, Mode, Operator, Outcome, Permit, Situation, WholeOperator,
};

/// The operator on a confident finding, or the verb on the request.
fn at(decision: &Decision, destination: &str, name: &str) -> String {
    match &decision.option(destination).unwrap().permit {
        Permit::Allowed(table) => table.operator(entity(name), Confidence::High).to_string(),
        Permit::LocalOnly { .. } => "local_only".to_owned(),
        Permit::Blocked { .. } => "block".to_owned(),
    }
}

#[test]
fn the_grid_decides_for_each_destination() {
    for (word, handling) in [
        ("allow", "allow"),
        ("surrogate", "surrogate"),
        ("generalise", "generalise"),
        ("mask", "mask"),
        ("seal", "seal"),
        ("redact", "redact"),
        ("local_only", "local_only"),
        ("block", "block"),
    ] {
        let rest = format!(
            "data: {{mail: {{include: [EMAIL]}}}}\nhandling: {{mail: {{home: allow, cloud: {word}}}}}\n"
        );
        let policy = parse(&small(&rest));
        let decision = policy.decide(&situation(&found(&["EMAIL"])));
        assert_eq!(at(&decision, "home", "EMAIL"), "allow", "{word}");
        assert_eq!(at(&decision, "cloud", "EMAIL"), handling, "{word}");
        let nothing = policy.decide(&situation(&[]));
        assert_eq!(nothing.outcome(Some("cloud")), Outcome::Allow, "{word}");
        assert_eq!((nothing.level, nothing.reasons.len()), (1, 0), "{word}");
    }
}

#[test]
fn what_is_left_out_falls_to_the_stricter_side() {
    // A missing cell.
    let policy = parse(&small("data: {mail: {include: [EMAIL]}}\n"));
    assert_eq!(policy.handling("mail", "home"), Some(Handling::Redact));
    assert_eq!(policy.handling("mail", "cloud"), Some(Handling::Block));
    assert_eq!(policy.on_error(), WholeOperator::Block);
    for kind in ["image", "file", "audio", "token_ids", "unknown", "hologram"] {
        let asked = Situation {
            uninspectable: &[kind],
            ..situation(&[])
        };
        assert_eq!(
            policy.decide(&asked).outcome(None),
            Outcome::LocalOnly,
            "{kind}"
        );
    }
    // A type that no class includes: the strictest cell of its level or higher; else redact, allow.
    let policy = parse(&small(
        "data: {low: {level: 2, include: [IP]}, mid: {level: 3, include: [EMAIL]}}\n\
         handling: {low: {home: allow, cloud: redact}, mid: {home: mask, cloud: seal}}\n",
    ));
    let cases = [
        ("CN_USCC", "mask", "redact"), // level 1: both rows
        ("PERSON", "mask", "seal"),    // level 3: the row `mid`
        ("CVV", "allow", "redact"),    // level 5: no row
    ];
    for (name, home, cloud) in cases {
        let decision = policy.decide(&situation(&found(&[name])));
        assert_eq!(at(&decision, "home", name), home, "{name}");
        assert_eq!(at(&decision, "cloud", name), cloud, "{name}");
    }
}

#[test]
fn a_type_that_the_policy_never_heard_of_is_handled_like_one_that_no_class_includes() {
    let policy = parse(&small(
        "data: {mail: {include: [EMAIL]}}\nhandling: {mail: {home: allow, cloud: mask}}\n",
    ));
    let late = EntityType::define("DEFINED_LATER").unwrap();
    let decision = policy.decide(&situation(&[(late, Confidence::High)]));
    assert_eq!(
        (
            at(&decision, "cloud", "DEFINED_LATER").as_str(),
            decision.level
        ),
        ("mask", 3)
    );
}

#[test]
fn confidence_counts_from_medium_up_or_as_the_class_says() {
    for (least, counts) in [
        ("", [false, true, true]),
        ("confidence: low, ", [true, true, true]),
        ("confidence: medium, ", [false, true, true]),
        ("confidence: high, ", [false, false, true]),
    ] {
        let policy = parse(&small(&format!(
            "data: {{mail: {{{least}include: [EMAIL]}}}}\nhandling: {{mail: {{cloud: seal}}}}\n"
        )));
        let words = [Confidence::Low, Confidence::Medium, Confidence::High];
        for (confidence, counts) in words.into_iter().zip(counts) {
            let findings = [(entity("EMAIL"), confidence)];
            let decision = policy.decide(&situation(&findings));
            let (_, table) = decision.allowed().last().unwrap();
            let expected = if counts {
                (Operator::Seal, 3)
            } else {
                (Operator::Allow, 1)
            };
            let found = (table.operator(entity("EMAIL"), confidence), decision.level);
            assert_eq!(found, expected, "{least} {confidence:?}");
        }
    }
}

#[test]
fn the_strictest_of_two_classes_wins() {
    let policy = parse(&small(
        "data:\n  a: {level: 2, include: [EMAIL]}\n  b: {level: 4, confidence: low, include: [EMAIL]}\n\
         handling: {a: {home: allow, cloud: redact}, b: {home: mask, cloud: surrogate}}\n",
    ));
    let decision = policy.decide(&situation(&[(entity("EMAIL"), Confidence::Low)]));
    let (_, cloud) = decision.allowed().last().unwrap();
    assert_eq!(
        cloud.operator(entity("EMAIL"), Confidence::Low),
        Operator::Redact
    );
    assert_eq!(decision.level, 4);
    let reasons: Vec<_> = decision.reasons.iter().map(|code| &**code).collect();
    assert_eq!(reasons, ["cell:a@cloud=redact", "cell:b@home=mask"]);
}

#[test]
fn an_app_tightens_for_itself_only() {
    let policy = parse(&small(
        "data: {mail: {include: [EMAIL]}}\nhandling: {mail: {home: allow, cloud: surrogate}}\n\
         apps: {reports: {tighten: {mail: {cloud: local_only}}, models: [m1]}}\n",
    ));
    let findings = found(&["EMAIL"]);
    let other = policy.decide(&situation(&findings));
    assert_eq!(at(&other, "cloud", "EMAIL"), "surrogate");
    let own = policy.decide(&Situation {
        app: "reports",
        ..situation(&findings)
    });
    assert_eq!(at(&own, "cloud", "EMAIL"), "local_only");
    assert_eq!(&*own.reasons[0], "app:reports:mail@cloud=local_only");
    let info = policy.app("reports");
    assert!(info.may_use("m1") && !info.may_use("m2"));
    let unlisted = policy.app("other");
    assert!(!unlisted.is_listed() && unlisted.may_use("m2") && unlisted.fields().is_empty());
}

const RULES: &str = "data: {mail: {include: [EMAIL]}, card: {include: [BANK_CARD]}}\n\
    handling: {mail: {home: allow, cloud: surrogate}, card: {home: allow, cloud: surrogate}}\n\
    apps: {reports: {}}\n";

fn with_rule(when: &str, act: &str) -> crate::policy::Policy {
    let rule = format!("{{id: r, say: s, when: {when}, do: {act}, why: w, owner: o}}");
    parse(&small(&format!("{RULES}rules:\n  - {rule}\n")))
}

#[test]
fn conditions_of_a_rule_all_hold_together() {
    let two = found(&["EMAIL", "BANK_CARD"]);
    let three = found(&["EMAIL", "BANK_CARD", "EMAIL"]);
    let base = situation(&two);
    let cases = [
        ("{}", situation(&[]), true),
        ("{data: mail}", base, true),
        ("{data: mail}", situation(&[]), false),
        ("{data: EMAIL, min_count: 2}", base, false),
        ("{data: EMAIL, min_count: 2}", situation(&three), true),
        (
            "{data: [mail, card], min_count: 3}",
            situation(&three),
            true,
        ),
        ("{min_count: 3}", base, false),
        ("{min_count: 3}", situation(&three), true),
        ("{level_at_least: 4}", base, true),
        ("{level_at_least: 5}", base, false),
        ("{level_at_most: 3}", base, false),
        ("{level_at_most: 1}", situation(&[]), true),
        ("{complexity: medium}", base, true),
        ("{complexity: low}", base, false),
        (
            "{complexity: low}",
            Situation {
                complexity: Complexity::Low,
                ..base
            },
            true,
        ),
        ("{app: reports}", base, false),
        (
            "{app: reports}",
            Situation {
                app: "reports",
                ..base
            },
            true,
        ),
        (
            "{app: reports, data: mail, min_count: 2}",
            Situation {
                app: "reports",
                ..base
            },
            false,
        ),
    ];
    for (when, asked, holds) in cases {
        let decision = with_rule(when, "block").decide(&asked);
        assert_eq!(
            decision.outcome(Some("home")) == Outcome::Block,
            holds,
            "{when}"
        );
        assert_eq!(
            decision.outcome(Some("cloud")) == Outcome::Block,
            holds,
            "{when}"
        );
        assert_eq!(decision.say.as_deref(), holds.then_some("s"), "{when}");
    }
}

#[test]
fn a_rule_acts_on_the_request_or_on_its_findings() {
    let findings = found(&["EMAIL", "BANK_CARD"]);
    let kept = with_rule("{data: mail}", "local_only").decide(&situation(&findings));
    assert_eq!(at(&kept, "home", "EMAIL"), "allow");
    assert_eq!(at(&kept, "cloud", "BANK_CARD"), "local_only");
    let raised = with_rule("{data: mail}", "redact").decide(&situation(&findings));
    assert_eq!(at(&raised, "home", "EMAIL"), "redact");
    assert_eq!(at(&raised, "cloud", "EMAIL"), "redact");
    assert_eq!(at(&raised, "cloud", "BANK_CARD"), "surrogate");
    assert!(raised.say.is_none());
    // A rule milder than the grid changes nothing.
    let rule = "{id: r, say: s, when: {data: mail}, do: surrogate, why: w, owner: o}";
    let strict = "data: {mail: {include: [EMAIL]}}\nhandling: {mail: {cloud: redact}}\n";
    let policy = parse(&small(&format!("{strict}rules: [{rule}]\n")));
    let decision = policy.decide(&situation(&found(&["EMAIL"])));
    assert_eq!(at(&decision, "cloud", "EMAIL"), "redact");
}

#[test]
fn modes_of_the_file_and_of_a_rule() {
    // file, rule, hard → whether the rule enforces, is observed, warns; whether the grid enforces
    let cases = [
        ("enforce", "", false, (true, false, false), true),
        ("enforce", "mode: warn, ", false, (false, true, true), true),
        (
            "enforce",
            "mode: observe, ",
            false,
            (false, true, false),
            true,
        ),
        (
            "enforce",
            "mode: observe, ",
            true,
            (true, false, false),
            true,
        ),
        ("warn", "", false, (false, true, true), false),
        (
            "warn",
            "mode: observe, ",
            false,
            (false, true, false),
            false,
        ),
        (
            "observe",
            "mode: enforce, ",
            false,
            (false, true, false),
            false,
        ),
        ("observe", "", true, (true, false, false), false),
    ];
    for (file, own, hard, expected, grid) in cases {
        let rule = format!(
            "{{id: r, say: s, when: {{data: card}}, do: block, {own}hard: {hard}, why: w, owner: o}}"
        );
        let policy = parse(&small(&format!("mode: {file}\n{RULES}rules: [{rule}]\n")));
        let has =
            |codes: &[std::sync::Arc<str>]| codes.iter().any(|code| &**code == "rule:r=block");
        let decision = policy.decide(&situation(&found(&["BANK_CARD"])));
        let seen = (
            has(&decision.reasons),
            has(&decision.observed),
            has(&decision.warn),
        );
        assert_eq!(seen, expected, "{file} {own}{hard}");
        assert_eq!(
            decision.outcome(None) == Outcome::Block,
            expected.0,
            "{file} {own}{hard}"
        );
        let mail = policy.decide(&situation(&found(&["EMAIL"])));
        let operator = if grid { "surrogate" } else { "allow" };
        assert_eq!(at(&mail, "cloud", "EMAIL"), operator, "{file} {own}{hard}");
        assert_eq!(mail.reasons.is_empty(), !grid, "{file} {own}{hard}");
        let enforced = policy.decide_in(Mode::Enforce, &situation(&found(&["EMAIL"])));
        assert_eq!(
            at(&enforced, "cloud", "EMAIL"),
            "surrogate",
            "{file} {own}{hard}"
        );
    }
}

#[test]
fn a_finding_in_an_id_closes_every_destination_that_would_change_it() {
    let policy = parse(&small(
        "data: {mail: {include: [EMAIL]}, code: {include: [CVV]}}\n\
         handling: {mail: {home: allow, cloud: surrogate}, code: {home: redact, cloud: allow}}\n",
    ));
    for (names, home, cloud) in [
        (&["EMAIL"][..], Outcome::Allow, Outcome::LocalOnly),
        (&["CVV"], Outcome::Block, Outcome::Allow),
        (&["EMAIL", "CVV"], Outcome::Block, Outcome::LocalOnly),
        (&[], Outcome::Allow, Outcome::Allow),
    ] {
        let findings = found(names);
        let asked = Situation {
            finding_in_id: true,
            ..situation(&findings)
        };
        let decision = policy.decide(&asked);
        assert_eq!(decision.outcome(Some("home")), home, "{names:?}");
        assert_eq!(decision.outcome(Some("cloud")), cloud, "{names:?}");
    }
    // A hard rule's operator can't be done on an id either, even where the file only observes.
    let rule = "{id: r, say: s, when: {data: mail}, do: mask, hard: true, why: w, owner: o}";
    let policy = parse(&small(&format!("mode: observe\n{RULES}rules: [{rule}]\n")));
    let findings = found(&["EMAIL"]);
    let decision = policy.decide(&Situation {
        finding_in_id: true,
        ..situation(&findings)
    });
    assert_eq!(decision.outcome(Some("home")), Outcome::Block);
}

#[test]
fn outcome_in_one_word() {
    let three = "policy: p\nversion: '1'\ndestinations:\n  home: {trust: inside}\n  \
         a: {trust: outside}\n  b: {trust: outside}\ndata: {mail: {include: [EMAIL]}}\n";
    for (row, to_any) in [
        ("{home: allow, a: block, b: surrogate}", Outcome::Allow),
        ("{home: allow, a: block, b: local_only}", Outcome::LocalOnly),
        ("{home: block, a: block, b: local_only}", Outcome::Block),
        ("{home: allow, a: block, b: block}", Outcome::Block),
    ] {
        let policy = parse(&format!("{three}handling: {{mail: {row}}}\n"));
        let decision = policy.decide(&situation(&found(&["EMAIL"])));
        assert_eq!(decision.outcome(None), to_any, "{row}");
        assert_eq!(decision.outcome(Some("nowhere")), Outcome::Block, "{row}");
    }
}

#[test]
fn text_in_the_form_of_a_surrogate_is_always_one() {
    let policy = default_policy();
    let findings = [(EntityType::LIT, Confidence::High); 60];
    let decision = policy.decide(&situation(&findings));
    assert_eq!((decision.level, decision.reasons.len()), (1, 0));
    for (option, table) in decision.allowed() {
        let operator = table.operator(EntityType::LIT, Confidence::Low);
        assert_eq!(operator, Operator::Surrogate, "{}", option.destination);
    }
    assert!(policy.restore().reply(EntityType::LIT));
}

#[test]
fn the_default_policy() {
    let policy = default_policy();
    let listed = |entity: EntityType| {
        policy
            .classes()
            .iter()
            .any(|class| class.include.contains(&entity))
    };
    for entity in EntityType::built_in().filter(|entity| *entity != EntityType::LIT) {
        assert!(
            listed(entity),
            "{entity} is in no data class of the default policy"
        );
    }
    let cases = [
        ("EMAIL", "allow", "surrogate"),
        ("BANK_CARD", "allow", "surrogate"),
        ("SECRET", "allow", "surrogate"),
        ("PASSWORD", "allow", "surrogate"),
        ("CVV", "redact", "redact"),
        ("PIN", "redact", "redact"),
        ("CARD_TRACK", "redact", "redact"),
        ("PRIVATE_KEY", "allow", "local_only"),
    ];
    for (name, local, deepseek) in cases {
        let decision = policy.decide(&situation(&found(&[name])));
        assert_eq!(at(&decision, "local", name), local, "{name}");
        assert_eq!(at(&decision, "deepseek", name), deepseek, "{name}");
    }
    for (name, count, outcome) in [
        ("PASSWORD", 4, Outcome::Allow),
        ("PASSWORD", 5, Outcome::LocalOnly),
        ("PERSON", 49, Outcome::Allow),
        ("PERSON", 50, Outcome::LocalOnly),
    ] {
        let findings = found(&vec![name; count]);
        assert_eq!(
            policy.decide(&situation(&findings)).outcome(None),
            outcome,
            "{count} {name}"
        );
        let observing = policy
            .decide_in(Mode::Observe, &situation(&findings))
            .outcome(None);
        let hard = name == "PERSON" && outcome == Outcome::LocalOnly;
        assert_eq!(observing == Outcome::LocalOnly, hard, "{count} {name}");
    }
    for (kind, outcome) in [
        ("image", Outcome::LocalOnly),
        ("file", Outcome::LocalOnly),
        ("audio", Outcome::Block),
        ("token_ids", Outcome::Block),
        ("unknown", Outcome::Block),
        ("video", Outcome::Block),
    ] {
        let asked = Situation {
            uninspectable: &[kind],
            ..situation(&[])
        };
        let decision = policy.decide(&asked);
        assert_eq!(decision.outcome(None), outcome, "{kind}");
        assert!(decision.say.is_some(), "{kind}");
    }
}

#[test]
fn an_inspection_that_came_to_no_end_is_for_on_error_to_decide() {
    for (word, to_cloud, to_home, whole) in [
        ("block", Outcome::Block, Outcome::Block, Outcome::Block),
        (
            "local_only",
            Outcome::LocalOnly,
            Outcome::Allow,
            Outcome::LocalOnly,
        ),
    ] {
        let policy = parse(&small(&format!(
            "data: {{mail: {{include: [EMAIL]}}}}\nsafety: {{on_error: {word}}}\n"
        )));
        let decision = policy.decide_on_error(&situation(&[]));
        assert_eq!(decision.outcome(Some("cloud")), to_cloud, "{word}");
        assert_eq!(decision.outcome(Some("home")), to_home, "{word}");
        assert_eq!(decision.outcome(None), whole, "{word}");
        let reasons: Vec<&str> = decision.reasons.iter().map(|reason| &**reason).collect();
        assert_eq!(reasons, [format!("error:inspection={word}")]);
    }
}
