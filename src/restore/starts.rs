//! Tells by two bytes where no issued surrogate can begin, which is nearly everywhere.

/// Which bytes can be the first two of a surrogate, in any form that is recognised.
pub(super) struct Starts {
    first: [bool; 256],
    second: [bool; 256],
    none: bool,
}

/// The first byte of a full-width character.
const WIDE: u8 = 0xEF;

impl Starts {
    pub(super) fn of(surrogates: &[Box<str>]) -> Self {
        let (mut first, mut second) = ([false; 256], [false; 256]);
        for surrogate in surrogates {
            let mut bytes = surrogate.bytes();
            if let Some(byte) = bytes.next().filter(u8::is_ascii_alphabetic) {
                allow(&mut first, byte);
            }
            match bytes.next() {
                Some(byte) => allow(&mut second, byte),
                None => second = [true; 256],
            }
        }
        Self {
            first,
            second,
            none: surrogates.is_empty(),
        }
    }

    /// Whether one may begin at `at`; `json` says that a character may be written as an escape.
    pub(super) fn may_be(&self, bytes: &[u8], at: usize, json: bool) -> bool {
        let Some(first) = bytes.get(at) else {
            return false;
        };
        if *first == WIDE || (json && *first == b'\\') {
            return !self.none;
        }
        has(&self.first, *first)
            && bytes.get(at + 1).is_none_or(|second| {
                has(&self.second, *second) || *second == WIDE || (json && *second == b'\\')
            })
    }
}

fn has(set: &[bool; 256], byte: u8) -> bool {
    set.get(usize::from(byte)).is_some_and(|has| *has)
}

/// With the forms into which models bend it.
fn allow(set: &mut [bool; 256], byte: u8) {
    let bent: &[u8] = if byte == b'_' { b"- " } else { &[] };
    for byte in [byte, byte.to_ascii_lowercase()].iter().chain(bent) {
        if let Some(has) = set.get_mut(usize::from(*byte)) {
            *has = true;
        }
    }
}

impl std::fmt::Debug for Starts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Starts")
    }
}
