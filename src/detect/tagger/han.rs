//! What a tagger of Chinese gets wrong: mends tags, and drops those that are no names.
//!
//! Names in parts (·) are put together, places at the head of an organisation are split off, buildings are places,
//! products called after a person and verse are left alone.

use super::Tag;
use super::classical::is_classical;
use super::han_words::{
    ABBREVIATED, BRANDS, BUILDINGS, COUNTING, GENERIC, PERSONAL, PLACE_BODIES, PLACES, PRODUCTS,
    TITLES_BEFORE, words,
};
use crate::base::{EntityType, Span};
use crate::detect::name::zh;
use crate::detect::page::Types;
use crate::detect::text::{char_at, char_before, is_han};

/// Between the parts of a foreign name.
const DOTS: &str = "·•‧・．";
/// Longest part of a foreign name, in characters.
const MOST_PART: usize = 8;
/// A name in verse must be this likely.
const LEAST_IN_VERSE: f32 = 0.97;
/// The length of a sentence that is looked at, in characters each way.
const SENTENCE_CHARS: usize = 40;

/// Keeps, mends or drops the tags of one text.
pub(super) fn sift(text: &str, types: &Types, tags: &mut Vec<Tag>) {
    let mut kept: Vec<Tag> = Vec::with_capacity(tags.len());
    for mut tag in tags.drain(..) {
        if !stands_alone(text, tag.span) {
            continue;
        }
        if tag.entity == types.person {
            if let Some(last) = kept
                .last_mut()
                .filter(|last| last.entity == types.person && joined(text, last.span, tag.span))
            {
                last.span = last.span.union(tag.span);
                last.score = last.score.max(tag.score);
                last.span = whole_dotted(text, last.span);
                continue;
            }
            tag.span = whole_dotted(text, untitled(text, with_surname(text, tag.span)));
            if is_person(text, &tag) {
                kept.push(tag);
            }
        } else if tag.entity == types.org {
            split(text, tag, types.place, &mut kept);
        } else if is_place(text, &tag) {
            kept.push(tag);
        }
    }
    *tags = kept;
}

/// Whether a tag has a Han character and cuts no word of Latin letters.
fn stands_alone(text: &str, span: Span) -> bool {
    let latin = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    let name = span.slice(text).unwrap_or_default();
    let cuts_before = latin(char_before(text, span.start)) && latin(name.chars().next());
    let cuts_behind = latin(char_at(text, span.end)) && latin(name.chars().next_back());
    name.contains(is_han) && !cuts_before && !cuts_behind
}

/// A given name with the surname that stands before it, where nothing stands before that.
fn with_surname(text: &str, span: Span) -> Span {
    let name = span.slice(text).unwrap_or_default();
    let short = (1..=2).contains(&name.chars().count());
    let before = char_before(text, span.start).filter(|c| short && is_han(*c));
    let Some(surname) = before else { return span };
    let start = span.start - surname.len_utf8();
    let edge = char_before(text, start).is_none_or(|c| !is_han(c));
    let is = text.get(start..span.start).is_some_and(zh::is_surname);
    if edge && is {
        Span::new(start, span.end)
    } else {
        span
    }
}

/// Whether nothing but a dot stands between two parts.
fn joined(text: &str, a: Span, b: Span) -> bool {
    let gap = text.get(a.end..b.start).unwrap_or_default();
    let mut between = gap.chars();
    between.next().is_some_and(|c| DOTS.contains(c)) && between.next().is_none()
}

/// A name with the parts that stand before and behind it, over dots.
fn whole_dotted(text: &str, span: Span) -> Span {
    let mut span = span;
    while let Some(dot) = char_at(text, span.end).filter(|c| DOTS.contains(*c)) {
        let start = span.end + dot.len_utf8();
        let ends = |c: char| !is_han(c) || "的在是和说将被向对为等及来去了着过到从".contains(c);
        let rest = text.get(start..).unwrap_or_default();
        let part = rest.chars().take(MOST_PART).take_while(|c| !ends(*c));
        let length: usize = part.map(char::len_utf8).sum();
        let ends = char_at(text, start + length).is_none_or(ends);
        if length == 0 || !ends {
            break;
        }
        span.end = start + length;
    }
    span
}

fn untitled(text: &str, span: Span) -> Span {
    let name = span.slice(text).unwrap_or_default();
    let title =
        words(TITLES_BEFORE).find(|title| name.starts_with(title) && name.len() > title.len());
    Span::new(span.start + title.map_or(0, str::len), span.end)
}

fn is_person(text: &str, tag: &Tag) -> bool {
    let name = tag.span.slice(text).unwrap_or_default();
    let rest = text.get(tag.span.end..).unwrap_or_default();
    let rest = rest.trim_start_matches(' ');
    let brand = || {
        words(BRANDS).any(|brand| brand == name)
            && !words(PERSONAL).any(|word| rest.starts_with(word))
    };
    if zh::is_no_name(name) || brand() || words(PRODUCTS).any(|product| rest.starts_with(product)) {
        return false;
    }
    if name.chars().filter(|c| is_han(*c)).count() == 1 && !zh::is_surname(name) {
        return false;
    }
    tag.score >= LEAST_IN_VERSE || !is_classical(sentence(text, tag.span))
}

/// Places of one character are abbreviations of countries and provinces, and some words of places are nobody's.
fn is_place(text: &str, tag: &Tag) -> bool {
    let name = tag.span.slice(text).unwrap_or_default();
    if tag.score < LEAST_IN_VERSE && is_classical(sentence(text, tag.span)) {
        return false;
    }
    let mut chars = name.chars();
    let first = chars.next().filter(|_| chars.next().is_none());
    if let Some(only) = first {
        return ABBREVIATED.contains(only);
    }
    let rest = text.get(tag.span.end..).unwrap_or_default();
    !words(GENERIC).any(|word| word == name)
        && !rest.starts_with("通行证")
        && !name.starts_with(COUNTING)
}

/// The sentence around a span, as far as it is looked at.
fn sentence(text: &str, span: Span) -> &str {
    let ends = |c: &char| matches!(c, '。' | '！' | '？' | '；' | '\n' | '“' | '”' | '：');
    let head = text.get(..span.start).unwrap_or_default();
    let before: usize = head
        .chars()
        .rev()
        .take(SENTENCE_CHARS)
        .take_while(|c| !ends(c))
        .map(char::len_utf8)
        .sum();
    let tail = text.get(span.end..).unwrap_or_default();
    let after: usize = tail
        .chars()
        .take(SENTENCE_CHARS)
        .take_while(|c| !ends(c))
        .map(char::len_utf8)
        .sum();
    text.get(span.start - before..span.end + after)
        .unwrap_or_default()
}

/// An organisation: its place and what is left, or the building that it is.
fn split(text: &str, tag: Tag, place: EntityType, kept: &mut Vec<Tag>) {
    let name = tag.span.slice(text).unwrap_or_default();
    if words(BUILDINGS).any(|building| name.ends_with(building)) {
        kept.push(Tag {
            entity: place,
            ..tag
        });
        return;
    }
    let head = head_place(name);
    if head > 0 {
        let middle = tag.span.start + head;
        kept.push(Tag {
            entity: place,
            span: Span::new(tag.span.start, middle),
            ..tag
        });
        let rest = text.get(middle..tag.span.end).unwrap_or_default();
        if !rest.is_empty() && !words(PLACE_BODIES).any(|body| body == rest) {
            kept.push(Tag {
                span: Span::new(middle, tag.span.end),
                ..tag
            });
        }
        return;
    }
    kept.push(tag);
}

/// Bytes of the places at the head of an organisation's name.
fn head_place(name: &str) -> usize {
    let mut at = 0;
    while let Some(rest) = name.get(at..) {
        let Some(place) = words(PLACES).find(|place| rest.starts_with(place)) else {
            break;
        };
        let end = at + place.len();
        let unit = char_at(name, end)
            .filter(|c| "省市县区".contains(*c))
            .map_or(0, char::len_utf8);
        at = end + unit;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is left of these tags, given as words of the text with a likelihood.
    fn left(text: &str, tags: &[(&str, &str, f32)]) -> Vec<String> {
        let types = Types::new().unwrap();
        let tag = |(name, kind, score): &(&str, &str, f32)| {
            let start = text.find(name).unwrap();
            Tag {
                span: Span::new(start, start + name.len()),
                entity: EntityType::named(kind).unwrap(),
                score: *score,
            }
        };
        let mut tags: Vec<Tag> = tags.iter().map(tag).collect();
        sift(text, &types, &mut tags);
        let row = |tag: &Tag| format!("{} {}", tag.entity, tag.span.slice(text).unwrap());
        tags.iter().map(row).collect()
    }

    #[test]
    fn tags_are_mended_or_dropped() {
        for (text, tags, expected) in [
            (
                "列夫·托尔斯泰来了",
                &[("列夫", "PERSON", 0.9)][..],
                &["PERSON 列夫·托尔斯泰"][..],
            ),
            (
                "王储哈立德到访",
                &[("王储哈立德", "PERSON", 0.9)],
                &["PERSON 哈立德"],
            ),
            (
                "1. 龙建国负责",
                &[("建国", "PERSON", 0.9)],
                &["PERSON 龙建国"],
            ),
            ("请找龙建国", &[("建国", "PERSON", 0.9)], &["PERSON 建国"]),
            ("李宁跑鞋", &[("李宁", "PERSON", 0.9)], &[]),
            ("李宁说他不来", &[("李宁", "PERSON", 0.9)], &["PERSON 李宁"]),
            (
                "张伟手机13812345678",
                &[("张伟", "PERSON", 0.9)],
                &["PERSON 张伟"],
            ),
            ("用 mock 数据", &[("m", "PERSON", 0.9)], &[]),
            ("法国政府", &[("法国政府", "ORG", 0.9)], &["PLACE 法国"]),
            (
                "河南省郑州市公安局",
                &[("河南省郑州市公安局", "ORG", 0.9)],
                &["PLACE 河南省郑州市", "ORG 公安局"],
            ),
            (
                "城南博物馆",
                &[("城南博物馆", "ORG", 0.9)],
                &["PLACE 城南博物馆"],
            ),
            ("老城区的路", &[("老城区", "PLACE", 0.9)], &[]),
            (
                "春江潮水连海平，海上明月共潮生",
                &[("春江", "PLACE", 0.9)],
                &[],
            ),
        ] {
            assert_eq!(left(text, tags), expected, "{text}");
        }
    }
}
