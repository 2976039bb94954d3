//! Many strings sought at once, in a table that is cheap to build for one request.
//!
//! An automaton finds faster but takes longer to build than a request may cost. Here every needle enters its
//! first 4-byte grams into a filter; the text is probed at every `stride`th byte, and only where the filter
//! answers are whole needles compared, by hash and one lookup for each needle length that has this
//! gram. So many needles with a common beginning cost no more than one.

use crate::base::Span;
use foldhash::fast::RandomState;
use std::hash::BuildHasher;
use zeroize::Zeroizing;

/// Bytes of a gram, and so of the shortest needle.
const GRAM: usize = 4;
/// Largest distance between two probes.
const MAX_STRIDE: usize = 4;
/// Filter bytes for each gram, so that few of other texts' grams pass.
const SLOTS_PER_GRAM: usize = 64;
/// 32 KiB: the filter stays in the first-level cache.
const MAX_SLOTS: usize = 1 << 15;
/// Bytes of text whose probes pass the filter together or not at all.
const BLOCK: usize = 16;
/// End of a chain.
const NONE: u32 = u32::MAX;

/// One string to seek: a stretch of the common buffer, and what it stands for.
#[derive(Clone, Copy)]
struct Needle {
    start: u32,
    length: u32,
    meaning: u32,
    next: u32,
}

/// Needles of one length that have this gram at this offset.
#[derive(Clone, Copy)]
struct Group {
    gram: u32,
    offset: u32,
    length: u32,
    next: u32,
}

/// Strings to seek, as they are gathered.
#[derive(Default)]
pub(super) struct Sought {
    bytes: Zeroizing<Vec<u8>>,
    needles: Vec<Needle>,
}

impl Sought {
    /// With room for so many strings, and bytes of all of them: what fits is never copied to another place.
    pub(super) fn with_capacity(needles: usize, bytes: usize) -> Self {
        Self {
            bytes: Zeroizing::new(Vec::with_capacity(bytes)),
            needles: Vec::with_capacity(needles),
        }
    }

    /// Adds a string with its meaning. One under four bytes is left out.
    pub(super) fn add(&mut self, needle: &[u8], meaning: u32) {
        self.add_from(meaning, |bytes| bytes.extend_from_slice(needle));
    }

    /// Adds the string that `write` appends.
    pub(super) fn add_from(&mut self, meaning: u32, write: impl FnOnce(&mut Vec<u8>)) {
        let start = self.bytes.len();
        write(&mut self.bytes);
        let length = self.bytes.len() - start;
        if length < GRAM {
            self.bytes.truncate(start);
            return;
        }
        let (start, length) = (start as u32, length as u32);
        self.needles.push(Needle {
            start,
            length,
            meaning,
            next: NONE,
        });
    }
}

/// A set of strings to seek.
pub(super) struct Needles {
    bytes: Zeroizing<Vec<u8>>,
    all: Vec<Needle>,
    hash: RandomState,
    /// First needle of each chain, by the hash of the whole needle.
    wholes: Vec<u32>,
    groups: Vec<Group>,
    /// First group of each chain, by its gram.
    heads: Vec<u32>,
    /// One byte for each hash: 1 where a gram has it.
    filter: Vec<u8>,
    stride: usize,
}

impl Needles {
    /// Of equal strings the one that was added first counts.
    pub(super) fn new(sought: Sought) -> Self {
        let shortest = sought
            .needles
            .iter()
            .map(|n| n.length as usize)
            .min()
            .unwrap_or(GRAM);
        let stride = (shortest + 1 - GRAM).min(MAX_STRIDE);
        let grams = sought.needles.len() * stride;
        let slots = (grams * SLOTS_PER_GRAM).next_power_of_two().min(MAX_SLOTS);
        let mut made = Self {
            wholes: vec![NONE; sought.needles.len().next_power_of_two()],
            groups: Vec::with_capacity(grams),
            heads: vec![NONE; grams.next_power_of_two()],
            filter: vec![0; slots],
            hash: RandomState::default(),
            bytes: sought.bytes,
            all: sought.needles,
            stride,
        };
        for place in 0..made.all.len() {
            made.enter(place);
        }
        made
    }

    /// Whether it seeks nothing.
    pub(super) const fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Calls `hit` once for each place where a needle stands, overlapping ones too, in no strict order.
    pub(super) fn seek(&self, text: &[u8], mut hit: impl FnMut(Span, u32)) {
        if self.is_empty() {
            return;
        }
        let mut from = 0;
        while let Some((at, gram)) = self.next_candidate(text, from) {
            self.compare(text, at, gram, &mut hit);
            from = at + self.stride;
        }
    }

    /// The first probe from `at` on whose gram passes the filter. It sees the whole text, so everything else stays out of
    /// its loops.
    #[inline(never)]
    fn next_candidate(&self, text: &[u8], at: usize) -> Option<(usize, u32)> {
        let filter = self.filter.as_slice();
        let mut at = match self.stride {
            1 => skip::<1>(filter, text, at),
            2 => skip::<2>(filter, text, at),
            3 => skip::<3>(filter, text, at),
            _ => skip::<MAX_STRIDE>(filter, text, at),
        };
        loop {
            let gram = gram(text.get(at..)?)?;
            if slot(filter, gram) != 0 {
                return Some((at, gram));
            }
            at += self.stride;
        }
    }

    fn compare(&self, text: &[u8], at: usize, gram: u32, hit: &mut impl FnMut(Span, u32)) {
        let mut link = self.heads.get(self.head(gram)).copied().unwrap_or(NONE);
        while let Some(group) = self.groups.get(link as usize) {
            link = group.next;
            if group.gram != gram {
                continue;
            }
            let Some(start) = at.checked_sub(group.offset as usize) else {
                continue;
            };
            let span = Span::new(start, start + group.length as usize);
            if let Some(meaning) = span.bytes(text).and_then(|found| self.meaning(found)) {
                hit(span, meaning);
            }
        }
    }

    fn meaning(&self, whole: &[u8]) -> Option<u32> {
        let mut link = self.wholes.get(self.whole(whole)).copied().unwrap_or(NONE);
        while let Some(needle) = self.all.get(link as usize) {
            if self.text(*needle) == Some(whole) {
                return Some(needle.meaning);
            }
            link = needle.next;
        }
        None
    }

    /// Enters a needle, and the grams of it that a probe can meet, unless an equal one is there.
    fn enter(&mut self, place: usize) {
        let Some(needle) = self.all.get(place).copied() else {
            return;
        };
        let Some(text) = self.text(needle) else {
            return;
        };
        if self.meaning(text).is_some() {
            return;
        }
        let slot = self.whole(text);
        let grams = text.windows(GRAM).take(self.stride).filter_map(gram);
        let mut entered = [0; MAX_STRIDE];
        entered
            .iter_mut()
            .zip(grams)
            .for_each(|(slot, gram)| *slot = gram);
        if let (Some(first), Some(needle)) = (self.wholes.get_mut(slot), self.all.get_mut(place)) {
            needle.next = std::mem::replace(first, place as u32);
        }
        for (gram, offset) in entered.into_iter().zip(0..self.stride as u32) {
            self.enter_gram(Group {
                gram,
                offset,
                length: needle.length,
                next: NONE,
            });
        }
    }

    fn enter_gram(&mut self, mut group: Group) {
        let place = spread(group.gram) & (self.filter.len() - 1);
        if let Some(slot) = self.filter.get_mut(place) {
            *slot = 1;
        }
        let head = self.head(group.gram);
        let Some(first) = self.heads.get_mut(head) else {
            return;
        };
        let mut link = *first;
        while let Some(known) = self.groups.get(link as usize) {
            if (known.gram, known.offset, known.length) == (group.gram, group.offset, group.length)
            {
                return;
            }
            link = known.next;
        }
        group.next = std::mem::replace(first, self.groups.len() as u32);
        self.groups.push(group);
    }

    fn text(&self, needle: Needle) -> Option<&[u8]> {
        let start = needle.start as usize;
        self.bytes.get(start..start + needle.length as usize)
    }

    fn whole(&self, text: &[u8]) -> usize {
        self.hash.hash_one(text) as usize & (self.wholes.len() - 1)
    }

    fn head(&self, gram: u32) -> usize {
        spread(gram) & (self.heads.len() - 1)
    }
}

/// Where the first block from `at` on begins that has a probe which passes the filter, or where less than a block is left.
fn skip<const STRIDE: usize>(filter: &[u8], text: &[u8], mut at: usize) -> usize {
    let probes = 0..=(BLOCK - GRAM) / STRIDE;
    let block_at = |at: usize| text.get(at..)?.first_chunk::<BLOCK>();
    while let Some(block) = block_at(at) {
        let grams = probes
            .clone()
            .filter_map(|probe| gram(block.get(probe * STRIDE..)?));
        if grams.fold(0, |passed, gram| passed | slot(filter, gram)) != 0 {
            break;
        }
        at += (probes.end() + 1) * STRIDE;
    }
    at
}

/// The gram that these bytes begin with.
fn gram(bytes: &[u8]) -> Option<u32> {
    bytes.first_chunk().copied().map(u32::from_le_bytes)
}

/// What the filter, of a power of two of bytes, says of a gram.
fn slot(filter: &[u8], gram: u32) -> u8 {
    filter
        .get(spread(gram) & (filter.len().wrapping_sub(1)))
        .copied()
        .unwrap_or_default()
}

/// Fibonacci hashing: the high half of a multiplication by 2⁶⁴ ÷ φ.
const fn spread(gram: u32) -> usize {
    ((gram as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    type Hits = BTreeSet<(usize, usize, u32)>;

    fn sought(needles: &[&str], text: &str) -> Vec<(usize, usize, u32)> {
        let mut all = Sought::default();
        needles
            .iter()
            .zip(0..)
            .for_each(|(needle, which)| all.add(needle.as_bytes(), which));
        let mut hits = Vec::new();
        Needles::new(all).seek(text.as_bytes(), |span, which| {
            hits.push((span.start, span.end, which));
        });
        hits.sort_unstable();
        hits
    }

    fn naive(needles: &[&str], text: &str) -> Hits {
        let mut hits = Hits::new();
        let distinct: Vec<_> = needles.iter().zip(0..).collect();
        for (needle, which) in &distinct {
            let first = distinct.iter().find(|(n, _)| n == needle).unwrap().1;
            if needle.len() >= GRAM && first == *which {
                for start in 0..text.len() {
                    if text.as_bytes()[start..].starts_with(needle.as_bytes()) {
                        hits.insert((start, start + needle.len(), *which));
                    }
                }
            }
        }
        hits
    }

    #[test]
    fn needles_of_all_lengths_are_found_once_everywhere() {
        let needles = ["aaaa", "aaaaa", "张伟", "13800138000", "abc", "aaaa"];
        let text = "aaaaaa张伟13800138000abc张伟aaaa";
        assert_eq!(
            sought(&needles, text),
            naive(&needles, text).into_iter().collect::<Vec<_>>()
        );
        assert!(sought(&[], "aaaa").is_empty() && sought(&["aaaa"], "").is_empty());
    }

    proptest! {
        #[test]
        fn agrees_with_naive_search(
            needles in prop::collection::vec("[ab张]{1,7}", 0..12), text in "[ab张]{0,60}",
        ) {
            let needles: Vec<&str> = needles.iter().map(String::as_str).collect();
            let hits: Vec<_> = naive(&needles, &text).into_iter().collect();
            prop_assert_eq!(sought(&needles, &text), hits);
        }
    }
}
