use actix_resource_server::*;

struct NotAResponse;

async fn wrong(_: Public) -> NotAResponse {
    NotAResponse
}

fn main() {
    let _ = Routes::new().get("/", wrong);
}
