//! Networks, by the addresses in them.

use std::net::IpAddr;
use std::str::FromStr;

use derive_more::{Display, Error};

/// An address or a block of addresses: `10.0.0.0/8`, `2001:db8::/32`, `192.0.2.1`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    bits: u128,
    mask: u128,
}

/// Why a text is no network; the operator is to blame.
#[derive(Debug, Display, Error, Clone, Copy, PartialEq, Eq)]
pub enum InvalidNetwork {
    /// It is neither an address nor a block.
    #[display("not a network; it should look like 10.0.0.0/8 or 192.0.2.1")]
    Malformed,
    /// There are addresses below the block's first.
    #[display("the address is not the first of its block; leave the length out for one address")]
    NotFirst,
}

impl Network {
    /// Whether the address is in it. An IPv4 address is the same in its IPv6 form.
    pub fn contains(&self, address: IpAddr) -> bool {
        Self::bits(address) & self.mask == self.bits
    }

    /// The address as a number; those of IPv4 in their IPv6 form (RFC 4291 section 2.5.5.2).
    pub(in crate::service) fn bits(address: IpAddr) -> u128 {
        match address {
            IpAddr::V4(address) => address.to_ipv6_mapped().to_bits(),
            IpAddr::V6(address) => address.to_bits(),
        }
    }
}

impl FromStr for Network {
    type Err = InvalidNetwork;

    fn from_str(text: &str) -> Result<Self, InvalidNetwork> {
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => (address, Some(length)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| InvalidNetwork::Malformed)?;
        let most: u32 = if address.is_ipv4() { 32 } else { 128 };
        let length = match length {
            Some(length) => length.parse().map_err(|_| InvalidNetwork::Malformed)?,
            None => most,
        };
        let free = most.checked_sub(length).ok_or(InvalidNetwork::Malformed)?;
        // A block of all IPv6 addresses has no mask to shift.
        let mask = u128::MAX.checked_shl(free).unwrap_or(0);
        let bits = Self::bits(address);
        if bits & mask != bits {
            return Err(InvalidNetwork::NotFirst);
        }
        Ok(Self { bits, mask })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_holds_its_addresses() {
        let table = [
            ("10.0.0.0/8", "10.255.0.1", true),
            ("10.0.0.0/8", "11.0.0.0", false),
            ("10.0.0.0/8", "::ffff:10.1.1.1", true),
            ("192.0.2.1", "192.0.2.1", true),
            ("192.0.2.1", "192.0.2.2", false),
            ("0.0.0.0/0", "192.0.2.2", true),
            ("0.0.0.0/0", "2001:db8::1", false),
            ("::/0", "2001:db8::1", true),
            ("2001:db8::/32", "2001:db8:ffff::1", true),
            ("2001:db8::/32", "2001:db9::1", false),
        ];
        for (network, address, is_in) in table {
            let network: Network = network.parse().unwrap();
            assert_eq!(network.contains(address.parse().unwrap()), is_in, "{network:?} {address}");
        }
    }

    #[test]
    fn what_is_no_network_is_refused() {
        use InvalidNetwork::{Malformed, NotFirst};
        let table = [
            ("proxy.example", Malformed),
            ("10.0.0.0/33", Malformed),
            ("10.0.0.0/", Malformed),
            ("10.0.0.1/8", NotFirst),
            ("2001:db8::1/64", NotFirst),
        ];
        for (text, expected) in table {
            assert_eq!(text.parse::<Network>(), Err(expected), "{text}");
        }
    }
}
