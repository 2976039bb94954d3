//! Reads a Chat Completions request into what the model needs.
//!
//! The gateway has inspected the body; here it is only checked for what this model can't do. What is refused is refused with
//! a sentence that names the place and holds none of the body's text.

use super::engine::Sampling;
use super::template::Chat;
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// A request that can't be answered as it is: HTTP 400.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub(super) struct BadRequest {
    /// For the app's developer.
    pub message: String,
    /// The parameter at fault, in the API's spelling.
    pub param: &'static str,
}

fn bad<T>(param: &'static str, message: impl Into<String>) -> Result<T, BadRequest> {
    Err(BadRequest {
        message: message.into(),
        param,
    })
}

/// A request as it will be answered.
#[derive(Debug)]
pub(super) struct ChatRequest {
    /// What the template gets.
    pub chat: Chat,
    /// How to sample.
    pub sampling: Sampling,
    /// Most tokens to generate, where the request says.
    pub max_tokens: Option<usize>,
    /// Strings that end the reply.
    pub stops: Vec<String>,
    /// Answer as an event stream.
    pub stream: bool,
    /// End the stream with a chunk that holds the usage.
    pub include_usage: bool,
    /// Requests with different salts never share a cached prefix (vLLM's `cache_salt`).
    pub salt: String,
}

#[derive(Deserialize)]
struct Body {
    messages: Vec<Map<String, Value>>,
    stream: Option<bool>,
    stream_options: Option<StreamOptions>,
    max_tokens: Option<u64>,
    max_completion_tokens: Option<u64>,
    temperature: Option<f32>,
    top_p: Option<f32>,
    seed: Option<i64>,
    frequency_penalty: Option<f32>,
    presence_penalty: Option<f32>,
    stop: Option<Stop>,
    n: Option<u64>,
    logprobs: Option<bool>,
    response_format: Option<Typed>,
    tools: Option<Vec<Value>>,
    tool_choice: Option<Value>,
    thinking: Option<Typed>,
    chat_template_kwargs: Option<TemplateOptions>,
    cache_salt: Option<String>,
}

#[derive(Deserialize)]
struct StreamOptions {
    include_usage: Option<bool>,
}

#[derive(Deserialize)]
struct Typed {
    r#type: String,
}

#[derive(Deserialize)]
struct TemplateOptions {
    enable_thinking: Option<bool>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Stop {
    One(String),
    Many(Vec<String>),
}

/// Where the request sets none. Lower than the API's 1.0: a small quantised model strays sooner.
const TEMPERATURE: f32 = 0.7;
/// Where the request sets none.
const TOP_P: f32 = 0.95;
/// As many as DeepSeek takes.
const MAX_STOPS: usize = 16;

impl ChatRequest {
    /// Parses and checks a body; `seed` is used where the request has none.
    pub(super) fn parse(body: &[u8], seed: u32) -> Result<Self, BadRequest> {
        let body: Body = serde_json::from_slice(body).or_else(|error| {
            let (line, column) = (error.line(), error.column());
            bad(
                "",
                format!("the body isn't a chat request (line {line}, column {column})"),
            )
        })?;
        if body.n.is_some_and(|n| n != 1) {
            return bad(
                "n",
                "the local model gives one choice; leave `n` out or set it to 1",
            );
        }
        if body.logprobs == Some(true) {
            return bad("logprobs", "the local model gives no `logprobs`");
        }
        let json = json_output(body.response_format.as_ref())?;
        let max_tokens = body.max_completion_tokens.or(body.max_tokens);
        if max_tokens == Some(0) {
            return bad("max_tokens", "`max_tokens` must be at least 1");
        }
        let thinking = body.thinking.map(|thinking| thinking.r#type != "disabled");
        Ok(Self {
            chat: Chat {
                messages: messages(body.messages)?,
                tools: tools(body.tools, body.tool_choice.as_ref())?,
                thinking: body
                    .chat_template_kwargs
                    .and_then(|o| o.enable_thinking)
                    .or(thinking),
            },
            sampling: Sampling {
                temperature: within("temperature", body.temperature, TEMPERATURE, 0.0, 2.0)?,
                top_p: within("top_p", body.top_p, TOP_P, 0.0, 1.0)?.max(f32::MIN_POSITIVE),
                seed: body.seed.map_or(seed, |seed| seed as u32),
                frequency_penalty: within(
                    "frequency_penalty",
                    body.frequency_penalty,
                    0.0,
                    -2.0,
                    2.0,
                )?,
                presence_penalty: within(
                    "presence_penalty",
                    body.presence_penalty,
                    0.0,
                    -2.0,
                    2.0,
                )?,
                json,
            },
            max_tokens: max_tokens.map(|n| usize::try_from(n).unwrap_or(usize::MAX)),
            stops: stops(body.stop)?,
            stream: body.stream.unwrap_or(false),
            include_usage: body
                .stream_options
                .and_then(|o| o.include_usage)
                .unwrap_or(false),
            salt: body.cache_salt.unwrap_or_default(),
        })
    }
}

fn within(
    param: &'static str,
    value: Option<f32>,
    default: f32,
    low: f32,
    high: f32,
) -> Result<f32, BadRequest> {
    let value = value.unwrap_or(default);
    if (low..=high).contains(&value) {
        return Ok(value);
    }
    bad(param, format!("`{param}` must be between {low} and {high}"))
}

fn json_output(format: Option<&Typed>) -> Result<bool, BadRequest> {
    match format.map(|format| format.r#type.as_str()) {
        None | Some("text") => Ok(false),
        Some("json_object") => Ok(true),
        Some("json_schema") => bad(
            "response_format",
            "the local model doesn't take `json_schema`; use `json_object` and describe the schema in a message",
        ),
        Some(_) => bad(
            "response_format",
            "`response_format.type` must be `text` or `json_object`",
        ),
    }
}

fn stops(stop: Option<Stop>) -> Result<Vec<String>, BadRequest> {
    let stops = match stop {
        None => Vec::new(),
        Some(Stop::One(stop)) => vec![stop],
        Some(Stop::Many(stops)) => stops,
    };
    if stops.len() > MAX_STOPS {
        return bad("stop", format!("at most {MAX_STOPS} `stop` strings"));
    }
    Ok(stops.into_iter().filter(|stop| !stop.is_empty()).collect())
}

/// The tools that the template shows; none where the request forbids calling one.
fn tools(tools: Option<Vec<Value>>, choice: Option<&Value>) -> Result<Vec<Value>, BadRequest> {
    let tools = tools.unwrap_or_default();
    match choice {
        None => Ok(tools),
        Some(Value::String(choice)) if choice == "auto" => Ok(tools),
        Some(Value::String(choice)) if choice == "none" => Ok(Vec::new()),
        Some(_) => bad(
            "tool_choice",
            "the local model can't be made to call a tool; use `auto` or `none`",
        ),
    }
}

fn messages(messages: Vec<Map<String, Value>>) -> Result<Vec<Value>, BadRequest> {
    if messages.is_empty() {
        return bad("messages", "`messages` is empty");
    }
    messages
        .into_iter()
        .enumerate()
        .map(|(index, m)| message(index, m))
        .collect()
}

/// A message with the members that templates know.
fn message(index: usize, mut message: Map<String, Value>) -> Result<Value, BadRequest> {
    let role = match message.get("role").and_then(Value::as_str) {
        Some("system" | "developer") => "system",
        Some("user") => "user",
        Some("assistant") => "assistant",
        Some("tool" | "function") => "tool",
        _ => {
            return bad(
                "messages",
                format!(
                    "`messages[{index}].role` must be system, developer, user, assistant or tool"
                ),
            );
        }
    };
    let content = text(index, message.remove("content").unwrap_or_default())?;
    let mut out = Map::new();
    out.insert("role".into(), role.into());
    out.insert("content".into(), content.into());
    if let Some(Value::Array(calls)) = message.remove("tool_calls") {
        let calls: Vec<Value> = calls.into_iter().map(with_parsed_arguments).collect();
        if !calls.is_empty() {
            out.insert("tool_calls".into(), calls.into());
        }
    }
    for key in ["name", "tool_call_id", "reasoning_content"] {
        if let Some(value @ Value::String(_)) = message.remove(key) {
            out.insert(key.into(), value);
        }
    }
    Ok(Value::Object(out))
}

/// The text of a `content`: a string, nothing, or text parts joined by line ends.
fn text(index: usize, content: Value) -> Result<String, BadRequest> {
    let parts = match content {
        Value::Null => return Ok(String::new()),
        Value::String(text) => return Ok(text),
        Value::Array(parts) => parts,
        _ => {
            let place =
                format!("`messages[{index}].content` must be a string or an array of parts");
            return bad("messages", place);
        }
    };
    let mut texts = Vec::with_capacity(parts.len());
    for (part_index, part) in parts.iter().enumerate() {
        let key = match part.get("type").and_then(Value::as_str) {
            Some("refusal") => "refusal",
            Some("text" | "input_text" | "output_text") => "text",
            _ => "",
        };
        let Some(text) = part.get(key).and_then(Value::as_str) else {
            let place = format!("`messages[{index}].content[{part_index}]`");
            return bad(
                "messages",
                format!("{place} isn't text; the local model reads text only"),
            );
        };
        texts.push(text);
    }
    Ok(texts.join("\n"))
}

/// Templates want a call's arguments as an object; the API has them as a string.
fn with_parsed_arguments(mut call: Value) -> Value {
    let arguments = call.pointer_mut("/function/arguments");
    if let Some(arguments) = arguments
        && let Some(object @ Value::Object(_)) = arguments
            .as_str()
            .and_then(|text| serde_json::from_str(text).ok())
    {
        *arguments = object;
    }
    if call.get("type").is_none()
        && let Value::Object(members) = &mut call
    {
        members.insert("type".into(), json!("function"));
    }
    call
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(body: &Value) -> Result<ChatRequest, BadRequest> {
        ChatRequest::parse(body.to_string().as_bytes(), 7)
    }

    fn with(extra: &Value) -> Result<ChatRequest, BadRequest> {
        let mut body = json!({"messages": [{"role": "user", "content": "private words"}]});
        body.as_object_mut()
            .unwrap()
            .extend(extra.as_object().unwrap().clone());
        parse(&body)
    }

    #[test]
    fn content_of_every_shape_becomes_text() {
        for (content, text) in [
            (json!("a"), "a"),
            (json!(null), ""),
            (json!([]), ""),
            (
                json!([{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]),
                "a\nb",
            ),
            (json!([{"type": "refusal", "refusal": "no"}]), "no"),
        ] {
            let body = json!({"messages": [{"role": "developer", "content": content}]});
            let request = parse(&body).unwrap();
            assert_eq!(
                request.chat.messages,
                [json!({"role": "system", "content": text})]
            );
        }
        let absent = json!({"messages": [{"role": "assistant"}]});
        assert_eq!(parse(&absent).unwrap().chat.messages[0]["content"], "");
    }

    #[test]
    fn what_the_model_cannot_do_is_refused_without_its_text() {
        for (extra, param) in [
            (json!({"messages": []}), "messages"),
            (
                json!({"messages": [{"role": "private", "content": "x"}]}),
                "messages",
            ),
            (
                json!({"messages": [{"role": "user", "content": 5}]}),
                "messages",
            ),
            (
                json!({"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "private"}}]}]}),
                "messages",
            ),
            (json!({"messages": "private"}), ""),
            (json!({"n": 2}), "n"),
            (json!({"logprobs": true}), "logprobs"),
            (json!({"max_tokens": 0}), "max_tokens"),
            (json!({"temperature": 2.5}), "temperature"),
            (json!({"top_p": -0.1}), "top_p"),
            (json!({"presence_penalty": 3}), "presence_penalty"),
            (json!({"stop": vec!["private"; 17]}), "stop"),
            (
                json!({"response_format": {"type": "json_schema"}}),
                "response_format",
            ),
            (
                json!({"response_format": {"type": "private"}}),
                "response_format",
            ),
            (json!({"tool_choice": {"type": "function"}}), "tool_choice"),
            (json!({"tool_choice": "required"}), "tool_choice"),
        ] {
            let error = with(&extra).unwrap_err();
            assert_eq!(error.param, param, "{extra}");
            assert!(!error.message.contains("private"), "{error}");
        }
        assert!(ChatRequest::parse(b"{\"private", 0).is_err());
    }

    #[test]
    fn options_are_read() {
        let request = with(&json!({
            "max_tokens": 5, "max_completion_tokens": 9, "stop": "x", "seed": -1, "temperature": 0,
            "stream": true, "stream_options": {"include_usage": true}, "cache_salt": "s",
            "response_format": {"type": "json_object"}, "thinking": {"type": "disabled"},
            "tools": [{"type": "function"}], "user": "ignored"
        }));
        let request = request.unwrap();
        assert_eq!(
            (request.max_tokens, request.sampling.seed),
            (Some(9), u32::MAX)
        );
        assert_eq!(
            (request.stops, request.salt.as_str()),
            (vec!["x".to_owned()], "s")
        );
        assert!(request.stream && request.include_usage && request.sampling.json);
        assert_eq!(
            (request.chat.thinking, request.chat.tools.len()),
            (Some(false), 1)
        );
        assert!(
            with(&json!({"tools": [{}], "tool_choice": "none"}))
                .unwrap()
                .chat
                .tools
                .is_empty()
        );
        assert_eq!(with(&json!({})).unwrap().sampling.seed, 7);
    }

    #[test]
    fn calls_in_the_history_get_objects_as_arguments() {
        let call = |arguments: Value| json!({"id": "1", "function": {"name": "f", "arguments": arguments}});
        let body = json!({"messages": [{"role": "assistant", "content": null,
            "tool_calls": [call(json!("{\"x\": 1}")), call(json!("no json"))]}]});
        let calls = parse(&body).unwrap().chat.messages[0]["tool_calls"].clone();
        assert_eq!(calls[0]["function"]["arguments"], json!({"x": 1}));
        assert_eq!(calls[1]["function"]["arguments"], json!("no json"));
        assert_eq!(calls[0]["type"], "function");
    }
}
