use actix_resource_server::*;

struct NotDeserialize;

async fn wrong(_: Claims<NotDeserialize>) -> &'static str {
    ""
}

fn main() {
    let _ = Routes::new().get("/", wrong);
}
