//! `vestibule detect`: what would be found in a text.
//!
//! Prints places and types, never a value unless `--show` is given; `--explain` shows the lines in which values stand.

use super::explain::{Explainer, Lang, language};
use super::places::{Place, Places};
use crate::base::{Confidence, Finding};
use crate::detect::explain::Explained;
use crate::detect::{Detector, Hint};
use anyhow::{Context, anyhow};
use owo_colors::OwoColorize;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::ExitCode;

/// Arguments of `vestibule detect`.
#[derive(Debug, clap::Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of the command line"
)]
pub struct DetectArgs {
    /// File to read; standard input where it is missing or `-`.
    pub file: Option<PathBuf>,
    /// Read lines `{"id","text"}` (and `"key"`, the JSON key that the text stands under); print a JSON line for each.
    #[arg(long)]
    pub jsonl: bool,
    /// Print one JSON line for the whole text, with byte offsets.
    #[arg(long, conflicts_with = "jsonl")]
    pub json: bool,
    /// Print the values themselves.
    #[arg(long)]
    pub show: bool,
    /// Look for names by rules alone, whatever models are here.
    #[arg(long)]
    pub no_models: bool,
    /// Show each finding in its line, why it was found, and what would change it.
    #[arg(long)]
    pub explain: bool,
    /// With `--explain`: also what was not sure enough to be reported.
    #[arg(long, requires = "explain")]
    pub all: bool,
    /// Language of `--explain` [default: the environment's]
    #[arg(long, value_name = "LANGUAGE")]
    pub lang: Option<Lang>,
}

#[derive(Deserialize)]
struct Line {
    #[serde(default)]
    id: serde_json::Value,
    text: String,
    key: Option<String>,
}

#[derive(Serialize)]
struct Report<'a> {
    id: &'a serde_json::Value,
    findings: Vec<Row<'a>>,
}

#[derive(Serialize)]
struct Row<'a> {
    r#type: &'static str,
    /// Bytes of the text.
    start: usize,
    end: usize,
    score: f32,
    confidence: &'static str,
    why: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<&'a str>,
    /// With `--explain`: what was tried, and what then came out.
    #[serde(skip_serializing_if = "Option::is_none")]
    changes: Option<Vec<(String, String)>>,
}

/// Reads, scans, prints. The exit code is 0 whatever is found; an error (2, by `main`) means that input was not read.
///
/// # Errors
/// Input that can't be read, a line that is no JSON, output that can't be written.
pub fn run(args: &DetectArgs, detector: &Detector) -> anyhow::Result<ExitCode> {
    let mut input = open(args)?;
    let mut out = anstream::stdout().lock();
    if args.jsonl {
        lines(args, detector, &mut input, &mut out)?;
    } else {
        whole(args, detector, &mut input, &mut out)?;
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

fn open(args: &DetectArgs) -> anyhow::Result<Box<dyn BufRead>> {
    match args.file.as_ref().filter(|path| path.as_os_str() != "-") {
        None => Ok(Box::new(io::stdin().lock())),
        Some(path) => {
            let file =
                File::open(path).with_context(|| format!("can't open `{}`", path.display()))?;
            Ok(Box::new(BufReader::new(file)))
        }
    }
}

/// One text a line; only one line is in memory.
fn lines(
    args: &DetectArgs,
    detector: &Detector,
    input: &mut dyn BufRead,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    for (i, line) in input.lines().enumerate() {
        let line = line.with_context(|| format!("can't read line {}", i + 1))?;
        if line.trim().is_empty() {
            continue;
        }
        // The parser's own message may quote the text; only its place is told.
        let line: Line = serde_json::from_str(&line).map_err(|e| {
            anyhow!(
                "line {}, column {}: expected an object with `id` and `text`",
                i + 1,
                e.column()
            )
        })?;
        let hint = Hint {
            key: line.key.as_deref(),
        };
        let found = explained(args, detector, &line.text, hint);
        json(args, &line.id, &line.text, &found, out)?;
    }
    Ok(())
}

fn whole(
    args: &DetectArgs,
    detector: &Detector,
    input: &mut dyn BufRead,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let mut text = String::new();
    input
        .read_to_string(&mut text)
        .context("can't read the text; is it UTF-8?")?;
    let found = explained(args, detector, &text, Hint::default());
    if args.json {
        return json(args, &serde_json::Value::Null, &text, &found, out);
    }
    let explainer = Explainer {
        text: &text,
        language: language(args.lang),
    };
    let mut places = Places::new(&text);
    for one in &found {
        let place = places.at(one.finding.span.start);
        if args.explain {
            explainer.finding(one, place, out)?;
        } else {
            listed(args, &text, &one.finding, place, out)?;
        }
    }
    if args.all {
        let mut places = Places::new(&text);
        for miss in detector.near_misses(&text, Hint::default()) {
            explainer.near_miss(&miss, places.at(miss.span.start), out)?;
        }
    }
    let count = if found.is_empty() {
        "nothing found".to_owned()
    } else {
        format!("{} found", found.len())
    };
    writeln!(out, "{}", count.bold())?;
    Ok(())
}

fn json(
    args: &DetectArgs,
    id: &serde_json::Value,
    text: &str,
    found: &[Explained],
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let explainer = Explainer {
        text,
        language: language(args.lang),
    };
    let changes = |one: &Explained| {
        let change = |(what, then)| (explainer.change(what), explainer.then(then, &one.finding));
        one.changes.iter().copied().map(change).collect()
    };
    let row = |one: &'_ Explained| {
        let f = &one.finding;
        Row {
            r#type: f.entity.as_str(),
            start: f.span.start,
            end: f.span.end,
            score: (f.score * 100.0).round() / 100.0,
            confidence: f.confidence.as_str(),
            why: why(f),
            value: args.show.then(|| f.span.slice(text)).flatten(),
            changes: args.explain.then(|| changes(one)),
        }
    };
    serde_json::to_writer(
        &mut *out,
        &Report {
            id,
            findings: found.iter().map(row).collect(),
        },
    )?;
    writeln!(out)?;
    Ok(())
}

/// The findings, with what would change them where that is asked for.
fn explained(args: &DetectArgs, detector: &Detector, text: &str, hint: Hint<'_>) -> Vec<Explained> {
    if args.explain {
        return detector.explain(text, hint);
    }
    let plain = |finding| Explained {
        finding,
        changes: Vec::new(),
    };
    detector.scan(text, hint).into_iter().map(plain).collect()
}

/// `3:7  CN_MOBILE  high  cn_mobile, number_plan, near 电话`
fn listed(
    args: &DetectArgs,
    text: &str,
    f: &Finding,
    place: Place,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let Place { line, column } = place;
    let confidence = f.confidence.as_str();
    let confidence = match f.confidence {
        Confidence::High => confidence.red().to_string(),
        Confidence::Medium => confidence.yellow().to_string(),
        Confidence::Low => confidence.dimmed().to_string(),
    };
    write!(
        out,
        "{:>8}  {:<16} {confidence}  {}",
        format!("{line}:{column}"),
        f.entity.as_str().bold(),
        why(f).dimmed()
    )?;
    if args.show {
        write!(
            out,
            "  {}",
            f.span.slice(text).unwrap_or_default().escape_debug()
        )?;
    }
    writeln!(out)?;
    Ok(())
}

/// Recognizer, check, view and word, without the value.
fn why(f: &Finding) -> String {
    let mut parts = vec![f.why.recognizer.to_owned()];
    parts.extend(f.why.validator.map(str::to_owned));
    parts.push(format!("{:?} view", f.why.view).to_lowercase());
    parts.extend(f.why.context.map(|word| format!("near {word}")));
    parts.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn output(args: &DetectArgs, input: &str, jsonl: bool) -> anyhow::Result<String> {
        let detector = Detector::built_in()?;
        let mut out = Vec::new();
        let mut input = input.as_bytes();
        if jsonl {
            lines(args, &detector, &mut input, &mut out)?;
        } else {
            whole(args, &detector, &mut input, &mut out)?;
        }
        Ok(String::from_utf8(out)?)
    }

    const fn args(json: bool, show: bool) -> DetectArgs {
        DetectArgs {
            file: None,
            jsonl: false,
            json,
            show,
            no_models: true,
            explain: false,
            all: false,
            lang: None,
        }
    }

    #[test]
    fn values_are_printed_only_when_asked_for() {
        for json in [false, true] {
            let hidden = output(&args(json, false), "电话13812345678", false).unwrap();
            assert!(
                hidden.contains("CN_MOBILE") && !hidden.contains("13812345678"),
                "{hidden}"
            );
            assert!(
                output(&args(json, true), "电话13812345678", false)
                    .unwrap()
                    .contains("13812345678")
            );
        }
    }

    #[test]
    fn every_finding_is_listed_with_its_line_and_column() {
        let out = output(
            &args(false, false),
            "电话13812345678、13912345678\n\n再打13612345678",
            false,
        )
        .unwrap();
        let out = anstream::adapter::strip_str(&out).to_string();
        let places: Vec<&str> = out
            .lines()
            .filter_map(|line| line.split_whitespace().next())
            .collect();
        assert_eq!(places, ["1:3", "1:15", "3:3", "3"], "{out}");
    }

    #[test]
    fn json_lines_give_byte_offsets_and_errors_give_no_text() {
        let out = output(
            &args(false, false),
            "{\"id\":7,\"text\":\"电话13812345678\"}\n\n{\"id\":8,\"text\":\"hello\"}",
            true,
        )
        .unwrap();
        assert!(
            out.starts_with(
                "{\"id\":7,\"findings\":[{\"type\":\"CN_MOBILE\",\"start\":6,\"end\":17,"
            ),
            "{out}"
        );
        assert!(out.ends_with("{\"id\":8,\"findings\":[]}\n"), "{out}");
        let error =
            output(&args(false, false), "{\"id\":1,\"text\":13812345678}", true).unwrap_err();
        assert!(
            !error.to_string().contains("138") && error.to_string().contains("line 1"),
            "{error}"
        );
    }
}
