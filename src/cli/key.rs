//! `vestibule key`: virtual keys for apps.

use super::when;
use crate::base::Clock;
use crate::identity::{Apps, KeyInfo, KeyState};
use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;

/// Makes, shows and revokes the keys by which apps are known; works while a gateway runs.
#[derive(Debug, clap::Args)]
pub struct KeyArgs {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Makes a key and prints it, once.
    New {
        /// The app that will use it, as policies name it.
        #[arg(long)]
        app: String,
        /// What it is for.
        #[arg(long, default_value = "")]
        label: String,
        /// When it ends by itself: 90d, or 2027-01-31. Never, if left out.
        #[arg(long)]
        expires: Option<String>,
        /// Prints a JSON object.
        #[arg(long)]
        json: bool,
    },
    /// Shows every key that was made, without the secret.
    List {
        /// Prints a JSON object a line.
        #[arg(long)]
        json: bool,
    },
    /// Takes a key back; running gateways refuse it within a second.
    Revoke {
        /// Its id, as `key list` shows it.
        id: String,
    },
}

/// Runs the command.
///
/// # Errors
/// When keys can't be read or written, or an argument is not what it should be.
pub fn run(args: &KeyArgs, apps: &Apps) -> anyhow::Result<ExitCode> {
    match &args.command {
        Command::New {
            app,
            label,
            expires,
            json,
        } => {
            new(apps, app, label, expires.as_deref(), *json)?;
        }
        Command::List { json } => list(apps, *json)?,
        Command::Revoke { id } => {
            let app = apps.revoke(id)?;
            writeln!(anstream::stderr(), "revoked a key of `{app}`")?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn new(
    apps: &Apps,
    app: &str,
    label: &str,
    expires: Option<&str>,
    json: bool,
) -> anyhow::Result<()> {
    let now = Clock::system().now();
    let expires = expires.map(|text| when::future(text, now)).transpose()?;
    let issued = apps.issue(app, label, expires)?;
    let mut out = anstream::stdout();
    if json {
        let object = serde_json::json!({
            "id": issued.id, "app": app, "key": issued.secret.expose(),
        });
        writeln!(out, "{object}")?;
        return Ok(());
    }
    writeln!(out, "{}", issued.secret.expose())?;
    if std::io::stderr().is_terminal() {
        writeln!(
            anstream::stderr(),
            "keep it now: it is not shown again (id {})",
            issued.id
        )?;
    }
    Ok(())
}

fn list(apps: &Apps, json: bool) -> anyhow::Result<()> {
    let mut out = anstream::stdout();
    for key in apps.list()? {
        if json {
            writeln!(out, "{}", serde_json::to_string(&key)?)?;
        } else {
            writeln!(out, "{}", line(&key))?;
        }
    }
    Ok(())
}

fn line(key: &KeyInfo) -> String {
    let state = match (key.state, key.expires) {
        (KeyState::Revoked, _) => "revoked".to_owned(),
        (KeyState::Active, Some(expires)) => format!("expires {}", when::text(expires)),
        (KeyState::Active, None) => "active".to_owned(),
    };
    let KeyInfo {
        id,
        app,
        label,
        created,
        ..
    } = key;
    format!(
        "{id}  {app:<20}  made {}  {state:<28}  {label}",
        when::text(*created)
    )
    .trim_end()
    .to_owned()
}
