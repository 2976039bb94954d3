//! JSON paths, as a policy names a place in a JSON document: `$.customer.name`, `$.items[*].id`.

/// Where in a JSON document: `$`, then `.key`, `['any key']`, `[3]`, `[*]` (any element) or `.*` (any key).
///
/// A path covers the value it names and everything below it.
///
/// ```
/// use vestibule::policy::JsonPath;
/// let path = JsonPath::parse("$.items[*].name").unwrap();
/// assert!(path.covers("$.items[2].name") && path.covers("$.items[0].name.first"));
/// assert!(!path.covers("$.items[2]") && !path.covers("$.name"));
/// assert!(JsonPath::parse("items.name").is_none());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonPath {
    text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step<'p> {
    Key(&'p str),
    Element(&'p str),
    AnyKey,
    AnyElement,
    /// Not the grammar above.
    Bad,
}

impl JsonPath {
    /// The path of this text; `None` where it isn't one.
    pub fn parse(text: &str) -> Option<Self> {
        let rest = text.strip_prefix('$')?;
        let good = Steps { rest }.all(|step| step != Step::Bad);
        good.then(|| Self { text: text.to_owned() })
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether the place at `path` is the one named or below it; `path` is in the same grammar, without `*`.
    ///
    /// Keys that are not plain names are written `['…']`, with a backslash before `'` and `\`.
    /// A path that is not in the grammar is covered by none.
    pub fn covers(&self, path: &str) -> bool {
        let (Some(own), Some(other)) = (self.text.strip_prefix('$'), path.strip_prefix('$')) else {
            return false;
        };
        let mut other = Steps { rest: other };
        let reached = Steps { rest: own }.all(|step| other.next().is_some_and(|o| step.fits(o)));
        reached && other.all(|step| step != Step::Bad)
    }
}

impl Step<'_> {
    fn fits(self, other: Self) -> bool {
        match (self, other) {
            (Self::AnyKey, Self::Key(_)) | (Self::AnyElement, Self::Element(_)) => true,
            (_, Self::Bad) => false,
            _ => self == other,
        }
    }
}

struct Steps<'p> {
    rest: &'p str,
}

impl<'p> Iterator for Steps<'p> {
    type Item = Step<'p>;

    fn next(&mut self) -> Option<Step<'p>> {
        if self.rest.is_empty() {
            return None;
        }
        let (step, rest) = step(self.rest).unwrap_or((Step::Bad, ""));
        self.rest = rest;
        Some(step)
    }
}

/// The first step of `text`, and what follows it.
fn step(text: &str) -> Option<(Step<'_>, &str)> {
    if let Some(rest) = text.strip_prefix("[*]") {
        return Some((Step::AnyElement, rest));
    }
    if let Some(rest) = text.strip_prefix(".*") {
        return Some((Step::AnyKey, rest));
    }
    if let Some(rest) = text.strip_prefix("['") {
        let end = quoted_end(rest)?;
        let after = rest.get(end..)?.strip_prefix("']")?;
        return Some((Step::Key(rest.get(..end)?), after));
    }
    if let Some(rest) = text.strip_prefix('[') {
        let (digits, after) = rest.split_once(']')?;
        let number = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
        return number.then_some((Step::Element(digits), after));
    }
    let rest = text.strip_prefix('.')?;
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
    let end = rest.find(|c| !plain(c)).unwrap_or(rest.len());
    let (key, after) = rest.split_at_checked(end)?;
    (!key.is_empty()).then_some((Step::Key(key), after))
}

/// Where the quoted key that begins `text` ends.
fn quoted_end(text: &str) -> Option<usize> {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'\'' => return Some(at),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grammar() {
        for good in ["$", "$.a", "$.姓名", "$[0]", "$[*].x", "$.a-b.*", "$['a.b'][12]", r"$['it\'s']"] {
            assert!(JsonPath::parse(good).is_some(), "{good}");
        }
        for bad in ["", "a", "$a", "$.", "$..a", "$.a b", "$[x]", "$[]", "$['a'", "$['a", "$[-1]"] {
            assert!(JsonPath::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn covering() {
        let cases = [
            ("$", "$.anything[3]", true),
            ("$.a", "$.a", true),
            ("$.a", "$['a']", true),
            ("$.a", "$.ab", false),
            ("$.a", "$.a.b[1]", true),
            ("$.a.b", "$.a", false),
            ("$.*.b", "$.x.b", true),
            ("$.*", "$[0]", false),
            ("$[*]", "$.x", false),
            ("$[1]", "$[1]", true),
            ("$[1]", "$[10]", false),
            // A key with a dot in it is one key, not two.
            ("$.a", "$['a.b']", false),
            ("$.a", "a", false),
            ("$.a", "$.a.?", false),
        ];
        for (path, place, expected) in cases {
            let path = JsonPath::parse(path).unwrap();
            assert_eq!(path.covers(place), expected, "{path:?} {place}");
        }
    }
}
