//! Issuers that people run themselves: Keycloak, ZITADEL, Ory Hydra, authentik, Dex.

use actix_resource_server::token::Algorithm;
use serde_json::{Value, json};

use super::microsoft::API as CLIENT;
use super::{Mistake, Shape};

pub(super) fn shapes() -> Vec<Shape> {
    vec![keycloak(), zitadel(), hydra(), authentik(), dex()]
}

fn shape(name: &'static str, issuer: &str, keys: &str, claims: Value) -> Shape {
    Shape {
        name,
        recipe: (name, 0),
        algorithm: Algorithm::Rs256,
        metadata: Some(json!({"issuer": issuer, "jwks_uri": keys})),
        key_members: json!({"use": "sig", "alg": "RS256"}),
        header: json!({"typ": "JWT"}),
        claims,
        routes: &["/scope"],
        mistakes: Vec::new(),
    }
}

pub(super) fn keycloak() -> Shape {
    let issuer = "https://keycloak.example/realms/shop";
    let claims = json!({
        "jti": "onrtac:6b", "iss": issuer, "aud": ["https://api.example", "account"],
        "sub": "f1e2", "typ": "Bearer", "azp": "shop", "sid": "sid", "acr": "1",
        "allowed-origins": ["https://shop.example"],
        "realm_access": {"roles": ["editor", "offline_access", "uma_authorization"]},
        "resource_access": {"account": {"roles": ["manage-account", "view-profile"]}},
        "scope": "openid profile email read:messages", "email_verified": true,
        "preferred_username": "user",
    });
    Shape {
        routes: &["/scope", "/role"],
        mistakes: vec![
            Mistake::new(
                "no Audience mapper",
                |_, claims| claims["aud"] = "account".into(),
                "audience_mismatch",
                "add an Audience mapper with the custom audience https://api.example",
            ),
            Mistake::new(
                "requested at the address inside the cluster",
                |_, claims| claims["iss"] = "http://keycloak:8080/realms/shop".into(),
                "issuer_mismatch",
                "request the token from the configured issuer",
            ),
            Mistake::new(
                "proxy without forwarded headers",
                |_, claims| claims["iss"] = "http://keycloak.example/realms/shop".into(),
                "issuer_mismatch",
                "a proxy in front of the issuer",
            ),
        ],
        ..shape("Keycloak", issuer, &format!("{issuer}/protocol/openid-connect/certs"), claims)
    }
}

fn zitadel() -> Shape {
    let issuer = "https://shop-abc123.us1.zitadel.cloud";
    let claims = json!({
        "iss": issuer, "sub": "345377791925026818", "aud": ["344373908297744388", "344374183645413380"],
        "client_id": "344373908297744388", "jti": "jti", "nbf": 1_700_000_000,
        "urn:zitadel:iam:org:project:roles": {"editor": {"344373908297744388": "shop.example"}},
    });
    Shape {
        routes: &["/zitadel-role"],
        mistakes: vec![Mistake::new(
            "project not requested",
            |_, claims| claims["aud"] = json!(["344373908297744388"]),
            "audience_mismatch",
            "scope=urn:zitadel:iam:org:project:id:344374183645413380:aud",
        )],
        ..shape("ZITADEL", issuer, &format!("{issuer}/oauth/v2/keys"), claims)
    }
}

fn hydra() -> Shape {
    let claims = json!({
        "aud": ["https://api.example"], "client_id": "1f3e", "ext": {}, "iss": "https://hydra.example",
        "jti": "jti", "nbf": 1_700_000_000, "scp": ["read:messages"], "sub": "user",
    });
    Shape {
        routes: &["/scope"],
        mistakes: vec![
            Mistake::text(
                "opaque",
                "ory_at_Sd9kP-1x.c2lnbmF0dXJl",
                "wrong_part_count",
                "strategies.access_token: jwt",
            ),
            Mistake::new(
                "no audience requested",
                |_, claims| claims["aud"] = json!([]),
                "audience_mismatch",
                "audience=https://api.example",
            ),
        ],
        ..shape(
            "Ory Hydra",
            "https://hydra.example",
            "https://hydra.example/.well-known/jwks.json",
            claims,
        )
    }
}

fn authentik() -> Shape {
    let issuer = "https://authentik.example/application/o/shop/";
    let claims = json!({
        "iss": issuer, "sub": "9d2f", "aud": CLIENT, "auth_time": 1_700_000_000, "acr": "goauthentik.io/providers/oauth2/default",
        "amr": ["pwd"], "sid": "sid", "email": "user@shop.example", "groups": ["editor"],
        "azp": CLIENT, "uid": "uid", "scope": "openid profile read:messages",
    });
    Shape {
        routes: &["/scope", "/role"],
        mistakes: vec![Mistake::new(
            "of another application",
            |_, claims| claims["iss"] = "https://authentik.example/application/o/other/".into(),
            "issuer_mismatch",
            "request the token from the configured issuer",
        )],
        ..shape("authentik", issuer, &format!("{issuer}jwks/"), claims)
    }
}

fn dex() -> Shape {
    let claims = json!({
        "iss": "https://dex.example", "sub": "CgdleGFtcGxlEgVsb2NhbA", "aud": CLIENT,
        "at_hash": "a1b2", "email": "user@shop.example", "email_verified": true,
        "groups": ["editor"], "name": "A User",
    });
    Shape {
        header: json!({}),
        routes: &["/role"],
        mistakes: vec![Mistake::new(
            "of another client",
            |_, claims| claims["aud"] = "other-client".into(),
            "audience_mismatch",
            "audience=00001111-aaaa-2222-bbbb-3333cccc4444",
        )],
        ..shape("Dex", "https://dex.example", "https://dex.example/keys", claims)
    }
}
