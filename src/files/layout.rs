//! A text and the segments in it: stretches that are read as one, even where marks part them.

use super::{Change, FileError, Segment};
use crate::base::Span;

/// How text that is put in must be spelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Spelling {
    /// As it is.
    Plain,
    /// With `&`, `<`, `>` and `"` as entities.
    Markup,
    /// With doubled quotes, which parts of a cell stand between.
    Cell,
}

/// Stretches of the source that are read as one text.
#[derive(Debug)]
struct Joined {
    text: String,
    /// Sorted and disjoint.
    runs: Vec<Span>,
    key: Option<String>,
}

/// A source with its segments.
pub(super) struct Layout {
    source: String,
    spelling: Spelling,
    segments: Vec<Joined>,
}

impl Layout {
    pub(super) const fn new(source: String, spelling: Spelling) -> Self {
        Self {
            source,
            spelling,
            segments: Vec::new(),
        }
    }

    /// All of it as one segment.
    pub(super) fn whole(source: String) -> Self {
        let span = Span::new(0, source.len());
        let mut layout = Self::new(source, Spelling::Plain);
        layout.add(&[span], None);
        layout
    }

    /// Adds a segment of these runs; empty ones are dropped, and so are runs off the text.
    pub(super) fn add(&mut self, runs: &[Span], key: Option<&str>) {
        let mut joined = Joined {
            text: String::new(),
            runs: Vec::with_capacity(runs.len()),
            key: key.map(str::to_owned),
        };
        for run in runs {
            if let Some(text) = run.slice(&self.source).filter(|text| !text.is_empty()) {
                joined.text.push_str(text);
                joined.runs.push(*run);
            }
        }
        if !joined.text.trim().is_empty() {
            self.segments.push(joined);
        }
    }

    /// Adds what these sorted spans leave out, as one segment: names of tags and attributes, and whatever else.
    pub(super) fn add_rest(&mut self, covered: &[Span]) {
        let mut rest = Vec::with_capacity(covered.len() + 1);
        let mut at = 0;
        for span in covered {
            rest.push(Span::new(at, span.start));
            at = at.max(span.end);
        }
        rest.push(Span::new(at, self.source.len()));
        self.add(&rest, None);
    }

    pub(super) fn source(&self) -> &str {
        &self.source
    }

    pub(super) const fn len(&self) -> usize {
        self.segments.len()
    }

    pub(super) fn segments(&self) -> impl Iterator<Item = Segment<'_>> {
        self.segments.iter().map(|joined| Segment {
            text: &joined.text,
            key: joined.key.as_deref(),
        })
    }

    /// The source with the changes made; `None` where there are none.
    pub(super) fn changed<'c>(
        &self,
        changes: impl Iterator<Item = Change<'c>>,
    ) -> Result<Option<String>, FileError> {
        let mut edits: Vec<(Span, String)> = Vec::new();
        for change in changes {
            let segment = self.segments.get(change.segment);
            let segment = segment.ok_or(FileError::NotRewritable)?;
            change
                .span
                .slice(&segment.text)
                .ok_or(FileError::NotRewritable)?;
            let mut text = Some(self.spelled(change.text));
            for span in segment.pieces(change.span, self.spelling == Spelling::Cell) {
                edits.push((span, text.take().unwrap_or_default()));
            }
        }
        if edits.is_empty() {
            return Ok(None);
        }
        edits.sort_by_key(|(span, _)| *span);
        let mut out = String::with_capacity(self.source.len());
        let mut copied = 0;
        for (span, text) in edits {
            let kept = self.source.get(copied..span.start);
            out.push_str(kept.ok_or(FileError::NotRewritable)?);
            out.push_str(&text);
            copied = span.end;
        }
        out.push_str(self.source.get(copied..).unwrap_or_default());
        Ok(Some(out))
    }

    fn spelled(&self, text: &str) -> String {
        match self.spelling {
            Spelling::Plain => text.to_owned(),
            Spelling::Cell => text.replace('"', "\"\""),
            Spelling::Markup => text
                .replace('&', "&amp;")
                .replace('<', "&lt;")
                .replace('>', "&gt;")
                .replace('"', "&quot;"),
        }
    }
}

impl Joined {
    /// Where a stretch of the text stands in the source; with what is between the runs, if that is part of them.
    fn pieces(&self, span: Span, with_gaps: bool) -> Vec<Span> {
        let mut pieces = Vec::new();
        let mut at = 0;
        for (index, run) in self.runs.iter().enumerate() {
            let (from, to) = (span.start.max(at), span.end.min(at + run.len()));
            if from < to {
                let next = self.runs.get(index + 1).map(|next| next.start);
                let gap_end = next.filter(|_| with_gaps && to == at + run.len());
                let end = gap_end.unwrap_or(run.start + to - at);
                pieces.push(Span::new(run.start + from - at, end));
            }
            at += run.len();
        }
        pieces
    }
}
