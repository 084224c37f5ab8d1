use actix_resource_server::*;

permissions! {
    pub Nothing = "";
}

fn main() {}
