use actix_resource_server::*;

async fn late(_: actix_web::web::Json<String>, _: Claims) -> &'static str {
    ""
}

fn main() {
    let _ = Routes::new().post("/", late);
}
