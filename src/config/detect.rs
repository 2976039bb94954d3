//! The `[detect]` section: which models look for names, and how long they may.

use super::ConfigError;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

/// Largest number of threads.
const MOST_THREADS: usize = 256;
/// Longest time, in milliseconds.
const LONGEST_MS: u64 = 600_000;

/// The `[detect]` section.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Detect {
    /// Names of taggers that `vestibule model list` shows; those that are in the models folder by default, none where
    /// it is empty. One that is named must be there.
    pub taggers: Option<Vec<String>>,
    /// Milliseconds that looking for names may take in a request, 1 to 600000; 2000 by default. What the policy says of
    /// `on_error` holds for a request that takes longer.
    pub budget_ms: u64,
    /// Threads that look for names, 0 to 256; 0, the default, takes one for each core.
    pub threads: usize,
    /// Further taggers.
    pub tagger: Vec<OwnTagger>,
}

impl Default for Detect {
    fn default() -> Self {
        Self {
            taggers: None,
            budget_ms: 2000,
            threads: 0,
            tagger: Vec::new(),
        }
    }
}

/// A tagger of one's own.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OwnTagger {
    /// What kind of model it is.
    pub kind: TaggerKind,
    /// The folder with its files.
    pub folder: PathBuf,
    /// For each of the model's labels (without `B-` and `I-`) the entity type; other labels are left out.
    pub labels: BTreeMap<String, String>,
    /// What it reads.
    pub script: ScriptWord,
}

/// Kinds of models that may be named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaggerKind {
    /// `model.onnx` for token classification, with its tokenizer.
    Onnx,
}

/// What a tagger reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScriptWord {
    /// Chinese.
    Han,
    /// English and its neighbours.
    Latin,
}

impl Detect {
    /// The time that looking for names may take, and on how many threads.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Wrong`] for a number that is out of its range.
    pub fn limits(&self) -> Result<(Duration, usize), ConfigError> {
        if !(1..=LONGEST_MS).contains(&self.budget_ms) {
            let text = format!("`detect.budget_ms` must be 1 to {LONGEST_MS}");
            return Err(ConfigError::Wrong(text));
        }
        if self.threads > MOST_THREADS {
            let text = format!("`detect.threads` must be 0 to {MOST_THREADS}");
            return Err(ConfigError::Wrong(text));
        }
        let cores = || std::thread::available_parallelism().map_or(1, usize::from);
        let threads = if self.threads == 0 {
            cores()
        } else {
            self.threads
        };
        Ok((Duration::from_millis(self.budget_ms), threads))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_have_ranges() {
        let with = |budget_ms, threads| Detect {
            budget_ms,
            threads,
            ..Detect::default()
        };
        assert_eq!(with(5, 3).limits().unwrap(), (Duration::from_millis(5), 3));
        assert!(Detect::default().limits().unwrap().1 >= 1);
        for (budget_ms, threads) in [(0, 1), (LONGEST_MS + 1, 1), (5, MOST_THREADS + 1)] {
            let error = with(budget_ms, threads).limits().unwrap_err();
            assert!(error.to_string().contains("`detect."), "{error}");
        }
    }
}
