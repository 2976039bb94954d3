//! The characters that LAC knows, and their numbers.

use super::network::CHARACTERS;

/// What stands for a character that is not known.
const UNKNOWN: &str = "OOV";

/// Every known character with its number, in order.
#[derive(Debug)]
pub(super) struct Characters {
    known: Box<[(char, u16)]>,
    unknown: u16,
}

impl Characters {
    /// Reads `word.dic` (number, tab, character) and `q2b.dic` (a form, tab, the form that stands for it).
    pub(super) fn read(words: &str, forms: &str) -> Option<Self> {
        let mut known: Vec<(char, u16)> = Vec::new();
        let mut unknown = None;
        for (number, word) in pairs(words) {
            let number: u16 = number.parse().ok()?;
            if usize::from(number) >= CHARACTERS {
                return None;
            }
            match only(word) {
                Some(character) => known.push((character, number)),
                None if word == UNKNOWN => unknown = Some(number),
                None => {}
            }
        }
        let mut characters = Self {
            known: in_order(known),
            unknown: unknown?,
        };
        let forms: Vec<(char, u16)> = pairs(forms)
            .filter_map(|(form, stands)| Some((only(form)?, characters.number(only(stands)?))))
            .collect();
        // A form's number is that of what stands for it, even if it has one of its own.
        let all = forms.into_iter().chain(characters.known);
        characters.known = in_order(all.collect());
        Some(characters)
    }

    /// A character's number.
    pub(super) fn number(&self, character: char) -> u16 {
        let found = self.known.binary_search_by_key(&character, |(c, _)| *c);
        found
            .ok()
            .and_then(|at| self.known.get(at))
            .map_or(self.unknown, |(_, number)| *number)
    }
}

/// Sorted; of two entries for a character the first stays.
fn in_order(mut known: Vec<(char, u16)>) -> Box<[(char, u16)]> {
    known.sort_by_key(|(character, _)| *character);
    known.dedup_by_key(|(character, _)| *character);
    known.into()
}

fn pairs(file: &str) -> impl Iterator<Item = (&str, &str)> {
    file.split('\n')
        .filter_map(|line| line.trim_end_matches('\r').split_once('\t'))
}

fn only(word: &str) -> Option<char> {
    let mut characters = word.chars();
    characters.next().filter(|_| characters.next().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_stand_for_each_other() {
        let words = "0\t \n1\t与\n2\tOOV\n3\t與\n4\ta\n";
        let characters = Characters::read(words, "與\t与\nＡ\ta\n丟\t丢\n").unwrap();
        for (character, number) in [
            (' ', 0),
            ('与', 1),
            ('與', 1),
            ('Ａ', 4),
            ('丟', 2),
            ('丢', 2),
        ] {
            assert_eq!(characters.number(character), number, "{character}");
        }
    }

    #[test]
    fn a_table_without_the_unknown_or_with_wild_numbers_is_refused() {
        assert!(Characters::read("0\ta\n", "").is_none());
        assert!(Characters::read("58224\ta\n0\tOOV\n", "").is_none());
        assert!(Characters::read("x\ta\n0\tOOV\n", "").is_none());
    }
}
