//! A notes API for many tenants, with every kind of requirement in its signatures, and attacks on it.
//!
//! ```sh
//! cargo test --example tenant_notes
//! ```

use std::collections::BTreeMap;

use actix_resource_server::verifier::Verifier;
use actix_resource_server::{
    AnyOf, Authorized, Bound, InRole, ProtectedResource, Public, Routes, authentication,
    permissions, roles, rules, scopes,
};
use actix_web::error::ErrorNotFound;
use actix_web::web::{Data, Path};
use actix_web::{App, HttpServer};
use serde::Deserialize;

scopes! {
    /// Read the notes of the caller's tenant.
    pub ReadNotes = "notes:read";
    /// Write notes in the caller's tenant.
    pub WriteNotes = "notes:write";
}

permissions! {
    /// Take all notes of a tenant out of the service.
    pub ExportNotes = "notes:export";
}

roles! {
    /// Runs a tenant.
    pub Admin = "admin";
    /// Reads everything in the regions it is responsible for.
    pub Auditor = "auditor";
}

authentication! {
    /// Signed in with a second factor, at most five minutes ago.
    pub RecentSecondFactor = acr "urn:example:2fa" or "phr", max_age 300;
}

rules! {
    /// The tenant in the path is the caller's own.
    pub OwnTenant = path "tenant" equals claim "org_id";
    /// The region in the path is one of the caller's.
    pub OwnRegion = path "region" is one of claim "regions";
    /// The note in the path is the caller's own.
    pub Owner = |claims: Caller, path: NotePath| path.owner == claims.sub;
}

/// The claims that rules read.
#[derive(Deserialize)]
pub struct Caller {
    sub: String,
}

/// The path of a note. A rule and a handler read it as the same type.
#[derive(Deserialize)]
pub struct NotePath {
    tenant: String,
    owner: String,
}

type TenantReader = Authorized<(OwnTenant, ReadNotes)>;
type NoteReader = Authorized<(OwnTenant, AnyOf<(Owner, Auditor)>)>;
type TenantRemover = Authorized<(OwnTenant, Admin, RecentSecondFactor)>;
type Exporter = Authorized<(Bound, OwnTenant, ExportNotes)>;
type RegionAuditor = Authorized<(OwnRegion, Auditor)>;

/// The notes of each owner of each tenant.
type Notes = BTreeMap<&'static str, BTreeMap<&'static str, &'static str>>;

/// Routes; each handler's signature declares its policy.
pub fn routes() -> Routes {
    let tenant = Routes::new()
        .get("", list)
        .delete("", remove)
        .get("/notes/{owner}", read)
        .post("/export", export);
    Routes::new()
        .get("/", about)
        .get("/admins", admins)
        .get("/regions/{region}", audit)
        .scope("/tenants/{tenant}", tenant)
}

async fn about(_: Public) -> &'static str {
    "Notes"
}

async fn admins(_: InRole<Admin>) -> &'static str {
    "A page for admins of any tenant"
}

async fn list(
    _: TenantReader,
    tenant: Path<String>,
    notes: Data<Notes>,
) -> actix_web::Result<String> {
    let notes = notes.get(tenant.as_str()).ok_or_else(|| ErrorNotFound("no such tenant"))?;
    Ok(notes.values().copied().collect::<Vec<_>>().join("\n"))
}

async fn read(
    _: NoteReader,
    path: Path<NotePath>,
    notes: Data<Notes>,
) -> actix_web::Result<&'static str> {
    let note = notes.get(path.tenant.as_str()).and_then(|notes| notes.get(path.owner.as_str()));
    note.copied().ok_or_else(|| ErrorNotFound("no such note"))
}

async fn remove(_: TenantRemover, tenant: Path<String>) -> String {
    format!("{tenant} would be removed now")
}

async fn export(_: Exporter, tenant: Path<String>) -> String {
    format!("the notes of {tenant} would be exported now")
}

async fn audit(_: RegionAuditor, region: Path<String>) -> String {
    format!("all notes in {region}")
}

fn notes() -> Notes {
    BTreeMap::from([
        ("acme", BTreeMap::from([("ann", "note of ann"), ("bob", "note of bob")])),
        ("rival", BTreeMap::from([("eve", "secret of rival")])),
        ("caf\u{e9}", BTreeMap::from([("zoe", "secret of caf\u{e9}")])),
    ])
}

#[actix_web::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let verifier = Verifier::builder()
        .issuer(std::env::var("ISSUER")?)
        .audience(std::env::var("AUDIENCE")?)
        .start()?;
    let resource = ProtectedResource::new(verifier);
    HttpServer::new(move || {
        App::new().app_data(resource.clone()).app_data(Data::new(notes())).service(routes())
    })
    .bind(("127.0.0.1", 3010))?
    .run()
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests;
