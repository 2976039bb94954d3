//! The first words of a tunnel: a TLS client says there for whom it takes the other side.
//!
//! A tunnel that was asked for one host and greets another one is a way around the inspection, so it is cut before a
//! byte of it leaves. Refuses to know: anything behind the greeting, which is encrypted. An encrypted greeting (ECH)
//! can't be read either; it shows the outer name.

use super::rules::Rules;
use super::target::Host;
use rustls::server::Acceptor;
use std::io;

/// A client's TLS record of a handshake begins so (RFC 8446, section 5.1).
const HANDSHAKE: u8 = 0x16;
/// Longest greeting, in bytes: hybrid keys and tickets stay far below.
const LONGEST: usize = 64 * 1024;

/// What is known of the greeting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It goes on.
    More,
    /// It may leave.
    Fine,
    /// It greets somebody else, or can't be read.
    Refused,
}

/// Reads the greeting as it comes.
#[derive(Default)]
pub(super) struct Hello {
    acceptor: Acceptor,
    heard: Vec<u8>,
}

impl Hello {
    /// Takes the next bytes; what has been heard so far is [`Hello::heard`].
    pub(super) fn hear(&mut self, bytes: &[u8], host: &Host, rules: &Rules) -> Verdict {
        self.heard.extend_from_slice(bytes);
        if self.heard.first().is_some_and(|first| *first != HANDSHAKE) {
            return Verdict::Fine;
        }
        if self.heard.len() > LONGEST || self.read(bytes).is_err() {
            return Verdict::Refused;
        }
        match self.acceptor.accept() {
            Ok(None) => Verdict::More,
            Ok(Some(accepted)) => greeted(accepted.client_hello().server_name(), host, rules),
            Err(_) => Verdict::Refused,
        }
    }

    /// Everything that was heard.
    pub(super) fn heard(&self) -> &[u8] {
        &self.heard
    }

    fn read(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            if self.acceptor.read_tls(&mut bytes)? == 0 {
                return Err(io::ErrorKind::InvalidData.into());
            }
        }
        Ok(())
    }
}

fn greeted(name: Option<&str>, host: &Host, rules: &Rules) -> Verdict {
    let fine = match (name.map(str::to_ascii_lowercase), host) {
        (None, _) => true,
        (Some(name), Host::Name(host)) => name == *host,
        (Some(name), Host::Address(_)) => !rules.intercepts_name(&name),
    };
    if fine {
        Verdict::Fine
    } else {
        Verdict::Refused
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustls::pki_types::ServerName;
    use rustls::{ClientConfig, ClientConnection, RootCertStore};
    use std::sync::Arc;

    fn greeting(name: &str) -> Vec<u8> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(RootCertStore::empty())
            .with_no_client_auth();
        let name = ServerName::try_from(name.to_owned()).unwrap();
        let mut client = ClientConnection::new(Arc::new(config), name).unwrap();
        let mut bytes = Vec::new();
        client.write_tls(&mut bytes).unwrap();
        bytes
    }

    fn verdict(bytes: &[u8], step: usize, host: &str) -> Verdict {
        let rules = Rules::new(vec!["api.deepseek.com".to_owned()], Vec::new());
        let host = host.parse().unwrap();
        let mut hello = Hello::default();
        let mut last = Verdict::More;
        for piece in bytes.chunks(step) {
            assert_eq!(last, Verdict::More);
            last = hello.hear(piece, &host, &rules);
        }
        assert!(last != Verdict::Fine || hello.heard() == bytes);
        last
    }

    #[test]
    fn a_greeting_is_for_the_host_that_was_asked_for() {
        for step in [1, 100, 10_000] {
            let here = greeting("www.example.org");
            assert_eq!(verdict(&here, step, "www.example.org"), Verdict::Fine);
            assert_eq!(verdict(&here, step, "www.example.com"), Verdict::Refused);
            assert_eq!(verdict(&here, step, "10.0.0.1"), Verdict::Fine);
            let hidden = greeting("api.deepseek.com");
            assert_eq!(verdict(&hidden, step, "10.0.0.1"), Verdict::Refused);
        }
        let nameless = greeting("10.0.0.1");
        assert_eq!(verdict(&nameless, 10_000, "10.0.0.1"), Verdict::Fine);
    }

    #[test]
    fn other_protocols_are_not_looked_at_and_broken_greetings_are_refused() {
        assert_eq!(
            verdict(b"SSH-2.0-x\r\n", 100, "git.example.org"),
            Verdict::Fine
        );
        let mut broken = greeting("www.example.org");
        broken[5] = 0xff;
        assert_eq!(
            verdict(&broken, 10_000, "www.example.org"),
            Verdict::Refused
        );
        assert_eq!(
            verdict(&[HANDSHAKE, 3, 1], 10, "www.example.org"),
            Verdict::More
        );
    }
}
