//! URLs that can be fetched safely: https, or http on a loopback host.

use std::net::IpAddr;
use std::str::FromStr;

use derive_more::{Display, Error};
use ipnet::IpNet;
use url::{Host, Url};

/// Why a URL is not safe to fetch. At fault is its source: the configuration, or an issuer's metadata.
#[derive(Debug, Display, Error, Clone, Copy, PartialEq, Eq)]
pub enum InsecureUrl {
    /// Not an absolute URL with a host.
    #[display("not an absolute URL; it should look like https://issuer.example/")]
    NotAUrl,
    /// Neither https, nor http on a loopback host.
    #[display("not https (http is accepted only for loopback hosts)")]
    NotHttps,
    /// It contains a user name or password.
    #[display("a URL with a user name or password")]
    Credentials,
}

/// Parses an absolute URL that is https, or http on a loopback host, and contains no credentials.
pub(crate) fn secure_url(text: &str) -> Result<Url, InsecureUrl> {
    secure_url_or(text, &HttpHosts::default())
}

/// As [`secure_url`], but http is accepted for these hosts too.
pub(crate) fn secure_url_or(text: &str, plain: &HttpHosts) -> Result<Url, InsecureUrl> {
    let url = Url::parse(text).map_err(|_| InsecureUrl::NotAUrl)?;
    if url.host().is_none() || text.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err(InsecureUrl::NotAUrl);
    }
    match url.scheme() {
        "https" => {}
        "http" if is_loopback(&url) || plain.allow(&url) => {}
        _ => return Err(InsecureUrl::NotHttps),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(InsecureUrl::Credentials);
    }
    Ok(url)
}

/// Hosts and networks from which metadata and keys may be fetched over plain http. Whoever controls
/// the network to them can replace the keys, and so issue tokens.
///
/// ```
/// use actix_resource_server::issuer::HttpHosts;
///
/// let hosts: HttpHosts = "keycloak, 10.0.0.0/8".parse()?;
/// assert!(hosts.allow(&"http://keycloak:8080/realms/a".parse().unwrap()));
/// assert!(hosts.allow(&"http://10.1.2.3/".parse().unwrap()));
/// assert!(!hosts.allow(&"http://keycloak.example/".parse().unwrap()));
/// # Ok::<(), actix_resource_server::issuer::NotAHttpHost>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HttpHosts {
    names: Vec<String>,
    networks: Vec<IpNet>,
}

/// Neither a host name, nor an IP address or network. Whoever configured it is at fault.
#[derive(Debug, Display, Error, Clone, Copy, PartialEq, Eq)]
#[display("it must be a host name without a port, an IP address or a network such as 10.0.0.0/8")]
pub struct NotAHttpHost;

impl HttpHosts {
    /// Whether plain http to the URL's host is allowed. A name must be listed itself; it is not
    /// resolved.
    pub fn allow(&self, url: &Url) -> bool {
        match ip_address(url) {
            Some(address) => self.networks.iter().any(|network| network.contains(&address)),
            None => self.names.iter().any(|listed| url.domain() == Some(listed)),
        }
    }

    /// Adds one host name, IP address or network.
    ///
    /// # Errors
    ///
    /// [`NotAHttpHost`].
    pub fn add(&mut self, text: &str) -> Result<(), NotAHttpHost> {
        if let Some(network) = network(text) {
            self.networks.push(network);
            return Ok(());
        }
        match Host::parse(text) {
            Ok(Host::Domain(name)) if name == text.to_lowercase() && !name.contains('*') => {
                self.names.push(name);
                Ok(())
            }
            _ => Err(NotAHttpHost),
        }
    }
}

impl FromStr for HttpHosts {
    type Err = NotAHttpHost;

    /// Reads a list separated by commas.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut hosts = Self::default();
        for item in text.split(',').map(str::trim).filter(|item| !item.is_empty()) {
            hosts.add(item)?;
        }
        Ok(hosts)
    }
}

/// The URL without user name, password and query, which can contain secrets.
pub(crate) fn redacted(url: &Url) -> String {
    let mut shown = url.clone();
    // A URL that can be fetched has a host, so neither can fail.
    let _ = shown.set_username("");
    let _ = shown.set_password(None);
    shown.set_query(None);
    shown.set_fragment(None);
    let query = if url.query().is_some() { "?(redacted)" } else { "" };
    format!("{shown}{query}")
}

/// Whether the URL is fetched over plain http, and not from this machine.
pub(crate) fn is_plain_http(url: &Url) -> bool {
    url.scheme() == "http" && !is_loopback(url)
}

/// Whether the URL's host is this machine. A name below `localhost` is not: resolvers may ask DNS.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match ip_address(url) {
        Some(address) => address.is_loopback(),
        None => url.domain() == Some("localhost"),
    }
}

/// The URL's host, if it is an IP address.
pub(crate) fn ip_address(url: &Url) -> Option<IpAddr> {
    match url.host()? {
        Host::Ipv4(address) => Some(address.into()),
        Host::Ipv6(address) => Some(address.into()),
        Host::Domain(_) => None,
    }
}

/// A network, or an IP address with or without brackets as the network of itself.
pub(crate) fn network(text: &str) -> Option<IpNet> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    bare.parse::<IpAddr>().map(IpNet::from).or_else(|_| text.parse()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_of_a_url_are_not_shown() {
        let table = [
            ("https://a.example/jwks", "https://a.example/jwks"),
            ("https://a.example/jwks?key=hush", "https://a.example/jwks?(redacted)"),
            ("https://me:hush@a.example/#hush", "https://a.example/"),
        ];
        for (text, expected) in table {
            assert_eq!(redacted(&Url::parse(text).unwrap()), expected);
        }
    }

    #[test]
    fn plain_http_is_for_listed_hosts_and_networks_alone() {
        let hosts: HttpHosts =
            "keycloak, Auth.internal,10.0.0.0/8,[2001:db8::1],192.0.2.1".parse().expect("a list");
        let table = [
            ("http://keycloak:8080/realms/a", Ok(())),
            ("http://KEYCLOAK/", Ok(())),
            ("http://auth.internal/", Ok(())),
            ("http://10.255.0.1/", Ok(())),
            ("http://[2001:db8::1]:80/", Ok(())),
            ("http://192.0.2.1/", Ok(())),
            ("https://issuer.example/", Ok(())),
            ("http://localhost/", Ok(())),
            ("http://keycloak.example/", Err(InsecureUrl::NotHttps)),
            ("http://evil.auth.internal/", Err(InsecureUrl::NotHttps)),
            ("http://11.0.0.1/", Err(InsecureUrl::NotHttps)),
            ("http://192.0.2.2/", Err(InsecureUrl::NotHttps)),
            ("http://[2001:db8::2]/", Err(InsecureUrl::NotHttps)),
            ("ftp://keycloak/", Err(InsecureUrl::NotHttps)),
            ("http://me:hush@keycloak/", Err(InsecureUrl::Credentials)),
            (" http://keycloak/", Err(InsecureUrl::NotAUrl)),
        ];
        for (text, expected) in table {
            assert_eq!(secure_url_or(text, &hosts).map(drop), expected, "{text}");
        }
        for wrong in ["keycloak:8080", "http://keycloak", "a b", "10.0.0.0/33", "*"] {
            assert_eq!(wrong.parse::<HttpHosts>(), Err(NotAHttpHost), "{wrong}");
        }
    }

    #[test]
    fn only_https_and_loopback_http_without_credentials_are_safe() {
        let table = [
            ("https://issuer.example/?a=b#c", Ok(())),
            ("http://127.1.2.3:3011/", Ok(())),
            ("http://[::1]:3011/", Ok(())),
            ("http://localhost/", Ok(())),
            ("http://LOCALHOST:3011/", Ok(())),
            ("http://anything.localhost/", Err(InsecureUrl::NotHttps)),
            ("http://localhost./", Err(InsecureUrl::NotHttps)),
            ("http://128.0.0.1/", Err(InsecureUrl::NotHttps)),
            ("http://[::2]/", Err(InsecureUrl::NotHttps)),
            ("http://localhost.evil.example/", Err(InsecureUrl::NotHttps)),
            ("http://10.0.0.1/", Err(InsecureUrl::NotHttps)),
            ("http://[::ffff:127.0.0.1]/", Err(InsecureUrl::NotHttps)),
            ("ftp://issuer.example/", Err(InsecureUrl::NotHttps)),
            ("issuer.example", Err(InsecureUrl::NotAUrl)),
            ("mailto:a@example.com", Err(InsecureUrl::NotAUrl)),
            (" https://issuer.example", Err(InsecureUrl::NotAUrl)),
            ("https://issuer.example/\n", Err(InsecureUrl::NotAUrl)),
            ("", Err(InsecureUrl::NotAUrl)),
            ("https://user@issuer.example/", Err(InsecureUrl::Credentials)),
            ("https://:secret@issuer.example/", Err(InsecureUrl::Credentials)),
        ];
        for (text, expected) in table {
            assert_eq!(secure_url(text).map(drop), expected, "{text}");
        }
    }
}
