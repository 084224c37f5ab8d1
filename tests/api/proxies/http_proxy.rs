//! An HTTP proxy: tunnels, forwarded requests, and every way to fail.

use std::io::{self, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use serde_json::json;

/// What the proxy does with a request.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Mode {
    /// Connects every tunnel to this port of this machine, and answers forwarded requests itself.
    Works { port: u16 },
    /// 407 unless the request has these credentials.
    Demands { authorization: &'static str, port: u16 },
    /// This status and nothing else.
    Answers(&'static str),
    /// Reads the request, and nothing more.
    Hangs,
    /// Closes without an answer.
    Closes,
}

/// A running proxy, and the heads of the requests it got.
pub(crate) struct HttpProxy {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
}

impl HttpProxy {
    pub(crate) fn start(mode: Mode) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let requests = Arc::new(Mutex::new(Vec::new()));
        let heads = Arc::clone(&requests);
        thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                let heads = Arc::clone(&heads);
                thread::spawn(move || drop(serve(connection, mode, &heads)));
            }
        });
        Self { address, requests }
    }

    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The request heads so far.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().expect("no panic").clone()
    }
}

fn serve(mut client: TcpStream, mode: Mode, heads: &Mutex<Vec<String>>) -> io::Result<()> {
    client.set_read_timeout(Some(Duration::from_secs(10)))?;
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        client.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    heads.lock().expect("no panic").push(head.clone());
    let port = match mode {
        Mode::Works { port } => port,
        Mode::Demands { authorization, port } => {
            let expected = format!("\r\nproxy-authorization: {authorization}\r\n");
            if !head.to_lowercase().contains(&expected.to_lowercase()) {
                let challenge = "Proxy-Authenticate: Basic realm=\"proxy\"\r\nContent-Length: 0";
                let answer = format!("HTTP/1.1 407 Authentication Required\r\n{challenge}\r\n\r\n");
                return client.write_all(answer.as_bytes());
            }
            port
        }
        Mode::Answers(answer) => return client.write_all(answer.as_bytes()),
        Mode::Hangs => {
            thread::sleep(Duration::from_secs(10));
            return Ok(());
        }
        Mode::Closes => return Ok(()),
    };
    match head.strip_prefix("GET http://").and_then(|rest| rest.split(' ').next()) {
        Some(url) => client.write_all(forwarded(url).as_bytes()),
        None => tunnel(client, port),
    }
}

/// The answer of an issuer that is named as the request names it.
fn forwarded(url: &str) -> String {
    let (host, path) = url.split_once('/').unwrap_or((url, ""));
    let body = match path {
        "keys" => json!({"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": "1",
            "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}),
        _ => json!({"issuer": format!("http://{host}"), "jwks_uri": format!("http://{host}/keys")}),
    };
    let body = body.to_string();
    format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

fn tunnel(mut client: TcpStream, port: u16) -> io::Result<()> {
    let mut server = TcpStream::connect(("127.0.0.1", port))?;
    client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")?;
    let (mut from_client, mut to_server) = (client.try_clone()?, server.try_clone()?);
    thread::spawn(move || {
        let _ = io::copy(&mut from_client, &mut to_server);
        let _ = to_server.shutdown(Shutdown::Write);
    });
    io::copy(&mut server, &mut client)?;
    client.shutdown(Shutdown::Write)
}
