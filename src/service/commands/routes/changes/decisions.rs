//! What a route table decides about the requests that a pattern matches.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use actix_web::dev::ResourceDef;
use actix_web::http::Method;

use crate::Policy;
use crate::access::{PathPattern, RouteEntry, RouteTable};

/// The rows of a table by path, the most specific first.
pub(super) struct Decisions<'a>(Vec<Row<'a>>);

/// All entries whose paths match the same requests.
pub(super) struct Row<'a> {
    pattern: PathPattern,
    resource: ResourceDef,
    entries: Vec<&'a RouteEntry>,
}

/// A policy and the path of its row.
#[derive(Clone, Copy)]
pub(super) struct Decision<'a> {
    pub(super) policy: &'a Policy,
    pub(super) path: &'a str,
}

impl<'a> Decisions<'a> {
    /// Paths that are no patterns are left out; policy files have none.
    pub(super) fn new(table: &'a RouteTable) -> Self {
        let mut rows: Vec<Row<'_>> = Vec::new();
        for entry in table.iter() {
            let Ok(pattern) = PathPattern::new(&entry.path) else { continue };
            match rows.iter_mut().find(|row| row.pattern == pattern) {
                Some(row) => row.entries.push(entry),
                None => {
                    let resource = ResourceDef::new(entry.path.as_str());
                    rows.push(Row { pattern, resource, entries: vec![entry] });
                }
            }
        }
        rows.sort_by(|a, b| a.pattern.by_specificity(&b.pattern));
        Self(rows)
    }

    pub(super) fn rows(&self) -> &[Row<'a>] {
        &self.0
    }

    /// The row of the same paths.
    pub(super) fn same(&self, row: &Row<'_>) -> Option<&Row<'a>> {
        self.0.iter().find(|own| own.pattern == row.pattern)
    }

    /// The row that decides about the paths of another table's row, except for those that only some
    /// more specific row matches.
    pub(super) fn covering(&self, row: &Row<'_>) -> Option<&Row<'a>> {
        self.0.iter().find(|own| own.covers(row))
    }

    /// Rows that match some paths of another table's row, which is asked before them.
    pub(super) fn crossing(&self, row: &Row<'_>) -> impl Iterator<Item = &Row<'a>> {
        // A path without parameters is within another one or apart from it.
        let is_pattern = |row: &Row<'_>| row.path().contains('{');
        self.0.iter().filter(move |own| {
            is_pattern(row)
                && is_pattern(own)
                && !own.covers(row)
                && !row.covers(own)
                && own.pattern.may_overlap(&row.pattern)
                && row.pattern.by_specificity(&own.pattern) != Ordering::Greater
        })
    }
}

impl<'a> Row<'a> {
    pub(super) fn path(&self) -> &'a str {
        self.entries.first().map_or("", |entry| entry.path.as_str())
    }

    pub(super) fn methods(&self) -> BTreeSet<&'a str> {
        self.entries.iter().map(|entry| entry.method.as_str()).collect()
    }

    /// `HEAD` is allowed where `GET` is.
    pub(super) fn decide(&self, method: &str) -> Option<Decision<'a>> {
        let of = |wanted: &str| {
            let entry = self.entries.iter().find(|entry| entry.method.as_str() == wanted)?;
            Some(Decision { policy: &entry.policy, path: &entry.path })
        };
        of(method).or_else(|| of(Method::GET.as_str()).filter(|_| method == Method::HEAD.as_str()))
    }

    fn covers(&self, other: &Row<'_>) -> bool {
        match other.path() {
            // A literal path can be tried.
            path if !path.contains('{') => self.resource.is_match(path),
            _ => self.pattern.covers(&other.pattern),
        }
    }
}
