//! What the configuration says of destinations: raw, as it is read. Each backend checks its own part into use.

use crate::base::Sensitive;
use crate::protocol::Format;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

/// One destination; `kind` says which backend talks to it.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum DestinationConfig {
    /// DeepSeek's own service.
    Deepseek(RemoteConfig),
    /// Any server that speaks `OpenAI`'s formats.
    Openai(RemoteConfig),
    /// The model in the building: a worker process of ours.
    Local(LocalConfig),
}

/// A destination that is reached over HTTP.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RemoteConfig {
    /// What stands before `/chat/completions`, for instance `https://llm.example/v1`; DeepSeek's own by default, else required.
    pub base_url: Option<String>,
    /// The key that is sent as bearer; better kept in the environment.
    pub api_key: Option<Secret>,
    /// The environment variable that holds the key; `DEEPSEEK_API_KEY` by default for `deepseek`, else none.
    pub api_key_env: Option<String>,
    /// Plain `http://` also to other hosts than loopback; false by default.
    pub allow_http: bool,
    /// Private addresses also for a destination outside (an outgoing relay, say); false by default.
    pub allow_private: bool,
    /// PEM file with the certificate authorities to trust instead of the system's, such as the company's own.
    pub ca_file: Option<PathBuf>,
    /// The formats that it speaks: `chat`, `completions`, `embeddings`, `responses`, `messages`, `count_tokens`. All but
    /// embeddings by default for `deepseek`, all of OpenAI's for `openai`.
    pub speaks: Option<Vec<Format>>,
    /// Names that apps use → names at the destination. DeepSeek's current models by default, else required.
    pub models: BTreeMap<String, String>,
    /// The destination's name of the model that stands in for any name not in `models`; none by default.
    pub prefer: Option<String>,
    /// Seconds to connect, TLS included, 1–300; 10 by default.
    pub connect_timeout_s: Option<u64>,
    /// Seconds to the reply's head, 1–3600; 600 by default (DeepSeek waits that long before it gives up).
    pub reply_timeout_s: Option<u64>,
    /// Seconds without a byte of the reply's body, 1–3600; 120 by default.
    pub idle_timeout_s: Option<u64>,
    /// Requests at the same time, 1–100,000; 1,000 by default.
    pub concurrency: Option<u32>,
    /// Further request headers with fixed values.
    pub extra_headers: BTreeMap<String, Secret>,
}

/// A destination that is a worker process of ours with a model file.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LocalConfig {
    /// A name in the catalogue, or the path of a GGUF file; `smollm2-135m` by default.
    pub model: Option<String>,
    /// Further names that apps may use for it; it answers to every name anyway unless `strict_names` is set.
    pub models: BTreeMap<String, String>,
    /// Answer only to the names in `models` and the model's own; false by default.
    pub strict_names: bool,
    /// Threads of the worker, 1–256; one less than there are cores by default, at least 1.
    pub threads: Option<u16>,
    /// Context length in tokens, 256–1,048,576; by default the model's own, at most 8,192.
    pub context_tokens: Option<u32>,
    /// Requests answered at the same time, 1–64; 2 by default.
    pub parallel: Option<u16>,
    /// Requests that may wait, 0–1,000; 16 by default.
    pub queue: Option<u16>,
    /// Most tokens of a reply where the request sets no limit, 1–1,048,576; 1,024 by default.
    pub max_tokens: Option<u32>,
    /// Seconds that loading the model may take, 1–3600; 120 by default.
    pub start_timeout_s: Option<u64>,
    /// Seconds without a request after which the worker stops; never by default.
    pub idle_stop_s: Option<u64>,
    /// Memory the worker may use, in MiB; by default what the catalogue says the model needs, doubled.
    pub memory_mib: Option<u64>,
}

/// Where a destination stands, as the policy's trust says; decides which network addresses it may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// In the building: any address.
    Inside,
    /// Outside: public addresses only.
    Outside,
}

/// The names that a destination answers to, and what each is called there.
///
/// ```
/// use vestibule::infer::Models;
/// let models = Models::new([("chat", "deepseek-flash")], None);
/// assert_eq!(models.upstream(Some("chat")), Some("deepseek-flash"));
/// assert_eq!(models.upstream(Some("other")), None);
/// ```
#[derive(Debug, Clone, Default)]
pub struct Models {
    names: BTreeMap<String, String>,
    prefer: Option<String>,
}

impl Models {
    /// From pairs of an app's name and the destination's name, and the destination's name for everything else.
    pub fn new<A: Into<String>, D: Into<String>>(
        names: impl IntoIterator<Item = (A, D)>,
        prefer: Option<String>,
    ) -> Self {
        let names = names
            .into_iter()
            .map(|(app, there)| (app.into(), there.into()))
            .collect();
        Self { names, prefer }
    }

    /// The destination's name for what the app asked for; `None` where the destination doesn't serve it. An unknown name
    /// is never passed on: it is text of the app that nobody has inspected.
    pub fn upstream(&self, asked: Option<&str>) -> Option<&str> {
        let named = asked.and_then(|name| self.names.get(name));
        named.or(self.prefer.as_ref()).map(String::as_str)
    }

    /// The names to list for apps, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.keys().map(String::as_str)
    }
}

/// A credential from the configuration: prints as stars, is wiped on drop.
#[derive(Clone)]
pub struct Secret(Sensitive<String>);

impl Secret {
    /// Takes the value in.
    pub const fn new(value: String) -> Self {
        Self(Sensitive::new(value))
    }

    /// The value itself.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::new)
    }
}

/// What is wrong with the configuration of a destination.
#[derive(Debug, thiserror::Error)]
#[error("destination `{destination}`: {problem}")]
pub struct ConfigError {
    /// The destination's name.
    pub destination: String,
    /// What is wrong and what to write instead; holds no secret.
    pub problem: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use figment::Figment;
    use figment::providers::{Format, Toml};

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct File {
        destinations: BTreeMap<String, DestinationConfig>,
    }

    fn read(toml: &str) -> Result<File, String> {
        Figment::from(Toml::string(toml))
            .extract()
            .map_err(|error| error.to_string())
    }

    #[test]
    fn each_kind_has_its_own_keys() {
        let config = read(
            r#"
            [destinations.deepseek]
            kind = "deepseek"
            api_key = "hush"
            [destinations.ours]
            kind = "openai"
            base_url = "https://llm.example/v1"
            models = { chat = "qwen3-32b" }
            [destinations.local]
            kind = "local"
            threads = 3
            "#,
        )
        .unwrap();
        let kinds: Vec<_> = config.destinations.values().collect();
        assert!(matches!(
            kinds.as_slice(),
            [
                DestinationConfig::Deepseek(_),
                DestinationConfig::Local(_),
                DestinationConfig::Openai(_)
            ]
        ));
        assert!(!format!("{config:?}").contains("hush"));
    }

    #[test]
    fn unknown_keys_and_kinds_are_errors() {
        let cases = [
            (
                "destinations.a = { kind = 'deepseek', threads = 3 }",
                "threads",
            ),
            (
                "destinations.a = { kind = 'local', base_url = 'x' }",
                "base_url",
            ),
            ("destinations.a = { kind = 'azure' }", "azure"),
            ("destinations.a = { base_url = 'x' }", "kind"),
        ];
        for (toml, words) in cases {
            let problem = read(toml).unwrap_err();
            assert!(problem.contains(words), "{problem}");
        }
    }

    #[test]
    fn models_by_name_and_by_preference() {
        let models = Models::new([("chat", "real")], Some("fallback".to_owned()));
        let cases = [
            (Some("chat"), "real"),
            (Some("other"), "fallback"),
            (None, "fallback"),
        ];
        for (asked, there) in cases {
            assert_eq!(models.upstream(asked), Some(there));
        }
        assert_eq!(models.names().collect::<Vec<_>>(), ["chat"]);
        assert_eq!(Models::default().upstream(None), None);
    }
}
