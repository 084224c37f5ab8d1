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
}

#[derive(serde::Deserialize)]
struct Age {
    age: u8,
}

async fn none(_: Public) -> &'static str {
    ""
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
    let _ = Routes::new().get("/closure", closure).scope("/v1", routes).table();
}
