//! Microsoft's issuers: Entra ID, Azure AD B2C, Entra External ID, AD FS.

use actix_resource_server::token::Algorithm;
use serde_json::{Value, json};

use super::{Mistake, Shape};

pub(super) const TENANT: &str = "11112222-bbbb-3333-cccc-4444dddd5555";
pub(super) const API: &str = "00001111-aaaa-2222-bbbb-3333cccc4444";
const CLIENT: &str = "99998888-aaaa-7777-bbbb-6666cccc5555";
const THUMBPRINT: &str = "nOo3ZDrODXEK1jKWhXslHR_KXEg";

pub(super) fn shapes() -> Vec<Shape> {
    vec![v2(), many_tenants(), app_only(), v1(), b2c(), external_id(), adfs()]
}

fn entra(
    name: &'static str,
    recipe: (&'static str, usize),
    metadata: Value,
    claims: Value,
) -> Shape {
    Shape {
        name,
        recipe,
        algorithm: Algorithm::Rs256,
        key_members: json!({"x5t": THUMBPRINT, "issuer": metadata["issuer"]}),
        metadata: Some(metadata),
        header: json!({"typ": "JWT", "x5t": THUMBPRINT}),
        claims,
        routes: &["/microsoft-scope"],
        mistakes: Vec::new(),
    }
}

fn metadata_v2() -> Value {
    let host = "https://login.microsoftonline.com";
    json!({
        "issuer": format!("{host}/{TENANT}/v2.0"),
        "jwks_uri": format!("{host}/{TENANT}/discovery/v2.0/keys"),
        "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "subject_types_supported": ["pairwise"],
    })
}

fn v2() -> Shape {
    let claims = json!({
        "aud": API, "iss": format!("https://login.microsoftonline.com/{TENANT}/v2.0"),
        "nbf": 1_700_000_000, "aio": "AXQAi/8", "azp": CLIENT, "azpacr": "0",
        "name": "A User", "oid": "00000000-0000-0000-66f3-3332eca7ea81", "tid": TENANT,
        "preferred_username": "user@shop.example", "rh": "0.AX", "scp": "Messages.Read Messages.Write",
        "sub": "HKZpfaHyWadeOouYlitjrI-KffTm222X5rrV3xDqfKQ", "uti": "uti", "ver": "2.0",
    });
    Shape {
        mistakes: vec![
            Mistake::new(
                "for Graph",
                |header, claims| {
                    header["nonce"] = "made-up".into();
                    claims["aud"] = "00000003-0000-0000-c000-000000000000".into();
                    claims["iss"] = format!("https://sts.windows.net/{TENANT}/").into();
                },
                "issuer_mismatch",
                "scope=api://00001111-aaaa-2222-bbbb-3333cccc4444/.default",
            ),
            Mistake::new(
                "version 1.0",
                |_, claims| claims["iss"] = format!("https://sts.windows.net/{TENANT}/").into(),
                "issuer_mismatch",
                "requestedAccessTokenVersion to 2",
            )
            .fixed_by("ISSUER_BASE_URL", &format!("https://sts.windows.net/{TENANT}/")),
            Mistake::new(
                "App ID URI as audience",
                |_, claims| claims["aud"] = format!("api://{API}").into(),
                "audience_mismatch",
                "so that both are accepted",
            )
            .fixed_by("AUDIENCE", &format!("{API},api://{API}")),
            Mistake::new(
                "ID token",
                |_, claims| {
                    claims["aud"] = CLIENT.into();
                    claims["nonce"] = "12345".into();
                },
                "audience_mismatch",
                "send the access token",
            ),
            Mistake::new(
                "another tenant",
                |_, claims| {
                    let issuer = "https://login.microsoftonline.com/99992222-bbbb-3333-cccc-4444dddd5555/v2.0";
                    claims["iss"] = issuer.into();
                },
                "issuer_mismatch",
                "request the token from the configured issuer",
            ),
        ],
        ..entra("Entra ID, version 2.0", ("Microsoft Entra ID", 0), metadata_v2(), claims)
    }
}

/// Tokens of two tenants under the metadata of all.
fn many_tenants() -> Shape {
    const LOGIN: &str = "https://login.microsoftonline.com";
    let metadata = json!({
        "issuer": format!("{LOGIN}/{{tenantid}}/v2.0"),
        "jwks_uri": format!("{LOGIN}/common/discovery/v2.0/keys"),
        "id_token_signing_alg_values_supported": ["RS256"],
    });
    let claims = v2().claims;
    Shape {
        key_members: json!({
            "use": "sig", "x5t": THUMBPRINT, "issuer": format!("{LOGIN}/{{tenantid}}/v2.0"),
        }),
        mistakes: vec![
            Mistake::new(
                "a tenant that is not listed",
                |_, claims| {
                    claims["tid"] = "99992222-bbbb-3333-cccc-4444dddd5555".into();
                    claims["iss"] =
                        format!("{LOGIN}/99992222-bbbb-3333-cccc-4444dddd5555/v2.0").into();
                },
                "tenant_not_allowed",
                "add 99992222-bbbb-3333-cccc-4444dddd5555 to TENANTS",
            ),
            Mistake::new(
                "tid and iss of two tenants",
                |_, claims| claims["tid"] = "99992222-bbbb-3333-cccc-4444dddd5555".into(),
                "tenant_mismatch",
                "use a token as the issuer made it",
            ),
            Mistake::new(
                "no tid",
                |_, claims| drop(claims.as_object_mut().expect("claims").remove("tid")),
                "claim_missing",
                "use a token as the issuer made it",
            ),
            Mistake::new(
                "version 1.0",
                |_, claims| claims["iss"] = format!("https://sts.windows.net/{TENANT}/").into(),
                "issuer_mismatch",
                "request the token from the configured issuer",
            ),
        ],
        ..entra("Entra ID, many tenants", ("Microsoft Entra ID", 2), metadata, claims)
    }
}

fn app_only() -> Shape {
    let claims = json!({
        "aud": API, "iss": format!("https://login.microsoftonline.com/{TENANT}/v2.0"),
        "nbf": 1_700_000_000, "aio": "E2RgYP", "azp": CLIENT, "azpacr": "1", "idtyp": "app",
        "oid": "00000000-0000-0000-1111-3332eca7ea81", "tid": TENANT, "rh": "0.AX",
        "roles": ["Messages.Read.All"], "sub": "00000000-0000-0000-1111-3332eca7ea81",
        "uti": "uti", "ver": "2.0",
    });
    Shape {
        routes: &["/microsoft-role"],
        ..entra("Entra ID, app-only", ("Microsoft Entra ID", 0), metadata_v2(), claims)
    }
}

fn v1() -> Shape {
    let issuer = format!("https://sts.windows.net/{TENANT}/");
    let metadata = json!({
        "issuer": issuer, "jwks_uri": "https://login.windows.net/common/discovery/keys",
        "id_token_signing_alg_values_supported": ["RS256"],
    });
    let claims = json!({
        "aud": format!("api://{API}"), "iss": issuer, "nbf": 1_700_000_000, "acr": "1",
        "aio": "AXQAi/8", "amr": ["pwd"], "appid": CLIENT, "appidacr": "0",
        "family_name": "User", "given_name": "A", "ipaddr": "192.0.2.1", "name": "A User",
        "oid": "00000000-0000-0000-66f3-3332eca7ea81", "rh": "0.AX", "scp": "Messages.Read",
        "sub": "a5DrTq3SgY_7bPWCPQ", "tid": TENANT, "unique_name": "user@shop.example",
        "upn": "user@shop.example", "uti": "uti", "ver": "1.0",
    });
    Shape {
        key_members: json!({"x5t": THUMBPRINT, "use": "sig"}),
        mistakes: vec![
            Mistake::new(
                "version 2.0",
                |_, claims| {
                    claims["iss"] =
                        format!("https://login.microsoftonline.com/{TENANT}/v2.0").into();
                },
                "issuer_mismatch",
                "the manifest of the API's app registration",
            )
            .fixed_by(
                "ISSUER_BASE_URL",
                &format!("https://login.microsoftonline.com/{TENANT}/v2.0"),
            ),
            Mistake::new(
                "client ID as audience",
                |_, claims| claims["aud"] = API.into(),
                "audience_mismatch",
                "so that both are accepted",
            )
            .fixed_by("AUDIENCE", &format!("api://{API},{API}")),
        ],
        ..entra("Entra ID, version 1.0", ("Microsoft Entra ID", 1), metadata, claims)
    }
}

fn b2c() -> Shape {
    let issuer = format!("https://shop.b2clogin.com/{TENANT}/v2.0/");
    let claims = json!({
        "iss": issuer, "nbf": 1_700_000_000, "aud": API, "sub": "884408e1-2918-4cz0-b12d-3aa027d7563b",
        "oid": "884408e1-2918-4cz0-b12d-3aa027d7563b", "tfp": "B2C_1_signin", "scp": "Messages.Read",
        "azp": CLIENT, "ver": "1.0",
    });
    Shape {
        metadata: None,
        key_members: json!({"use": "sig"}),
        header: json!({"typ": "JWT"}),
        mistakes: vec![
            Mistake::new(
                "ID token",
                |_, claims| claims["aud"] = CLIENT.into(),
                "audience_mismatch",
                "send the access token",
            ),
            Mistake::new(
                "another API",
                |_, claims| claims["aud"] = "https://shop.onmicrosoft.com/other".into(),
                "audience_mismatch",
                "scope=api://",
            ),
        ],
        ..entra("Azure AD B2C", ("Azure AD B2C", 0), json!({"issuer": issuer}), claims)
    }
}

fn external_id() -> Shape {
    let issuer = format!("https://{TENANT}.ciamlogin.com/{TENANT}/v2.0");
    let metadata = json!({
        "issuer": issuer,
        "jwks_uri": format!("https://{TENANT}.ciamlogin.com/{TENANT}/discovery/v2.0/keys"),
    });
    let claims = json!({
        "aud": API, "iss": issuer, "nbf": 1_700_000_000, "azp": CLIENT, "azpacr": "0", "tid": TENANT,
        "oid": "00000000-0000-0000-66f3-3332eca7ea81", "scp": "Messages.Read", "sub": "a5DrTq3SgY",
        "ver": "2.0",
    });
    entra("Entra External ID", ("Microsoft Entra External ID", 0), metadata, claims)
}

fn adfs() -> Shape {
    let claims = json!({
        "aud": "https://api.example", "iss": "http://adfs.example/adfs/services/trust",
        "apptype": "Public", "appid": CLIENT, "ver": "1.0", "authmethod": "urn:oasis:names:tc:SAML",
        "auth_time": "2023-11-14T22:13:20.000Z", "scp": "openid Messages.Read", "sub": "user",
    });
    Shape {
        metadata: None,
        key_members: json!({"use": "sig", "x5t": THUMBPRINT}),
        mistakes: vec![
            Mistake::new(
                "ID token",
                |_, claims| {
                    claims["iss"] = "https://adfs.example/adfs".into();
                    claims["aud"] = CLIENT.into();
                },
                "issuer_mismatch",
                "send the access token",
            ),
            Mistake::new(
                "https for http",
                |_, claims| claims["iss"] = "https://adfs.example/adfs/services/trust".into(),
                "issuer_mismatch",
                "have the issuer name itself http://adfs.example/adfs/services/trust",
            ),
        ],
        ..entra("AD FS", ("AD FS", 0), json!({"issuer": "x"}), claims)
    }
}
