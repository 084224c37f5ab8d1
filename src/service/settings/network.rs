//! IP networks in CIDR notation.

use std::net::IpAddr;
use std::str::FromStr;

use derive_more::{Display, Error};
use ipnet::{IpNet, Ipv4Net};

/// A single address or a CIDR block: `192.0.2.1`, `10.0.0.0/8`, `2001:db8::/32`.
#[derive(Debug, Display, Clone, Copy, PartialEq, Eq)]
pub struct Network(IpNet);

/// Why a text is not a [`Network`]. The operator is at fault.
#[derive(Debug, Display, Error, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidNetwork {
    /// Neither an address nor a CIDR block.
    #[display("not a network; it should look like 10.0.0.0/8 or 192.0.2.1")]
    Malformed,
    /// The address has bits set to the right of the prefix.
    #[display(
        "the address is not the first of its block; leave the prefix length out for one address"
    )]
    HostBitsSet,
}

impl Network {
    /// Whether the address is in this network. An IPv4-mapped IPv6 address counts as IPv4
    /// (RFC 4291 section 2.5.5.2).
    pub fn contains(&self, address: IpAddr) -> bool {
        self.0.contains(&address.to_canonical())
    }
}

impl FromStr for Network {
    type Err = InvalidNetwork;

    fn from_str(text: &str) -> Result<Self, InvalidNetwork> {
        let address = || text.parse::<IpAddr>().map(IpNet::from);
        let network: IpNet =
            text.parse().or_else(|_| address()).map_err(|_| InvalidNetwork::Malformed)?;
        if network.addr() != network.network() {
            return Err(InvalidNetwork::HostBitsSet);
        }
        Ok(Self(canonical(network)))
    }
}

/// Writes a network of IPv4-mapped addresses as the IPv4 network that it is.
fn canonical(network: IpNet) -> IpNet {
    const MAPPED_PREFIX: u8 = 96;

    let ipv4 = match network.addr() {
        IpAddr::V6(address) => address.to_ipv4_mapped(),
        IpAddr::V4(_) => None,
    };
    let mapped = ipv4.zip(network.prefix_len().checked_sub(MAPPED_PREFIX));
    let ipv4 = mapped.and_then(|(address, prefix)| Ipv4Net::new(address, prefix).ok());
    ipv4.map_or(network, IpNet::V4)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_contains_its_addresses() {
        let table = [
            ("10.0.0.0/8", "10.255.0.1", true),
            ("10.0.0.0/8", "11.0.0.0", false),
            ("10.0.0.0/8", "::ffff:10.1.1.1", true),
            ("::ffff:10.0.0.0/104", "10.1.1.1", true),
            ("::ffff:10.0.0.0/104", "::ffff:10.1.1.1", true),
            ("::ffff:10.0.0.0/104", "11.0.0.0", false),
            ("192.0.2.1", "192.0.2.1", true),
            ("192.0.2.1", "192.0.2.2", false),
            ("2001:db8::1", "2001:db8::1", true),
            ("2001:db8::1", "2001:db8::2", false),
            ("0.0.0.0/0", "192.0.2.2", true),
            ("0.0.0.0/0", "2001:db8::1", false),
            ("::/0", "2001:db8::1", true),
            ("::/0", "192.0.2.2", false),
            ("2001:db8::/32", "2001:db8:ffff::1", true),
            ("2001:db8::/32", "2001:db9::1", false),
        ];
        for (network, address, is_in) in table {
            let network: Network = network.parse().unwrap();
            assert_eq!(network.contains(address.parse().unwrap()), is_in, "{network} {address}");
        }
    }

    #[test]
    fn what_is_not_a_network_is_rejected() {
        use InvalidNetwork::{HostBitsSet, Malformed};
        let table = [
            ("proxy.example", Malformed),
            ("10.0.0.0/33", Malformed),
            ("10.0.0.0/", Malformed),
            ("10.0.0.0/8/8", Malformed),
            ("10.0.0.1/8", HostBitsSet),
            ("2001:db8::1/64", HostBitsSet),
        ];
        for (text, expected) in table {
            assert_eq!(text.parse::<Network>(), Err(expected), "{text}");
        }
    }
}
