//! Restores one reply: every channel of every choice, whole or event by event.

use crate::base::Span;
use crate::policy::Policy;
use crate::protocol::{
    Channel, Edit, Field, Format, Held, Reply, ReplyPart, SseEvent, Usage, splice,
};
use crate::restore::{Originals, Shifts, Surroundings};
use crate::review::{MadeUp, Rules};
use bytes::{Bytes, BytesMut};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::faults::{GOES_BACK, MALFORMED, TOO_MANY, TWO_ITEMS, TWO_NAMES};
use super::joins::{Joins, Told};
use super::origins::Origins;
use super::reviewing::MadeUpTally;
use super::service::StreamFault;
use super::terms::Terms;
use super::voice::{Voice, check_arguments};

/// Most choices and tool calls, with their fields, that a reply may have.
const MOST_CHANNELS: usize = 1_024;

/// What was seen of a reply; goes into its audit entry.
#[derive(Debug, Clone, Default)]
pub(super) struct Tally {
    /// Model tokens as the destination counts them.
    pub(super) usage: Option<Usage>,
    /// Originals put back.
    pub(super) restored: u32,
    /// Words in the form of a surrogate that this request did not issue.
    pub(super) unknown: u32,
    /// Values that the model made up.
    pub(super) made_up: MadeUpTally,
}

/// Restores the channels of one reply.
pub(super) struct ReplyRestorer {
    terms: Terms,
    channels: BTreeMap<Channel, Voice>,
    joins: Joins,
    /// Ids of items, where events name them.
    origins: Origins,
    last: Option<Reply>,
    /// The number of the last event, where the format numbers them.
    sequence: Option<u64>,
    /// How many events of our own went out: the numbers of all after them move.
    added: u64,
    usage: Option<Usage>,
    restored: u32,
    unknown: u32,
    made_up: MadeUp,
}

impl ReplyRestorer {
    /// For the reply to one request. `json_output` says that its text was asked for as JSON.
    pub(super) fn new(originals: Originals, policy: Arc<Policy>, json_output: bool) -> Self {
        let terms = Terms {
            originals,
            policy,
            json_output,
            review: None,
            tools: BTreeMap::new(),
        };
        Self {
            terms,
            channels: BTreeMap::new(),
            joins: Joins::default(),
            origins: Origins::default(),
            last: None,
            sequence: None,
            added: 0,
            usage: None,
            restored: 0,
            unknown: 0,
            made_up: MadeUp::default(),
        }
    }

    /// The same, with what counts as made up by the model.
    #[must_use]
    pub(super) fn reviewed(mut self, rules: Option<Rules>) -> Self {
        self.terms.review = rules;
        self
    }

    /// How much work a text of so many bytes is, in bytes that are only restored.
    pub(super) fn work_bytes(&self, bytes: usize) -> usize {
        let times = if self.terms.review.is_some() { 16 } else { 1 };
        bytes.saturating_mul(times)
    }

    /// What was seen so far.
    pub(super) fn tally(&self) -> Tally {
        Tally {
            usage: self.usage,
            restored: self.restored,
            unknown: self.unknown,
            made_up: MadeUpTally::of(&self.made_up, self.terms.review.as_ref()),
        }
    }

    /// Restores a whole reply.
    pub(super) fn whole(&mut self, reply: &Reply) -> Result<Bytes, StreamFault> {
        let mut edits = self.edits(reply, |_| true)?;
        if edits.is_empty() {
            return Ok(reply.body().clone());
        }
        splice(reply.body(), &mut edits).map_err(|_| MALFORMED)
    }

    /// Restores one event of a stream and appends what may go on to `out`: byte for byte where nothing changes.
    pub(super) fn event(
        &mut self,
        reply: Reply,
        event: &SseEvent,
        out: &mut BytesMut,
    ) -> Result<(), StreamFault> {
        if let Some((sequence, _)) = reply.sequence() {
            self.sequence = Some(sequence);
        }
        self.begin(&reply, out)?;
        self.place(&reply)?;
        self.turn(&reply, out)?;
        let mut edits = self.edits(&reply, |channel| reply.ends(channel))?;
        if reply.ends_some() {
            let here: BTreeSet<Channel> = reply
                .parts()
                .iter()
                .filter(|part| !part.whole)
                .map(|part| part.channel)
                .collect();
            self.flush(
                &reply,
                |channel| reply.ends(channel) && !here.contains(&channel),
                out,
            )?;
        }
        edits.extend(self.renumbered(&reply));
        if reply.is_dropped() && self.terms.changes() {
            // It tells only of the text as it came.
        } else if edits.is_empty() {
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

    /// Which items the event is about.
    fn place(&mut self, reply: &Reply) -> Result<(), StreamFault> {
        let agree = self.origins.agree(reply);
        let mut fields = reply.parts().iter().map(|part| part.channel.field);
        if !agree && !self.terms.originals.is_empty() && fields.any(Field::is_of_tool) {
            return Err(TWO_ITEMS);
        }
        if self.origins.len() > MOST_CHANNELS {
            return Err(TOO_MANY);
        }
        Ok(())
    }

    /// Items that begin under a number that was another's.
    fn begin(&mut self, reply: &Reply, out: &mut BytesMut) -> Result<(), StreamFault> {
        for item in reply.begun() {
            self.flush_item(reply, *item, out)?;
            let known = self.channels.range(Channel::first(*item)..);
            let gone = known.map(|(channel, _)| *channel);
            let gone: Vec<_> = gone.take_while(|gone| gone.item == *item).collect();
            for channel in gone {
                if let Some(restorer) = self.channels.remove(&channel) {
                    self.joins.dropped(channel, || restorer.surroundings());
                }
            }
            self.joins.anew(*item);
            self.origins.anew(*item);
            let known = self.terms.tools.range((*item, 0)..=(*item, u32::MAX));
            let gone: Vec<_> = known.map(|(tool, _)| *tool).collect();
            for tool in gone {
                self.terms.tools.remove(&tool);
            }
        }
        Ok(())
    }

    /// Where the answer begins, the reasoning before it is over: what is held back of it to be read goes out first.
    fn turn(&mut self, reply: &Reply, out: &mut BytesMut) -> Result<(), StreamFault> {
        if self.terms.review.is_none() {
            return Ok(());
        }
        for part in reply.parts() {
            let channel = part.channel;
            let begins = channel.field == Field::Content && !self.channels.contains_key(&channel);
            if !begins || part.text(reply.body()).is_empty() {
                continue;
            }
            for field in [Field::Reasoning, Field::ReasoningPlain] {
                let channel = Channel { field, ..channel };
                if let Some(voice) = self.channels.get_mut(&channel) {
                    let mut rest = String::new();
                    let before = voice.restored();
                    voice.settle(&mut rest, &mut self.made_up)?;
                    self.restored += voice.restored() - before;
                    self.send_held(reply, channel, &rest, out);
                }
            }
        }
        Ok(())
    }

    /// The number that this event gets behind those of our own.
    fn renumbered(&self, reply: &Reply) -> Option<Edit> {
        let (sequence, span) = reply.sequence().filter(|_| self.added > 0)?;
        Some(Edit {
            span,
            replacement: sequence.saturating_add(self.added).to_string(),
        })
    }

    /// Edits of the parts that change. A channel that `ended` says is over gives up what it holds back.
    fn edits(
        &mut self,
        reply: &Reply,
        ended: impl Fn(Channel) -> bool,
    ) -> Result<Vec<Edit>, StreamFault> {
        if let Some(usage) = reply.usage() {
            self.usage = Some(grown(self.usage.unwrap_or_default(), usage));
        }
        self.joins
            .choices(matches!(reply.format(), Format::Chat | Format::Completions));
        self.learn_tool_names(reply)?;
        let mut edits = self.drop_untrue(reply);
        let (mut shifts, mut told) = (BTreeMap::new(), Told::default());
        for part in reply.parts() {
            let text = part.text(reply.body());
            let whole = if part.whole {
                let (whole, moved) = self.restored_at_once(part, &text, &mut told)?;
                if !reply.offsets().is_empty() {
                    shifts.insert(part.channel, moved);
                }
                whole
            } else {
                self.restored(part.channel, &text, ended(part.channel))?
            };
            if whole != text {
                edits.push(part.replace(&whole));
            }
        }
        edits.extend(self.moved(reply, &shifts));
        Ok(edits)
    }

    /// Places in texts, where they stand after restoring.
    fn moved(&self, reply: &Reply, shifts: &BTreeMap<Channel, Shifts>) -> Vec<Edit> {
        let offsets = reply.offsets().iter();
        let moved = offsets.filter_map(|offset| {
            let streamed = || self.channels.get(&offset.channel).map(Voice::shifts);
            let to = shifts
                .get(&offset.channel)
                .or_else(streamed)?
                .moved(offset.at);
            (to != offset.at).then(|| Edit {
                span: offset.span,
                replacement: to.to_string(),
            })
        });
        moved.collect()
    }

    /// A text that is complete in itself, restored.
    fn restored_at_once(
        &mut self,
        part: &ReplyPart,
        text: &str,
        told: &mut Told,
    ) -> Result<(String, Shifts), StreamFault> {
        let mut whole = String::with_capacity(text.len());
        let mut once = self.terms.voice(part.channel, part.is_raw());
        let start = match text {
            "" => None,
            _ => self.start_told(part.channel, told)?,
        };
        if let Some(start) = &start {
            once = once.after(start.clone());
        }
        once.push(text, &mut whole, &mut self.made_up)?;
        once.finish(&mut whole, &mut self.made_up)?;
        self.restored += once.restored();
        self.unknown += once.unknown();
        check_arguments(part.channel, &once)?;
        if let Some(start) = start {
            self.joins
                .told(part.channel, start, once.surroundings(), told);
        }
        Ok((whole, once.into_shifts()))
    }

    /// The surroundings in which a text begins that is told at once.
    fn start_told(
        &self,
        channel: Channel,
        told: &Told,
    ) -> Result<Option<Surroundings>, StreamFault> {
        if self.terms.originals.is_empty() {
            return Ok(None);
        }
        let start = self.joins.begin_told(channel, self.before(channel), told);
        if start.is_some() && !channel.is_told_again() && !self.joins.knows(channel) {
            if self.joins.goes_back(channel) {
                return Err(GOES_BACK);
            }
            if self.joins.len() >= MOST_CHANNELS {
                return Err(TOO_MANY);
            }
        }
        Ok(start)
    }

    /// Where the text stands behind which that one begins.
    fn before(&self, channel: Channel) -> Option<Surroundings> {
        let last = self.channels.get(&self.joins.last(channel)?)?;
        Some(last.surroundings())
    }

    /// Notes that a piece of a channel comes, and opens the channel with the first.
    fn open(&mut self, channel: Channel) -> Result<(), StreamFault> {
        let joins = !self.terms.originals.is_empty();
        if joins && self.joins.goes_back(channel) {
            return Err(GOES_BACK);
        }
        if !self.channels.contains_key(&channel) {
            if self.channels.len() >= MOST_CHANNELS || self.joins.len() >= MOST_CHANNELS {
                return Err(TOO_MANY);
            }
            let mut restorer = self.terms.voice(channel, false);
            if joins && let Some(start) = self.joins.begin(channel, self.before(channel)) {
                restorer = restorer.after(start);
            }
            self.channels.insert(channel, restorer);
        }
        if joins {
            self.joins.wrote(channel);
        }
        Ok(())
    }

    /// The next piece of a channel, restored as far as it may go on.
    fn restored(
        &mut self,
        channel: Channel,
        text: &str,
        ended: bool,
    ) -> Result<String, StreamFault> {
        let mut whole = String::with_capacity(text.len());
        if !text.is_empty() {
            self.open(channel)?;
        }
        let Some(restorer) = self.channels.get_mut(&channel) else {
            return Ok(whole);
        };
        let before = (restorer.restored(), restorer.unknown());
        restorer.push(text, &mut whole, &mut self.made_up)?;
        if ended {
            restorer.finish(&mut whole, &mut self.made_up)?;
        }
        self.restored += restorer.restored() - before.0;
        self.unknown += restorer.unknown() - before.1;
        check_arguments(channel, restorer)?;
        Ok(whole)
    }

    /// Sends out what the channels that `wanted` names hold back, each as an event of its own.
    fn flush(
        &mut self,
        like: &Reply,
        wanted: impl Fn(Channel) -> bool,
        out: &mut BytesMut,
    ) -> Result<(), StreamFault> {
        let known = self.channels.keys().copied();
        let wanted: Vec<_> = known.filter(|channel| wanted(*channel)).collect();
        let mut each = wanted.into_iter();
        each.try_for_each(|channel| self.flush_one(like, channel, out))
    }

    /// The same for the channels of an item.
    fn flush_item(
        &mut self,
        like: &Reply,
        item: u32,
        out: &mut BytesMut,
    ) -> Result<(), StreamFault> {
        let known = self.channels.range(Channel::first(item)..);
        let known = known.map(|(channel, _)| *channel);
        let wanted: Vec<_> = known.take_while(|known| known.item == item).collect();
        let mut each = wanted.into_iter();
        each.try_for_each(|channel| self.flush_one(like, channel, out))
    }

    fn flush_one(
        &mut self,
        like: &Reply,
        channel: Channel,
        out: &mut BytesMut,
    ) -> Result<(), StreamFault> {
        let Some(restorer) = self.channels.get_mut(&channel).filter(|one| one.holds()) else {
            return Ok(());
        };
        let mut rest = String::new();
        let before = (restorer.restored(), restorer.unknown());
        restorer.finish(&mut rest, &mut self.made_up)?;
        self.restored += restorer.restored() - before.0;
        self.unknown += restorer.unknown() - before.1;
        check_arguments(channel, restorer)?;
        self.send_held(like, channel, &rest, out);
        Ok(())
    }

    /// Sends what was held back as an event of its own.
    fn send_held(&mut self, like: &Reply, channel: Channel, text: &str, out: &mut BytesMut) {
        if text.is_empty() {
            return;
        }
        let held = Held {
            channel,
            text,
            origin: self.origins.raw(channel.item),
            sequence: self.sequence.map(|sequence| sequence + self.added),
        };
        let event = like.format().event(like, &held);
        self.added += u64::from(!event.is_empty());
        out.extend_from_slice(&event);
    }

    /// Token probabilities and places in documents are of surrogates and of what the model made up: where there may be any
    /// they go, rather than tell half the truth.
    fn drop_untrue(&self, reply: &Reply) -> Vec<Edit> {
        if !self.terms.changes() {
            return Vec::new();
        }
        let gone = |(span, stands): &(Span, &str)| Edit {
            span: *span,
            replacement: (*stands).to_owned(),
        };
        reply.dropped().iter().map(gone).collect()
    }

    /// What a tool's arguments may hold hangs on its name, so a call keeps the name that it began with.
    fn learn_tool_names(&mut self, reply: &Reply) -> Result<(), StreamFault> {
        for part in reply.parts() {
            if part.channel.field == Field::ToolName {
                let name = part.text(reply.body());
                if name.is_empty() {
                    continue;
                }
                let Channel {
                    item, part: tool, ..
                } = part.channel;
                let call = (item, tool);
                if self.terms.tools.len() >= MOST_CHANNELS && !self.terms.tools.contains_key(&call)
                {
                    return Err(TOO_MANY);
                }
                let known = self.terms.tools.entry(call);
                let first = known.or_insert_with(|| name.as_ref().into());
                if **first != *name {
                    return Err(TWO_NAMES);
                }
            }
        }
        Ok(())
    }
}

/// Counts in a stream only grow, and come in several events.
fn grown(before: Usage, now: Usage) -> Usage {
    Usage {
        prompt: before.prompt.max(now.prompt),
        completion: before.completion.max(now.completion),
        cached: before.cached.max(now.cached),
    }
}

impl std::fmt::Debug for ReplyRestorer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ReplyRestorer")
            .field("channels", &self.channels.len())
            .finish_non_exhaustive()
    }
}
