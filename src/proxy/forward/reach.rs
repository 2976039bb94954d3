//! A connection to another host, at an address that it may have.

use super::target::{Host, Target};
use crate::infer::remote::AddressRule;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;

/// Why there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unreached {
    /// The host has only addresses that it may not have.
    Refused,
    /// It has none, or none answers in time.
    Unreachable,
}

/// Connects; addresses are checked where they are used, so a name can't lead elsewhere in between.
pub(super) async fn reach(
    target: &Target,
    rule: AddressRule,
    patience: Duration,
) -> Result<TcpStream, Unreached> {
    let reached = timeout(patience, reach_patiently(target, rule, patience)).await;
    reached.unwrap_or(Err(Unreached::Unreachable))
}

async fn reach_patiently(
    target: &Target,
    rule: AddressRule,
    patience: Duration,
) -> Result<TcpStream, Unreached> {
    let found: Vec<SocketAddr> = match &target.host {
        Host::Address(ip) => vec![SocketAddr::new(*ip, target.port)],
        Host::Name(name) => {
            let found = lookup_host((name.as_str(), target.port)).await;
            found.map_err(|_| Unreached::Unreachable)?.collect()
        }
    };
    let allowed: Vec<_> = found
        .iter()
        .filter(|address| rule.allows(address.ip()))
        .collect();
    if allowed.is_empty() && !found.is_empty() {
        return Err(Unreached::Refused);
    }
    let share = patience / u32::try_from(allowed.len()).unwrap_or(1).max(1);
    for address in allowed {
        if let Ok(Ok(tcp)) = timeout(share, TcpStream::connect(address)).await
            && tcp.set_nodelay(true).is_ok()
        {
            return Ok(tcp);
        }
    }
    Err(Unreached::Unreachable)
}
