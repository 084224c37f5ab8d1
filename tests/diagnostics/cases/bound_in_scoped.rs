use actix_resource_server::*;

async fn wrong(_: Scoped<Bound>) -> &'static str {
    ""
}

fn main() {
    let _ = wrong;
}
