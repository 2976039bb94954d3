//! Completions of a prompt, and of a middle between a prompt and a suffix (FIM), as DeepSeek, OpenAI and others speak it.
//!
//! Sources: OpenAI's `OpenAPI` description 2.3.0 (2026-08-21) and DeepSeek's FIM guide (2026-10). Requests of this format
//! are no conversations: what an app sends has one scope. Refuses to know: other endpoints.

use super::chat;
use super::escape::escape;
use super::format::{Asked, Held, Spec};
use super::json::{Kind, Value};
use super::part::Place::{Id, Metadata, Other, User};
use super::reply::{Ended, Field, Found, Reply, is_scalar, of, usage};
use super::request::State;
use super::request::UninspectableKind;
use super::request::table::Row;
use super::request::table::Rule::{self, Model, NoText, Number, OneOf, Text, TokenBias, TokenIds};
use std::sync::LazyLock;

/// What is particular about Completions.
pub(super) const SPEC: Spec = Spec {
    table: request,
    asked: Asked::Texts("prompt"),
    end_user: &[&["user"], &["user_id"], &["safety_identifier"]],
    reply: |found, root| found.completion(root),
    event,
    error: chat::error,
    error_event: chat::error_event,
    numbers: false,
};

fn request() -> &'static State {
    static ROOT: LazyLock<State> = LazyLock::new(|| State::build(&[("", ROWS)]));
    &ROOT
}

const ROWS: &[Row] = &[
    ("model", Model),
    ("prompt", TokenIds(User)),
    ("suffix", Text(User)),
    ("echo", NoText),
    ("stop", Text(Other)),
    ("stop[]", Text(Other)),
    ("stream", NoText),
    ("stream_options.include_usage", NoText),
    ("stream_options.include_obfuscation", NoText),
    ("temperature", Number),
    ("top_p", Number),
    ("top_k", Number),
    ("min_p", Number),
    ("frequency_penalty", Number),
    ("presence_penalty", Number),
    ("repetition_penalty", Number),
    ("max_tokens", Number),
    ("n", Number),
    ("best_of", Number),
    ("seed", Number),
    ("logprobs", Number),
    ("logit_bias", TokenBias),
    ("user", Text(Metadata)),
    ("user_id", Text(Metadata)),
    ("safety_identifier", Text(Metadata)),
    ("prompt_cache_key", Text(Id)),
    (
        "service_tier",
        OneOf(&["auto", "default", "flex", "scale", "priority", "fast"]),
    ),
    // --- not of this API, but text if an upstream takes it ---
    ("prompt_embeds", Rule::Held(UninspectableKind::TokenIds)),
    ("prompt_token_ids", TokenIds(Other)),
    ("input_ids", TokenIds(Other)),
];

impl Found {
    fn completion(&mut self, root: Value<'_>) {
        if root.kind() != Kind::Object {
            return self.other(0, root);
        }
        for (key, value) in root.members() {
            let span = Some(value.outer_span());
            match &*key.text() {
                "choices" if value.kind() == Kind::Array => {
                    for (position, choice) in value.elements().enumerate() {
                        let index = self.index_of(choice, position);
                        self.completion_choice(index, choice);
                    }
                }
                "id" if is_scalar(value) => self.head.id = span,
                "object" if is_scalar(value) => self.head.object = span,
                "created" if is_scalar(value) => self.head.created = span,
                "model" if is_scalar(value) => self.head.model = span,
                "system_fingerprint" | "service_tier" if is_scalar(value) => {}
                "error" if value.kind() != Kind::Null => self.error(value),
                "usage" => {
                    self.usage = usage(value);
                    self.other(0, value);
                }
                _ => self.other(0, value),
            }
        }
    }

    fn completion_choice(&mut self, index: u32, choice: Value<'_>) {
        if choice.kind() != Kind::Object {
            self.other(index, choice);
        }
        for (key, value) in choice.members() {
            match (&*key.text(), value.kind()) {
                ("text", _) => self.piece(of(index, Field::Content), value),
                ("finish_reason", Kind::String) => {
                    if !value.is("") && !value.is("null") {
                        self.ended.push(Ended::Item(index));
                    }
                }
                // `text_offset` in it counts characters, and the tokens are of the text as it came.
                ("logprobs" | "prompt_logprobs", _) => self.drop_to(value, "null"),
                _ => self.other(index, value),
            }
        }
    }
}

fn event(like: &Reply, held: &Held<'_>) -> Option<String> {
    (held.channel.field == Field::Content).then(|| {
        let choice = format!(
            "{{\"index\":{},\"text\":\"{}\",\"logprobs\":null,\"finish_reason\":null}}",
            held.channel.item,
            escape(held.text, 1)
        );
        chat::chunk(like, "\"text_completion\"", &choice)
    })
}

#[cfg(test)]
mod tests {
    use crate::protocol::{Channel, Field, Format, Held, ProtocolError, told};

    #[test]
    fn prompts_are_texts_or_token_ids() {
        let cases = [
            (r#"{"prompt":"a"}"#, "User=a"),
            (
                r#"{"prompt":["a","b"],"suffix":"c","stop":["d"]}"#,
                "User=a User=b User=c Other=d",
            ),
            (r#"{"prompt":[1,200,30000]}"#, "token_ids@prompt"),
            (r#"{"prompt":[[1],[2]]}"#, "token_ids@prompt"),
            (
                r#"{"prompt":["a",13812345678]}"#,
                "User=a User=13812345678 token_ids@prompt",
            ),
            (
                r#"{"prompt":"a","x":{"k":"v"},"logprobs":3}"#,
                "User=a Key=x Key=k Other=v",
            ),
        ];
        for (body, expected) in cases {
            assert_eq!(told::request(Format::Completions, body), expected, "{body}");
        }
        let missing = told::parse(Format::Completions, "{}");
        let path = "prompt".to_owned();
        assert_eq!(missing.err(), Some(ProtocolError::MissingField { path }));
    }

    #[test]
    fn texts_come_by_choice_and_go_as_events() {
        let body = r#"{"id":"c","object":"text_completion","model":"m","choices":[
            {"index":1,"text":"a","logprobs":{"tokens":["a"]},"finish_reason":"length","stop_reason":"s"}],
            "usage":{"prompt_tokens":3,"completion_tokens":1}}"#;
        let reply = told::reply(Format::Completions, body);
        let channel = |field| Channel {
            item: 1,
            part: 0,
            field,
        };
        let parts: Vec<_> = reply
            .parts()
            .iter()
            .map(|part| (part.channel, part.text(reply.body()).into_owned()))
            .collect();
        let expected = [
            (channel(Field::Content), "a".to_owned()),
            (channel(Field::Other), "s".to_owned()),
        ];
        assert_eq!(parts, expected);
        assert!(reply.ends(channel(Field::Content)));
        assert_eq!(reply.dropped().len(), 1);
        assert_eq!(reply.usage().map(|usage| usage.prompt), Some(3));
        let held = Held {
            channel: channel(Field::Content),
            text: "\"",
            origin: None,
            sequence: None,
        };
        assert_eq!(
            Format::Completions.event(&reply, &held),
            "data: {\"id\":\"c\",\"object\":\"text_completion\",\"model\":\"m\",\"choices\":[{\"index\":1,\
             \"text\":\"\\\"\",\"logprobs\":null,\"finish_reason\":null}]}\n\n"
        );
    }
}
