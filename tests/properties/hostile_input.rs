//! The fuzz targets on the compiler that everybody has: the seeds of each, and the same few thousand
//! mutations of them every time. `fuzz/README.md` tells how to run them for longer.

use std::fs;
use std::path::Path;

use crate::mutations::Mutations;

#[path = "../../fuzz/src/lib.rs"]
#[expect(unreachable_pub, reason = "the fuzz targets, a crate of their own, call them too")]
mod targets;

/// How many mutations of each corpus are tried.
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
        // A name that begins with `good` says what the answer is to be.
        let name = file.file_name().and_then(|name| name.to_str()).expect("a plain name");
        assert_eq!(target(&seed), name.starts_with("good"), "{}", file.display());
        seeds.push(seed);
    }
    let accepted = Mutations::of(&seeds).take(MUTATIONS).filter(|input| target(input)).count();
    // Were all of them refused at the door, nothing behind it would have been tried.
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
fn key_set() {
    run("key_set", targets::key_set);
}

#[test]
fn metadata() {
    run("metadata", targets::metadata);
}
