//! Hosted identity platforms: Auth0, Okta, Cognito, PingOne, Google, Firebase, Supabase, Cloudflare.

use actix_resource_server::token::Algorithm;
use serde_json::{Value, json};

use super::{Mistake, Shape};

const CLIENT: &str = "aB3dEfGhIjKlMnOpQrStUvWxYz012345";

pub(super) fn shapes() -> Vec<Shape> {
    vec![
        auth0(),
        auth0_rfc9068(),
        okta(),
        cognito(),
        cognito_with_audience(),
        ping_one(),
        google(),
        firebase(),
        supabase(),
        supabase_in_transition(),
        cloudflare(),
    ]
}

fn shape(name: &'static str, recipe: &'static str, metadata: Value, claims: Value) -> Shape {
    Shape {
        name,
        recipe: (recipe, 0),
        algorithm: Algorithm::Rs256,
        metadata: Some(metadata),
        key_members: json!({"use": "sig"}),
        header: json!({"typ": "JWT"}),
        claims,
        routes: &["/scope"],
        mistakes: Vec::new(),
    }
}

fn auth0() -> Shape {
    let metadata = json!({
        "issuer": "https://shop.eu.auth0.com/",
        "jwks_uri": "https://shop.eu.auth0.com/.well-known/jwks.json",
        "id_token_signing_alg_values_supported": ["HS256", "RS256", "PS256"],
    });
    let claims = json!({
        "iss": "https://shop.eu.auth0.com/", "sub": "auth0|60d5f4",
        "aud": ["https://api.example", "https://shop.eu.auth0.com/userinfo"],
        "azp": CLIENT, "scope": "openid read:messages", "permissions": ["edit:messages"],
    });
    Shape {
        key_members: json!({"use": "sig", "alg": "RS256", "x5t": "dGh1bWJwcmludA"}),
        routes: &["/scope", "/permission"],
        mistakes: vec![
            Mistake::new(
                "no audience requested",
                |_, claims| claims["aud"] = "https://shop.eu.auth0.com/userinfo".into(),
                "audience_mismatch",
                "audience=https://api.example",
            ),
            Mistake::new(
                "ID token",
                |_, claims| {
                    claims["aud"] = CLIENT.into();
                    claims["nonce"] = "n".into();
                },
                "audience_mismatch",
                "send the access token",
            ),
            Mistake::text(
                "opaque",
                "Uf3cVYNrk0ioFzqJqb1aNT3Ki3qAEWFv",
                "opaque",
                "audience=https://api.example",
            ),
            Mistake::new(
                "issuer without a slash",
                |_, claims| claims["iss"] = "https://shop.eu.auth0.com".into(),
                "issuer_mismatch",
                "it names https://shop.eu.auth0.com/",
            ),
        ],
        ..shape("Auth0", "Auth0", metadata, claims)
    }
}

fn auth0_rfc9068() -> Shape {
    let claims = json!({
        "iss": "https://shop.eu.auth0.com/", "sub": "auth0|60d5f4", "aud": "https://api.example",
        "client_id": CLIENT, "jti": "Jd9w2", "scope": "read:messages",
        "permissions": ["edit:messages"],
    });
    Shape {
        name: "Auth0, RFC 9068 profile",
        header: json!({"typ": "at+jwt"}),
        claims,
        mistakes: Vec::new(),
        ..auth0()
    }
}

fn okta() -> Shape {
    let issuer = "https://shop.okta.com/oauth2/default";
    let metadata = json!({"issuer": issuer, "jwks_uri": format!("{issuer}/v1/keys")});
    let claims = json!({
        "ver": 1, "jti": "AT.0mP4JKAZX1iACIT4vbEDF7LpvDVjxypPMf0D7uX39RE", "iss": issuer,
        "aud": "api://default", "cid": "nmdP1fcyvdVO11AL7ECm", "uid": "00ujmkLgagxeRrAg20g3",
        "scp": ["openid", "read:messages"], "auth_time": 1_700_000_000, "sub": "user@shop.example",
    });
    Shape {
        header: json!({}),
        routes: &["/scope"],
        mistakes: vec![
            Mistake::new(
                "of the org authorization server",
                |_, claims| {
                    claims["iss"] = "https://shop.okta.com".into();
                    claims["aud"] = "https://shop.okta.com".into();
                },
                "issuer_mismatch",
                "request the token from the authorization server whose audience is api://default",
            ),
            Mistake::new(
                "another authorization server",
                |_, claims| claims["aud"] = "https://other.example".into(),
                "audience_mismatch",
                "the authorization server whose audience is api://default",
            ),
        ],
        ..shape("Okta, custom authorization server", "Okta", metadata, claims)
    }
}

pub(super) fn cognito() -> Shape {
    let mut shape = cognito_with_audience();
    shape.claims.as_object_mut().expect("claims").remove("aud");
    Shape {
        name: "Amazon Cognito",
        recipe: ("Amazon Cognito", 0),
        mistakes: vec![
            Mistake::new(
                "ID token",
                |_, claims| {
                    claims["aud"] = "00001111-aaaa-2222-bbbb-3333cccc4444".into();
                    claims["token_use"] = "id".into();
                    drop(claims.as_object_mut().expect("claims").remove("client_id"));
                },
                "audience_mismatch",
                "send the access token",
            ),
            Mistake::new(
                "ID token without its audience",
                |_, claims| claims["token_use"] = "id".into(),
                "wrong_token_use",
                "send the access token",
            ),
            Mistake::new(
                "of another client",
                |_, claims| claims["client_id"] = "another".into(),
                "client_mismatch",
                "add another to CLIENT_IDS",
            ),
            Mistake::new(
                "for a resource",
                |_, claims| claims["aud"] = "https://api.example".into(),
                "audience_mismatch",
                "if this is the name of this API",
            )
            .fixed_by("AUDIENCE", "https://api.example"),
        ],
        ..shape
    }
}

fn cognito_with_audience() -> Shape {
    let issuer = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEf123";
    let metadata = json!({"issuer": issuer, "jwks_uri": format!("{issuer}/.well-known/jwks.json")});
    let claims = json!({
        "sub": "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee", "aud": "https://api.example",
        "cognito:groups": ["editor"], "iss": issuer, "version": 2,
        "client_id": "00001111-aaaa-2222-bbbb-3333cccc4444",
        "origin_jti": "origin", "event_id": "event", "token_use": "access",
        "scope": "openid https://api.example/messages.read", "auth_time": 1_700_000_000,
        "jti": "jti", "username": "user",
    });
    Shape {
        recipe: ("Amazon Cognito", 1),
        header: json!({}),
        routes: &["/cognito-scope", "/role"],
        mistakes: vec![
            Mistake::new(
                "no resource requested",
                |_, claims| drop(claims.as_object_mut().expect("claims").remove("aud")),
                "claim_missing",
                "and remove AUDIENCE",
            )
            .fixed_by("CLIENT_IDS", "00001111-aaaa-2222-bbbb-3333cccc4444")
            .fixed_by("AUDIENCE", ""),
            Mistake::new(
                "ID token",
                |_, claims| {
                    claims["aud"] = "00001111-aaaa-2222-bbbb-3333cccc4444".into();
                    claims["token_use"] = "id".into();
                },
                "audience_mismatch",
                "send the access token",
            ),
        ],
        ..shape("Amazon Cognito, with an audience", "Amazon Cognito", metadata, claims)
    }
}

fn ping_one() -> Shape {
    let issuer = "https://auth.pingone.eu/22223333-cccc-4444-dddd-5555eeee6666/as";
    let metadata = json!({"issuer": issuer, "jwks_uri": format!("{issuer}/jwks")});
    let claims = json!({
        "client_id": "33334444-dddd-5555-eeee-6666ffff7777", "iss": issuer, "jti": "jti",
        "sub": "44445555-eeee-6666-ffff-777700008888", "sid": "sid", "acr": "Single_Factor",
        "aud": ["https://api.example"], "scope": "read:messages", "p1.permissions": ["edit:messages"],
    });
    Shape {
        header: json!({}),
        routes: &["/scope", "/permission"],
        mistakes: vec![Mistake::new(
            "of the PingOne API",
            |_, claims| claims["aud"] = json!(["https://api.pingone.eu"]),
            "audience_mismatch",
            "a scope of the PingOne resource whose audience is https://api.example",
        )],
        ..shape("PingOne", "PingOne", metadata, claims)
    }
}

fn google() -> Shape {
    let metadata = json!({
        "issuer": "https://accounts.google.com",
        "jwks_uri": "https://www.googleapis.com/oauth2/v3/certs",
        "id_token_signing_alg_values_supported": ["RS256"],
    });
    let claims = json!({
        "aud": "https://api.example", "azp": "112010400000000710080",
        "email": "robot@shop-1234.iam.gserviceaccount.com", "email_verified": true,
        "iss": "https://accounts.google.com", "sub": "112010400000000710080",
    });
    Shape {
        routes: &["/robot"],
        mistakes: vec![
            Mistake::text("access token", "ya29.a0AfB_byC-example", "wrong_part_count", "ID token"),
            Mistake::text(
                "access token with three parts",
                "ya29.c.b0Aaekm1K",
                "malformed",
                "ID token",
            ),
            Mistake::new(
                "of a user's browser",
                |_, claims| {
                    claims["aud"] = "407408718192.apps.googleusercontent.com".into();
                    claims["azp"] = "407408718192.apps.googleusercontent.com".into();
                },
                "audience_mismatch",
                "audience is https://api.example",
            ),
        ],
        ..shape("Google, ID token of a service account", "Google", metadata, claims)
    }
}

fn firebase() -> Shape {
    let issuer = "https://securetoken.google.com/shop-1234";
    let metadata = json!({
        "issuer": issuer,
        "jwks_uri": "https://www.googleapis.com/service_accounts/v1/jwk/securetoken@system.gserviceaccount.com",
    });
    let claims = json!({
        "admin": true, "iss": issuer, "aud": "shop-1234", "auth_time": 1_700_000_000,
        "user_id": "user", "sub": "user", "email": "user@shop.example", "email_verified": true,
        "firebase": {"identities": {"email": ["user@shop.example"]}, "sign_in_provider": "password"},
    });
    Shape {
        routes: &["/admin"],
        mistakes: vec![Mistake::new(
            "of another project",
            |_, claims| {
                claims["iss"] = "https://securetoken.google.com/other".into();
                claims["aud"] = "other".into();
            },
            "issuer_mismatch",
            "request the token from the configured issuer",
        )],
        ..shape("Firebase", "Firebase Authentication", metadata, claims)
    }
}

fn supabase() -> Shape {
    let claims = json!({
        "iss": "https://shop-1234.supabase.co/auth/v1", "aud": "authenticated",
        "sub": "123e4567-e89b-12d3-a456-426614174000", "role": "authenticated", "aal": "aal1",
        "session_id": "session", "email": "user@shop.example", "phone": "", "is_anonymous": false,
        "app_metadata": {"provider": "email"}, "user_metadata": {},
    });
    Shape {
        algorithm: Algorithm::Es256,
        metadata: None,
        routes: &["/database-role"],
        mistakes: vec![Mistake::new(
            "of another project",
            |_, claims| claims["iss"] = "https://other.supabase.co/auth/v1".into(),
            "issuer_mismatch",
            "request the token from the configured issuer",
        )],
        ..shape("Supabase", "Supabase", Value::Null, claims)
    }
}

/// While old tokens are signed with the secret.
pub(super) fn supabase_in_transition() -> Shape {
    Shape { name: "Supabase, with the secret too", recipe: ("Supabase", 1), ..supabase() }
}

fn cloudflare() -> Shape {
    let tag = "32eafc7626e974616deaf0dc3ce63d7bcbed58a2731e84d06bc3cdf1b53c4228";
    let claims = json!({
        "aud": [tag], "email": "user@shop.example", "nbf": 1_700_000_000,
        "iss": "https://shop.cloudflareaccess.com", "type": "app", "identity_nonce": "6ei69kawdK",
        "sub": "7335d417-61da-459d-899c-0a01c76a2f94", "country": "US",
    });
    Shape {
        metadata: None,
        routes: &["/employee"],
        mistakes: vec![Mistake::new(
            "of another application",
            |_, claims| claims["aud"] = json!(["0".repeat(64)]),
            "audience_mismatch",
            "request the token for this API",
        )],
        ..shape("Cloudflare Access", "Cloudflare Access", Value::Null, claims)
    }
}
