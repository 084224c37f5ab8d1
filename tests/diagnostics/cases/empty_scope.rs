use actix_resource_server::*;

scopes! {
    pub Nothing = "";
}

fn main() {}
