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
        Parted::Tab => by_char(text, line, |c| c == '\t', out),
        Parted::WideComma => by_char(text, line, |c| c == '，', out),
        Parted::Semicolon => by_char(text, line, |c| matches!(c, ';' | '；'), out),
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
    by_char(text, Span::new(start, start + without.len()), is_pipe, out);
}

fn by_char(text: &str, line: Span, parts: impl Fn(char) -> bool, out: &mut Vec<Span>) {
    let inner = line.slice(text).unwrap_or_default();
    let mut from = line.start;
    for (i, c) in inner.char_indices().filter(|(_, c)| parts(*c)) {
        out.push(bare(text, Span::new(from, line.start + i)));
        from = line.start + i + c.len_utf8();
    }
    out.push(bare(text, Span::new(from, line.end)));
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
