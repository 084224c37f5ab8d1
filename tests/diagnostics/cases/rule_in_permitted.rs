use actix_resource_server::*;

rules! {
    pub OwnTenant = path "tenant" equals claim "org_id";
}

async fn wrong(_: Permitted<OwnTenant>) -> &'static str {
    ""
}

fn main() {
    let _ = wrong;
}
