//! Hosts that are reached without a proxy (`NO_PROXY`).

use ipnet::IpNet;
use url::Url;

use crate::secure_url::{ip_address, network};

/// Hosts that are reached without a proxy.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Exceptions(Vec<Exception>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Exception {
    hosts: Hosts,
    /// None for every port.
    port: Option<u16>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Hosts {
    All,
    /// This name and those below it.
    Name(String),
    Network(IpNet),
}

impl Exceptions {
    /// Adds the items of a list. What is neither a name nor an address matches nothing, as everywhere.
    pub(super) fn add_all(&mut self, list: &str) {
        let items = list.split(',').map(str::trim).filter(|item| !item.is_empty());
        self.0.extend(items.map(Exception::read));
    }

    pub(super) fn contains(&self, url: &Url) -> bool {
        let port = url.port_or_known_default();
        let (name, address) = (url.domain(), ip_address(url));
        self.0.iter().any(|exception| {
            let is_host = match &exception.hosts {
                Hosts::All => true,
                Hosts::Name(listed) => name.is_some_and(|name| is_below(name, listed)),
                Hosts::Network(network) => address.is_some_and(|it| network.contains(&it)),
            };
            is_host && (exception.port.is_none() || exception.port == port)
        })
    }
}

impl Exception {
    fn read(item: &str) -> Self {
        if let Some(network) = network(item) {
            return Self { hosts: Hosts::Network(network), port: None };
        }
        let (host, port) = match item.rsplit_once(':').map(|(host, port)| (host, port.parse())) {
            Some((host, Ok(port))) => (host, Some(port)),
            _ => (item, None),
        };
        let hosts = match network(host) {
            Some(network) => Hosts::Network(network),
            None if host == "*" => Hosts::All,
            None => {
                let name = host.strip_prefix("*.").or_else(|| host.strip_prefix('.'));
                let name = name.unwrap_or(host).to_lowercase();
                Hosts::Name(name.trim_end_matches('.').to_owned())
            }
        };
        Self { hosts, port }
    }
}

/// Whether the name is that of the domain or of a host below it.
fn is_below(name: &str, domain: &str) -> bool {
    let name = name.trim_end_matches('.');
    match name.strip_suffix(domain) {
        Some(above) => !domain.is_empty() && (above.is_empty() || above.ends_with('.')),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_are_names_with_their_subdomains_addresses_and_networks() {
        let table = [
            ("issuer.example", "https://issuer.example/", true),
            ("issuer.example", "https://ISSUER.example./", true),
            ("Issuer.Example", "https://login.issuer.example/", true),
            (".issuer.example", "https://issuer.example/", true),
            ("*.issuer.example", "https://login.issuer.example/", true),
            ("issuer.example", "https://evilissuer.example/", false),
            ("issuer.example", "https://issuer.example.evil.example/", false),
            ("issuer.example:8443", "https://issuer.example:8443/", true),
            ("issuer.example:8443", "https://issuer.example/", false),
            ("issuer.example:443", "https://issuer.example/", true),
            ("*", "https://issuer.example/", true),
            ("*", "http://[2001:db8::1]/", true),
            ("10.0.0.0/8", "http://10.1.2.3:8080/", true),
            ("10.0.0.0/8", "http://11.1.2.3/", false),
            ("10.1.2.3", "https://10.1.2.3/", true),
            ("10.1.2.3:443", "https://10.1.2.3/", true),
            ("10.1.2.3:444", "https://10.1.2.3/", false),
            ("2001:db8::1", "https://[2001:db8::1]/", true),
            ("[2001:db8::1]", "https://[2001:db8::1]/", true),
            ("[2001:db8::1]:8443", "https://[2001:db8::1]/", false),
            ("2001:db8::/32", "https://[2001:db8::1]/", true),
            ("a.example, issuer.example ,b.example", "https://issuer.example/", true),
            ("", "https://issuer.example/", false),
            (",", "https://issuer.example/", false),
            (".", "https://issuer.example/", false),
            ("https://issuer.example", "https://issuer.example/", false),
        ];
        for (list, url, expected) in table {
            let mut exceptions = Exceptions::default();
            exceptions.add_all(list);
            let url = url.parse().expect("a URL");
            assert_eq!(exceptions.contains(&url), expected, "{list}: {url}");
        }
    }
}
