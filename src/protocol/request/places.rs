//! Where the values of a request stand that a path names, through JSON inside strings.
//!
//! Scans the body again: paths are asked for by few requests, and no part carries one.

use super::Request;
use super::source::Source;
use super::walk::{NESTED_LEVELS, may_be_json};
use crate::base::Span;
use crate::protocol::ProtocolError;
use crate::protocol::escape::decode_mapped;
use crate::protocol::json::{Kind, Limits, Value, scan, scan_text};

impl Request {
    /// The values whose path `of` has something to say about, and what; spans of the body, sorted and disjoint. Nothing is
    /// asked about what is below such a value.
    ///
    /// A path is `$`, then `.key` or `['any key']` (with a backslash before `'` and `\`) and `[3]` for each level. It goes on
    /// through strings that are JSON themselves: `$.messages[1].tool_calls[0].function.arguments.account`.
    ///
    /// ```
    /// use vestibule::protocol::{Format, Limits, Request};
    /// let body = br#"{"messages":[{"role":"user","content":"hi"}],"metadata":{"no":"A7"}}"#;
    /// let request = Request::parse(Format::Chat, body.as_slice().into(), &Limits::default())?;
    /// let found = request.places(&Limits::default(), |path| (path == "$.metadata.no").then_some(()))?;
    /// assert_eq!(found[0].0.bytes(body), Some(b"A7".as_slice()));
    /// # Ok::<(), vestibule::protocol::ProtocolError>(())
    /// ```
    ///
    /// # Errors
    /// As [`Request::parse`], where the limits are tighter than those that it was parsed with.
    pub fn places<T>(
        &self,
        limits: &Limits,
        of: impl Fn(&str) -> Option<T>,
    ) -> Result<Vec<(Span, T)>, ProtocolError> {
        let document = scan(self.body(), limits)?;
        let mut places = Places {
            of,
            limits,
            path: "$".to_owned(),
            found: Vec::new(),
        };
        if let Some(root) = document.root() {
            places.visit(root, &Source::body(self.body()));
        }
        Ok(places.found)
    }
}

struct Places<'l, T, F> {
    of: F,
    limits: &'l Limits,
    path: String,
    found: Vec<(Span, T)>,
}

impl<T, F: Fn(&str) -> Option<T>> Places<'_, T, F> {
    /// Asks about a value, else about what is in it. As deep as the limits allow, times the levels of JSON in strings.
    fn visit(&mut self, value: Value<'_>, source: &Source<'_>) {
        if let Some(said) = (self.of)(&self.path) {
            self.found.push((source.address(value).span, said));
            return;
        }
        let here = self.path.len();
        match value.kind() {
            Kind::Object => {
                for (key, value) in value.members() {
                    self.push_key(&key.text());
                    self.visit(value, source);
                    self.path.truncate(here);
                }
            }
            Kind::Array => {
                for (index, value) in value.elements().enumerate() {
                    self.path.extend(["[", &index.to_string(), "]"]);
                    self.visit(value, source);
                    self.path.truncate(here);
                }
            }
            Kind::String => self.inside(value, source),
            _ => {}
        }
    }

    fn inside(&mut self, string: Value<'_>, source: &Source<'_>) {
        if source.layers() == NESTED_LEVELS || !may_be_json(string.raw(), true) {
            return;
        }
        let (text, map) = decode_mapped(string.raw());
        if let Ok(document) = scan_text(&text, self.limits)
            && let Some(root) = document.root()
        {
            let inside = source.inside(string, map, None);
            self.visit(root, &inside);
        }
    }

    fn push_key(&mut self, key: &str) {
        let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
        if !key.is_empty() && key.chars().all(plain) {
            self.path.push('.');
            self.path.push_str(key);
            return;
        }
        self.path.push_str("['");
        for c in key.chars() {
            if matches!(c, '\'' | '\\') {
                self.path.push('\\');
            }
            self.path.push(c);
        }
        self.path.push_str("']");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::Format;

    const BODY: &str = r#"{"messages":[{"role":"user","content":"{\"no\":\"A\\u0037\",\"deep\":[{\"x y\":5}]}"}],
        "metadata":{"a.b":"B8","it's":{"n":[1,22]}}}"#;

    #[test]
    fn values_are_found_by_path_also_in_json_in_strings() {
        let request =
            Request::parse(Format::Chat, BODY.as_bytes().into(), &Limits::default()).unwrap();
        for (wanted, expected) in [
            ("$.metadata['a.b']", "B8"),
            (r"$.metadata['it\'s'].n[1]", "22"),
            (r"$.metadata['it\'s'].n", "[1,22]"),
            ("$.messages[0].content.no", r"A\\u0037"),
            ("$.messages[0].content.deep[0]['x y']", "5"),
        ] {
            let asked = |path: &str| (path == wanted).then_some(7);
            let found = request.places(&Limits::default(), asked).unwrap();
            let [(span, 7)] = found.as_slice() else {
                panic!("{wanted}: {found:?}")
            };
            assert_eq!(span.slice(BODY), Some(expected), "{wanted}");
        }
        let none = request.places(&Limits::default(), |_| None::<()>).unwrap();
        assert!(none.is_empty());
        let all = request.places(&Limits::default(), |_| Some(())).unwrap();
        assert_eq!(all, [(Span::new(0, BODY.len()), ())]);
    }
}
