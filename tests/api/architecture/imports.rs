//! Import graph of the crate's source files.
//!
//! An edge is a path in one file that names an item of another. Paths are resolved through
//! re-exports to the file that defines the item; a re-export alone is no edge, and neither is a
//! `mod` declaration. Tests are left out.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// A module's path below the crate: `["access", "policy"]`. One file holds one module.
type Module = Vec<String>;

/// One source file.
#[derive(Default)]
struct Source {
    /// Paths it names, each from the crate's root.
    paths: Vec<Module>,
    /// Name it offers to others, and the path of what that stands for.
    exports: BTreeMap<String, Module>,
}

/// For each source file the files that it uses, as paths below `src`.
pub(crate) fn import_graph(root: &Path) -> BTreeMap<String, BTreeSet<String>> {
    let files: BTreeMap<Module, PathBuf> = source_files(root)
        .into_iter()
        .filter_map(|file| Some((module_of(file.strip_prefix(root).ok()?), file)))
        .filter(|(module, _)| !module.iter().any(|name| name == "tests" || name == "main"))
        .collect();
    let sources: BTreeMap<&Module, Source> = files
        .iter()
        .map(|(module, file)| {
            let text = fs::read_to_string(file).expect("a source file");
            (module, read(&tokens(before_tests(&text)), module, &files))
        })
        .collect();
    let name = |module: &Module| {
        let file = files.get(module).expect("a module has a file");
        file.strip_prefix(root).expect("below src").display().to_string()
    };
    let uses = |(module, source): (&&Module, &Source)| {
        let used = source.paths.iter().filter_map(|path| resolve(path, &sources, 0));
        let others = used.filter(|other| other != *module).map(|other| name(&other));
        (name(module), others.collect())
    };
    sources.iter().map(uses).collect()
}

/// The groups of files that use each other, directly or through others.
pub(crate) fn circles(graph: &BTreeMap<String, BTreeSet<String>>) -> BTreeSet<BTreeSet<String>> {
    let reachable = |start: &String| {
        let (mut seen, mut open) = (BTreeSet::new(), vec![start]);
        while let Some(file) = open.pop() {
            for next in graph.get(file).into_iter().flatten() {
                if seen.insert(next.clone()) {
                    open.push(next);
                }
            }
        }
        seen
    };
    let reached: BTreeMap<&String, BTreeSet<String>> =
        graph.keys().map(|file| (file, reachable(file))).collect();
    let in_circle = |file: &&String| reached.get(*file).is_some_and(|seen| seen.contains(*file));
    graph
        .keys()
        .filter(in_circle)
        .map(|file| {
            let mutual = |other: &&String| reached.get(*other).is_some_and(|o| o.contains(file));
            reached.get(file).into_iter().flatten().filter(mutual).cloned().collect()
        })
        .collect()
}

fn source_files(directory: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory).expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files.extend(source_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}

fn module_of(file: &Path) -> Module {
    let file = file.with_extension("");
    let names: Module = file.iter().map(|name| name.to_string_lossy().into_owned()).collect();
    if names == ["lib"] { Vec::new() } else { names }
}

/// Tests stand at the bottom of a file.
fn before_tests(text: &str) -> &str {
    text.split_once("#[cfg(test)]\nmod tests").map_or(text, |(code, _)| code)
}

/// Identifiers and punctuation, without comments, strings and characters.
fn tokens(text: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        let length = if let Some(comment) = rest.strip_prefix("//") {
            2 + comment.find('\n').unwrap_or(comment.len())
        } else if let Some(raw) = rest.strip_prefix("r#\"") {
            3 + raw.find("\"#").map_or(raw.len(), |end| end + 2)
        } else if first == '"' {
            string_length(rest)
        } else if first == '\'' && rest.starts_with("'\\") {
            3 + rest[3..].find('\'').map_or(0, |end| end + 1)
        } else if first == '\'' && rest.chars().nth(2) == Some('\'') {
            rest.char_indices().nth(3).map_or(rest.len(), |(end, _)| end)
        } else if is_word(first) {
            let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
            tokens.push(&rest[..end]);
            end
        } else {
            let length = if rest.starts_with("::") { 2 } else { first.len_utf8() };
            if !first.is_whitespace() {
                tokens.push(&rest[..length]);
            }
            length
        };
        rest = &rest[length..];
    }
    tokens
}

fn string_length(text: &str) -> usize {
    let mut escaped = false;
    for (place, character) in text.char_indices().skip(1) {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return place + 1,
            _ => {}
        }
    }
    text.len()
}

fn read(tokens: &[&str], module: &Module, files: &BTreeMap<Module, PathBuf>) -> Source {
    let mut source = Source::default();
    let mut words = BTreeSet::new();
    let mut exported = Vec::new();
    let mut place = 0;
    while place < tokens.len() {
        let before = place.checked_sub(1).map_or("", |before| tokens[before]);
        if tokens[place] == "use" {
            let end = tokens[place..].iter().position(|token| *token == ";").unwrap_or(0) + place;
            for (path, name) in leaves(&tokens[place + 1..end]) {
                let Some(path) = absolute(&path, module, files) else { continue };
                if matches!(before, "pub" | ")") {
                    source.exports.insert(name.clone(), path.clone());
                    exported.push((name, path));
                } else {
                    source.paths.push(path);
                }
            }
            place = end;
        } else if tokens[place] == "mod" {
            place += 1;
        } else if before != "$" && before != "::" && tokens.get(place + 1) == Some(&"::") {
            let path: Module = tokens[place..]
                .chunks(2)
                .take_while(|pair| pair[0].chars().all(|c| c.is_alphanumeric() || c == '_'))
                .scan(true, |more, pair| {
                    let this = std::mem::replace(more, pair.get(1) == Some(&"::"));
                    this.then(|| pair[0].to_owned())
                })
                .collect();
            source.paths.extend(absolute(&path, module, files));
            words.insert(tokens[place]);
        } else {
            words.insert(tokens[place]);
        }
        place += 1;
    }
    // What a file re-exports and uses as well is an import like any other.
    let used = exported.into_iter().filter(|(name, _)| words.contains(name.as_str()));
    source.paths.extend(used.map(|(_, path)| path));
    source
}

/// The paths of a use tree, each with the name that it brings.
fn leaves(tree: &[&str]) -> Vec<(Module, String)> {
    let Some(brace) = tree.iter().position(|token| *token == "{") else {
        let (path, name) = match tree.iter().position(|token| *token == "as") {
            Some(place) => (&tree[..place], tree[place + 1]),
            None => (tree, tree.last().copied().unwrap_or_default()),
        };
        let path: Module =
            path.iter().filter(|token| **token != "::").map(|token| (*token).to_owned()).collect();
        if path.last().is_some_and(|last| last == "self") {
            let module: Module = path[..path.len() - 1].to_vec();
            let name = module.last().cloned().unwrap_or_default();
            return vec![(module, name)];
        }
        return vec![(path, name.to_owned())];
    };
    let prefix = &tree[..brace];
    let (mut depth, mut start, mut found) = (0_usize, brace + 1, Vec::new());
    for (place, token) in tree.iter().enumerate().skip(brace) {
        match *token {
            "{" => depth += 1,
            "}" => depth -= 1,
            _ => {}
        }
        if (depth == 1 && *token == ",") || (depth == 0 && *token == "}") {
            let member = &tree[start..place];
            if !member.is_empty() {
                found.extend(leaves(&[prefix, member].concat()));
            }
            start = place + 1;
        }
    }
    found
}

/// The path from the crate's root; none for a path into another crate or into the file itself.
fn absolute(path: &Module, module: &Module, files: &BTreeMap<Module, PathBuf>) -> Option<Module> {
    let mut names = path.iter().peekable();
    let mut at = module.clone();
    match names.peek()?.as_str() {
        "crate" => at.clear(),
        "self" | "super" => {}
        first => {
            let child = [at.as_slice(), &[first.to_owned()]].concat();
            files.get(&child)?;
            return Some([at.as_slice(), path.as_slice()].concat());
        }
    }
    for name in names {
        match name.as_str() {
            "crate" | "self" => {}
            "super" => drop(at.pop()),
            name => at.push(name.to_owned()),
        }
    }
    Some(at)
}

/// The file that defines what a path names, through re-exports.
fn resolve(path: &[String], sources: &BTreeMap<&Module, Source>, depth: usize) -> Option<Module> {
    assert!(depth < 20, "re-exports that lead nowhere: {path:?}");
    let mut at = Module::new();
    for (place, name) in path.iter().enumerate() {
        let child = [at.as_slice(), std::slice::from_ref(name)].concat();
        // A name can be a module and an item of that module, re-exported: `policy::policy`.
        let is_module = sources.contains_key(&child) && place + 1 < path.len();
        let target = sources.get(&at).and_then(|source| source.exports.get(name));
        if let Some(target) = target.filter(|target| !is_module && **target != path[..=place]) {
            let rest = [target.as_slice(), &path[place + 1..]].concat();
            return resolve(&rest, sources, depth + 1);
        }
        if !sources.contains_key(&child) {
            return Some(at);
        }
        at = child;
    }
    Some(at)
}
