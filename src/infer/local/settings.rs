//! The configuration of a local destination, checked into use.

use crate::infer::{ConfigError, LocalConfig};
use std::time::Duration;

/// A checked [`LocalConfig`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Settings {
    /// Threads that compute, at least 1.
    pub threads: u16,
    /// Tokens that all requests at once may hold; `None`: the model's own context length, at most 8,192.
    pub context_tokens: Option<u32>,
    /// Requests answered at the same time, at least 1.
    pub parallel: u16,
    /// Requests that may wait.
    pub queue: u16,
    /// Most tokens of a reply where the request sets no limit.
    pub max_tokens: u32,
    /// How long the worker may be without a request before it is stopped; `None`: for ever.
    pub idle_stop: Option<Duration>,
    /// How long loading the model may take.
    pub start_timeout: Duration,
    /// Memory for everything but the model file, in MiB.
    pub memory_mib: Option<u64>,
}

impl Settings {
    /// Checks the ranges that [`LocalConfig`] documents; `destination` is for messages.
    pub(super) fn check(destination: &str, config: &LocalConfig) -> Result<Self, ConfigError> {
        let within = |key: &str, value: u64, low: u64, high: u64| {
            if (low..=high).contains(&value) {
                return Ok(value);
            }
            Err(ConfigError {
                destination: destination.to_owned(),
                problem: format!("`{key}` is {value}; it must be between {low} and {high}"),
            })
        };
        let threads = config.threads.map_or_else(default_threads, u64::from);
        let parallel = config.parallel.map_or(2, u64::from);
        let idle_stop = config
            .idle_stop_s
            .map(|s| within("idle_stop_s", s, 1, 31_536_000));
        let memory = config
            .memory_mib
            .map(|mib| within("memory_mib", mib, 64, 16_777_216));
        let context = config
            .context_tokens
            .map(|n| within("context_tokens", n.into(), 256, 1_048_576));
        let max_tokens = config.max_tokens.unwrap_or(1024);
        let start_timeout = config.start_timeout_s.unwrap_or(120);
        Ok(Self {
            threads: within("threads", threads, 1, 256)? as u16,
            context_tokens: context.transpose()?.map(|tokens| tokens as u32),
            parallel: within("parallel", parallel, 1, 64)? as u16,
            queue: within("queue", config.queue.map_or(16, u64::from), 0, 1000)? as u16,
            max_tokens: within("max_tokens", max_tokens.into(), 1, 1_048_576)? as u32,
            idle_stop: idle_stop.transpose()?.map(Duration::from_secs),
            start_timeout: within("start_timeout_s", start_timeout, 1, 3600)
                .map(Duration::from_secs)?,
            memory_mib: memory.transpose()?,
        })
    }
}

/// One less than there are cores: ggml's threads wait for each other by spinning, and with a busy process on one of their cores
/// generation fell to a twenty-fifth.
fn default_threads() -> u64 {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    (cores as u64).saturating_sub(1).clamp(1, 256)
}

#[cfg(test)]
mod tests {
    use super::*;

    type Set = fn(&mut LocalConfig);

    #[test]
    fn defaults_are_within_their_ranges_and_bad_values_are_named() {
        let settings = Settings::check("local", &LocalConfig::default()).unwrap();
        assert_eq!(
            (settings.parallel, settings.queue, settings.max_tokens),
            (2, 16, 1024)
        );
        assert!(settings.threads >= 1 && settings.idle_stop.is_none());
        let bad: [(&str, Set); 7] = [
            ("threads", |c| c.threads = Some(0)),
            ("parallel", |c| c.parallel = Some(65)),
            ("queue", |c| c.queue = Some(1001)),
            ("context_tokens", |c| c.context_tokens = Some(255)),
            ("idle_stop_s", |c| c.idle_stop_s = Some(0)),
            ("max_tokens", |c| c.max_tokens = Some(0)),
            ("start_timeout_s", |c| c.start_timeout_s = Some(0)),
        ];
        for (key, set) in bad {
            let mut config = LocalConfig::default();
            set(&mut config);
            let error = Settings::check("inhouse", &config).unwrap_err();
            assert!(
                error.problem.contains(key) && error.destination == "inhouse",
                "{error}"
            );
        }
    }
}
