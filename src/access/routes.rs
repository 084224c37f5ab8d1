//! Routes that say who may call them, and the table they make.

mod guard_first;
mod guarded_handler;
mod path_pattern;
mod route_table;

use std::collections::BTreeMap;
use std::sync::Arc;

use actix_web::dev::{AppService, HttpServiceFactory};
use actix_web::http::Method;
use actix_web::http::header::ALLOW;
use actix_web::{HttpRequest, HttpResponse, Resource, Route, web};

use guarded_handler::Endpoint;
pub use guarded_handler::GuardedHandler;
use path_pattern::PathPattern;
pub use route_table::{RouteEntry, RouteTable};

use super::guards::Guard;
use super::rejection::Problem;

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
/// async fn public(_: Public) -> &'static str { "for anybody" }
/// async fn private(_: Claims) -> &'static str { "for any valid token" }
/// async fn private_scoped(_: Scoped<ReadMessages>) -> &'static str { "for those with the scope" }
///
/// let routes = Routes::new()
///     .get("/api/public", public)
///     .get("/api/private", private)
///     .get("/api/private-scoped", private_scoped);
///
/// println!("{}", routes.table());
/// ```
///
/// They are a service: `App::new().service(routes.clone())`. For each path, methods that no route
/// has are answered 405 with `Allow`, `OPTIONS` with `Allow`, and `HEAD` like `GET`.
///
/// A handler that does not say who may call it does not compile:
///
/// ```compile_fail
/// use actix_resource_server::Routes;
///
/// async fn forgotten() -> &'static str { "for whom?" }
/// let routes = Routes::new().get("/forgotten", forgotten);
/// ```
///
/// Nor does one that says so too late:
///
/// ```compile_fail
/// use actix_resource_server::{Claims, Routes};
/// use actix_web::web::Json;
///
/// async fn late(_: Json<String>, _: Claims) -> &'static str { "read your body first" }
/// let routes = Routes::new().post("/late", late);
/// ```
#[derive(Debug, Clone, Default)]
pub struct Routes(Vec<GuardedRoute>);

#[derive(Clone)]
struct GuardedRoute {
    entry: RouteEntry,
    pattern: PathPattern,
    /// Makes Actix's route for a method, once for each worker.
    make: Arc<dyn Fn(Method) -> Route + Send + Sync>,
}

impl Routes {
    /// No routes yet.
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

    /// A route for any method. `path` is a pattern as Actix's `web::resource` takes it.
    ///
    /// # Panics
    ///
    /// If the method and path have a handler already, or if the path differs from that of another
    /// route in the names of its parameters alone: only one of the two could ever be reached. Both
    /// are mistakes of the program, found as soon as it starts.
    #[must_use]
    #[track_caller]
    pub fn route<H, A>(self, method: Method, path: &str, handler: H) -> Self
    where
        H: GuardedHandler<A>,
        A: 'static,
    {
        let entry = RouteEntry {
            method,
            path: path.to_owned(),
            policy: H::Guard::POLICY,
            handler: std::any::type_name::<H>(),
        };
        let endpoint = Endpoint::<H, A>::new(handler);
        let make = move |method| web::method(method).to(endpoint.clone());
        self.with(GuardedRoute { pattern: PathPattern::new(path), entry, make: Arc::new(make) })
    }

    /// All routes of `other` besides these.
    ///
    /// # Panics
    ///
    /// As [`route`](Self::route).
    #[must_use]
    #[track_caller]
    pub fn merge(self, other: Self) -> Self {
        other.0.into_iter().fold(self, Self::with)
    }

    /// All routes of `other` besides these, each under `prefix`: `/v1` and `/messages` make
    /// `/v1/messages`. Prefixes of prefixes add up.
    ///
    /// # Panics
    ///
    /// As [`route`](Self::route).
    #[must_use]
    #[track_caller]
    pub fn scope(self, prefix: &str, other: Self) -> Self {
        let prefix = prefix.strip_suffix('/').unwrap_or(prefix);
        let under_prefix = |mut route: GuardedRoute| {
            route.entry.path = format!("{prefix}{}", route.entry.path);
            route.pattern = PathPattern::new(&route.entry.path);
            route
        };
        other.0.into_iter().map(under_prefix).fold(self, Self::with)
    }

    /// What the routes say of themselves: method, path, policy, handler.
    pub fn table(&self) -> RouteTable {
        RouteTable::new(self.0.iter().map(|route| route.entry.clone()).collect())
    }

    #[expect(clippy::panic, reason = "a mistake of the program, found when it starts")]
    #[track_caller]
    fn with(mut self, route: GuardedRoute) -> Self {
        let same_pattern = self.0.iter().filter(|other| other.pattern == route.pattern);
        for other in same_pattern {
            if other.entry.path != route.entry.path {
                panic!(
                    "{} and {} match the same requests: give their parameters the same names",
                    other.entry.path, route.entry.path,
                );
            }
            if other.entry.method == route.entry.method {
                panic!(
                    "{} {} has two handlers: {} and {}",
                    route.entry.method, route.entry.path, other.entry.handler, route.entry.handler,
                );
            }
        }
        self.0.push(route);
        self
    }
}

impl HttpServiceFactory for Routes {
    fn register(self, config: &mut AppService) {
        // One resource for each path, in the order of declaration: with two, a method of the second
        // would be answered by the first, with 404.
        let mut paths: Vec<&str> = Vec::new();
        let mut resources: BTreeMap<&str, Vec<&GuardedRoute>> = BTreeMap::new();
        for route in &self.0 {
            let path = route.entry.path.as_str();
            if !resources.contains_key(path) {
                paths.push(path);
            }
            resources.entry(path).or_default().push(route);
        }
        for path in paths {
            resource(path, resources.get(path).map_or(&[], Vec::as_slice)).register(config);
        }
    }
}

fn resource(path: &str, routes: &[&GuardedRoute]) -> Resource {
    let mut methods: Vec<Method> = routes.iter().map(|route| route.entry.method.clone()).collect();
    let mut resource = web::resource(path);
    for route in routes {
        resource = resource.route((route.make)(route.entry.method.clone()));
    }
    let get = routes.iter().find(|route| route.entry.method == Method::GET);
    if let Some(get) = get.filter(|_| !methods.contains(&Method::HEAD)) {
        // The server leaves the body out of an answer to HEAD (RFC 9110 section 9.3.2).
        resource = resource.route((get.make)(Method::HEAD));
        methods.push(Method::HEAD);
    }
    if !methods.contains(&Method::OPTIONS) {
        methods.push(Method::OPTIONS);
    }
    let allow = methods.iter().map(Method::as_str).collect::<Vec<_>>().join(", ");
    resource.default_service(web::to(move |request: HttpRequest| {
        let response = other_method(&request, &allow);
        async move { response }
    }))
}

fn other_method(request: &HttpRequest, allow: &str) -> HttpResponse {
    let mut response = if request.method() == Method::OPTIONS {
        HttpResponse::NoContent().finish()
    } else {
        Problem::of(actix_web::http::StatusCode::METHOD_NOT_ALLOWED)
            .detail(format!("This path takes: {allow}."))
            .into_response()
    };
    if let Ok(allow) = allow.parse() {
        response.headers_mut().insert(ALLOW, allow);
    }
    response
}

impl std::fmt::Debug for GuardedRoute {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.entry.fmt(formatter)
    }
}
