//! A line as cells.

use crate::base::Span;

/// Longest line that is taken for a row, in bytes.
const LINE_BYTES: usize = 4096;
/// Most cells of a row.
pub(super) const MOST_CELLS: usize = 64;

/// What parts the cells of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Parted {
    /// `|`, also full-width or drawn, with or without one at the ends.
    Pipe,
    Tab,
    /// `,` outside of double quotes.
    Comma,
    /// `，`.
    WideComma,
    /// `;` or `；`.
    Semicolon,
    /// Two blanks or more, or a full-width one.
    Blanks,
}

impl Parted {
    /// Every way, the surest first.
    pub(super) const ALL: [Self; 6] = [
        Self::Pipe,
        Self::Tab,
        Self::Comma,
        Self::Semicolon,
        Self::WideComma,
        Self::Blanks,
    ];
}

/// The cells of the line at `line` of `text`, without blanks and quotes around them; empty where it is no row.
pub(super) fn cells(text: &str, line: Span, parted: Parted, out: &mut Vec<Span>) {
    out.clear();
    let whole = line.slice(text).unwrap_or_default();
    let trimmed = whole.trim();
    if trimmed.is_empty() || whole.len() > LINE_BYTES {
        return;
    }
    let start = line.start + (whole.len() - whole.trim_start().len());
    let line = Span::new(start, start + trimmed.len());
    match parted {
        Parted::Pipe => piped(text, line, out),
        Parted::Tab => by_mark(text, line, |_, byte| usize::from(byte == b'\t'), out),
        Parted::WideComma => by_mark(text, line, |i, byte| wide(text, i, byte, "，"), out),
        Parted::Semicolon => by_mark(text, line, |i, byte| semicolon(text, i, byte), out),
        Parted::Comma => quoted(text, line, out),
        Parted::Blanks => blanks(text, line, out),
    }
    if out.len() < 2 || out.len() > MOST_CELLS {
        out.clear();
    }
}

fn is_pipe(c: char) -> bool {
    matches!(c, '|' | '｜' | '│')
}

fn piped(text: &str, line: Span, out: &mut Vec<Span>) {
    let inner = line.slice(text).unwrap_or_default();
    let without = inner.strip_prefix(is_pipe).unwrap_or(inner);
    let start = line.start + (inner.len() - without.len());
    let without = without.strip_suffix(is_pipe).unwrap_or(without);
    let inner = Span::new(start, start + without.len());
    by_mark(text, inner, |i, byte| pipe(text, i, byte), out);
}

/// Parts a line at marks; `mark` gives the length of one whose first byte stands at a position, else 0.
fn by_mark(text: &str, line: Span, mark: impl Fn(usize, u8) -> usize, out: &mut Vec<Span>) {
    let inner = line.bytes(text.as_bytes()).unwrap_or_default();
    let mut from = line.start;
    for (i, byte) in (line.start..).zip(inner) {
        let length = mark(i, *byte);
        if length > 0 {
            out.push(bare(text, Span::new(from, i)));
            from = i + length;
        }
    }
    out.push(bare(text, Span::new(from, line.end)));
}

/// The length of a mark of several bytes, if it stands here.
fn wide(text: &str, i: usize, byte: u8, mark: &str) -> usize {
    let here = mark.as_bytes().first() == Some(&byte)
        && text.get(i..).is_some_and(|rest| rest.starts_with(mark));
    if here { mark.len() } else { 0 }
}

fn semicolon(text: &str, i: usize, byte: u8) -> usize {
    usize::from(byte == b';') + wide(text, i, byte, "；")
}

fn pipe(text: &str, i: usize, byte: u8) -> usize {
    usize::from(byte == b'|') + wide(text, i, byte, "｜") + wide(text, i, byte, "│")
}

fn quoted(text: &str, line: Span, out: &mut Vec<Span>) {
    let inner = line.bytes(text.as_bytes()).unwrap_or_default();
    let (mut from, mut in_quotes) = (line.start, false);
    for (i, byte) in inner.iter().enumerate() {
        match byte {
            b'"' => in_quotes = !in_quotes,
            b',' if !in_quotes => {
                out.push(bare(text, Span::new(from, line.start + i)));
                from = line.start + i + 1;
            }
            _ => {}
        }
    }
    out.push(bare(text, Span::new(from, line.end)));
}

fn blanks(text: &str, line: Span, out: &mut Vec<Span>) {
    let inner = line.slice(text).unwrap_or_default();
    let (mut from, mut gap, mut end) = (line.start, 0, line.start);
    for (i, c) in inner.char_indices() {
        match c {
            ' ' => gap += 1,
            '\t' | '\u{3000}' => gap += 2,
            _ => {
                if gap >= 2 {
                    out.push(bare(text, Span::new(from, end)));
                    from = line.start + i;
                }
                gap = 0;
                end = line.start + i + c.len_utf8();
            }
        }
    }
    out.push(bare(text, Span::new(from, end)));
}

/// Without blanks, quotes and Markdown's marks around it.
fn bare(text: &str, span: Span) -> Span {
    let cell = span.slice(text).unwrap_or_default();
    let plain = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    if plain(cell.as_bytes().first()) && plain(cell.as_bytes().last()) {
        return span;
    }
    let around = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '*' | '`' | '“' | '”');
    let left = cell.trim_start_matches(around);
    let start = span.start + (cell.len() - left.len());
    Span::new(start, start + left.trim_end_matches(around).len())
}

/// Whether a line only rules a table: `|---|:--:|`, `+----+`, `=====`.
pub(super) fn is_ruler(line: &str) -> bool {
    let rules = |c: char| {
        c.is_whitespace()
            || matches!(
                c,
                '-' | '=' | '+' | ':' | '|' | '─' | '│' | '┼' | '├' | '┤' | '━' | '═'
            )
    };
    line.chars().all(rules) && line.contains(['-', '=', '─', '━', '═'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_parted() {
        for (line, parted, expected) in [
            (
                "| 姓名 | **电话** |",
                Parted::Pipe,
                &["姓名", "电话"] as &[&str],
            ),
            ("a | b | ", Parted::Pipe, &["a", "b"]),
            ("a\t\tb", Parted::Tab, &["a", "", "b"]),
            ("\"Roe, Jane\",138", Parted::Comma, &["Roe, Jane", "138"]),
            ("张三，138，", Parted::WideComma, &["张三", "138", ""]),
            (
                "  Ann Lee   138  x",
                Parted::Blanks,
                &["Ann Lee", "138", "x"],
            ),
            ("张三\u{3000}女", Parted::Blanks, &["张三", "女"]),
            ("no cells", Parted::Blanks, &[]),
            ("", Parted::Comma, &[]),
        ] {
            let mut out = Vec::new();
            cells(line, Span::new(0, line.len()), parted, &mut out);
            let found: Vec<_> = out.iter().map(|span| span.slice(line).unwrap()).collect();
            assert_eq!(found, expected, "{line}");
        }
        assert!(
            is_ruler("|---|:-:|") && is_ruler("+-----+") && !is_ruler("| - a |") && !is_ruler(" ")
        );
    }
}
