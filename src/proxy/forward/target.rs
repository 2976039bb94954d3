//! Where a client of the proxy wants to go, as the request line says it (RFC 9112, section 3.2).

use crate::authority::host_name;
use http::Uri;
use http::uri::{Authority, Scheme};
use std::net::IpAddr;
use std::str::FromStr;

/// A host by name, in lower case, or by address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Host {
    Name(String),
    Address(IpAddr),
}

impl FromStr for Host {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let bare = text
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'));
        if let Ok(address) = bare.unwrap_or(text).parse::<IpAddr>() {
            // Brackets belong to IPv6, always.
            return if address.is_ipv6() == bare.is_some() {
                Ok(Self::Address(address))
            } else {
                Err(())
            };
        }
        host_name(text).map(Self::Name).map_err(|_| ())
    }
}

/// A host and a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) host: Host,
    pub(super) port: u16,
}

impl Target {
    /// Of `CONNECT host:port`; the port must be there.
    pub(super) fn of_connect(uri: &Uri) -> Option<Self> {
        let authority = uri.authority().filter(|_| uri.scheme().is_none())?;
        Self::of(authority, None)
    }

    /// Of `GET http://host/path`; ports as the schemes have them.
    pub(super) fn of_absolute(uri: &Uri) -> Option<Self> {
        let port = match uri.scheme()? {
            scheme if *scheme == Scheme::HTTP => 80,
            scheme if *scheme == Scheme::HTTPS => 443,
            _ => return None,
        };
        Self::of(uri.authority()?, Some(port))
    }

    fn of(authority: &Authority, default: Option<u16>) -> Option<Self> {
        // Someone who sends a user name here means another parser.
        if authority.as_str().contains('@') {
            return None;
        }
        let port = match authority.port() {
            Some(port) => port.as_u16(),
            None if authority.as_str().ends_with(':') => return None,
            None => default?,
        };
        let host = authority.host().parse().ok()?;
        (port > 0).then_some(Self { host, port })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(name: &str, port: u16) -> Target {
        Target {
            host: Host::Name(name.to_owned()),
            port,
        }
    }

    #[test]
    fn connect_names_a_host_and_a_port() {
        for (text, expected) in [
            ("api.deepseek.com:443", Some(name("api.deepseek.com", 443))),
            ("API.DeepSeek.com.:443", Some(name("api.deepseek.com", 443))),
            ("api.deepseek.com", None),
            ("api.deepseek.com:0", None),
            ("u:p@api.deepseek.com:443", None),
            ("127.1:443", None),
            ("0x7f000001:443", None),
        ] {
            let uri: Uri = text.parse().unwrap();
            assert_eq!(Target::of_connect(&uri), expected, "{text}");
        }
        let address = |text: &str| Target::of_connect(&text.parse().unwrap()).unwrap().host;
        assert_eq!(
            address("10.0.0.1:80"),
            Host::Address("10.0.0.1".parse().unwrap())
        );
        assert_eq!(address("[::1]:80"), Host::Address("::1".parse().unwrap()));
    }

    #[test]
    fn absolute_forms_have_the_ports_of_their_schemes() {
        for (text, expected) in [
            (
                "http://api.deepseek.com/v1/models",
                Some(name("api.deepseek.com", 80)),
            ),
            (
                "https://api.deepseek.com/v1/models?x=1",
                Some(name("api.deepseek.com", 443)),
            ),
            (
                "http://api.deepseek.com:8080/",
                Some(name("api.deepseek.com", 8080)),
            ),
            ("http://u@api.deepseek.com/", None),
            ("ftp://api.deepseek.com/", None),
            ("/v1/models", None),
        ] {
            let uri: Uri = text.parse().unwrap();
            assert_eq!(Target::of_absolute(&uri), expected, "{text}");
        }
    }
}
