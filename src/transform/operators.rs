//! What stands in for a value that no reply gets back.

use crate::base::{EntityType, Language};

/// From this many characters on, a masked value keeps its last ones.
const LONG_CHARS: usize = 12;
/// How many it keeps.
const KEPT_CHARS: usize = 4;

/// Nothing of the value: `[redacted:CVV]`. It never has the form of a surrogate.
pub(super) fn redact(entity: EntityType) -> String {
    format!("[redacted:{entity}]")
}

/// The type's label: `[telephone number]`.
pub(super) fn generalise(entity: EntityType) -> String {
    format!("[{}]", entity.label(Language::En))
}

/// Stars, as many as characters. A Chinese name keeps its surname; a value of twelve characters or more its
/// last four.
///
/// ```
/// use vestibule::{base::EntityType, transform::mask};
/// let card = EntityType::named("BANK_CARD").unwrap();
/// assert_eq!(mask(card, "4111111111111111"), "************1111");
/// ```
pub fn mask(entity: EntityType, value: &str) -> String {
    let length = value.chars().count();
    if entity.as_str() == "PERSON" && (2..=4).contains(&length) && value.chars().all(is_han) {
        let surname = if length == 4 { 2 } else { 1 };
        return value
            .chars()
            .take(surname)
            .chain("**".chars().take(length - surname))
            .collect();
    }
    let kept = if length >= LONG_CHARS { KEPT_CHARS } else { 0 };
    let stars = length - kept;
    "*".chars()
        .cycle()
        .take(stars)
        .chain(value.chars().skip(stars))
        .collect()
}

const fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{20000}'..='\u{3FFFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entity(name: &str) -> EntityType {
        EntityType::named(name).unwrap()
    }

    #[test]
    fn masks_keep_a_surname_or_the_last_four_of_a_long_value() {
        for (name, value, expected) in [
            ("BANK_CARD", "6222020200001234", "************1234"),
            ("BANK_CARD", "622202020000", "********0000"),
            ("PHONE", "13800138000", "***********"),
            ("PERSON", "张伟", "张*"),
            ("PERSON", "王小明", "王**"),
            ("PERSON", "欧阳娜娜", "欧阳**"),
            ("PERSON", "Lena", "****"),
            (
                "ADDRESS",
                "北京市海淀区中关村大街1号院",
                "**********街1号院",
            ),
            ("EMAIL", "é@例.cn", "******"),
            ("CVV", "", ""),
        ] {
            assert_eq!(mask(entity(name), value), expected);
        }
        assert_eq!(redact(entity("CVV")), "[redacted:CVV]");
        assert_eq!(generalise(entity("PHONE")), "[telephone number]");
    }
}
