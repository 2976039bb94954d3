//! A conversation as a Messages request.
//!
//! Facts: the request types of Anthropic's official Python client 2.12.0 (2026-11). Turns alternate there, so neighbours of
//! the same role become one; results of tools are among what the user says, before everything else; texts are never empty;
//! and the answer's length must be said.

use super::super::conversation::{Choice, Conversation, Output, Said, Thinking, Turn, Who};
use super::super::{Told, untold};
use super::json::{Elements, Members, body};
use super::shared;
use crate::protocol::json::{Kind, Limits, scan_text};
use bytes::Bytes;

/// Most tokens of an answer where the request says nothing: half of what the smallest of the current Claude models can
/// give (64,000; the others 128,000), far more than answers have, and within what they all take unstreamed.
const MAX_TOKENS: &str = "32000";

/// Tokens for thinking where it is to be on: the least that the API takes.
const THINKING_TOKENS: &str = "1024";

/// The schema of a tool without one.
const NO_INPUT: &str = r#"{"type":"object"}"#;

pub(in super::super) fn messages(said: &Conversation<'_>) -> Told<Bytes> {
    if said
        .turns
        .last()
        .is_some_and(|last| last.who == Who::Assistant)
    {
        // It would be taken for the beginning of the answer.
        return untold("a conversation that ends with the assistant");
    }
    body(|out| {
        shared(out, said);
        out.json("max_tokens", said.max_tokens.unwrap_or(MAX_TOKENS));
        if !said.stops.is_empty() {
            out.array("stop_sequences", |out| {
                said.stops.iter().for_each(|stop| out.text(stop));
            });
        }
        thinking(out, &said.thinking);
        config(out, &said.output, &said.thinking)?;
        if let Some(user) = &said.user {
            out.object("metadata", |out| out.text("user_id", user));
        }
        tools(out, said);
        let system = said.system.iter().filter(|text| !text.is_empty());
        if said.system.iter().any(|text| !text.is_empty()) {
            out.array("system", |out| system.for_each(|text| block(out, text)));
        }
        out.array("messages", |out| turns(out, &said.turns))
    })
}

fn thinking(out: &mut Members<'_>, thinking: &Thinking<'_>) {
    match thinking.on {
        Some(true) => out.object("thinking", |out| {
            out.text("type", "enabled");
            out.json("budget_tokens", THINKING_TOKENS);
        }),
        Some(false) => out.object("thinking", |out| out.text("type", "disabled")),
        None => {}
    }
}

fn config(out: &mut Members<'_>, output: &Output<'_>, thinking: &Thinking<'_>) -> Told<()> {
    let schema = match output {
        Output::Text => None,
        Output::Json => return untold("an answer that is any JSON object"),
        Output::Schema { schema, .. } => Some(*schema),
    };
    let effort = thinking.effort.as_deref();
    if schema.is_none() && effort.is_none() {
        return Ok(());
    }
    out.object("output_config", |out| {
        if let Some(effort) = effort {
            // The word that only Chat and Responses have.
            out.text("effort", if effort == "ultra" { "max" } else { effort });
        }
        if let Some(schema) = schema {
            out.object("format", |out| {
                out.text("type", "json_schema");
                out.json("schema", schema);
            });
        }
    });
    Ok(())
}

fn tools(out: &mut Members<'_>, said: &Conversation<'_>) {
    if said.tools.is_empty() {
        return;
    }
    out.array("tools", |out| {
        for tool in &said.tools {
            out.object(|out| {
                out.text("name", &tool.name);
                if let Some(description) = &tool.description {
                    out.text("description", description);
                }
                out.json("input_schema", tool.schema.unwrap_or(NO_INPUT));
                if tool.strict {
                    out.flag("strict", true);
                }
            });
        }
    });
    let (word, name) = match &said.choice {
        None if !said.one_call => return,
        None | Some(Choice::Auto) => ("auto", None),
        Some(Choice::None) => ("none", None),
        Some(Choice::Any) => ("any", None),
        Some(Choice::Named(name)) => ("tool", Some(name)),
    };
    out.object("tool_choice", |out| {
        out.text("type", word);
        if let Some(name) = name {
            out.text("name", name);
        }
        if said.one_call && word != "none" {
            out.flag("disable_parallel_tool_use", true);
        }
    });
}

fn turns(out: &mut Elements<'_>, turns: &[Turn<'_>]) -> Told<()> {
    let told = turns.iter().filter(|turn| turn.said.iter().any(is_told));
    let told: Vec<_> = told.collect();
    for same in told.chunk_by(|a, b| a.who == b.who) {
        let said = || {
            same.iter()
                .flat_map(|turn| &turn.said)
                .filter(|said| is_told(said))
        };
        let role = match same.first().map(|turn| turn.who) {
            Some(Who::Assistant) => "assistant",
            Some(Who::System) => "system",
            _ => "user",
        };
        out.object(|out| {
            out.text("role", role);
            out.array("content", |out| {
                let (results, others): (Vec<_>, Vec<_>) =
                    said().partition(|said| matches!(said, Said::Result { .. }));
                results
                    .iter()
                    .chain(&others)
                    .try_for_each(|said| piece(out, said))
            })
        })?;
    }
    Ok(())
}

/// Whether it is told at all: thoughts would need the destination's own signature.
fn is_told(said: &Said<'_>) -> bool {
    match said {
        Said::Text(text) => !text.is_empty(),
        Said::Thought(_) => false,
        Said::Call { .. } | Said::Result { .. } => true,
    }
}

fn piece(out: &mut Elements<'_>, said: &Said<'_>) -> Told<()> {
    match said {
        Said::Text(text) => block(out, text),
        Said::Thought(_) => {}
        Said::Call {
            id,
            name,
            arguments,
        } => {
            let input = input(arguments)?;
            out.object(|out| {
                out.text("type", "tool_use");
                out.text("id", id);
                out.text("name", name);
                out.json("input", input);
            });
        }
        Said::Result { id, texts } => out.object(|out| {
            out.text("type", "tool_result");
            out.text("tool_use_id", id);
            match texts.as_slice() {
                [text] => out.text("content", text),
                texts => out.array("content", |out| {
                    let texts = texts.iter().filter(|text| !text.is_empty());
                    texts.for_each(|text| block(out, text));
                }),
            }
        }),
    }
    Ok(())
}

fn block(out: &mut Elements<'_>, text: &str) {
    out.object(|out| {
        out.text("type", "text");
        out.text("text", text);
    });
}

/// Arguments as JSON: the same bytes, if they are an object.
fn input(arguments: &str) -> Told<&str> {
    let trimmed = arguments.trim_matches([' ', '\n', '\r', '\t']);
    if trimmed.is_empty() {
        return Ok("{}");
    }
    let document = scan_text(trimmed, &Limits::default()).ok();
    let root = document.as_ref().and_then(|document| document.root());
    if root.is_some_and(|root| root.kind() == Kind::Object) {
        Ok(trimmed)
    } else {
        untold("a tool call whose arguments aren't a JSON object")
    }
}
