use actix_resource_server::*;

authentication! {
    pub Strong = acr "two words";
}

fn main() {}
