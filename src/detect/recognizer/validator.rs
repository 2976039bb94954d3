//! Check digits by the name that files use for them.
//!
//! A check sees the bytes of a match and drops separators itself. Sources stand at each check in `check` and here.

use super::super::check;
use sha2::{Digest, Sha256};

mod national;

/// A check and its name.
#[derive(Debug, Clone, Copy)]
pub(super) struct Validator {
    pub(super) name: &'static str,
    pub(super) test: fn(&[u8]) -> bool,
}

const fn validator(name: &'static str, test: fn(&[u8]) -> bool) -> Validator {
    Validator { name, test }
}

/// Every check that a file may name.
const ALL: &[Validator] = &[
    validator("luhn", |v| check::luhn(&digits(v))),
    validator("vin", vin),
    validator("aba", |v| aba(&digits(v))),
    validator("npi", |v| npi(&digits(v))),
    validator("dea", dea),
    validator("date", is_some_date),
    validator("swift_country", |v| v.get(4..6).is_some_and(is_country)),
    validator("base58check", base58check),
    validator("bech32", bech32),
    validator("mixed", is_mixed),
    validator("geo_range", geo_range),
    validator("handle", is_handle),
    validator("has_digits", |v| v.iter().any(u8::is_ascii_digit)),
    validator("vin_mixed", |v| is_mixed(v) && vin(v)),
    validator("account", |v| is_account(&digits(v), 8)),
    validator("account_en", |v| is_account(&digits(v), 6)),
    validator("uk_postcode", uk_postcode),
    validator("street", is_street),
    validator("zh_address", is_zh_address),
    validator("en_address", is_en_address),
    validator("capitalised", is_capitalised),
    validator("se_personnummer", national::se_personnummer),
    validator("es_dni", national::es_dni),
    validator("it_codice", national::it_codice),
    validator("fr_nir", national::fr_nir),
    validator("de_tax_id", |v| national::mod_11_10(&digits(v), 11)),
    validator("nl_bsn", |v| national::nl_bsn(&digits(v))),
    validator("pl_pesel", |v| national::pl_pesel(&digits(v))),
    validator("be_national", |v| national::be_national(&digits(v))),
    validator("pt_nif", |v| national::pt_nif(&digits(v))),
    validator("fi_hetu", national::fi_hetu),
    validator("ie_pps", national::ie_pps),
    validator("hr_oib", |v| national::mod_11_10(&digits(v), 11)),
    validator("no_fodselsnummer", |v| national::no_birth(&digits(v))),
    validator("uk_nhs", |v| national::uk_nhs(&digits(v))),
    validator("br_cpf", |v| national::br_cpf(&digits(v))),
    validator("in_aadhaar", |v| national::verhoeff(&digits(v))),
    validator("sg_nric", national::sg_nric),
    validator("hk_id", national::hk_id),
    validator("tw_id", national::tw_id),
    validator("kr_rrn", |v| national::kr_rrn(&digits(v))),
    validator("ch_ahv", |v| national::ean13(&digits(v))),
];

/// The check of this name.
pub(super) fn named(name: &str) -> Option<Validator> {
    ALL.iter().find(|check| check.name == name).copied()
}

/// The digits of a value without what groups them.
fn digits(value: &[u8]) -> Vec<u8> {
    value.iter().copied().filter(u8::is_ascii_digit).collect()
}

/// ISO 3779 as 49 CFR 565 fills it: weighted sum of transliterated characters modulo 11 in the ninth place.
fn vin(vin: &[u8]) -> bool {
    const WEIGHTS: [u32; 17] = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2];
    let value = |b: u8| match b.to_ascii_uppercase() {
        d @ b'0'..=b'9' => Some(u32::from(d - b'0')),
        c @ b'A'..=b'H' => Some(u32::from(c - b'A') + 1),
        c @ (b'J'..=b'N' | b'P' | b'R') => Some(u32::from(c - b'J') + 1),
        c @ b'S'..=b'Z' => Some(u32::from(c - b'S') + 2),
        _ => None,
    };
    let sum = vin
        .iter()
        .zip(WEIGHTS)
        .try_fold(0, |sum, (b, w)| Some(sum + value(*b)? * w));
    let expected = sum.and_then(|sum| b"0123456789X".get(sum as usize % 11));
    vin.len() == 17
        && expected.is_some()
        && vin.get(8).map(u8::to_ascii_uppercase).as_ref() == expected
}

/// American Bankers Association: weights 3, 7, 1; the first two digits name a Federal Reserve district.
fn aba(d: &[u8]) -> bool {
    let district = check::number(d.get(..2).unwrap_or_default());
    d.len() == 9
        && matches!(district, 1..=12 | 21..=32 | 61..=72 | 80)
        && weighted(d, &[3, 7, 1, 3, 7, 1, 3, 7, 1]).is_multiple_of(10)
}

/// Luhn over `80840` and the number (45 CFR 162.406).
fn npi(d: &[u8]) -> bool {
    d.len() == 10 && check::luhn(&[b"80840", d].concat())
}

/// Two letters, seven digits: 1st + 3rd + 5th + 2 × (2nd + 4th + 6th) ends in the 7th (21 CFR 1301).
fn dea(value: &[u8]) -> bool {
    let d = digits(value);
    let sum = weighted(&d, &[1, 2, 1, 2, 1, 2]);
    d.len() == 7 && d.last().map(|last| u64::from(last - b'0')) == Some(sum % 10)
}

/// The digits' sum by weight; the shorter of the two ends it.
fn weighted(digits: &[u8], weights: &[u64]) -> u64 {
    let of = |(d, w): (&u8, &u64)| u64::from(d.wrapping_sub(b'0')) * w;
    digits.iter().zip(weights).map(of).sum()
}

/// Eight digits that are a day of 1900–2099, or anything that is written with separators or words.
fn is_some_date(value: &[u8]) -> bool {
    if value.len() != 8 || !value.iter().all(u8::is_ascii_digit) {
        return true;
    }
    let part = |a: usize, b: usize| check::number(value.get(a..b).unwrap_or_default());
    (1900..=2099).contains(&part(0, 4))
        && (1..=12).contains(&part(4, 6))
        && (1..=31).contains(&part(6, 8))
}

/// Letters and digits both.
fn is_mixed(value: &[u8]) -> bool {
    value.iter().any(u8::is_ascii_digit) && value.iter().any(u8::is_ascii_alphabetic)
}

/// What people and services make account names of: letters with a digit, or joined by `_` or `-`.
fn is_handle(value: &[u8]) -> bool {
    let ends = |b: Option<&u8>| b.is_some_and(u8::is_ascii_alphanumeric);
    let told = |b: &u8| b.is_ascii_digit();
    ends(value.first())
        && ends(value.last())
        && value.iter().any(told)
        && value.iter().any(u8::is_ascii_alphabetic)
}

/// An account number of at least so many digits, and no mobile number, which also serves to log in.
fn is_account(d: &[u8], least: usize) -> bool {
    (least..=30).contains(&d.len()) && !check::is_cn_mobile(d)
}

/// The 124 post code areas of the United Kingdom; what only looks like `M1 8GB` is memory.
fn uk_postcode(value: &[u8]) -> bool {
    const AREAS: &str = "\
AB AL B BA BB BD BF BH BL BN BR BS BT BX CA CB CF CH CM CO CR CT CV CW DA DD DE DG DH DL DN DT DY E EC EH EN EX FK FY G GL \
GU HA HD HG HP HR HS HU HX IG IM IP IV JE KA KT KW KY L LA LD LE LL LN LS LU M ME MK ML N NE NG NN NP NR NW OL OX PA PE PH PL \
PO PR RG RH RM S SA SE SG SK SL SM SN SO SP SR SS ST SW SY TA TD TF TN TQ TR TS TW UB W WA WC WD WF WN WR WS WV YO ZE";
    let letters = value.iter().take_while(|b| b.is_ascii_alphabetic()).count();
    let area = value.get(..letters).unwrap_or_default();
    let inward = value
        .get(value.len().saturating_sub(2)..)
        .unwrap_or_default();
    AREAS.split(' ').any(|known| known.as_bytes() == area)
        && !matches!(
            inward,
            b"GB" | b"TB" | b"ND" | b"RD" | b"TH" | b"ST" | b"PM" | b"AM" | b"HZ"
        )
}

/// A house number and a street, not `5 Ways to Run` and not a year before the name of a street.
fn is_street(value: &[u8]) -> bool {
    const COUNTED: &[&str] = &[
        "ways to", "times", "days", "hours", "years", "minutes", "on the", "of the", "in the",
        "for", "per",
    ];
    let text = String::from_utf8_lossy(value);
    let Some((number, rest)) = text.split_once(' ') else {
        return false;
    };
    let rest = rest.to_ascii_lowercase();
    let year = matches!(number.parse(), Ok(1990..=2030)) && rest.split(' ').count() < 3;
    rest.contains(' ') && !year && !COUNTED.iter().any(|word| rest.starts_with(word))
}

/// A Chinese address has units of it: an area, a street, a number.
fn is_zh_address(value: &[u8]) -> bool {
    let text = String::from_utf8_lossy(value);
    let units = text
        .chars()
        .filter(|c| "省市区县州旗镇乡村路街道巷弄号栋幢座单室楼层组院苑园里厦庄屯".contains(*c))
        .count();
    let talks = [
        "不能", "不要", "错误", "如下", "输入", "填写", "变更", "为空", "请", "无法", "没有",
        "什么", "栏",
    ];
    units >= 2 && !talks.iter().any(|word| text.contains(word))
}

/// An English address has a number, and words.
fn is_en_address(value: &[u8]) -> bool {
    let words = value
        .split(|b| !b.is_ascii_alphabetic())
        .filter(|word| word.len() >= 3)
        .count();
    let digits = value.iter().any(u8::is_ascii_digit);
    words >= 2 && digits && !value.starts_with(b"0x") && value.contains(&b' ')
}

/// Written as a name is: a capital, then small letters.
fn is_capitalised(value: &[u8]) -> bool {
    value.first().is_some_and(u8::is_ascii_uppercase)
        && value.get(1).is_some_and(u8::is_ascii_lowercase)
}

/// Latitude within 90 degrees and longitude within 180, either first.
fn geo_range(value: &[u8]) -> bool {
    let text = String::from_utf8_lossy(value);
    let numbers: Vec<f64> = text
        .split(|c: char| !(c.is_ascii_digit() || c == '.'))
        .filter(|part| part.contains('.'))
        .filter_map(|part| part.parse().ok())
        .collect();
    numbers.iter().all(|n| *n <= 180.0) && (numbers.len() < 2 || numbers.iter().any(|n| *n <= 90.0))
}

/// Country codes of ISO 3166-1 that business identifier codes (ISO 9362) carry.
const COUNTRIES: &str = "\
AD AE AF AG AI AL AM AO AR AT AU AW AZ BA BB BD BE BF BG BH BI BJ BM BN BO BR BS BT BW BY BZ CA CD CF CG CH CI CL CM CN CO \
CR CU CV CW CY CZ DE DJ DK DM DO DZ EC EE EG ES ET FI FJ FR GA GB GD GE GG GH GI GL GM GN GQ GR GT GU GW GY HK HN HR HT HU \
ID IE IL IM IN IQ IR IS IT JE JM JO JP KE KG KH KM KN KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MG MK ML MM \
MN MO MR MT MU MV MW MX MY MZ NA NE NG NI NL NO NP NZ OM PA PE PG PH PK PL PR PS PT PY QA RO RS RU RW SA SB SC SD SE SG SI \
SK SL SM SN SO SR ST SV SY SZ TC TD TG TH TJ TL TM TN TO TR TT TW TZ UA UG US UY UZ VA VC VE VG VN VU WS XK YE ZA ZM ZW";

fn is_country(code: &[u8]) -> bool {
    COUNTRIES
        .split(' ')
        .any(|country| country.as_bytes().eq_ignore_ascii_case(code))
}

/// Base58 with the first four bytes of a double SHA-256 at the end, as Bitcoin and its kin write addresses.
fn base58check(value: &[u8]) -> bool {
    const ALPHABET: &[u8] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
    let mut bytes: Vec<u8> = Vec::with_capacity(32);
    for b in value {
        let Some(digit) = ALPHABET.iter().position(|a| a == b) else {
            return false;
        };
        let mut carry = digit as u32;
        for byte in &mut bytes {
            carry += u32::from(*byte) * 58;
            *byte = carry as u8;
            carry >>= 8;
        }
        while carry > 0 {
            bytes.push(carry as u8);
            carry >>= 8;
        }
    }
    let zeros = value.iter().take_while(|b| **b == b'1').count();
    bytes.extend(std::iter::repeat_n(0, zeros));
    bytes.reverse();
    let Some((payload, sum)) = bytes.split_last_chunk::<4>() else {
        return false;
    };
    let hash = Sha256::digest(Sha256::digest(payload));
    payload.len() == 21 && hash.get(..4) == Some(sum.as_slice())
}

/// The checksum of BIP 173 and BIP 350 over a segwit address.
fn bech32(value: &[u8]) -> bool {
    const ALPHABET: &[u8] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";
    const GENERATORS: [u32; 5] = [
        0x3b6a_57b2,
        0x2650_8e6d,
        0x1ea1_19fa,
        0x3d42_33dd,
        0x2a14_62b3,
    ];
    let lower = value.to_ascii_lowercase();
    let Some(one) = lower.iter().rposition(|b| *b == b'1') else {
        return false;
    };
    let (prefix, data) = (
        lower.get(..one).unwrap_or_default(),
        lower.get(one + 1..).unwrap_or_default(),
    );
    let values: Option<Vec<u8>> = data
        .iter()
        .map(|b| ALPHABET.iter().position(|a| a == b).map(|p| p as u8))
        .collect();
    let Some(values) = values.filter(|values| values.len() >= 6) else {
        return false;
    };
    let high = prefix.iter().map(|b| b >> 5);
    let low = prefix.iter().map(|b| b & 31);
    let step = |sum: u32, value: u8| {
        let top = sum >> 25;
        let next = (sum & 0x01ff_ffff) << 5 ^ u32::from(value);
        GENERATORS
            .iter()
            .enumerate()
            .filter(|(i, _)| top >> i & 1 == 1)
            .fold(next, |sum, (_, generator)| sum ^ generator)
    };
    let sum = high.chain([0]).chain(low).chain(values).fold(1, step);
    matches!(sum, 1 | 0x2bc8_30a3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_examples_pass_and_their_neighbours_fail() {
        for (name, right, wrong) in [
            ("vin", "1M8GDM9AXKP042788", "1M8GDM9A1KP042788"),
            ("aba", "011000015", "011000016"),
            ("npi", "1234567893", "1234567894"),
            ("dea", "AB1234563", "AB1234564"),
            (
                "base58check",
                "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2",
                "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN3",
            ),
            (
                "bech32",
                "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
                "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5",
            ),
            ("es_dni", "12345678Z", "12345678A"),
            ("it_codice", "RSSMRA85T10A562S", "RSSMRA85T10A562T"),
            ("nl_bsn", "111222333", "111222334"),
            ("pl_pesel", "44051401359", "44051401358"),
            ("de_tax_id", "86095742719", "86095742718"),
            ("fi_hetu", "131052-308T", "131052-308U"),
            ("ie_pps", "1234567FA", "1234567GA"),
            ("uk_nhs", "943 476 5919", "943 476 5918"),
            ("br_cpf", "111.444.777-35", "111.444.777-36"),
            ("sg_nric", "S1234567D", "S1234567E"),
            ("hk_id", "A123456(3)", "A123456(4)"),
            ("tw_id", "A123456789", "A123456788"),
            ("pt_nif", "123456789", "123456788"),
            ("ch_ahv", "756.9217.0769.85", "756.9217.0769.84"),
            ("be_national", "85.07.30-033 28", "85.07.30-033 29"),
            ("swift_country", "DEUTDEFF", "DEUTQQFF"),
            ("geo_range", "31.2304, 121.4737", "191.2304, 121.4737"),
            ("date", "19900305", "19901305"),
            ("mixed", "A1", "AB"),
        ] {
            let check = named(name).unwrap();
            assert!((check.test)(right.as_bytes()), "{name}: {right}");
            assert!(!(check.test)(wrong.as_bytes()), "{name}: {wrong}");
        }
    }
}
