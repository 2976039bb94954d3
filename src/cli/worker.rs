//! `vestibule worker`: the model in the building, as the gateway starts it. Hidden: it is of no use by hand.

use crate::infer::local::WorkerOptions;
use std::process::ExitCode;

/// Arguments of the hidden subcommand; written by the supervisor.
#[derive(Debug, clap::Args)]
pub struct WorkerArgs {
    #[command(flatten)]
    options: WorkerOptions,
}

/// Runs the worker until its standard input closes.
///
/// # Errors
///
/// The local model isn't built in.
#[cfg(feature = "local")]
pub fn run(args: &WorkerArgs) -> anyhow::Result<ExitCode> {
    match crate::infer::local::worker::run(&args.options) {
        Ok(()) => Ok(ExitCode::SUCCESS),
        Err(error) => {
            complain(&error.to_string());
            Ok(ExitCode::FAILURE)
        }
    }
}

/// Says that there is no local model.
///
/// # Errors
///
/// None.
#[cfg(not(feature = "local"))]
pub fn run(args: &WorkerArgs) -> anyhow::Result<ExitCode> {
    complain(&format!(
        "built without the local model; `{}` can't be run",
        args.options.name
    ));
    Ok(ExitCode::FAILURE)
}

/// The supervisor takes the last such line as the reason of the worker's end.
#[expect(clippy::print_stderr, reason = "the supervisor reads it")]
fn complain(why: &str) {
    eprintln!("{}{why}", crate::infer::local::WORKER_PREFIX);
}
