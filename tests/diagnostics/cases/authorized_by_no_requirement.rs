use actix_resource_server::*;

async fn wrong(_: Authorized<String>) -> &'static str {
    ""
}

fn main() {}
