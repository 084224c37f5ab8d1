//! The service as a separate process, and clients that send raw bytes.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use actix_resource_server::testing::{TestIssuer, TokenMaker};

use crate::test_app::AUDIENCE;

/// Time after which a step counts as hung.
pub(crate) const TIME_LIMIT: Duration = Duration::from_secs(30);

/// `serve` as a separate process with a test issuer.
pub(crate) struct Process {
    pub(crate) issuer: TestIssuer,
    pub(crate) address: SocketAddr,
    child: Child,
    log: Arc<Mutex<String>>,
    start_log: String,
}

impl Process {
    /// Starts the service with these additional settings and waits until it is ready.
    pub(crate) fn start(variables: &[(&str, &str)]) -> Self {
        let process = Self::start_with(TestIssuer::start(), variables);
        wait_until("it is ready", || process.get("/readyz").starts_with("HTTP/1.1 200 "));
        process
    }

    /// Starts the service with this issuer and waits until it listens.
    pub(crate) fn start_with(issuer: TestIssuer, variables: &[(&str, &str)]) -> Self {
        Self::start_command(&["serve"], issuer, variables)
    }

    /// Starts the development server, which has an issuer of its own, and waits until it listens.
    pub(crate) fn start_dev() -> Self {
        Self::start_dev_with(&[])
    }

    /// The same with these additional settings.
    pub(crate) fn start_dev_with(variables: &[(&str, &str)]) -> Self {
        let arguments = ["dev", "--issuer-address", "127.0.0.1:0"];
        Self::start_command(&arguments, TestIssuer::start(), variables)
    }

    fn start_command(arguments: &[&str], issuer: TestIssuer, variables: &[(&str, &str)]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_actix-resource-server"))
            .args(arguments)
            .env_clear()
            .envs([("ISSUER_BASE_URL", issuer.url()), ("AUDIENCE", AUDIENCE)])
            .envs([("PORT", "0"), ("MANAGEMENT_ADDR", "off")])
            .envs(variables.iter().copied())
            .stderr(Stdio::piped())
            .spawn()
            .expect("a process");
        let mut lines = BufReader::new(child.stderr.take().expect("its log")).lines();
        let log = Arc::new(Mutex::new(String::new()));
        let mut start_log = String::new();
        let address = lines.by_ref().map_while(Result::ok).find_map(|line| {
            start_log.push_str(&line);
            start_log.push('\n');
            let (_, address) = line.split_once("routes on http")?;
            address.split_once("//")?.1.parse().ok()
        });
        let kept = Arc::clone(&log);
        thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                kept.lock().expect("a log").push_str(&(line + "\n"));
            }
        });
        let address = address.expect("an address in the log");
        Self { issuer, address, child, log, start_log }
    }

    pub(crate) fn token(&self) -> TokenMaker {
        self.issuer.token().audience(AUDIENCE)
    }

    pub(crate) fn connect(&self) -> Client {
        Client::connect(self.address)
    }

    /// Full response to a request on a new connection.
    pub(crate) fn get(&self, path: &str) -> String {
        let mut client = self.connect();
        client.send(format!("GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"));
        client.rest()
    }

    /// Asserts that an ordinary request still succeeds.
    pub(crate) fn assert_still_serves(&self) {
        let answer = self.get("/api/public");
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    }

    /// Resident memory, in KiB.
    pub(crate) fn memory(&self) -> usize {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()));
        let status = status.expect("a running process");
        let line = status.lines().find(|line| line.starts_with("VmRSS")).expect("a size");
        line.split_whitespace().nth(1).and_then(|size| size.parse().ok()).expect("a number")
    }

    pub(crate) fn signal(&self, name: &str) {
        let command = format!("kill -{name} {}", self.child.id());
        let status = Command::new("sh").args(["-c", &command]).status();
        assert!(status.expect("a shell").success(), "{command}");
    }

    /// Waits for the process to exit.
    pub(crate) fn end(&mut self) -> ExitStatus {
        let deadline = Instant::now() + TIME_LIMIT;
        loop {
            if let Some(status) = self.child.try_wait().expect("a process") {
                return status;
            }
            assert!(Instant::now() < deadline, "it does not end: {}", self.log());
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Log lines until the service listens.
    pub(crate) fn start_log(&self) -> &str {
        &self.start_log
    }

    /// Log lines since the service listens.
    pub(crate) fn log(&self) -> String {
        self.log.lock().expect("a log").clone()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// A client that sends arbitrary bytes.
pub(crate) struct Client(TcpStream);

impl Client {
    pub(crate) fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect_timeout(&address, TIME_LIMIT).expect("a connection");
        stream.set_read_timeout(Some(TIME_LIMIT)).expect("a time limit");
        stream.set_write_timeout(Some(TIME_LIMIT)).expect("a time limit");
        Self(stream)
    }

    /// Sends the bytes; the server must accept them.
    pub(crate) fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.0.write_all(bytes.as_ref()).expect("sent");
    }

    /// Whether the bytes can be sent. A closed connection may be reported with a short delay.
    pub(crate) fn can_send(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        match self.0.write_all(bytes.as_ref()) {
            Ok(()) => true,
            Err(fault) => {
                let hangs = matches!(
                    fault.kind(),
                    std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut
                );
                assert!(!hangs, "neither taken nor refused");
                false
            }
        }
    }

    /// Reads one full response with a `Content-Length`.
    pub(crate) fn response(&mut self) -> Option<String> {
        let mut bytes = Vec::new();
        let mut byte = [0];
        while !bytes.ends_with(b"\r\n\r\n") {
            match self.0.read(&mut byte) {
                Ok(1) => bytes.push(byte[0]),
                _ => return None,
            }
        }
        let head = String::from_utf8_lossy(&bytes).to_ascii_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let mut body = vec![0; length.and_then(|length| length.parse().ok()).unwrap_or(0)];
        self.0.read_exact(&mut body).ok()?;
        bytes.extend(body);
        Some(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Reads until the server closes the connection.
    pub(crate) fn rest(&mut self) -> String {
        let mut bytes = Vec::new();
        let mut piece = [0; 4096];
        loop {
            match self.0.read(&mut piece) {
                Ok(0) => break,
                Ok(count) => bytes.extend_from_slice(&piece[..count]),
                Err(fault) => {
                    let reset = fault.kind() == std::io::ErrorKind::ConnectionReset;
                    assert!(reset, "neither an answer nor a closed connection: {fault}");
                    break;
                }
            }
        }
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

/// Prints a measurement, visible with `--nocapture`.
#[expect(clippy::print_stdout, reason = "measurements that are not asserted are still useful")]
pub(crate) fn report(figures: impl std::fmt::Display) {
    println!("{figures}");
}

/// Waits until the condition holds.
pub(crate) fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let deadline = Instant::now() + TIME_LIMIT;
    while !is_so() {
        assert!(Instant::now() < deadline, "timed out waiting until {what}");
        thread::sleep(Duration::from_millis(10));
    }
}
