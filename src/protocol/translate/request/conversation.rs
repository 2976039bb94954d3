//! A conversation as all formats mean it: what a reader makes of a body, and a writer tells in its own words.
//!
//! Texts are decoded; values that are JSON of the app (schemas, inputs of tools) are the bytes that came. No `Debug`: it is
//! all text of the app.

use std::borrow::Cow;

/// A text of the app, its escapes undone.
pub(super) type Text<'d> = Cow<'d, str>;

/// Everything that a request asks.
#[derive(Default)]
pub(super) struct Conversation<'d> {
    pub(super) model: Option<Text<'d>>,
    /// What stands before the first turn.
    pub(super) system: Vec<Text<'d>>,
    pub(super) turns: Vec<Turn<'d>>,
    pub(super) tools: Vec<Tool<'d>>,
    pub(super) choice: Option<Choice<'d>>,
    /// At most one tool is to be called at once.
    pub(super) one_call: bool,
    pub(super) output: Output<'d>,
    pub(super) thinking: Thinking<'d>,
    /// Most tokens of the answer, as a JSON number.
    pub(super) max_tokens: Option<&'d str>,
    /// A JSON number.
    pub(super) temperature: Option<&'d str>,
    /// A JSON number.
    pub(super) top_p: Option<&'d str>,
    pub(super) stops: Vec<Text<'d>>,
    pub(super) stream: bool,
    /// Whom the app speaks for.
    pub(super) user: Option<Text<'d>>,
}

/// Who speaks.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Who {
    /// The app, in the middle of the conversation.
    System,
    /// The user; results of tools are among what a user says.
    User,
    /// The model.
    Assistant,
}

/// What one of them says before another does.
pub(super) struct Turn<'d> {
    pub(super) who: Who,
    pub(super) said: Vec<Said<'d>>,
}

/// A piece of a turn.
pub(super) enum Said<'d> {
    Text(Text<'d>),
    /// What the model thought before.
    Thought(Text<'d>),
    /// The model calls a tool.
    Call {
        id: Text<'d>,
        name: Text<'d>,
        /// JSON, if the model wrote it right.
        arguments: Text<'d>,
    },
    /// What a tool gave back.
    Result {
        id: Text<'d>,
        texts: Vec<Text<'d>>,
    },
}

/// A function that the model may call.
pub(super) struct Tool<'d> {
    pub(super) name: Text<'d>,
    pub(super) description: Option<Text<'d>>,
    /// JSON object: the schema of its input.
    pub(super) schema: Option<&'d str>,
    /// The model must keep to the schema.
    pub(super) strict: bool,
}

/// Whether tools are to be called.
pub(super) enum Choice<'d> {
    Auto,
    None,
    /// Some tool.
    Any,
    /// This one.
    Named(Text<'d>),
}

/// The form of the answer.
#[derive(Default)]
pub(super) enum Output<'d> {
    #[default]
    Text,
    /// A JSON object.
    Json,
    /// JSON by a schema.
    Schema {
        name: Option<Text<'d>>,
        description: Option<Text<'d>>,
        /// JSON.
        schema: &'d str,
        strict: bool,
    },
}

/// Whether and how much the model thinks before it answers.
#[derive(Default)]
pub(super) struct Thinking<'d> {
    /// `None` leaves it to the destination.
    pub(super) on: Option<bool>,
    /// A word such as `low`; never `none`, which is `on: Some(false)`.
    pub(super) effort: Option<Text<'d>>,
}

impl<'d> Conversation<'d> {
    /// Adds a turn of its own; what the app says before the first one is no turn.
    pub(super) fn push(&mut self, who: Who, said: Vec<Said<'d>>) {
        if who != Who::System || !self.turns.is_empty() {
            self.turns.push(Turn { who, said });
            return;
        }
        let texts = said.into_iter().filter_map(|said| match said {
            Said::Text(text) => Some(text),
            _ => None,
        });
        self.system.extend(texts);
    }

    /// Adds to the last turn if it is of the same one, else a new turn.
    pub(super) fn join(&mut self, who: Who, said: Vec<Said<'d>>) {
        match self.turns.last_mut() {
            Some(last) if last.who == who => last.said.extend(said),
            _ => self.push(who, said),
        }
    }
}

impl Turn<'_> {
    /// All that is said in words, one text.
    pub(super) fn text(&self, between: &str) -> Option<String> {
        let texts = self.said.iter().filter_map(|said| match said {
            Said::Text(text) => Some(&**text),
            _ => None,
        });
        let texts: Vec<&str> = texts.collect();
        (!texts.is_empty()).then(|| texts.join(between))
    }
}
