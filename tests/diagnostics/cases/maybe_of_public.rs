use actix_resource_server::*;

async fn wrong(_: Maybe<Public>) -> &'static str {
    ""
}

fn main() {}
