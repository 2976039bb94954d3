//! The spellings under which a value might slip through, as far as the outbound bytes can hold them at all.

use super::exact::is_sought;
use super::needles::Sought;
use super::room::Room;
use data_encoding::BASE64_NOPAD;
use zeroize::Zeroizing;

/// Marks the meaning of a needle that is encoded, and so doesn't stand anywhere by chance. Others are text: a
/// hit must be whole, and not of our own making.
pub(super) const ENCODED: u32 = 1 << 31;

/// Gathers the spellings of values.
pub(super) struct Spellings {
    pub(super) sought: Sought,
    room: Room,
    padded: Zeroizing<Vec<u8>>,
    encoded: Zeroizing<Vec<u8>>,
}

impl Spellings {
    /// For the search of these bytes; what can't stand in them, in no reading, is left out.
    pub(super) fn that_may_stand_in(outbound: &[u8]) -> Self {
        Self {
            sought: Sought::default(),
            room: Room::of(outbound),
            padded: Zeroizing::default(),
            encoded: Zeroizing::default(),
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
        let own = (before * 8).div_ceil(6)..(before + value.len()) * 8 / 6;
        if own.len() > self.room.standard.max(self.room.url) {
            return;
        }
        self.padded.clear();
        self.padded.resize(before, 0);
        self.padded.extend_from_slice(value.as_bytes());
        self.encoded
            .resize(BASE64_NOPAD.encode_len(self.padded.len()), 0);
        BASE64_NOPAD.encode_mut(&self.padded, &mut self.encoded);
        let own = self.encoded.get(own).unwrap_or_default();
        if own.len() <= self.room.standard {
            self.sought.add(own, meaning);
        }
        if own.len() <= self.room.url && own.iter().any(|byte| matches!(byte, b'+' | b'/')) {
            self.sought
                .add_from(meaning, |out| out.extend(own.iter().map(|byte| url(*byte))));
        }
    }
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
