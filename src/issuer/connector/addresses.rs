//! Addresses of a host, and the order in which they are tried.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;

use url::Url;

use crate::secure_url::ip_address;

/// Looks up the addresses of the URL's host.
pub(super) async fn addresses(url: &Url) -> io::Result<Vec<SocketAddr>> {
    let port = url.port_or_known_default().unwrap_or(443);
    if let Some(address) = ip_address(url) {
        return Ok(vec![SocketAddr::from((address, port))]);
    }
    let name = url.domain().ok_or(io::ErrorKind::InvalidInput)?;
    Ok(tokio::net::lookup_host((name, port)).await?.collect())
}

/// The addresses with the two families in turn, in the resolver's order otherwise.
pub(super) fn interleaved(addresses: Vec<SocketAddr>) -> VecDeque<SocketAddr> {
    let first_is_v6 = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (first, second): (Vec<_>, Vec<_>) =
        addresses.into_iter().partition(|address| address.is_ipv6() == first_is_v6);
    let (mut first, mut second) = (VecDeque::from(first), VecDeque::from(second));
    let mut mixed = VecDeque::new();
    while !(first.is_empty() && second.is_empty()) {
        mixed.extend(first.pop_front());
        mixed.extend(second.pop_front());
    }
    mixed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_families_take_turns() {
        let at = |text: &str| -> SocketAddr { text.parse().expect("an address") };
        let (a, b) = (at("192.0.2.1:1"), at("192.0.2.2:1"));
        let (x, y) = (at("[2001:db8::1]:1"), at("[2001:db8::2]:1"));
        let table = [
            (vec![x, y, a, b], vec![x, a, y, b]),
            (vec![a, b, x], vec![a, x, b]),
            (vec![a, b], vec![a, b]),
            (vec![], vec![]),
        ];
        for (given, expected) in table {
            assert_eq!(Vec::from(interleaved(given)), expected, "RFC 8305 4");
        }
    }
}
