//! The picture of the architecture, compared with what the rooms really use of each other.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

const ROOMS: [&str; 7] = ["access", "issuer", "sender", "service", "testing", "token", "verifier"];

/// Single files that every room may use. They use no room.
const SHARED: [&str; 1] = ["secure_url"];

#[test]
fn the_rooms_use_each_other_as_the_picture_shows() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(root.join("docs/architecture.md")).expect("the document");
    let drawn: BTreeSet<(String, String)> = text
        .lines()
        .filter_map(|line| line.trim().split_once(" --> "))
        .map(|(from, to)| (from.to_owned(), to.to_owned()))
        .collect();
    let mut used = BTreeSet::new();
    for room in ROOMS {
        let mut files = vec![root.join("src").join(room).with_extension("rs")];
        collect(&root.join("src").join(room), &mut files);
        for file in files {
            let source = fs::read_to_string(&file).expect("a source file");
            for other in rooms_used(&source).filter(|other| *other != room) {
                used.insert((room.to_owned(), other.to_owned()));
            }
        }
    }
    assert_eq!(used, drawn, "left: what the code does; right: docs/architecture.md");
    assert!(!used.iter().any(|(from, _)| from == "token"), "token uses nobody");
}

/// The rooms that a source file names. What stands at the top of the crate is `access`'s.
fn rooms_used(source: &str) -> impl Iterator<Item = &str> {
    let code = source.lines().filter(|line| !line.trim_start().starts_with("//"));
    let names = code.flat_map(|line| line.split("crate::").skip(1));
    let names = names.filter_map(|name| {
        name.split(|character: char| !character.is_alphanumeric() && character != '_').next()
    });
    let of_rooms = names.filter(|name| !SHARED.contains(name));
    of_rooms.map(|name| if ROOMS.contains(&name) { name } else { "access" })
}

fn collect(directory: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}
