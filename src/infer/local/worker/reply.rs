//! The JSON of replies, chunks and errors, as OpenAI and DeepSeek write it.

use super::schedule::{Finish, Usage};
use super::tags::Delta;
use bytes::Bytes;
use serde_json::{Map, Value, json};

/// What all chunks of one reply have in common.
#[derive(Debug, Clone)]
pub(super) struct Reply {
    id: String,
    model: String,
    created: u64,
    calls: u32,
}

impl Reply {
    /// `random` makes the ids; `created` is in seconds since 1970.
    pub(super) fn new(model: &str, created: u64, random: [u8; 12]) -> Self {
        let id = data_encoding::HEXLOWER.encode(&random);
        Self {
            id,
            model: model.to_owned(),
            created,
            calls: 0,
        }
    }

    /// The event that opens a stream.
    pub(super) fn opening(&self) -> Bytes {
        self.chunk(&json!({"role": "assistant", "content": ""}), &Value::Null)
    }

    /// The event of one delta.
    pub(super) fn delta(&mut self, delta: Delta) -> Bytes {
        let delta = match delta {
            Delta::Content(text) => json!({"content": text}),
            Delta::Reasoning(text) => json!({"reasoning_content": text}),
            Delta::ToolCall { name, arguments } => {
                let index = self.calls;
                let mut call = self.tool_call(&name, &arguments);
                call.insert("index".into(), index.into());
                json!({"tool_calls": [call]})
            }
        };
        self.chunk(&delta, &Value::Null)
    }

    /// The events that close a stream.
    pub(super) fn closing(&self, finish: Finish, usage: Option<Usage>) -> Bytes {
        let mut out = self.chunk(&json!({}), &self.finish_reason(finish)).to_vec();
        if let Some(usage) = usage {
            let mut chunk = self.envelope("chat.completion.chunk", json!([]));
            chunk.insert("usage".into(), usage_json(usage));
            out.extend(event(&Value::Object(chunk)));
        }
        out.extend_from_slice(b"data: [DONE]\n\n");
        out.into()
    }

    /// A whole reply.
    pub(super) fn whole(&mut self, deltas: Vec<Delta>, finish: Finish, usage: Usage) -> Bytes {
        let (mut content, mut reasoning, mut calls) = (String::new(), String::new(), Vec::new());
        for delta in deltas {
            match delta {
                Delta::Content(text) => content.push_str(&text),
                Delta::Reasoning(text) => reasoning.push_str(&text),
                Delta::ToolCall { name, arguments } => {
                    calls.push(Value::Object(self.tool_call(&name, &arguments)));
                }
            }
        }
        let mut message = Map::new();
        message.insert("role".into(), "assistant".into());
        let silent = !calls.is_empty() && content.trim().is_empty();
        message.insert(
            "content".into(),
            if silent { Value::Null } else { content.into() },
        );
        if !reasoning.is_empty() {
            message.insert("reasoning_content".into(), reasoning.into());
        }
        if !calls.is_empty() {
            message.insert("tool_calls".into(), calls.into());
        }
        let finish = self.finish_reason(finish);
        let choice =
            json!([{"index": 0, "message": message, "logprobs": null, "finish_reason": finish}]);
        let mut reply = self.envelope("chat.completion", choice);
        reply.insert("usage".into(), usage_json(usage));
        Value::Object(reply).to_string().into()
    }

    fn finish_reason(&self, finish: Finish) -> Value {
        match finish {
            Finish::Length => json!("length"),
            Finish::Stop if self.calls > 0 => json!("tool_calls"),
            Finish::Stop => json!("stop"),
        }
    }

    fn tool_call(&mut self, name: &str, arguments: &str) -> Map<String, Value> {
        let mut call = Map::new();
        call.insert(
            "id".into(),
            format!("call_{}_{}", self.id, self.calls).into(),
        );
        call.insert("type".into(), "function".into());
        call.insert(
            "function".into(),
            json!({"name": name, "arguments": arguments}),
        );
        self.calls += 1;
        call
    }

    fn chunk(&self, delta: &Value, finish_reason: &Value) -> Bytes {
        let choice = json!([{
            "index": 0, "delta": delta, "logprobs": null, "finish_reason": finish_reason
        }]);
        event(&Value::Object(
            self.envelope("chat.completion.chunk", choice),
        ))
    }

    fn envelope(&self, object: &str, choices: Value) -> Map<String, Value> {
        let mut out = Map::new();
        out.insert("id".into(), format!("chatcmpl-{}", self.id).into());
        out.insert("object".into(), object.into());
        out.insert("created".into(), self.created.into());
        out.insert("model".into(), self.model.as_str().into());
        out.insert("choices".into(), choices);
        out
    }
}

/// A line that keeps a stream's connection alive while its request waits.
pub(super) const KEEP_ALIVE: &[u8] = b": keep-alive\n\n";

/// An error body in the API's shape.
pub(super) fn error(kind: &str, param: Option<&str>, code: Option<&str>, message: &str) -> Bytes {
    let error = json!({"message": message, "type": kind, "param": param, "code": code});
    json!({"error": error}).to_string().into()
}

fn event(json: &Value) -> Bytes {
    format!("data: {json}\n\n").into()
}

fn usage_json(usage: Usage) -> Value {
    json!({
        "prompt_tokens": usage.prompt,
        "completion_tokens": usage.completion,
        "total_tokens": usage.prompt + usage.completion,
        "prompt_tokens_details": {"cached_tokens": usage.cached},
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call() -> Delta {
        Delta::ToolCall {
            name: "f".into(),
            arguments: "{}".into(),
        }
    }

    #[test]
    fn a_whole_reply_has_the_api_s_shape() {
        let usage = Usage {
            prompt: 5,
            cached: 2,
            completion: 3,
        };
        let mut reply = Reply::new("m", 9, [0; 12]);
        let deltas = vec![Delta::Reasoning("why".into()), Delta::Content("so".into())];
        let body: Value =
            serde_json::from_slice(&reply.whole(deltas, Finish::Length, usage)).unwrap();
        assert_eq!(body["choices"][0]["message"]["content"], "so");
        assert_eq!(body["choices"][0]["message"]["reasoning_content"], "why");
        assert_eq!(body["choices"][0]["finish_reason"], "length");
        assert_eq!((&body["model"], &body["created"]), (&json!("m"), &json!(9)));
        assert_eq!(body["usage"]["total_tokens"], 8);
        assert_eq!(body["usage"]["prompt_tokens_details"]["cached_tokens"], 2);
    }

    #[test]
    fn tool_calls_are_numbered_and_change_the_finish_reason() {
        let mut reply = Reply::new("m", 9, [1; 12]);
        let body = reply.whole(vec![call(), call()], Finish::Stop, Usage::default());
        let body: Value = serde_json::from_slice(&body).unwrap();
        let choice = &body["choices"][0];
        assert_eq!(choice["finish_reason"], "tool_calls");
        assert_eq!(choice["message"]["content"], Value::Null);
        let calls = choice["message"]["tool_calls"].as_array().unwrap();
        assert_ne!(calls[0]["id"], calls[1]["id"]);
        let mut stream = Reply::new("m", 9, [1; 12]);
        stream.delta(call());
        let second = String::from_utf8(stream.delta(call()).to_vec()).unwrap();
        assert!(second.contains(r#""index":1"#), "{second}");
    }

    #[test]
    fn a_stream_ends_with_usage_where_asked_and_done() {
        let reply = Reply::new("m", 9, [0; 12]);
        let plain = String::from_utf8(reply.closing(Finish::Stop, None).to_vec()).unwrap();
        assert!(plain.ends_with("\n\ndata: [DONE]\n\n") && !plain.contains("usage"));
        let with = reply.closing(Finish::Stop, Some(Usage::default()));
        let with = String::from_utf8(with.to_vec()).unwrap();
        assert!(with.contains(r#""choices":[],"usage""#), "{with}");
    }
}
