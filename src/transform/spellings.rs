//! The spellings under which a value might slip through, as far as the outbound bytes can hold them at all.

use super::exact::is_sought;
use super::needles::Sought;
use super::room::Room;
use zeroize::Zeroizing;

/// Marks the meaning of a needle that is encoded, and so doesn't stand anywhere by chance. Others are text: a
/// hit must be whole, and not of our own making.
pub(super) const ENCODED: u32 = 1 << 31;

/// Spellings of a value that most texts have room for: itself, and three in base64, which is longer by a third.
const USUAL_SPELLINGS: usize = 4;
/// How many bytes they take for each of the value.
const USUAL_GROWTH: usize = 5;

const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Gathers the spellings of values.
pub(super) struct Spellings {
    pub(super) sought: Sought,
    room: Room,
}

impl Spellings {
    /// Of so many values, of so many bytes altogether, for the search of `outbound`; what can't stand there, in no reading, is
    /// left out.
    pub(super) fn that_may_stand_in(outbound: &[u8], values: usize, bytes: usize) -> Self {
        Self {
            sought: Sought::with_capacity(values * USUAL_SPELLINGS, bytes * USUAL_GROWTH),
            room: Room::of(outbound),
        }
    }

    /// Every spelling of a value.
    pub(super) fn add(&mut self, value: &str, meaning: u32) {
        self.sought.add(value.as_bytes(), meaning);
        self.add_wide(value, meaning);
        if value.contains(is_gap) {
            self.add_closed(value, meaning);
            if self.room.plus {
                let byte = |byte| if byte == b' ' { b'+' } else { byte };
                self.sought
                    .add_from(meaning, |out| out.extend(value.bytes().map(byte)));
            }
        }
        for before in 0..3 {
            self.add_base64(value, before, meaning | ENCODED);
        }
    }

    /// Without spaces and dashes.
    fn add_closed(&mut self, value: &str, meaning: u32) {
        let mut closed = Zeroizing::new(String::with_capacity(value.len()));
        value
            .split(is_gap)
            .for_each(|between| closed.push_str(between));
        if is_sought(&closed) {
            self.sought.add(closed.as_bytes(), meaning);
            self.add_wide(&closed, meaning);
        }
    }

    /// With full-width digits, where it has digits.
    fn add_wide(&mut self, value: &str, meaning: u32) {
        if self.room.wide && value.bytes().any(|b| b.is_ascii_digit()) {
            self.sought.add_from(meaning, |out| {
                for byte in value.bytes() {
                    match byte {
                        // U+FF10 to U+FF19 in UTF-8.
                        b'0'..=b'9' => out.extend([0xEF, 0xBC, 0x90 + byte - b'0']),
                        _ => out.push(byte),
                    }
                }
            });
        }
    }

    /// In both alphabets of base64 (RFC 4648, sections 4 and 5), where they differ, when `before` bytes (0–2) of a group of
    /// three stand before it.
    fn add_base64(&mut self, value: &str, before: usize, meaning: u32) {
        // The first characters hold bits of what stands before, the last one may hold bits of what follows.
        let value = value.as_bytes();
        let skipped = (before * 8).next_multiple_of(6) - before * 8;
        let length = (value.len() * 8 - skipped) / 6;
        let sextets = (0..length).map(|at| sextet(value, skipped + 6 * at));
        if length <= self.room.standard {
            self.sought
                .add_from(meaning, |out| out.extend(sextets.clone().map(standard)));
        }
        if length <= self.room.url && sextets.clone().any(|sextet| sextet >= 62) {
            self.sought.add_from(meaning, |out| {
                out.extend(sextets.map(|sextet| url(standard(sextet))));
            });
        }
    }
}

/// Six bits of these bytes, from this bit on.
fn sextet(bytes: &[u8], bit: usize) -> u8 {
    let byte = |at: usize| bytes.get(at).copied().unwrap_or_default();
    let two = u16::from_be_bytes([byte(bit / 8), byte(bit / 8 + 1)]);
    (two >> (10 - bit % 8)) as u8 & 63
}

/// The character of RFC 4648, section 4, for six bits.
fn standard(sextet: u8) -> u8 {
    BASE64.get(usize::from(sextet)).copied().unwrap_or_default()
}

/// The character of RFC 4648, section 5, for one of section 4.
const fn url(standard: u8) -> u8 {
    match standard {
        b'+' => b'-',
        b'/' => b'_',
        same => same,
    }
}

fn is_gap(c: char) -> bool {
    c.is_whitespace() || matches!(c, '-' | '\u{2010}'..='\u{2015}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use data_encoding::BASE64_NOPAD;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn base64_of_a_value_holds_its_own_characters_at_each_alignment(
            before in prop::collection::vec(any::<u8>(), 0..3), value in "[a-z张]{4,12}", after in "[a-z]{0,3}",
        ) {
            let skipped = (before.len() * 8).next_multiple_of(6) - before.len() * 8;
            let length = (value.len() * 8 - skipped) / 6;
            let own: String = (0..length)
                .map(|at| char::from(standard(sextet(value.as_bytes(), skipped + 6 * at))))
                .collect();
            let whole = BASE64_NOPAD.encode(&[&before, value.as_bytes(), after.as_bytes()].concat());
            let first = (before.len() * 8).div_ceil(6);
            prop_assert_eq!(whole.get(first..first + length), Some(own.as_str()));
        }
    }
}
