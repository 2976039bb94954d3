//! Looking for words in text that is still arriving.

/// What a look at the text so far shows.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Seen {
    /// One of the words stands at `start..end`, before any other.
    Word {
        /// Its first byte.
        start: usize,
        /// One past its last byte.
        end: usize,
    },
    /// None yet; from `from` on (the text's length: from nowhere) a word may have begun.
    Open {
        /// First byte of what may become a word.
        from: usize,
    },
}

/// Looks for the first of `words` in `text`; of two that begin at the same place the longer counts.
pub(super) fn look<S: AsRef<str>>(text: &str, words: &[S]) -> Seen {
    let words = || {
        words
            .iter()
            .map(AsRef::as_ref)
            .filter(|word| !word.is_empty())
    };
    let whole = words()
        .filter_map(|word| text.find(word).map(|start| (start, start + word.len())))
        .min_by_key(|&(start, end)| (start, usize::MAX - end));
    let open = text.char_indices().map(|(at, _)| at).find(|&at| {
        let rest = text.get(at..).unwrap_or_default();
        words().any(|word| word.len() > rest.len() && word.starts_with(rest))
    });
    match (whole, open) {
        (Some((start, end)), open) if open.is_none_or(|open| start <= open) => {
            Seen::Word { start, end }
        }
        (_, open) => Seen::Open {
            from: open.unwrap_or(text.len()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_word_or_the_place_where_one_may_begin() {
        let word = |start, end| Seen::Word { start, end };
        let open = |from| Seen::Open { from };
        for (text, words, seen) in [
            ("", &["END"][..], open(0)),
            ("some text", &["END"], open(9)),
            ("some E", &["END"], open(5)),
            ("some EN", &["END", "N!"], open(5)),
            ("xEND", &["END"], word(1, 4)),
            ("aab", &["ab", "aab"], word(0, 3)),
            ("a b", &["b", "a"], word(0, 1)),
            ("身份证", &["证件"], open(6)),
            ("x", &[""], open(1)),
            ("ENEND", &["END"], word(2, 5)),
        ] {
            assert_eq!(look(text, words), seen, "{text} {words:?}");
        }
    }

    #[test]
    fn a_word_inside_the_beginning_of_a_longer_one_waits() {
        assert_eq!(look("ab", &["b", "abc"]), Seen::Open { from: 0 });
        assert_eq!(look("abd", &["b", "abc"]), Seen::Word { start: 1, end: 2 });
    }
}
