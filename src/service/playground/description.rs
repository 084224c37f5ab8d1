//! What the page is told of the API: nothing on it is typed by hand.

use serde::Serialize;

use crate::access::{RouteEntry, RouteTable};
use crate::service::settings::Settings;
use crate::testing::Defect;

/// The API as the page needs to know it.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Description {
    /// The API's origin.
    api: String,
    /// The issuer's name.
    issuer: String,
    /// What the API is called in the `aud` of its tokens.
    audiences: Vec<String>,
    /// The origins whose pages the API lets call it.
    origins: Vec<String>,
    /// The route table.
    routes: Vec<Route>,
    /// Every scope that some route names.
    scopes: Vec<&'static str>,
    /// What can be wrong with a token.
    defects: Vec<Wrong>,
}

#[derive(Debug, Clone, Serialize)]
struct Route {
    #[serde(flatten)]
    entry: RouteEntry,
    policy_text: String,
}

#[derive(Debug, Clone, Serialize)]
struct Wrong {
    name: &'static str,
    description: &'static str,
}

impl Description {
    pub(super) fn of(api: String, issuer: &str, settings: &Settings, table: &RouteTable) -> Self {
        let route = |entry: &RouteEntry| Route {
            entry: entry.clone(),
            policy_text: entry.policy.to_string(),
        };
        let wrong =
            |defect: Defect| Wrong { name: defect.name(), description: defect.description() };
        Self {
            api,
            issuer: issuer.to_owned(),
            audiences: settings.audiences.clone(),
            origins: settings.cors_origins.iter().map(ToString::to_string).collect(),
            routes: table.iter().map(route).collect(),
            scopes: table.scopes(),
            defects: Defect::ALL.map(wrong).to_vec(),
        }
    }

    pub(super) fn api(&self) -> &str {
        &self.api
    }
}
