//! What is wrong with a policy file, shown as a good compiler shows it.
//!
//! A policy file is staff's own text, so its lines may be shown; nothing here ever sees a request.

use std::fmt;
use std::sync::Arc;

use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError,
    MietteSpanContents, SourceCode, SourceSpan, SpanContents,
};

/// A place in a policy file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Spot {
    /// First byte.
    pub(super) start: usize,
    /// Length in bytes.
    pub(super) len: usize,
}

/// The text of a policy file, and what to call it.
struct Source {
    origin: String,
    text: String,
}

impl Source {
    /// Line and column, both from 1, columns in characters.
    fn position(&self, at: usize) -> (usize, usize) {
        let before = self.text.get(..at).unwrap_or(&self.text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let column = before.get(line_start..).map_or(0, |line| line.chars().count());
        (before.matches('\n').count() + 1, column + 1)
    }
}

/// Its name and length: the text would bury what the fault says.
impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({} bytes)", self.origin, self.text.len())
    }
}

/// As `str` does it, but columns count characters: miette counts bytes, which misleads after Han text.
impl SourceCode for Source {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        lines_before: usize,
        lines_after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let read = self.text.as_str().read_span(span, lines_before, lines_after)?;
        let (line, column) = self.position(read.span().offset());
        Ok(Box::new(MietteSpanContents::new_named(
            self.origin.clone(),
            read.data(),
            *read.span(),
            line - 1,
            column - 1,
            read.line_count(),
        )))
    }
}

/// One fault in a policy file.
#[derive(Debug)]
pub struct Fault {
    source: Arc<Source>,
    spot: Spot,
    message: String,
    label: String,
    help: Option<String>,
}

impl Fault {
    /// What is wrong, without its place.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What was expected, or what to do; the nearest valid word is in it.
    pub fn advice(&self) -> Option<&str> {
        self.help.as_deref()
    }

    /// Line, from 1.
    pub fn line(&self) -> usize {
        self.source.position(self.spot.start).0
    }

    /// Column in characters, from 1.
    pub fn column(&self) -> usize {
        self.source.position(self.spot.start).1
    }
}

/// `FILE:LINE:COLUMN: message`
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: {}", self.source.origin, self.line(), self.column(), self.message)
    }
}

impl std::error::Error for Fault {}

impl Diagnostic for Fault {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(self.source.as_ref())
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let span = (self.spot.start, self.spot.len);
        let label = Some(self.label.clone());
        Some(Box::new(std::iter::once(LabeledSpan::new_primary_with_span(label, span))))
    }
}

/// Why a policy file was refused: everything that is wrong with it, as far as could be read.
///
/// The policy in force stays in force. [`PolicyError::render`] shows the lines; `Display` is one line for a log.
#[derive(Debug)]
pub struct PolicyError {
    faults: Vec<Fault>,
}

impl PolicyError {
    /// The faults, in the order of the file; at least one.
    pub fn faults(&self) -> &[Fault] {
        &self.faults
    }

    /// Each fault with its line, what was expected and the nearest valid word.
    ///
    /// `colour` is for terminals; without it the text has neither colour nor line-drawing characters.
    pub fn render(&self, colour: bool) -> String {
        let theme = if colour { GraphicalTheme::unicode() } else { GraphicalTheme::none() };
        let handler = GraphicalReportHandler::new_themed(theme).with_links(false).with_width(100);
        let mut out = String::new();
        for fault in &self.faults {
            if handler.render_report(&mut out, fault).is_err() {
                out.push_str(&fault.to_string());
                out.push('\n');
            }
        }
        out
    }
}

impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.faults.as_slice() {
            [] => f.write_str("the policy was refused"),
            [only] => only.fmt(f),
            [first, rest @ ..] => write!(f, "{first} (and {} more)", rest.len()),
        }
    }
}

impl std::error::Error for PolicyError {}

impl Diagnostic for PolicyError {
    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn Diagnostic> + 'a>> {
        Some(Box::new(self.faults.iter().map(|fault| fault as &dyn Diagnostic)))
    }
}

/// Collects faults, so that a reader sees all of them at once.
#[derive(Debug)]
pub(super) struct Faults {
    source: Arc<Source>,
    list: Vec<Fault>,
}

impl Faults {
    pub(super) fn new(origin: &str, text: &str) -> Self {
        let source = Source { origin: origin.to_owned(), text: printable(text) };
        Self { source: Arc::new(source), list: Vec::new() }
    }

    /// Notes a fault: what is wrong, what to write under its place, and what to do about it.
    pub(super) fn add(
        &mut self,
        spot: Spot,
        message: impl Into<String>,
        label: impl Into<String>,
        help: impl Into<Option<String>>,
    ) {
        self.list.push(Fault {
            source: Arc::clone(&self.source),
            spot: self.on_text(spot),
            message: message.into(),
            label: label.into(),
            help: help.into(),
        });
    }

    /// The value if nothing is wrong, else the error with every fault in the order of the file.
    pub(super) fn finish<T>(mut self, value: Option<T>) -> Result<T, PolicyError> {
        match value {
            Some(value) if self.list.is_empty() => Ok(value),
            _ => {
                self.list.sort_by_key(|fault| fault.spot.start);
                Err(PolicyError { faults: self.list })
            }
        }
    }

    /// Keeps a place inside the text, on character boundaries and on one line, whatever the parser said.
    fn on_text(&self, spot: Spot) -> Spot {
        let text = &self.source.text;
        let start = text.floor_char_boundary(spot.start.min(text.len()));
        let end = text.floor_char_boundary(start.saturating_add(spot.len).min(text.len()));
        let covered = text.get(start..end).unwrap_or_default();
        let line = covered.split('\n').next().unwrap_or_default().trim_end();
        Spot { start, len: line.len() }
    }
}

/// The same text, byte for byte as long, without what could steer a terminal.
fn printable(text: &str) -> String {
    let steers = |c: char| c.is_ascii_control() && !matches!(c, '\n' | '\r' | '\t');
    text.chars().map(|c| if steers(c) { ' ' } else { c }).collect()
}
