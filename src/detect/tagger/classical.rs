//! Verse and classical prose: every other word of them looks like a name, and none is anybody's.

/// Characters that only today's language has so often.
const MODERN: &str = "的了是在这那们个吗呢吧把被和很都就还没给到对让说要会能";
/// Characters that the classical language lives on.
const CLASSICAL: &str = "之乎者也矣焉兮曰吾汝尔岂哉耶於乃惟孰";
/// Shortest and longest line of verse.
const VERSE: std::ops::RangeInclusive<usize> = 4..=8;

/// Verse, lines of the same length and not a word of today among them, or classical prose.
pub(super) fn is_classical(sentence: &str) -> bool {
    let count = |set: &str| sentence.chars().filter(|c| set.contains(*c)).count();
    let modern = count(MODERN);
    if modern == 0 && count(CLASSICAL) >= 2 {
        return true;
    }
    let lines = sentence
        .split(['，', '：', ','])
        .map(|line| line.chars().count());
    let mut lines = lines.skip_while(|length| !VERSE.contains(length));
    let Some(first) = lines.next() else {
        return false;
    };
    let rest: Vec<usize> = lines.collect();
    modern == 0 && !rest.is_empty() && first >= 5 && rest.iter().all(|length| *length == first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verse_and_classical_prose_are_not_read() {
        for (sentence, classical) in [
            ("春江潮水连海平，海上明月共潮生", true),
            ("三人行，必有我师焉，择其善者而从之", true),
            ("他在北京工作，我在上海工作", false),
            ("张伟来电，要求退款", false),
        ] {
            assert_eq!(is_classical(sentence), classical, "{sentence}");
        }
    }
}
