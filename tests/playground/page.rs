//! Page object: the playground as a user operates it.

use serde_json::{Value, json};

use crate::browser::Browser;
use crate::running_dev::RunningDev;

pub(crate) struct Page {
    pub(crate) browser: Browser,
    pub(crate) dev: RunningDev,
}

/// A response as the page shows it.
#[derive(Debug)]
pub(crate) struct Shown {
    /// `401 Unauthorized`.
    pub(crate) status: String,
    /// The explanation.
    pub(crate) words: String,
    /// The header fields, one per line.
    pub(crate) fields: String,
    pub(crate) body: String,
    /// The curl command.
    pub(crate) curl: String,
}

impl Page {
    pub(crate) const fn new(browser: Browser, dev: RunningDev) -> Self {
        Self { browser, dev }
    }

    pub(crate) async fn open(&self) {
        self.open_with("").await;
    }

    /// Opens the page with this query and waits for the routes.
    pub(crate) async fn open_with(&self, query: &str) {
        self.browser.open(&format!("{}/{query}", self.dev.page())).await;
        self.browser.wait_until("document.querySelector('.route')").await;
    }

    pub(crate) async fn make_token(&self) {
        let before = self.text("document.querySelector('#token').value").await;
        self.browser.click("#maker [type=submit]").await;
        let other = format!("document.querySelector('#token').value !== {}", json!(before));
        self.browser.wait_until(&other).await;
    }

    pub(crate) async fn choose_defect(&self, name: &str) {
        self.browser.click(&format!("[name=defect][value='{name}']")).await;
    }

    /// Calls the route and returns the response shown.
    pub(crate) async fn call(&self, path: &str) -> Shown {
        let route = format!("[data-route='GET {path}']");
        self.browser.click(&format!("{route} .call")).await;
        let element = |inner: &str| format!("document.querySelector(\"{route} {inner}\")");
        let done = format!("!{}.disabled && {}", element(".call"), element(".status"));
        self.browser.wait_until(&done).await;
        let all = |inner: &str| {
            format!(
                "[...document.querySelectorAll(\"{route} {inner}\")].map(e => e.innerText).join('\\n')"
            )
        };
        Shown {
            status: self.text(&all(".status")).await,
            words: self.text(&all(".words")).await,
            fields: self.text(&all(".fields > div")).await,
            body: self.text(&all(".body")).await,
            curl: self.text(&all(".curl")).await,
        }
    }

    /// Value and description that the page shows for a header parameter or claim.
    pub(crate) async fn decoded(&self, name: &str) -> String {
        let rows = "[...document.querySelectorAll('.members > div')]";
        let named = format!("{rows}.find(row => row.firstChild.innerText === '{name}')");
        self.text(&format!("{named}?.lastChild.innerText")).await
    }

    pub(crate) async fn text(&self, expression: &str) -> String {
        let value = self.browser.script(&format!("return {expression}")).await;
        value.as_str().unwrap_or_default().to_owned()
    }

    /// Asserts that the console holds nothing but the expected rejections, and that nothing was loaded
    /// from elsewhere than the page's server and the API.
    pub(crate) async fn assert_no_surprise(&self) {
        for entry in self.browser.log("browser").await {
            let text = entry["message"].as_str().unwrap_or_default();
            let rejection = entry["source"] == "network"
                && text.starts_with(self.dev.api())
                && text.contains("the server responded with a status of 4");
            assert!(rejection, "the console says: {entry}");
        }
        let mut requests = 0;
        for entry in self.browser.log("performance").await {
            let message = entry["message"].as_str().unwrap_or_default();
            let event: Value = serde_json::from_str(message).expect("an event");
            if event["message"]["method"] == "Network.requestWillBeSent" {
                let url = &event["message"]["params"]["request"]["url"];
                let url = url.as_str().unwrap_or_default();
                let own = [self.dev.page(), self.dev.api()];
                let known = own.iter().any(|origin| url.starts_with(&format!("{origin}/")));
                assert!(known, "a request to {url}");
                requests += 1;
            }
        }
        assert!(requests > 0, "no request was logged, so nothing was checked");
    }
}
