use actix_resource_server::*;

async fn forgotten() -> &'static str {
    ""
}

fn main() {
    let _ = Routes::new().get("/", forgotten);
}
