use actix_resource_server::*;

async fn wrong(_: Maybe<Maybe<Claims>>) -> &'static str {
    ""
}

fn main() {}
