//! Writes JSON objects, member by member, into memory.

use std::collections::BTreeMap;

/// An object that is being written. One inside another is ended when it is dropped.
pub(super) struct Object<'a> {
    out: &'a mut Vec<u8>,
    /// What stands before the next member, if anything.
    before: Option<u8>,
    /// What stands behind the last one.
    end: &'static str,
}

impl<'a> Object<'a> {
    /// The rest of an object that someone else began: no brace and no comma stand before its first member.
    pub(super) const fn within(out: &'a mut Vec<u8>) -> Self {
        Self {
            out,
            before: None,
            end: "}",
        }
    }

    /// Ends it: what it writes at its end, it writes when it goes.
    pub(super) fn end(self) {
        drop(self);
    }

    /// A member that is an object.
    pub(super) fn object(&mut self, name: &str) -> Object<'_> {
        self.name(name);
        Object {
            out: self.out,
            before: Some(b'{'),
            end: "}",
        }
    }

    /// A member that is a text.
    pub(super) fn text(&mut self, name: &str, text: &str) {
        self.name(name);
        write_text(self.out, text);
    }

    /// As [`Object::text`]; none where the text is empty.
    pub(super) fn some_text(&mut self, name: &str, text: &str) {
        if !text.is_empty() {
            self.text(name, text);
        }
    }

    /// A member that is a number.
    pub(super) fn number(&mut self, name: &str, number: u64) {
        self.name(name);
        write_number(self.out, number);
    }

    /// As [`Object::number`]; none where there is no number.
    pub(super) fn some_number(&mut self, name: &str, number: Option<u64>) {
        if let Some(number) = number {
            self.number(name, number);
        }
    }

    /// A member that is a list of texts.
    pub(super) fn list<T: AsRef<str>>(&mut self, name: &str, texts: &[T]) {
        self.name(name);
        let mut before = b'[';
        for text in texts {
            self.out.push(before);
            write_text(self.out, text.as_ref());
            before = b',';
        }
        self.out
            .extend_from_slice(if texts.is_empty() { b"[]" } else { b"]" });
    }

    /// A member that is an object of numbers; none where there are none.
    pub(super) fn counts<N: Copy + Into<u64>>(
        &mut self,
        name: &str,
        counts: &BTreeMap<&'static str, N>,
    ) {
        if counts.is_empty() {
            return;
        }
        let mut object = self.object(name);
        for (name, count) in counts {
            object.number(name, (*count).into());
        }
    }

    /// Names are ours, and need no escape.
    fn name(&mut self, name: &str) {
        self.out.extend(self.before);
        self.out.push(b'"');
        self.out.extend_from_slice(name.as_bytes());
        self.out.push(b'"');
        self.out.push(b':');
        self.before = Some(b',');
    }
}

impl Drop for Object<'_> {
    fn drop(&mut self) {
        self.out.extend_from_slice(self.end.as_bytes());
    }
}

fn write_text(out: &mut Vec<u8>, text: &str) {
    // Without a way out of the loop, so that many bytes are looked at together.
    let special = |byte: u8| byte < b' ' || byte == b'"' || byte == b'\\';
    let any_special = text.bytes().fold(false, |any, byte| any | special(byte));
    if any_special {
        // Writing a string to memory can't fail.
        drop(serde_json::to_writer(out, text));
    } else {
        out.push(b'"');
        out.extend_from_slice(text.as_bytes());
        out.push(b'"');
    }
}

/// In decimal.
pub(super) fn write_number(out: &mut Vec<u8>, mut number: u64) {
    let mut digits = [b'0'; 20];
    let mut first = digits.len();
    for (at, digit) in digits.iter_mut().enumerate().rev() {
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
        first = at;
        if number == 0 {
            break;
        }
    }
    out.extend_from_slice(digits.get(first..).unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_written_is_json() {
        let mut out = b"{".to_vec();
        let mut object = Object::within(&mut out);
        object.text("plain", "a 张");
        object.text("escaped", "a\"b\\\u{1}\n张");
        object.some_text("none", "");
        object.number("zero", 0);
        object.some_number("most", Some(u64::MAX));
        object.some_number("no number", None);
        object.list::<&str>("empty", &[]);
        object.list("two", &["x", "\""]);
        object.counts("counts", &[("a", 1_u32), ("b", 20)].into());
        object.counts("no counts", &BTreeMap::<_, u32>::new());
        object.object("inner").text("deep", "er");
        object.end();
        let read: serde_json::Value = serde_json::from_slice(&out).unwrap();
        let expected = json!({
            "plain": "a 张", "escaped": "a\"b\\\u{1}\n张", "zero": 0, "most": u64::MAX, "empty": [],
            "two": ["x", "\""], "counts": {"a": 1, "b": 20}, "inner": {"deep": "er"},
        });
        assert_eq!(read, expected);
    }
}
