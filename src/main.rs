//! The `vestibule` binary: reads the command line and the configuration, and hands both over.

use anyhow::Context;
use clap::Parser;
use std::io::IsTerminal;
use std::process::ExitCode;
use vestibule::cli::{self, Cli, Command};
use vestibule::config::{Config, Format, Log};
use vestibule::{app, crypto};

fn main() -> ExitCode {
    std::panic::set_hook(Box::new(tell_place_of_panic));
    let cli = Cli::parse();
    // Where it fails, a limit ends the process, as it would any other; nothing else depends on it.
    drop(app::outlive_file_limit());
    match run(cli) {
        Ok(code) => code,
        Err(error) => {
            cli::complain(&error);
            ExitCode::from(2)
        }
    }
}

fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    let config = || Config::load(cli.config.as_deref()).context("the configuration can't be used");
    match cli.command {
        Command::Worker(args) => cli::worker::run(&args),
        Command::Detect(args) => {
            let config = config()?;
            let mut detector = app::detector_in_force(&config)?;
            if !args.no_models {
                detector = detector.with_taggers(app::taggers(&config)?);
            }
            cli::detect::run(&args, &detector)
        }
        Command::Model(args) => {
            let config = config()?;
            cli::model::run(args, config.models.folder(&config.data).ok())
        }
        Command::Policy(args) => cli::policy::run(&args, config()?.policy.file.as_deref()),
        Command::Audit(args) => cli::audit::run(&args, &config()?.data.folder()?),
        Command::Key(args) => {
            harden();
            cli::key::run(&args, &app::apps_beside(&config()?)?)
        }
        Command::Ca(args) => {
            harden();
            let config = config()?;
            let store = app::store_beside(&config)?;
            let rooms = cli::ca::Rooms {
                store: store.as_ref(),
                wrapping: &|| app::authority_key(&config, store.as_ref()),
                hosts: &config.forward.intercept,
                listen: config.server.listen,
            };
            cli::ca::run(&args, &rooms)
        }
        Command::Edm(args) => {
            harden();
            let tables = app::Tables::beside(&config()?)?;
            cli::edm::run(&args, tables.folder(), |name| tables.key(name))
        }
        Command::Serve(_) => {
            let config = config()?;
            log_to_stderr(config.log)?;
            harden();
            app::serve(config)
        }
    }
}

/// Where it happened, and nothing of what was in hand: the message of a panic may hold text of a request.
fn tell_place_of_panic(panic: &std::panic::PanicHookInfo<'_>) {
    let place = panic
        .location()
        .map(ToString::to_string)
        .unwrap_or_default();
    tracing::error!(place, "internal error");
}

/// Keeps key bytes out of core dumps; where the system refuses, that is said and no reason not to start.
fn harden() {
    if let Err(error) = crypto::harden_process() {
        tracing::warn!(%error, "memory of this process is not protected from core dumps");
    }
}

fn log_to_stderr(log: Log) -> anyhow::Result<()> {
    let filter =
        tracing_subscriber::EnvFilter::try_new(format!("warn,vestibule={}", log.level.as_str()))?;
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        // Saying on stderr that stderr can't be written panics, and a full disk must not take the gateway down.
        .log_internal_errors(false)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false);
    let installed = match log.format {
        Format::Text => lines.try_init(),
        Format::Json => lines.json().try_init(),
    };
    installed.map_err(|error| anyhow::anyhow!("the log can't be set up: {error}"))
}
