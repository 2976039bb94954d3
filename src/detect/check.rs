//! Check digits and the rules of number plans. Knows digits, not text.

/// Luhn (ISO/IEC 7812-1 annex B).
pub(super) fn luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(i, d)| {
            let d = u32::from(d.wrapping_sub(b'0'));
            if i % 2 == 0 {
                d
            } else {
                d * 2 / 10 + d * 2 % 10
            }
        })
        .sum();
    sum.is_multiple_of(10) && digits.iter().any(|d| *d != b'0')
}

/// Bank card ranges: length and first digits (`UnionPay`, Visa, Mastercard, Amex, Discover, JCB, Diners).
pub(super) fn is_card_range(digits: &[u8]) -> bool {
    let prefix = |n: usize| number(digits.get(..n).unwrap_or_default());
    let len = digits.len();
    match digits.first() {
        Some(b'4') => matches!(len, 16 | 19),
        Some(b'5') => len == 16 && (51..=55).contains(&prefix(2)),
        Some(b'2') => len == 16 && (2221..=2720).contains(&prefix(4)),
        Some(b'3') => {
            (len == 15 && matches!(prefix(2), 34 | 37))
                || (len == 16 && (3528..=3589).contains(&prefix(4)))
                || (len == 14 && (matches!(prefix(2), 36 | 38) || (300..=305).contains(&prefix(3))))
        }
        Some(b'6') => {
            (16..=19).contains(&len)
                && (matches!(prefix(2), 62 | 65 | 60) || (644..=649).contains(&prefix(3)))
        }
        Some(b'9') => len == 19 && prefix(4) == 9558,
        _ => false,
    }
}

/// The number that ASCII digits write; they are few enough not to overflow.
pub(super) fn number(digits: &[u8]) -> u64 {
    digits.iter().fold(0, |n: u64, d| {
        n.wrapping_mul(10)
            .wrapping_add(u64::from(d.wrapping_sub(b'0')))
    })
}

/// Provinces of GB/T 2260: the first two digits of a resident ID.
pub(super) const fn is_province(code: u64) -> bool {
    matches!(code, 11..=15 | 21..=23 | 31..=37 | 41..=46 | 50..=54 | 61..=65 | 71 | 81 | 82 | 83)
}

/// Region and date of birth of an 18-digit resident ID (GB 11643), whatever its check digit.
pub(super) fn is_resident_form(id: &[u8]) -> bool {
    let part = |a: usize, b: usize| number(id.get(a..b).unwrap_or_default());
    id.len() == 18
        && is_province(part(0, 2))
        && part(2, 6) != 0
        && (1900..=2099).contains(&part(6, 10))
        && is_day(part(10, 12), part(12, 14))
}

/// Region and date of a 15-digit resident ID, issued until 1999.
pub(super) fn is_old_resident_form(id: &[u8]) -> bool {
    let part = |a: usize, b: usize| number(id.get(a..b).unwrap_or_default());
    id.len() == 15
        && is_province(part(0, 2))
        && part(2, 6) != 0
        && is_day(part(8, 10), part(10, 12))
}

fn is_day(month: u64, day: u64) -> bool {
    let last = match month {
        2 => 29,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return false,
    };
    (1..=last).contains(&day)
}

/// The check character of GB 11643 (ISO 7064 MOD 11-2).
pub(super) fn resident_check(id: &[u8]) -> bool {
    const WEIGHTS: [u64; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: u64 = id
        .iter()
        .zip(WEIGHTS)
        .map(|(d, w)| u64::from(d.wrapping_sub(b'0')) * w)
        .sum();
    let expected = b"10X98765432".get((sum % 11) as usize);
    id.len() == 18 && id.last().map(u8::to_ascii_uppercase).as_ref() == expected
}

const USCC_ALPHABET: &[u8] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";

/// Alphabet, department, class and region of a unified social credit code (GB 32100), whatever its check character.
pub(super) fn is_uscc_form(code: &[u8]) -> bool {
    let part = |a: usize, b: usize| code.get(a..b).unwrap_or_default();
    code.len() == 18
        && matches!(code.first(), Some(b'1'..=b'9' | b'A' | b'N' | b'Y'))
        && code.get(1).is_some_and(|b| matches!(b, b'1'..=b'9'))
        && part(2, 8).iter().all(u8::is_ascii_digit)
        && (is_province(number(part(2, 4))) || number(part(2, 4)) == 10)
        && code.iter().all(|b| USCC_ALPHABET.contains(b))
}

/// The check characters of GB 32100 (whole code, mod 31) and of GB 11714 in it (organisation code, mod 11).
pub(super) fn uscc_check(code: &[u8]) -> bool {
    let value = |b: &u8| USCC_ALPHABET.iter().position(|a| a == b).unwrap_or(0) as u64;
    let mut weight = 1;
    let mut sum = 0;
    for b in code.iter().take(17) {
        sum += value(b) * weight;
        weight = weight * 3 % 31;
    }
    code.last()
        .is_some_and(|last| value(last) == (31 - sum % 31) % 31)
        && organisation_check(code)
}

fn organisation_check(code: &[u8]) -> bool {
    const WEIGHTS: [u64; 8] = [3, 7, 9, 10, 5, 8, 4, 2];
    let body = code.get(8..16).unwrap_or_default();
    let sum: u64 = body
        .iter()
        .zip(WEIGHTS)
        .map(|(b, w)| u64::from(char::from(*b).to_digit(36).unwrap_or(0)) * w)
        .sum();
    let expected = match 11 - sum % 11 {
        10 => b'X',
        11 => b'0',
        digit => b'0' + digit as u8,
    };
    code.get(16) == Some(&expected)
}

/// Country and length of an IBAN (SWIFT IBAN registry, release 99).
const IBAN_LENGTHS: &str = "\
AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DK18 DO28 EE20 \
EG29 ES24 FI18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 \
KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MR27 MT31 MU30 NL18 NO15 PK24 \
PL28 PS29 PT25 QA29 RO24 RS22 SA24 SC31 SE24 SI19 SK24 SM27 ST25 SV28 TL23 TN24 TR26 UA29 VA22 \
VG24 XK20";

/// Length of an IBAN of this country, in characters.
pub(super) fn iban_len(country: &[u8]) -> Option<usize> {
    let mut entries = IBAN_LENGTHS
        .split(' ')
        .filter_map(|entry| entry.split_at_checked(2));
    entries
        .find(|(code, _)| code.as_bytes() == country)?
        .1
        .parse()
        .ok()
}

/// MOD 97-10 of ISO 7064 over an IBAN without spaces.
pub(super) fn iban_check(iban: &[u8]) -> bool {
    let (head, body) = iban.split_at(iban.len().min(4));
    let rest = body
        .iter()
        .chain(head)
        .fold(0u64, |rest, b| match char::from(*b).to_digit(36) {
            Some(v) if v >= 10 => (rest * 100 + u64::from(v)) % 97,
            Some(v) => (rest * 10 + u64::from(v)) % 97,
            None => 0,
        });
    rest == 1
}

/// Chinese mobile prefixes in use (MIIT numbering plan, virtual operators and machines in it).
pub(super) fn is_cn_mobile(digits: &[u8]) -> bool {
    let prefix = number(digits.get(..3).unwrap_or_default());
    digits.len() == 11
        && matches!(prefix, 130..=139 | 145..=149 | 150..=153 | 155..=159 | 162 | 165..=167 | 170..=178 | 180..=193 | 195..=199)
}

/// A Chinese landline number with its area code: eight digits in the cities that have them, else seven or eight.
pub(super) fn is_cn_landline(digits: &[u8]) -> bool {
    let code = |n: usize| number(digits.get(..n).unwrap_or_default());
    let short = matches!(code(3), 10 | 20..=25 | 27..=29);
    let area = if short { 3 } else { 4 };
    let known = short
        || matches!(code(4), 310..=319 | 335 | 349..=359 | 370..=379 | 391..=398 | 410..=419 | 421 | 427 | 429 | 431..=439
            | 451..=459 | 464 | 467..=470 | 471..=479 | 482 | 483 | 510..=519 | 523 | 527 | 530..=539 | 543 | 546
            | 550..=566 | 570..=580 | 591..=599 | 631..=635 | 660 | 662 | 663 | 668 | 691 | 692 | 701 | 710..=719 | 722
            | 724 | 728 | 730..=739 | 743..=746 | 750..=763 | 766 | 768..=779 | 790..=799 | 812..=818 | 825..=839
            | 851..=859 | 870..=879 | 881 | 883 | 886..=888 | 891..=899 | 901..=903 | 906 | 908 | 909 | 911..=919
            | 930..=939 | 941 | 943 | 951..=955 | 970..=979 | 990..=999);
    let subscriber = digits.get(area..).unwrap_or_default();
    let fits = if short {
        subscriber.len() == 8
    } else {
        matches!(subscriber.len(), 7 | 8)
    };
    digits.first() == Some(&b'0')
        && known
        && fits
        && matches!(subscriber.first(), Some(b'2'..=b'8'))
}

/// A number of the North American plan: area and exchange begin with 2–9 and are no service codes (N11).
pub(super) fn is_nanp(digits: &[u8]) -> bool {
    let office = |i: usize| {
        matches!(digits.get(i), Some(b'2'..=b'9')) && digits.get(i + 1..i + 3) != Some(b"11")
    };
    digits.len() == 10
        && office(0)
        && matches!(digits.get(3), Some(b'2'..=b'9'))
        && digits.get(1) != Some(&b'9')
}

/// Area, group and serial of a US social security number that can have been issued.
pub(super) fn is_ssn(digits: &[u8]) -> bool {
    let part = |a: usize, b: usize| number(digits.get(a..b).unwrap_or_default());
    digits.len() == 9
        && !matches!(part(0, 3), 0 | 666 | 900..=999)
        && part(3, 5) != 0
        && part(5, 9) != 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_digits_of_published_examples() {
        assert!(
            luhn(b"4111111111111111") && !luhn(b"4111111111111112") && !luhn(b"0000000000000000")
        );
        assert!(resident_check(b"11010519491231002X") && is_resident_form(b"11010519491231002X"));
        assert!(!resident_check(b"110105194912310021"));
        assert!(uscc_check(b"91350100M000100Y43") && is_uscc_form(b"91350100M000100Y43"));
        assert!(!uscc_check(b"91350100M000100Y44"));
        assert!(iban_check(b"GB82WEST12345698765432") && !iban_check(b"GB83WEST12345698765432"));
        assert!(iban_check(b"DE89370400440532013000"));
    }

    #[test]
    fn number_plans() {
        for (digits, mobile, landline, nanp) in [
            ("13812345678", true, false, false),
            ("12345678901", false, false, false),
            ("01062345678", false, true, false),
            ("03516234567", false, true, false),
            ("00001234567", false, false, false),
            ("2125550123", false, false, true),
            ("1125550123", false, false, false),
        ] {
            let d = digits.as_bytes();
            assert_eq!(
                (is_cn_mobile(d), is_cn_landline(d), is_nanp(d)),
                (mobile, landline, nanp),
                "{digits}"
            );
        }
    }

    #[test]
    fn dates_and_areas_are_checked() {
        assert!(!is_resident_form(b"110105194913310021"));
        assert!(!is_resident_form(b"990105194912310021"));
        assert!(is_old_resident_form(b"110105491231002"));
        assert!(is_ssn(b"123456789") && !is_ssn(b"666456789") && !is_ssn(b"123006789"));
        assert!(is_card_range(b"6222020000000000000") && !is_card_range(b"9999000000000000"));
    }
}
