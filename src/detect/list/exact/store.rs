//! Hashes in memory: sorted, with a filter before and an index over them.
//!
//! A text offers hundreds of thousands of stretches and nearly all are nothing. The filter (three bits in one word of
//! 64, about 12 bits of filter a value) lets one in a hundred through, and is small enough for the cache.

use std::ops::Range;

/// Bits of a place that are the column.
const COLUMN_BITS: u32 = 4;
/// About so many entries share a slot of the index.
const SLOT_ENTRIES: usize = 8;
/// About so many values share a word of the filter, before it is rounded up.
const FILTER_VALUES: usize = 8;
/// Words of the filter for beginnings of long values: 2¹⁴ of 64 bits, 128 KB.
pub(super) const BEGINNING_WORDS: usize = 1 << 14;

/// One value: its hashes and where it stands in the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Entry {
    pub(super) first: u64,
    pub(super) place: Place,
    pub(super) second: u32,
}

/// A row and a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place(pub(super) u32);

impl Place {
    pub(super) const fn new(row: u32, column: u8) -> Self {
        Self(row << COLUMN_BITS | (column & 15) as u32)
    }

    pub(super) const fn row(self) -> u32 {
        self.0 >> COLUMN_BITS
    }

    pub(super) const fn column(self) -> u8 {
        (self.0 & 15) as u8
    }
}

/// A set of hashes that may say yes wrongly, never no: each hash sets three bits of one word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Filter(pub(super) Vec<u64>);

impl Filter {
    /// An empty one; `words` is rounded up to a power of two.
    pub(super) fn new(words: usize) -> Self {
        Self(vec![0; words.max(1).next_power_of_two()])
    }

    pub(super) fn add(&mut self, hash: u64) {
        let at = self.at(hash);
        if let Some(word) = self.0.get_mut(at) {
            *word |= Self::bits(hash);
        }
    }

    #[inline]
    pub(super) fn has(&self, hash: u64) -> bool {
        let bits = Self::bits(hash);
        self.0
            .get(self.at(hash))
            .is_some_and(|word| word & bits == bits)
    }

    const fn at(&self, hash: u64) -> usize {
        (hash >> 20) as usize & (self.0.len() - 1)
    }

    const fn bits(hash: u64) -> u64 {
        1 << (hash & 63) | 1 << (hash >> 6 & 63) | 1 << (hash >> 12 & 63)
    }
}

/// All entries of a table.
#[derive(Debug)]
pub(super) struct Store {
    entries: Vec<Entry>,
    filter: Filter,
    beginnings: Filter,
    /// Where the entries begin whose first bits are the slot's number.
    index: Vec<u32>,
    shift: u32,
}

impl Store {
    /// Takes sorted entries.
    pub(super) fn new(entries: Vec<Entry>, beginnings: Filter) -> Self {
        let slots = (entries.len() / SLOT_ENTRIES).max(2).next_power_of_two();
        let shift = 64 - slots.trailing_zeros();
        let mut filter = Filter::new(entries.len() / FILTER_VALUES);
        let mut index = Vec::with_capacity(slots + 1);
        for (i, entry) in entries.iter().enumerate() {
            filter.add(entry.first);
            let slot = (entry.first >> shift) as usize;
            while index.len() <= slot {
                index.push(i as u32);
            }
        }
        index.resize(slots + 1, entries.len() as u32);
        Self {
            entries,
            filter,
            beginnings,
            index,
            shift,
        }
    }

    /// The entries of a value with these hashes; the second is asked for only where the first is there.
    #[inline]
    pub(super) fn look_up(&self, first: u64, second: impl FnOnce() -> u32) -> Option<Range<u32>> {
        if !self.filter.has(first) {
            return None;
        }
        let slot = (first >> self.shift) as usize;
        let (from, to) = (*self.index.get(slot)?, *self.index.get(slot + 1)?);
        let within = self.entries.get(from as usize..to as usize)?;
        let start = within.partition_point(|entry| entry.first < first);
        let rest = within.get(start..)?;
        let same = rest.partition_point(|entry| entry.first == first);
        let confirmed = rest.first().filter(|_| same > 0)?.second == second();
        let start = from + start as u32;
        confirmed.then(|| start..start + same as u32)
    }

    /// Whether a long Han value may begin with what has this hash.
    pub(super) fn begins(&self, hash: u64) -> bool {
        self.beginnings.has(hash)
    }

    /// The entries of a range that [`Store::look_up`] gave, sorted by place.
    pub(super) fn entries(&self, range: &Range<u32>) -> &[Entry] {
        let range = range.start as usize..range.end as usize;
        self.entries.get(range).unwrap_or_default()
    }

    /// Whether a value of the range stands at this place.
    pub(super) fn stands_at(&self, range: &Range<u32>, place: Place) -> bool {
        let entries = self.entries(range);
        entries
            .binary_search_by_key(&place, |entry| entry.place)
            .is_ok()
    }

    pub(super) fn memory_bytes(&self) -> usize {
        size_of_val::<[Entry]>(&self.entries)
            + 8 * (self.filter.0.len() + self.beginnings.0.len())
            + 4 * self.index.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_put_in_is_found_and_nothing_else() {
        let hash = |i: u64| i.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(31) ^ i;
        let mut entries: Vec<Entry> = (0..5_000u32)
            .map(|i| Entry {
                first: hash(u64::from(i / 2)),
                place: Place::new(i, (i % 3) as u8),
                second: i / 2,
            })
            .collect();
        entries.sort_unstable();
        let store = Store::new(entries, Filter::new(1));
        for i in 0..2_500u32 {
            let range = store.look_up(hash(u64::from(i)), || i).unwrap();
            let rows: Vec<u32> = store
                .entries(&range)
                .iter()
                .map(|e| e.place.row())
                .collect();
            assert_eq!(rows, [2 * i, 2 * i + 1]);
            assert!(store.stands_at(&range, Place::new(2 * i, (2 * i % 3) as u8)));
            assert!(!store.stands_at(&range, Place::new(2 * i, 7)));
            assert_eq!(store.look_up(hash(u64::from(i)), || i + 1), None);
        }
        let passed = (10_000..60_000)
            .filter(|i| store.filter.has(hash(*i)))
            .count();
        assert!(passed < 2_500, "{passed}");
        assert!((10_000..60_000).all(|i| store.look_up(hash(i), || 0).is_none()));
        let empty = Store::new(Vec::new(), Filter::new(1));
        assert_eq!(empty.look_up(7, || 0), None);
    }
}
