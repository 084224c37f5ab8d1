//! Bare Actix server with one handler and a fixed body: the baseline.

use actix_web::{App, HttpResponse, HttpServer, web};

const BODY: &str = r#"{"message":"Hello from a public endpoint! You don't need to be authenticated to see this."}"#;

/// Port to serve on, if this process was started as the bare server.
pub(crate) fn port(arguments: &[String]) -> Option<u16> {
    let place = arguments.iter().position(|argument| argument == "--bare")?;
    arguments.get(place.checked_add(1)?)?.parse().ok()
}

pub(crate) fn serve(port: u16) {
    let server = async move {
        HttpServer::new(|| App::new().route("/api/public", web::get().to(hello)))
            .workers(1)
            .bind(("127.0.0.1", port))?
            .run()
            .await
    };
    actix_rt::System::new().block_on(server).expect("the bare server serves");
}

async fn hello() -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(BODY)
}
