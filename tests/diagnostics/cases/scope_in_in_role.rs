use actix_resource_server::*;

scopes! {
    pub Read = "read";
}

async fn wrong(_: InRole<Read>) -> &'static str {
    ""
}

fn main() {
    let _ = wrong;
}
