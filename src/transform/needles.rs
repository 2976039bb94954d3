//! Many strings sought at once, in a table that is cheap to build for one request.
//!
//! An automaton finds faster but takes longer to build than a request may cost. Here every needle enters its first 4-byte grams
//! into a bit filter; the text is probed at every `stride`th byte, and only where the filter answers are whole needles compared, by
//! hash and one lookup for each needle length that has this gram. So many needles with a common beginning cost no more than one.

use crate::base::Span;
use std::collections::HashMap;

/// Bytes of a gram, and so of the shortest needle.
const GRAM: usize = 4;
/// Largest distance between two probes.
const MAX_STRIDE: usize = 4;
/// Filter bits for each gram, so that few of other texts' grams pass.
const BITS_PER_GRAM: usize = 64;
/// 32 KiB: the filter stays in the first-level cache.
const MAX_FILTER_BITS: usize = 1 << 18;
/// End of a chain.
const NONE: u32 = u32::MAX;

/// Needles of one length that have this gram at this offset.
#[derive(Clone, Copy)]
struct Group {
    gram: u32,
    offset: u32,
    length: u32,
    next: u32,
}

/// A set of strings to seek, each with what it stands for.
pub(super) struct Needles {
    whole: HashMap<Vec<u8>, u32, foldhash::fast::RandomState>,
    groups: Vec<Group>,
    heads: Vec<u32>,
    filter: Vec<u64>,
    stride: usize,
}

impl Needles {
    /// From pairs of needle and meaning. Needles under four bytes are left out; of equal needles the first counts.
    pub(super) fn new(needles: impl IntoIterator<Item = (Vec<u8>, u32)>) -> Self {
        let mut whole: HashMap<_, _, foldhash::fast::RandomState> = HashMap::default();
        for (needle, meaning) in needles {
            if needle.len() >= GRAM {
                whole.entry(needle).or_insert(meaning);
            }
        }
        let shortest = whole.keys().map(Vec::len).min().unwrap_or(GRAM);
        let stride = (shortest + 1 - GRAM).min(MAX_STRIDE);
        let grams = whole.len() * stride;
        let bits = (grams * BITS_PER_GRAM)
            .next_power_of_two()
            .clamp(64, MAX_FILTER_BITS);
        let mut made = Self {
            groups: Vec::with_capacity(grams),
            heads: vec![NONE; grams.next_power_of_two()],
            filter: vec![0; bits / 64],
            stride,
            whole: HashMap::default(),
        };
        for needle in whole.keys() {
            made.enter(needle);
        }
        made.whole = whole;
        made
    }

    /// Whether it seeks nothing.
    pub(super) fn is_empty(&self) -> bool {
        self.whole.is_empty()
    }

    /// Calls `hit` once for each place where a needle stands, overlapping ones too, in no strict order.
    pub(super) fn seek(&self, text: &[u8], mut hit: impl FnMut(Span, u32)) {
        if self.is_empty() {
            return;
        }
        let mask = self.filter.len() * 64 - 1;
        for (probe, window) in text.windows(GRAM).step_by(self.stride).enumerate() {
            let Some(gram) = window.first_chunk::<GRAM>() else {
                continue;
            };
            let gram = u32::from_le_bytes(*gram);
            let bit = spread(gram) & mask;
            if self
                .filter
                .get(bit / 64)
                .is_some_and(|word| word >> (bit % 64) & 1 == 1)
            {
                self.compare(text, probe * self.stride, gram, &mut hit);
            }
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
            if let Some(meaning) = span.bytes(text).and_then(|found| self.whole.get(found)) {
                hit(span, *meaning);
            }
        }
    }

    /// Enters the grams that a probe can meet.
    fn enter(&mut self, needle: &[u8]) {
        for (offset, window) in needle.windows(GRAM).take(self.stride).enumerate() {
            let Some(gram) = window.first_chunk::<GRAM>() else {
                continue;
            };
            let gram = u32::from_le_bytes(*gram);
            let bit = spread(gram) & (self.filter.len() * 64 - 1);
            if let Some(word) = self.filter.get_mut(bit / 64) {
                *word |= 1 << (bit % 64);
            }
            let group = (gram, offset as u32, needle.len() as u32);
            let head = self.head(gram);
            if !self.has(head, group) {
                self.link(head, group);
            }
        }
    }

    fn has(&self, head: usize, wanted: (u32, u32, u32)) -> bool {
        let mut link = self.heads.get(head).copied().unwrap_or(NONE);
        while let Some(group) = self.groups.get(link as usize) {
            if (group.gram, group.offset, group.length) == wanted {
                return true;
            }
            link = group.next;
        }
        false
    }

    fn link(&mut self, head: usize, (gram, offset, length): (u32, u32, u32)) {
        let place = self.groups.len() as u32;
        if let Some(first) = self.heads.get_mut(head) {
            let group = Group {
                gram,
                offset,
                length,
                next: *first,
            };
            *first = place;
            self.groups.push(group);
        }
    }

    fn head(&self, gram: u32) -> usize {
        spread(gram) & (self.heads.len() - 1)
    }
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
        let pairs = needles
            .iter()
            .zip(0..)
            .map(|(n, i)| (n.as_bytes().to_vec(), i));
        let mut hits = Vec::new();
        Needles::new(pairs).seek(text.as_bytes(), |span, which| {
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
