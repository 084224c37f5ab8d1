//! `healthcheck`: a liveness probe for container images without curl.

mod any_certificate;

use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::time::Duration;

use clap::ArgMatches;

use super::support::CommandError;
use crate::service::environment::environment_variable;
use crate::service::settings::Settings;

const LIMIT: Duration = Duration::from_secs(2);

/// Sends one request and reads the status line. It uses no HTTP client, since it runs every few
/// seconds for the life of the container.
pub(super) fn run(matches: &ArgMatches) -> Result<(), CommandError> {
    let (listen, speaks_tls) = Settings::listen(matches, environment_variable)?;
    let address = on_this_machine(listen);
    let scheme = if speaks_tls { "https" } else { "http" };
    let stream = TcpStream::connect_timeout(&address, LIMIT).map_err(|fault| {
        CommandError::Negative(format!("no response from {scheme}://{address}: {fault}"))
    })?;
    stream.set_read_timeout(Some(LIMIT))?;
    stream.set_write_timeout(Some(LIMIT))?;
    let answer = if speaks_tls {
        ask(&mut any_certificate::connect(stream, address.ip())?, address)?
    } else {
        ask(&mut &stream, address)?
    };
    if answer.starts_with(b"HTTP/1.1 200 ") {
        return Ok(());
    }
    let first_line = String::from_utf8_lossy(&answer).lines().next().unwrap_or_default().to_owned();
    Err(CommandError::Negative(format!("{scheme}://{address}/healthz answered: {first_line}")))
}

/// Returns the beginning of the response.
fn ask(stream: &mut (impl Read + Write), address: SocketAddr) -> io::Result<Vec<u8>> {
    let request = format!("GET /healthz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    stream.flush()?;
    let mut answer = Vec::new();
    stream.take(64).read_to_end(&mut answer)?;
    Ok(answer)
}

/// The address to call: loopback if the server listens on all addresses.
fn on_this_machine(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_on_all_addresses_is_called_on_loopback() {
        let table = [
            ("0.0.0.0:3010", "127.0.0.1:3010"),
            ("[::]:3010", "[::1]:3010"),
            ("10.1.2.3:80", "10.1.2.3:80"),
        ];
        for (listen, asked) in table {
            let listen = listen.parse().expect("an address");
            assert_eq!(on_this_machine(listen).to_string(), asked);
        }
    }
}
