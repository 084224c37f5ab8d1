use actix_resource_server::*;

scopes! {
    pub TwoWords = "two words";
}

fn main() {}
