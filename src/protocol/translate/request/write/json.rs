//! Writes JSON members in the order in which they are told.

use crate::protocol::escape::escape_into;
use bytes::Bytes;

/// An object that is being written.
pub(super) struct Members<'o> {
    out: &'o mut String,
    first: bool,
}

/// An array that is being written.
pub(super) struct Elements<'o> {
    out: &'o mut String,
    first: bool,
}

/// A whole body.
pub(super) fn body<E>(write: impl FnOnce(&mut Members<'_>) -> Result<(), E>) -> Result<Bytes, E> {
    let mut out = String::new();
    braced(&mut out, write)?;
    Ok(out.into())
}

fn braced<T>(out: &mut String, write: impl FnOnce(&mut Members<'_>) -> T) -> T {
    out.push('{');
    let written = write(&mut Members { out, first: true });
    out.push('}');
    written
}

fn quoted(text: &str, out: &mut String) {
    out.push('"');
    escape_into(text, out);
    out.push('"');
}

fn comma(first: &mut bool, out: &mut String) {
    if !std::mem::take(first) {
        out.push(',');
    }
}

impl Members<'_> {
    fn key(&mut self, name: &str) {
        comma(&mut self.first, self.out);
        quoted(name, self.out);
        self.out.push(':');
    }

    pub(super) fn text(&mut self, name: &str, text: &str) {
        self.key(name);
        quoted(text, self.out);
    }

    /// A value that is JSON already.
    pub(super) fn json(&mut self, name: &str, json: &str) {
        self.key(name);
        self.out.push_str(json);
    }

    /// A value that is JSON already, where there is one.
    pub(super) fn optional(&mut self, name: &str, json: Option<&str>) {
        if let Some(json) = json {
            self.json(name, json);
        }
    }

    pub(super) fn flag(&mut self, name: &str, flag: bool) {
        self.json(name, if flag { "true" } else { "false" });
    }

    pub(super) fn object<T>(&mut self, name: &str, write: impl FnOnce(&mut Members<'_>) -> T) -> T {
        self.key(name);
        braced(self.out, write)
    }

    pub(super) fn array<T>(&mut self, name: &str, write: impl FnOnce(&mut Elements<'_>) -> T) -> T {
        self.key(name);
        self.out.push('[');
        let written = write(&mut Elements {
            out: self.out,
            first: true,
        });
        self.out.push(']');
        written
    }
}

impl Elements<'_> {
    pub(super) fn text(&mut self, text: &str) {
        comma(&mut self.first, self.out);
        quoted(text, self.out);
    }

    pub(super) fn object<T>(&mut self, write: impl FnOnce(&mut Members<'_>) -> T) -> T {
        comma(&mut self.first, self.out);
        braced(self.out, write)
    }
}
