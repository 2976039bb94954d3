//! Which item of a streamed reply an event is about, where it says so twice: by a number and by an id.
//!
//! What a tool may see hangs on its name, and the name on the item. A client may go by either, so both must name the same
//! item; the first event that names an item binds the two for as long as it lasts.
//!
//! Refuses to know: texts, policy.

use crate::protocol::Reply;
use std::collections::BTreeMap;

/// The ids of items, in both directions.
#[derive(Debug, Default)]
pub(super) struct Origins {
    /// Raw JSON of the id, by number.
    raw: BTreeMap<u32, String>,
    /// Number, by id.
    items: BTreeMap<String, u32>,
}

impl Origins {
    /// The raw JSON of an item's id, where an event named it.
    pub(super) fn raw(&self, item: u32) -> Option<&str> {
        self.raw.get(&item).map(String::as_str)
    }

    /// How many items are known.
    pub(super) fn len(&self) -> usize {
        self.raw.len()
    }

    /// An item begins under a number that may have been another's.
    pub(super) fn anew(&mut self, item: u32) {
        self.raw.remove(&item);
        self.items.retain(|_, known| *known != item);
    }

    /// Notes what an event says of its item; `false` when it contradicts itself or one before.
    pub(super) fn agree(&mut self, reply: &Reply) -> bool {
        let mut agree = !reply.is_misplaced();
        for (item, raw) in reply.origins() {
            // However it is escaped, it is the same id to a client.
            let id: String = serde_json::from_str(raw).unwrap_or_else(|_| raw.to_owned());
            let number = *self.items.entry(id).or_insert(item);
            let known = self.raw.entry(item).or_insert_with(|| raw.to_owned());
            agree &= number == item && (known == raw || same(known, raw));
        }
        agree
    }
}

fn same(one: &str, other: &str) -> bool {
    let read = |raw| serde_json::from_str::<String>(raw).ok();
    read(one).is_some_and(|one| read(other) == Some(one))
}
