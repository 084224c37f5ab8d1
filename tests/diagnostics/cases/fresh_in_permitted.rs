use actix_resource_server::*;

async fn wrong(_: Permitted<Fresh>) -> &'static str {
    ""
}

fn main() {
    let _ = wrong;
}
