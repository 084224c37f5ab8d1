//! The servers that are compared, each a process of its own with one worker.

use std::fs;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::rows::{AUDIENCE, ISSUER, Row, Server, keys};

/// How long a server may take to listen; under valgrind it is slow.
const PATIENCE: Duration = Duration::from_secs(60);

/// All servers, running until this is dropped.
pub(crate) struct Servers {
    running: Vec<(Server, Running)>,
    _file: KeyFile,
}

/// One server.
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    process: Child,
}

/// The issuer's public keys in a file, so that nothing is fetched.
struct KeyFile(PathBuf);

impl Servers {
    /// Starts every server.
    pub(crate) fn start() -> Self {
        let file = KeyFile::write();
        let servers = [Server::Bare, Server::Cached, Server::Uncached, Server::Logged];
        let running = servers.map(|server| (server, Running::start(server, &file.0, &[])));
        Self { running: running.into(), _file: file }
    }

    /// Starts one server, under another program.
    pub(crate) fn start_only(server: Server, under: &[String]) -> Self {
        let file = KeyFile::write();
        let running = vec![(server, Running::start(server, &file.0, under))];
        Self { running, _file: file }
    }

    pub(crate) fn of(&self, row: &Row) -> &Running {
        let found = self.running.iter().find(|(server, _)| *server == row.server);
        &found.expect("every server is running").1
    }

    /// Asks the servers to stop, and waits until they have.
    pub(crate) fn stop(&mut self) {
        for (_, running) in &mut self.running {
            let id = running.process.id().to_string();
            drop(Command::new("kill").args(["-TERM", &id]).status());
            drop(running.process.wait());
        }
    }
}

impl Running {
    fn start(server: Server, key_file: &Path, under: &[String]) -> Self {
        let address = free_address();
        let port = address.port().to_string();
        let (program, arguments) = match server {
            Server::Bare => {
                let this = std::env::current_exe().expect("this program's own path");
                (this.display().to_string(), vec!["--bare".to_owned(), port.clone()])
            }
            Server::Cached | Server::Uncached | Server::Logged => {
                (env!("CARGO_BIN_EXE_actix-resource-server").to_owned(), Vec::new())
            }
        };
        let mut line = under.to_vec();
        line.push(program);
        line.extend(arguments);
        let (first, rest) = line.split_first().expect("a program");
        let mut command = Command::new(first);
        command.args(rest).stdout(Stdio::null()).stderr(Stdio::null());
        command
            .env("ISSUER", ISSUER)
            .env("PUBLIC_KEY_FILE", key_file)
            .env("AUDIENCE", AUDIENCE)
            .env("PORT", &port)
            .env("WORKERS", "1");
        if server == Server::Uncached {
            command.env("TOKEN_CACHE_ENTRIES", "0");
        }
        if server != Server::Logged {
            command.env("ACCESS_LOG", "off");
        }
        let mut process = command.spawn().expect("the server starts");
        let deadline = Instant::now() + PATIENCE;
        while TcpStream::connect(address).is_err() {
            let ended = process.try_wait().expect("the server can be asked");
            assert!(ended.is_none(), "{server:?} ended: {ended:?}");
            assert!(Instant::now() < deadline, "{server:?} does not listen");
            thread::sleep(Duration::from_millis(20));
        }
        Self { address, process }
    }

    /// The CPU time that the process has used so far, to the nanosecond.
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

impl KeyFile {
    fn write() -> Self {
        let keys: Vec<_> = keys().iter().map(|key| key.public_jwk()).collect();
        let name = format!("actix-resource-server-bench-{}.json", std::process::id());
        let path = std::env::temp_dir().join(name);
        let text = serde_json::json!({ "keys": keys }).to_string();
        fs::write(&path, text).expect("a folder for temporary files");
        Self(path)
    }
}

impl Drop for KeyFile {
    fn drop(&mut self) {
        drop(fs::remove_file(&self.0));
    }
}

fn free_address() -> SocketAddr {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    listener.local_addr().expect("its address")
}
