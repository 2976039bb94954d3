//! A Chat request as a conversation.

use super::super::conversation::{Choice, Conversation, Output, Said, Text, Who};
use super::super::{Told, untold};
use super::{
    Others, Parts, effort, elements, flag, function, members, number, object, optional,
    says_something, set, shared, string, string_at, strings, thinking, word,
};
use crate::protocol::json::{Kind, Value};

const OTHERS: Others = Others {
    dropped: &[
        "frequency_penalty",
        "metadata",
        "min_p",
        "prediction",
        "presence_penalty",
        "prompt_cache_key",
        "prompt_cache_options",
        "prompt_cache_retention",
        "repetition_penalty",
        "safety_identifier",
        "seed",
        "service_tier",
        "store",
        // The usage of a stream is for whoever turns the reply back.
        "stream_options",
        "top_k",
        "user",
        "user_id",
        "verbosity",
    ],
    untold: &[
        ("audio", "a spoken answer"),
        ("function_call", "`function_call`"),
        ("functions", "`functions`"),
        ("logit_bias", "`logit_bias`"),
        ("logprobs", "`logprobs`"),
        ("moderation", "`moderation`"),
        ("top_logprobs", "`top_logprobs`"),
        ("web_search_options", "a tool of the provider"),
    ],
};

const PARTS: Parts = Parts {
    texts: &[("text", "text"), ("refusal", "refusal")],
    untold: &[
        ("image_url", "an image"),
        ("input_audio", "a sound"),
        ("file", "a file"),
    ],
};

/// Members that say whom the app speaks for; the first counts.
const USERS: [&str; 3] = ["user", "user_id", "safety_identifier"];

pub(in super::super) fn chat(root: Value<'_>) -> Told<Conversation<'_>> {
    let mut said = Conversation {
        user: USERS.iter().find_map(|name| set(root, name)?.string()),
        ..Conversation::default()
    };
    for (name, value) in members(root) {
        if !shared(&mut said, &name, value)? && !setting(&mut said, &name, value)? {
            match &*name {
                "messages" => elements(value)?.try_for_each(|one| message(&mut said, one))?,
                "tools" => {
                    let tools: Told<_> = elements(value)?.map(tool).collect();
                    said.tools = tools?;
                }
                "tool_choice" => said.choice = Some(choice(value)?),
                _ => OTHERS.judge(&name, value)?,
            }
        }
    }
    Ok(said)
}

fn setting<'d>(said: &mut Conversation<'d>, name: &str, value: Value<'d>) -> Told<bool> {
    match name {
        // The newer name wins, wherever it stands.
        "max_completion_tokens" => said.max_tokens = Some(number(value)?),
        "max_tokens" => {
            let given = number(value)?;
            said.max_tokens.get_or_insert(given);
        }
        "n" if value.integer() == Some(1) => {}
        "n" => return untold("`n`"),
        "modalities" if strings(value)?.iter().all(|word| word == "text") => {}
        "modalities" => return untold("a spoken answer"),
        "stop" => said.stops = strings(value)?,
        "thinking" => thinking(said, value),
        "reasoning_effort" => effort(said, value)?,
        "response_format" => said.output = output(value)?,
        _ => return Ok(false),
    }
    Ok(true)
}

fn output(format: Value<'_>) -> Told<Output<'_>> {
    match &*word(format, "type") {
        "text" => Ok(Output::Text),
        "json_object" => Ok(Output::Json),
        "json_schema" => {
            let Some(told) = set(format, "json_schema") else {
                return untold("a schema that is missing");
            };
            let Some(schema) = set(told, "schema") else {
                return untold("a schema that is missing");
            };
            Ok(Output::Schema {
                name: optional(told, "name")?,
                description: optional(told, "description")?,
                schema: object(schema)?.raw(),
                strict: set(told, "strict").map_or(Ok(false), flag)?,
            })
        }
        _ => untold("an answer of an unknown form"),
    }
}

fn tool(tool: Value<'_>) -> Told<super::Tool<'_>> {
    match (&*word(tool, "type"), set(tool, "function")) {
        ("function", Some(told)) => function(told, "parameters"),
        ("custom", _) => untold("a tool with free input"),
        _ => untold("a tool of the provider"),
    }
}

fn choice(choice: Value<'_>) -> Told<Choice<'_>> {
    match (&*word(choice, "type"), set(choice, "function")) {
        ("function", Some(named)) => return Ok(Choice::Named(string_at(named, "name")?)),
        ("", _) => {}
        _ => return untold("a choice among some of the tools"),
    }
    match choice.string().as_deref() {
        Some("auto") => Ok(Choice::Auto),
        Some("none") => Ok(Choice::None),
        Some("required") => Ok(Choice::Any),
        _ => untold("a choice of tools of an unknown form"),
    }
}

fn message<'d>(said: &mut Conversation<'d>, message: Value<'d>) -> Told<()> {
    let content = set(message, "content").map_or(Ok(Vec::new()), |content| PARTS.texts(content))?;
    let role = word(message, "role");
    if role != "tool" && set(message, "name").is_some_and(says_something) {
        return untold("a name of who speaks");
    }
    let texts = |texts: Vec<Text<'d>>| texts.into_iter().map(Said::Text).collect::<Vec<_>>();
    match &*role {
        "system" | "developer" => said.push(Who::System, texts(content)),
        "user" => said.push(Who::User, texts(content)),
        "assistant" => {
            let mut all = thoughts(message)?;
            all.extend(texts(content));
            all.extend(rest(message)?);
            said.push(Who::Assistant, all);
        }
        "tool" => {
            let id = string_at(message, "tool_call_id")?;
            let result = Said::Result { id, texts: content };
            said.push(Who::User, vec![result]);
        }
        _ => return untold("a message of an unknown role"),
    }
    Ok(())
}

/// What the model thought, under either name.
fn thoughts(message: Value<'_>) -> Told<Vec<Said<'_>>> {
    let names = ["reasoning_content", "reasoning"];
    let told = names.iter().find_map(|name| set(message, name));
    let told = told.filter(|told| says_something(*told));
    told.map(|told| Ok(Said::Thought(string(told)?)))
        .into_iter()
        .collect()
}

/// What an assistant's message has beside its content.
fn rest(message: Value<'_>) -> Told<Vec<Said<'_>>> {
    for (name, what) in [
        ("prefix", "an answer that is begun"),
        ("audio", "a sound"),
        ("function_call", "`function_call`"),
    ] {
        if message.get(name).is_some_and(says_something) {
            return untold(what);
        }
    }
    let mut rest = Vec::new();
    if let Some(refusal) = optional(message, "refusal")?.filter(|text| !text.is_empty()) {
        rest.push(Said::Text(refusal));
    }
    if let Some(calls) = set(message, "tool_calls") {
        for one in elements(calls)? {
            rest.push(call(one)?);
        }
    }
    Ok(rest)
}

fn call(call: Value<'_>) -> Told<Said<'_>> {
    let kind = word(call, "type");
    let (true, Some(function)) = (matches!(&*kind, "function" | ""), set(call, "function")) else {
        return untold("a call of a tool with free input");
    };
    Ok(Said::Call {
        id: string_at(call, "id")?,
        name: string_at(function, "name")?,
        arguments: match set(function, "arguments") {
            // As some servers write them.
            Some(arguments) if arguments.kind() == Kind::Object => arguments.raw().into(),
            Some(arguments) => string(arguments)?,
            None => Text::default(),
        },
    })
}
