//! Public surface of the crate, as a reviewed list: a change shows as a difference.
//!
//! The list is read from the sources: what the crate and its modules re-export, with the public methods,
//! fields and variants of each type. `…` marks types that are `#[non_exhaustive]`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use quote::ToTokens;
use syn::{Fields, ImplItem, Item, TraitItem, UseTree, Visibility};

use crate::snapshots;

/// The public items of a module: a line each, with the lines of its members.
type Surface = BTreeMap<String, BTreeSet<String>>;

#[test]
fn public_surface_is_as_reviewed() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let crate_root = parse(&root.join("lib.rs"));
    let mut text = String::new();
    let mut macros = BTreeSet::new();
    for module in public_modules(&crate_root) {
        let file = root.join(&module).with_extension("rs");
        write_module(&mut text, &module, &file, &mut macros);
    }
    let names = exported(&crate_root).into_values().collect::<BTreeSet<_>>();
    text.push_str("crate\n");
    for name in names {
        text.push_str(&format!("  use {name}\n"));
    }
    for name in macros {
        text.push_str(&format!("  macro {name}!\n"));
    }
    snapshots::check("public-surface.txt", &text);
}

/// Writes the surface of a public module, and then of those in it.
fn write_module(text: &mut String, path: &str, file: &Path, macros: &mut BTreeSet<String>) {
    let module = parse(file);
    let mut files = vec![file.to_owned()];
    collect(&file.with_extension(""), &mut files);
    let (root, inner) = (file, public_modules(&module));
    // What lies in a public module of its own is listed there.
    let is_inner = |file: &PathBuf| {
        let directory = root.with_extension("");
        inner.iter().any(|name| {
            let module = directory.join(name);
            file.starts_with(&module) || **file == module.with_extension("rs")
        })
    };
    let exports = exported(&module);
    let mut surface = Surface::new();
    for source in files.iter().filter(|file| !is_inner(file)) {
        let is_root = source == file;
        for item in parse(source).items {
            describe(&item, is_root, &exports, &mut surface, macros);
        }
    }
    text.push_str(&format!("{path}\n"));
    for (line, members) in surface {
        text.push_str(&format!("  {line}\n"));
        for member in members {
            text.push_str(&format!("    {member}\n"));
        }
    }
    for name in inner {
        let file = file.with_extension("").join(&name).with_extension("rs");
        write_module(text, &format!("{path}::{name}"), &file, macros);
    }
}

/// Adds an item if it is public: declared so in the module itself, or re-exported by it.
fn describe(
    item: &Item,
    is_root: bool,
    exports: &BTreeMap<String, String>,
    surface: &mut Surface,
    macros: &mut BTreeSet<String>,
) {
    let public_name = |ident: &syn::Ident, visibility: &Visibility| {
        let is_public = matches!(visibility, Visibility::Public(_));
        let name = ident.to_string();
        let exported = exports.get(&name).cloned();
        exported.or_else(|| is_root.then_some(name)).filter(|_| is_public)
    };
    match item {
        Item::Struct(item) => {
            let Some(name) = public_name(&item.ident, &item.vis) else { return };
            let members = surface.entry(type_name("struct", &name)).or_default();
            members.extend(growth(&item.attrs));
            if let Fields::Named(fields) = &item.fields {
                let public = fields.named.iter().filter(|f| matches!(f.vis, Visibility::Public(_)));
                let line =
                    |f: &syn::Field| Some(format!("{}: {}", f.ident.as_ref()?, tokens(&f.ty)));
                members.extend(public.filter_map(line));
            }
        }
        Item::Enum(item) => {
            let Some(name) = public_name(&item.ident, &item.vis) else { return };
            let members = surface.entry(type_name("enum", &name)).or_default();
            members.extend(growth(&item.attrs));
            members.extend(item.variants.iter().map(|variant| variant.ident.to_string()));
        }
        Item::Trait(item) => {
            let Some(name) = public_name(&item.ident, &item.vis) else { return };
            let members = surface.entry(type_name("trait", &name)).or_default();
            members.extend(item.items.iter().filter_map(|item| match item {
                TraitItem::Fn(item) => Some(tokens(&item.sig)),
                TraitItem::Type(item) => Some(format!("type {}", item.ident)),
                TraitItem::Const(item) => Some(format!("const {}", item.ident)),
                _ => None,
            }));
        }
        Item::Fn(item) => {
            let Some(name) = public_name(&item.sig.ident, &item.vis) else { return };
            surface.entry(format!("fn {name}: {}", tokens(&item.sig))).or_default();
        }
        Item::Const(item) => {
            let Some(name) = public_name(&item.ident, &item.vis) else { return };
            surface.entry(format!("const {name}: {}", tokens(&item.ty))).or_default();
        }
        Item::Type(item) => {
            let Some(name) = public_name(&item.ident, &item.vis) else { return };
            surface.entry(type_name("type", &name)).or_default();
        }
        Item::Impl(item) if item.trait_.is_none() => {
            let syn::Type::Path(path) = &*item.self_ty else { return };
            let Some(ident) = path.path.segments.last().map(|segment| &segment.ident) else {
                return;
            };
            let exported = exports.get(&ident.to_string());
            let Some(name) = exported.cloned().or_else(|| is_root.then(|| ident.to_string()))
            else {
                return;
            };
            let methods: BTreeSet<String> = item
                .items
                .iter()
                .filter_map(|item| match item {
                    ImplItem::Fn(item) if matches!(item.vis, Visibility::Public(_)) => {
                        Some(tokens(&item.sig))
                    }
                    ImplItem::Const(item) if matches!(item.vis, Visibility::Public(_)) => {
                        Some(format!("const {}", item.ident))
                    }
                    _ => None,
                })
                .collect();
            if !methods.is_empty() {
                surface.entry(type_name("impl", &name)).or_default().extend(methods);
            }
        }
        Item::Macro(item) if item.attrs.iter().any(|attr| attr.path().is_ident("macro_export")) => {
            macros.extend(item.ident.as_ref().map(ToString::to_string));
        }
        _ => {}
    }
}

/// The names that a module re-exports: the own name, and the name outside.
fn exported(module: &syn::File) -> BTreeMap<String, String> {
    let mut names = BTreeMap::new();
    for item in &module.items {
        if let Item::Use(item) = item
            && matches!(item.vis, Visibility::Public(_))
        {
            leaves(&item.tree, &mut names);
        }
    }
    names
}

fn leaves(tree: &UseTree, names: &mut BTreeMap<String, String>) {
    match tree {
        UseTree::Path(path) => leaves(&path.tree, names),
        UseTree::Group(group) => group.items.iter().for_each(|tree| leaves(tree, names)),
        UseTree::Name(name) => drop(names.insert(name.ident.to_string(), name.ident.to_string())),
        UseTree::Rename(name) => {
            names.insert(name.ident.to_string(), name.rename.to_string());
        }
        UseTree::Glob(_) => panic!("a glob hides what is public"),
    }
}

fn public_modules(module: &syn::File) -> Vec<String> {
    let public = module.items.iter().filter_map(|item| match item {
        Item::Mod(item) if matches!(item.vis, Visibility::Public(_)) && item.content.is_none() => {
            Some(item.ident.to_string())
        }
        _ => None,
    });
    public.collect()
}

fn type_name(kind: &str, name: &str) -> String {
    format!("{name} ({kind})")
}

fn growth(attributes: &[syn::Attribute]) -> Option<String> {
    let grows = attributes.iter().any(|attribute| attribute.path().is_ident("non_exhaustive"));
    grows.then(|| "…".to_owned())
}

/// The tokens as people write them.
fn tokens(item: &impl ToTokens) -> String {
    let mut text = item.to_token_stream().to_string();
    for (from, to) in [
        (" (", "("),
        ("( ", "("),
        (" )", ")"),
        (" ,", ","),
        (" :", ":"),
        (" <", "<"),
        ("< ", "<"),
        (" >", ">"),
        ("& ", "&"),
        (" . ", "."),
        (": :", "::"),
        (":: ", "::"),
        ("- >", "->"),
        ("->", " ->"),
        ("  ->", " ->"),
        (" ;", ";"),
        ("[ ", "["),
        (" ]", "]"),
        ("' ", "'"),
    ] {
        text = text.replace(from, to);
    }
    text
}

fn parse(file: &Path) -> syn::File {
    let source =
        fs::read_to_string(file).unwrap_or_else(|fault| panic!("{}: {fault}", file.display()));
    syn::parse_file(&source).unwrap_or_else(|fault| panic!("{}: {fault}", file.display()))
}

fn collect(directory: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(directory) else { return };
    for entry in entries {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}
