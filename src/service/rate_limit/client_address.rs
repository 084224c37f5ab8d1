//! Client address of a request, also behind trusted proxies.

use std::net::{IpAddr, SocketAddr};

use actix_web::dev::ServiceRequest;
use actix_web::http::header::{HeaderMap, HeaderValue};

use crate::service::settings::Network;

/// The address of the client. `X-Forwarded-For` counts only in a request from a trusted proxy.
pub(super) fn client_address(request: &ServiceRequest, proxies: &[Network]) -> Option<IpAddr> {
    let peer = request.peer_addr().map(|peer| peer.ip())?;
    Some(behind(proxies, peer, request.headers()))
}

/// The rightmost address that is not a proxy's. The client may have made up the addresses to its left.
fn behind(proxies: &[Network], peer: IpAddr, headers: &HeaderMap) -> IpAddr {
    let is_proxy = |address| proxies.iter().any(|proxy| proxy.contains(address));
    if !is_proxy(peer) {
        return peer;
    }
    let lines: Vec<&HeaderValue> = headers.get_all("x-forwarded-for").collect();
    let hops = lines.iter().rev().flat_map(|line| line.as_bytes().rsplit(|byte| *byte == b','));
    let mut client = peer;
    for hop in hops {
        // Clients can send any bytes to the left of what proxies append.
        let address = str::from_utf8(hop).ok().and_then(|hop| address(hop.trim()));
        let Some(address) = address else { return client };
        client = address;
        if !is_proxy(address) {
            return client;
        }
    }
    client
}

/// An address, with or without a port.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let with_port = || text.parse().map(|address: SocketAddr| address.ip());
    bare.parse().or_else(|_| with_port()).ok()
}

/// What counts as one caller: the key for an address. All of an IPv6 /64 has one key, because a subscriber has
/// at least that many addresses.
pub(in crate::service) fn caller(address: IpAddr) -> u128 {
    const INTERFACE_BITS: u32 = 64;
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_ipv6_mapped().to_bits(),
        IpAddr::V6(address) => address.to_bits() >> INTERFACE_BITS << INTERFACE_BITS,
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn forwarded_addresses_count_from_trusted_proxies_only() {
        let table: &[(&str, &str, &[&str], &str)] = &[
            ("no proxies", "203.0.113.9:1", &["198.51.100.1"], "203.0.113.9"),
            ("from a proxy", "10.0.0.1:1", &["198.51.100.1"], "198.51.100.1"),
            ("with a port", "10.0.0.1:1", &["198.51.100.1:4711"], "198.51.100.1"),
            ("IPv6", "10.0.0.1:1", &["[2001:db8::1]:4711"], "2001:db8::1"),
            ("an invention first", "10.0.0.1:1", &["1.1.1.1, 198.51.100.1"], "198.51.100.1"),
            ("in two lines", "10.0.0.1:1", &["1.1.1.1", "198.51.100.1, 10.0.0.2"], "198.51.100.1"),
            ("proxies alone", "10.0.0.1:1", &["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
            ("nonsense", "10.0.0.1:1", &["198.51.100.1, unknown"], "10.0.0.1"),
            ("not ASCII, first", "10.0.0.1:1", &["\u{e9}, 198.51.100.1"], "198.51.100.1"),
            ("not ASCII, last", "10.0.0.1:1", &["1.1.1.1", "198.51.100.1, \u{e9}"], "10.0.0.1"),
            ("nothing", "10.0.0.1:1", &[], "10.0.0.1"),
            ("a mapped proxy", "[::ffff:10.0.0.1]:1", &["198.51.100.1"], "198.51.100.1"),
        ];
        let proxies = ["10.0.0.0/8".parse().unwrap()];
        for (what, peer, lines, expected) in table {
            let mut request = TestRequest::default().peer_addr(peer.parse().unwrap());
            for line in *lines {
                let line = HeaderValue::from_bytes(line.as_bytes()).unwrap();
                request = request.append_header(("x-forwarded-for", line));
            }
            let request = request.append_header(("forwarded", "for=1.1.1.1")).to_srv_request();
            let found = client_address(&request, &proxies).unwrap();
            assert_eq!(found.to_string(), *expected, "{what}");
        }
    }

    #[test]
    fn an_ipv6_network_is_one_caller() {
        let of = |text: &str| caller(text.parse().unwrap());
        assert_eq!(of("2001:db8::1"), of("2001:db8::ffff:1"));
        assert_ne!(of("2001:db8:0:1::1"), of("2001:db8:0:2::1"));
        assert_ne!(of("192.0.2.1"), of("192.0.2.2"));
        assert_eq!(of("192.0.2.1"), of("::ffff:192.0.2.1"));
    }
}
