use actix_resource_server::*;

roles! {
    pub Admin = "admin";
}

async fn wrong(_: Scoped<Admin>) -> &'static str {
    ""
}

fn main() {
    let _ = wrong;
}
