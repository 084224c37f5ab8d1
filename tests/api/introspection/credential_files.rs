//! Files of client credentials that are replaced while the service runs.

use std::fs;
use std::path::PathBuf;

use actix_resource_server::testing::TestIssuer;
use rcgen::KeyPair;
use rustls::version::TLS13;

use super::client_certificate::MutualTls;
use crate::check_advice::tls_issuer::Authority;
use crate::process::{Process, wait_until};
use crate::test_app::AUDIENCE;

/// A running service, and a directory with the files of its credentials.
struct Service {
    process: Process,
    directory: Directory,
    setting: &'static str,
}

struct Directory(PathBuf);

impl Directory {
    fn new(name: &str) -> Self {
        let name = format!("credential-files-{name}-{}", std::process::id());
        let directory = Self(std::env::temp_dir().join(name));
        fs::create_dir_all(&directory.0).expect("a directory");
        directory
    }

    fn path(&self, name: &str) -> String {
        self.0.join(name).to_str().expect("a path").to_owned()
    }

    fn write(&self, name: &str, content: &str) {
        let new = self.path("new");
        fs::write(&new, content).expect("written");
        fs::rename(&new, self.path(name)).expect("renamed");
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

impl Service {
    /// `files` are settings, with the names of the files that they name.
    fn start(
        directory: Directory,
        files: &[(&'static str, &str)],
        interval: &str,
        more: &[(&str, &str)],
    ) -> Self {
        let files: Vec<_> =
            files.iter().map(|(setting, name)| (*setting, directory.path(name))).collect();
        let mut variables = vec![
            ("INTROSPECTION", "opaque"),
            ("INTROSPECTION_CLIENT_ID", TestIssuer::CLIENT_ID),
            ("RELOAD_INTERVAL", interval),
        ];
        variables.extend(files.iter().map(|(setting, path)| (*setting, path.as_str())));
        variables.extend(more);
        let process = Process::start_with(TestIssuer::start(), &variables);
        Self { process, directory, setting: files[0].0 }
    }

    /// The status of a request with a new token, so that the issuer must be asked.
    fn status(&self) -> String {
        let token = self.process.issuer.opaque(&self.process.issuer.token().audience(AUDIENCE));
        let mut client = self.process.connect();
        client.send(format!(
            "GET /api/private HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {token}\r\n\r\n"
        ));
        let answer = client.response().expect("an answer");
        answer.split(' ').nth(1).unwrap_or_default().to_owned()
    }

    fn readiness(&self) -> String {
        self.process.get("/readyz").split(' ').nth(1).unwrap_or_default().to_owned()
    }

    /// What the log says of the files.
    fn line(&self, outcome: &str) -> String {
        format!("{} of {} {outcome}", self.setting, self.process.issuer.url())
    }

    /// Sends SIGHUP and waits for what the log says.
    fn reload(&self, outcome: &str) {
        let expected = self.line(outcome);
        let before = self.process.log().matches(&expected).count();
        self.process.signal("HUP");
        wait_until(&expected, || self.process.log().matches(&expected).count() > before);
    }

    /// Waits until the service is ready: the keys were obtained, and the credentials are not rejected.
    fn wait_until_ready(&self) {
        wait_until("it is ready", || self.readiness() == "200");
    }
}

#[test]
fn a_replaced_secret_file_is_used_and_an_invalid_one_is_not() {
    for interval in ["86400", "1"] {
        let directory = Directory::new(&format!("secret-{interval}"));
        directory.write("secret", "yesterday's");
        let files = [("INTROSPECTION_SECRET_FILE", "secret")];
        let service = Service::start(directory, &files, interval, &[]);
        service.wait_until_ready();
        assert_eq!(service.status(), "503", "RFC 6749 5.2: invalid_client");
        assert_eq!(service.readiness(), "503");
        let rejected = "rejects this server's credentials for introspection (401)";
        wait_until(rejected, || service.process.log().contains(rejected));

        service.directory.write("secret", &format!("{}\n", TestIssuer::CLIENT_SECRET));
        if interval == "1" {
            let reloaded = service.line("reloaded");
            wait_until(&reloaded, || service.process.log().contains(&reloaded));
        } else {
            service.reload("reloaded");
        }
        // Although the issuer rejected the secret a moment ago.
        assert_eq!((service.readiness().as_str(), service.status().as_str()), ("200", "200"));
        if interval == "1" {
            continue;
        }
        service.reload("unchanged");
        for invalid in ["", "\n"] {
            service.directory.write("secret", invalid);
            service.reload("not reloaded: ");
            assert_eq!(service.status(), "200", "an invalid file keeps the secret");
        }
        fs::remove_file(service.directory.path("secret")).expect("removed");
        service.reload("not reloaded: ");
        assert_eq!(service.status(), "200", "a missing file keeps the secret");
        let log = service.process.log();
        assert!(!log.contains("yesterday's") && !log.contains(TestIssuer::CLIENT_SECRET), "{log}");
    }
}

#[test]
fn a_replaced_key_file_is_used_and_an_invalid_one_is_not() {
    let [old, new] = [(); 2].map(|()| KeyPair::generate().expect("a key"));
    let directory = Directory::new("key");
    directory.write("key.pem", &old.serialize_pem());
    let files = [("INTROSPECTION_KEY_FILE", "key.pem")];
    let service = Service::start(directory, &files, "86400", &[]);
    service.wait_until_ready();
    service.process.issuer.set_client_key(&old.public_key_pem());
    assert_eq!(service.status(), "200", "RFC 7523 2.2");
    for invalid in ["", "not a key", &new.public_key_pem()] {
        service.directory.write("key.pem", invalid);
        service.reload("not reloaded: ");
        assert_eq!(service.status(), "200", "an invalid file keeps the key");
    }
    service.process.issuer.set_client_key(&new.public_key_pem());
    assert_eq!(service.status(), "503", "the issuer knows another key");
    service.directory.write("key.pem", &new.serialize_pem());
    service.reload("reloaded");
    assert_eq!((service.status().as_str(), service.readiness().as_str()), ("200", "200"));
}

#[test]
fn a_replaced_certificate_is_used_once_its_key_is_there() {
    let mutual = MutualTls::start("files", &TLS13);
    let foreign = Authority::root("Other").server(&["api"], false);
    let (certificate, key) = foreign.pem();
    let directory = Directory::new("certificate");
    directory.write("client.crt", &certificate);
    directory.write("client.key", &key);
    let files = [
        ("INTROSPECTION_CERTIFICATE_FILE", "client.crt"),
        ("INTROSPECTION_CERTIFICATE_KEY_FILE", "client.key"),
    ];
    let (url, ca_file) = (mutual.url(), mutual.ca_file.to_str().expect("a path"));
    let more = [("INTROSPECTION_URL", url.as_str()), ("KEY_FETCH_CA_FILE", ca_file)];
    let service = Service::start(directory, &files, "86400", &more);
    service.wait_until_ready();
    assert_eq!(service.status(), "503", "RFC 8705 2");
    let rejected = format!("{url} rejects the client certificate of this server (TLS alert ");
    wait_until(&rejected, || service.process.log().contains(&rejected));
    assert_eq!(service.readiness(), "503");

    let (certificate, key) = mutual.client().pem();
    service.directory.write("client.crt", &certificate);
    service.reload("not reloaded: ");
    let mismatch = "the private key does not belong to the certificate";
    assert!(service.process.log().contains(mismatch), "{}", service.process.log());
    service.directory.write("client.key", &key);
    service.reload("reloaded");
    assert_eq!((service.status().as_str(), service.readiness().as_str()), ("200", "200"));
    service.directory.write("client.crt", "");
    service.reload("not reloaded: ");
    assert_eq!(service.status(), "200", "an invalid file keeps the certificate");
}
