//! What staff read when a file is refused.

use super::small;
use crate::policy::Policy;

const DATA: &str = "data:\n  identity: {include: [PERSON, EMAIL]}\n";

/// The faults of a file, rendered without colour.
fn refused(rest: &str) -> String {
    match Policy::parse(&small(rest), "test.yaml", None) {
        Ok(_) => panic!("this policy was accepted:\n{rest}"),
        Err(error) => error.render(false),
    }
}

#[test]
fn probe() {
    for rest in [
        format!("{DATA}tighen: 3\n"),
        format!("{DATA}handling:\n  identity: {{home: allow, cloud: surogate}}\n"),
        "data:\n  身份: {include: [PERSON, EMIAL]}\n".to_owned(),
        format!("{DATA}{DATA}"),
        format!("{DATA}handling:\n  identity: {{home: allow, cloud: mask}}\napps:\n  信贷: {{tighten: {{identity: {{cloud: allow}}}}}}\n"),
        format!("{DATA}extends: [cn-finance]\n"),
        format!("{DATA}rules:\n  - {{id: a, say: '', when: {{}}, do: mask, why: x, owner: y}}\n"),
        format!("{DATA}rules:\n  - {{id: a, when: {{}}, do: mask, why: x, owner: y}}\n"),
        format!("{DATA}rules: 5\n"),
        format!("{DATA}vault: {{keep_hours: many}}\n"),
        format!("{DATA}  bad\n"),
        format!("{DATA}messages: {{blocked: {{de: x}}}}\n"),
        "data: {a: {include: {x: y}}}".to_owned(),
    ] {
        println!("{}", refused(&rest));
    }
}
