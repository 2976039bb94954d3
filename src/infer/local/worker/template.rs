//! The model's own chat template, rendered as Hugging Face's `transformers` renders it.
//!
//! Same settings (blocks trimmed and stripped, loop controls, Python's string and dict methods) and the same helpers
//! (`raise_exception`, `strftime_now`, a `tojson` like Python's `json.dumps`), see `apply_chat_template` in its
//! documentation, version 4.57. Messages are marked by a [`Shield`] on their way in.

use super::prompt::Shield;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Enumerator, Kwargs, Object, Value};
use minijinja::{Environment, Error, ErrorKind};
use serde_json::Value as Json;
use std::sync::Arc;

/// Why there is no prompt; holds neither the template's text nor a message's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum TemplateError {
    /// The model file's template is one that we can't read.
    #[error("the model's chat template has an error in line {line}")]
    Source {
        /// Line of the template, from 1; 0 where unknown.
        line: usize,
    },
    /// The template refuses this conversation (`raise_exception`): roles out of order, for instance.
    #[error(
        "the model's chat template refuses this conversation (line {line} of the template); \
         check the order of the roles"
    )]
    Refused {
        /// Line of the template, from 1; 0 where unknown.
        line: usize,
    },
}

/// What a template is given.
#[derive(Debug, Default)]
pub(super) struct Chat {
    /// The messages, each an object with `role` and `content`.
    pub messages: Vec<Json>,
    /// The tools' definitions; none where no tool may be called.
    pub tools: Vec<Json>,
    /// Whether the model should reason first; `None` leaves it to the template.
    pub thinking: Option<bool>,
}

/// A compiled chat template.
#[derive(Debug)]
pub(super) struct ChatTemplate {
    environment: Environment<'static>,
    shield: Shield,
    first: String,
    last: String,
}

const NAME: &str = "chat";

impl ChatTemplate {
    /// Compiles `source`; `first` and `last` are the texts of the tokens that begin and end a prompt, `controls` the names
    /// of all control tokens.
    pub(super) fn new(
        source: String,
        first: String,
        last: String,
        controls: &[String],
    ) -> Result<Self, TemplateError> {
        let mut environment = Environment::new();
        if let Ok(syntax) = SyntaxConfig::builder()
            .trim_blocks(true)
            .lstrip_blocks(true)
            .build()
        {
            environment.set_syntax(syntax);
        }
        environment
            .set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
        environment.add_function("raise_exception", raise_exception);
        environment.add_function("strftime_now", strftime_now);
        environment.add_filter("tojson", tojson);
        environment
            .add_template_owned(NAME, source)
            .map_err(|error| TemplateError::Source {
                line: error.line().unwrap_or_default(),
            })?;
        Ok(Self {
            environment,
            shield: Shield::new(controls),
            first,
            last,
        })
    }

    /// The prompt that the model goes on from. Names of control tokens that stand in messages are marked in it.
    pub(super) fn render(&self, chat: &Chat) -> Result<String, TemplateError> {
        let messages: Vec<Value> = chat.messages.iter().map(|m| self.value(m)).collect();
        let tools: Vec<Value> = chat.tools.iter().map(|tool| self.value(tool)).collect();
        let template = self
            .environment
            .get_template(NAME)
            .map_err(|e| refused(&e))?;
        let tools = if tools.is_empty() {
            Value::from(())
        } else {
            Value::from(tools)
        };
        let mut root = Ordered::default();
        root.put("messages", Value::from(messages));
        root.put("tools", tools);
        root.put("add_generation_prompt", Value::from(true));
        root.put("bos_token", Value::from(self.first.as_str()));
        root.put("eos_token", Value::from(self.last.as_str()));
        if let Some(thinking) = chat.thinking {
            root.put("enable_thinking", Value::from(thinking));
        }
        template
            .render(Value::from_object(root))
            .map_err(|e| refused(&e))
    }

    /// The text of the token that begins a prompt.
    pub(super) fn first(&self) -> &str {
        &self.first
    }

    fn value(&self, json: &Json) -> Value {
        match json {
            Json::Null => Value::from(()),
            Json::Bool(value) => Value::from(*value),
            Json::Number(number) => number
                .as_i64()
                .map(Value::from)
                .or_else(|| number.as_u64().map(Value::from))
                .unwrap_or_else(|| Value::from(number.as_f64().unwrap_or_default())),
            Json::String(text) => Value::from(self.shield.mark(text)),
            Json::Array(items) => items.iter().map(|item| self.value(item)).collect(),
            Json::Object(members) => Value::from_object(Ordered(
                members
                    .iter()
                    .map(|(key, value)| (self.shield.mark(key), self.value(value)))
                    .collect(),
            )),
        }
    }
}

fn refused(error: &Error) -> TemplateError {
    TemplateError::Refused {
        line: error.line().unwrap_or_default(),
    }
}

/// A map that keeps its order, as Python's do: a prompt's bytes must not depend on how keys sort.
#[derive(Debug, Default)]
struct Ordered(Vec<(String, Value)>);

impl Ordered {
    fn put(&mut self, key: &str, value: Value) {
        self.0.push((key.to_owned(), value));
    }
}

impl Object for Ordered {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.get_value_by_str(key.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        self.0
            .iter()
            .find(|(name, _)| name == key)
            .map(|(_, value)| value.clone())
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(
            self.0
                .iter()
                .map(|(name, _)| Value::from(name.as_str()))
                .collect(),
        )
    }
}

fn raise_exception(_message: &str) -> Result<Value, Error> {
    Err(Error::new(
        ErrorKind::InvalidOperation,
        "refused by the template",
    ))
}

/// The time now (UTC) in the template's format.
fn strftime_now(format: &str) -> Result<String, Error> {
    jiff::fmt::strtime::format(format, jiff::Timestamp::now())
        .map_err(|_| Error::new(ErrorKind::InvalidOperation, "unknown time format"))
}

/// Python's `json.dumps(…, ensure_ascii=False)`: spaces after separators, nothing escaped for HTML.
#[expect(
    clippy::needless_pass_by_value,
    reason = "minijinja hands arguments over by value"
)]
fn tojson(value: &Value, options: Kwargs) -> Result<Value, Error> {
    let indent: Option<Value> = options.get("indent")?;
    let json =
        minijinja::filters::tojson(value, indent, Kwargs::from_iter([] as [(&str, Value); 0]))?;
    Ok(Value::from(without_html_escapes(
        json.as_str().unwrap_or_default(),
    )))
}

/// Undoes the four escapes that minijinja adds for HTML; any other escape stays.
fn without_html_escapes(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    let mut rest = json;
    while let Some((before, after)) = rest.split_once('\\') {
        out.push_str(before);
        let plain = [
            ("u003c", '<'),
            ("u003e", '>'),
            ("u0026", '&'),
            ("u0027", '\''),
        ];
        let escape = plain
            .iter()
            .find_map(|&(code, c)| Some((after.strip_prefix(code)?, c)));
        if let Some((tail, plain)) = escape {
            out.push(plain);
            rest = tail;
            continue;
        }
        out.push('\\');
        let mut chars = after.chars();
        out.extend(chars.next());
        rest = chars.as_str();
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const CHATML: &str = "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + \
        message['content'] + '<|im_end|>' + '\n' }}{% endfor %}\
        {% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";

    fn render(source: &str, chat: &Chat) -> Result<String, TemplateError> {
        ChatTemplate::new(
            source.to_owned(),
            "<s>".into(),
            "</s>".into(),
            &["<|im_end|>".into()],
        )?
        .render(chat)
    }

    fn chat(messages: &Json) -> Chat {
        Chat {
            messages: messages.as_array().unwrap().clone(),
            ..Chat::default()
        }
    }

    #[test]
    fn templates_render_as_in_python() {
        let turn = json!([{"role": "user", "content": "hi"}]);
        let both = json!([{"role": "system", "content": "S"}, {"role": "user", "content": "hi"}]);
        for (source, messages, prompt) in [
            (
                CHATML,
                &turn,
                "<|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\n",
            ),
            (
                "{{ bos_token }}{{ messages[0].content }}{{ eos_token }}",
                &turn,
                "<s>hi</s>",
            ),
            ("{% if tools %}T{% else %}-{% endif %}", &turn, "-"),
            (
                "{% if messages[0].tool_calls %}T{% else %}-{% endif %}",
                &turn,
                "-",
            ),
            ("{{ messages[-1]['content'].upper() }}", &both, "HI"),
            (
                "{% for m in messages[1:] %}{{ m.content }}{% endfor %}",
                &both,
                "hi",
            ),
            (
                "{% for m in messages %}{% if loop.first %}{% continue %}{% endif %}{{ m.content }}{% endfor %}",
                &both,
                "hi",
            ),
            (
                "{% set ns = namespace(n=0) %}{% for m in messages %}{% set ns.n = ns.n + 1 %}{% endfor %}{{ ns.n }}",
                &both,
                "2",
            ),
            (
                "{{ 'a</think>b'.split('</think>')[-1].lstrip('\n') }}",
                &turn,
                "b",
            ),
            ("  {% if true %}\nx\n  {% endif %}\ny", &turn, "x\ny"),
            ("{{ strftime_now('%Y') | length }}", &turn, "4"),
            ("{{ messages[0].content is string }}", &turn, "True"),
            ("{{ messages[0] is mapping }}", &turn, "True"),
            ("{{ enable_thinking is defined }}", &turn, "False"),
        ] {
            assert_eq!(
                render(source, &chat(messages)).as_deref(),
                Ok(prompt),
                "{source}"
            );
        }
    }

    #[test]
    fn tools_keep_their_order_and_their_characters() {
        let tool = json!({"zeta": "a<b & 'c' \\u003c \"q\" 身", "alpha": [1, true, null, 1.5]});
        let chat = Chat {
            tools: vec![tool],
            ..Chat::default()
        };
        let expected = r#"{"zeta": "a<b & 'c' \\u003c \"q\" 身", "alpha": [1, true, null, 1.5]}"#;
        for source in [
            "{{ tools[0] | tojson }}",
            "{{ tools[0] | tojson(ensure_ascii=False) }}",
        ] {
            assert_eq!(render(source, &chat).as_deref(), Ok(expected), "{source}");
        }
    }

    #[test]
    fn names_of_control_tokens_in_messages_are_marked() {
        let rendered = render(
            CHATML,
            &chat(&json!([{"role": "user", "content": "x<|im_end|>y"}])),
        );
        let rendered = rendered.unwrap();
        assert!(
            rendered.contains("x\u{fdd0}<|im_end|>\u{fdd1}y<|im_end|>\n"),
            "{rendered}"
        );
    }

    #[test]
    fn errors_name_a_line_and_no_text() {
        let refuse = "\n{{ raise_exception('roles ' + messages[0].content) }}";
        let chat = chat(&json!([{"role": "user", "content": "private"}]));
        let error = render(refuse, &chat).unwrap_err();
        assert_eq!(error, TemplateError::Refused { line: 2 });
        assert!(!error.to_string().contains("private"));
        assert_eq!(
            render("{% if %}", &chat).unwrap_err(),
            TemplateError::Source { line: 1 }
        );
    }

    #[test]
    fn thinking_is_handed_on() {
        let chat = Chat {
            thinking: Some(false),
            ..Chat::default()
        };
        assert_eq!(
            render("{{ enable_thinking }}", &chat).as_deref(),
            Ok("False")
        );
    }
}
