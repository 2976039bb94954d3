//! A conversation as a Responses request.
//!
//! Facts: `OpenAI`'s `OpenAPI` description 2.3.0 (2026-08-21). A destination must keep nothing, so `store` is false;
//! a tool is taken for strict there unless the request says otherwise.

use super::super::conversation::{Choice, Conversation, Output, Said, Thinking, Turn, Who};
use super::super::{Told, untold};
use super::json::{Elements, Members, body};
use super::{schema, shared};
use bytes::Bytes;

/// How much the model thinks where it is to think and nobody says how much: the API's own default (2026-08).
const EFFORT: &str = "medium";

pub(in super::super) fn responses(said: &Conversation<'_>) -> Told<Bytes> {
    if !said.stops.is_empty() {
        return untold("a stop string");
    }
    body(|out| {
        shared(out, said);
        out.flag("store", false);
        out.optional("max_output_tokens", said.max_tokens);
        thinking(out, &said.thinking);
        output(out, &said.output);
        if let Some(user) = &said.user {
            out.text("user", user);
        }
        tools(out, said);
        if !said.system.is_empty() {
            out.text("instructions", &said.system.join("\n\n"));
        }
        out.array("input", |out| {
            said.turns.iter().for_each(|turn| items(out, turn));
        });
        Ok(())
    })
}

fn thinking(out: &mut Members<'_>, thinking: &Thinking<'_>) {
    let effort = match (thinking.on, &thinking.effort) {
        (Some(false), _) => "none",
        (_, Some(effort)) => effort,
        (Some(true), None) => EFFORT,
        (None, None) => return,
    };
    out.object("reasoning", |out| out.text("effort", effort));
}

fn output(out: &mut Members<'_>, output: &Output<'_>) {
    let mut format = |write: &dyn Fn(&mut Members<'_>)| {
        out.object("text", |out| out.object("format", |out| write(out)));
    };
    match output {
        Output::Text => {}
        Output::Json => format(&|out| out.text("type", "json_object")),
        Output::Schema { .. } => format(&|out| {
            out.text("type", "json_schema");
            schema(out, output);
        }),
    }
}

fn tools(out: &mut Members<'_>, said: &Conversation<'_>) {
    if said.tools.is_empty() {
        return;
    }
    out.array("tools", |out| {
        for tool in &said.tools {
            out.object(|out| {
                out.text("type", "function");
                out.text("name", &tool.name);
                if let Some(description) = &tool.description {
                    out.text("description", description);
                }
                out.json("parameters", tool.schema.unwrap_or("null"));
                out.flag("strict", tool.strict);
            });
        }
    });
    match &said.choice {
        None => {}
        Some(Choice::Auto) => out.text("tool_choice", "auto"),
        Some(Choice::None) => out.text("tool_choice", "none"),
        Some(Choice::Any) => out.text("tool_choice", "required"),
        Some(Choice::Named(name)) => out.object("tool_choice", |out| {
            out.text("type", "function");
            out.text("name", name);
        }),
    }
    if said.one_call {
        out.flag("parallel_tool_calls", false);
    }
}

/// Calls and results are items of their own, between messages.
fn items(out: &mut Elements<'_>, turn: &Turn<'_>) {
    for said in &turn.said {
        match said {
            Said::Call {
                id,
                name,
                arguments,
            } => out.object(|out| {
                out.text("type", "function_call");
                out.text("call_id", id);
                out.text("name", name);
                out.text("arguments", arguments);
            }),
            Said::Result { id, texts } => out.object(|out| {
                out.text("type", "function_call_output");
                out.text("call_id", id);
                out.text("output", &texts.join("\n"));
            }),
            Said::Text(text) => out.object(|out| {
                out.text("role", role(turn.who));
                out.text("content", text);
            }),
            // Only a destination's own thoughts come back to it, with its seal.
            Said::Thought(_) => {}
        }
    }
}

const fn role(who: Who) -> &'static str {
    match who {
        Who::System => "system",
        Who::User => "user",
        Who::Assistant => "assistant",
    }
}
