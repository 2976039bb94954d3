//! Remembers the headers of a Markdown table while its rows go by: a value is read with the header of its column.

/// Longest line that is remembered, in bytes.
const LONGEST_LINE_BYTES: usize = 512;

/// Lines that make a table: its headers, and the ruler below.
const HEAD_LINES: usize = 2;

/// What is known of the table that goes by.
#[derive(Default)]
pub(super) struct Table {
    /// The line that is read now, if it begins with `|`.
    line: String,
    begun: bool,
    head: String,
    lines: usize,
}

impl Table {
    /// Moves on by one character.
    pub(super) fn advance(&mut self, c: char) {
        if c == '\n' {
            return self.end_line();
        }
        let is_row = !self.line.is_empty() || !self.begun && c == '|';
        self.begun = true;
        if is_row && self.lines < HEAD_LINES && self.line.len() < LONGEST_LINE_BYTES {
            self.line.push(c);
        } else if is_row && self.line.is_empty() {
            // One character tells that it is a row.
            self.line.push(c);
        }
    }

    /// The first lines of the table in which the text stands, and the second of them, the ruler; empty where it stands in
    /// none.
    pub(super) fn head(&self) -> (&str, &str) {
        let ruler = self.head.split_inclusive('\n').nth(1);
        ruler.map_or(("", ""), |ruler| (&self.head, ruler))
    }

    /// Whether the text stands in a row.
    pub(super) fn in_row(&self) -> bool {
        !self.line.is_empty()
    }

    /// Whether its first line ended here: what it is, the next one tells.
    pub(super) fn begins(&self) -> bool {
        self.lines == 1 && !self.begun
    }

    fn end_line(&mut self) {
        if self.line.is_empty() {
            self.head.clear();
            self.lines = 0;
        } else if self.lines < HEAD_LINES {
            self.head.push_str(&self.line);
            self.head.push('\n');
            self.lines += 1;
        }
        self.line.clear();
        self.begun = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_head_is_known_within_the_table() {
        let mut table = Table::default();
        let mut heads = Vec::new();
        for line in [
            "text\n",
            "| a | b |\n",
            "|--|--|\n",
            "| 1 | 2 |\n",
            "| 3 |",
            "\n",
            "\n",
            "x\n",
        ] {
            line.chars().for_each(|c| table.advance(c));
            heads.push(table.head().0.to_owned());
        }
        let head = "| a | b |\n|--|--|\n";
        assert_eq!(heads, ["", "", head, head, head, head, "", ""]);
    }
}
