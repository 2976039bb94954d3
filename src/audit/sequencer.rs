//! Gives entries their place: number, previous hash, leaf hash, the subtrees that they complete.

use super::object::write_number;
use super::tree::{Edge, Hash, leaf_hash};
use crate::store::Sequencer;
use data_encoding::HEXLOWER;
use parking_lot::Mutex;
use std::sync::Arc;

/// Version of the form of entries.
pub(super) const VERSION: u32 = 1;

/// What the first entry has as previous hash.
pub(super) const NO_PREVIOUS: Hash = [0; 32];

/// Where the log ends.
#[derive(Debug, Clone)]
pub(super) struct End {
    pub(super) edge: Edge,
    /// Leaf hash of the last entry.
    pub(super) previous: Hash,
}

impl Default for End {
    fn default() -> Self {
        Self {
            edge: Edge::default(),
            previous: NO_PREVIOUS,
        }
    }
}

impl End {
    /// Adds an entry's bytes; `hashes` gets what is stored with it.
    pub(super) fn push(&mut self, bytes: &[u8], hashes: &mut Vec<u8>) {
        self.push_leaf(leaf_hash(bytes), hashes);
    }

    /// As [`End::push`], of an entry whose leaf hash is known.
    pub(super) fn push_leaf(&mut self, leaf: Hash, hashes: &mut Vec<u8>) {
        self.edge.push(leaf, |hash| hashes.extend_from_slice(hash));
        self.previous = leaf;
    }

    fn copy_from(&mut self, other: &Self) {
        self.edge.copy_from(&other.edge);
        self.previous = other.previous;
    }
}

/// The sequencer of one node's log.
pub(super) struct Places {
    /// `{"v":1,"node":"…","sequence":`
    head: Vec<u8>,
    end: End,
    /// What is on disk; those who sign checkpoints look here.
    committed: Arc<Mutex<End>>,
}

impl Places {
    /// Goes on after `committed`. The node's name was checked: it needs no escape in JSON.
    pub(super) fn new(node: &str, committed: Arc<Mutex<End>>) -> Self {
        let head = format!(r#"{{"v":{VERSION},"node":"{node}","sequence":"#).into_bytes();
        let end = committed.lock().clone();
        Self {
            head,
            end,
            committed,
        }
    }
}

impl Sequencer for Places {
    fn next(&mut self, body: &[u8], bytes: &mut Vec<u8>, hashes: &mut Vec<u8>) -> u64 {
        let sequence = self.end.edge.size();
        let mut hex = [0; 64];
        HEXLOWER.encode_mut(&self.end.previous, &mut hex);
        bytes.extend_from_slice(&self.head);
        write_number(bytes, sequence);
        bytes.extend_from_slice(br#","previous":""#);
        bytes.extend_from_slice(&hex);
        bytes.extend_from_slice(br#"","#);
        bytes.extend_from_slice(body);
        self.end.push(bytes, hashes);
        sequence
    }

    fn committed(&mut self) {
        self.committed.lock().copy_from(&self.end);
    }

    fn rolled_back(&mut self) {
        self.end.copy_from(&self.committed.lock());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(places: &mut Places, body: &str) -> (u64, String, Vec<u8>) {
        let (mut bytes, mut hashes) = (Vec::new(), Vec::new());
        let sequence = places.next(body.as_bytes(), &mut bytes, &mut hashes);
        (sequence, String::from_utf8(bytes).unwrap(), hashes)
    }

    #[test]
    fn entries_are_chained_and_a_roll_back_gives_their_places_again() {
        let committed = Arc::new(Mutex::new(End::default()));
        let mut places = Places::new("gw", Arc::clone(&committed));
        let zeros = "0".repeat(64);
        let (sequence, first, hashes) = next(&mut places, r#""time":1}"#);
        let expected =
            format!(r#"{{"v":1,"node":"gw","sequence":0,"previous":"{zeros}","time":1}}"#);
        assert_eq!((sequence, &first), (0, &expected));
        assert_eq!(hashes, leaf_hash(first.as_bytes()));
        places.committed();

        let lost = next(&mut places, r#""time":2}"#);
        assert_eq!((lost.0, lost.2.len()), (1, 64));
        next(&mut places, r#""time":3}"#);
        places.rolled_back();
        assert_eq!(committed.lock().edge.size(), 1);
        let (sequence, second, _) = next(&mut places, r#""time":4}"#);
        let previous = HEXLOWER.encode(&leaf_hash(first.as_bytes()));
        assert_eq!(sequence, 1);
        assert!(second.contains(&format!(r#""sequence":1,"previous":"{previous}","time":4"#)));
    }
}
