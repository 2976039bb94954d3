//! What apps ask and destinations answer in each format, written as oddly as JSON and event streams allow. Nothing in it
//! is sensitive.

use serde_json::Value;
use std::fmt::Write as _;

use crate::replies::{self, Style};
use crate::surfaces::speak::Speech;
use crate::upstream::{Play, Step};

/// A request to one path.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked {
    pub(super) name: &'static str,
    pub(super) path: &'static str,
    body: &'static str,
    speech: Words,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Words {
    Chat,
    Of(Speech),
    /// Replies that are no text; no streams.
    Numbers(&'static str),
}

const TEXT: &str = "What is the capital of France?";

/// Every format at its path.
pub(super) const ASKED: [Asked; 8] = [
    Asked {
        name: "chat",
        path: "/chat/completions",
        body: "{ \"messages\" :\r\n[{\"role\":\"system\",\"content\":\"Be brief.\"},\n\t{\"content\":\"\\u4f60好! What is the \\/ capital\\tof France?\\r\\n\",\"role\":\"user\"}],\
               \"temperature\":1.0e0,\"stream_options\" : {\"include_usage\":true}, \"other\":{\"b\":[1,-0.5,{\"a\":null}]},\
               \"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"look_up\",\"parameters\":{\"type\":\"object\",\"properties\":{\"город\":{\"type\":\"string\"}}}}}],\
               \"model\":\"deepseek-flash\",\"stream\":STREAM }\n",
        speech: Words::Chat,
    },
    Asked {
        name: "chat with a prefix",
        path: "/beta/chat/completions",
        body: r#"{"model":"deepseek-flash","messages":[{"role":"user","content":"Write code."},{"role":"assistant","content":"```python\n","prefix":true}],"stop":["```"],"stream":STREAM}"#,
        speech: Words::Chat,
    },
    Asked {
        name: "fill in the middle",
        path: "/beta/completions",
        body: "{\"model\":\"deepseek-flash\",\"prompt\":\"def fib(a):\",\n\"suffix\":\"    return fib(a-1) + fib(a-2)\",\"max_tokens\":64,\"stream\": STREAM}",
        speech: Words::Of(Speech::Completions),
    },
    Asked {
        name: "completions",
        path: "/beta/completions",
        body: r#"{"prompt":["The sea is ","Das Meer ist "],"model":"deepseek-flash","echo":false,"stream":STREAM}"#,
        speech: Words::Of(Speech::Completions),
    },
    Asked {
        name: "embeddings",
        path: "/embeddings",
        body: "{\"input\":[\"the sea\",\"海\"] , \"model\":\"deepseek-flash\",\"encoding_format\":\"float\"}",
        speech: Words::Numbers(
            "{\"object\":\"list\",\"data\":[{\"object\":\"embedding\",\"index\":0,\"embedding\":[-0.0123456789,1.5e-07, 0.25]}],\n\"model\":\"m\",\"usage\":{\"prompt_tokens\":2,\"total_tokens\":2}}\n",
        ),
    },
    Asked {
        name: "responses",
        path: "/responses",
        body: r#"{"model":"deepseek-flash","instructions":"Be brief.","input":[{"role":"user","content":[{"type":"input_text","text":"What is the capital of France?"}]}],"store":false,"stream" :STREAM}"#,
        speech: Words::Of(Speech::Responses),
    },
    Asked {
        name: "messages",
        path: "/anthropic/v1/messages",
        body: "{\"model\":\"deepseek-flash\",\"max_tokens\":64,\"system\":[{\"type\":\"text\",\"text\":\"Be brief.\",\"cache_control\":{\"type\":\"ephemeral\"}}],\n \"messages\":[{\"role\":\"user\",\"content\":\"What is the capital of France?\"}],\"stream\":STREAM}",
        speech: Words::Of(Speech::Messages),
    },
    Asked {
        name: "count_tokens",
        path: "/anthropic/v1/messages/count_tokens",
        body: r#"{"model":"deepseek-flash","messages":[{"role":"user","content":"海"}]}"#,
        speech: Words::Numbers("{ \"input_tokens\" : 7 }"),
    },
];

/// The formats, as the configuration calls them.
pub(super) const FORMATS: &str =
    r#"["chat", "completions", "embeddings", "responses", "messages", "count_tokens"]"#;

/// A reply: its name, status line, type and body.
pub(super) type Told = (&'static str, &'static str, &'static str, Vec<u8>);

const JSON: &str = "application/json";
const EVENTS: &str = "text/event-stream; charset=utf-8";

impl Asked {
    /// The body of the request.
    pub(super) fn body(&self, stream: bool) -> String {
        self.body
            .replace("STREAM", if stream { "true" } else { "false" })
    }

    pub(super) fn streams(&self) -> bool {
        !matches!(self.speech, Words::Numbers(_))
    }

    pub(super) fn is_anthropic(&self) -> bool {
        self.path.starts_with("/anthropic")
    }

    /// Replies that come whole.
    pub(super) fn whole(&self) -> Vec<Told> {
        let play = match self.speech {
            Words::Numbers(reply) => return vec![("numbers", "200 OK", JSON, reply.into())],
            Words::Chat => replies::whole(&replies::content(TEXT)),
            Words::Of(speech) => speech.whole(&speech.texts(TEXT)),
        };
        let plain = joined(&play);
        let tree: Value = serde_json::from_slice(&plain).unwrap();
        let mut odd = b"\n\n \n".to_vec();
        odd.extend(
            serde_json::to_string_pretty(&tree)
                .unwrap()
                .replace('\n', "\r\n")
                .bytes(),
        );
        odd.extend(b"\n");
        vec![
            ("plain", "200 OK", JSON, plain),
            (
                "blank lines before it",
                "200 OK",
                "application/json; charset=utf-8",
                odd,
            ),
        ]
    }

    /// Event streams.
    pub(super) fn streams_told(&self) -> Vec<Told> {
        let play = match self.speech {
            Words::Numbers(_) => return Vec::new(),
            Words::Chat => {
                let style = Style {
                    usage: true,
                    ..Style::default()
                };
                replies::streamed(&replies::content(TEXT), style)
            }
            Words::Of(speech) => crate::surfaces::speak::play(
                "text/event-stream",
                speech.events(&speech.texts(TEXT), 3),
            ),
        };
        let plain = joined(&play);
        let odd = |line: &str| odd(std::str::from_utf8(&plain).unwrap(), line).into_bytes();
        vec![
            ("odd, LF", "200 OK", EVENTS, odd("\n")),
            ("odd, CRLF", "200 OK", EVENTS, odd("\r\n")),
            ("plain", "200 OK", "text/event-stream", plain),
        ]
    }

    /// Errors; a good reply follows each, or the destination would be left alone for a while.
    pub(super) fn errors(&self) -> Vec<Told> {
        let statuses = [
            "400 Bad Request",
            "404 Not Found",
            "413 Payload Too Large",
            "422 Unprocessable Entity",
            "429 Too Many Requests",
            "500 Internal Server Error",
            "503 Service Unavailable",
            "529 Overloaded",
        ];
        let body = if self.is_anthropic() {
            "{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded \\u4e86\"},\"request_id\":\"req_1\"}\n"
        } else {
            "{ \"error\":{\"message\":\"can't \\/ do\",\"type\":\"invalid_request_error\",\"param\":null,\"code\":\"invalid_request_error\"}}"
        };
        statuses
            .map(|status| ("error", status, JSON, body.into()))
            .into()
    }
}

fn joined(play: &Play) -> Vec<u8> {
    let sent = play.steps.iter().map(|step| match step {
        Step::Send(bytes) => bytes.to_vec(),
        _ => panic!("a reply without waiting"),
    });
    sent.collect::<Vec<_>>().concat()
}

/// The same stream with comments, data over several lines, fields that nobody reads, and these ends of lines.
fn odd(stream: &str, line: &str) -> String {
    let mut out = String::from(": keep-alive\n\n");
    for (number, event) in stream.split_terminator("\n\n").enumerate() {
        match number % 5 {
            1 => out.push_str(": still here\n"),
            2 => out.push_str("id: 7\nretry: 3000\n"),
            3 => out.push_str(":\n\n\n"),
            _ => {}
        }
        for field in event.lines() {
            let json = field
                .strip_prefix("data: ")
                .filter(|data| data.starts_with('{'));
            match json {
                Some(json) if number % 3 == 1 => {
                    let tree: Value = serde_json::from_str(json).unwrap();
                    for part in serde_json::to_string_pretty(&tree).unwrap().lines() {
                        writeln!(out, "data: {part}").unwrap();
                    }
                }
                Some(json) if number % 3 == 2 => writeln!(out, "data:{json}").unwrap(),
                _ => writeln!(out, "{field}").unwrap(),
            }
        }
        out.push('\n');
    }
    out.replace('\n', line)
}
