//! Restores one reply: every channel of every choice, whole or event by event.

use crate::base::EntityType;
use crate::policy::Policy;
use crate::protocol::{Channel, ChatReply, Edit, Field, SseEvent, Usage, splice, synthetic_chunk};
use crate::restore::{Originals, Permission, Restorer, Sink};
use bytes::{Bytes, BytesMut};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::service::StreamFault;

/// The reply could not be put together again.
const MALFORMED: StreamFault = StreamFault::new(
    "reply_malformed",
    "the destination's reply is not what its API promises; try again",
);

/// The reply repeats surrogates out of all proportion.
const TOO_MUCH: StreamFault = StreamFault::new(
    "restore_limit",
    "the reply repeats protected values out of all proportion and was stopped",
);

/// A tool would have been called with a value that nobody sent.
const UNKNOWN_SURROGATE: StreamFault = StreamFault::new(
    "unknown_surrogate",
    "the model put a value into a tool call that stands for nothing in this request; try again",
);

/// The reply opens channels without end.
const TOO_MANY: StreamFault = StreamFault::new(
    "reply_malformed",
    "the reply has more choices and tool calls than any reply has; it was stopped",
);

/// A tool call changes its name on the way, or two calls pass for one.
const TWO_NAMES: StreamFault = StreamFault::new(
    "reply_malformed",
    "the reply gives one tool call two names; it was stopped",
);

/// Most choices and tool calls, with their fields, that a reply may have.
const MOST_CHANNELS: usize = 1_024;

/// What was seen of a reply; goes into its audit entry.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Tally {
    /// Model tokens as the destination counts them.
    pub(super) usage: Option<Usage>,
    /// Originals put back.
    pub(super) restored: u32,
    /// Words in the form of a surrogate that this request did not issue.
    pub(super) unknown: u32,
}

/// Restores the channels of one reply.
pub(super) struct ReplyRestorer {
    terms: Terms,
    channels: BTreeMap<Channel, Restorer>,
    last: Option<ChatReply>,
    usage: Option<Usage>,
    restored: u32,
    unknown: u32,
}

/// On what terms a channel is restored.
struct Terms {
    originals: Originals,
    policy: Arc<Policy>,
    json_output: bool,
    /// Names of the tools that the reply calls, by choice and the tool's index.
    tools: BTreeMap<(u32, u32), Arc<str>>,
}

impl ReplyRestorer {
    /// For the reply to one request. `json_output` says that its text was asked for as JSON.
    pub(super) fn new(originals: Originals, policy: Arc<Policy>, json_output: bool) -> Self {
        let terms = Terms {
            originals,
            policy,
            json_output,
            tools: BTreeMap::new(),
        };
        Self {
            terms,
            channels: BTreeMap::new(),
            last: None,
            usage: None,
            restored: 0,
            unknown: 0,
        }
    }

    /// What was seen so far.
    pub(super) fn tally(&self) -> Tally {
        Tally {
            usage: self.usage,
            restored: self.restored,
            unknown: self.unknown,
        }
    }

    /// Restores a whole reply.
    pub(super) fn whole(&mut self, reply: &ChatReply) -> Result<Bytes, StreamFault> {
        let mut edits = self.edits(reply, |_| true)?;
        splice(reply.body(), &mut edits).map_err(|_| MALFORMED)
    }

    /// Restores one event of a stream and appends what may go on to `out`: byte for byte where nothing changes.
    pub(super) fn event(
        &mut self,
        reply: ChatReply,
        event: &SseEvent,
        out: &mut BytesMut,
    ) -> Result<(), StreamFault> {
        let ended = |channel: Channel| reply.finished().contains(&channel.choice);
        let mut edits = self.edits(&reply, ended)?;
        if !reply.finished().is_empty() {
            let here: BTreeSet<Channel> = reply.parts().iter().map(|part| part.channel).collect();
            self.flush(
                &reply,
                |channel| ended(channel) && !here.contains(&channel),
                out,
            )?;
        }
        if edits.is_empty() {
            out.extend_from_slice(event.raw());
        } else {
            let json = splice(reply.body(), &mut edits).map_err(|_| MALFORMED)?;
            out.extend_from_slice(&event.with_data(&json));
        }
        self.last = Some(reply);
        Ok(())
    }

    /// Ends the stream: what is still held back goes out.
    pub(super) fn end(&mut self, out: &mut BytesMut) -> Result<(), StreamFault> {
        match self.last.take() {
            Some(like) => self.flush(&like, |_| true, out),
            None => Ok(()),
        }
    }

    /// Edits of the parts that change. A channel that `ended` says is over gives up what it holds back.
    fn edits(
        &mut self,
        reply: &ChatReply,
        ended: impl Fn(Channel) -> bool,
    ) -> Result<Vec<Edit>, StreamFault> {
        self.usage = reply.usage().or(self.usage);
        self.learn_tool_names(reply)?;
        let mut edits = self.drop_logprobs(reply);
        for part in reply.parts() {
            let text = part.text(reply.body());
            let whole = self.restored(part.channel, &text, ended(part.channel))?;
            if whole != text {
                edits.push(part.replace(&whole));
            }
        }
        Ok(edits)
    }

    /// The next piece of a channel, restored as far as it may go on.
    fn restored(
        &mut self,
        channel: Channel,
        text: &str,
        ended: bool,
    ) -> Result<String, StreamFault> {
        let mut whole = String::with_capacity(text.len());
        if comes_whole(channel.field) {
            let mut once = self.terms.restorer(channel);
            once.push(text, &mut whole).map_err(|_| TOO_MUCH)?;
            once.finish(&mut whole).map_err(|_| TOO_MUCH)?;
            self.restored += once.restored();
            self.unknown += once.unknown();
            return Ok(whole);
        }
        if self.channels.len() >= MOST_CHANNELS && !self.channels.contains_key(&channel) {
            return Err(TOO_MANY);
        }
        let known = self.channels.entry(channel);
        let restorer = known.or_insert_with(|| self.terms.restorer(channel));
        let before = (restorer.restored(), restorer.unknown());
        restorer.push(text, &mut whole).map_err(|_| TOO_MUCH)?;
        if ended {
            restorer.finish(&mut whole).map_err(|_| TOO_MUCH)?;
        }
        self.restored += restorer.restored() - before.0;
        self.unknown += restorer.unknown() - before.1;
        check_arguments(channel, restorer)?;
        Ok(whole)
    }

    /// Sends out what the channels that `wanted` names hold back, each as an event of its own.
    fn flush(
        &mut self,
        like: &ChatReply,
        wanted: impl Fn(Channel) -> bool,
        out: &mut BytesMut,
    ) -> Result<(), StreamFault> {
        for (channel, restorer) in &mut self.channels {
            if wanted(*channel) {
                let mut rest = String::new();
                restorer.finish(&mut rest).map_err(|_| TOO_MUCH)?;
                check_arguments(*channel, restorer)?;
                if !rest.is_empty() {
                    out.extend_from_slice(&synthetic_chunk(like, *channel, &rest));
                }
            }
        }
        Ok(())
    }

    /// Token probabilities are of surrogates: where any was issued they go, rather than tell half the truth.
    fn drop_logprobs(&self, reply: &ChatReply) -> Vec<Edit> {
        if self.terms.originals.is_empty() {
            return Vec::new();
        }
        let null = |span| Edit {
            span,
            replacement: "null".to_owned(),
        };
        reply
            .logprobs_spans()
            .iter()
            .map(|(_, span)| null(*span))
            .collect()
    }

    /// What a tool's arguments may hold hangs on its name, so a call keeps the name that it began with.
    fn learn_tool_names(&mut self, reply: &ChatReply) -> Result<(), StreamFault> {
        for part in reply.parts() {
            if let Field::ToolName(tool) = part.channel.field {
                let name = part.text(reply.body());
                if name.is_empty() {
                    continue;
                }
                let known = self.terms.tools.entry((part.channel.choice, tool));
                let first = known.or_insert_with(|| name.as_ref().into());
                if **first != *name {
                    return Err(TWO_NAMES);
                }
            }
        }
        Ok(())
    }
}

impl Terms {
    fn restorer(&self, channel: Channel) -> Restorer {
        let json = match channel.field {
            Field::ToolArguments(_) => true,
            Field::Content => self.json_output,
            _ => false,
        };
        let sink = if json { Sink::Json } else { Sink::Text };
        Restorer::new(self.originals.clone(), sink, self.permission(channel))
    }

    fn permission(&self, channel: Channel) -> Permission {
        let policy = Arc::clone(&self.policy);
        match channel.field {
            Field::ToolArguments(tool) | Field::ToolInput(tool) => {
                let name = self
                    .tools
                    .get(&(channel.choice, tool))
                    .cloned()
                    .unwrap_or_default();
                Arc::new(move |entity: EntityType, path: &str| {
                    policy.restore().tool_argument(&name, path, entity)
                })
            }
            Field::Reasoning | Field::ReasoningPlain => {
                Arc::new(move |entity, _| policy.restore().reasoning(entity))
            }
            _ => Arc::new(move |entity, _| policy.restore().reply(entity)),
        }
    }
}

/// Texts that are never continued in a later event.
fn comes_whole(field: Field) -> bool {
    matches!(field, Field::Error | Field::Other | Field::ToolName(_))
}

fn check_arguments(channel: Channel, restorer: &Restorer) -> Result<(), StreamFault> {
    match channel.field {
        Field::ToolArguments(_) | Field::ToolInput(_) if restorer.unknown() > 0 => {
            Err(UNKNOWN_SURROGATE)
        }
        _ => Ok(()),
    }
}

impl std::fmt::Debug for ReplyRestorer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ReplyRestorer")
            .field("channels", &self.channels.len())
            .finish_non_exhaustive()
    }
}
