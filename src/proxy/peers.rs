//! How many connections each peer has, and may have.

use parking_lot::Mutex;
use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;

/// Counts connections by peer.
#[derive(Debug)]
pub(super) struct Peers {
    most: usize,
    counts: Mutex<HashMap<IpAddr, usize>>,
}

/// A connection that is counted until this is dropped.
#[derive(Debug)]
pub(super) struct Counted(Option<(Arc<Peers>, IpAddr)>);

impl Peers {
    /// `most` connections each; `usize::MAX` counts nothing.
    pub(super) fn new(most: usize) -> Arc<Self> {
        Arc::new(Self {
            most,
            counts: Mutex::default(),
        })
    }

    /// Counts one more; `None` where the peer has as many as it may.
    pub(super) fn count(self: &Arc<Self>, peer: IpAddr) -> Option<Counted> {
        if self.most == usize::MAX {
            return Some(Counted(None));
        }
        let peer = network(peer);
        let mut counts = self.counts.lock();
        let count = counts.entry(peer).or_insert(0);
        if *count >= self.most {
            return None;
        }
        *count += 1;
        Some(Counted(Some((Arc::clone(self), peer))))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        let Some((peers, peer)) = self.0.take() else {
            return;
        };
        let mut counts = peers.counts.lock();
        if let Some(count) = counts.get_mut(&peer) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&peer);
            }
        }
    }
}

/// Whoever has an IPv6 address has a /64 of them (RFC 6177).
fn network(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX))),
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_peer_has_its_own_count() {
        let peers = Peers::new(2);
        let count = |peer: &str| peers.count(peer.parse().unwrap());
        let (one, two) = (count("10.0.0.1"), count("::ffff:10.0.0.1"));
        assert!(one.is_some() && two.is_some());
        assert!(count("10.0.0.1").is_none());
        let others = [
            count("10.0.0.2"),
            count("fd00::1"),
            count("fd00::2"),
            count("fd00:0:0:1::1"),
        ];
        assert!(others.iter().all(Option::is_some));
        assert!(count("fd00::3").is_none());
        drop(one);
        assert!(count("10.0.0.1").is_some());
        drop((two, others));
        assert_eq!(peers.counts.lock().len(), 0);
        let free = Peers::new(usize::MAX);
        assert!(
            (0..10)
                .map(|_| free.count("10.0.0.1".parse().unwrap()))
                .all(|one| one.is_some())
        );
    }
}
