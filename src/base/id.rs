//! Ids that sort by time.

use super::Timestamp;
use data_encoding::{BASE32_NOPAD, Encoding, Specification};
use std::fmt;
use std::sync::LazyLock;

/// Characters of an id.
const LENGTH: usize = 26;

/// Crockford's base 32.
static CROCKFORD: LazyLock<Encoding> = LazyLock::new(|| {
    let mut form = Specification::new();
    form.symbols.push_str("0123456789ABCDEFGHJKMNPQRSTVWXYZ");
    form.encoding().unwrap_or(BASE32_NOPAD)
});

/// Identifies one request: 48 bits of milliseconds and 80 random bits, 26 characters of Crockford base 32 (a ULID).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId([u8; 16]);

impl RequestId {
    /// A new id at this time from these ten random bytes.
    pub fn new(now: Timestamp, random: [u8; 10]) -> Self {
        let mut bytes = [0; 16];
        let millis = (now.as_micros() / 1000).to_be_bytes();
        for (slot, byte) in bytes
            .iter_mut()
            .zip(millis.into_iter().skip(2).chain(random))
        {
            *slot = byte;
        }
        Self(bytes)
    }

    /// Its characters, as [`Display`](fmt::Display) writes them: five bits each from the first bit on, two zeros behind the last.
    pub fn text(self) -> [u8; LENGTH] {
        let mut text = [b'0'; LENGTH];
        CROCKFORD.encode_mut(&self.0, &mut text);
        text
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(str::from_utf8(&self.text()).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_26_characters_and_sort_by_time() {
        let early = RequestId::new(Timestamp::from_micros(1_000_000), [255; 10]);
        let late = RequestId::new(Timestamp::from_micros(2_000_000), [0; 10]);
        assert_eq!(early.to_string().len(), 26);
        assert!(early < late && early.to_string() < late.to_string());
    }

    #[test]
    fn they_are_crockfords_base_32() {
        let digits = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
        for seed in 0..=255_u8 {
            let random = std::array::from_fn(|at| seed.wrapping_mul(167).rotate_left(at as u32));
            let id = RequestId::new(Timestamp::from_micros(u64::from(seed) << 52), random);
            let bits = u128::from_be_bytes(id.0);
            let expected = (0..26).map(|at| match 123_usize.checked_sub(at * 5) {
                Some(below) => bits >> below,
                None => bits << 2,
            });
            let expected: String = expected
                .map(|bits| char::from(digits[(bits & 31) as usize]))
                .collect();
            assert_eq!(id.to_string(), expected);
        }
    }
}
