//! The views of a text, shown to the fuzz targets; compiled with `--cfg fuzzing` alone.
//!
//! Refuses to know: what must hold of them. The targets say it.

use super::page::Page;
use super::{BASE64_DEPTH, Detector, view, walk};
use crate::base::Span;

/// One text as recognizers read it.
#[derive(Debug)]
pub struct Views {
    layers: Vec<view::Folded>,
    reads: String,
    /// What is made of digits and other shapes, in spans of what is read.
    pub shapes: Vec<Span>,
    /// What base64 hides: where the run stands in what is read, and its text.
    pub hidden: Vec<(Span, String)>,
}

impl Views {
    /// What recognizers read instead of the text.
    pub fn reads(&self) -> &str {
        &self.reads
    }

    /// Whether it is the text as it stands.
    pub fn is_plain(&self) -> bool {
        self.layers.is_empty()
    }

    /// The stretch of the text that a stretch of what is read came from, before any widening to whole characters.
    pub fn origin(&self, span: Span) -> Span {
        view::origin(&self.layers, span)
    }
}

impl Detector {
    /// The views of a text.
    pub fn views(&self, text: &str) -> Views {
        let layers = view::fold(text);
        let reads = view::reads(&layers, text).to_owned();
        let cues = self.lexicon.find(&reads);
        let mut page = Page {
            text: &reads,
            types: &self.types,
            cues: &cues,
            lexicon: &self.lexicon,
            key: None,
            found: Vec::new(),
        };
        let hidden = walk::shapes(&mut page, BASE64_DEPTH);
        let shapes = page.found.iter().map(|found| found.span).collect();
        let hidden = hidden.into_iter().map(|run| (run.span, run.text)).collect();
        Views {
            layers,
            reads,
            shapes,
            hidden,
        }
    }
}
