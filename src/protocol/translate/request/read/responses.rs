//! A Responses request as a conversation.

use super::super::conversation::{Choice, Conversation, Output, Said, Who};
use super::super::{Told, untold};
use super::{
    Others, Parts, Tool, effort, elements, flag, function, members, number, object, optional,
    says_something, set, shared, string_at, word,
};
use crate::protocol::json::{Kind, Value};

const OTHERS: Others = Others {
    dropped: &[
        "max_tool_calls",
        "metadata",
        "prompt_cache_key",
        "prompt_cache_options",
        "prompt_cache_retention",
        "safety_identifier",
        "service_tier",
        "store",
        "stream_options",
        "truncation",
        "user",
    ],
    untold: &[
        ("background", KEPT),
        ("conversation", KEPT),
        ("moderation", "`moderation`"),
        ("previous_response_id", KEPT),
        ("prompt", KEPT),
        ("top_logprobs", "`top_logprobs`"),
    ],
};

const KEPT: &str = "something that is kept at the destination";

const PARTS: Parts = Parts {
    texts: &[
        ("input_text", "text"),
        ("output_text", "text"),
        ("text", "text"),
        ("refusal", "refusal"),
    ],
    untold: &[
        ("input_image", "an image"),
        ("input_audio", "a sound"),
        ("input_file", "a file"),
        ("computer_screenshot", "an image"),
    ],
};

/// Parts of thoughts.
const THOUGHTS: Parts = Parts {
    texts: &[
        ("reasoning_text", "text"),
        ("summary_text", "text"),
        ("text", "text"),
    ],
    untold: &[],
};

/// Members that say whom the app speaks for; the first counts.
const USERS: [&str; 2] = ["user", "safety_identifier"];

pub(in super::super) fn responses(root: Value<'_>) -> Told<Conversation<'_>> {
    let mut said = Conversation {
        user: USERS.iter().find_map(|name| set(root, name)?.string()),
        system: optional(root, "instructions")?.into_iter().collect(),
        ..Conversation::default()
    };
    for (name, value) in members(root) {
        if shared(&mut said, &name, value)? {
            continue;
        }
        match &*name {
            "instructions" => {}
            "input" if value.kind() == Kind::String => {
                said.push(Who::User, vec![Said::Text(value.text())]);
            }
            "input" => elements(value)?.try_for_each(|one| item(&mut said, one))?,
            "tools" => {
                let tools: Told<_> = elements(value)?.map(tool).collect();
                said.tools = tools?;
            }
            "tool_choice" => said.choice = Some(choice(value)?),
            "max_output_tokens" => said.max_tokens = Some(number(value)?),
            "reasoning" => {
                if let Some(word) = set(value, "effort") {
                    effort(&mut said, word)?;
                }
            }
            "text" => {
                if let Some(format) = set(value, "format") {
                    said.output = output(format)?;
                }
            }
            "include" => include(value)?,
            _ => OTHERS.judge(&name, value)?,
        }
    }
    Ok(said)
}

/// What else the answer is to hold; what the provider seals for itself is not missed.
fn include(value: Value<'_>) -> Told<()> {
    let mut wanted = elements(value)?;
    if wanted.any(|one| one.is("message.output_text.logprobs")) {
        return untold("log probabilities");
    }
    Ok(())
}

fn output(format: Value<'_>) -> Told<Output<'_>> {
    match &*word(format, "type") {
        "text" => Ok(Output::Text),
        "json_object" => Ok(Output::Json),
        "json_schema" => {
            let Some(schema) = set(format, "schema") else {
                return untold("a schema that is missing");
            };
            Ok(Output::Schema {
                name: optional(format, "name")?,
                description: optional(format, "description")?,
                schema: object(schema)?.raw(),
                strict: set(format, "strict").map_or(Ok(false), flag)?,
            })
        }
        _ => untold("an answer of an unknown form"),
    }
}

fn tool(tool: Value<'_>) -> Told<Tool<'_>> {
    match &*word(tool, "type") {
        "function" => function(tool, "parameters"),
        "custom" => untold("a tool with free input"),
        _ => untold("a tool of the provider"),
    }
}

fn choice(choice: Value<'_>) -> Told<Choice<'_>> {
    match (&*word(choice, "type"), choice.string().as_deref()) {
        ("function", _) => Ok(Choice::Named(string_at(choice, "name")?)),
        (_, Some("auto")) => Ok(Choice::Auto),
        (_, Some("none")) => Ok(Choice::None),
        (_, Some("required")) => Ok(Choice::Any),
        _ => untold("a choice among some of the tools"),
    }
}

fn item<'d>(said: &mut Conversation<'d>, item: Value<'d>) -> Told<()> {
    match &*word(item, "type") {
        "message" | "" => message(said, item)?,
        "reasoning" => said.join(Who::Assistant, thoughts(item)?),
        "function_call" => {
            if set(item, "namespace").is_some_and(says_something) {
                return untold("a tool of the provider");
            }
            let call = Said::Call {
                id: string_at(item, "call_id")?,
                name: string_at(item, "name")?,
                arguments: string_at(item, "arguments")?,
            };
            said.join(Who::Assistant, vec![call]);
        }
        "function_call_output" => {
            let output = set(item, "output").map_or(Ok(Vec::new()), |told| PARTS.texts(told))?;
            let result = Said::Result {
                id: string_at(item, "call_id")?,
                texts: output,
            };
            said.join(Who::User, vec![result]);
        }
        "custom_tool_call" | "custom_tool_call_output" => return untold("a tool with free input"),
        _ => return untold("a tool of the provider"),
    }
    Ok(())
}

/// What the model thought, else its summary. What is sealed is for the provider alone.
fn thoughts(item: Value<'_>) -> Told<Vec<Said<'_>>> {
    let told = ["content", "summary"].iter().find_map(|name| {
        let told = set(item, name)?;
        says_something(told).then_some(told)
    });
    let texts = told.map_or(Ok(Vec::new()), |told| THOUGHTS.texts(told))?;
    Ok(texts.into_iter().map(Said::Thought).collect())
}

fn message<'d>(said: &mut Conversation<'d>, message: Value<'d>) -> Told<()> {
    let content = set(message, "content").map_or(Ok(Vec::new()), |content| PARTS.texts(content))?;
    let texts = content.into_iter().map(Said::Text).collect();
    match &*word(message, "role") {
        "system" | "developer" => said.push(Who::System, texts),
        "user" => said.push(Who::User, texts),
        "assistant" => said.join(Who::Assistant, texts),
        _ => return untold("a message of an unknown role"),
    }
    Ok(())
}
