//! Where bytes of a class stand: 64 of them at a look, as the bits of a word.
//!
//! What walks over all of a text asks here for the next place that means something to it, and never sees the others. A
//! class is a few comparisons, without a table, so that the compiler makes them for many bytes at once.
//! Refuses to know: what any class means.

use std::ops::Range;

/// Bytes of a block, one for each bit of a mask: blocks begin at multiples of it.
pub(super) const BLOCK: usize = 64;

/// The bits of the bytes of a block for which `is` holds. A text's last block is filled up with NUL.
#[inline]
pub(super) fn mask(bytes: &[u8], block: usize, is: impl Fn(u8) -> bool) -> u64 {
    let rest = bytes.get(block..).unwrap_or_default();
    if let Some(whole) = rest.first_chunk() {
        return mask_of(whole, is);
    }
    let mut filled = [0; BLOCK];
    for (to, from) in filled.iter_mut().zip(rest) {
        *to = *from;
    }
    mask_of(&filled, is)
}

#[inline]
fn mask_of(block: &[u8; BLOCK], is: impl Fn(u8) -> bool) -> u64 {
    let mut flags = [0; BLOCK];
    for (flag, byte) in flags.iter_mut().zip(block) {
        *flag = u8::from(is(*byte));
    }
    let (eights, _) = flags.as_chunks::<8>();
    let gathered = eights
        .iter()
        .map(|eight| gather(u64::from_le_bytes(*eight)));
    gathered.rev().fold(0, |mask, bits| mask << 8 | bits)
}

/// The lowest bits of eight bytes, next to each other: the product has that of byte *k* at bit 56 + *k*, and no carries.
#[inline]
const fn gather(flags: u64) -> u64 {
    flags.wrapping_mul(0x0102_0408_1020_4080) >> 56
}

/// The places that mean something to a walk, and those of the block that was looked at last.
#[derive(Debug)]
pub(super) struct Places<F> {
    of: F,
    /// Where the block begins; before the first look, nowhere.
    block: usize,
    mask: u64,
    /// The last answer, to every question from here to there: who turns back a little need not look again. It is the end of
    /// the text where there is no place any more.
    known: Range<usize>,
}

impl<F: Fn(&[u8], usize) -> u64> Places<F> {
    /// The places that `of` gives: for the block that begins at a position of a text, the bits of [`mask`]s.
    pub(super) const fn new(of: F) -> Self {
        Self {
            of,
            block: usize::MAX,
            mask: 0,
            known: 0..0,
        }
    }

    /// The first place at `at` or behind. Every call must be about the same text.
    #[inline]
    pub(super) fn next(&mut self, bytes: &[u8], at: usize) -> Option<usize> {
        let known = |place: usize| (place < bytes.len()).then_some(place);
        if self.known.contains(&at) {
            return known(self.known.end);
        }
        let mut block = at / BLOCK * BLOCK;
        let mut left = self.look(bytes, block) & (u64::MAX << (at % BLOCK));
        while left == 0 {
            block += BLOCK;
            if block >= bytes.len() {
                break;
            }
            left = self.look(bytes, block);
        }
        let place = (block + left.trailing_zeros() as usize).min(bytes.len());
        self.known = at..place;
        known(place)
    }

    #[inline]
    fn look(&mut self, bytes: &[u8], block: usize) -> u64 {
        if block != self.block {
            self.mask = (self.of)(bytes, block);
            self.block = block;
        }
        self.mask
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_those_that_a_walk_byte_by_byte_sees() {
        let is = |b: u8| b.is_ascii_digit() | matches!(b, 0 | 0xff);
        let text: Vec<u8> = (0u32..1000).map(|i| (i * i / 7 + i) as u8).collect();
        for len in [0, 1, 63, 64, 65, 127, 128, 129, 1000] {
            let text = &text[..len];
            let mut places = Places::new(|bytes: &[u8], block| mask(bytes, block, is));
            for at in (0..len).chain((0..len).rev()) {
                let expected = text[at..].iter().position(|b| is(*b)).map(|i| at + i);
                assert_eq!(places.next(text, at), expected, "{at} of {len}");
            }
            assert_eq!(places.next(text, len), None);
        }
    }

    #[test]
    fn a_block_is_not_looked_at_for_each_question() {
        for text in [
            vec![b' '; 64 * 100],
            [vec![b' '; 64 * 100], vec![b'1']].concat(),
        ] {
            let looks = std::cell::Cell::new(0);
            let mut places = Places::new(|bytes: &[u8], block| {
                looks.set(looks.get() + 1);
                mask(bytes, block, |b| b.is_ascii_digit())
            });
            for at in 0..64 * 100 {
                places.next(&text, at);
            }
            assert!(looks.get() <= 102, "{} looks", looks.get());
        }
    }
}
