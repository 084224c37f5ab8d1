//! The architecture document compared with the imports of the source files.

mod imports;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use imports::{circles, import_graph};

const MODULES: [&str; 8] =
    ["access", "issuer", "memory", "sender", "service", "testing", "token", "verifier"];

/// The modules that use no network, no files, no globals and no Actix.
const PURE_MODULES: [&str; 2] = ["token", "sender"];

/// Files that may use each other: a type and its builder.
const ALLOWED_CIRCLES: [&[&str]; 1] = [&["verifier.rs", "verifier/builder.rs"]];

/// Maximum length of a source file, in lines.
const LONGEST_FILE: usize = 350;

#[test]
fn the_modules_use_each_other_as_the_picture_shows() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(root.join("docs/architecture.md")).expect("the document");
    let drawn: BTreeSet<(String, String)> = text
        .lines()
        .filter_map(|line| line.trim().split_once(" --> "))
        .map(|(from, to)| (from.to_owned(), to.to_owned()))
        .collect();
    let mut used = BTreeSet::new();
    for (file, others) in import_graph(&root.join("src")) {
        for other in others {
            let (from, to) = (module(&file), module(&other));
            if let (Some(from), Some(to)) = (from, to)
                && from != to
            {
                used.insert((from.to_owned(), to.to_owned()));
            }
        }
    }
    assert_eq!(used, drawn, "left: what the code does; right: docs/architecture.md");
    let impure = used.iter().find(|(from, to)| {
        PURE_MODULES.contains(&from.as_str()) && !PURE_MODULES.contains(&to.as_str())
    });
    assert_eq!(impure, None, "a pure module uses another");
}

#[test]
fn no_files_use_each_other_except_a_type_and_its_builder() {
    let graph = import_graph(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
    let edges: usize = graph.values().map(BTreeSet::len).sum();
    assert!(edges > graph.len(), "only {edges} imports found in {} files", graph.len());
    let is_allowed = |circle: &BTreeSet<String>| {
        let mut allowed = ALLOWED_CIRCLES.iter();
        allowed.any(|files| circle.iter().all(|file| files.contains(&file.as_str())))
    };
    let found: Vec<_> = circles(&graph).into_iter().filter(|c| !is_allowed(c)).collect();
    assert!(found.is_empty(), "files that use each other: {found:#?}");
}

#[test]
fn no_file_is_longer_than_350_lines() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders: Vec<_> =
        ["src", "tests", "examples", "benches"].map(|it| root.join(it)).into();
    let mut files = 0;
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let lines = fs::read_to_string(&path).expect("a file").lines().count();
                assert!(lines <= LONGEST_FILE, "{} has {lines} lines", path.display());
                files += 1;
            }
        }
    }
    assert!(files > 300, "only {files} files found");
}

/// The module that a file belongs to; none for a file that all modules may use.
fn module(file: &str) -> Option<&str> {
    let (module, _) = file.split_once(['/', '.'])?;
    MODULES.contains(&module).then_some(module)
}
