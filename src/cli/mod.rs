//! The command line: one file a subcommand. The only place that prints to stdout.
//!
//! Each file has its arguments (`NameArgs`) and a `run` that gets the module objects it needs; `main.rs` reads the
//! configuration and hands them over. Refuses to know: the configuration.

pub mod audit;
pub mod ca;
pub mod detect;
pub mod edm;
pub mod explain;
pub mod key;
pub mod model;
mod places;
pub mod policy;
mod when;
pub mod worker;

use clap::{Args, Parser, Subcommand};
use std::io::Write as _;
use std::path::PathBuf;

/// A privacy gateway for DeepSeek: what is sensitive stays in the building.
#[derive(Debug, Parser)]
#[command(name = "vestibule", version, about, max_term_width = 100)]
pub struct Cli {
    /// The configuration file [default: vestibule.toml, if it is there]
    #[arg(long, global = true, env = "VESTIBULE_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the gateway
    Serve(ServeArgs),
    /// Find what is sensitive in a text
    Detect(detect::DetectArgs),
    /// Issue and withdraw the keys that apps use
    Key(key::KeyArgs),
    /// Make and show the local authority of the forward proxy
    Ca(ca::CaArgs),
    /// Read the audit log, and prove that it is complete
    Audit(audit::AuditArgs),
    /// Fetch and check the files of local models
    Model(model::ModelArgs),
    /// Load lists of values that must not leave, as keyed hashes
    Edm(edm::EdmArgs),
    /// Check and show policy files
    Policy(policy::PolicyArgs),
    /// Answer with a local model; started by `serve`, not by hand
    #[command(hide = true)]
    Worker(worker::WorkerArgs),
}

/// `vestibule serve`: everything is configured, nothing is an argument.
#[derive(Debug, Args)]
pub struct ServeArgs {}

/// Tells on standard error why a command could not be carried out: the error and what led to it.
pub fn complain(error: &anyhow::Error) {
    // Where not even that can be written, the exit code still tells; `eprintln!` would panic.
    drop(writeln!(anstream::stderr(), "vestibule: {error:#}"));
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_arguments_are_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_configuration_can_stand_before_and_after_the_subcommand() {
        for line in [
            ["vestibule", "--config", "a.toml", "serve"],
            ["vestibule", "serve", "--config", "a.toml"],
        ] {
            let cli = Cli::try_parse_from(line).unwrap();
            assert_eq!(cli.config, Some(PathBuf::from("a.toml")));
            assert!(matches!(cli.command, Command::Serve(_)));
        }
        assert!(Cli::try_parse_from(["vestibule"]).is_err());
        assert!(Cli::try_parse_from(["vestibule", "serve", "now"]).is_err());
    }

    #[test]
    fn the_worker_is_not_offered() {
        let help = Cli::command().render_help().to_string();
        for shown in [
            "serve", "detect", "edm", "key", "ca", "audit", "model", "policy",
        ] {
            assert!(help.contains(&format!("\n  {shown} ")), "{help}");
        }
        assert!(!help.contains("worker"), "{help}");
    }
}
