use super::*;
use crate::base::{View, Why};
use crate::crypto::RootKey;
use proptest::prelude::*;
use std::sync::OnceLock;

mod laws;
mod leaving;
mod values;

const NOW: Timestamp = Timestamp::from_micros(1_700_000_000_000_000);

fn entity(name: &str) -> EntityType {
    EntityType::named(name).unwrap()
}

/// Scopes of one tenant; the same `id` is the same conversation, with its memory of rows gone.
fn scope(id: u8) -> Arc<Scope> {
    static ROOT: OnceLock<RootKey> = OnceLock::new();
    Scope::detached(ROOT.get_or_init(|| RootKey::generate(1).unwrap()), [id; 16]).unwrap()
}

fn finding(start: usize, value: &str, name: &str) -> Finding {
    Finding {
        span: Span::new(start, start + value.len()),
        entity: entity(name),
        score: 0.9,
        confidence: Confidence::High,
        why: Why {
            recognizer: "test",
            view: View::Plain,
            validator: None,
            context: None,
        },
    }
}

/// Findings of every place of these values, leftmost first, disjoint.
fn find(text: &str, values: &[(&str, &str)]) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let hit = values.iter().find(|(value, _)| rest.starts_with(value));
        if let Some((value, name)) = hit {
            found.push(finding(at, value, name));
        }
        at += match hit {
            Some((value, _)) => value.len(),
            None => rest.chars().next().unwrap().len_utf8(),
        };
    }
    found
}

/// A request of parts, each with its findings.
struct Request {
    parts: Vec<(String, Vec<Finding>)>,
}

impl Request {
    fn of(texts: &[&str], values: &[(&str, &str)]) -> Self {
        let part = |text: &&str| ((*text).to_owned(), find(text, values));
        Self {
            parts: texts.iter().map(part).collect(),
        }
    }

    fn with(&self, scope: &Arc<Scope>, operator: Operator) -> (Vec<String>, Transformed) {
        self.choosing(scope, &|_, _| operator)
    }

    fn choosing(
        &self,
        scope: &Arc<Scope>,
        choose: &dyn Fn(EntityType, Confidence) -> Operator,
    ) -> (Vec<String>, Transformed) {
        let parts: Vec<_> = self
            .parts
            .iter()
            .map(|(text, findings)| Inspected {
                text,
                findings,
                rewritable: true,
            })
            .collect();
        let done = deidentify(&parts, choose, scope, NOW).unwrap();
        (self.apply(&done), done)
    }

    fn apply(&self, done: &Transformed) -> Vec<String> {
        let mut out: Vec<String> = self.parts.iter().map(|(text, _)| text.clone()).collect();
        for replacement in done.replacements.iter().rev() {
            let Span { start, end } = replacement.span;
            out[replacement.part].replace_range(start..end, &replacement.text);
        }
        out
    }
}

/// The simplest restore: at each place the surrogate of the map that stands there, once.
fn restore(text: &str, map: &RestoreMap) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if let Some((surrogate, _, original)) = map.iter().find(|(s, ..)| rest.starts_with(s)) {
            out.push_str(original.expose());
            rest = rest.split_at(surrogate.len()).1;
        } else {
            out.push(first);
            rest = rest.split_at(first.len_utf8()).1;
        }
    }
    out
}

/// The surrogate that a lone value gets in a scope.
fn surrogate_of(scope: &Arc<Scope>, value: &str, name: &str) -> String {
    Request::of(&[value], &[(value, name)])
        .with(scope, Operator::Surrogate)
        .0
        .remove(0)
}
