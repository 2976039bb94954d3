//! The `[server]` and `[admin]` sections: raw as they are read, and checked as they are used.

use super::ProxyError;
use super::activity::Patience;
use super::body::BodyLimits;
use super::manners::Manners;
use http::HeaderValue;
use serde::Deserialize;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

/// The `[server]` section: the listener for apps.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Address and port; `127.0.0.1:8080` by default.
    pub listen: SocketAddr,
    /// Lets apps in without a key of ours; loopback addresses only, false by default.
    pub open: bool,
    /// PEM file with the certificate chain; without it the listener speaks plain HTTP.
    pub tls_certificate: Option<PathBuf>,
    /// PEM file with the certificate's private key.
    pub tls_key: Option<PathBuf>,
    /// Largest request body in bytes, 1,024–1,073,741,824; 32 MiB by default.
    pub max_body_bytes: usize,
    /// Seconds for a request's head, 1–300; 10 by default.
    pub header_timeout_s: u64,
    /// Seconds for a TLS handshake, 1–60; 10 by default.
    pub handshake_timeout_s: u64,
    /// Seconds between requests, and for a client that doesn't read, 1–3,600; 75 by default.
    pub idle_timeout_s: u64,
    /// Seconds for a request's body, and one more for each 16 KiB of it, 1–3,600; 30 by default.
    pub body_timeout_s: u64,
    /// Connections at the same time, 1–100,000; 1,024 by default. More wait in the kernel's queue.
    pub max_connections: usize,
    /// Of these from one address (IPv6: one /64), 0–100,000; 0, the default, is no limit of its own.
    pub max_connections_per_peer: usize,
    /// Requests at the same time, 1–100,000; 512 by default. More are refused with status 503.
    pub max_in_flight: usize,
    /// Seconds that requests in flight get to finish at a stop, 0–3,600; 30 by default.
    pub drain_timeout_s: u64,
    /// Worker threads, 0–256; 0, the default, takes one for each core.
    pub threads: usize,
    /// Bytes from which on a whole answer is packed (gzip, zstd) for a client that takes that, 0–1,073,741,824; 0, the
    /// default, is never. Streams are never packed.
    pub pack_answers_from_bytes: usize,
    /// Web pages of other origins.
    pub cors: Cors,
}

/// The `[server.cors]` section: web pages that may call the gateway, with a key of ours each.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Cors {
    /// Origins as browsers send them, such as `https://chat.example.com`; none by default.
    pub origins: Vec<String>,
}

impl Cors {
    fn check(&self) -> Result<Vec<HeaderValue>, ProxyError> {
        let is_origin = |text: &str| {
            let rest = text
                .strip_prefix("https://")
                .or_else(|| text.strip_prefix("http://"));
            let fine = |byte: u8| {
                byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-:[]".contains(&byte)
            };
            rest.is_some_and(|rest| !rest.is_empty() && rest.bytes().all(fine))
        };
        let values = self.origins.iter().map(|text| {
            let value = HeaderValue::try_from(text.as_str()).ok().filter(|_| is_origin(text));
            value.ok_or_else(|| ProxyError::Setting {
                key: "server.cors.origins",
                must: "hold origins such as `https://chat.example.com`, in lower case, without path and `*`".to_owned(),
            })
        });
        values.collect()
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            open: false,
            tls_certificate: None,
            tls_key: None,
            max_body_bytes: 32 * 1024 * 1024,
            header_timeout_s: 10,
            handshake_timeout_s: 10,
            idle_timeout_s: 75,
            body_timeout_s: 30,
            max_connections: 1024,
            max_connections_per_peer: 0,
            max_in_flight: 512,
            drain_timeout_s: 30,
            threads: 0,
            pack_answers_from_bytes: 0,
            cors: Cors::default(),
        }
    }
}

impl Config {
    /// Checks every value.
    ///
    /// # Errors
    ///
    /// [`ProxyError::Setting`] with the key and what it must be.
    pub fn check(self) -> Result<Settings, ProxyError> {
        if self.open && !self.listen.ip().is_loopback() {
            let must = "be false unless `listen` is a loopback address: issue keys with `vestibule key new`";
            return Err(ProxyError::Setting {
                key: "server.open",
                must: must.to_owned(),
            });
        }
        let tls = match (self.tls_certificate, self.tls_key) {
            (Some(certificate), Some(key)) => Some((certificate, key)),
            (None, None) => None,
            (Some(_), None) => return Err(missing("server.tls_key", "tls_certificate")),
            (None, Some(_)) => return Err(missing("server.tls_certificate", "tls_key")),
        };
        Ok(Settings {
            listen: self.listen,
            open: self.open,
            tls,
            body: BodyLimits {
                cap: within("server.max_body_bytes", self.max_body_bytes, 1024..=1 << 30)?,
                timeout: seconds("server.body_timeout_s", self.body_timeout_s, 1..=3600)?,
            },
            patience: Patience {
                head: seconds("server.header_timeout_s", self.header_timeout_s, 1..=300)?,
                idle: seconds("server.idle_timeout_s", self.idle_timeout_s, 1..=3600)?,
            },
            handshake: seconds(
                "server.handshake_timeout_s",
                self.handshake_timeout_s,
                1..=60,
            )?,
            max_connections: within("server.max_connections", self.max_connections, 1..=100_000)?,
            per_peer: match self.max_connections_per_peer {
                0 => usize::MAX,
                most => within("server.max_connections_per_peer", most, 0..=100_000)?,
            },
            manners: Manners {
                origins: self.cors.check()?,
                pack_from: match self.pack_answers_from_bytes {
                    0 => None,
                    from => Some(within("server.pack_answers_from_bytes", from, 0..=1 << 30)?),
                },
            },
            max_in_flight: within("server.max_in_flight", self.max_in_flight, 1..=100_000)?,
            drain: seconds("server.drain_timeout_s", self.drain_timeout_s, 0..=3600)?,
            threads: within("server.threads", self.threads, 0..=256)?,
        })
    }
}

/// The checked `[server]` section.
#[derive(Debug, Clone)]
pub struct Settings {
    pub(super) listen: SocketAddr,
    pub(super) open: bool,
    pub(super) tls: Option<(PathBuf, PathBuf)>,
    pub(super) body: BodyLimits,
    pub(super) patience: Patience,
    pub(super) handshake: Duration,
    pub(super) max_connections: usize,
    pub(super) per_peer: usize,
    pub(super) manners: Manners,
    pub(super) max_in_flight: usize,
    pub(super) drain: Duration,
    threads: usize,
}

impl Settings {
    /// Worker threads to start; `None` is one for each core.
    pub fn threads(&self) -> Option<usize> {
        (self.threads > 0).then_some(self.threads)
    }

    /// How long requests in flight get to finish at a stop.
    pub fn drain_timeout(&self) -> Duration {
        self.drain
    }

    /// Apps without a key of ours are let in.
    pub fn open(&self) -> bool {
        self.open
    }
}

/// The `[admin]` section: the listener for those who watch the gateway.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AdminConfig {
    /// Address and port; `127.0.0.1:8081` by default.
    pub listen: SocketAddr,
}

impl Default for AdminConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8081)),
        }
    }
}

fn missing(key: &'static str, other: &str) -> ProxyError {
    ProxyError::Setting {
        key,
        must: format!("be set where `{other}` is"),
    }
}

pub(super) fn seconds(
    key: &'static str,
    value: u64,
    range: RangeInclusive<u64>,
) -> Result<Duration, ProxyError> {
    within(key, value, range).map(Duration::from_secs)
}

pub(super) fn within<N: PartialOrd + std::fmt::Display>(
    key: &'static str,
    value: N,
    range: RangeInclusive<N>,
) -> Result<N, ProxyError> {
    if range.contains(&value) {
        return Ok(value);
    }
    let must = format!("be between {} and {}", range.start(), range.end());
    Err(ProxyError::Setting { key, must })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(change: impl Fn(&mut Config)) -> String {
        let mut config = Config::default();
        change(&mut config);
        config
            .check()
            .err()
            .map(|e| e.to_string())
            .unwrap_or_default()
    }

    type Case = (fn(&mut Config), &'static str);

    #[test]
    fn defaults_are_fine_and_odd_values_are_refused_by_name() {
        assert_eq!(refusal(|_| {}), "");
        assert_eq!(refusal(|c| c.open = true), "");
        let cases: [Case; 9] = [
            (
                |c| (c.open, c.listen) = (true, ([0, 0, 0, 0], 80).into()),
                "`server.open` must be false",
            ),
            (
                |c| c.tls_key = Some("k".into()),
                "`server.tls_certificate` must be set",
            ),
            (
                |c| c.tls_certificate = Some("c".into()),
                "`server.tls_key` must be set",
            ),
            (
                |c| c.header_timeout_s = 0,
                "`server.header_timeout_s` must be between 1 and 300",
            ),
            (
                |c| c.max_body_bytes = 1,
                "`server.max_body_bytes` must be between 1024 and",
            ),
            (
                |c| c.cors.origins.push("*".into()),
                "`server.cors.origins` must hold",
            ),
            (
                |c| c.cors.origins.push("https://a.example/x".into()),
                "`server.cors.origins`",
            ),
            (
                |c| c.max_connections_per_peer = 100_001,
                "`server.max_connections_per_peer` must be between",
            ),
            (
                |c| c.max_in_flight = 0,
                "`server.max_in_flight` must be between 1 and 100000",
            ),
        ];
        for (change, expected) in cases {
            let message = refusal(change);
            assert!(message.starts_with(expected), "{message}");
        }
    }
}
