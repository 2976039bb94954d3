//! Which hosts are opened, which are passed on, and at which addresses.

use super::target::Host;
use crate::authority::host_name;
use crate::infer::remote::AddressRule;
use std::sync::Arc;

/// An entry of a list of hosts that may be reached unseen.
#[derive(Debug, Clone)]
pub(super) struct Listed {
    /// As the configuration has it; this is what the audit log names.
    pub(super) text: Arc<str>,
    pattern: Pattern,
    port: u16,
    /// Addresses that the host may have.
    pub(super) addresses: AddressRule,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Pattern {
    Host(Host),
    /// Everything below this name.
    Below(String),
    /// Every name. An address stands for itself only: behind one, a greeting without a name says nothing of who is there.
    Any,
}

impl Listed {
    /// Reads `host:port`, `*.host:port` or `*:port`; `inside` entries name one host or address.
    pub(super) fn parse(text: &str, inside: bool) -> Option<Self> {
        let (host, port) = text.rsplit_once(':')?;
        let port = port.parse().ok().filter(|port| *port > 0)?;
        let pattern = match (host, host.strip_prefix("*.")) {
            ("*", _) => Pattern::Any,
            (_, Some(name)) => Pattern::Below(host_name(name).ok()?),
            (host, None) => Pattern::Host(host.parse().ok()?),
        };
        let named = matches!(pattern, Pattern::Host(_));
        let addresses = if inside {
            AddressRule::Any
        } else {
            AddressRule::Public
        };
        (named || !inside).then(|| Self {
            text: text.into(),
            pattern,
            port,
            addresses,
        })
    }

    fn means(&self, host: &Host, port: u16) -> bool {
        self.port == port
            && match (&self.pattern, host) {
                (Pattern::Any, host) => matches!(host, Host::Name(_)),
                (Pattern::Host(listed), host) => listed == host,
                (Pattern::Below(name), Host::Name(host)) => host
                    .strip_suffix(name.as_str())
                    .is_some_and(|rest| rest.len() > 1 && rest.ends_with('.')),
                (Pattern::Below(_), Host::Address(_)) => false,
            }
    }
}

/// What the `[forward]` section says about hosts.
#[derive(Debug, Clone)]
pub(super) struct Rules {
    intercept: Vec<String>,
    /// Those that name one host come first, so that they decide about its addresses.
    listed: Vec<Listed>,
}

impl Rules {
    pub(super) fn new(intercept: Vec<String>, mut listed: Vec<Listed>) -> Self {
        listed.sort_by_key(|entry| match (&entry.pattern, entry.addresses) {
            (Pattern::Host(_), AddressRule::Any) => 0,
            (Pattern::Host(_), _) => 1,
            (Pattern::Below(_), _) => 2,
            (Pattern::Any, _) => 3,
        });
        Self { intercept, listed }
    }

    pub(super) fn intercepted(&self) -> &[String] {
        &self.intercept
    }

    pub(super) fn intercepts(&self, host: &Host) -> bool {
        matches!(host, Host::Name(name) if self.intercepts_name(name))
    }

    pub(super) fn intercepts_name(&self, name: &str) -> bool {
        self.intercept.iter().any(|host| host == name)
    }

    /// The entry by which this host may be reached.
    pub(super) fn listed(&self, host: &Host, port: u16) -> Option<&Listed> {
        self.listed.iter().find(|entry| entry.means(host, port))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_means_what_it_says() {
        let lists = [
            ("*:443", false),
            ("*.example.org:8443", false),
            ("git.example.net:22", false),
            ("203.0.113.7:443", false),
            ("git.inside.example:443", true),
            ("10.1.2.3:9000", true),
            ("[fd00::1]:9000", true),
        ];
        let listed = lists.map(|(text, inside)| Listed::parse(text, inside).unwrap());
        let rules = Rules::new(vec!["api.deepseek.com".to_owned()], listed.to_vec());
        for (host, port, expected) in [
            ("www.example.com", 443, Some("*:443")),
            ("www.example.com", 80, None),
            ("a.example.org", 8443, Some("*.example.org:8443")),
            ("a.b.example.org", 8443, Some("*.example.org:8443")),
            ("example.org", 8443, None),
            ("notexample.org", 8443, None),
            ("git.example.net", 22, Some("git.example.net:22")),
            ("git.inside.example", 443, Some("git.inside.example:443")),
            ("10.1.2.3", 9000, Some("10.1.2.3:9000")),
            ("[fd00::1]", 9000, Some("[fd00::1]:9000")),
            ("10.1.2.4", 9000, None),
            ("10.1.2.4", 443, None),
            ("203.0.113.7", 443, Some("203.0.113.7:443")),
            ("203.0.113.8", 443, None),
            ("[2001:db8::1]", 443, None),
        ] {
            let host: Host = host.parse().unwrap();
            let found = rules.listed(&host, port).map(|entry| &*entry.text);
            assert_eq!(found, expected, "{host:?}:{port}");
        }
        let rule = |host: &str| rules.listed(&host.parse().unwrap(), 443).unwrap().addresses;
        assert_eq!(rule("git.inside.example"), AddressRule::Any);
        assert_eq!(rule("www.example.com"), AddressRule::Public);
        assert_eq!(rule("203.0.113.7"), AddressRule::Public);
    }

    #[test]
    fn odd_entries_are_not_read() {
        for text in [
            "",
            "a.example",
            "a.example:0",
            "a.example:99999",
            ":443",
            "a*.example:443",
            "*.*:443",
            "u@a.example:443",
        ] {
            assert!(Listed::parse(text, false).is_none(), "{text}");
        }
        assert!(Listed::parse("*:443", true).is_none());
    }
}
