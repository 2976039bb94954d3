//! Keyed hashes of values: a fast one for look-ups, a slow one that confirms, one that seals a file.
//!
//! Knows bytes only. All keys come from 32 secret bytes; without them a hash tells nothing of its value.

use std::fmt;
use zeroize::Zeroizing;

/// Hashes under one table's key.
#[derive(Clone)]
pub(super) struct Keyed {
    first: (u64, u64),
    confirm: Zeroizing<[u8; 32]>,
    seal: Zeroizing<[u8; 32]>,
}

impl Keyed {
    /// The hashes of this key.
    pub(super) fn new(key: &[u8; 32]) -> Self {
        let part = |purpose: &[u8]| Zeroizing::new(*blake3::keyed_hash(key, purpose).as_bytes());
        let first = part(b"first");
        let word = |at: usize| first.get(at..).map_or(0, little_endian);
        Self {
            first: (word(0), word(8)),
            confirm: part(b"confirm"),
            seal: part(b"seal"),
        }
    }

    /// 64 bits of SipHash-2-4, a pseudo-random function made for short inputs (Aumasson and Bernstein, 2012).
    pub(super) fn first(&self, bytes: &[u8]) -> u64 {
        sip_hash(self.first, bytes)
    }

    /// 32 bits of keyed BLAKE3, under another key.
    pub(super) fn second(&self, bytes: &[u8]) -> u32 {
        let hash = blake3::keyed_hash(&self.confirm, bytes);
        little_endian(hash.as_bytes()) as u32
    }

    /// What makes the MAC of a file.
    pub(super) fn sealer(&self) -> blake3::Hasher {
        blake3::Hasher::new_keyed(&self.seal)
    }
}

impl fmt::Debug for Keyed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keyed(…)")
    }
}

/// The first eight bytes; what is missing counts as zero.
fn little_endian(bytes: &[u8]) -> u64 {
    let mut word = [0; 8];
    for (slot, byte) in word.iter_mut().zip(bytes) {
        *slot = *byte;
    }
    u64::from_le_bytes(word)
}

/// The four words of the state of `SipHash`.
struct State(u64, u64, u64, u64);

impl State {
    #[inline]
    const fn round(&mut self) {
        self.0 = self.0.wrapping_add(self.1);
        self.2 = self.2.wrapping_add(self.3);
        self.1 = self.1.rotate_left(13) ^ self.0;
        self.3 = self.3.rotate_left(16) ^ self.2;
        self.0 = self.0.rotate_left(32);
        self.2 = self.2.wrapping_add(self.1);
        self.0 = self.0.wrapping_add(self.3);
        self.1 = self.1.rotate_left(17) ^ self.2;
        self.3 = self.3.rotate_left(21) ^ self.0;
        self.2 = self.2.rotate_left(32);
    }

    #[inline]
    const fn take(&mut self, word: u64) {
        self.3 ^= word;
        self.round();
        self.round();
        self.0 ^= word;
    }
}

fn sip_hash((k0, k1): (u64, u64), bytes: &[u8]) -> u64 {
    let mut state = State(
        k0 ^ 0x736f_6d65_7073_6575,
        k1 ^ 0x646f_7261_6e64_6f6d,
        k0 ^ 0x6c79_6765_6e65_7261,
        k1 ^ 0x7465_6462_7974_6573,
    );
    let (words, rest) = bytes.as_chunks::<8>();
    for word in words {
        state.take(u64::from_le_bytes(*word));
    }
    state.take(little_endian(rest) | (bytes.len() as u64) << 56);
    state.2 ^= 0xff;
    for _ in 0..4 {
        state.round();
    }
    state.0 ^ state.1 ^ state.2 ^ state.3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sip_hash_gives_its_authors_vectors() {
        let key = (0x0706_0504_0302_0100, 0x0f0e_0d0c_0b0a_0908);
        let input: Vec<u8> = (0..15).collect();
        for (len, expected) in [
            (0, 0x726f_db47_dd0e_0e31),
            (1, 0x74f8_39c5_93dc_67fd),
            (8, 0x93f5_f579_9a93_2462),
            (15, 0xa129_ca61_49be_45e5),
        ] {
            assert_eq!(sip_hash(key, &input[..len]), expected, "{len}");
        }
    }

    #[test]
    fn keys_and_purposes_give_different_hashes() {
        let (a, b) = (Keyed::new(&[1; 32]), Keyed::new(&[2; 32]));
        assert_ne!(a.first(b"x"), b.first(b"x"));
        assert_ne!(a.second(b"x"), b.second(b"x"));
        assert_eq!(a.first(b"x"), Keyed::new(&[1; 32]).first(b"x"));
        assert_eq!(format!("{a:?}"), "Keyed(…)");
    }
}
