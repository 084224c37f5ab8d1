use actix_resource_server::*;

authentication! {
    pub Recent = max_age 300;
}

async fn wrong(_: InRole<Recent>) -> &'static str {
    ""
}

fn main() {
    let _ = wrong;
}
