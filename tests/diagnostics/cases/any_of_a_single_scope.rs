use actix_resource_server::*;

scopes! {
    pub Read = "read";
}

async fn wrong(_: Scoped<AnyOf<Read>>) -> &'static str {
    ""
}

fn main() {}
