//! The `[forward]` section: raw as it is read, and checked as it is used.

use super::rules::{Listed, Rules};
use crate::authority::host_name;
use crate::proxy::ProxyError;
use crate::proxy::settings::{seconds, within};
use serde::Deserialize;
use std::time::Duration;

/// The `[forward]` section: the gateway as a proxy that apps name in `HTTPS_PROXY`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Whether it is one; `auto`, the default, is yes once there is a local authority.
    pub mode: Mode,
    /// Hosts whose connections are opened and answered as the gateway's own; the APIs' by default.
    pub intercept: Vec<String>,
    /// What happens to all others; `refuse` by default.
    pub other_hosts: OtherHosts,
    /// Where `tunnel` may lead: `host:port`, `address:port`, `*.host:port`, `*:port`; public addresses only, and `*` is names
    /// only. None by default.
    pub tunnel: Vec<String>,
    /// The same for private addresses and this machine: `host:port` or `address:port`, each one named. None by default.
    pub tunnel_inside: Vec<String>,
    /// Seconds to connect to another host, 1–300; 10 by default.
    pub connect_timeout_s: u64,
    /// Seconds without a byte after which a tunnel is closed, 1–86,400; 300 by default.
    pub tunnel_idle_s: u64,
    /// Tunnels at the same time, 0–100,000; 256 by default. More are refused with status 503.
    pub max_tunnels: usize,
}

/// Whether the gateway is a forward proxy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Once there is a local authority.
    #[default]
    Auto,
    /// Yes; without a local authority the gateway does not start.
    On,
    /// No.
    Off,
}

/// What happens to hosts that are not intercepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OtherHosts {
    /// Nothing goes there.
    #[default]
    Refuse,
    /// What is listed is passed on, unseen.
    Tunnel,
}

impl Default for Config {
    fn default() -> Self {
        let hosts = ["api.deepseek.com", "api.openai.com", "api.anthropic.com"];
        Self {
            mode: Mode::Auto,
            intercept: hosts.map(str::to_owned).to_vec(),
            other_hosts: OtherHosts::Refuse,
            tunnel: Vec::new(),
            tunnel_inside: Vec::new(),
            connect_timeout_s: 10,
            tunnel_idle_s: 300,
            max_tunnels: 256,
        }
    }
}

impl Config {
    /// Checks every value.
    ///
    /// # Errors
    ///
    /// [`ProxyError::Setting`] with the key and what it must be.
    pub fn check(&self) -> Result<Settings, ProxyError> {
        let intercept = self.intercept.iter().map(|host| host_name(host));
        let intercept =
            intercept
                .collect::<Result<Vec<_>, _>>()
                .map_err(|_| ProxyError::Setting {
                    key: "forward.intercept",
                    must: "hold host names in ASCII letters, without port and `*`".to_owned(),
                })?;
        let mut listed = Vec::new();
        for text in &self.tunnel {
            listed.push(
                Listed::parse(text, false).ok_or_else(|| ProxyError::Setting {
                    key: "forward.tunnel",
                    must: "hold `host:port`, `address:port`, `*.host:port` or `*:port`".to_owned(),
                })?,
            );
        }
        for text in &self.tunnel_inside {
            listed.push(
                Listed::parse(text, true).ok_or_else(|| ProxyError::Setting {
                    key: "forward.tunnel_inside",
                    must: "hold `host:port` or `address:port`, without `*`".to_owned(),
                })?,
            );
        }
        if self.other_hosts == OtherHosts::Refuse {
            listed.clear();
        }
        Ok(Settings {
            mode: self.mode,
            rules: Rules::new(intercept, listed),
            connect: seconds("forward.connect_timeout_s", self.connect_timeout_s, 1..=300)?,
            idle: seconds("forward.tunnel_idle_s", self.tunnel_idle_s, 1..=86_400)?,
            max_tunnels: within("forward.max_tunnels", self.max_tunnels, 0..=100_000)?,
        })
    }
}

/// The checked `[forward]` section.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Whether the gateway is a forward proxy.
    pub mode: Mode,
    pub(super) rules: Rules,
    pub(super) connect: Duration,
    pub(super) idle: Duration,
    pub(super) max_tunnels: usize,
}

impl Settings {
    /// The hosts whose connections are opened.
    pub fn intercepted(&self) -> &[String] {
        self.rules.intercepted()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Case = (fn(&mut Config), &'static str);

    #[test]
    fn odd_values_are_refused_by_name() {
        assert!(Config::default().check().is_ok());
        let cases: [Case; 6] = [
            (
                |c| c.intercept.push("*.a.example".into()),
                "`forward.intercept`",
            ),
            (
                |c| c.intercept.push("10.0.0.1".into()),
                "`forward.intercept`",
            ),
            (|c| c.tunnel.push("a.example".into()), "`forward.tunnel`"),
            (
                |c| c.tunnel_inside.push("*.a.example:443".into()),
                "`forward.tunnel_inside`",
            ),
            (
                |c| c.tunnel_idle_s = 0,
                "`forward.tunnel_idle_s` must be between 1 and 86400",
            ),
            (
                |c| c.connect_timeout_s = 301,
                "`forward.connect_timeout_s` must be between",
            ),
        ];
        for (change, expected) in cases {
            let mut config = Config::default();
            change(&mut config);
            let message = config.check().unwrap_err().to_string();
            assert!(message.starts_with(expected), "{message}");
        }
    }

    #[test]
    fn a_list_counts_only_where_tunnels_are_wanted() {
        let listed = |other_hosts| {
            let tunnel = vec!["*:443".to_owned()];
            let settings = Config {
                other_hosts,
                tunnel,
                ..Config::default()
            }
            .check()
            .unwrap();
            settings
                .rules
                .listed(&"a.example".parse().unwrap(), 443)
                .is_some()
        };
        assert!(listed(OtherHosts::Tunnel));
        assert!(!listed(OtherHosts::Refuse));
    }
}
