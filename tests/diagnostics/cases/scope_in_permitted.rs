use actix_resource_server::*;

scopes! {
    pub Read = "read";
}

async fn wrong(_: Permitted<Read>) -> &'static str {
    ""
}

fn main() {}
