//! How a surrogate is spelled, and where text has that spelling.
//!
//! `TYPE_` and ten characters of Crockford's base 32 (no I, L, O, U), at least two of them digits:
//! `EMAIL_XT940KMVKT`. Fifty bits, for forty collided at a million values. With a type name that exists before
//! them and two digits among them, identifiers in code (`SET_PARAMETERS`, `IP_ADDRESSES`) don't have the form.
//! Its edges are no ASCII letter, digit or underscore.

use crate::base::{EntityType, Span};

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Characters after the underscore.
const BODY: usize = 10;
/// How many of them are digits at least.
const DIGITS: usize = 2;
/// Longest type name (see [`EntityType::define`]).
const NAME: usize = 40;

/// The surrogate that these bits name, or `None` where they hold too few digits: then the next counter's are
/// taken.
pub(super) fn spell(entity: EntityType, bits: &[u8; 32]) -> Option<String> {
    let number = u64::from_be_bytes(*bits.first_chunk()?);
    let mut out = String::with_capacity(entity.as_str().len() + 1 + BODY);
    out.push_str(entity.as_str());
    out.push('_');
    let mut body = [0; BODY];
    for (at, byte) in body.iter_mut().enumerate() {
        *byte = *ALPHABET.get((number >> (59 - 5 * at)) as usize & 31)?;
    }
    out.push_str(std::str::from_utf8(&body).ok()?);
    is_body(&body).then_some(out)
}

/// Stretches of `text` that have the form, in order; they never touch each other.
pub(super) fn stretches(text: &str) -> Vec<Span> {
    let bytes = text.as_bytes();
    memchr::memchr_iter(b'_', bytes)
        .filter_map(|at| stretch(text, at))
        .collect()
}

/// The stretch whose last underscore is at `underscore`.
fn stretch(text: &str, underscore: usize) -> Option<Span> {
    let bytes = text.as_bytes();
    let end = underscore + 1 + BODY;
    let body = bytes.get(underscore + 1..end)?;
    if !is_body(body) || bytes.get(end).copied().is_some_and(is_word) {
        return None;
    }
    let before = bytes.get(..underscore)?;
    let length = before
        .iter()
        .rev()
        .take(NAME + 1)
        .take_while(|b| is_word(**b))
        .count();
    let start = underscore - length;
    EntityType::named(text.get(start..underscore)?)?;
    Some(Span::new(start, end))
}

/// Whether the hit `hit` in `bytes` lies inside a surrogate that `issued` knows; what stands around that
/// doesn't matter.
pub(super) fn inside_issued(bytes: &[u8], hit: Span, issued: impl Fn(&str) -> bool) -> bool {
    let first = hit.start.saturating_sub(BODY + 1);
    let window = bytes
        .get(first..hit.end.saturating_add(NAME).min(bytes.len()))
        .unwrap_or(&[]);
    memchr::memchr_iter(b'_', window)
        .map(|at| first + at)
        .any(|underscore| {
            let end = underscore + 1 + BODY;
            let longest = underscore.saturating_sub(NAME);
            bytes.get(underscore + 1..end).is_some_and(is_body)
                && end >= hit.end
                && (longest..=hit.start.min(underscore)).any(|start| {
                    let text = bytes
                        .get(start..end)
                        .and_then(|b| std::str::from_utf8(b).ok());
                    text.is_some_and(&issued)
                })
        })
}

fn is_body(body: &[u8]) -> bool {
    body.iter().all(|b| is_symbol(*b))
        && body.iter().filter(|b| b.is_ascii_digit()).count() >= DIGITS
}

const fn is_symbol(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'A'..=b'H' | b'J' | b'K' | b'M' | b'N' | b'P'..=b'T' | b'V'..=b'Z')
}

const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn found(text: &str) -> Vec<&str> {
        stretches(text)
            .into_iter()
            .map(|span| span.slice(text).unwrap())
            .collect()
    }

    #[test]
    fn only_bounded_text_with_a_type_that_exists_has_the_form() {
        for (text, expected) in [
            ("EMAIL_XT940KMVKT", &["EMAIL_XT940KMVKT"][..]),
            ("给EMAIL_XT940KMVKT发信", &["EMAIL_XT940KMVKT"]),
            (
                "x=CN_RESIDENT_ID_0123456789&",
                &["CN_RESIDENT_ID_0123456789"],
            ),
            (
                "EMAIL_XT940KMVKT,LIT_XT940KMVKT",
                &["EMAIL_XT940KMVKT", "LIT_XT940KMVKT"],
            ),
            ("éEMAIL_XT940KMVKT", &["EMAIL_XT940KMVKT"]),
            ("aEMAIL_XT940KMVKT", &[]),
            ("_EMAIL_XT940KMVKT", &[]),
            ("EMAIL_XT940KMVKTx", &[]),
            ("EMAIL_XT940KMVKT_", &[]),
            ("EMAIL_XT940KMVK", &[]),
            ("EMAIL_XT940KMVKL", &[]),
            ("email_XT940KMVKT", &[]),
            ("NOSUCHTYPE_XT940KMVKT", &[]),
            ("RESIDENT_ID_0123456789", &[]),
            ("EMAIL_PARAMETERS", &[]),
            ("EMAIL_ABCDEFGHJ1", &[]),
            ("EMAIL_ABCDEFGH12", &["EMAIL_ABCDEFGH12"]),
            ("IP_ADDRESSES", &[]),
            ("_XT940KMVKT", &[]),
            ("", &[]),
        ] {
            assert_eq!(found(text), expected, "{text}");
        }
        let name = "A".repeat(50);
        assert!(found(&format!("{name}_XT940KMVKT")).is_empty());
    }

    #[test]
    fn a_hit_inside_an_issued_surrogate_is_known_wherever_it_stands() {
        let issued = |text: &str| text == "EMAIL_XT940KMVKT";
        for (text, hit, inside) in [
            ("EMAIL_XT940KMVKT", "EMAIL", true),
            ("aEMAIL_XT940KMVKTb", "T940K", true),
            ("张EMAIL_XT940KMVKT伟", "L_XT9", true),
            ("EMAIL_XT940KMVKT12345", "KT123", false),
            ("EMAIL_XT940KMVKS", "EMAIL", false),
            ("EMAIL EMAIL_XT940KMVKT", "EMAIL", false),
        ] {
            let start = text.find(hit).unwrap();
            let span = Span::new(start, start + hit.len());
            assert_eq!(
                inside_issued(text.as_bytes(), span, issued),
                inside,
                "{text} {hit}"
            );
        }
    }

    proptest! {
        #[test]
        fn what_is_spelled_is_found_between_any_other_characters(
            bits: [u8; 32], before in "[^A-Za-z0-9_]{0,5}", after in "[^A-Za-z0-9_]{0,5}",
        ) {
            for entity in EntityType::built_in() {
                if let Some(surrogate) = spell(entity, &bits) {
                    prop_assert_eq!(surrogate.len(), entity.as_str().len() + 11);
                    let text = format!("{before}{surrogate}{after}");
                    prop_assert_eq!(found(&text), vec![surrogate.as_str()]);
                }
            }
        }

        #[test]
        fn all_fifty_bits_count(bits: [u8; 32], flip in 0usize..50) {
            let entity = EntityType::LIT;
            let mut other = bits;
            other[flip / 8] ^= 0x80 >> (flip % 8);
            let (a, b) = (spell(entity, &bits), spell(entity, &other));
            prop_assert!(a.is_none() || b.is_none() || a != b);
        }

        #[test]
        fn any_text_is_searched_without_panic(text: String) {
            for span in stretches(&text) {
                prop_assert!(span.slice(&text).is_some());
            }
        }
    }
}
