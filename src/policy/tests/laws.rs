//! Laws that hold for every policy and every situation.

use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use super::{entity, parse};
use crate::base::{Confidence, EntityType};
use crate::policy::{Complexity, Decision, Operator, Outcome, Permit, Policy, Situation};

/// Few types, so that classes overlap and rules meet findings.
const TYPES: &[&str] = &["PERSON", "EMAIL", "BANK_CARD", "CN_USCC"];
const OPERATORS: &[&str] = &[
    "allow",
    "surrogate",
    "generalise",
    "mask",
    "seal",
    "redact",
    "local_only",
    "block",
];

/// A policy as lines that may be shuffled within their section.
#[derive(Debug, Clone)]
struct Lines {
    mode: &'static str,
    classes: Vec<String>,
    handling: Vec<String>,
    rules: Vec<String>,
    tighten: Vec<String>,
}

impl Lines {
    fn policy(&self) -> Policy {
        let section = |lines: &[String]| lines.iter().fold(String::new(), |all, line| all + line);
        parse(&format!(
            "policy: p\nversion: '1'\nmode: {}\n\
             destinations: {{home: {{trust: inside}}, cloud: {{trust: outside}}, far: {{trust: outside}}}}\n\
             data:\n{}handling:\n  base: {{home: allow, cloud: allow, far: allow}}\n{}\
             rules: [{}]\napps: {{own: {{tighten: {{{}}}}}}}\n",
            self.mode,
            section(&self.classes),
            section(&self.handling),
            section(&self.rules),
            section(&self.tighten),
        ))
    }
}

fn cell() -> impl Strategy<Value = (&'static str, &'static str, &'static str)> {
    let outside = || select(OPERATORS);
    let inside =
        select(OPERATORS).prop_map(|word| if word == "local_only" { "mask" } else { word });
    (inside, outside(), outside())
}

fn rule() -> impl Strategy<Value = String> {
    let when = select(
        &[
            "data: EMAIL",
            "data: [c0, PERSON], min_count: 2",
            "data: PERSON, level_at_least: 4",
            "data: BANK_CARD, level_at_most: 4, app: own",
            "data: base, complexity: low",
        ][..],
    );
    let mode = select(&["", "", "hard: true, ", "mode: warn, ", "mode: observe, "][..]);
    (when, select(&OPERATORS[1..]), mode).prop_map(|(when, act, mode)| {
        format!("say: s, when: {{{when}}}, do: {act}, {mode}why: w, owner: o")
    })
}

fn lines() -> impl Strategy<Value = Lines> {
    let class = (
        subsequence(TYPES, 1..4),
        1..6_u8,
        select(&["low", "medium", "high"][..]),
        cell(),
    );
    let classes = prop::collection::vec(class, 1..4);
    let rules = prop::collection::vec(rule(), 0..4);
    let mode = select(&["enforce", "enforce", "enforce", "warn", "observe"][..]);
    (classes, rules, mode).prop_map(|(classes, rules, mode)| {
        let mut lines = Lines {
            mode,
            classes: vec!["  base: {level: 1, include: [IP]}\n".to_owned()],
            handling: Vec::new(),
            rules: Vec::new(),
            tighten: Vec::new(),
        };
        for (n, (types, level, confidence, (home, cloud, far))) in classes.into_iter().enumerate() {
            let types = types.join(", ");
            lines.classes.push(format!(
                "  c{n}: {{level: {level}, confidence: {confidence}, include: [{types}]}}\n"
            ));
            lines.handling.push(format!(
                "  c{n}: {{home: {home}, cloud: {cloud}, far: {far}}}\n"
            ));
        }
        let numbered = rules.into_iter().enumerate();
        lines.rules = numbered
            .map(|(n, rule)| format!("{{id: r{n}, {rule}}},"))
            .collect();
        lines
    })
}

type Found = Vec<(EntityType, Confidence)>;

fn findings() -> impl Strategy<Value = Found> {
    let confidence = select(
        &[
            Confidence::Low,
            Confidence::Medium,
            Confidence::High,
            Confidence::High,
        ][..],
    );
    prop::collection::vec((select(TYPES).prop_map(entity), confidence), 0..6)
}

#[derive(Debug, Clone)]
struct Asked {
    findings: Found,
    kinds: Vec<&'static str>,
    complexity: Complexity,
    in_id: bool,
    app: &'static str,
}

fn asked() -> impl Strategy<Value = Asked> {
    let kinds = subsequence(&["image", "audio", "unknown"][..], 0..2);
    let complexity = select(&[Complexity::Low, Complexity::High][..]);
    let all = (
        findings(),
        kinds,
        complexity,
        any::<bool>(),
        select(&["own", "other"][..]),
    );
    all.prop_map(|(findings, kinds, complexity, in_id, app)| Asked {
        findings,
        kinds,
        complexity,
        in_id,
        app,
    })
}

fn decide(lines: &Lines, asked: &Asked) -> Decision {
    lines.policy().decide(&Situation {
        app: asked.app,
        findings: &asked.findings,
        uninspectable: &asked.kinds,
        complexity: asked.complexity,
        finding_in_id: asked.in_id,
    })
}

/// For each destination: what becomes of the request, and of each finding.
fn strictness(decision: &Decision, findings: &Found) -> Vec<(Outcome, Vec<Operator>)> {
    let one = |permit: &Permit| match permit {
        Permit::Allowed(table) => findings
            .iter()
            .map(|(entity, sure)| table.operator(*entity, *sure))
            .collect(),
        Permit::LocalOnly { .. } | Permit::Blocked { .. } => Vec::new(),
    };
    decision
        .options
        .iter()
        .map(|option| (option.permit.outcome(), one(&option.permit)))
        .collect()
}

/// Whether nothing in `after` is milder than in `before`.
fn no_looser(before: &[(Outcome, Vec<Operator>)], after: &[(Outcome, Vec<Operator>)]) -> bool {
    before.iter().zip(after).all(|(before, after)| {
        after.0 > before.0
            || (after.0 == before.0 && before.1.iter().zip(&after.1).all(|(b, a)| a >= b))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn the_order_of_lines_never_matters(
        (lines, shuffled) in lines().prop_flat_map(|lines| {
            let shuffled = (
                Just(lines.classes.clone()).prop_shuffle(),
                Just(lines.handling.clone()).prop_shuffle(),
                Just(lines.rules.clone()).prop_shuffle(),
            );
            (Just(lines), shuffled)
        }),
        asked in asked(),
        order in any::<prop::sample::Index>(),
    ) {
        let (classes, handling, rules) = shuffled;
        let other = Lines { classes, handling, rules, ..lines.clone() };
        let mut turned = asked.clone();
        if !turned.findings.is_empty() {
            let by = order.index(turned.findings.len());
            turned.findings.rotate_left(by);
        }
        let (one, two) = (decide(&lines, &asked), decide(&other, &turned));
        prop_assert_eq!(
            strictness(&one, &asked.findings),
            strictness(&two, &asked.findings)
        );
        prop_assert_eq!(
            (one.level, one.reasons, one.say, one.observed, one.warn),
            (two.level, two.reasons, two.say, two.observed, two.warn)
        );
    }

    #[test]
    fn another_rule_never_loosens(lines in lines(), rule in rule(), asked in asked()) {
        let mut more = lines.clone();
        more.rules.push(format!("{{id: added, {rule}}}"));
        let before = strictness(&decide(&lines, &asked), &asked.findings);
        let after = strictness(&decide(&more, &asked), &asked.findings);
        prop_assert!(no_looser(&before, &after), "{before:?} {after:?}");
    }

    #[test]
    fn tightening_never_loosens(
        lines in lines(),
        class in any::<prop::sample::Index>(),
        to in select(OPERATORS),
        asked in asked(),
    ) {
        let at = class.index(lines.handling.len());
        let mut tight = lines.clone();
        tight.tighten.push(format!("c{at}: {{cloud: {to}}}"));
        let now = lines.policy().handling(&format!("c{at}"), "cloud").unwrap();
        let rank = |word: &str| OPERATORS.iter().position(|known| *known == word);
        prop_assume!(rank(to) >= rank(now.as_str()));
        let before = strictness(&decide(&lines, &asked), &asked.findings);
        let after = strictness(&decide(&tight, &asked), &asked.findings);
        prop_assert!(no_looser(&before, &after), "{before:?} {after:?}");
    }
}
