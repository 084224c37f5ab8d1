//! Settings as a whole, read as an operator sets them.

mod combinations;
mod development;
mod introspection;
mod rejected_values;
mod sender;
mod sources;
mod tables;
mod values;

use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use clap::Command;

use super::*;
use crate::service::log_format::LogFormat;
use crate::token::{Algorithm, Algorithms};

/// The required settings.
const BASE: [(&str, &str); 2] =
    [("ISSUER_BASE_URL", "https://a.example/"), ("AUDIENCE", "https://api.example/")];

const SECRET_OF_32: &str = "0123456789abcdef0123456789abcdef";

fn load(variables: &[(&str, &str)], flags: &[&str]) -> Result<Settings, SettingsError> {
    Settings::load(&matches(flags), |name| value(variables, name))
}

fn matches(flags: &[&str]) -> ArgMatches {
    let command = Command::new("serve").no_binary_name(true).args(arguments());
    command.try_get_matches_from(flags).unwrap()
}

/// The value of a variable; the last one counts.
fn value(variables: &[(&str, &str)], name: &str) -> Option<String> {
    let found = variables.iter().rev().find(|(known, _)| *known == name);
    found.map(|(_, value)| (*value).to_owned())
}

fn with_base(variables: &[(&str, &str)]) -> Result<Settings, SettingsError> {
    load(&[&BASE, variables].concat(), &[])
}

fn problems(result: Result<Settings, SettingsError>) -> Vec<String> {
    match result {
        Ok(_) => Vec::new(),
        Err(error) => error.problems().iter().map(Problem::to_string).collect(),
    }
}

fn issuer_names(settings: &Settings) -> Vec<&str> {
    settings.issuers.iter().map(|issuer| issuer.issuer.as_str()).collect()
}

fn key_kinds(issuer: &IssuerSettings) -> String {
    let kind = |keys: &KeyOrigin| match keys {
        KeyOrigin::Discovered => "discovered",
        KeyOrigin::KeySetUrl(_) => "url",
        KeyOrigin::PublicKeyFile(_) => "file",
        KeyOrigin::Secret(_) | KeyOrigin::SecretFile(..) => "secret",
    };
    issuer.keys.iter().map(kind).collect::<Vec<_>>().join(" ")
}

fn algorithm_names(issuer: &IssuerSettings) -> String {
    let names = issuer.algorithms.iter().map(|algorithm| algorithm.to_string());
    names.collect::<Vec<_>>().join(" ")
}

/// A temporary directory, removed on drop.
struct Directory(PathBuf);

impl Directory {
    fn new(files: &[(&str, &str)]) -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("actix-resource-server-{}-{count}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir(&path).unwrap();
        for (name, text) in files {
            fs::write(path.join(name), text).unwrap();
        }
        Self(path)
    }

    fn path(&self, name: &str) -> String {
        self.0.join(name).display().to_string()
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}
