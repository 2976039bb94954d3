//! What a value is called: the nearest telling key above it, and what its siblings say (`{"name":"cvv","value":739}`).
//!
//! Looks a bounded way: keys up to the root, the first members of an object.

use crate::protocol::json::{Kind, Value};
use crate::protocol::part::MOST_NAMES;

/// Members of an object that are looked at for a name of their sibling.
const MEMBERS: usize = 24;
/// Names of values are short.
const NAME_BYTES: usize = 96;
/// Longest neutral key, in bytes.
const NEUTRAL_BYTES: usize = 24;

/// Keys that hold a value and say nothing of it.
const VALUES: &[&str] = &[
    "value",
    "values",
    "val",
    "content",
    "contents",
    "text",
    "data",
    "answer",
    "answers",
    "input",
    "raw",
    "plaintext",
    "stringvalue",
    "string_value",
    "intvalue",
    "int_value",
    "newvalue",
    "new_value",
    "oldvalue",
    "old_value",
    "current",
    "defaultvalue",
    "default_value",
    "default",
    "值",
    "内容",
];

/// Other keys that say nothing of what is under them: levels of data, and the keywords of JSON Schema for values.
const LEVELS: &[&str] = &[
    "code",
    "const",
    "enum",
    "example",
    "examples",
    "item",
    "items",
    "prefixitems",
    "properties",
    "attributes",
    "anyof",
    "oneof",
    "allof",
    "contains",
    "then",
    "else",
    "array",
    "list",
    "string",
    "str",
    "number",
    "num",
    "s",
    "n",
    "v",
];

/// Keys whose string says what a sibling value is, the telling ones first.
const NAMES: &[&str] = &[
    "label",
    "name",
    "key",
    "field",
    "title",
    "property",
    "attribute",
    "attr",
    "param",
    "parameter",
    "question",
    "header",
    "column",
    "k",
    "id",
    "type",
    "kind",
    "system",
    "名称",
    "字段",
    "标签",
];

/// Names of a value, the surest first.
#[derive(Debug, Default)]
pub(super) struct Called<'d> {
    found: [Option<Value<'d>>; MOST_NAMES],
    /// Whether the last is a key that tells something, or only the innermost.
    pub(super) telling: bool,
}

impl<'d> Called<'d> {
    /// The names, in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = Value<'d>> {
        self.found.iter().flatten().copied()
    }

    fn push(&mut self, name: Value<'d>) {
        if let Some(slot) = self.found.iter_mut().find(|slot| slot.is_none()) {
            *slot = Some(name);
        }
    }
}

/// Collects the names of a value. Not from the object that begins at `message`, nor from above it: a message names its
/// author, not its content.
pub(super) fn names(value: Value<'_>, message: Option<usize>) -> Called<'_> {
    let mut names = Called::default();
    let mut key = value.key();
    while let Some(here) = key {
        let Some(object) = here.object() else { break };
        if Some(object.span().start) == message {
            break;
        }
        match weight(here) {
            Weight::Telling => {
                // The last place is kept for it.
                names.push(here);
                names.telling = true;
                return names;
            }
            Weight::Value => siblings(object, &mut names),
            Weight::Level => {}
        }
        key = object.key();
    }
    names.telling = names.found.iter().any(Option::is_some);
    if !names.telling {
        value.key().into_iter().for_each(|key| names.push(key));
    }
    names
}

/// Adds what the first members of an object say of their sibling; leaves one place free.
fn siblings<'d>(object: Value<'d>, names: &mut Called<'d>) {
    let mut best: [Option<(usize, Value<'d>)>; MOST_NAMES - 1] = [None; MOST_NAMES - 1];
    let members = object.members().take(MEMBERS);
    for (key, value) in members {
        let short = value.kind() == Kind::String && (1..=NAME_BYTES).contains(&value.span().len());
        if !short {
            continue;
        }
        let Some(rank) = lowered(key, |key| NAMES.iter().position(|name| *name == key)).flatten()
        else {
            continue;
        };
        let mut new = Some((rank, value));
        for slot in &mut best {
            if slot.is_none_or(|(old, _)| new.is_some_and(|(rank, _)| rank < old)) {
                std::mem::swap(slot, &mut new);
            }
        }
    }
    for (_, value) in best.into_iter().flatten() {
        let free = names.found.iter().filter(|slot| slot.is_none()).count();
        if free > 1 {
            names.push(value);
        }
    }
}

enum Weight {
    Telling,
    Value,
    Level,
}

/// What a key says: in any case, and without the marks that XML and others set before it (`#text`, `@value`).
fn weight(key: Value<'_>) -> Weight {
    let weigh = |key: &str| {
        if VALUES.contains(&key) {
            Weight::Value
        } else if LEVELS.contains(&key) || key.bytes().all(|b| b.is_ascii_digit()) {
            Weight::Level
        } else {
            Weight::Telling
        }
    };
    lowered(key, weigh).unwrap_or(Weight::Telling)
}

/// A short key in lower case, without marks before it.
fn lowered<T>(key: Value<'_>, with: impl FnOnce(&str) -> T) -> Option<T> {
    let mut buffer = [0; NEUTRAL_BYTES];
    let raw = key.raw().trim_start_matches(['#', '@', '$', '_']);
    if key.escaped() {
        let text = key.text().to_ascii_lowercase();
        return Some(with(text.trim_start_matches(['#', '@', '$', '_'])));
    }
    let buffer = buffer.get_mut(..raw.len())?;
    buffer.copy_from_slice(raw.as_bytes());
    buffer.make_ascii_lowercase();
    std::str::from_utf8(buffer).ok().map(with)
}
