//! The state machine that reads one JSON text.

use super::value::{Kind, NONE, Node, Value};
use super::{DEEPEST, Document, Limits};
use crate::base::Span;
use crate::protocol::ProtocolError;
use crate::protocol::escape::{EscapeFault, HALF_LEN, read_escape};
use memchr::memchr2;

/// Bytes of a value or key, at least, where a text is dense, such as an event of a stream.
const BYTES_A_NODE: usize = 6;

/// What comes next.
enum Step {
    Value,
    Key,
    After,
    End,
}

pub(super) struct Scanner<'t> {
    bytes: &'t [u8],
    at: usize,
    /// What was read so far.
    document: Document<'t>,
    /// The innermost open container; its `next` is its parent until it is closed.
    open: u32,
    /// The key that was read last.
    key: u32,
    depth: usize,
    strings: usize,
    max_depth: usize,
    max_strings: usize,
    /// Whether half a surrogate pair is taken as it is.
    halves: bool,
}

impl<'t> Scanner<'t> {
    pub(super) fn new(text: &'t str, limits: &Limits, halves: bool) -> Self {
        Self {
            bytes: text.as_bytes(),
            at: 0,
            document: Document {
                text,
                nodes: Vec::with_capacity((text.len() / BYTES_A_NODE).min(1024) + 4),
            },
            open: NONE,
            key: NONE,
            depth: 0,
            strings: 0,
            max_depth: limits.max_depth.min(DEEPEST),
            max_strings: limits.max_strings,
            halves,
        }
    }

    /// Reads the whole text.
    pub(super) fn run(mut self) -> Result<Document<'t>, ProtocolError> {
        let mut step = Step::Value;
        loop {
            step = match step {
                Step::Value => self.value()?,
                Step::Key => self.object_key()?,
                Step::After => self.after()?,
                Step::End => return Ok(self.document),
            }
        }
    }

    fn value(&mut self) -> Result<Step, ProtocolError> {
        self.skip_space();
        match self.byte() {
            Some(b'"') => self.string(Kind::String),
            Some(b'{') => self.open(Kind::Object),
            Some(b'[') => self.open(Kind::Array),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.literal(b"true", Kind::True),
            Some(b'f') => self.literal(b"false", Kind::False),
            Some(b'n') => self.literal(b"null", Kind::Null),
            _ => Err(self.expected("a value")),
        }
    }

    fn object_key(&mut self) -> Result<Step, ProtocolError> {
        self.skip_space();
        if self.byte() != Some(b'"') {
            return Err(self.expected("an object key"));
        }
        self.key = self.document.nodes.len() as u32;
        self.string(Kind::Key)?;
        self.skip_space();
        if self.byte() != Some(b':') {
            return Err(self.expected("`:`"));
        }
        self.at += 1;
        Ok(Step::Value)
    }

    fn after(&mut self) -> Result<Step, ProtocolError> {
        self.skip_space();
        let Some(open) = self.document.nodes.get(self.open as usize) else {
            return match self.byte() {
                None => Ok(Step::End),
                Some(_) => Err(self.expected("the end")),
            };
        };
        match (open.kind, self.byte()) {
            (kind, Some(b',')) => {
                self.at += 1;
                Ok(if kind == Kind::Object {
                    Step::Key
                } else {
                    Step::Value
                })
            }
            (Kind::Object, Some(b'}')) | (Kind::Array, Some(b']')) => self.close(),
            (Kind::Object, _) => Err(self.expected("`,` or `}`")),
            _ => Err(self.expected("`,` or `]`")),
        }
    }

    fn open(&mut self, kind: Kind) -> Result<Step, ProtocolError> {
        if self.depth == self.max_depth {
            let (at, max) = (self.at, self.max_depth);
            return Err(ProtocolError::TooDeep { at, max });
        }
        let parent = self.open;
        let index = self.push(kind, Span::new(self.at, self.at + 1), false)?;
        if let Some(node) = self.document.nodes.get_mut(index as usize) {
            node.next = parent;
        }
        self.open = index;
        self.depth += 1;
        self.at += 1;
        self.skip_space();
        match (kind, self.byte()) {
            (Kind::Object, Some(b'}')) | (Kind::Array, Some(b']')) => self.close(),
            (Kind::Object, _) => Ok(Step::Key),
            _ => Ok(Step::Value),
        }
    }

    fn close(&mut self) -> Result<Step, ProtocolError> {
        self.at += 1;
        self.depth -= 1;
        let index = self.open;
        let next = self.document.nodes.len() as u32;
        if let Some(node) = self.document.nodes.get_mut(index as usize) {
            self.open = node.next;
            node.next = next;
            node.end = self.at as u32;
        }
        match Value::at(&self.document, index).and_then(Value::duplicate_key) {
            Some(key) => {
                let at = key.span().start;
                Err(ProtocolError::DuplicateKey { at })
            }
            None => Ok(Step::After),
        }
    }

    fn push(&mut self, kind: Kind, span: Span, escaped: bool) -> Result<u32, ProtocolError> {
        let index = self.document.nodes.len();
        self.strings += usize::from(matches!(kind, Kind::String | Kind::Key));
        let others = index + 1 - self.strings;
        if self.strings > self.max_strings || others > self.max_strings.saturating_mul(5) {
            let max = self.max_strings;
            return Err(ProtocolError::TooManyStrings { max });
        }
        let key = match self.document.nodes.get(self.open as usize) {
            Some(_) if kind == Kind::Key => self.open,
            Some(open) if open.kind == Kind::Object => self.key,
            Some(open) => open.key,
            None => NONE,
        };
        let (start, end) = (span.start as u32, span.end as u32);
        self.document.nodes.push(Node {
            start,
            end,
            next: index as u32 + 1,
            key,
            kind,
            escaped,
        });
        Ok(index as u32)
    }

    fn string(&mut self, kind: Kind) -> Result<Step, ProtocolError> {
        let start = self.at + 1;
        let mut escaped = false;
        self.at = start;
        loop {
            let rest = self.bytes.get(self.at..).unwrap_or_default();
            let plain = plain_len(rest);
            self.at += plain;
            match rest.get(plain) {
                Some(b'"') => break,
                Some(b'\\') => self.at += self.escape_len()?,
                Some(_) => return Err(self.expected("no control character in a string")),
                None => return Err(self.expected("a closing quote")),
            }
            escaped = true;
        }
        self.push(kind, Span::new(start, self.at), escaped)?;
        self.at += 1;
        Ok(Step::After)
    }

    fn escape_len(&self) -> Result<usize, ProtocolError> {
        match read_escape(self.bytes.get(self.at..).unwrap_or_default()) {
            Ok(escape) => Ok(escape.len),
            Err(EscapeFault::Unknown) => Err(self.expected("an escape that JSON knows")),
            Err(EscapeFault::BadHex) => Err(self.expected("four hexadecimal digits")),
            Err(EscapeFault::LoneSurrogate) if self.halves => Ok(HALF_LEN),
            Err(EscapeFault::LoneSurrogate) => Err(ProtocolError::LoneSurrogate { at: self.at }),
        }
    }

    fn number(&mut self) -> Result<Step, ProtocolError> {
        let start = self.at;
        self.skip_if(b"-");
        if !self.skip_if(b"0") {
            self.digits()?;
        }
        if self.skip_if(b".") {
            self.digits()?;
        }
        if self.skip_if(b"eE") {
            self.skip_if(b"+-");
            self.digits()?;
        }
        self.push(Kind::Number, Span::new(start, self.at), false)?;
        Ok(Step::After)
    }

    fn digits(&mut self) -> Result<(), ProtocolError> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let count = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if count == 0 {
            return Err(self.expected("a digit"));
        }
        self.at += count;
        Ok(())
    }

    fn literal<const N: usize>(
        &mut self,
        word: &'static [u8; N],
        kind: Kind,
    ) -> Result<Step, ProtocolError> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        if rest.first_chunk() != Some(word) {
            return Err(self.expected(std::str::from_utf8(word).unwrap_or_default()));
        }
        self.push(kind, Span::new(self.at, self.at + N), false)?;
        self.at += N;
        Ok(Step::After)
    }

    fn skip_if(&mut self, any_of: &[u8]) -> bool {
        let found = self.byte().is_some_and(|byte| any_of.contains(&byte));
        self.at += usize::from(found);
        found
    }

    fn skip_space(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.byte() {
            self.at += 1;
        }
    }

    fn byte(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn expected(&self, expected: &'static str) -> ProtocolError {
        let at = self.at;
        ProtocolError::Syntax { at, expected }
    }
}

/// How many bytes stand before the next quote, backslash or control character.
///
/// Most strings are short, or have a line break every few words, so the first bytes are looked at eight at a time;
/// `memchr` pays after them.
fn plain_len(rest: &[u8]) -> usize {
    const SHORT: usize = 64;
    let head = rest.get(..SHORT).unwrap_or(rest);
    let (words, last) = head.as_chunks::<8>();
    for (at, word) in words.iter().enumerate() {
        let stops = stops(u64::from_le_bytes(*word));
        if stops != 0 {
            return at * 8 + stops.trailing_zeros() as usize / 8;
        }
    }
    let is_stop = |byte: &u8| *byte < 0x20 || matches!(byte, b'"' | b'\\');
    if head.len() < SHORT {
        let plain = last.iter().position(is_stop).unwrap_or(last.len());
        return head.len() - last.len() + plain;
    }
    let tail = rest.get(SHORT..).unwrap_or_default();
    let len = memchr2(b'"', b'\\', tail).unwrap_or(tail.len());
    let plain = tail.get(..len).unwrap_or_default();
    // No early exit: the loop is then done in wide registers.
    let control = plain
        .iter()
        .fold(0, |found, byte| found | u8::from(*byte < 0x20));
    let len = if control == 0 {
        len
    } else {
        plain.iter().position(is_stop).unwrap_or(len)
    };
    SHORT + len
}

/// Eight bytes at once: the lowest set bit is in the first byte that is a quote, a backslash or a control character.
///
/// A byte is below `n` where subtracting `n` sets its high bit and it had none; a borrow can only reach bytes above one
/// that is a hit itself. Quotes and backslashes are made zero before, which leaves the high bit as it is.
const fn stops(word: u64) -> u64 {
    const EACH: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = EACH << 7;
    let control = word.wrapping_sub(EACH * 0x20);
    let quote = (word ^ (EACH * 0x22)).wrapping_sub(EACH);
    let backslash = (word ^ (EACH * 0x5C)).wrapping_sub(EACH);
    (control | quote | backslash) & !word & HIGH
}
