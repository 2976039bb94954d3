//! Embeddings: vectors of texts. The vectors pass; those of de-identified text differ from those of the text itself, so
//! an index and its queries must come through the same gateway.
//!
//! Source: OpenAI's `OpenAPI` description 2.3.0 (2026-08-21). Requests of this format are no conversations: what an app
//! sends has one scope, so that the same value has the same surrogate in every text. Refuses to know: other endpoints.

use super::chat;
use super::format::{Asked, Spec};
use super::json::{Kind, Value};
use super::part::Place::{Metadata, User};
use super::reply::{Found, is_scalar, usage};
use super::request::State;
use super::request::table::Row;
use super::request::table::Rule::{Model, Number, OneOf, Text, TokenIds};
use std::sync::LazyLock;

/// What is particular about Embeddings.
pub(super) const SPEC: Spec = Spec {
    table: request,
    asked: Asked::Texts("input"),
    end_user: &[&["user"], &["user_id"], &["safety_identifier"]],
    reply: |found, root| found.embeddings(root),
    event: |_, _| None,
    error: chat::error,
    error_event: chat::error_event,
    numbers: true,
};

fn request() -> &'static State {
    static ROOT: LazyLock<State> = LazyLock::new(|| State::build(&[("", ROWS)]));
    &ROOT
}

const ROWS: &[Row] = &[
    ("model", Model),
    ("input", TokenIds(User)),
    ("encoding_format", OneOf(&["float", "base64"])),
    ("dimensions", Number),
    ("user", Text(Metadata)),
];

impl Found {
    fn embeddings(&mut self, root: Value<'_>) {
        if root.kind() != Kind::Object {
            return self.other(0, root);
        }
        for (key, value) in root.members() {
            match &*key.text() {
                "data" if value.kind() == Kind::Array => {
                    for row in value.elements() {
                        self.embedding(row);
                    }
                }
                "id" | "object" | "model" | "created" if is_scalar(value) => {}
                "error" if value.kind() != Kind::Null => self.error(value),
                "usage" => {
                    self.usage = usage(value);
                    self.other(0, value);
                }
                _ => self.other(0, value),
            }
        }
    }

    /// The vector is numbers, or the same in base64.
    fn embedding(&mut self, row: Value<'_>) {
        if row.kind() != Kind::Object {
            return self.other(0, row);
        }
        for (key, value) in row.members() {
            match &*key.text() {
                "embedding" | "object" | "index" => {}
                _ => self.other(0, value),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::protocol::{Format, Limits, Reply, Request};

    #[test]
    fn inputs_are_texts_or_token_ids() {
        let cases = [
            (r#"{"input":"a"}"#, "a", 0),
            (r#"{"input":["a","b"],"user":"c"}"#, "a b c", 0),
            (r#"{"input":[1,2]}"#, "", 1),
            (r#"{"input":[[1],[2]]}"#, "", 1),
            (r#"{"input":[{"content":"a"}]}"#, "content a", 0),
        ];
        for (body, texts, opaque) in cases {
            let request = Request::parse(Format::Embeddings, body.into(), &Limits::default());
            let request = request.unwrap();
            let parts = request.parts().iter();
            let got: Vec<_> = parts.map(|part| request.text(part)).collect();
            assert_eq!(got.join(" "), texts, "{body}");
            assert_eq!(request.uninspectable().len(), opaque, "{body}");
        }
    }

    #[test]
    fn vectors_are_no_texts_however_many() {
        let limits = Limits {
            max_strings: 20,
            ..Limits::default()
        };
        let row = r#"{"object":"embedding","index":0,"embedding":[0.1,-2e-3]}"#;
        for (rows, packed) in [(1, false), (2, true), (99, false)] {
            let row = if packed {
                row.replace("[0.1,-2e-3]", "\"AAAA\"")
            } else {
                row.to_owned()
            };
            let data = vec![row; rows].join(",");
            let body = format!(
                r#"{{"object":"list","data":[{data}],"model":"m","usage":{{"prompt_tokens":2}}}}"#
            );
            let reply = Reply::parse(Format::Embeddings, body.into(), &limits).unwrap();
            assert!(reply.parts().is_empty());
        }
        let broken = Reply::parse(Format::Embeddings, "{".into(), &limits);
        assert!(broken.is_err());
    }
}
