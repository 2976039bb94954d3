//! `vestibule edm`: tables of values that are found in any text and known only as keyed hashes.
//!
//! Reads CSV, writes `NAME.edm` in the data folder. No message shows a value; the first row of a file is its header, and
//! since a file may lack one, that row is not shown either.

mod rows;

use crate::base::EntityType;
use crate::detect::exact::{Builder, Column, Table, Taken};
use anyhow::{Context, anyhow, bail};
use indicatif::{ProgressBar, ProgressStyle};
use rows::{Odd, Rows};
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{BufReader, BufWriter, Read};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Bytes of a file that surely hold its head.
const HEAD_BYTES: u64 = 1 << 20;

/// Loads, shows and drops tables for exact data match.
#[derive(Debug, clap::Args)]
pub struct EdmArgs {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Take the values of a CSV file in as keyed hashes, in place of those of an earlier load
    Load {
        /// The table's name, as the policy's `edm` speaks of it
        name: String,
        /// The CSV file, UTF-8, with a header
        file: PathBuf,
        /// A column to take, and the entity type of its values; once for each column
        #[arg(long = "column", value_name = "HEADER=TYPE", value_parser = column, required = true)]
        columns: Vec<(String, String)>,
        /// What parts the cells: one ASCII character, or `tab`
        #[arg(long, default_value = ",", value_parser = delimiter)]
        delimiter: u8,
    },
    /// Show the tables
    List {
        /// Print one JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// Remove a table
    Drop {
        /// Its name
        name: String,
    },
}

fn column(text: &str) -> Result<(String, String), String> {
    match text.rsplit_once('=') {
        Some((header, kind)) if !header.is_empty() => Ok((header.to_owned(), kind.to_owned())),
        _ => Err("expected HEADER=TYPE, such as name=PERSON".to_owned()),
    }
}

fn delimiter(text: &str) -> Result<u8, String> {
    match (text, text.as_bytes()) {
        ("tab", _) => Ok(b'\t'),
        (_, [one]) if one.is_ascii() => Ok(*one),
        _ => Err("expected one ASCII character, or `tab`".to_owned()),
    }
}

/// Runs the command; `folder` is where tables are, `key_of` gives a table's 32 secret bytes.
///
/// # Errors
/// When a file can't be read or written, or an argument is not what it should be.
pub fn run(
    args: &EdmArgs,
    folder: &Path,
    key_of: impl Fn(&str) -> anyhow::Result<[u8; 32]>,
) -> anyhow::Result<ExitCode> {
    match &args.command {
        Command::Load {
            name,
            file,
            columns,
            delimiter,
        } => {
            let path = path_of(folder, name)?;
            let columns = columns.iter().map(checked).collect::<Result<Vec<_>, _>>()?;
            let builder = Builder::new(columns.clone(), &key_of(name)?)?;
            let bar = progress(file)?;
            let (builder, odd) = read(file, &columns, builder, *delimiter, &bar)?;
            bar.finish_and_clear();
            let (rows, taken) = (builder.rows(), builder.taken().to_vec());
            write(folder, &path, builder)?;
            told(name, rows, &columns, &taken);
            told_odd(odd);
        }
        Command::List { json } => list(folder, *json)?,
        Command::Drop { name } => {
            let path = path_of(folder, name)?;
            fs::remove_file(&path).with_context(|| {
                format!("there is no table `{name}`; `vestibule edm list` shows them")
            })?;
            anstream::println!("dropped: {name}; a running gateway keeps it until it restarts");
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The file of a table of this name.
///
/// # Errors
/// For a name that a policy can't speak of.
pub fn path_of(folder: &Path, name: &str) -> anyhow::Result<PathBuf> {
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_.".contains(&b);
    if !(1..=64).contains(&name.len()) || !name.bytes().all(allowed) || name.starts_with('.') {
        bail!("a table is named by 1–64 of a–z, 0–9, `-`, `_` and `.`");
    }
    Ok(folder.join(format!("{name}.edm")))
}

fn checked((header, kind): &(String, String)) -> anyhow::Result<Column> {
    let entity = EntityType::named(kind).ok_or_else(|| {
        let mut known: Vec<_> = EntityType::built_in().map(EntityType::as_str).collect();
        known.sort_by_key(|name| strsim::damerau_levenshtein(name, kind));
        let nearest = known.first().copied().unwrap_or_default();
        anyhow!(
            "no entity type is called `{kind}`; did you mean `{nearest}`? a type of your own must stand in the policy"
        )
    })?;
    Ok(Column {
        name: header.clone(),
        entity,
    })
}

fn progress(file: &Path) -> anyhow::Result<ProgressBar> {
    let size = fs::metadata(file).with_context(|| format!("can't open `{}`", file.display()))?;
    let style = ProgressStyle::with_template("{bar:40} {bytes}/{total_bytes} {eta}")?;
    Ok(ProgressBar::new(size.len()).with_style(style))
}

/// Reads the file row by row; only hashes are kept. Rows that are odd are told apart.
fn read(
    file: &Path,
    columns: &[Column],
    mut builder: Builder,
    delimiter: u8,
    bar: &ProgressBar,
) -> anyhow::Result<(Builder, [Odd; 2])> {
    let input = File::open(file).with_context(|| format!("can't open `{}`", file.display()))?;
    let input = BufReader::with_capacity(1 << 16, bar.wrap_read(input));
    let names = columns.iter().map(|column| column.name.as_str());
    let (mut rows, places) = Rows::open(input, delimiter, names)?;
    while let Some(row) = rows.row()? {
        let cell = |place: &usize| row.get(*place).unwrap_or_default();
        builder.row(places.iter().map(cell))?;
    }
    Ok((builder, [rows.uneven, rows.broken]))
}

/// Writes beside, then puts it in place, so that a table is whole or as it was.
fn write(folder: &Path, path: &Path, builder: Builder) -> anyhow::Result<()> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .with_context(|| format!("can't make the folder `{}`", folder.display()))?;
    // Of this process alone: two loads at the same time don't write into each other's.
    let beside = path.with_extension(format!("edm-new-{}", std::process::id()));
    let written = write_to(&beside, builder).and_then(|()| Ok(fs::rename(&beside, path)?));
    if written.is_err() {
        drop(fs::remove_file(&beside));
    }
    written.with_context(|| format!("can't write `{}`", path.display()))
}

/// Makes the file: one that is there, or that a link leads to, is not written.
fn write_to(path: &Path, builder: Builder) -> anyhow::Result<()> {
    let file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    let mut out = BufWriter::with_capacity(1 << 16, file);
    builder.write(&mut out)?;
    let file = out
        .into_inner()
        .map_err(std::io::IntoInnerError::into_error)?;
    Ok(file.sync_all()?)
}

fn told(name: &str, rows: u32, columns: &[Column], taken: &[Taken]) {
    anstream::println!("loaded: {name}, {rows} rows; a running gateway takes it at its next start");
    for (column, taken) in columns.iter().zip(taken) {
        let mut line = format!(
            "  {}={}: {} values",
            column.name, column.entity, taken.values
        );
        for (count, what) in [
            (taken.empty, "empty"),
            (taken.short, "too short to be found"),
            (taken.long, "too long to be found"),
        ] {
            if count > 0 {
                line.extend([", ", &count.to_string(), " ", what]);
            }
        }
        anstream::println!("{line}");
    }
}

/// Says where the file may be other than it looks.
fn told_odd([uneven, broken]: [Odd; 2]) {
    for (odd, what) in [
        (
            uneven,
            "another number of cells than the header: their values may be in other columns",
        ),
        (
            broken,
            "a line break in a cell: a quotation mark may be missing, and rows swallowed",
        ),
    ] {
        if odd.rows > 0 {
            let Odd { rows, first } = odd;
            anstream::println!("  look at line {first}: {rows} rows have {what}");
        }
    }
}

fn list(folder: &Path, json: bool) -> anyhow::Result<()> {
    let mut files: Vec<PathBuf> = match fs::read_dir(folder) {
        Ok(entries) => entries
            .filter_map(|entry| Some(entry.ok()?.path()))
            .collect(),
        Err(_) => Vec::new(),
    };
    files.retain(|path| path.extension().is_some_and(|end| end == "edm"));
    files.sort();
    for path in &files {
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        let mut head = Vec::new();
        let file = File::open(path).with_context(|| format!("can't open `{}`", path.display()))?;
        let bytes = file.metadata().map_or(0, |about| about.len());
        file.take(HEAD_BYTES).read_to_end(&mut head)?;
        let (columns, rows) = Table::describe(&head).with_context(|| format!("table `{name}`"))?;
        if json {
            let columns: serde_json::Map<_, _> = columns
                .into_iter()
                .map(|(name, kind)| (name, kind.into()))
                .collect();
            let line =
                serde_json::json!({"name": name, "rows": rows, "columns": columns, "bytes": bytes});
            anstream::println!("{line}");
        } else {
            let columns: Vec<_> = columns
                .iter()
                .map(|(name, kind)| format!("{name}={kind}"))
                .collect();
            anstream::println!("{name}  {rows} rows  {}  {bytes} bytes", columns.join(", "));
        }
    }
    if files.is_empty() && !json {
        anstream::println!("no table is loaded; `vestibule edm load` takes one in");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;
    use std::os::unix::fs::PermissionsExt as _;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        args: EdmArgs,
    }

    fn run_line(folder: &Path, line: &[&str]) -> anyhow::Result<ExitCode> {
        let line = Line::try_parse_from(std::iter::once(&"edm").chain(line))?;
        run(&line.args, folder, |_| Ok([3; 32]))
    }

    #[test]
    fn a_table_is_loaded_replaced_and_dropped_and_holds_no_value() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("edm");
        let csv = home.path().join("customers.csv");
        fs::write(
            &csv,
            "\u{feff}id,name,account\n1,王小明,6222020200112233\n2,\"Roe, Ann\",77\n",
        )
        .unwrap();
        let file = csv.to_str().unwrap();
        let load = [
            "load",
            "customers",
            file,
            "--column",
            "name=PERSON",
            "--column",
            "account=BANK_ACCOUNT",
        ];
        run_line(&folder, &load).unwrap();
        let path = folder.join("customers.edm");
        let bytes = fs::read(&path).unwrap();
        for value in [
            "王小明",
            "6222020200112233",
            "62220202",
            "Roe",
            "roe",
            "Ann",
            "ann",
        ] {
            let value = value.as_bytes();
            assert!(!bytes.windows(value.len()).any(|window| window == value));
        }
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&folder), mode(&path)), (0o700, 0o600));
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1, "a file was left");
        let table = Table::read(&bytes, &[3; 32]).unwrap();
        assert_eq!((table.rows(), table.columns().len()), (2, 2));
        run_line(&folder, &["list", "--json"]).unwrap();
        run_line(&folder, &load).unwrap();
        run_line(&folder, &["drop", "customers"]).unwrap();
        assert!(!path.exists() && run_line(&folder, &["drop", "customers"]).is_err());
    }

    #[test]
    fn faults_say_where_and_show_no_value() {
        let home = tempfile::tempdir().unwrap();
        let file = |name: &str, bytes: &[u8]| {
            let path = home.path().join(name);
            fs::write(&path, bytes).unwrap();
            path.to_str().unwrap().to_owned()
        };
        let good = file("good.csv", b"name\nQuintessa\n");
        let latin = file("latin.csv", b"name\nQuintessa\nCaf\xe9\n");
        let bare = file("bare.csv", "Quintessa\nAnn\n".as_bytes());
        for (line, message) in [
            (
                ["load", "t", &good, "--column", "name=PRESON"],
                "did you mean `PERSON`?",
            ),
            (
                ["load", "T!", &good, "--column", "name=PERSON"],
                "a table is named by",
            ),
            (
                ["load", "t", &latin, "--column", "name=PERSON"],
                "line 3: not UTF-8",
            ),
            (
                ["load", "t", &bare, "--column", "name=PERSON"],
                "no column `name`",
            ),
            (
                ["load", "t", "/no/such.csv", "--column", "name=PERSON"],
                "can't open",
            ),
            (
                ["load", "t", &good, "--column", "name"],
                "expected HEADER=TYPE",
            ),
        ] {
            let error = format!("{:#}", run_line(home.path(), &line).unwrap_err());
            assert!(
                error.contains(message) && !error.contains("Quintessa"),
                "{error}"
            );
        }
        assert!(!home.path().join("t.edm").exists());
    }
}
