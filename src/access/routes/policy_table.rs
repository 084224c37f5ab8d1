//! Policies of routes that another server serves, read at run time.

use std::collections::HashMap;
use std::sync::Arc;

use actix_web::dev::{Path, ResourceDef, Url};
use actix_web::http::{Method, Uri};

use super::checks::lacking;
use super::lenient_pattern::{LenientPattern, bare};
use super::path_pattern::PathPattern;
use super::path_pieces::parameters;
use super::route_table::{RouteEntry, RouteTable};
use crate::access::policy::{MatchedPath, PathParameters, Policy};

/// Policies by method and path. The most specific path decides, as in [`Routes`](crate::Routes), and
/// `HEAD` is allowed where `GET` is. Unlike there, a method without a policy at that path is not
/// allowed, even if a less specific path has one: servers differ in what they do then.
#[derive(Debug, Clone, Default)]
pub(crate) struct PolicyTable {
    /// The most specific first.
    paths: Vec<PolicyPath>,
    /// Places of the paths without parameters, which no other path goes before.
    literals: HashMap<String, usize>,
}

/// All policies of one path.
#[derive(Debug, Clone)]
struct PolicyPath {
    path: Arc<str>,
    pattern: PathPattern,
    resource: ResourceDef,
    lenient: LenientPattern,
    policies: Vec<(Method, &'static Policy)>,
}

/// The policy of a request.
#[derive(Debug)]
pub(crate) struct PolicyMatch {
    /// None if no policy allows the method.
    pub(crate) policy: Option<&'static Policy>,
    /// The path of the row that decides, as the table has it.
    pub(crate) row: Arc<str>,
    /// A server that ignores case, or a slash at the end, might take the path for that of a more
    /// specific row with another policy.
    pub(crate) is_ambiguous: bool,
    /// The request's path with its parameters, if the row's path has some.
    path: Option<MatchedPath>,
}

impl PolicyMatch {
    /// The parameters of the request's path.
    pub(crate) fn parameters(&self) -> PathParameters<'_> {
        self.path.as_ref().map_or(PathParameters::NONE, MatchedPath::parameters)
    }
}

impl PolicyTable {
    /// Adds a row. Call [`finish`](Self::finish) after the last.
    ///
    /// # Errors
    ///
    /// Why the row cannot be added, for the author of the table.
    pub(crate) fn add(
        &mut self,
        method: Method,
        path: &str,
        policy: &'static Policy,
    ) -> Result<(), String> {
        if !path.starts_with('/') {
            return Err(format!("the path {path:?} must begin with /, as in \"/{path}\""));
        }
        let pattern =
            PathPattern::new(path).map_err(|fault| format!("the path {path:?} {fault}"))?;
        let lenient = LenientPattern::new(path)
            .map_err(|fault| format!("the path {path:?} has a malformed parameter: {fault}"))?;
        if let Some((_, lacking)) = lacking(&parameters(path).collect::<Vec<_>>(), policy) {
            return Err(format!("a rule of its policy needs {lacking} in the path {path:?}"));
        }
        for other in &self.paths {
            if other.pattern == pattern {
                if other.policies.iter().any(|(known, _)| *known == method) {
                    return Err(format!(
                        "{method} {} is in the table already; remove one of the two",
                        other.path
                    ));
                }
            } else if other.pattern.is_ambiguous_with(&pattern) {
                return Err(format!(
                    "some paths match both {path} and {}; make one of them more specific",
                    other.path
                ));
            } else if other.pattern.differs_in_trailing_slash(&pattern)
                && other.policies.iter().any(|(known, of)| *known == method && *of != policy)
            {
                return Err(format!(
                    "{path} and {} differ only in a trailing slash, which many servers ignore; give them \
                     the same policy, or remove one",
                    other.path
                ));
            }
        }
        // Parameters may have other names in rows of other methods.
        match self.paths.iter_mut().find(|other| *other.path == *path) {
            Some(other) => other.policies.push((method, policy)),
            None => {
                // Beside those of the same pattern, or else behind those that are as specific.
                let same = self.paths.iter().position(|other| other.pattern == pattern);
                let before = |other: &PolicyPath| other.pattern.by_specificity(&pattern).is_le();
                let place = same.unwrap_or_else(|| self.paths.partition_point(before));
                let resource = ResourceDef::new(path);
                let policies = vec![(method, policy)];
                let path = path.into();
                let row = PolicyPath { path, pattern, resource, lenient, policies };
                self.paths.insert(place, row);
            }
        }
        Ok(())
    }

    /// The table, ready to be asked.
    pub(crate) fn finish(mut self) -> Self {
        let numbered = self.paths.iter().enumerate();
        let literals = numbered.filter(|(_, path)| !path.path.contains('{'));
        self.literals = literals.map(|(place, path)| (path.path.to_string(), place)).collect();
        self
    }

    /// The policy of a request; none if its path is not in the table.
    pub(crate) fn find(&self, method: &Method, uri: &Uri) -> Option<PolicyMatch> {
        // Most paths are looked up as they are, without decoding them.
        if let Some(place) = self.literals.get(uri.path()) {
            return self.decide(*place, method, None);
        }
        let path = Path::new(Url::new(uri.clone()));
        if let Some(place) = self.literals.get(path.as_str()) {
            return self.decide(*place, method, Some(path));
        }
        let place = self.place_of(path.as_str())?;
        let is_ambiguous = self.is_ambiguous(place, method, path.as_str());
        self.decide(place, method, Some(path)).map(|found| PolicyMatch { is_ambiguous, ..found })
    }

    /// The place of the first row that matches.
    fn place_of(&self, path: &str) -> Option<usize> {
        self.paths.iter().position(|row| {
            row.pattern.may_match(path, |text, part| text == part) && row.resource.is_match(path)
        })
    }

    fn decide(
        &self,
        place: usize,
        method: &Method,
        mut path: Option<Path<Url>>,
    ) -> Option<PolicyMatch> {
        let same = by_pattern(self.paths.get(place..)?).next()?;
        let row = row(same, method);
        let decided = row.map(|(row, _)| row).or(same.first())?;
        if let Some(path) = &mut path {
            decided.resource.capture_match_info(path);
        }
        let (policy, path) = (row.map(|(_, policy)| policy), path.map(MatchedPath::from));
        Some(PolicyMatch { policy, row: Arc::clone(&decided.path), is_ambiguous: false, path })
    }

    /// Whether another policy protects a row that a lenient server might take the path for: one before
    /// this row, one without parameters, or the one that decides about the path with the slash at its end
    /// added or removed.
    fn is_ambiguous(&self, place: usize, method: &Method, path: &str) -> bool {
        let Some((before, others)) = self.paths.split_at_checked(place) else { return false };
        let policy = |same| row(same, method).map(|(_, policy)| policy);
        let decided = by_pattern(others).next().and_then(policy);
        let is_protected = |same| {
            let policy = policy(same);
            policy != decided && policy != Some(&Policy::Public)
        };
        let closed = format!("{}/", bare(path));
        let is_literal = |same: &&[PolicyPath]| same.iter().any(|row| row.lenient.is_literal());
        let mut alike = by_pattern(before).chain(by_pattern(others).filter(is_literal));
        alike.any(|same| {
            is_protected(same) && same.first().is_some_and(|row| row.is_read_as(path, &closed))
        }) || {
            let other = if path.ends_with('/') { bare(path) } else { &closed };
            let other = self.place_of(other).and_then(|place| self.paths.get(place..));
            other.and_then(|rows| by_pattern(rows).next()).is_some_and(is_protected)
        }
    }

    /// The table as applications print theirs.
    pub(crate) fn table(&self) -> RouteTable {
        let entries = self.paths.iter().flat_map(|row| {
            row.policies.iter().map(|(method, policy)| RouteEntry {
                method: method.clone(),
                path: row.path.to_string(),
                policy: **policy,
                handler: "",
            })
        });
        RouteTable::new(entries.collect())
    }
}

impl PolicyPath {
    /// Whether a lenient server takes the path for one of this row. `closed` is the path with a slash at the
    /// end.
    fn is_read_as(&self, path: &str, closed: &str) -> bool {
        self.lenient.is_match(&self.pattern, path, closed)
    }
}

/// The rows of each pattern, which follow each other.
fn by_pattern(rows: &[PolicyPath]) -> impl Iterator<Item = &[PolicyPath]> {
    rows.chunk_by(|one, other| one.pattern == other.pattern)
}

/// The row of a method among those of one pattern, and its policy.
fn row<'a>(same: &'a [PolicyPath], method: &Method) -> Option<(&'a PolicyPath, &'static Policy)> {
    let of = |wanted: &Method| {
        same.iter().find_map(|row| {
            let policy = row.policies.iter().find(|(method, _)| method == wanted)?.1;
            Some((row, policy))
        })
    };
    of(method).or_else(|| match *method {
        Method::HEAD => of(&Method::GET),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPEN: Policy = Policy::Public;

    #[test]
    fn rows_of_one_pattern_are_found_together_whatever_their_parameters_are_called() {
        let mut table = PolicyTable::default();
        for (method, path) in
            [(Method::GET, "/a/{id}"), (Method::GET, "/b/{id}"), (Method::POST, "/a/{name}")]
        {
            table.add(method, path, &OPEN).expect(path);
        }
        let table = table.finish();
        for (method, path, row) in [
            (Method::GET, "/a/1", Some("/a/{id}")),
            (Method::POST, "/a/1", Some("/a/{name}")),
            (Method::HEAD, "/a/1", Some("/a/{id}")),
            (Method::PUT, "/a/1", None),
            (Method::POST, "/b/1", None),
        ] {
            let found = table.find(&method, &path.parse().unwrap()).expect(path);
            let row_of_policy = found.policy.map(|_| &*found.row);
            assert_eq!(row_of_policy, row, "RFC 9110 9.1: {method} {path}");
        }
    }

    #[test]
    fn a_path_that_lenient_servers_take_for_a_protected_one_is_ambiguous() {
        const CLOSED: Policy = Policy::Authenticated;
        let mut table = PolicyTable::default();
        for (path, policy) in [
            ("/admin", &CLOSED),
            ("/about", &OPEN),
            ("/users/{id}", &CLOSED),
            ("/codes/{code:[A-Z]+}", &CLOSED),
            ("/private/{rest}*", &CLOSED),
            ("/notes/{id}", &CLOSED),
            ("/notes/list", &CLOSED),
            ("/files/{id}", &CLOSED),
            ("/files/{id}/{rest}*", &OPEN),
            ("/{rest}*", &OPEN),
        ] {
            table.add(Method::GET, path, policy).expect(path);
        }
        table.add(Method::POST, "/{rest}*", &OPEN).expect("a row");
        let table = table.finish();
        for (path, row, is_ambiguous) in [
            ("/admin", "/admin", false),
            ("/admin/", "/{rest}*", true),
            ("/ADMIN", "/{rest}*", true),
            ("/Admin/", "/{rest}*", true),
            ("/admins", "/{rest}*", false),
            ("/admin/a", "/{rest}*", false),
            ("/ABOUT/", "/{rest}*", false),
            ("/users/ann", "/users/{id}", false),
            ("/users/ANN", "/users/{id}", false),
            ("/users/ann/", "/{rest}*", true),
            ("/Users/ann", "/{rest}*", true),
            ("/users/", "/{rest}*", false),
            ("/codes/AB", "/codes/{code:[A-Z]+}", false),
            // Express ignores case in expressions too.
            ("/codes/ab", "/{rest}*", true),
            ("/codes/1", "/{rest}*", false),
            ("/private/a", "/private/{rest}*", false),
            ("/PRIVATE/a/b", "/{rest}*", true),
            ("/Private/", "/{rest}*", true),
            // /private/ has an empty rest.
            ("/private", "/{rest}*", true),
            ("/PRIVATE", "/{rest}*", true),
            ("/privates", "/{rest}*", false),
            ("/files/a", "/files/{id}", false),
            ("/files/a/", "/files/{id}/{rest}*", true),
            ("/files/a/b", "/files/{id}/{rest}*", false),
            ("/files/a/b/", "/files/{id}/{rest}*", false),
            ("/", "/{rest}*", false),
            // Both policies are the same.
            ("/notes/LIST", "/notes/{id}", false),
            ("/anything", "/{rest}*", false),
        ] {
            let found = table.find(&Method::GET, &path.parse().unwrap()).expect(path);
            assert_eq!((&*found.row, found.is_ambiguous), (row, is_ambiguous), "{path}");
        }
        // At the path of the other row, the method is not allowed.
        let found = table.find(&Method::POST, &"/ADMIN".parse().unwrap()).expect("a row");
        assert!(found.is_ambiguous);
    }

    #[test]
    fn rows_that_differ_in_a_slash_at_the_end_have_one_policy() {
        for (first, second) in [("/a", "/a/"), ("/a/{id}/", "/a/{id}"), ("/", "/{rest}*")] {
            let mut table = PolicyTable::default();
            table.add(Method::GET, first, &OPEN).expect(first);
            table.add(Method::POST, second, &Policy::Authenticated).expect(second);
            let added = table.add(Method::GET, second, &Policy::Authenticated);
            assert_eq!(added.is_err(), first != "/", "{first} {second}: {added:?}");
            table.add(Method::PUT, first, &OPEN).expect(first);
            table.add(Method::PUT, second, &OPEN).expect("the same policy");
        }
    }

    #[test]
    fn a_path_that_actix_would_panic_at_is_rejected() {
        for path in [
            "/{a}/{a}",
            "/{a:(}",
            "/{a:[}",
            "/{a:x{2,1}}",
            "/{a:(?P<b>x)}/{b}",
            r"/{a:\d{1,1000}{1,1000}}",
            "/{tenant-id}",
            "/users/{id}/public/*",
        ] {
            let fault = PolicyTable::default().add(Method::GET, path, &OPEN).expect_err(path);
            assert!(fault.starts_with("the path"), "{fault}");
        }
    }
}
