//! The configuration of a remote destination, checked into what the client needs. Everything that is the same for every
//! request (addresses, header values) is made here, once.

#[cfg(test)]
mod tests;

use super::address::AddressRule;
use crate::infer::{ConfigError, Models, Reach, RemoteConfig, Secret};
use crate::protocol::Format;
use http::Uri;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use reqwest::Url;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::Path;
use std::time::Duration;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;

/// What is particular about a kind of service.
#[derive(Debug, Clone, Copy)]
pub struct ServiceFacts {
    /// Base URL where the configuration names none.
    pub base_url: Option<&'static str>,
    /// Environment variable of the key where the configuration names none.
    pub key_env: Option<&'static str>,
    /// Whether it refuses requests without a key.
    pub needs_key: bool,
    /// Whether there are `/beta/…`, `/anthropic/…` and `/user/balance` beside `/chat/completions`, as DeepSeek has them.
    pub has_beta: bool,
    /// What it speaks where the configuration doesn't say.
    pub speaks: &'static [Format],
    /// Its models where the configuration names none.
    pub models: &'static [&'static str],
}

/// Any server that speaks `OpenAI`'s formats.
pub const OPENAI_COMPATIBLE: ServiceFacts = ServiceFacts {
    base_url: None,
    key_env: None,
    needs_key: false,
    has_beta: false,
    speaks: &[
        Format::Chat,
        Format::Completions,
        Format::Embeddings,
        Format::Responses,
    ],
    models: &[],
};

const CONNECT_S: u64 = 10;
const REPLY_S: u64 = 600;
const IDLE_S: u64 = 120;
const CONCURRENCY: u32 = 1_000;

/// A remote destination that can be used.
#[derive(Debug)]
pub(super) struct Settings {
    pub(super) wire: WireSettings,
    pub(super) models: Models,
    pub(super) concurrency: usize,
    /// A key is needed and there is none.
    pub(super) key_missing: bool,
}

/// What the client needs.
#[derive(Debug)]
pub(super) struct WireSettings {
    pub(super) target: Target,
    pub(super) trust: Trust,
    /// Path of each format that it speaks.
    pub(super) paths: BTreeMap<Format, Uri>,
    /// Path of chat requests to beta.
    pub(super) beta: Uri,
    /// Path of the list of models.
    pub(super) list: Uri,
    /// Path of the account's balance, where there is one.
    pub(super) balance: Option<Uri>,
    pub(super) headers: HeaderMap,
    pub(super) connect: Duration,
    pub(super) reply: Duration,
    pub(super) idle: Duration,
}

/// Where connections go.
#[derive(Debug)]
pub(super) struct Target {
    /// Name, or address without brackets.
    pub(super) host: String,
    pub(super) port: u16,
    /// The host where it is an address; checked already.
    pub(super) literal: Option<IpAddr>,
    /// Which addresses the name may have.
    pub(super) rule: AddressRule,
}

/// Whom to trust.
#[derive(Debug)]
pub(super) enum Trust {
    /// Nobody is asked: plain HTTP.
    Plain,
    /// The system's certificate authorities.
    System,
    /// These only.
    Authorities(Vec<CertificateDer<'static>>),
}

impl Settings {
    pub(super) fn check(
        name: &str,
        config: &RemoteConfig,
        facts: &ServiceFacts,
        reach: Reach,
    ) -> Result<Self, ConfigError> {
        let checked = Check {
            config,
            facts,
            reach,
        };
        checked.settings().map_err(|problem| ConfigError {
            destination: name.to_owned(),
            problem,
        })
    }
}

struct Check<'a> {
    config: &'a RemoteConfig,
    facts: &'a ServiceFacts,
    reach: Reach,
}

impl Check<'_> {
    fn settings(&self) -> Result<Settings, String> {
        let base = self.base_url()?;
        let key = self.key();
        let config = self.config;
        let wire = WireSettings {
            target: self.target(&base)?,
            trust: self.trust(&base)?,
            paths: self.paths(&base)?,
            beta: path(&self.root(&base, "beta"), "chat/completions")?,
            list: path(&base, "models")?,
            balance: if self.facts.has_beta {
                Some(path(&self.root(&base, "user"), "balance")?)
            } else {
                None
            },
            headers: self.headers(&base, key.as_ref())?,
            connect: seconds(
                "connect_timeout_s",
                config.connect_timeout_s,
                CONNECT_S,
                300,
            )?,
            reply: seconds("reply_timeout_s", config.reply_timeout_s, REPLY_S, 3_600)?,
            idle: seconds("idle_timeout_s", config.idle_timeout_s, IDLE_S, 3_600)?,
        };
        let concurrency = match config.concurrency.unwrap_or(CONCURRENCY) {
            given @ 1..=100_000 => given as usize,
            given => return Err(format!("`concurrency` is {given}; it must be 1–100000")),
        };
        let key_missing = self.facts.needs_key || config.api_key_env.is_some();
        let key_missing = key_missing && key.is_none();
        Ok(Settings {
            wire,
            models: self.models()?,
            concurrency,
            key_missing,
        })
    }

    fn base_url(&self) -> Result<Url, String> {
        let text = self.config.base_url.as_deref().or(self.facts.base_url).ok_or(
            "`base_url` is missing; write what stands before `/chat/completions`, such as `https://llm.example/v1`",
        )?;
        let url = Url::parse(text).map_err(|error| format!("`base_url` is not a URL: {error}"))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err("`base_url` holds a user name or password; use `api_key_env`".into());
        }
        if url.query().is_some() || url.fragment().is_some() || url.host_str().is_none() {
            return Err(
                "`base_url` must be a scheme, a host and a path, without `?` and `#`".into(),
            );
        }
        match url.scheme() {
            "https" => Ok(url),
            "http" if self.config.allow_http || is_this_machine(&url) => Ok(url),
            "http" => Err("`base_url` is plain `http://` to another machine; use `https://`, or set `allow_http = true`".into()),
            _ => Err("`base_url` must begin with `https://`".into()),
        }
    }

    /// The path of each format that it speaks.
    fn paths(&self, base: &Url) -> Result<BTreeMap<Format, Uri>, String> {
        let configured = self.config.speaks.as_deref();
        let speaks = configured.unwrap_or(self.facts.speaks);
        if speaks.is_empty() {
            return Err("`speaks` is empty; name a format, such as `speaks = [\"chat\"]`".into());
        }
        let paths = speaks.iter().map(|format| {
            let (root, rest) = match format {
                Format::Chat => (base.clone(), "chat/completions"),
                Format::Completions => (self.root(base, "beta"), "completions"),
                Format::Embeddings => (base.clone(), "embeddings"),
                Format::Responses => (base.clone(), "responses"),
                Format::Messages => (self.root(base, "anthropic/v1"), "messages"),
                Format::CountTokens => (self.root(base, "anthropic/v1"), "messages/count_tokens"),
            };
            Ok((*format, path(&root, rest)?))
        });
        paths.collect()
    }

    /// What DeepSeek has under another root; the `/v1` that some write after the host isn't part of that. Others have it
    /// beside everything else.
    fn root(&self, base: &Url, name: &str) -> Url {
        let mut root = base.clone();
        if self.facts.has_beta {
            let start = base.path().trim_end_matches('/');
            let start = start.strip_suffix("/v1").unwrap_or(start);
            root.set_path(&format!("{start}/{name}"));
        }
        root
    }

    fn target(&self, base: &Url) -> Result<Target, String> {
        let host = base.host_str().unwrap_or_default();
        Ok(Target {
            host: host
                .trim_start_matches('[')
                .trim_end_matches(']')
                .to_owned(),
            port: base.port_or_known_default().unwrap_or(443),
            literal: literal_ip(base),
            rule: self.address_rule(base)?,
        })
    }

    /// A literal address is checked here, for it is never resolved; a name is checked at every connection.
    fn address_rule(&self, base: &Url) -> Result<AddressRule, String> {
        let outside = self.reach == Reach::Outside && !self.config.allow_private;
        let rule = if outside {
            AddressRule::Public
        } else {
            AddressRule::Any
        };
        match literal_ip(base) {
            Some(ip) if ip.is_loopback() || rule.allows(ip) => Ok(rule),
            Some(ip) if outside => Err(format!(
                "`base_url` names the private address {ip}, but the policy calls the destination outside; set `allow_private = true` if that is meant"
            )),
            Some(ip) => Err(format!(
                "`base_url` names {ip}, which no destination may have"
            )),
            None if is_this_machine(base) => Ok(AddressRule::Loopback),
            None => Ok(rule),
        }
    }

    fn trust(&self, base: &Url) -> Result<Trust, String> {
        let authorities = match &self.config.ca_file {
            Some(path) => Some(certificates(path)?),
            None => None,
        };
        match (base.scheme(), authorities) {
            ("https", Some(certificates)) => Ok(Trust::Authorities(certificates)),
            ("https", None) => Ok(Trust::System),
            _ => Ok(Trust::Plain),
        }
    }

    /// The key in the configuration, else the one in the environment; an empty one is none.
    fn key(&self) -> Option<Secret> {
        let from_environment = || {
            let variable = self.config.api_key_env.as_deref().or(self.facts.key_env)?;
            std::env::var(variable).ok().map(Secret::new)
        };
        let key = self.config.api_key.clone().or_else(from_environment);
        key.filter(|key| !key.expose().trim().is_empty())
    }

    fn headers(&self, base: &Url, key: Option<&Secret>) -> Result<HeaderMap, String> {
        let mut headers = HeaderMap::with_capacity(8);
        for (name, value) in &self.config.extra_headers {
            let (name, value) = extra_header(name, value)?;
            headers.insert(name, value);
        }
        if let Some(key) = key {
            let bearer = Secret::new(format!("Bearer {}", key.expose().trim()));
            let problem = "the API key holds characters that can't stand in a header";
            headers.insert(header::AUTHORIZATION, secret_value(&bearer).ok_or(problem)?);
        }
        headers.insert(header::HOST, host_header(base)?);
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/json"),
        );
        headers.insert(
            header::ACCEPT_ENCODING,
            HeaderValue::from_static("identity"),
        );
        let agent = concat!("vestibule/", env!("CARGO_PKG_VERSION"));
        headers.insert(header::USER_AGENT, HeaderValue::from_static(agent));
        Ok(headers)
    }

    fn models(&self) -> Result<Models, String> {
        let prefer = self.config.prefer.clone();
        if !self.config.models.is_empty() {
            return Ok(Models::new(self.config.models.clone(), prefer));
        }
        if self.facts.models.is_empty() && prefer.is_none() {
            return Err("`models` is empty; name the models, such as `models = { chat = \"the-servers-own-name\" }`".into());
        }
        Ok(Models::new(
            self.facts.models.iter().map(|name| (*name, *name)),
            prefer,
        ))
    }
}

/// Headers that are set here or belong to the connection.
const RESERVED: [HeaderName; 12] = [
    header::AUTHORIZATION,
    header::CONTENT_TYPE,
    header::CONTENT_LENGTH,
    header::CONTENT_ENCODING,
    header::ACCEPT,
    header::ACCEPT_ENCODING,
    header::USER_AGENT,
    header::HOST,
    header::CONNECTION,
    header::TRANSFER_ENCODING,
    header::TE,
    header::UPGRADE,
];

fn extra_header(name: &str, value: &Secret) -> Result<(HeaderName, HeaderValue), String> {
    let parsed = HeaderName::from_bytes(name.as_bytes())
        .map_err(|_| format!("`extra_headers`: `{name}` is not a header name"))?;
    if RESERVED.contains(&parsed) {
        return Err(format!(
            "`extra_headers`: `{name}` is set by the gateway itself"
        ));
    }
    let problem = || format!("`extra_headers`: the value of `{name}` can't stand in a header");
    Ok((parsed, secret_value(value).ok_or_else(problem)?))
}

fn secret_value(value: &Secret) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(value.expose()).ok()?;
    value.set_sensitive(true);
    Some(value)
}

fn seconds(key: &str, given: Option<u64>, default: u64, most: u64) -> Result<Duration, String> {
    match given.unwrap_or(default) {
        fine if (1..=most).contains(&fine) => Ok(Duration::from_secs(fine)),
        other => Err(format!("`{key}` is {other}; it must be 1–{most}")),
    }
}

fn path(base: &Url, rest: &str) -> Result<Uri, String> {
    let path = format!("{}/{rest}", base.path().trim_end_matches('/'));
    path.parse()
        .map_err(|_| "the path of `base_url` can't stand in a request".to_owned())
}

/// The port only where it isn't the scheme's own.
fn host_header(base: &Url) -> Result<HeaderValue, String> {
    let host = base.host_str().unwrap_or_default();
    let value = base
        .port()
        .map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
    HeaderValue::from_str(&value).map_err(|_| "`base_url` has no usable host".to_owned())
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let shown = path.display();
    let pem = std::fs::read(path).map_err(|error| format!("`ca_file` `{shown}`: {error}"))?;
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    match read {
        Ok(certificates) if !certificates.is_empty() => Ok(certificates),
        _ => Err(format!(
            "`ca_file` `{shown}` holds no certificate in PEM form"
        )),
    }
}

/// The host as an address; a URL's other spellings of one (`0x7f.1`) are already read.
fn literal_ip(url: &Url) -> Option<IpAddr> {
    url.host_str()?
        .trim_start_matches('[')
        .trim_end_matches(']')
        .parse()
        .ok()
}

fn is_this_machine(url: &Url) -> bool {
    match literal_ip(url) {
        Some(ip) => ip.is_loopback(),
        None => url.host_str() == Some("localhost"),
    }
}
