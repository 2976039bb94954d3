//! Which network addresses a destination may have, asked again at every connection.
//!
//! A name that is public today may point into the company's network tomorrow; so the addresses are checked where they are
//! resolved, and the connection is made to a checked one.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The rule for a destination's addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AddressRule {
    /// This machine only; for `localhost`.
    Loopback,
    /// Public addresses only.
    Public,
    /// Any but link-local (cloud metadata services live there), multicast and unspecified ones.
    Any,
}

impl AddressRule {
    /// Whether a connection may be made to this address.
    pub fn allows(self, ip: IpAddr) -> bool {
        let ip = embedded_v4(ip).map_or(ip, IpAddr::V4);
        match self {
            Self::Loopback => ip.is_loopback(),
            Self::Public => is_public(ip),
            Self::Any => !(ip.is_unspecified() || ip.is_multicast() || is_link_local(ip)),
        }
    }
}

/// The IPv4 address that an IPv6 address stands for: mapped (RFC 4291), NAT64 (RFC 6052), 6to4 (RFC 3056).
fn embedded_v4(ip: IpAddr) -> Option<Ipv4Addr> {
    let IpAddr::V6(v6) = ip else { return None };
    let join = |high: u16, low: u16| Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low));
    match v6.segments() {
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            Some(join(high, low))
        }
        [0x2002, high, low, ..] => Some(join(high, low)),
        _ => None,
    }
}

fn is_link_local(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(v4) => v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_unicast_link_local(),
    }
}

/// Whether the IANA special-purpose registries (RFC 6890 and its updates) leave it globally reachable.
fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let special = matches!(
        ip.octets(),
        // "this network" and reserved; 6to4 relays; protocol assignments; benchmarking
        [0 | 240..=255, ..] | [192, 88, 99, _] | [192, 0, 0, _] | [198, 18..=19, ..]
        // carrier-grade NAT, where a large cloud keeps its metadata service
        | [100, 64..=127, ..]
    );
    let private = ip.is_private() || ip.is_loopback() || ip.is_link_local();
    !(special || private || ip.is_documentation() || ip.is_multicast())
}

/// Global unicast is `2000::/3`, without `2001::/23` (Teredo and other protocol assignments) and the documentation prefixes.
fn is_public_v6(ip: Ipv6Addr) -> bool {
    match ip.segments() {
        [0x2001, second, ..] => second >= 0x200 && second != 0xdb8,
        [0x3fff, second, ..] => second >= 0x1000,
        [first, ..] => (0x2000..0x4000).contains(&first),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn public_means_public_in_every_spelling() {
        let public = [
            "1.1.1.1",
            "8.8.8.8",
            "104.18.0.1",
            "2606:4700::1",
            "::ffff:1.1.1.1",
        ];
        let hidden = [
            "10.0.0.1",
            "172.16.0.1",
            "192.168.1.1",
            "127.0.0.1",
            "169.254.169.254",
            "0.0.0.0",
            "100.100.100.200",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "192.0.2.1",
            "::",
            "::1",
            "fe80::1",
            "fd00:ec2::254",
            "ff02::1",
            "::ffff:10.0.0.1",
            "::ffff:169.254.169.254",
            "64:ff9b::a00:1",
            "64:ff9b:1::1",
            "2002:a00:1::1",
            "2001:0:1::1",
            "2001:db8::1",
            "3fff::1",
        ];
        for ip in public {
            assert!(AddressRule::Public.allows(ip.parse().unwrap()), "{ip}");
        }
        for ip in hidden {
            assert!(!AddressRule::Public.allows(ip.parse().unwrap()), "{ip}");
        }
    }

    #[test]
    fn inside_may_be_private_but_never_a_metadata_service() {
        for ip in ["10.0.0.1", "127.0.0.1", "::1", "fd00::1", "1.1.1.1"] {
            assert!(AddressRule::Any.allows(ip.parse().unwrap()), "{ip}");
        }
        for ip in [
            "169.254.169.254",
            "::ffff:169.254.169.254",
            "fe80::1",
            "0.0.0.0",
            "ff02::1",
        ] {
            assert!(!AddressRule::Any.allows(ip.parse().unwrap()), "{ip}");
        }
    }

    #[test]
    fn loopback_is_this_machine_only() {
        assert!(AddressRule::Loopback.allows("127.8.0.1".parse().unwrap()));
        assert!(AddressRule::Loopback.allows("::1".parse().unwrap()));
        assert!(!AddressRule::Loopback.allows("10.0.0.1".parse().unwrap()));
    }
}
