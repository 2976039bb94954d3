//! `vestibule ca`: the local authority of the forward proxy.

mod help;

use super::when;
use crate::authority::{Authority, Public, public};
use crate::base::Clock;
use crate::crypto::Key32;
use crate::store::Store;
use anyhow::{Context as _, bail};
use std::io::{IsTerminal as _, Write as _};
use std::net::SocketAddr;
use std::process::ExitCode;

/// Makes, shows and helps to install the local authority, whose certificates open the connections of apps that reach the
/// APIs through the gateway as a proxy.
#[derive(Debug, clap::Args)]
pub struct CaArgs {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Makes an authority for the hosts of `forward.intercept`; its key is sealed and never leaves.
    New {
        /// How many days it is good for, 1 to 3650.
        #[arg(long, default_value_t = 730, value_parser = clap::value_parser!(u32).range(1..=3650))]
        days: u32,
        /// In place of the one that is there; apps must then trust the new one.
        #[arg(long)]
        replace: bool,
    },
    /// Prints the authority's certificate, which is not secret, as PEM.
    Print {
        /// Says what it is, in place of the certificate.
        #[arg(long)]
        facts: bool,
        /// As a JSON object.
        #[arg(long)]
        json: bool,
    },
    /// Says how machines and programs come to trust it.
    InstallHelp {
        /// Where the certificate lies on those machines.
        #[arg(long, default_value = "vestibule-ca.pem", value_name = "FILE")]
        file: String,
        /// The language: `en`, or `zh` for Chinese; that of `LANG` by default.
        #[arg(long)]
        lang: Option<help::Language>,
    },
}

/// What the command needs of the house.
pub struct Rooms<'a> {
    /// The store, beside a gateway that may be running.
    pub store: &'a dyn Store,
    /// Seals the authority's key; asked for only where it is needed.
    pub wrapping: &'a dyn Fn() -> anyhow::Result<Key32>,
    /// The hosts of `forward.intercept`.
    pub hosts: &'a [String],
    /// Where the gateway listens.
    pub listen: SocketAddr,
}

/// Runs the command.
///
/// # Errors
/// When the store or the key can't be used, there is no authority, or there is one already.
pub fn run(args: &CaArgs, rooms: &Rooms<'_>) -> anyhow::Result<ExitCode> {
    match &args.command {
        Command::New { days, replace } => new(rooms, *days, *replace)?,
        Command::Print { facts, json } => print(&existing(rooms)?, *facts, *json)?,
        Command::InstallHelp { file, lang } => {
            let public = existing(rooms)?;
            let language = lang.unwrap_or_else(help::Language::of_environment);
            let text = help::text(language, &public, file, rooms.listen);
            write!(anstream::stdout(), "{text}")?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn new(rooms: &Rooms<'_>, days: u32, replace: bool) -> anyhow::Result<()> {
    if rooms.hosts.is_empty() {
        bail!("`forward.intercept` names no host that an authority could be for");
    }
    let now = Clock::system().now();
    let wrapping = (rooms.wrapping)()?;
    let made = Authority::create(rooms.store, &wrapping, rooms.hosts, days, now, replace)?;
    print(made.public(), true, false)?;
    if std::io::stderr().is_terminal() {
        writeln!(
            anstream::stderr(),
            "next: `vestibule ca print > vestibule-ca.pem`, `vestibule ca install-help`; a running gateway uses it after a restart"
        )?;
    }
    Ok(())
}

fn existing(rooms: &Rooms<'_>) -> anyhow::Result<Public> {
    public(rooms.store)?.context("there is no local authority: make one with `vestibule ca new`")
}

fn print(public: &Public, facts: bool, json: bool) -> anyhow::Result<()> {
    let mut out = anstream::stdout();
    if json {
        let object = serde_json::json!({
            "name": public.name, "hosts": public.hosts, "ends": when::text(public.not_after.as_micros()),
            "sha256": public.fingerprint(), "certificate": public.pem(),
        });
        writeln!(out, "{object}")?;
    } else if facts {
        writeln!(out, "{}", public.name)?;
        writeln!(out, "for     {}", public.hosts.join(", "))?;
        writeln!(out, "ends    {}", when::text(public.not_after.as_micros()))?;
        writeln!(out, "sha256  {}", public.fingerprint())?;
    } else {
        write!(out, "{}", public.pem())?;
    }
    Ok(())
}

impl std::fmt::Debug for Rooms<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rooms")
            .field("hosts", &self.hosts)
            .finish_non_exhaustive()
    }
}
