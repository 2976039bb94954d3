//! Values whose type a policy knows by their path.

use crate::base::{Confidence, EntityType, Finding, Span, View, Why};
use crate::policy::FieldRule;
use crate::protocol::{Limits, Place, ProtocolError, Request, TextPart};
use std::sync::Arc;

/// Where in a body the values stand that the rules of an app name.
#[derive(Debug)]
pub(super) struct Fields {
    /// Sorted and disjoint.
    places: Vec<(Span, EntityType)>,
}

impl Fields {
    /// Looks for them; costs nothing where there are no rules.
    pub(super) fn of(request: &Request, rules: &[FieldRule]) -> Result<Self, ProtocolError> {
        let places = if rules.is_empty() {
            Vec::new()
        } else {
            let of = |path: &str| {
                let rule = rules.iter().find(|rule| rule.path.covers(path));
                rule.map(|rule| rule.entity)
            };
            request.places(&Limits::default(), of)?
        };
        Ok(Self { places })
    }

    /// What is found in a part: all of it, with the known type, where a rule names it; else what was found. Where the
    /// value itself shows a type of a higher level, that is the type, so that a rule never makes handling milder.
    pub(super) fn found(
        &self,
        part: &TextPart,
        text: &str,
        found: Arc<[Finding]>,
    ) -> Arc<[Finding]> {
        let Some(entity) = self.known(part).filter(|_| !text.trim().is_empty()) else {
            return found;
        };
        let higher = found
            .iter()
            .filter(|f| f.confidence >= Confidence::Medium)
            .map(|f| f.entity)
            .max_by_key(|entity| entity.default_level())
            .filter(|seen| seen.default_level() > entity.default_level());
        Arc::new([Finding {
            span: Span::new(0, text.len()),
            entity: higher.unwrap_or(entity),
            score: 1.0,
            confidence: Confidence::High,
            why: Why {
                recognizer: "field",
                view: View::Plain,
                validator: None,
                context: None,
            },
        }])
    }

    /// The type of the value that the part is or is in; keys have none.
    fn known(&self, part: &TextPart) -> Option<EntityType> {
        let span = part.raw_span();
        let next = self
            .places
            .partition_point(|(place, _)| place.start <= span.start);
        let (place, entity) = self.places.get(next.checked_sub(1)?)?;
        (part.place != Place::Key && place.contains(span)).then_some(*entity)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::{Detector, Hint};
    use crate::policy::JsonPath;
    use crate::protocol::Format;

    fn types(body: &str, rules: &[(&str, &str)]) -> Vec<(String, &'static str)> {
        let request =
            Request::parse(Format::Chat, body.to_owned().into(), &Limits::default()).unwrap();
        let rule = |(path, entity): &(&str, &str)| FieldRule {
            path: JsonPath::parse(path).unwrap(),
            entity: EntityType::named(entity).unwrap(),
        };
        let rules: Vec<_> = rules.iter().map(rule).collect();
        let fields = Fields::of(&request, &rules).unwrap();
        let detector = Detector::built_in().unwrap();
        let mut all = Vec::new();
        for part in request.parts() {
            let text = request.text(part);
            let found = detector.scan(text, Hint::default()).into();
            for finding in fields.found(part, text, found).iter() {
                let value = finding.span.slice(text).unwrap().to_owned();
                all.push((value, finding.entity.as_str()));
            }
        }
        all
    }

    #[test]
    fn a_field_has_the_type_that_the_policy_says() {
        let rules = [
            ("$.metadata.customer_no", "BANK_ACCOUNT"),
            (
                "$.messages[*].tool_calls[*].function.arguments.who",
                "PERSON",
            ),
        ];
        let body = r#"{"messages":[{"role":"assistant","tool_calls":[{"id":"1","type":"function",
            "function":{"name":"f","arguments":"{\"who\":{\"said\":\"the usual one\"},\"n\":7}"}}]}],
            "metadata":{"customer_no":"K 7-1","other":"K 7-2","more":{"customer_no":9001}}}"#;
        let expected = [
            ("the usual one".to_owned(), "PERSON"),
            ("K 7-1".to_owned(), "BANK_ACCOUNT"),
        ];
        assert_eq!(types(body, &rules), expected);
        let number = r#"{"messages":[],"metadata":{"customer_no":90017}}"#;
        assert_eq!(
            types(number, &rules),
            [("90017".to_owned(), "BANK_ACCOUNT")]
        );
        assert!(types(body, &[]).is_empty());
        let blank = r#"{"messages":[],"metadata":{"customer_no":" "}}"#;
        assert!(types(blank, &rules).is_empty());
    }

    #[test]
    fn a_value_that_shows_a_stricter_type_keeps_it() {
        let body = r#"{"messages":[],"metadata":{"note":"4111111111111111"}}"#;
        let found = types(body, &[("$.metadata.note", "PLACE")]);
        assert_eq!(found, [("4111111111111111".to_owned(), "BANK_CARD")]);
    }
}
