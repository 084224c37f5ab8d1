//! A running `dev` command on free ports.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::rc::Rc;
use std::time::Duration;

use actix_web::rt::time::sleep;

/// A running `dev`, stopped with its last handle.
#[derive(Clone)]
pub(crate) struct RunningDev(Rc<Process>);

struct Process {
    child: Child,
    api: String,
    page: String,
}

impl RunningDev {
    pub(crate) async fn start() -> Self {
        // Another process may take a free port before `dev` does; then try again.
        for _ in 0..5 {
            if let Some(running) = Self::try_start().await {
                return running;
            }
        }
        panic!("`dev` does not start");
    }

    /// The API's origin.
    pub(crate) fn api(&self) -> &str {
        &self.0.api
    }

    /// The page's origin: that of the test issuer.
    pub(crate) fn page(&self) -> &str {
        &self.0.page
    }

    async fn try_start() -> Option<Self> {
        let [api, issuer] = free_ports();
        let mut command = Command::new(env!("CARGO_BIN_EXE_actix-resource-server"));
        command
            .args(["dev", "--port", &api.to_string()])
            .args(["--issuer-address", &format!("127.0.0.1:{issuer}")])
            // Ignore the settings of this machine and directory.
            .env_clear()
            .env("MANAGEMENT_ADDR", "off")
            .current_dir(env!("CARGO_TARGET_TMPDIR"))
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let mut process = Process {
            child: command.spawn().expect("the program"),
            api: format!("http://127.0.0.1:{api}"),
            page: format!("http://127.0.0.1:{issuer}"),
        };
        let client = awc::Client::default();
        for _ in 0..600 {
            if process.child.try_wait().expect("a child").is_some() {
                return None;
            }
            let asked = client.get(format!("{}/readyz", process.api)).send().await;
            if asked.is_ok_and(|answer| answer.status().is_success()) {
                return Some(Self(Rc::new(process)));
            }
            sleep(Duration::from_millis(50)).await;
        }
        None
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // The process may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free_ports<const N: usize>() -> [u16; N] {
    let listeners = [(); N].map(|()| TcpListener::bind(("127.0.0.1", 0)).expect("a free port"));
    listeners.map(|listener| listener.local_addr().expect("an address").port())
}
