use actix_resource_server::*;

authentication! {
    pub Recent = max_age 300, acr "phr";
}

fn main() {}
