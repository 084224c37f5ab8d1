//! Registration of routes with Actix: one resource for each path, the most specific first.

use std::rc::Rc;

use actix_web::dev::{AppService, HttpServiceFactory, ResourceDef};
use actix_web::guard::fn_guard;
use actix_web::http::header::ALLOW;
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse, Resource, web};

use super::path_pattern::PathPattern;
use super::route::GuardedRoute;
use crate::access::rejection::Problem;

/// All routes of one path.
struct PathRoutes<'a> {
    path: &'a str,
    pattern: &'a PathPattern,
    routes: Vec<&'a GuardedRoute>,
    /// Every method that is served, without the answer to `OPTIONS`.
    methods: Vec<Method>,
}

/// The methods to name in `Allow`.
struct Served {
    of_path: Vec<Method>,
    /// Those of other patterns, which count for the paths that these match.
    of_others: Vec<(ResourceDef, Vec<Method>)>,
}

/// Registers the routes. `mount` is the prefix of the scope that they are registered in.
pub(super) fn register(routes: &[GuardedRoute], mount: &str, config: &mut AppService) {
    let paths = by_path(routes);
    let mut fallbacks = Vec::new();
    for path in &paths {
        let overlapping: Vec<&PathRoutes<'_>> = paths
            .iter()
            .filter(|other| path.path != other.path && path.pattern.may_overlap(other.pattern))
            .collect();
        let served = Rc::new(Served {
            of_path: path.methods.clone(),
            of_others: overlapping.iter().map(|other| other.served(mount)).collect(),
        });
        let fallback = web::to(move |request: HttpRequest| {
            let response = other_method(&request, &served);
            async move { response }
        });
        if overlapping.is_empty() {
            path.resource().default_service(fallback).register(config);
        } else {
            // Actix takes the first resource that matches the path. A method that is not served
            // there may be served by a pattern that matches as well, so it is passed on.
            let methods = path.methods.clone();
            let serves = fn_guard(move |context| methods.contains(&context.head().method));
            path.resource().guard(serves).register(config);
            fallbacks.push(web::resource(path.path).default_service(fallback));
        }
    }
    for fallback in fallbacks {
        fallback.register(config);
    }
}

/// With two resources of one path, the first would answer the methods of the second with 404.
fn by_path(routes: &[GuardedRoute]) -> Vec<PathRoutes<'_>> {
    let mut paths: Vec<PathRoutes<'_>> = Vec::new();
    for route in routes {
        match paths.iter_mut().find(|path| path.path == route.entry.path) {
            Some(path) => path.routes.push(route),
            None => paths.push(PathRoutes {
                path: &route.entry.path,
                pattern: &route.pattern,
                routes: vec![route],
                methods: Vec::new(),
            }),
        }
    }
    for path in &mut paths {
        path.methods = path.routes.iter().map(|route| route.entry.method.clone()).collect();
        if path.methods.contains(&Method::GET) && !path.methods.contains(&Method::HEAD) {
            path.methods.push(Method::HEAD);
        }
    }
    paths.sort_by(|a, b| a.pattern.by_specificity(b.pattern));
    paths
}

impl PathRoutes<'_> {
    fn resource(&self) -> Resource {
        let mut resource = web::resource(self.path);
        for method in &self.methods {
            let of = |wanted: &Method| {
                self.routes.iter().find(|route| route.entry.method == *wanted).copied()
            };
            // The server leaves the body out of a response to HEAD (RFC 9110 section 9.3.2).
            let route = of(method).or_else(|| of(&Method::GET));
            if let Some(route) = route {
                resource = resource.route((route.make)(method.clone()));
            }
        }
        resource
    }

    fn served(&self, mount: &str) -> (ResourceDef, Vec<Method>) {
        (ResourceDef::new(format!("{mount}{}", self.path)), self.methods.clone())
    }
}

/// The response to a method that no route of the path has.
fn other_method(request: &HttpRequest, served: &Served) -> HttpResponse {
    let mut allow = served.of_path.clone();
    let others = served.of_others.iter().filter(|(path, _)| path.is_match(request.path()));
    for method in others.flat_map(|(_, methods)| methods).chain([&Method::OPTIONS]) {
        if !allow.contains(method) {
            allow.push(method.clone());
        }
    }
    let allow = allow.iter().map(Method::as_str).collect::<Vec<_>>().join(", ");
    let mut response = if request.method() == Method::OPTIONS {
        HttpResponse::NoContent().finish()
    } else {
        Problem::of(StatusCode::METHOD_NOT_ALLOWED)
            .detail(format!("This path takes: {allow}."))
            .into_response()
    };
    if let Ok(allow) = allow.parse() {
        response.headers_mut().insert(ALLOW, allow);
    }
    response
}
