//! Routes whose handlers say who may call them, and the table of those routes.

mod checks;
mod guard_first;
mod guarded_handler;
mod invalid_pattern;
#[cfg(feature = "service")]
mod lenient_pattern;
mod path_pattern;
mod path_pieces;
mod policy_file;
#[cfg(feature = "service")]
mod policy_table;
mod registration;
mod response;
mod route;
mod route_table;

use std::sync::Arc;

use actix_web::dev::{AppService, HttpServiceFactory};
use actix_web::http::Method;

pub use checks::FreshWithoutIntrospection;
use checks::{check_parameters, pattern};
use guarded_handler::Endpoint;
pub use guarded_handler::GuardedHandler;
#[cfg(feature = "service")]
pub(crate) use path_pattern::PathPattern;
pub(in crate::access) use path_pieces::{parameters, template};
#[cfg(feature = "service")]
pub(crate) use policy_table::{PolicyMatch, PolicyTable};
use registration::register;
use route::{GuardedRoute, of_method};
pub use route_table::{RouteEntry, RouteTable};

use super::guards::Guard;

/// The routes of an application, each with a handler whose first argument is a guard.
///
/// ```
/// use actix_resource_server::{scopes, Claims, Public, Routes, Scoped};
///
/// scopes! {
///     /// Read the caller's messages.
///     pub ReadMessages = "read:messages";
/// }
///
/// async fn public(_: Public) -> &'static str { "for everyone" }
/// async fn private(_: Claims) -> &'static str { "for any valid token" }
/// async fn private_scoped(_: Scoped<ReadMessages>) -> &'static str { "for tokens with the scope" }
///
/// let routes = Routes::new()
///     .get("/api/public", public)
///     .get("/api/private", private)
///     .get("/api/private-scoped", private_scoped);
///
/// println!("{}", routes.table());
/// ```
///
/// Register them as a service: `App::new().service(routes.clone())`. Each path answers `HEAD` like
/// `GET`, `OPTIONS` with `Allow`, and methods without a route with 405 and `Allow`.
///
/// A request goes to the most specific path that has a route for its method, in whatever order the
/// routes were declared: `/users/me` before `/users/{id}`, `/users/{id}` before `/users/{rest}*`,
/// compared segment by segment. Put all routes of an application into one value, with
/// [`merge`](Self::merge) and [`scope`](Self::scope): Actix asks a second value only about paths
/// that the first does not have.
///
/// Responses of guarded routes to requests with credentials carry `Cache-Control: no-store`, unless
/// the handler sets this field (RFC 9111 section 3.5). So do all rejections.
///
/// A handler without a guard does not compile:
///
/// ```compile_fail
/// use actix_resource_server::Routes;
///
/// async fn forgotten() -> &'static str { "for whom?" }
/// let routes = Routes::new().get("/forgotten", forgotten);
/// ```
///
/// Neither does one whose guard is not the first argument:
///
/// ```compile_fail
/// use actix_resource_server::{Claims, Routes};
/// use actix_web::web::Json;
///
/// async fn late(_: Json<String>, _: Claims) -> &'static str { "read your body first" }
/// let routes = Routes::new().post("/late", late);
/// ```
#[derive(Debug, Clone, Default)]
pub struct Routes {
    routes: Vec<GuardedRoute>,
    /// The prefix of the Actix scope that they are registered in.
    mount: Option<String>,
}

impl Routes {
    /// An empty set of routes.
    pub fn new() -> Self {
        Self::default()
    }

    /// A route for `GET`, and for `HEAD` if no other route of the path has that.
    ///
    /// # Panics
    ///
    /// As [`route`](Self::route).
    #[must_use]
    #[track_caller]
    pub fn get<H, A>(self, path: &str, handler: H) -> Self
    where
        H: GuardedHandler<A>,
        A: 'static,
    {
        self.route(Method::GET, path, handler)
    }

    /// A route for `POST`.
    ///
    /// # Panics
    ///
    /// As [`route`](Self::route).
    #[must_use]
    #[track_caller]
    pub fn post<H, A>(self, path: &str, handler: H) -> Self
    where
        H: GuardedHandler<A>,
        A: 'static,
    {
        self.route(Method::POST, path, handler)
    }

    /// A route for `PUT`.
    ///
    /// # Panics
    ///
    /// As [`route`](Self::route).
    #[must_use]
    #[track_caller]
    pub fn put<H, A>(self, path: &str, handler: H) -> Self
    where
        H: GuardedHandler<A>,
        A: 'static,
    {
        self.route(Method::PUT, path, handler)
    }

    /// A route for `PATCH`.
    ///
    /// # Panics
    ///
    /// As [`route`](Self::route).
    #[must_use]
    #[track_caller]
    pub fn patch<H, A>(self, path: &str, handler: H) -> Self
    where
        H: GuardedHandler<A>,
        A: 'static,
    {
        self.route(Method::PATCH, path, handler)
    }

    /// A route for `DELETE`.
    ///
    /// # Panics
    ///
    /// As [`route`](Self::route).
    #[must_use]
    #[track_caller]
    pub fn delete<H, A>(self, path: &str, handler: H) -> Self
    where
        H: GuardedHandler<A>,
        A: 'static,
    {
        self.route(Method::DELETE, path, handler)
    }

    /// A route for any method. `path` is a pattern as Actix's `web::resource` takes it; a slash at
    /// its beginning may be left out.
    ///
    /// # Panics
    ///
    /// Each of these is a mistake of the program, found when it starts:
    ///
    /// - The method and path already have a handler.
    /// - The path differs from that of another route only in the names of its parameters, so only
    ///   one of the two could ever be reached.
    /// - The path differs from that of another route of the method only in a trailing slash, or in
    ///   the expressions of its parameters, and the two have different policies: which of them
    ///   applies to a request would be a matter of chance. `GET` counts as `HEAD` too.
    /// - The path has a percent sign, `?` or `#` outside a parameter. Requests are matched by their
    ///   percent-decoded path, so it would never be reached.
    #[must_use]
    #[track_caller]
    pub fn route<H, A>(self, method: Method, path: &str, handler: H) -> Self
    where
        H: GuardedHandler<A>,
        A: 'static,
    {
        let entry = RouteEntry {
            method,
            path: with_leading_slash(path),
            policy: H::Guard::POLICY,
            handler: std::any::type_name::<H>(),
        };
        let endpoint = Endpoint::<H, A>::new(handler);
        let make = Arc::new(move |method| of_method(method).to(endpoint.clone()));
        let pattern = pattern(&entry.path);
        self.with(GuardedRoute { entry, pattern, make })
    }

    /// These routes and all routes of `other`.
    ///
    /// # Panics
    ///
    /// As [`route`](Self::route), and if `other` is [mounted](Self::mounted_at).
    #[must_use]
    #[track_caller]
    pub fn merge(self, other: Self) -> Self {
        other.unmounted().into_iter().fold(self, Self::with)
    }

    /// These routes and all routes of `other`, each under `prefix`: `/v1` and `/messages` make
    /// `/v1/messages`. Prefixes of prefixes add up.
    ///
    /// # Panics
    ///
    /// As [`merge`](Self::merge).
    #[must_use]
    #[track_caller]
    pub fn scope(self, prefix: &str, other: Self) -> Self {
        let prefix = with_leading_slash(prefix.strip_suffix('/').unwrap_or(prefix));
        other.unmounted().into_iter().fold(self, |routes, mut route| {
            route.entry.path = format!("{prefix}{}", route.entry.path);
            route.pattern = pattern(&route.entry.path);
            routes.with(route)
        })
    }

    /// The same routes for an Actix scope with this prefix, such as `web::scope("/v1")`: a scope
    /// does not tell its services where they are, and the table must say it.
    ///
    /// For just a prefix, without middleware or data of its own, use [`scope`](Self::scope).
    ///
    /// ```
    /// use actix_resource_server::{Public, Routes};
    /// use actix_web::{App, web};
    ///
    /// async fn about(_: Public) -> &'static str { "for everyone" }
    ///
    /// let routes = Routes::new().get("/about", about).mounted_at("/v1");
    /// assert!(routes.table().to_string().starts_with("GET  /v1/about  public"));
    /// let app = App::new().service(web::scope("/v1").service(routes));
    /// # drop(app);
    /// ```
    #[must_use]
    pub fn mounted_at(mut self, prefix: &str) -> Self {
        self.mount = Some(with_leading_slash(prefix.strip_suffix('/').unwrap_or(prefix)));
        self
    }

    /// The table of the routes: method, path, policy and handler.
    ///
    /// # Panics
    ///
    /// If a path lacks a parameter that a rule of its route reads, or has two of one name. The same
    /// happens when the routes are registered. Both are mistakes of the program.
    #[track_caller]
    pub fn table(&self) -> RouteTable {
        let prefix = self.mount.as_deref().unwrap_or_default();
        let entries = self.at_their_paths().into_iter().map(|mut route| {
            route.entry.path.insert_str(0, prefix);
            route.entry
        });
        let entries: Vec<RouteEntry> = entries.collect();
        entries.iter().for_each(check_parameters);
        RouteTable::new(entries)
    }

    /// An empty path is that of the scope itself; outside of a scope it is the root.
    fn at_their_paths(&self) -> Vec<GuardedRoute> {
        let mut routes = self.routes.clone();
        if self.mount.as_deref().unwrap_or_default().is_empty() {
            for route in routes.iter_mut().filter(|route| route.entry.path.is_empty()) {
                route.entry.path.push('/');
            }
        }
        routes
    }

    #[expect(clippy::panic, reason = "a mistake of the program, found when it starts")]
    #[track_caller]
    fn with(mut self, route: GuardedRoute) -> Self {
        if let Some(conflict) = self.routes.iter().find_map(|other| route.conflict_with(other)) {
            panic!("{conflict}");
        }
        self.routes.push(route);
        self
    }

    #[track_caller]
    fn unmounted(self) -> Vec<GuardedRoute> {
        assert!(self.mount.is_none(), "call `mounted_at` last, on the routes that are registered");
        self.routes
    }
}

impl HttpServiceFactory for Routes {
    fn register(self, config: &mut AppService) {
        let mount = self.mount.as_deref();
        assert!(
            config.is_root() || mount.is_some(),
            "these routes are registered in a `web::scope`, whose prefix their table does not know: \
             add `.mounted_at(\"/prefix\")`, or use `Routes::scope`",
        );
        assert!(
            !config.is_root() || mount.is_none_or(str::is_empty),
            "these routes are mounted at {}, and registered outside of a `web::scope` of that prefix",
            mount.unwrap_or_default(),
        );
        self.table();
        register(&self.at_their_paths(), mount.unwrap_or_default(), config);
    }
}

fn with_leading_slash(path: &str) -> String {
    if path.is_empty() || path.starts_with('/') { path.to_owned() } else { format!("/{path}") }
}

#[cfg(all(test, feature = "testing"))]
mod tests;
