//! A protected API and the tests that it needs; copy the module `tests`.
//!
//! ```sh
//! cargo test --example tested_api
//! ```

use actix_resource_server::verifier::Verifier;
use actix_resource_server::{
    Claims, Permitted, ProtectedResource, Public, Routes, Scoped, permissions, scopes,
};
use actix_web::web::Path;
use actix_web::{App, HttpServer};

scopes! {
    /// Read the caller's invoices.
    pub ReadInvoices = "read:invoices";
}

permissions! {
    /// Cancel any user's invoice.
    pub CancelInvoices = "cancel:invoices";
}

/// Routes; each handler's signature declares its policy.
fn routes() -> Routes {
    let invoice = Routes::new().get("/{number}", read).delete("/{number}", cancel);
    Routes::new().get("/", about).get("/me", me).scope("/invoices", invoice)
}

async fn about(_: Public) -> &'static str {
    "Invoices"
}

async fn me(claims: Claims) -> String {
    claims.subject.clone().unwrap_or_default()
}

async fn read(_: Scoped<ReadInvoices>, number: Path<u32>) -> String {
    format!("Invoice {number}")
}

async fn cancel(_: Permitted<CancelInvoices>, number: Path<u32>) -> String {
    format!("Invoice {number} is canceled")
}

#[actix_web::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let verifier = Verifier::builder()
        .issuer(std::env::var("ISSUER")?)
        .audience(std::env::var("AUDIENCE")?)
        .start()?;
    let resource = ProtectedResource::new(verifier);
    HttpServer::new(move || App::new().app_data(resource.clone()).service(routes()))
        .bind(("127.0.0.1", 3010))?
        .run()
        .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use actix_resource_server::testing::{
        BearerRequest, Behavior, Endpoint, ManualClock, OfflineIssuer, RouteWalk, TestIssuer,
    };
    use actix_web::test::{TestRequest, call_and_read_body, call_service, init_service};

    use super::*;

    const AUDIENCE: &str = "https://invoices.example";

    /// Sends one request without a network and returns the status.
    async fn ask(issuer: &OfflineIssuer, request: TestRequest) -> u16 {
        let app = App::new().app_data(issuer.protected_resource()).service(routes());
        let app = init_service(app).await;
        call_service(&app, request.to_request()).await.status().as_u16()
    }

    /// Who may call what, one line each.
    #[actix_web::test]
    async fn each_route_admits_the_right_callers() {
        let issuer = OfflineIssuer::new(AUDIENCE);
        let anyone = || issuer.token();
        let reader = || issuer.token().scope("read:invoices");
        let clerk = || issuer.token().permissions(["cancel:invoices"]);
        let get = |path: &str| TestRequest::get().uri(path);
        let delete = |path: &str| TestRequest::delete().uri(path);
        let table = [
            (get("/"), 200),
            (get("/me"), 401),
            (get("/me").bearer(anyone()), 200),
            (get("/me").bearer(anyone().expires_in(-60)), 401),
            (get("/invoices/7").bearer(anyone()), 403),
            (get("/invoices/7").bearer(reader()), 200),
            (delete("/invoices/7").bearer(reader()), 403),
            (delete("/invoices/7").bearer(clerk()), 200),
        ];
        for (row, (request, status)) in table.into_iter().enumerate() {
            assert_eq!(ask(&issuer, request).await, status, "row {row}");
        }
    }

    /// How a handler uses the caller's claims.
    #[actix_web::test]
    async fn handler_reads_the_subject() {
        let issuer = OfflineIssuer::new(AUDIENCE);
        let app = App::new().app_data(issuer.protected_resource()).service(routes());
        let app = init_service(app).await;
        let request = TestRequest::get().uri("/me").bearer(issuer.token().subject("auth0|ann"));
        assert_eq!(call_and_read_body(&app, request.to_request()).await, "auth0|ann");
    }

    /// No route is open by mistake, including routes that will be added later.
    #[actix_web::test]
    async fn every_guarded_route_rejects_every_bad_token() {
        let issuer = OfflineIssuer::new(AUDIENCE);
        let verifier = issuer.verifier();
        let resource = ProtectedResource::new(verifier.clone());
        let app = init_service(App::new().app_data(resource).service(routes())).await;
        RouteWalk::new(&routes().table(), &verifier, || issuer.token())
            .parameter("number", "7")
            .assert_rejected(&app)
            .await;
    }

    /// A route that becomes more public shows up as a difference.
    #[test]
    fn policies_are_as_reviewed() {
        let table = routes().table();
        let policies: Vec<_> = table.iter().map(|route| route.policy.to_string()).collect();
        assert_eq!(
            policies,
            ["public", "permission cancel:invoices", "scope read:invoices", "any valid token"]
        );
    }

    /// A token expires at its `exp`, plus the clock tolerance.
    #[actix_web::test]
    async fn token_expires() {
        let issuer = OfflineIssuer::new(AUDIENCE);
        let clock = Arc::new(ManualClock::now());
        let verifier = issuer.verifier_builder().clock(clock.clone()).start().expect("a verifier");
        let token = issuer.token().expires_in(60).encode();
        assert!(verifier.verify(&token).await.is_ok());
        clock.advance(Duration::from_secs(120));
        assert!(verifier.verify(&token).await.is_err());
    }

    /// After a key rotation, new tokens are valid at once; tokens signed with a withdrawn key are
    /// rejected once the keys have been fetched again.
    #[actix_web::test]
    async fn key_rotation_is_followed() {
        let issuer = TestIssuer::start();
        let verifier = verifier(&issuer);
        let before = issuer.token().audience(AUDIENCE).encode();
        assert!(verifier.verify(&before).await.is_ok());

        let old = issuer.signing_key();
        issuer.rotate();
        issuer.withdraw(old.id());
        let after = issuer.token().audience(AUDIENCE).encode();
        assert!(verifier.verify(&after).await.is_ok());
        assert!(verifier.verify(&before).await.is_err());
    }

    /// During an issuer outage, cached keys stay in use, and a token whose key cannot be fetched is not
    /// called invalid.
    #[actix_web::test]
    async fn issuer_outage_is_survived() {
        let issuer = TestIssuer::start();
        let verifier = verifier(&issuer);
        let known = issuer.token().audience(AUDIENCE).encode();
        assert!(verifier.verify(&known).await.is_ok());

        issuer.respond(Endpoint::KeySet, Behavior::status(500));
        issuer.rotate();
        let unknown = issuer.token().audience(AUDIENCE).encode();
        assert!(verifier.verify(&known).await.is_ok());
        let error = verifier.verify(&unknown).await.expect_err("no key");
        assert!(error.to_string().contains("cannot be fetched"), "{error}");

        // A refused connection has the same effect.
        issuer.stop();
        assert!(verifier.verify(&known).await.is_ok());
    }

    fn verifier(issuer: &TestIssuer) -> Verifier {
        Verifier::builder().issuer(issuer.url()).audience(AUDIENCE).start().expect("a verifier")
    }
}
