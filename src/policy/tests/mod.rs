//! Tests of the module as a whole: what it decides, what it says, and the laws that hold for every policy.

mod decisions;
mod laws;
mod lists;
mod messages;
mod replies;
mod restoring;

use super::{Complexity, DEFAULT_ORIGIN, DEFAULT_SOURCE, Policy, Situation};
use crate::base::{Confidence, EntityType};

/// A policy with one destination inside and one outside; `rest` goes on with more keys.
fn small(rest: &str) -> String {
    format!(
        "policy: small\nversion: '1'\n\
         destinations:\n  home: {{trust: inside}}\n  cloud: {{trust: outside}}\n{rest}"
    )
}

fn parse(source: &str) -> Policy {
    Policy::parse(source, "test.yaml", None).unwrap_or_else(|e| panic!("{}", e.render(false)))
}

fn default_policy() -> Policy {
    Policy::parse(DEFAULT_SOURCE, DEFAULT_ORIGIN, None).unwrap()
}

fn entity(name: &str) -> EntityType {
    EntityType::named(name).unwrap()
}

/// Findings of high confidence.
fn found(names: &[&str]) -> Vec<(EntityType, Confidence)> {
    names
        .iter()
        .map(|name| (entity(name), Confidence::High))
        .collect()
}

fn situation(findings: &[(EntityType, Confidence)]) -> Situation<'_> {
    Situation {
        app: "any",
        findings,
        uninspectable: &[],
        complexity: Complexity::Medium,
        finding_in_id: false,
    }
}
