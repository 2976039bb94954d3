//! Files inside a request: opened, inspected like its other texts, rewritten.
//!
//! A file that can't be opened stays uninspectable, and the policy decides by that. One that can't be rewritten and in
//! which something was found stays so too.

use crate::base::Finding;
use crate::detect::Hint;
use crate::files::{Change, File, Kind, MAX_BYTES, Told};
use crate::protocol::{Edit, Embedded, JsonText, Limits, Request, UninspectableKind, splice};
use crate::transform::{Inspected, Replacement};
use std::borrow::Cow;
use std::sync::Arc;

/// Most files of a request that are opened, and the bytes of all.
const MAX_FILES: usize = 64;

/// A file of a request that was opened.
#[derive(Debug)]
pub(super) struct Opened {
    /// Which of [`Request::embedded`].
    at: usize,
    kind: Kind,
    content: Content,
    /// For each of its texts, in their order.
    pub(super) findings: Vec<Arc<[Finding]>>,
}

/// What a file was opened as.
#[derive(Debug)]
enum Content {
    Json(JsonText),
    Other(File),
}

impl Content {
    fn open(bytes: Vec<u8>, kind: Kind) -> Option<Self> {
        if kind == Kind::Json {
            return JsonText::parse(bytes.into(), &Limits::default())
                .ok()
                .map(Self::Json);
        }
        File::open(&bytes, kind).ok().map(Self::Other)
    }

    fn texts(&self) -> Vec<(Cow<'_, str>, Option<Cow<'_, str>>)> {
        match self {
            Self::Json(json) => {
                let text = |part: &crate::protocol::TextPart| {
                    (json.text(part).into(), part.key(json.body()))
                };
                json.parts().iter().map(text).collect()
            }
            Self::Other(file) => file
                .segments()
                .map(|segment| (segment.text.into(), segment.key.map(Cow::Borrowed)))
                .collect(),
        }
    }

    fn rewritten(&self, first: usize, replacements: &[Replacement]) -> Option<Vec<u8>> {
        match self {
            Self::Json(json) => {
                let mut edits = Vec::new();
                for of_part in replacements.chunk_by(|a, b| a.part == b.part) {
                    let at = of_part.first()?.part.checked_sub(first)?;
                    let spans: Vec<_> = of_part.iter().map(|r| (r.span, r.text.as_str())).collect();
                    edits.extend(json.edits(json.parts().get(at)?, &spans)?);
                }
                Some(splice(json.body(), &mut edits).ok()?.to_vec())
            }
            Self::Other(file) => {
                let changes: Option<Vec<Change<'_>>> = replacements
                    .iter()
                    .map(|replacement| {
                        Some(Change {
                            segment: replacement.part.checked_sub(first)?,
                            span: replacement.span,
                            text: &replacement.text,
                        })
                    })
                    .collect();
                file.rewritten(&changes?).ok()
            }
        }
    }

    /// What a reader of it sees, for the scan of what leaves.
    fn readings(&self) -> Vec<Vec<u8>> {
        let texts = self.texts();
        let texts: Vec<&str> = texts.iter().map(|(text, _)| &**text).collect();
        let mut readings = vec![texts.join("\n").into_bytes()];
        match self {
            Self::Json(json) => readings.push(json.body().to_vec()),
            Self::Other(file) => {
                readings.extend(file.sources().map(|source| source.as_bytes().to_vec()));
            }
        }
        readings
    }
}

/// Finds what is sensitive in one text, and counts it.
type Scan<'s> = dyn FnMut(&str, Hint<'_>) -> Arc<[Finding]> + 's;

/// Opens and scans the files of a request; says too what of it stays uninspectable. `scan` gets texts of files, too,
/// that stay uninspectable because they can't be rewritten.
pub(super) fn open(
    request: &Request,
    scan: &mut Scan<'_>,
) -> (Vec<Opened>, Vec<UninspectableKind>) {
    let mut left = MAX_BYTES;
    let mut opened: Vec<Opened> = Vec::new();
    for (at, file) in request.embedded().iter().enumerate().take(MAX_FILES) {
        if let Some(one) = open_one(request, at, file, &mut left) {
            opened.push(one.scanned(scan));
        }
    }
    let accounted = |told: &crate::protocol::Uninspectable| {
        let mut of_path = request
            .embedded()
            .iter()
            .enumerate()
            .filter(|(_, file)| file.path == told.path)
            .peekable();
        of_path.peek().is_some()
            && of_path.all(|(at, file)| {
                let inspected = opened.iter().any(|one| one.at == at && one.is_settled());
                file.alone && file.kind == told.kind && inspected
            })
    };
    let stay = request
        .uninspectable()
        .iter()
        .filter(|told| !accounted(told));
    let stay = stay.map(|told| told.kind).collect();
    opened.retain(Opened::is_settled);
    (opened, stay)
}

fn open_one(request: &Request, at: usize, file: &Embedded, left: &mut usize) -> Option<Opened> {
    let bytes = file.bytes(request.body(), *left)?;
    *left = left.checked_sub(bytes.len())?;
    let told = Told {
        media_type: file.media_type(),
        name: file.name(),
    };
    let kind = Kind::of(&bytes, &told).ok()?;
    Some(Opened {
        at,
        kind,
        content: Content::open(bytes, kind)?,
        findings: Vec::new(),
    })
}

impl Opened {
    fn scanned(mut self, scan: &mut Scan<'_>) -> Self {
        let texts = self.content.texts();
        let findings = texts.iter().map(|(text, key)| {
            let key = key.as_deref();
            scan(text, Hint { key })
        });
        let findings = findings.collect();
        drop(texts);
        self.findings = findings;
        self
    }

    /// Whether everything that could be found in it can be rewritten.
    fn is_settled(&self) -> bool {
        match &self.content {
            Content::Json(_) => true,
            Content::Other(file) => {
                file.rewritable() || self.findings.iter().all(|found| found.is_empty())
            }
        }
    }

    /// Its texts, in the order of the findings.
    pub(super) fn texts(&self) -> Vec<Cow<'_, str>> {
        let texts = self.content.texts().into_iter();
        texts.map(|(text, _)| text).collect()
    }

    /// Its texts as the operators take them.
    pub(super) fn inspected<'a>(
        &'a self,
        texts: &'a [Cow<'a, str>],
    ) -> impl Iterator<Item = Inspected<'a>> {
        let pairs = texts.iter().zip(&self.findings);
        pairs.map(|(text, findings)| Inspected {
            text,
            findings,
            rewritable: true,
        })
    }

    /// What leaves of it: the edit of the body, if any, and what must be searched once more. `first` is the index of
    /// its first text among all; `replacements` are its own.
    pub(super) fn leaving(
        &self,
        request: &Request,
        first: usize,
        replacements: &[Replacement],
    ) -> Option<(Option<Edit>, Vec<Vec<u8>>)> {
        if replacements.is_empty() {
            return Some((None, self.content.readings()));
        }
        let bytes = self.content.rewritten(first, replacements)?;
        let edit = request
            .embedded()
            .get(self.at)?
            .edit(request.body(), &bytes)?;
        // It is read again as the other side will.
        let mut readings = Content::open(bytes.clone(), self.kind)?.readings();
        readings.push(bytes);
        Some((Some(edit), readings))
    }
}
