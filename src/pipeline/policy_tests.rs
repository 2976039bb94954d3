//! Runs the tests that stand in a policy file, through the same steps that a request takes.

use crate::base::{EntityType, Timestamp};
use crate::crypto::RootKey;
use crate::detect::tagger::Budget;
use crate::detect::{CustomRecognizer, DetectError, Detector, ValueList};
use crate::policy::{
    Decision, Destination, ListSpec, Mode, Permit, Policy, PolicyTest, RecognizerSpec, Situation,
    Trust,
};
use crate::protocol::{Format, Limits, Request, splice};
use crate::route;
use crate::transform::{self, Inspected};
use crate::vault::Scope;
use bytes::Bytes;
use std::collections::BTreeSet;
use std::sync::Arc;

use super::inspecting::{FindingCache, Inspection, inspect};

/// A test of a policy file that does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {what}")]
pub struct TestFailure {
    /// Its line in the file, from 1.
    pub line: usize,
    /// What was expected and what happened; holds no text but the test's own.
    pub what: String,
}

/// A detector for the built-in types and those of the policy.
///
/// # Errors
/// When a recognizer of the policy is not sound, one of its examples does not hold, or its lists are too long.
pub fn detector_for(policy: &Policy) -> Result<Detector, DetectError> {
    let custom = |spec: &RecognizerSpec| CustomRecognizer {
        entity: spec.entity,
        pattern: spec.pattern.clone(),
        near: spec.near.clone(),
        find: spec.find.clone(),
        ignore: spec.ignore.clone(),
    };
    let list = |spec: &ListSpec| ValueList {
        entity: spec.entity,
        values: spec.values().to_vec(),
        near: spec.near.clone(),
    };
    Detector::new(&policy.recognizers().iter().map(custom).collect::<Vec<_>>())?
        .with_lists(&policy.lists().iter().map(list).collect::<Vec<_>>())
}

/// Those of the policy's tests that do not hold; an empty list where all do.
pub fn failing_tests(policy: &Policy, detector: &Detector) -> Vec<TestFailure> {
    let run = |test: &PolicyTest| {
        let what = Trial::new(policy, detector, test).and_then(|trial| trial.check());
        what.err().map(|what| TestFailure {
            line: test.line,
            what,
        })
    };
    policy.tests().iter().filter_map(run).collect()
}

/// One test, carried out.
struct Trial<'a> {
    policy: &'a Policy,
    test: &'a PolicyTest,
    request: Request,
    inspection: Inspection,
    decision: Decision,
    scope: Arc<Scope>,
}

impl<'a> Trial<'a> {
    fn new(policy: &'a Policy, detector: &Detector, test: &'a PolicyTest) -> Result<Self, String> {
        let body = serde_json::json!({"messages": [{"role": "user", "content": test.text}]});
        let request = Request::parse(
            Format::Chat,
            Bytes::from(body.to_string()),
            &Limits::default(),
        )
        .map_err(|error| error.to_string())?;
        let fields = policy.app(test.app.as_deref().unwrap_or("")).fields();
        let cache = FindingCache::new([0; 32]);
        let inspection = inspect(&request, detector, &cache, fields, &Budget::unlimited())
            .map_err(|error| error.to_string())?;
        let situation = Situation {
            app: test.app.as_deref().unwrap_or(""),
            findings: &inspection.seen,
            uninspectable: &[],
            complexity: route::difficulty(request.shape()),
            finding_in_id: inspection.in_id,
        };
        let decision = policy.decide_in(Mode::Enforce, &situation);
        let root = RootKey::generate(1).map_err(|error| error.to_string())?;
        let scope = Scope::detached(&root, [0; 16]).map_err(|error| error.to_string())?;
        Ok(Self {
            policy,
            test,
            request,
            inspection,
            decision,
            scope,
        })
    }

    fn check(&self) -> Result<(), String> {
        self.check_find()?;
        self.check_result()?;
        self.check_destination()?;
        self.check_never_leaves()
    }

    fn check_find(&self) -> Result<(), String> {
        let Some(expected) = &self.test.find else {
            return Ok(());
        };
        let expected: BTreeSet<EntityType> = expected.iter().copied().collect();
        let counted = self
            .inspection
            .seen
            .iter()
            .filter(|(e, c)| self.policy.counts(*e, *c));
        let found: BTreeSet<EntityType> = counted.map(|(entity, _)| *entity).collect();
        if found == expected {
            return Ok(());
        }
        Err(format!(
            "expected to find {}, found {}",
            names(&expected),
            names(&found)
        ))
    }

    fn check_result(&self) -> Result<(), String> {
        let Some(expected) = self.test.result else {
            return Ok(());
        };
        let outcome = self.decision.outcome(self.test.to.as_deref());
        if outcome == expected {
            return Ok(());
        }
        Err(format!("expected the result `{expected}`, got `{outcome}`"))
    }

    fn check_destination(&self) -> Result<(), String> {
        let Some(to) = &self.test.to else {
            return Ok(());
        };
        if self.test.result.is_some() || self.decision.allowed().any(|(o, _)| o.destination == *to)
        {
            return Ok(());
        }
        Err(format!("expected that it may go to `{to}`, but it may not"))
    }

    fn check_never_leaves(&self) -> Result<(), String> {
        if self.test.never_leaves.is_empty() {
            return Ok(());
        }
        let named = |place: &&Destination| match &self.test.to {
            Some(to) => place.name == *to,
            None => place.trust == Trust::Outside,
        };
        for place in self.policy.destinations().iter().filter(named) {
            let Some(body) = self.body_for(&place.name)? else {
                continue;
            };
            let body = String::from_utf8_lossy(&body);
            if let Some(value) = self
                .test
                .never_leaves
                .iter()
                .find(|v| body.contains(v.as_str()))
            {
                return Err(format!("`{value}` would leave for `{}`", place.name));
            }
        }
        Ok(())
    }

    /// What would leave for this destination; `None` where nothing may.
    fn body_for(&self, destination: &str) -> Result<Option<Bytes>, String> {
        let option = self.decision.option(destination);
        let Some(Permit::Allowed(operators)) = option.map(|option| &option.permit) else {
            return Ok(None);
        };
        let body = self.request.body();
        let parts = self.request.parts().iter();
        let inspected: Vec<Inspected<'_>> = parts
            .zip(&self.inspection.findings)
            .map(|(part, findings)| Inspected {
                text: self.request.text(part),
                findings,
                rewritable: true,
            })
            .collect();
        let operator = |entity, confidence| operators.operator(entity, confidence);
        let now = Timestamp::from_micros(0);
        let transformed = transform::deidentify(&inspected, &operator, &self.scope, now)
            .map_err(|error| error.to_string())?;
        let mut edits = Vec::new();
        for replacement in &transformed.replacements {
            let part = self.request.parts().get(replacement.part);
            let put = |part| self.request.edit(part, replacement.span, &replacement.text);
            edits.extend(part.and_then(put));
        }
        splice(body, &mut edits)
            .map(Some)
            .map_err(|error| error.to_string())
    }
}

fn names(entities: &BTreeSet<EntityType>) -> String {
    if entities.is_empty() {
        return "nothing".to_owned();
    }
    entities
        .iter()
        .map(|entity| entity.as_str())
        .collect::<Vec<_>>()
        .join(", ")
}
