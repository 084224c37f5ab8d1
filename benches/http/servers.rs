//! Server processes of the comparison, each with one worker.

use std::fs;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use actix_resource_server::testing::TestIssuer;

use super::rows::{AUDIENCE, ISSUER, POLICY, Row, Server, asked_issuer, keys, secret};

/// Time limit for a server to start listening; valgrind makes it slow.
const PATIENCE: Duration = Duration::from_secs(60);

/// All servers; they stop when this is dropped.
pub(crate) struct Servers {
    running: Vec<(Server, Running)>,
    _files: KeyFiles,
}

/// One server process.
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    process: Child,
}

/// Files with the issuer's keys, so that nothing is fetched, and with a policy.
struct KeyFiles {
    public_keys: PathBuf,
    policy: PathBuf,
    secret: PathBuf,
}

impl Servers {
    /// Starts all servers.
    pub(crate) fn start() -> Self {
        let files = KeyFiles::write();
        let servers = [
            Server::Bare,
            Server::Cached,
            Server::Uncached,
            Server::Logged,
            Server::Observed,
            Server::Edge,
            Server::Introspecting,
        ];
        let running = servers.map(|server| (server, Running::start(server, &files, &[])));
        Self { running: running.into(), _files: files }
    }

    /// Starts one server and returns the time until its first response.
    pub(crate) fn start_one(server: Server) -> (Self, Duration) {
        let start = Instant::now();
        let servers = Self::start_only(server, &[]);
        (servers, start.elapsed())
    }

    /// The server, if there is only one.
    pub(crate) fn only(&self) -> &Running {
        &self.running.first().expect("a server is running").1
    }

    /// Starts one server under a wrapper program.
    pub(crate) fn start_only(server: Server, under: &[String]) -> Self {
        let files = KeyFiles::write();
        let running = vec![(server, Running::start(server, &files, under))];
        Self { running, _files: files }
    }

    pub(crate) fn of(&self, row: &Row) -> &Running {
        let found = self.running.iter().find(|(server, _)| *server == row.server);
        &found.expect("every server is running").1
    }

    /// Signals the servers to stop and waits for their exit.
    pub(crate) fn stop(&mut self) {
        for (_, running) in &mut self.running {
            let id = running.process.id().to_string();
            drop(Command::new("kill").args(["-TERM", &id]).status());
            drop(running.process.wait());
        }
    }
}

impl Running {
    fn start(server: Server, files: &KeyFiles, under: &[String]) -> Self {
        let address = free_address();
        let port = address.port().to_string();
        let (program, arguments) = match server {
            Server::Bare => {
                let this = std::env::current_exe().expect("this program's own path");
                (this.display().to_string(), vec!["--bare".to_owned(), port.clone()])
            }
            _ => (env!("CARGO_BIN_EXE_actix-resource-server").to_owned(), Vec::new()),
        };
        let mut line = under.to_vec();
        line.push(program);
        line.extend(arguments);
        let (first, rest) = line.split_first().expect("a program");
        let mut command = Command::new(first);
        command.args(rest).stdout(Stdio::null()).stderr(Stdio::null());
        command
            .env("ISSUER", ISSUER)
            .env("AUDIENCE", AUDIENCE)
            .env("PORT", &port)
            .env("WORKERS", "1");
        match server {
            Server::Secret | Server::SecretWithRoom => command.env("SECRET_FILE", &files.secret),
            _ => command.env("PUBLIC_KEY_FILE", &files.public_keys),
        };
        if server == Server::SecretWithRoom {
            command.env("TOKEN_CACHE_ENTRIES", "2000000");
            command.env("TOKEN_CACHE_BYTES", (4_u64 << 30).to_string());
        }
        if server == Server::Edge {
            command.env("FORWARD_AUTH", &files.policy).env("TRUSTED_PROXIES", "127.0.0.1");
        }
        if server == Server::Introspecting {
            let base = asked_issuer().url().trim_end_matches('/');
            command
                .env("INTROSPECTION", "opaque")
                .env("INTROSPECTION_URL", format!("{base}/introspect"))
                .env("INTROSPECTION_CLIENT_ID", TestIssuer::CLIENT_ID)
                .env("INTROSPECTION_CLIENT_SECRET", TestIssuer::CLIENT_SECRET)
                .env("INTROSPECTION_CACHE", "3600");
        }
        if server == Server::Uncached {
            command.env("TOKEN_CACHE_ENTRIES", "0");
        }
        let observation = match server {
            Server::Logged => [("ACCESS_LOG", "on"), ("MANAGEMENT_ADDR", "off")],
            Server::Observed => [("ACCESS_LOG", "on"), ("MANAGEMENT_ADDR", "127.0.0.1:0")],
            _ => [("ACCESS_LOG", "off"), ("MANAGEMENT_ADDR", "off")],
        };
        command.envs(observation);
        let mut process = command.spawn().expect("the server starts");
        let deadline = Instant::now() + PATIENCE;
        while !answers(address) {
            let ended = process.try_wait().expect("the server can be asked");
            assert!(ended.is_none(), "{server:?} ended: {ended:?}");
            assert!(Instant::now() < deadline, "{server:?} does not listen");
            thread::sleep(Duration::from_millis(1));
        }
        Self { address, process }
    }

    /// Resident memory of the process, in KiB (`VmRSS`).
    pub(crate) fn memory(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id()));
        let status = status.unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let number = line.and_then(|line| line.split_whitespace().next());
        number.and_then(|number| number.parse().ok()).unwrap_or_default()
    }

    /// CPU time of the process so far, with nanosecond resolution.
    pub(crate) fn cpu_time(&self) -> Duration {
        let tasks = fs::read_dir(format!("/proc/{}/task", self.process.id()));
        let nanoseconds = tasks.into_iter().flatten().filter_map(|task| {
            let text = fs::read_to_string(task.ok()?.path().join("schedstat")).ok()?;
            text.split_whitespace().next()?.parse::<u64>().ok()
        });
        Duration::from_nanos(nanoseconds.sum())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

impl KeyFiles {
    fn write() -> Self {
        let name = |end| format!("actix-resource-server-bench-{}-{end}", std::process::id());
        let path = |end| std::env::temp_dir().join(name(end));
        let files = Self {
            public_keys: path("keys.json"),
            policy: path("policy.toml"),
            secret: path("secret"),
        };
        fs::write(&files.policy, POLICY).expect("a folder for temporary files");
        let keys: Vec<_> = keys().iter().map(|key| key.public_jwk()).collect();
        let text = serde_json::json!({ "keys": keys }).to_string();
        fs::write(&files.public_keys, text).expect("a folder for temporary files");
        // The service ignores the trailing newline.
        let secret = [secret().secret().unwrap_or_default(), b"\n"].concat();
        fs::write(&files.secret, secret).expect("a folder for temporary files");
        files
    }
}

impl Drop for KeyFiles {
    fn drop(&mut self) {
        drop(fs::remove_file(&self.public_keys));
        drop(fs::remove_file(&self.policy));
        drop(fs::remove_file(&self.secret));
    }
}

fn answers(address: SocketAddr) -> bool {
    TcpStream::connect(address).is_ok()
}

fn free_address() -> SocketAddr {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    listener.local_addr().expect("its address")
}
