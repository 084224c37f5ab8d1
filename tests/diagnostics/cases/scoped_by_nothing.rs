use actix_resource_server::*;

async fn wrong(_: Scoped<()>) -> &'static str {
    ""
}

fn main() {}
