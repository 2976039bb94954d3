//! A Messages request as a conversation.

use super::super::conversation::{Choice, Conversation, Output, Said, Text, Who};
use super::super::{Told, untold};
use super::{
    Others, Parts, Tool, UNKNOWN, effort, elements, flag, function, members, number, object,
    optional, says_something, set, shared, string_at, strings, thinking, word,
};
use crate::protocol::json::{Kind, Value};

const OTHERS: Others = Others {
    dropped: &[
        "anthropic_beta",
        "anthropic_version",
        "cache_control",
        "context_management",
        "diagnostics",
        "metadata",
        "service_tier",
        "top_k",
        "user_profile_id",
        "workspace_id",
    ],
    untold: &[
        ("container", "something that is kept at the destination"),
        // It says where the request may be worked on.
        ("inference_geo", "`inference_geo`"),
        ("mcp_servers", "a tool of the provider"),
    ],
};

const TEXTS: Parts = Parts {
    texts: &[("text", "text")],
    untold: &[("image", "an image")],
};

pub(in super::super) fn messages(root: Value<'_>) -> Told<Conversation<'_>> {
    let metadata = set(root, "metadata").map(|metadata| word(metadata, "user_id"));
    let mut said = Conversation {
        user: metadata.filter(|user| !user.is_empty()),
        system: set(root, "system").map_or(Ok(Vec::new()), |system| TEXTS.texts(system))?,
        ..Conversation::default()
    };
    for (name, value) in members(root) {
        if shared(&mut said, &name, value)? {
            continue;
        }
        match &*name {
            "system" => {}
            "messages" => elements(value)?.try_for_each(|one| message(&mut said, one))?,
            "tools" => {
                let tools: Told<_> = elements(value)?.map(tool).collect();
                said.tools = tools?;
            }
            "tool_choice" => said.choice = Some(choice(&mut said.one_call, value)?),
            "max_tokens" => said.max_tokens = Some(number(value)?),
            "stop_sequences" => said.stops = strings(value)?,
            "thinking" => thinking(&mut said, value),
            "output_config" => config(&mut said, value)?,
            _ => OTHERS.judge(&name, value)?,
        }
    }
    if said
        .turns
        .last()
        .is_some_and(|last| last.who == Who::Assistant)
    {
        return untold("an answer that is begun");
    }
    Ok(said)
}

fn config<'d>(said: &mut Conversation<'d>, value: Value<'d>) -> Told<()> {
    for (name, value) in members(value) {
        match &*name {
            "effort" => effort(said, value)?,
            "format" => said.output = output(value)?,
            _ if says_something(value) => return untold(UNKNOWN),
            _ => {}
        }
    }
    Ok(())
}

fn output(format: Value<'_>) -> Told<Output<'_>> {
    match (&*word(format, "type"), set(format, "schema")) {
        ("json_schema", Some(schema)) => Ok(Output::Schema {
            name: None,
            description: None,
            schema: object(schema)?.raw(),
            // It always binds here.
            strict: true,
        }),
        _ => untold("an answer of an unknown form"),
    }
}

fn tool(tool: Value<'_>) -> Told<Tool<'_>> {
    match &*word(tool, "type") {
        "custom" | "" => function(tool, "input_schema"),
        _ => untold("a tool of the provider"),
    }
}

fn choice<'d>(one_call: &mut bool, choice: Value<'d>) -> Told<Choice<'d>> {
    if let Some(alone) = set(choice, "disable_parallel_tool_use") {
        *one_call = flag(alone)?;
    }
    match &*word(choice, "type") {
        "auto" => Ok(Choice::Auto),
        "none" => Ok(Choice::None),
        "any" => Ok(Choice::Any),
        "tool" => Ok(Choice::Named(string_at(choice, "name")?)),
        _ => untold("a choice of tools of an unknown form"),
    }
}

fn message<'d>(said: &mut Conversation<'d>, message: Value<'d>) -> Told<()> {
    let who = match &*word(message, "role") {
        "user" => Who::User,
        "assistant" => Who::Assistant,
        "system" => Who::System,
        _ => return untold("a message of an unknown role"),
    };
    let mut all = Vec::new();
    match set(message, "content") {
        None => {}
        Some(content) if content.kind() == Kind::String => all.push(Said::Text(content.text())),
        Some(content) => {
            for one in elements(content)? {
                all.extend(block(one)?);
            }
        }
    }
    said.join(who, all);
    Ok(())
}

/// What a block says; nothing where it is sealed for the provider.
fn block(block: Value<'_>) -> Told<Option<Said<'_>>> {
    let said = match &*word(block, "type") {
        "thinking" => Said::Thought(string_at(block, "thinking")?),
        "redacted_thinking" => return Ok(None),
        "tool_use" => Said::Call {
            id: string_at(block, "id")?,
            name: string_at(block, "name")?,
            arguments: match set(block, "input") {
                Some(input) => object(input)?.raw().into(),
                None => "{}".into(),
            },
        },
        "tool_result" => Said::Result {
            id: string_at(block, "tool_use_id")?,
            texts: match set(block, "content") {
                None => Vec::new(),
                Some(content) if content.kind() == Kind::String => vec![content.text()],
                Some(content) => elements(content)?.map(text).collect::<Told<_>>()?,
            },
        },
        _ => Said::Text(text(block)?),
    };
    Ok(Some(said))
}

/// The text of a block that is one, or of a document made of text.
fn text(block: Value<'_>) -> Told<Text<'_>> {
    match &*word(block, "type") {
        "text" => string_at(block, "text"),
        "document" => document(block),
        "image" => untold("an image"),
        "search_result" => untold("a search result"),
        _ => untold("a block of an unknown type, or of a tool of the provider"),
    }
}

/// Title, context and text of a document.
fn document(block: Value<'_>) -> Told<Text<'_>> {
    let cites = set(block, "citations").and_then(|cited| cited.get("enabled"));
    if cites.is_some_and(says_something) {
        return untold("citations");
    }
    let Some(source) = set(block, "source") else {
        return untold("a file");
    };
    let mut texts: Vec<Text<'_>> = Vec::new();
    texts.extend(optional(block, "title")?);
    texts.extend(optional(block, "context")?);
    match (&*word(source, "type"), set(source, "content")) {
        ("text", _) => texts.push(string_at(source, "data")?),
        ("content", Some(content)) => texts.extend(TEXTS.texts(content)?),
        _ => return untold("a file"),
    }
    Ok(texts.join("\n\n").into())
}
