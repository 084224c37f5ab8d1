//! A Redis server of its own for each test.

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rcgen::{CertifiedKey, generate_simple_self_signed};

/// A running `redis-server`, which ends when this is dropped.
pub(crate) struct RedisServer {
    directory: PathBuf,
    arguments: Vec<String>,
    child: Option<Child>,
    url: String,
}

/// How clients reach the server.
#[derive(Clone, Copy)]
pub(crate) enum Reach {
    Socket,
    Tcp,
    /// TCP with a password.
    Password,
    Tls,
}

impl RedisServer {
    /// A server without persistence; none, with a note, where Redis is not installed.
    pub(crate) fn start(reach: Reach) -> Option<Self> {
        if Command::new("redis-server").arg("--version").output().is_err() {
            #[expect(
                clippy::print_stdout,
                reason = "shows in the output of the tests what is skipped"
            )]
            {
                println!("skipped: redis-server is not installed");
            }
            return None;
        }
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("actix-resource-server-redis-{}-{count}", std::process::id());
        let directory = std::env::temp_dir().join(name);
        fs::create_dir(&directory).expect("a directory");
        let path = |name: &str| directory.join(name).display().to_string();
        let free = TcpListener::bind(("127.0.0.1", 0)).and_then(|free| free.local_addr());
        let port = free.expect("a port").port().to_string();
        let (url, arguments) = match reach {
            Reach::Socket => (
                format!("unix:{}", path("s")),
                vec!["--port".into(), "0".into(), "--unixsocket".into(), path("s")],
            ),
            Reach::Tcp => (format!("redis://127.0.0.1:{port}"), vec!["--port".into(), port]),
            Reach::Password => (
                format!("redis://:secret@127.0.0.1:{port}/1"),
                vec!["--port".into(), port, "--requirepass".into(), "secret".into()],
            ),
            Reach::Tls => {
                let CertifiedKey { cert, signing_key } =
                    generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
                fs::write(path("cert.pem"), cert.pem()).expect("a file");
                fs::write(path("key.pem"), signing_key.serialize_pem()).expect("a file");
                let mut arguments = vec![
                    "--port".to_owned(),
                    "0".to_owned(),
                    "--tls-port".to_owned(),
                    port.clone(),
                ];
                for (name, file) in
                    [("cert", "cert.pem"), ("key", "key.pem"), ("ca-cert", "cert.pem")]
                {
                    arguments.extend([format!("--tls-{name}-file"), path(file)]);
                }
                arguments.extend(["--tls-auth-clients".to_owned(), "no".to_owned()]);
                (format!("rediss://localhost:{port}"), arguments)
            }
        };
        let mut server = Self { directory, arguments, child: None, url };
        server.resume();
        Some(server)
    }

    /// The value of `SHARED_MEMORY`.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Has the server, reached by TCP, run a command.
    pub(crate) fn command(&self, command: &str) {
        let address = self.url.trim_start_matches("redis://");
        let mut stream = TcpStream::connect(address).expect("a connection");
        stream.write_all(format!("{command}\r\n").as_bytes()).expect("a command");
        let mut reply = [0; 1];
        stream.read_exact(&mut reply).expect("a reply");
        assert_ne!(reply, *b"-", "{command}");
    }

    /// Has the server forget all names, as it does when their time has come.
    pub(crate) fn expire_names(&self) {
        self.command(
            "EVAL \"for _, key in ipairs(redis.call('KEYS', 'dpop:*')) do \
             if key ~= 'dpop:complete-since' then redis.call('DEL', key) end end return 1\" 0",
        );
    }

    /// The certificate that a client must trust.
    pub(crate) fn certificate(&self) -> String {
        self.directory.join("cert.pem").display().to_string()
    }

    /// Starts the server, with nothing remembered.
    pub(crate) fn resume(&mut self) {
        let child = Command::new("redis-server")
            .args(["--save", "", "--appendonly", "no", "--bind", "127.0.0.1"])
            .args(&self.arguments)
            .arg("--dir")
            .arg(&self.directory)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        self.child = Some(child.expect("a process"));
        let socket = self.directory.join("s");
        let deadline = Instant::now() + Duration::from_secs(10);
        let is_up = || {
            let port = self.arguments.iter().rev().find_map(|text| text.parse::<u16>().ok());
            match port.filter(|port| *port > 0) {
                Some(port) => TcpStream::connect(("127.0.0.1", port)).is_ok(),
                None => socket.exists(),
            }
        };
        while !is_up() && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Ends the server; what it remembers is lost.
    pub(crate) fn stop(&mut self) {
        if let Some(mut child) = self.child.take() {
            drop(child.kill());
            drop(child.wait());
        }
        drop(fs::remove_file(self.directory.join("s")));
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.stop();
        drop(fs::remove_dir_all(&self.directory));
    }
}
