//! What the supervisor tells the worker: the options of the hidden subcommand `worker`, written and read in one place.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

/// Options of `vestibule worker`.
#[derive(Debug, Clone, PartialEq, Eq, clap::Args)]
pub struct WorkerOptions {
    /// The model file (GGUF).
    #[arg(long)]
    pub model: PathBuf,
    /// What replies call the model.
    #[arg(long)]
    pub name: String,
    /// The Unix socket to listen on; must not exist.
    #[arg(long)]
    pub socket: PathBuf,
    /// Threads that compute.
    #[arg(long)]
    pub threads: u16,
    /// Tokens that all requests together may hold; the model's own context length, at most 8,192, by default.
    #[arg(long)]
    pub context_tokens: Option<u32>,
    /// Requests that are answered at the same time.
    #[arg(long)]
    pub parallel: u16,
    /// Requests that may wait.
    #[arg(long)]
    pub queue: u16,
    /// Most tokens of a reply where the request sets no limit.
    #[arg(long)]
    pub max_tokens: u32,
    /// Memory for everything but the model file itself, in MiB; no limit by default.
    #[arg(long)]
    pub memory_mib: Option<u64>,
}

impl WorkerOptions {
    /// The command line that reads back as these options.
    pub(super) fn to_arguments(&self) -> Vec<OsString> {
        let mut out: Vec<OsString> = Vec::new();
        let mut put = |name: &str, value: &OsStr| {
            let mut argument = OsString::from(format!("--{name}="));
            argument.push(value);
            out.push(argument);
        };
        put("model", self.model.as_os_str());
        put("name", self.name.as_ref());
        put("socket", self.socket.as_os_str());
        put("threads", self.threads.to_string().as_ref());
        put("parallel", self.parallel.to_string().as_ref());
        put("queue", self.queue.to_string().as_ref());
        put("max-tokens", self.max_tokens.to_string().as_ref());
        if let Some(tokens) = self.context_tokens {
            put("context-tokens", tokens.to_string().as_ref());
        }
        if let Some(mib) = self.memory_mib {
            put("memory-mib", mib.to_string().as_ref());
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::{Args, Command, FromArgMatches};

    #[test]
    fn options_survive_the_command_line() {
        for (context_tokens, memory_mib) in [(None, None), (Some(4096), Some(512))] {
            let options = WorkerOptions {
                model: "/m/a file.gguf".into(),
                name: "--odd name".into(),
                socket: "/run/x.sock".into(),
                threads: 3,
                context_tokens,
                parallel: 2,
                queue: 16,
                max_tokens: 1024,
                memory_mib,
            };
            let command = WorkerOptions::augment_args(Command::new("worker").no_binary_name(true));
            let read = command
                .try_get_matches_from(options.to_arguments())
                .unwrap();
            assert_eq!(WorkerOptions::from_arg_matches(&read).unwrap(), options);
        }
    }
}
