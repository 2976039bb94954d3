//! `vestibule policy`: check a file, show a policy.
#![expect(clippy::print_stdout, reason = "a command prints its answer")]

use std::fmt::Write as _;
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;

use crate::base::Language;
use crate::pipeline::{detector_for, failing_tests};
use crate::policy::{DEFAULT_ORIGIN, DEFAULT_SOURCE, Handling, Policy, PolicyError};

/// Arguments of `vestibule policy`.
#[derive(Debug, clap::Args)]
pub struct PolicyArgs {
    #[command(subcommand)]
    command: PolicyCommand,
}

#[derive(Debug, clap::Subcommand)]
enum PolicyCommand {
    /// Read a policy file and say what is wrong with it
    Check {
        /// The policy file
        file: PathBuf,
    },
    /// Show who may send what where
    Show {
        /// The policy file; without it, the policy in force
        file: Option<PathBuf>,
        /// Print the file itself, as it was read
        #[arg(long)]
        source: bool,
        /// Labels in Chinese
        #[arg(long)]
        zh: bool,
    },
}

/// Runs it; `in_force` is the configured policy file, `None` where the built-in default holds.
///
/// # Errors
/// When a file can't be read. A policy with faults is no error: its faults are printed, and the exit code is 1.
pub fn run(args: &PolicyArgs, in_force: Option<&Path>) -> anyhow::Result<ExitCode> {
    match &args.command {
        PolicyCommand::Check { file } => Ok(match load(Some(file))? {
            Ok(policy) => try_out(file, &policy)?,
            Err(error) => refused(&error),
        }),
        PolicyCommand::Show { file, source, zh } => {
            let language = if *zh { Language::Zh } else { Language::En };
            Ok(match load(file.as_deref().or(in_force))? {
                Ok(policy) if *source => {
                    print!("{}", policy.source());
                    ExitCode::SUCCESS
                }
                Ok(policy) => {
                    print!("{}", sheet(&policy, language)?);
                    ExitCode::SUCCESS
                }
                Err(error) => refused(&error),
            })
        }
    }
}

fn load(file: Option<&Path>) -> anyhow::Result<Result<Policy, PolicyError>> {
    let Some(file) = file else {
        return Ok(Policy::parse(DEFAULT_SOURCE, DEFAULT_ORIGIN, None));
    };
    let source = std::fs::read_to_string(file)
        .with_context(|| format!("can't read the policy file `{}`", file.display()))?;
    Ok(Policy::parse(
        &source,
        &file.display().to_string(),
        file.parent(),
    ))
}

/// Builds the policy's recognizers and runs its tests.
fn try_out(file: &Path, policy: &Policy) -> anyhow::Result<ExitCode> {
    let failures = failing_tests(policy, &detector_for(policy)?);
    for failure in &failures {
        println!("{}: {failure}", file.display());
    }
    if failures.is_empty() {
        println!("{}: {}", file.display(), summary(policy));
        return Ok(ExitCode::SUCCESS);
    }
    println!(
        "\nrefused: {} of {} tests do not hold",
        failures.len(),
        policy.tests().len()
    );
    Ok(ExitCode::FAILURE)
}

fn refused(error: &PolicyError) -> ExitCode {
    let colour = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    print!("{}", error.render(colour));
    let count = error.faults().len();
    println!(
        "\nrefused: {count} {}",
        if count == 1 { "fault" } else { "faults" }
    );
    ExitCode::FAILURE
}

/// One line that says which policy it is.
fn summary(policy: &Policy) -> String {
    let (name, version) = (policy.name(), policy.version());
    let (classes, places) = (policy.classes().len(), policy.destinations().len());
    let (rules, tests) = (policy.rules().len(), policy.tests().len());
    format!(
        "`{name}` version {version} is well formed: {classes} data classes, {places} destinations, \
         {rules} rules, {tests} tests hold"
    )
}

/// Destinations, grid and rules, as a reader signs them.
fn sheet(policy: &Policy, language: Language) -> Result<String, std::fmt::Error> {
    let mut out = String::new();
    let (name, version, mode) = (policy.name(), policy.version(), policy.mode());
    writeln!(out, "policy {name} version {version}, mode {mode}")?;
    writeln!(out, "sha256 {}", policy.sha256())?;
    writeln!(out, "\ndestinations")?;
    for place in policy.destinations() {
        let (label, trust) = (place.label.text(language), place.trust);
        let country = place.country.iter().map(|code| format!(", {code}"));
        let country: String = country.collect();
        writeln!(out, "  {}: {label} ({trust}{country})", place.name)?;
    }
    grid(policy, language, &mut out)?;
    rules(policy, language, &mut out)?;
    Ok(out)
}

fn grid(policy: &Policy, language: Language, out: &mut String) -> std::fmt::Result {
    writeln!(out, "\ndata and handling")?;
    for class in policy.classes() {
        let types: Vec<&str> = class.include.iter().map(|entity| entity.as_str()).collect();
        let (name, level, label) = (&class.name, class.level, class.label.text(language));
        writeln!(
            out,
            "  {name} (level {level}): {label}: {}",
            types.join(", ")
        )?;
        for place in policy.destinations() {
            let handling = policy.handling(name, &place.name);
            let handling = handling.unwrap_or(Handling::Block);
            writeln!(out, "    to {}: {handling}", place.name)?;
        }
    }
    Ok(())
}

fn rules(policy: &Policy, language: Language, out: &mut String) -> std::fmt::Result {
    writeln!(out, "\nrules")?;
    for rule in policy.rules() {
        let hard = if rule.hard { ", hard" } else { "" };
        let (id, act, say) = (&rule.id, rule.act, rule.say.text(language));
        writeln!(out, "  {id} ({act}{hard}): {say}")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sheet_shows_every_cell_and_rule() {
        let source = "policy: p\nversion: '1'\ndestinations:\n  home: {trust: inside}\n  \
            cloud: {trust: outside, country: CN, label: {en: cloud, zh: 云}}\n\
            data: {mail: {include: [EMAIL], label: {en: mail, zh: 邮箱}}}\n\
            handling: {mail: {cloud: mask}}\n\
            rules: [{id: r, say: 不得外发, when: {}, do: block, hard: true, why: w, owner: o}]\n";
        let policy = Policy::parse(source, "p.yaml", None).unwrap();
        let sheet = sheet(&policy, Language::Zh).unwrap();
        let shown = sheet.replace(policy.sha256(), "…");
        insta::assert_snapshot!(shown, @r"
        policy p version 1, mode enforce
        sha256 …

        destinations
          home: home (inside)
          cloud: 云 (outside, CN)

        data and handling
          mail (level 3): 邮箱: EMAIL
            to home: redact
            to cloud: mask

        rules
          r (block, hard): 不得外发
        ");
    }

    #[test]
    fn a_file_that_is_not_there_is_an_error_with_its_name() {
        let file = Path::new("no/such/policy.yaml");
        let error = load(Some(file)).unwrap_err().to_string();
        assert!(error.contains("no/such/policy.yaml"), "{error}");
        assert!(load(None).unwrap().is_ok());
    }
}
