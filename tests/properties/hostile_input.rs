//! Fuzz targets on the stable compiler: the seeds of each and a few thousand reproducible mutations of
//! them. `fuzz/README.md` explains how to run them for longer.

use std::fs;
use std::path::Path;

use crate::mutations::Mutations;

#[path = "../../fuzz/src/lib.rs"]
#[expect(unreachable_pub, reason = "also used by the fuzz targets, a separate crate")]
mod targets;

/// Mutations per corpus.
const MUTATIONS: usize = 4000;

fn run(name: &str, target: fn(&[u8]) -> bool) {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(name);
    let mut files: Vec<_> = fs::read_dir(corpus)
        .expect("a corpus")
        .map(|entry| entry.expect("a readable directory").path())
        .collect();
    files.sort();
    let mut seeds = Vec::new();
    for file in files {
        let seed = fs::read(&file).expect("a seed");
        // Inputs whose names begin with `good` must be accepted.
        let name = file.file_name().and_then(|name| name.to_str()).expect("a plain name");
        assert_eq!(target(&seed), name.starts_with("good"), "{}", file.display());
        seeds.push(seed);
    }
    let accepted = Mutations::of(&seeds).take(MUTATIONS).filter(|input| target(input)).count();
    // If all were rejected by the first check, the later ones would not be tested.
    assert!((1..MUTATIONS).contains(&accepted), "{name}: {accepted} accepted");
}

#[test]
fn authorization() {
    run("authorization", targets::authorization);
}

#[test]
fn header() {
    run("header", targets::header);
}

#[test]
fn claims() {
    run("claims", targets::claims);
}

#[test]
fn token() {
    run("token", targets::token);
}

#[test]
fn proof() {
    run("proof", targets::proof);
}

#[test]
fn key_set() {
    run("key_set", targets::key_set);
}

#[test]
fn metadata() {
    run("metadata", targets::metadata);
}
