//! Tells by two bytes where no issued surrogate can begin, which is nearly everywhere.

/// Which bytes can be the first two of a surrogate, in any form that is recognised.
pub(super) struct Starts {
    first: Bytes,
    second: Bytes,
}

/// For each byte, where it may stand.
type Bytes = [u8; 256];

/// In running text.
const TEXT: u8 = 1;

/// In JSON, where a character may be written as an escape.
const JSON: u8 = 2;

/// Whatever follows, or stood before.
const ALWAYS: u8 = 4;

/// The first byte of a full-width character.
const WIDE: u8 = 0xEF;

impl Starts {
    pub(super) fn of(surrogates: &[Box<str>]) -> Self {
        let (mut first, mut second) = ([0; 256], [0; 256]);
        if !surrogates.is_empty() {
            for set in [&mut first, &mut second] {
                add(set, WIDE, TEXT | JSON | ALWAYS);
                add(set, b'\\', JSON | ALWAYS);
            }
        }
        for surrogate in surrogates {
            let mut bytes = surrogate.bytes();
            if let Some(byte) = bytes.next().filter(u8::is_ascii_alphabetic) {
                allow(&mut first, byte);
            }
            match bytes.next() {
                Some(byte) => allow(&mut second, byte),
                None => second = [TEXT | JSON; 256],
            }
        }
        Self { first, second }
    }

    /// The next place, at `from` or later, where one may begin; `json` says that a character may be written as an escape.
    pub(super) fn next(&self, bytes: &[u8], from: usize, json: bool) -> Option<usize> {
        let form = if json { JSON } else { TEXT };
        let mut at = from;
        loop {
            let rest = bytes.get(at..)?;
            let may_begin = |byte: &u8| has(&self.first, *byte) & form != 0;
            at += rest.iter().position(may_begin)?;
            let alone = bytes
                .get(at)
                .is_some_and(|byte| has(&self.first, *byte) & ALWAYS != 0);
            let goes_on = |byte: &u8| has(&self.second, *byte) & form != 0;
            if alone || bytes.get(at + 1).is_none_or(goes_on) {
                return Some(at);
            }
            at += 1;
        }
    }
}

fn has(set: &Bytes, byte: u8) -> u8 {
    set.get(usize::from(byte)).copied().unwrap_or(0)
}

fn add(set: &mut Bytes, byte: u8, forms: u8) {
    if let Some(known) = set.get_mut(usize::from(byte)) {
        *known |= forms;
    }
}

/// With the forms into which models bend it.
fn allow(set: &mut Bytes, byte: u8) {
    let bent: &[u8] = if byte == b'_' { b"- " } else { &[] };
    for byte in [byte, byte.to_ascii_lowercase()].iter().chain(bent) {
        add(set, *byte, TEXT | JSON);
    }
}

impl std::fmt::Debug for Starts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Starts")
    }
}
