//! Gateways that pass the token on in a header field of their own.

use actix_resource_server::token::Algorithm;
use serde_json::{Value, json};

use super::{Mistake, Shape, identity_platforms, self_hosted};

pub(super) fn shapes() -> Vec<Shape> {
    vec![identity_aware_proxy(), load_balancer(), oauth2_proxy()]
}

fn identity_aware_proxy() -> Shape {
    let claims = json!({
        "iss": "https://cloud.google.com/iap", "sub": "accounts.google.com:11223344",
        "aud": "/projects/123456789/global/backendServices/987654321",
        "email": "user@shop.example", "azp": "/projects/123456789/global/backendServices/987654321",
        "hd": "shop.example", "google": {"access_levels": []},
    });
    Shape {
        name: "Google Identity-Aware Proxy",
        recipe: ("Google Identity-Aware Proxy", 0),
        algorithm: Algorithm::Es256,
        metadata: None,
        key_members: json!({"use": "sig", "alg": "ES256"}),
        header: json!({"typ": "JWT"}),
        claims,
        routes: &["/employee"],
        mistakes: vec![Mistake::new(
            "of another backend service",
            |_, claims| claims["aud"] = Value::from("/projects/1/global/backendServices/1"),
            "audience_mismatch",
            "request the token for this API",
        )],
    }
}

/// The load balancer's own `X-Amzn-Oidc-Data` has padded parts, so it is no JWS (RFC 7515 section 2);
/// the access token that it got from the issuer is in another field.
fn load_balancer() -> Shape {
    Shape {
        name: "AWS Application Load Balancer",
        recipe: ("AWS Application Load Balancer", 0),
        ..identity_platforms::cognito()
    }
}

fn oauth2_proxy() -> Shape {
    Shape {
        name: "oauth2-proxy",
        recipe: ("oauth2-proxy", 0),
        mistakes: Vec::new(),
        ..self_hosted::keycloak()
    }
}
