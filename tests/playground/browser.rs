//! Headless Chromium, controlled through its driver (W3C WebDriver: JSON over HTTP).

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::rc::Rc;
use std::time::Duration;

use actix_web::rt::time::sleep;
use awc::Client;
use awc::http::Method;
use serde_json::{Value, json};

const DRIVER: &str = "chromedriver";
const BROWSERS: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

/// The member that holds an element reference (WebDriver section 12).
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// A browser with an empty profile and one page.
#[derive(Clone)]
pub(crate) struct Browser(Rc<Driver>);

struct Driver {
    session: String,
    profile: PathBuf,
    _process: Process,
}

/// The driver process, stopped on drop.
struct Process(Child);

impl Browser {
    /// The required program that is missing on this machine.
    pub(crate) fn missing() -> Option<&'static str> {
        if find(&BROWSERS).is_none() {
            Some("Chromium")
        } else if find(&[DRIVER]).is_none() {
            Some("chromedriver")
        } else {
            None
        }
    }

    pub(crate) async fn start() -> Self {
        let driver = find(&[DRIVER]).expect("chromedriver");
        let child = Command::new(driver)
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("a driver that starts");
        let mut process = Process(child);
        let output = BufReader::new(process.0.stdout.take().expect("its output"));
        let port = output
            .lines()
            .map_while(Result::ok)
            .find_map(|line| Some(line.split_once("successfully on port ")?.1.to_owned()))
            .expect("the driver's port");
        let port = port.trim_end_matches('.');
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
        let profile = folder.join(format!("chromium-{}", process.0.id()));
        let arguments = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            &format!("--user-data-dir={}", profile.display()),
        ];
        let wish = json!({"capabilities": {"alwaysMatch": {
            "goog:chromeOptions": {"args": arguments, "binary": find(&BROWSERS)},
            "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
        }}});
        let sessions = format!("http://127.0.0.1:{port}/session");
        let session = ask(Method::POST, &sessions, &wish).await;
        let id = session["sessionId"].as_str().unwrap_or_else(|| panic!("no session: {session}"));
        let session = format!("{sessions}/{id}");
        let browser = Self(Rc::new(Driver { session, profile, _process: process }));
        // Requests of the browser's own start page do not count.
        browser.open("about:blank").await;
        browser.log("performance").await;
        browser
    }

    /// Closes the browser. The driver stops with the last handle.
    pub(crate) async fn close(&self) {
        self.command(Method::DELETE, "", &json!({})).await;
    }

    pub(crate) async fn open(&self, url: &str) {
        self.command(Method::POST, "/url", &json!({"url": url})).await;
    }

    /// Clicks an element that is visible and not covered.
    pub(crate) async fn click(&self, selector: &str) {
        let element = self.element(selector).await;
        self.command(Method::POST, &format!("/element/{element}/click"), &json!({})).await;
    }

    /// Types into a field, after its present content.
    pub(crate) async fn enter(&self, selector: &str, text: &str) {
        let element = self.element(selector).await;
        let body = json!({"text": text});
        self.command(Method::POST, &format!("/element/{element}/value"), &body).await;
    }

    /// Runs a function body on the page and returns its result.
    pub(crate) async fn script(&self, text: &str) -> Value {
        self.command(Method::POST, "/execute/sync", &json!({"script": text, "args": []})).await
    }

    /// Waits until an expression is true on the page.
    pub(crate) async fn wait_until(&self, expression: &str) {
        for _ in 0..600 {
            if self.script(&format!("return Boolean({expression})")).await == json!(true) {
                return;
            }
            sleep(Duration::from_millis(50)).await;
        }
        panic!("in 30 s it did not come about: {expression}");
    }

    /// Sends a command of the Chrome DevTools Protocol.
    pub(crate) async fn developer_tool(&self, command: &str, parameters: Value) {
        let body = json!({"cmd": command, "params": parameters});
        self.command(Method::POST, "/goog/cdp/execute", &body).await;
    }

    /// Entries of a log since the last read; `browser` is the console.
    pub(crate) async fn log(&self, kind: &str) -> Vec<Value> {
        let entries = self.command(Method::POST, "/se/log", &json!({"type": kind})).await;
        entries.as_array().cloned().unwrap_or_default()
    }

    async fn element(&self, selector: &str) -> String {
        let body = json!({"using": "css selector", "value": selector});
        let found = self.command(Method::POST, "/element", &body).await;
        found[ELEMENT].as_str().unwrap_or_else(|| panic!("no {selector}")).to_owned()
    }

    async fn command(&self, method: Method, path: &str, body: &Value) -> Value {
        ask(method, &format!("{}{path}", self.0.session), body).await
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // The directory may be gone already; it is temporary.
        let _ = std::fs::remove_dir_all(&self.profile);
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // The process may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

async fn ask(method: Method, url: &str, body: &Value) -> Value {
    let client = Client::builder().timeout(Duration::from_secs(120)).finish();
    let mut answer =
        client.request(method, url).send_json(body).await.expect("the driver's answer");
    let mut answer: Value = answer.json().limit(64 << 20).await.expect("JSON");
    let value = answer["value"].take();
    assert!(value.get("error").is_none(), "{url}: {value}");
    value
}

/// The first of these programs found on the path.
fn find(names: &[&str]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let places = names.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    places.into_iter().find(|place| place.is_file())
}
