//! Ids that sort by time.

use super::Timestamp;
use data_encoding::{Encoding, Specification};
use std::fmt;
use std::sync::OnceLock;

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
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&crockford().encode(&self.0))
    }
}

fn crockford() -> &'static Encoding {
    static ENCODING: OnceLock<Encoding> = OnceLock::new();
    ENCODING.get_or_init(|| {
        let mut form = Specification::new();
        form.symbols.push_str("0123456789ABCDEFGHJKMNPQRSTVWXYZ");
        form.encoding().unwrap_or(data_encoding::BASE32_NOPAD)
    })
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
}
