//! Check digits of national identity numbers, each from its issuer's published rule.
//!
//! Knows digits and letters; not words or countries' other numbers.

use super::super::super::check::{luhn, number};
use super::{digits, weighted};

/// Digit `i` as a number.
fn digit(d: &[u8], i: usize) -> u64 {
    d.get(i).map_or(0, |b| u64::from(b.wrapping_sub(b'0')))
}

fn letters_and_digits(value: &[u8]) -> Vec<u8> {
    let kept = value.iter().filter(|b| b.is_ascii_alphanumeric());
    kept.map(u8::to_ascii_uppercase).collect()
}

/// Spain, DNI and NIE: the number modulo 23 picks the letter; X, Y, Z stand for 0, 1, 2.
pub(super) fn es_dni(value: &[u8]) -> bool {
    let mut id = letters_and_digits(value);
    if let Some(first @ (b'X' | b'Y' | b'Z')) = id.first_mut() {
        *first = *first - b'X' + b'0';
    }
    let (last, body) = (id.last().copied(), id.get(..8).unwrap_or_default());
    id.len() == 9
        && body.iter().all(u8::is_ascii_digit)
        && b"TRWAGMYFPDXBNJZSQVHLCKE"
            .get((number(body) % 23) as usize)
            .copied()
            == last
}

/// Italy, codice fiscale: odd places by table, even places by value, modulo 26.
pub(super) fn it_codice(value: &[u8]) -> bool {
    const ODD: [u32; 26] = [
        1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24,
        23,
    ];
    let code = letters_and_digits(value);
    let rank = |b: u8| {
        u32::from(if b.is_ascii_digit() {
            b - b'0'
        } else {
            b.wrapping_sub(b'A')
        })
    };
    let of = |(i, b): (usize, &u8)| {
        let rank = rank(*b);
        if i % 2 == 0 {
            ODD.get(rank as usize).copied().unwrap_or(0)
        } else {
            rank
        }
    };
    let sum: u32 = code.iter().take(15).enumerate().map(of).sum();
    code.len() == 16 && code.last().copied() == Some(b'A' + (sum % 26) as u8)
}

/// France, numéro de sécurité sociale: 97 less the number modulo 97; 2A and 2B count as 19 and 18.
pub(super) fn fr_nir(value: &[u8]) -> bool {
    let id = letters_and_digits(value);
    let text = String::from_utf8_lossy(&id)
        .replace("2A", "19")
        .replace("2B", "18");
    let body = text.as_bytes().get(..13).unwrap_or_default();
    let key = text.as_bytes().get(13..15).unwrap_or_default();
    text.len() == 15
        && text.bytes().all(|b| b.is_ascii_digit())
        && number(key) == 97 - number(body) % 97
}

/// ISO 7064 MOD 11,10: Germany's tax ID, Croatia's OIB.
pub(super) fn mod_11_10(d: &[u8], len: usize) -> bool {
    let product = d.iter().take(len - 1).fold(10, |product, b| {
        let sum = (u64::from(b.wrapping_sub(b'0')) + product) % 10;
        (if sum == 0 { 10 } else { sum }) * 2 % 11
    });
    d.len() == len && d.first() != Some(&b'0') && (11 - product) % 10 == digit(d, len - 1)
}

/// Netherlands, BSN: weights 9 to 2, then −1.
pub(super) fn nl_bsn(d: &[u8]) -> bool {
    let sum = weighted(d, &[9, 8, 7, 6, 5, 4, 3, 2]);
    d.len() == 9 && sum != 0 && sum % 11 == digit(d, 8)
}

/// Poland, PESEL.
pub(super) fn pl_pesel(d: &[u8]) -> bool {
    d.len() == 11
        && weighted(d, &[1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1]).is_multiple_of(10)
        && digit(d, 4) < 4
}

/// Belgium, national number: 97 less the number modulo 97; a 2 goes before for births since 2000.
pub(super) fn be_national(d: &[u8]) -> bool {
    let body = number(d.get(..9).unwrap_or_default());
    let key = number(d.get(9..).unwrap_or_default());
    d.len() == 11 && (97 - body % 97 == key || 97 - (2_000_000_000 + body) % 97 == key)
}

/// Portugal, NIF.
pub(super) fn pt_nif(d: &[u8]) -> bool {
    let rest = weighted(d, &[9, 8, 7, 6, 5, 4, 3, 2]) % 11;
    d.len() == 9 && digit(d, 8) == if rest < 2 { 0 } else { 11 - rest }
}

/// Finland, henkilötunnus: date and individual number modulo 31.
pub(super) fn fi_hetu(value: &[u8]) -> bool {
    let body = digits(
        value
            .get(..value.len().saturating_sub(1))
            .unwrap_or_default(),
    );
    let expected = b"0123456789ABCDEFHJKLMNPRSTUVWXY".get((number(&body) % 31) as usize);
    body.len() == 9 && value.last().map(u8::to_ascii_uppercase).as_ref() == expected
}

/// Ireland, PPS number: weights 8 to 2, a second letter by 9, modulo 23.
pub(super) fn ie_pps(value: &[u8]) -> bool {
    let id = letters_and_digits(value);
    let second = id.get(8).map_or(0, |b| u64::from(b.wrapping_sub(b'A')) + 1);
    let second = if id.get(8) == Some(&b'W') { 0 } else { second };
    let sum = weighted(&id, &[8, 7, 6, 5, 4, 3, 2]) + second * 9;
    id.get(7) == b"WABCDEFGHIJKLMNOPQRSTUV".get((sum % 23) as usize)
}

/// Norway, fødselsnummer: two check digits modulo 11.
pub(super) fn no_birth(d: &[u8]) -> bool {
    d.len() == 11
        && weighted(d, &[3, 7, 6, 1, 8, 9, 4, 5, 2, 1]).is_multiple_of(11)
        && weighted(d, &[5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1]).is_multiple_of(11)
}

/// United Kingdom, NHS number: weights 10 to 2 modulo 11.
pub(super) fn uk_nhs(d: &[u8]) -> bool {
    let rest = 11 - weighted(d, &[10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11;
    d.len() == 10 && rest != 10 && digit(d, 9) == rest % 11
}

/// Brazil, CPF: two check digits modulo 11.
pub(super) fn br_cpf(d: &[u8]) -> bool {
    let check = |weights: &[u64]| weighted(d, weights) * 10 % 11 % 10;
    let varied = d.iter().any(|b| Some(b) != d.first());
    d.len() == 11
        && varied
        && check(&[10, 9, 8, 7, 6, 5, 4, 3, 2]) == digit(d, 9)
        && check(&[11, 10, 9, 8, 7, 6, 5, 4, 3, 2]) == digit(d, 10)
}

/// India, Aadhaar: the dihedral group of Verhoeff.
pub(super) fn verhoeff(d: &[u8]) -> bool {
    /// Multiplication in the dihedral group of ten elements.
    fn product(a: u64, b: u64) -> u64 {
        match (a < 5, b < 5) {
            (true, true) => (a + b) % 5,
            (true, false) => (a + b - 5) % 5 + 5,
            (false, true) => (a - 5 + 5 - b) % 5 + 5,
            (false, false) => (a + 5 - b) % 5,
        }
    }
    const STEP: [u64; 10] = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4];
    let permuted = |times: usize, value: u64| {
        (0..times % 8).fold(value, |value, _| {
            STEP.get(value as usize).copied().unwrap_or(0)
        })
    };
    let of =
        |sum, (i, b): (usize, &u8)| product(sum, permuted(i, u64::from(b.wrapping_sub(b'0')) % 10));
    d.len() == 12 && d.iter().rev().enumerate().fold(0, of) == 0
}

/// Singapore, NRIC and FIN: weights 2, 7 to 2, and 4 more for numbers since 2000.
pub(super) fn sg_nric(value: &[u8]) -> bool {
    let id = letters_and_digits(value);
    let d = id.get(1..8).unwrap_or_default();
    let sum = weighted(d, &[2, 7, 6, 5, 4, 3, 2]);
    let (more, letters) = match id.first() {
        Some(b'S') => (0, b"JZIHGFEDCBA"),
        Some(b'T') => (4, b"JZIHGFEDCBA"),
        Some(b'F') => (0, b"XWUTRQPNMLK"),
        Some(b'G') => (4, b"XWUTRQPNMLK"),
        _ => return false,
    };
    id.get(8) == letters.get(((sum + more) % 11) as usize)
}

/// Hong Kong, identity card: one or two letters by rank, weights 9 to 2, modulo 11.
pub(super) fn hk_id(value: &[u8]) -> bool {
    let id = letters_and_digits(value);
    let letters = id.iter().take_while(|b| b.is_ascii_uppercase()).count();
    let rank = |b: u8| u64::from(b.wrapping_sub(b'A')) + 10;
    let head = match id.get(..letters) {
        Some([one]) => 36 * 9 + rank(*one) * 8,
        Some([first, second]) => rank(*first) * 9 + rank(*second) * 8,
        _ => return false,
    };
    let sum = head
        + weighted(
            id.get(letters..letters + 6).unwrap_or_default(),
            &[7, 6, 5, 4, 3, 2],
        );
    let expected = b"0A987654321".get((sum % 11) as usize);
    id.len() == letters + 7 && id.last() == expected
}

/// Taiwan, identity card: the letter's number by place, weights 8 to 1, modulo 10.
pub(super) fn tw_id(value: &[u8]) -> bool {
    const LETTERS: &[u8] = b"ABCDEFGHJKLMNPQRSTUVXYWZIO";
    let id = letters_and_digits(value);
    let Some(rank) = id.first().and_then(|b| LETTERS.iter().position(|l| l == b)) else {
        return false;
    };
    let code = rank as u64 + 10;
    let sum = code / 10
        + code % 10 * 9
        + weighted(
            id.get(1..).unwrap_or_default(),
            &[8, 7, 6, 5, 4, 3, 2, 1, 1],
        );
    id.len() == 10 && sum.is_multiple_of(10)
}

/// Korea, resident registration number (those issued before October 2020).
pub(super) fn kr_rrn(d: &[u8]) -> bool {
    let sum = weighted(d, &[2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5]);
    d.len() == 13 && digit(d, 12) == (11 - sum % 11) % 10
}

/// EAN-13: Switzerland's AHV number.
pub(super) fn ean13(d: &[u8]) -> bool {
    d.len() == 13 && weighted(d, &[1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1]).is_multiple_of(10)
}

/// Sweden, personnummer: Luhn over the last ten digits; the day may be 60 higher.
pub(super) fn se_personnummer(value: &[u8]) -> bool {
    let d = digits(value);
    let last = d.get(d.len().saturating_sub(10)..).unwrap_or_default();
    matches!(d.len(), 10 | 12) && luhn(last)
}
