use actix_resource_server::*;

authentication! {
    pub Never = max_age 0;
}

fn main() {}
