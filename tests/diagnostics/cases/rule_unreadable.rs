use actix_resource_server::*;

rules! {
    pub OwnTenant = path "tenant" is claim "org_id";
}

fn main() {}
