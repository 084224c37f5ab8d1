use actix_resource_server::*;

permissions! {
    pub Moderate = "moderate";
}

async fn wrong(_: Scoped<Moderate>) -> &'static str {
    ""
}

fn main() {}
