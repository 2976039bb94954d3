//! A conversation as a Chat request.
//!
//! Facts: `OpenAI`'s `OpenAPI` description 2.3.0 and `DeepSeek`'s pages (2026-10). `DeepSeek` takes results of tools and
//! what the model said as one string each, so texts are joined there; `max_tokens` is the name that every server knows.

use super::super::Told;
use super::super::conversation::{Choice, Conversation, Output, Said, Thinking, Tool, Turn, Who};
use super::json::{Elements, Members, body};
use super::{schema, shared};
use bytes::Bytes;

/// Between texts that Chat takes as one: what the app says first.
const PARAGRAPH: &str = "\n\n";

/// Between texts of the model: inspected one by one, they must not grow into a value that nobody saw.
const LINE: &str = "\n";

pub(in super::super) fn chat(said: &Conversation<'_>) -> Told<Bytes> {
    body(|out| {
        shared(out, said);
        if said.stream {
            // Other formats tell usage unasked.
            out.object("stream_options", |out| out.flag("include_usage", true));
        }
        out.optional("max_tokens", said.max_tokens);
        if !said.stops.is_empty() {
            out.array("stop", |out| {
                said.stops.iter().for_each(|stop| out.text(stop));
            });
        }
        thinking(out, &said.thinking);
        output(out, &said.output);
        if let Some(user) = &said.user {
            out.text("user", user);
        }
        tools(out, said);
        out.array("messages", |out| {
            if !said.system.is_empty() {
                out.object(|out| {
                    out.text("role", "system");
                    out.text("content", &said.system.join(PARAGRAPH));
                });
            }
            said.turns.iter().for_each(|turn| self::turn(out, turn));
        });
        Ok(())
    })
}

fn thinking(out: &mut Members<'_>, thinking: &Thinking<'_>) {
    if let Some(on) = thinking.on {
        let word = if on { "enabled" } else { "disabled" };
        out.object("thinking", |out| out.text("type", word));
    }
    if let Some(effort) = &thinking.effort {
        out.text("reasoning_effort", effort);
    }
}

fn output(out: &mut Members<'_>, output: &Output<'_>) {
    match output {
        Output::Text => {}
        Output::Json => out.object("response_format", |out| out.text("type", "json_object")),
        Output::Schema { .. } => out.object("response_format", |out| {
            out.text("type", "json_schema");
            out.object("json_schema", |out| schema(out, output));
        }),
    }
}

fn tools(out: &mut Members<'_>, said: &Conversation<'_>) {
    if said.tools.is_empty() {
        return;
    }
    let function = |out: &mut Members<'_>, tool: &Tool<'_>| {
        out.text("name", &tool.name);
        if let Some(description) = &tool.description {
            out.text("description", description);
        }
        out.optional("parameters", tool.schema);
        if tool.strict {
            out.flag("strict", true);
        }
    };
    out.array("tools", |out| {
        for tool in &said.tools {
            out.object(|out| {
                out.text("type", "function");
                out.object("function", |out| function(out, tool));
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
            out.object("function", |out| out.text("name", name));
        }),
    }
    if said.one_call {
        out.flag("parallel_tool_calls", false);
    }
}

fn turn(out: &mut Elements<'_>, turn: &Turn<'_>) {
    match turn.who {
        Who::System => out.object(|out| {
            out.text("role", "system");
            out.text("content", &turn.text(PARAGRAPH).unwrap_or_default());
        }),
        Who::User => user(out, turn),
        Who::Assistant => out.object(|out| assistant(out, turn)),
    }
}

/// Results first, each a message of its own: they must follow the calls.
fn user(out: &mut Elements<'_>, turn: &Turn<'_>) {
    for said in &turn.said {
        if let Said::Result { id, texts } = said {
            out.object(|out| {
                out.text("role", "tool");
                out.text("tool_call_id", id);
                out.text("content", &texts.join("\n"));
            });
        }
    }
    let texts = turn.said.iter().filter_map(|said| match said {
        Said::Text(text) => Some(text),
        _ => None,
    });
    let texts: Vec<_> = texts.collect();
    if texts.is_empty() && !turn.said.is_empty() {
        return;
    }
    out.object(|out| {
        out.text("role", "user");
        match texts.as_slice() {
            [] => out.text("content", ""),
            [text] => out.text("content", text),
            texts => out.array("content", |out| {
                for text in texts {
                    out.object(|out| {
                        out.text("type", "text");
                        out.text("text", text);
                    });
                }
            }),
        }
    });
}

fn assistant(out: &mut Members<'_>, turn: &Turn<'_>) {
    let mut thoughts: Vec<&str> = Vec::new();
    let mut calls = Vec::new();
    for said in &turn.said {
        match said {
            Said::Thought(text) => thoughts.push(text),
            Said::Call {
                id,
                name,
                arguments,
            } => calls.push((id, name, arguments)),
            Said::Text(_) | Said::Result { .. } => {}
        }
    }
    out.text("role", "assistant");
    match turn.text(LINE) {
        Some(text) => out.text("content", &text),
        None if calls.is_empty() => out.text("content", ""),
        None => out.json("content", "null"),
    }
    if !thoughts.is_empty() {
        out.text("reasoning_content", &thoughts.join(LINE));
    }
    if calls.is_empty() {
        return;
    }
    out.array("tool_calls", |out| {
        for (id, name, arguments) in calls {
            out.object(|out| {
                out.text("id", id);
                out.text("type", "function");
                out.object("function", |out| {
                    out.text("name", name);
                    out.text("arguments", arguments);
                });
            });
        }
    });
}
