//! `vestibule audit`: reads and verifies the log, also while a gateway writes it.

use super::when;
use crate::audit::note::LogKey;
use crate::audit::{AuditError, Filter, Listed, Report, list, public_keys, verify};
use crate::base::Clock;
use crate::store::SqliteStore;
use indicatif::{ProgressBar, ProgressStyle};
use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

/// Reads and verifies the audit log.
#[derive(Debug, clap::Args)]
pub struct AuditArgs {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Checks every entry, hash and signature. Exit code 0: the log holds; 1: it is broken; 2: it can't be read.
    Verify {
        /// The public key that checkpoints must have, as `audit key` printed it on the gateway; without it, the one in the
        /// data folder.
        #[arg(long)]
        key: Option<String>,
        /// Prints the report as a JSON object.
        #[arg(long)]
        json: bool,
    },
    /// Shows entries, the last ones last.
    List {
        /// Prints each entry's exact JSON, one a line.
        #[arg(long)]
        json: bool,
        /// Not before: 2026-11-24, 2026-11-24T08:00:00Z, or 15m, 6h, 7d ago.
        #[arg(long)]
        since: Option<String>,
        /// Of this app.
        #[arg(long)]
        app: Option<String>,
        /// Of this kind: llm.request; `llm.` for all that begin so.
        #[arg(long)]
        kind: Option<String>,
        /// At most so many, the last ones; 0 for all.
        #[arg(long, default_value_t = 50)]
        limit: usize,
    },
    /// Prints the public key that verifies checkpoints.
    Key,
}

/// Runs the command on a data folder.
///
/// # Errors
/// When the log can't be read (not when it is broken), or an argument is not what it should be; `verify` turns errors into
/// exit code 2 itself.
pub fn run(args: &AuditArgs, folder: &Path) -> anyhow::Result<ExitCode> {
    match &args.command {
        Command::Verify { key, json } => Ok(run_verify(folder, key.as_deref(), *json)?),
        Command::List {
            json,
            since,
            app,
            kind,
            limit,
        } => {
            let now = Clock::system().now();
            let filter = Filter {
                since: since
                    .as_deref()
                    .map(|text| when::past(text, now))
                    .transpose()?,
                app: app.clone(),
                kind: kind.clone(),
                limit: (*limit > 0).then_some(*limit),
            };
            run_list(folder, &filter, *json)?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Key => {
            for key in public_keys(&SqliteStore::existing(folder).map_err(AuditError::from)?)? {
                writeln!(anstream::stdout(), "{key}")?;
            }
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn run_verify(folder: &Path, key: Option<&str>, json: bool) -> std::io::Result<ExitCode> {
    // Draws on standard error, and only where that is a terminal.
    let bar = ProgressBar::new(0).with_style(
        ProgressStyle::with_template("{bar:40} {human_pos} of {human_len} entries, {eta} left")
            .unwrap_or_else(|_| ProgressStyle::default_bar()),
    );
    let key = key
        .map(str::parse::<LogKey>)
        .transpose()
        .map_err(AuditError::from);
    let report = key.and_then(|key| {
        verify(folder, key.as_ref(), &mut |done, all| {
            bar.set_length(all);
            bar.set_position(done);
        })
    });
    bar.finish_and_clear();
    match report {
        Ok(report) => {
            show(&report, json)?;
            Ok(ExitCode::from(u8::from(!report.problems.is_empty())))
        }
        Err(error) => {
            writeln!(anstream::stderr(), "error: {error}")?;
            Ok(ExitCode::from(2))
        }
    }
}

fn show(report: &Report, json: bool) -> std::io::Result<()> {
    let mut out = anstream::stdout();
    if json {
        return writeln!(out, "{}", serde_json::to_string(report)?);
    }
    for problem in &report.problems {
        writeln!(out, "broken at {}: {}", problem.at, problem.what)?;
    }
    let Report {
        entries,
        dropped,
        checkpoints,
        signed,
        root,
        ..
    } = report;
    if report.problems.is_empty() {
        writeln!(
            out,
            "the log holds: {entries} entries, {signed} of them under {checkpoints} signed checkpoints"
        )?;
    } else {
        writeln!(
            out,
            "the log is broken ({entries} entries); keep the data folder as it is"
        )?;
    }
    if *dropped > 0 {
        writeln!(
            out,
            "{dropped} entries are past retention: proved by their hashes only"
        )?;
    }
    writeln!(out, "root {root}")
}

fn run_list(folder: &Path, filter: &Filter, json: bool) -> anyhow::Result<()> {
    let store = SqliteStore::existing(folder).map_err(AuditError::from)?;
    let mut out = std::io::BufWriter::new(anstream::stdout());
    list(&store, filter, |entry| {
        let line = if json { entry.json } else { line(&entry) };
        writeln!(out, "{line}").map_err(anyhow::Error::from)
    })?;
    Ok(out.flush()?)
}

/// An entry for people: its time, kind and what matters most.
fn line(entry: &Listed) -> String {
    let fields: serde_json::Value = serde_json::from_str(&entry.json).unwrap_or_default();
    let mut line = format!(
        "{:>8}  {}",
        entry.sequence,
        when::text(entry.time.as_micros())
    );
    let mut add = |text: &str| {
        line.push_str("  ");
        line.push_str(text);
    };
    for name in [
        "kind",
        "request_id",
        "app",
        "decision",
        "destination",
        "outcome",
        "status",
    ] {
        match fields.get(name) {
            Some(serde_json::Value::String(text)) => add(text),
            Some(serde_json::Value::Number(number)) => add(&number.to_string()),
            _ => {}
        }
    }
    for name in ["findings", "numbers"] {
        for (key, count) in fields
            .get(name)
            .and_then(|map| map.as_object())
            .into_iter()
            .flatten()
        {
            add(&format!("{key}×{count}"));
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Timestamp;

    #[test]
    fn a_line_says_what_matters() {
        let json = concat!(
            r#"{"v":1,"kind":"llm.request","app":"crm","decision":"allow","#,
            r#""findings":{"EMAIL":2},"status":200}"#
        );
        let time = Timestamp::from_micros(1_764_000_000_000_000);
        let entry = Listed {
            sequence: 7,
            time,
            json: json.to_owned(),
        };
        assert_eq!(
            line(&entry),
            "       7  2025-11-24T16:00:00Z  llm.request  crm  allow  200  EMAIL×2"
        );
    }
}
