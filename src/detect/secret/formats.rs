//! The credential formats: data, one file an issuer, in `policies/recognizers/secrets`.
//!
//! A file names the issuer and lists its formats. A format has a `name` (the recognizer that a finding reports), one or
//! more `forms` (see [`form`]), for forms that chance makes too often the `near` words one of which must stand within
//! 80 bytes before or 200 after, and examples that run as tests: texts in which it must `find` something and texts to
//! `ignore`. An example is a list of pieces, so that no scanner takes the file for live credentials.
//!
//! What is in the files are publicly known facts, not each checked against its issuer (beginnings, alphabets, lengths;
//! November 2026).

use super::form::Form;
use include_dir::{Dir, include_dir};
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::collections::BTreeMap;
use std::sync::LazyLock;

static FILES: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/policies/recognizers/secrets");

/// Words of letters and digits that may begin a form without a literal are shorter than this, in bytes.
const LONGEST_FIRST_RUN: usize = 72;

/// Shorter literals stand in every text; forms that have none but these are tried at words of their length.
const SHORTEST_LITERAL: usize = 3;

/// One issuer's credential.
#[derive(Debug)]
pub(in crate::detect) struct Format {
    /// What is reported as the recognizer.
    pub(in crate::detect) name: String,
    /// Its forms.
    pub(in crate::detect) forms: Vec<Form>,
    /// Whether it counts only near one of its words.
    #[cfg(test)]
    pub(in crate::detect) gated: bool,
}

/// All formats, and how they are reached.
#[derive(Debug, Default)]
pub(in crate::detect) struct Table {
    pub(in crate::detect) formats: Vec<Format>,
    /// Fixed text, and the form (format, form) that it belongs to.
    pub(in crate::detect) literals: Vec<(String, (usize, usize))>,
    /// Words of issuers, and the gated formats that they open.
    pub(in crate::detect) words: Vec<(String, Vec<usize>)>,
    /// By the length of a word: the forms that it may begin.
    by_length: Vec<Vec<(usize, usize)>>,
}

impl Table {
    /// A form by its place.
    pub(in crate::detect) fn form(
        &'static self,
        at: (usize, usize),
    ) -> Option<(&'static Format, &'static Form)> {
        let format = self.formats.get(at.0)?;
        Some((format, format.forms.get(at.1)?))
    }

    /// Forms without a literal that a word of this many letters and digits may begin.
    pub(in crate::detect) fn begun_by(&self, bytes: usize) -> &[(usize, usize)] {
        self.by_length.get(bytes).map_or(&[], Vec::as_slice)
    }

    fn take(&mut self, raw: RawFormat, words: &mut BTreeMap<String, Vec<usize>>) -> Option<()> {
        let index = self.formats.len();
        let forms: Vec<Form> = raw
            .forms
            .iter()
            .map(|form| Form::parse(form))
            .collect::<Option<_>>()?;
        let gated = !raw.near.is_empty();
        for (i, form) in forms.iter().enumerate().filter(|_| !gated) {
            if form.literal().len() < SHORTEST_LITERAL {
                let (least, most) = form.first_word()?;
                for length in least..=most.min(LONGEST_FIRST_RUN) {
                    self.by_length.get_mut(length)?.push((index, i));
                }
            } else {
                self.literals.push((form.literal().to_owned(), (index, i)));
            }
        }
        for word in raw.near {
            words.entry(word).or_default().push(index);
        }
        self.formats.push(Format {
            name: raw.name,
            forms,
            #[cfg(test)]
            gated,
        });
        Some(())
    }
}

/// The table, read at first use; `None` where an embedded file is no such file, a defect of this program.
pub(in crate::detect) fn table() -> Option<&'static Table> {
    static TABLE: LazyLock<Option<Table>> = LazyLock::new(read);
    TABLE.as_ref()
}

fn read() -> Option<Table> {
    let mut table = Table {
        by_length: (0..=LONGEST_FIRST_RUN).map(|_| Vec::new()).collect(),
        ..Table::default()
    };
    let mut words = BTreeMap::new();
    for file in FILES.files() {
        let raw: RawFile = serde_saphyr::from_str(file.contents_utf8()?).ok()?;
        for format in raw.formats {
            table.take(format, &mut words)?;
        }
    }
    table.words = words.into_iter().collect();
    Some(table)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFile {
    #[serde(rename = "issuer")]
    _issuer: IgnoredAny,
    formats: Vec<RawFormat>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFormat {
    name: String,
    forms: Vec<String>,
    #[serde(default)]
    near: Vec<String>,
    #[serde(default, rename = "find")]
    _find: IgnoredAny,
    #[serde(default, rename = "ignore")]
    _ignore: IgnoredAny,
}

#[cfg(test)]
pub(in crate::detect) mod examples {
    use serde::Deserialize;

    #[derive(Deserialize)]
    struct RawFile {
        formats: Vec<RawExamples>,
    }

    #[derive(Deserialize)]
    struct RawExamples {
        name: String,
        find: Vec<Vec<String>>,
        #[serde(default)]
        ignore: Vec<Vec<String>>,
    }

    /// Name, texts to find something in, texts to ignore.
    pub(in crate::detect) type Examples = (String, Vec<String>, Vec<String>);

    /// The examples of every file.
    pub(in crate::detect) fn all() -> Vec<Examples> {
        let join = |pieces: Vec<Vec<String>>| pieces.iter().map(|p| p.concat()).collect();
        super::FILES
            .files()
            .flat_map(|file| {
                let source = file.contents_utf8().unwrap();
                let raw: RawFile = serde_saphyr::from_str(source).unwrap();
                raw.formats
            })
            .map(|raw| (raw.name, join(raw.find), join(raw.ignore)))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_file_is_read() {
        for file in FILES.files() {
            let source = file.contents_utf8().unwrap();
            if let Err(error) = serde_saphyr::from_str::<RawFile>(source) {
                panic!("{}: {error}", file.path().display());
            }
        }
        assert!(table().is_some_and(|table| table.formats.len() >= 250));
    }

    #[test]
    fn every_form_fits_its_example_and_nothing_shorter() {
        for format in &table().unwrap().formats {
            for form in &format.forms {
                for (less, fits) in [(0, true), (1, false)] {
                    let example = form.example(less);
                    let fit = form.fit(&example, form.anchor_of(&example));
                    assert_eq!(fit.is_some(), fits, "{}: {example}", format.name);
                    assert!(fit.is_none_or(|fit| fit.span.end == example.len()));
                }
            }
        }
    }

    #[test]
    fn names_are_unique() {
        let table = table().unwrap();
        let names: BTreeSet<_> = table.formats.iter().map(|f| &f.name).collect();
        assert_eq!(names.len(), table.formats.len());
    }
}
