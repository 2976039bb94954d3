//! `vestibule worker`: the model in the building, as the gateway starts it. Hidden: it is of no use by hand.

use std::process::ExitCode;

/// Arguments of the hidden subcommand; written by the supervisor.
#[cfg(feature = "local")]
#[derive(Debug, clap::Args)]
pub struct WorkerArgs {
    #[command(flatten)]
    options: crate::infer::local::WorkerOptions,
}

/// Whatever is given: there is no worker in this program.
#[cfg(not(feature = "local"))]
#[derive(Debug, clap::Args)]
pub struct WorkerArgs {
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    ignored: Vec<std::ffi::OsString>,
}

/// Runs the worker until its standard input closes.
///
/// # Errors
///
/// None: what goes wrong is written to standard error, where the supervisor reads it, and the exit code says that it did.
#[cfg(feature = "local")]
pub fn run(args: &WorkerArgs) -> anyhow::Result<ExitCode> {
    use crate::infer::local::{WORKER_PREFIX, worker};
    let Err(error) = worker::run(&args.options) else {
        return Ok(ExitCode::SUCCESS);
    };
    complain(&format!("{WORKER_PREFIX}{error}"));
    Ok(ExitCode::FAILURE)
}

/// Says that there is no worker.
///
/// # Errors
///
/// None.
#[cfg(not(feature = "local"))]
pub fn run(args: &WorkerArgs) -> anyhow::Result<ExitCode> {
    let given = args.ignored.len();
    complain(&format!(
        "built without the local model; {given} arguments ignored"
    ));
    Ok(ExitCode::FAILURE)
}

#[expect(clippy::print_stderr, reason = "the supervisor reads it")]
fn complain(why: &str) {
    eprintln!("{why}");
}
