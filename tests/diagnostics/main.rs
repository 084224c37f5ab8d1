//! Compile errors of wrong guards, routes and requirements.
//!
//! Each file in `cases` must not compile, with the reviewed error text beside it.
//! `UPDATE_SNAPSHOTS=1 cargo test --test diagnostics` writes the texts anew. The cases are compiled
//! against the library that this test run has built, so each takes no longer than its own few lines.
//! Other compiler versions have other texts: with them, only our own first line is looked for.
#![expect(clippy::expect_used, reason = "a test says what it expects by panicking")]

use std::cmp::Reverse;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::SystemTime;

/// The compiler version of the reviewed texts.
const REVIEWED_WITH: &str = "rustc 1.95.";

#[test]
fn each_mistake_has_its_reviewed_error() {
    let same_compiler = version().starts_with(REVIEWED_WITH);
    let mut differing = Vec::new();
    let cases = sources("cases");
    assert!(cases.len() >= 15, "cases are missing");
    for case in cases {
        let name = case.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let Err(errors) = compile(&case) else { panic!("{name} compiles, and should not") };
        let reviewed_file = case.with_extension("txt");
        if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
            fs::write(&reviewed_file, &errors).expect("a file that can be written");
            continue;
        }
        let reviewed = fs::read_to_string(&reviewed_file).unwrap_or_default();
        let agrees = if same_compiler {
            errors == reviewed
        } else {
            reviewed.lines().next().is_some_and(|ours| errors.contains(ours))
        };
        if !agrees {
            differing.push(format!("== {name}\n-- reviewed:\n{reviewed}-- now:\n{errors}"));
        }
    }
    assert!(differing.is_empty(), "not as reviewed:\n{}", differing.join("\n"));
}

#[test]
fn correct_code_compiles() {
    for good in sources("good") {
        compile(&good).unwrap_or_else(|errors| panic!("{}:\n{errors}", good.display()));
    }
}

fn sources(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/diagnostics").join(folder);
    let entries = fs::read_dir(folder).expect("a folder of cases");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let mut paths: Vec<_> =
        paths.filter(|path| path.extension().is_some_and(|end| end == "rs")).collect();
    paths.sort();
    paths
}

/// The errors as shown to people, without what depends on the machine.
fn compile(source: &Path) -> Result<(), String> {
    static LIBRARIES: OnceLock<[(&str, PathBuf); 2]> = OnceLock::new();
    let libraries = LIBRARIES.get_or_init(|| {
        let actix_web = the_librarys(
            "actix_web",
            "async fn handler(_: actix_resource_server::Public) -> actix_web::HttpResponse { todo!() }\n\
             fn main() { actix_resource_server::Routes::new().get(\"/\", handler); }\n",
        );
        let serde = the_librarys(
            "serde",
            "#[derive(serde::Deserialize)] struct Own {}\n\
             fn main() { let _: Option<actix_resource_server::Claims<Own>> = None; }\n",
        );
        [actix_web, serde]
    });
    compile_with(source, libraries)
}

/// Of several builds of a library in the folder (with other features, or for build scripts) the one
/// that ours was built with: the one with which this program compiles.
fn the_librarys(name: &'static str, program: &str) -> (&'static str, PathBuf) {
    let probe = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}_probe.rs"));
    fs::write(&probe, program).expect("a folder that can be written to");
    let mut candidates = built(&dependencies(), name).into_iter().map(|path| (name, path));
    let fits =
        |library: &(&str, PathBuf)| compile_with(&probe, std::slice::from_ref(library)).is_ok();
    candidates.find(fits).expect("the build that the library was built with")
}

fn compile_with(source: &Path, libraries: &[(&str, PathBuf)]) -> Result<(), String> {
    let dependencies = dependencies();
    let own = built(&dependencies, "actix_resource_server").remove(0);
    let libraries = libraries.iter().map(|(name, path)| (*name, path.as_path()));
    let output = Command::new(rustc())
        .args(["--edition", "2024", "--crate-type", "bin", "--emit", "metadata"])
        .args(["--error-format", "human", "--diagnostic-width", "100", "--cap-lints", "allow"])
        .arg("--out-dir")
        .arg(env!("CARGO_TARGET_TMPDIR"))
        .arg("-L")
        .arg(format!("dependency={}", dependencies.display()))
        .args(
            libraries
                .chain([("actix_resource_server", own.as_path())])
                .map(|(name, path)| format!("--extern={name}={}", path.display())),
        )
        .arg(source)
        .output()
        .expect("the compiler");
    if output.status.success() {
        return Ok(());
    }
    Err(ours(&String::from_utf8_lossy(&output.stderr)))
}

/// Our own sentences: the head of each error, the label, and the notes that we write. What the
/// compiler adds of its own differs from version to version and from machine to machine.
fn ours(errors: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    let mut keep = |line: String| {
        if !lines.contains(&line) {
            lines.push(line);
        }
    };
    for line in errors.lines() {
        let text = line.trim_start_matches([' ', '|', '=']);
        if line.starts_with("error[") || line.starts_with("error:") {
            let head = line.split_once(": ").map_or(line, |(_, head)| head);
            if !head.starts_with("aborting due to") {
                keep(head.to_owned());
            }
        } else if let Some(label) = text.split_once("^ ").map(|(_, label)| label) {
            let label = label.trim_start_matches('^').trim();
            // The compiler points at its own list of other types, and at the bound itself.
            if !label.ends_with(">`") && !label.starts_with("required by") {
                keep(format!("  at the place: {label}"));
            }
        } else if let Some(note) = text.strip_prefix("note: ") {
            let foreign =
                ["required", "the full name", "consider", "this error originates", "inside"];
            if !foreign.iter().any(|start| note.starts_with(start)) {
                keep(format!("  note: {note}"));
            }
        }
    }
    lines.join("\n") + "\n"
}

fn version() -> String {
    let output = Command::new(rustc()).arg("--version").output().expect("the compiler");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn rustc() -> String {
    std::env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned())
}

fn dependencies() -> PathBuf {
    let this = std::env::current_exe().expect("this test's own path");
    this.parent().expect("a folder").to_owned()
}

/// The builds of a library, the newest first; older ones may lie beside it.
fn built(folder: &Path, name: &str) -> Vec<PathBuf> {
    let prefix = format!("lib{name}-");
    let entries = fs::read_dir(folder).expect("a folder of libraries");
    let mut libraries: Vec<_> = entries
        .filter_map(Result::ok)
        .filter(|entry| {
            let file = entry.file_name().to_string_lossy().into_owned();
            file.starts_with(&prefix) && file.ends_with(".rlib")
        })
        .collect();
    let changed = |entry: &fs::DirEntry| {
        entry.metadata().and_then(|data| data.modified()).unwrap_or(SystemTime::UNIX_EPOCH)
    };
    libraries.sort_by_key(|entry| Reverse(changed(entry)));
    assert!(!libraries.is_empty(), "no library {name}");
    libraries.iter().map(fs::DirEntry::path).collect()
}
