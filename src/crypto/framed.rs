//! One byte string from many, without two lists ever giving the same bytes.

/// Joins `parts`, each behind its length (8 bytes, big-endian).
///
/// For associated data and derivation contexts: `["ab", "c"]` and `["a", "bc"]` differ.
///
/// ```
/// use vestibule::crypto::framed;
/// assert_ne!(framed(&[b"ab", b"c"]), framed(&[b"a", b"bc"]));
/// ```
pub fn framed(parts: &[&[u8]]) -> Vec<u8> {
    let mut out = Vec::with_capacity(parts.iter().map(|part| part.len() + 8).sum());
    for part in parts {
        out.extend_from_slice(&length(part));
        out.extend_from_slice(part);
    }
    out
}

/// The prefix of one part.
pub(super) fn length(part: &[u8]) -> [u8; 8] {
    (part.len() as u64).to_be_bytes()
}
