use actix_resource_server::*;

async fn open(_: actix_web::web::Path<u32>) -> &'static str {
    ""
}

fn main() {
    let _ = Routes::new().get("/{id}", open);
}
