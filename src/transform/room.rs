//! What outbound bytes can hold, in any of the readings of `views.rs`: told from the bytes as they are, so that most
//! spellings need not be made.

/// In the standard alphabet of base64, or part of an escape, which may stand for a character of it.
const STANDARD: u8 = 1;
/// As [`STANDARD`], in the alphabet for URLs.
const URL: u8 = 2;
const CLASSES: [u8; 256] = classes();

/// Room for spellings. Each is an upper bound.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Room {
    /// For a full-width digit.
    pub(super) wide: bool,
    /// For a plus sign.
    pub(super) plus: bool,
    /// Longest run in the standard alphabet of base64.
    pub(super) standard: usize,
    /// Longest run in the alphabet for URLs.
    pub(super) url: usize,
}

impl Room {
    pub(super) fn of(bytes: &[u8]) -> Self {
        let any = hides_any(bytes);
        Self {
            wide: any || has_wide_digit(bytes),
            plus: any || memchr::memchr(b'+', bytes).is_some(),
            standard: longest_run(bytes, STANDARD),
            url: longest_run(bytes, URL),
        }
    }
}

/// Whether there is an escape that may stand for any character.
fn hides_any(bytes: &[u8]) -> bool {
    let is_percent = |at: usize| {
        let digits = bytes.get(at + 1..at + 3);
        digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    };
    has_escape(bytes, b'u') || memchr::memchr_iter(b'%', bytes).any(is_percent)
}

/// Whether a backslash stands before this letter. Each line of a text may end in one, so both bytes are sought at once.
pub(super) fn has_escape(bytes: &[u8], letter: u8) -> bool {
    let from_first = memchr::memchr(b'\\', bytes).and_then(|first| bytes.get(first..));
    from_first.is_some_and(|rest| memchr::memmem::find(rest, &[b'\\', letter]).is_some())
}

/// U+FF10 to U+FF19 in UTF-8.
fn has_wide_digit(bytes: &[u8]) -> bool {
    memchr::memchr_iter(0xEF, bytes)
        .any(|at| matches!(bytes.get(at + 1..at + 3), Some([0xBC, 0x90..=0x99])))
}

/// How many bytes of this class stand together at most. A longer run than the longest so far shows at the byte where it
/// must still stand, so only few are looked at.
fn longest_run(bytes: &[u8], class: u8) -> usize {
    let is_in = |byte: &u8| {
        CLASSES
            .get(usize::from(*byte))
            .is_some_and(|classes| classes & class != 0)
    };
    // A run begins at `start` or after it.
    let (mut longest, mut start) = (0, 0);
    while let Some(longer) = bytes.get(start..=start + longest) {
        if let Some(outside) = longer.iter().rposition(|byte| !is_in(byte)) {
            start += outside + 1;
            continue;
        }
        let after = bytes.get(start + longer.len()..).unwrap_or_default();
        longest = longer.len() + after.iter().take_while(|byte| is_in(byte)).count();
        start += longest + 1;
    }
    longest
}

const fn classes() -> [u8; 256] {
    let mut classes = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        #[expect(
            clippy::indexing_slicing,
            reason = "a constant, so checked when it is built"
        )]
        {
            classes[byte] = match byte as u8 {
                b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'\\' | b'%' => STANDARD | URL,
                b'+' | b'/' => STANDARD,
                b'-' | b'_' => URL,
                _ => 0,
            };
        }
        byte += 1;
    }
    classes
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn naive(bytes: &[u8], class: u8) -> usize {
        let outside = |byte: &u8| CLASSES[usize::from(*byte)] & class == 0;
        bytes.split(outside).map(<[u8]>::len).max().unwrap_or(0)
    }

    #[test]
    fn escapes_leave_room_for_anything() {
        for (text, wide, plus) in [
            ("call 12345", false, false),
            ("1+1", false, true),
            ("１2", true, false),
            ("，", false, false),
            ("100% sure\\n", false, false),
            ("\\u002b", true, true),
            ("%2B", true, true),
        ] {
            let room = Room::of(text.as_bytes());
            assert_eq!((room.wide, room.plus), (wide, plus), "{text}");
        }
        let room = Room::of(b"EMAIL_XT940KMVKT, a+b/c and bcd\\/efgh%2Bi");
        assert_eq!((room.standard, room.url), (13, 16));
    }

    proptest! {
        #[test]
        fn the_longest_run_is_found(text in "[ab+_ ]{0,60}") {
            for class in [STANDARD, URL] {
                prop_assert_eq!(longest_run(text.as_bytes(), class), naive(text.as_bytes(), class));
            }
        }
    }
}
