//! Which sinks see originals.

use super::{entity, parse, small};

const DATA: &str = "data: {identity: {include: [PERSON, EMAIL]}, card: {include: [BANK_CARD, CVV]}}\n";

/// reply, reasoning, argument `$.name` of tool `crm`, argument `$.other.x` of `crm`, argument of another tool.
fn sinks(restore: &str, name: &str) -> [bool; 5] {
    let policy = parse(&small(&format!("{DATA}{restore}\n")));
    let (rules, entity) = (policy.restore(), entity(name));
    [
        rules.reply(entity),
        rules.reasoning(entity),
        rules.tool_argument("crm", "$.name", entity),
        rules.tool_argument("crm", "$.other.x", entity),
        rules.tool_argument("mail", "$", entity),
    ]
}

#[test]
fn each_sink_has_its_own_grant() {
    let (yes, no) = (true, false);
    let cases = [
        // Nothing said: everything but URLs.
        ("", "PERSON", [yes; 5]),
        ("restore: {}", "IBAN", [yes; 5]),
        ("restore: {reply: all, never: [card]}", "CVV", [no; 5]),
        ("restore: {reply: all, never: CVV}", "BANK_CARD", [yes; 5]),
        // What is left out follows `reply`.
        ("restore: {reply: [identity]}", "EMAIL", [yes; 5]),
        ("restore: {reply: [identity]}", "BANK_CARD", [no; 5]),
        ("restore: {reply: none}", "EMAIL", [no; 5]),
        ("restore: {reply: identity, reasoning: none}", "EMAIL", [yes, no, yes, yes, yes]),
        ("restore: {reply: none, tools: all}", "EMAIL", [no, no, yes, yes, yes]),
        ("restore: {tools: [card]}", "EMAIL", [yes, yes, no, no, no]),
        // Named tools: the others see nothing.
        ("restore: {tools: {crm: all}}", "IBAN", [yes, yes, yes, yes, no]),
        ("restore: {tools: {crm: {'$.name': [identity]}}}", "PERSON", [yes, yes, yes, no, no]),
        ("restore: {tools: {crm: {'$.other': [identity]}}}", "PERSON", [yes, yes, no, yes, no]),
        ("restore: {tools: {crm: {'$.name': [identity]}}}", "CVV", [yes, yes, no, no, no]),
        ("restore: {tools: {crm: {'$.name': all}}, never: [identity]}", "PERSON", [no; 5]),
        // `never` wins over a grant of the same type.
        ("restore: {reply: [PERSON], never: [PERSON]}", "PERSON", [no; 5]),
    ];
    for (restore, name, expected) in cases {
        assert_eq!(sinks(restore, name), expected, "{restore} {name}");
    }
}

#[test]
fn urls_see_nothing_unless_said() {
    for (restore, expected) in [("", false), ("restore: {in_urls: true}", true)] {
        assert_eq!(parse(&small(&format!("{DATA}{restore}\n"))).restore().in_urls(), expected);
    }
}

#[test]
fn a_caller_can_ask_whether_the_place_matters() {
    let policy = parse(&small(&format!("{DATA}restore: {{tools: {{a: {{'$.x': all}}, b: all}}}}\n")));
    let by_place = ["a", "b", "c"].map(|tool| policy.restore().by_place(tool));
    assert_eq!(by_place, [true, false, false]);
}
