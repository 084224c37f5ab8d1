use actix_resource_server::*;
use actix_web::web::{Bytes, Data, Path, Query};

scopes! {
    pub Read = "read";
    Write = "write";
}
permissions! {
    pub Moderate = "moderate";
}
rules! {
    pub Acme = claim "org_id" equals "acme";
    Adult = |claims: Age| claims.age >= 18;
    /// The tenant in the path is the caller's own.
    pub OwnTenant = path "tenant" equals claim "org_id";
    OwnRegion = path "region" is one of claim "regions";
    OwnAge = |claims: Age, path: (u8, String)| claims.age == path.0;
}
roles! {
    /// Runs the shop.
    pub Admin = "admin";
    Auditor = "auditor";
}
authentication! {
    /// Signed in with a second factor, at most five minutes ago.
    pub RecentSecondFactor = acr "urn:example:2fa" or "phr", max_age 300;
    Strong = acr "phr";
    Recent = max_age 60;
}

#[derive(serde::Deserialize)]
struct Age {
    age: u8,
}

async fn none(_: Public) -> &'static str {
    ""
}
async fn mine(_: Authorized<(Bound, OwnTenant, AnyOf<(Recent, Strong, Auditor)>)>) -> String {
    String::new()
}
async fn run(_: InRole<AnyOf<(Admin, Auditor)>>, _: Path<String>) -> String {
    String::new()
}
async fn region(_: Authorized<(OwnRegion, RecentSecondFactor)>) -> String {
    String::new()
}
async fn age(_: Authorized<OwnAge>) -> String {
    String::new()
}
async fn one(_: Maybe<Scoped<Read>>, _: Path<u32>) -> String {
    String::new()
}
type Texts = Query<Vec<(String, String)>>;
type D = Data<u8>;
async fn eleven(
    _: Authorized<(Acme, AnyOf<(Write, Moderate, (Read, Adult))>)>,
    _: D, _: D, _: D, _: D, _: D, _: D, _: D, _: D, _: Path<u32>, _: Texts, _: Bytes,
) -> &'static str {
    ""
}

fn main() {
    let seen = String::from("captured");
    let closure = move |_: Public| {
        let seen = seen.clone();
        async move { seen }
    };
    let routes = Routes::new().get("/", none).get("/{id}", one).post("/{id}", eleven);
    let words = Routes::new()
        .get("/{tenant}/mine", mine)
        .get("/run/{id}", run)
        .get("/regions/{region}", region)
        .get("/ages/{age}/{name}", age);
    let _ = words.table();
    let _ = Routes::new().get("/closure", closure).scope("/v1", routes).table();
}
