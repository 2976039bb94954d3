//! Remembers where the texts of a reply stand, for clients join them: an address that one text opens is open in the next.
//!
//! Refuses to know how a text is restored; it keeps the surroundings in which texts ended and in which they began.

use crate::protocol::{Channel, Field};
use crate::restore::Surroundings;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// Texts that a client may join: the choice, where choices stand side by side, and which text.
type Family = (u32, Field);

/// Where the texts of one reply stand.
#[derive(Default)]
pub(super) struct Joins {
    /// Items are choices, which nobody joins.
    choices: bool,
    families: BTreeMap<Family, Joined>,
    /// In which surroundings each text began.
    starts: BTreeMap<Channel, Surroundings>,
}

#[derive(Default)]
struct Joined {
    /// The text that was written last, and where its channel is gone, how it ended.
    last: Option<Channel>,
    ended: Surroundings,
    /// The text that was last told at once, and how it ended.
    told: Option<Channel>,
    told_ended: Surroundings,
}

/// What an event knows of texts that it tells again, all from the beginning.
#[derive(Default)]
pub(super) struct Told(BTreeMap<Family, Surroundings>);

impl Joins {
    /// Items are choices or not.
    pub(super) fn choices(&mut self, choices: bool) {
        self.choices = choices;
    }

    /// Whether that text has begun.
    pub(super) fn knows(&self, channel: Channel) -> bool {
        self.starts.contains_key(&channel)
    }

    /// How many beginnings are remembered.
    pub(super) fn len(&self) -> usize {
        self.starts.len()
    }

    /// The texts of that item begin anew.
    pub(super) fn anew(&mut self, item: u32) {
        let known = self.starts.range(Channel::first(item)..);
        let known = known.map(|(channel, _)| *channel);
        let gone: Vec<_> = known.take_while(|known| known.item == item).collect();
        for channel in gone {
            self.starts.remove(&channel);
        }
    }

    /// Whether that text began before one that was written since.
    pub(super) fn goes_back(&self, channel: Channel) -> bool {
        let last = self.family(channel).and_then(|family| {
            let joined = self.families.get(&family)?;
            joined.last
        });
        last.is_some_and(|last| (channel.item, channel.part) < (last.item, last.part))
    }

    /// The text behind which a new one begins, if its channel goes on.
    pub(super) fn last(&self, channel: Channel) -> Option<Channel> {
        self.families.get(&self.family(channel)?)?.last
    }

    /// The surroundings in which a new text begins that comes in pieces; `before` are those of [`Self::last`].
    pub(super) fn begin(
        &mut self,
        channel: Channel,
        before: Option<Surroundings>,
    ) -> Option<Surroundings> {
        let joined = self.families.entry(self.family(channel)?).or_default();
        let before = before.unwrap_or_else(|| joined.ended.clone());
        let start = if joined.told_ended.forbidden() && !before.forbidden() {
            joined.told_ended.clone()
        } else {
            before
        };
        self.starts.entry(channel).or_insert_with(|| start.clone());
        Some(start)
    }

    /// A piece of that text was written.
    pub(super) fn wrote(&mut self, channel: Channel) {
        if let Some(family) = self.family(channel) {
            self.families.entry(family).or_default().last = Some(channel);
        }
    }

    /// The channel is dropped; so it ended.
    pub(super) fn dropped(&mut self, channel: Channel, ended: impl FnOnce() -> Surroundings) {
        if let Some(family) = self.family(channel)
            && let Some(joined) = self.families.get_mut(&family)
            && joined.last == Some(channel)
        {
            joined.ended = ended();
        }
    }

    /// The surroundings in which a text begins that is told at once; `before` are those of [`Self::last`].
    pub(super) fn begin_told(
        &self,
        channel: Channel,
        before: Option<Surroundings>,
        here: &Told,
    ) -> Option<Surroundings> {
        let family = self.family(channel)?;
        if channel.is_told_again() {
            return Some(here.0.get(&family).cloned().unwrap_or_default());
        }
        let joined = self.families.get(&family);
        let told = joined
            .filter(|joined| joined.told.is_some_and(|told| told < channel))
            .map(|joined| &joined.told_ended)
            .filter(|told| told.forbidden());
        let start = told.or_else(|| self.starts.get(&channel)).cloned();
        let ended = || joined.map(|joined| joined.ended.clone());
        start
            .or(before)
            .or_else(ended)
            .or_else(|| Some(Surroundings::default()))
    }

    /// So a text ended that was told at once. A text that nobody has seen before is written by it.
    pub(super) fn told(
        &mut self,
        channel: Channel,
        start: Surroundings,
        end: Surroundings,
        here: &mut Told,
    ) {
        let Some(family) = self.family(channel) else {
            return;
        };
        if channel.is_told_again() {
            here.0.insert(family, end);
            return;
        }
        let joined = self.families.entry(family).or_default();
        if let Entry::Vacant(entry) = self.starts.entry(channel) {
            entry.insert(start);
            joined.last = Some(channel);
            joined.ended = end.clone();
        }
        (joined.told, joined.told_ended) = (Some(channel), end);
    }

    fn family(&self, channel: Channel) -> Option<Family> {
        let field = match channel.field {
            Field::Content | Field::Refusal => Field::Content,
            Field::Reasoning | Field::ReasoningPlain | Field::Summary => channel.field,
            _ => return None,
        };
        Some((if self.choices { channel.item } else { 0 }, field))
    }
}
