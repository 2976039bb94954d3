//! An input cut into what a target needs: choices first, then texts and pieces.

/// The first byte, for choices, and the rest.
pub fn choice(data: &[u8]) -> (usize, &[u8]) {
    match data.split_first() {
        Some((first, rest)) => (usize::from(*first), rest),
        None => (0, data),
    }
}

/// As text; what is no UTF-8 is replaced.
pub fn text(data: &[u8]) -> String {
    String::from_utf8_lossy(data).into_owned()
}

/// What stands before the first NUL, if there is one, and the text.
pub fn keyed(text: &str) -> (Option<&str>, &str) {
    match text.split_once('\0') {
        Some((key, text)) => (Some(key), text),
        None => (None, text),
    }
}

/// The bytes in pieces of a few bytes each, whose lengths `seed` says.
pub fn pieces(bytes: &[u8], seed: u64) -> Vec<&[u8]> {
    let (mut rest, mut pieces, mut next) = (bytes, Vec::new(), seed);
    while !rest.is_empty() {
        next = next.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let (piece, behind) = rest.split_at(rest.len().min(1 + (next >> 60) as usize));
        pieces.push(piece);
        rest = behind;
    }
    pieces
}

/// The same of a text, between characters.
pub fn text_pieces(text: &str, seed: u64) -> Vec<&str> {
    let (mut pieces, mut from, mut to) = (Vec::new(), 0, 0);
    for piece in pieces_len(text, seed) {
        to += piece;
        if text.is_char_boundary(to) {
            pieces.push(&text[from..to]);
            from = to;
        }
    }
    pieces
}

fn pieces_len(text: &str, seed: u64) -> impl Iterator<Item = usize> {
    pieces(text.as_bytes(), seed).into_iter().map(<[u8]>::len)
}

/// A number that an input gives (FNV-1a), for choices that mutations shall not steer.
pub fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
