use actix_resource_server::*;

roles! {
    pub Nothing = "";
}

fn main() {}
