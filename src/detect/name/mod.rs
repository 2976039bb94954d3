//! Names of people, by surname, title and label: the floor that stands without a model.

pub(super) mod en;
pub(super) mod en_again;
mod en_more;
mod en_words;
pub(super) mod zh;
mod zh_words;

use super::page::{Candidate, Page};
use super::roles::Roles;
use crate::base::Span;

/// Keys of one part of a person's name: any word under them is one.
const PARTS: &[&str] = &[
    "first name",
    "last name",
    "surname",
    "given name",
    "family name",
    "middle name",
    "forename",
    "姓氏",
    "名字",
];

/// The whole text, where the JSON key says that it is a name.
pub(super) fn keyed(page: &mut Page<'_>) {
    let Some(key) = page
        .key
        .filter(|key| key.roles.any(Roles::NAME | Roles::ROLE))
    else {
        return;
    };
    let text = page.text.trim();
    let start = page.text.len() - page.text.trim_start().len();
    let span = Span::new(start, start + text.len());
    let of_person = PARTS.contains(&key.word);
    let score = if zh::is_name(text) || en::is_name(text) {
        0.85
    } else if of_person && (zh::is_part(text) || en::is_part(text)) {
        0.7
    } else {
        return;
    };
    page.push(Candidate::new(span, page.types.person, score, "person_key").near(Some(key.word)));
}
