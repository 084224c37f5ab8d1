//! Description of the API for the playground page, derived from settings and routes.

use serde::Serialize;

use crate::access::{RouteEntry, RouteTable};
use crate::service::settings::Settings;
use crate::testing::Defect;

/// What the page needs to know about the API.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Description {
    /// The API's origin.
    api: String,
    /// The issuer identifier.
    issuer: String,
    /// The API's audiences.
    audiences: Vec<String>,
    /// The origins that CORS allows to call the API.
    origins: Vec<String>,
    /// The route table.
    routes: Vec<Route>,
    /// Every scope that a route requires.
    scopes: Vec<&'static str>,
    /// The defects a token can be given.
    defects: Vec<DefectDescription>,
}

#[derive(Debug, Clone, Serialize)]
struct Route {
    #[serde(flatten)]
    entry: RouteEntry,
    policy_text: String,
}

#[derive(Debug, Clone, Serialize)]
struct DefectDescription {
    name: &'static str,
    description: &'static str,
}

impl Description {
    pub(super) fn of(api: String, issuer: &str, settings: &Settings, table: &RouteTable) -> Self {
        let route = |entry: &RouteEntry| Route {
            entry: entry.clone(),
            policy_text: entry.policy.to_string(),
        };
        let defect =
            |kind: Defect| DefectDescription { name: kind.name(), description: kind.description() };
        Self {
            api,
            issuer: issuer.to_owned(),
            audiences: settings.audiences.clone(),
            origins: settings.cors_origins.iter().map(ToString::to_string).collect(),
            routes: table.iter().map(route).collect(),
            scopes: table.scopes(),
            defects: Defect::ALL.map(defect).to_vec(),
        }
    }

    pub(super) fn api(&self) -> &str {
        &self.api
    }
}
