//! Tokens with one defect each, and the verifiers that judge them.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use actix_resource_server::issuer::{KeySource, TrustedIssuer};
use actix_resource_server::sender::{DpopMode, DpopPolicy};
use actix_resource_server::testing::{ManualClock, SigningKey, TokenMaker};
use actix_resource_server::token::{
    Algorithm, Algorithms, Audiences, ClientIds, KeySet, Profile, Timestamp,
};
use actix_resource_server::verifier::{Verifier, VerifierBuilder};
use serde_json::json;

/// The time of all tokens: 2023-11-14 22:13:20 UTC.
pub(super) const NOW: u64 = 1_700_000_000;
const ISSUER: &str = "https://tenant.eu.auth0.com/";
const AUDIENCE: &str = "https://api.example/";
const CLIENT: &str = "aB3dEfGhIjKlMnOpQrStUvWxYz012345";

/// A token and the verifier that judges it.
pub(super) struct Kind {
    pub(super) name: &'static str,
    pub(super) text: String,
    pub(super) verifier: Verifier,
}

/// The issuer's key. No report depends on its value.
fn key() -> SigningKey {
    static KEY: OnceLock<SigningKey> = OnceLock::new();
    KEY.get_or_init(|| SigningKey::generate(Algorithm::Rs256).with_id("key-1")).clone()
}

/// A valid token, the same in every run.
pub(super) fn token() -> TokenMaker {
    let now = i64::try_from(NOW).expect("small");
    TokenMaker::new(ISSUER, &key())
        .at(now)
        .subject("auth0|someone")
        .audience(AUDIENCE)
        .client_id(CLIENT)
        .scope("openid read:messages")
        .claim("jti", "token-1")
}

/// A verifier that trusts the issuer and its one key.
pub(super) fn trusting(change: impl FnOnce(VerifierBuilder) -> VerifierBuilder) -> Verifier {
    trusting_keys(ISSUER, AUDIENCE, &[key()], change)
}

fn trusting_keys(
    issuer: &str,
    audience: &str,
    keys: &[SigningKey],
    change: impl FnOnce(VerifierBuilder) -> VerifierBuilder,
) -> Verifier {
    let keys: Vec<_> = keys.iter().map(SigningKey::public_jwk).collect();
    let set = json!({"keys": keys}).to_string();
    let (keys, _) = KeySet::from_json(set.as_bytes(), Algorithms::DEFAULT).expect("keys");
    let clock = Arc::new(ManualClock::at(Timestamp::from_seconds(NOW)));
    let builder =
        Verifier::builder().issuer_with_keys(issuer, keys).audience(audience).clock(clock);
    change(builder).start().expect("a verifier")
}

/// A verifier that trusts a tenant of Entra ID.
pub(super) fn trusting_entra(tenant: &str, api: &str) -> Verifier {
    let issuer = format!("https://login.microsoftonline.com/{tenant}/v2.0");
    trusting_keys(&issuer, api, &[key()], |verifier| verifier)
}

/// A verifier that trusts the issuer, and a second one with the same key and its own audience.
pub(super) fn trusting_two() -> Verifier {
    let set = json!({"keys": [key().public_jwk()]}).to_string();
    let (keys, _) = KeySet::from_json(set.as_bytes(), Algorithms::DEFAULT).expect("keys");
    let identifier = "https://second.example/".parse().expect("an issuer");
    let audiences = Audiences::new(["other"]).expect("an audience");
    let second = TrustedIssuer::with_source(identifier, audiences, KeySource::Held(keys));
    trusting(|verifier| verifier.trust(second))
}

/// Each kind of token, named after its snapshot.
pub(super) fn bad_tokens() -> Vec<Kind> {
    let mut kinds = Vec::new();
    for (name, text) in texts().into_iter().chain(headers()).chain(claims()) {
        kinds.push(Kind { name, text, verifier: trusting(|verifier| verifier) });
    }
    kinds.extend(other_verifiers());
    kinds.extend(microsoft());
    kinds
}

/// Texts that are not a JWT, or have something around it.
fn texts() -> Vec<(&'static str, String)> {
    let good = token().encode();
    let (signing_input, _) = good.rsplit_once('.').expect("a signature");
    let jwe = r#"{"alg":"dir","enc":"A256GCM","iss":"https://tenant.eu.auth0.com/"}"#;
    let jwe = TokenMaker::new(ISSUER, &key()).raw_header(jwe).encode();
    let (jwe_header, _) = jwe.split_once('.').expect("a header");
    vec![
        ("good", good.clone()),
        ("opaque", "Uf3cVYNrk0ioFzqJqb1aNT3Ki3qAEWFv".to_owned()),
        ("opaque-with-dots", "b21pdHRlZC4.x9Qz-1.b21pdHRlZA".to_owned()),
        ("opaque-of-google", "ya29.a0AfB_byC-example.x0.y1-z".to_owned()),
        ("opaque-of-github", "ghs_16C7e42F292c6912E7710c838347Ae178B4a".to_owned()),
        ("opaque-refresh-token", "ory_rt_k3Jx9.c2lnbmF0dXJl".to_owned()),
        ("header-alone", good.split('.').next().unwrap_or_default().to_owned()),
        ("encrypted", format!("{jwe_header}..c2l4dGVlbg.Y2lwaGVydGV4dA.dGFn")),
        ("signature-cut-off", signing_input.to_owned()),
        ("six-parts", format!("{good}.{good}")),
        ("standard-base64", good.replacen('.', "+/=.", 1)),
        ("bearer-in-front", format!("Bearer {good}")),
        ("quotes-and-line-breaks", format!("\"{}\n{}\"", &good[..76], &good[76..])),
        ("token-endpoint-answer", json!({"access_token": good, "expires_in": 3600}).to_string()),
        ("cut-in-the-middle", good[..good.len() - 30].to_owned()),
    ]
}

/// Defects of header, key or signature.
fn headers() -> Vec<(&'static str, String)> {
    let secret = SigningKey::generate(Algorithm::Hs256).with_id("key-1");
    vec![
        ("unknown-key", token().header("kid", "key-2").encode()),
        ("broken-signature", token().broken_signature().encode()),
        ("alg-none", token().unsigned().encode()),
        (
            "alg-hs256",
            TokenMaker::new(ISSUER, &secret)
                .at(1_700_000_000)
                .audience(AUDIENCE)
                .claim("jti", "token-1")
                .encode(),
        ),
        ("alg-unknown", token().header("alg", "Ed448").encode()),
        ("critical-extension", token().header("crit", json!(["exp"])).encode()),
        ("logout-token", token().header("typ", "logout+jwt").encode()),
        ("header-twice", token().raw_header(r#"{"alg":"RS256","alg":"none"}"#).encode()),
    ]
}

/// Defects of the claims.
fn claims() -> Vec<(&'static str, String)> {
    let twice =
        format!(r#"{{"iss":"{ISSUER}","aud":"{AUDIENCE}","exp":1700003600,"sub":"a","sub":"b"}}"#);
    vec![
        ("expired", token().expires_in(-11_520).encode()),
        ("expired-for-another-api", token().audience("https://other").expires_in(-11_520).encode()),
        ("not-yet-valid", token().not_before_in(7200).encode()),
        ("issued-in-the-future", token().issued_in(301).encode()),
        ("milliseconds", token().claim("iat", 1_700_000_000_000_i64).encode()),
        ("wrong-audience", token().audience("https://other").encode()),
        ("audience-without-slash", token().audience("https://api.example").encode()),
        ("audience-userinfo", token().audience("https://tenant.eu.auth0.com/userinfo").encode()),
        ("id-token", id_token()),
        ("wrong-issuer", token().claim("iss", "https://login.example/").encode()),
        ("issuer-of-another-tenant", token().claim("iss", "https://dev.us.auth0.com/").encode()),
        ("issuer-of-a-custom-domain", token().claim("iss", "https://login.shop.example/").encode()),
        ("issuer-without-slash", token().claim("iss", "https://tenant.eu.auth0.com").encode()),
        ("issuer-http", token().claim("iss", "http://tenant.eu.auth0.com/").encode()),
        ("no-expiry", token().without_claim("exp").encode()),
        ("expiry-as-text", token().claim("exp", "1700003600").encode()),
        ("claim-twice", token().raw_claims(twice).encode()),
        ("bound-to-a-key", token().claim("cnf", json!({"jkt": "thumbprint"})).encode()),
        (
            "bound-and-of-another-issuer",
            token()
                .claim("iss", "https://login.example/")
                .claim("cnf", json!({"jkt": "thumbprint"}))
                .encode(),
        ),
        ("scope-missing", token().scope("openid profile").encode()),
        (
            "scope-in-another-claim",
            token().without_claim("scope").claim("granted", json!(["read:messages"])).encode(),
        ),
        ("no-audience", token().without_claim("aud").encode()),
        (
            "permission-in-place-of-scope",
            token().scope("openid").permissions(["read:messages"]).encode(),
        ),
    ]
}

fn id_token() -> String {
    token()
        .header("typ", "JWT")
        .audience(CLIENT)
        .claim("nonce", "n-0S6_WzA2Mj")
        .without_claim("scope")
        .without_claim("client_id")
        .encode()
}

/// Tokens that only other settings reject.
fn other_verifiers() -> Vec<Kind> {
    let two = [key(), SigningKey::generate(Algorithm::Rs256).with_id("key-2")];
    let several = trusting_keys(ISSUER, AUDIENCE, &two, |verifier| verifier);
    let custom =
        trusting_keys("https://login.shop.example/", AUDIENCE, &[key()], |verifier| verifier);
    let kind = |name, text, verifier| Kind { name, text, verifier };
    let strict = || trusting(|verifier| verifier.profile(Profile::Rfc9068));
    let plain = token().header("typ", "JWT").without_claim("jti").without_claim("client_id");
    vec![
        kind("no-kid-and-two-keys", token().without_header("kid").encode(), several),
        kind("issuer-of-the-tenant-domain", token().encode(), custom),
        kind("profile-rfc9068", plain.encode(), strict()),
        kind(
            "too-old",
            token().issued_in(-7200).encode(),
            trusting(|verifier| verifier.max_token_age(Duration::from_secs(3600))),
        ),
        kind(
            "proof-required",
            token().encode(),
            trusting(|verifier| verifier.dpop(dpop(DpopMode::Required))),
        ),
        kind("client-not-accepted", token().client_id("another").encode(), clients()),
        kind("audience-beside-clients", token().encode(), clients()),
        kind(
            "id-token-beside-clients",
            token().without_claim("aud").claim("token_use", "id").encode(),
            clients(),
        ),
        kind(
            "algorithm-not-allowed",
            token().encode(),
            trusting(|verifier| verifier.algorithms(Algorithms::only([Algorithm::Es256]))),
        ),
    ]
}

fn dpop(mode: DpopMode) -> DpopPolicy {
    let mut policy = DpopPolicy::new(["https://api.example".parse().expect("a URL")]);
    policy.mode = mode;
    policy
}

/// A verifier of an issuer whose tokens may not be sent with DPoP, unlike those of another.
pub(super) fn dpop_of_another_issuer() -> Verifier {
    let set = json!({"keys": [key().public_jwk()]}).to_string();
    let (keys, _) = KeySet::from_json(set.as_bytes(), Algorithms::DEFAULT).expect("keys");
    let other = "https://second.example/".parse().expect("an issuer");
    let audiences = Audiences::new(["other"]).expect("an audience");
    let mut other = TrustedIssuer::with_source(other, audiences, KeySource::Held(keys));
    other.expected.dpop = Some(DpopMode::Allowed);
    trusting(|verifier| verifier.dpop(dpop(DpopMode::Off)).trust(other))
}

/// A verifier that accepts the tokens of one client, which must have no `aud`.
fn clients() -> Verifier {
    let set = json!({"keys": [key().public_jwk()]}).to_string();
    let (keys, _) = KeySet::from_json(set.as_bytes(), Algorithms::ASYMMETRIC).expect("keys");
    let clients = ClientIds::new([CLIENT]).expect("a client");
    let mut issuer = TrustedIssuer::with_source(
        ISSUER.parse().expect("an issuer"),
        Audiences::NONE,
        KeySource::Held(keys),
    );
    issuer.expected.client_ids = Some(clients);
    let clock = Arc::new(ManualClock::at(Timestamp::from_seconds(NOW)));
    Verifier::builder().trust(issuer).clock(clock).start().expect("a verifier")
}

/// Tokens of Entra ID, judged by an API with its client ID as audience.
fn microsoft() -> Vec<Kind> {
    const TENANT: &str = "11112222-bbbb-3333-cccc-4444dddd5555";
    const API: &str = "00001111-aaaa-2222-bbbb-3333cccc4444";
    let v1 = format!("https://sts.windows.net/{TENANT}/");
    let v2 = format!("https://login.microsoftonline.com/{TENANT}/v2.0");
    let entra = |issuer: &str, audience: &str| {
        token()
            .header("typ", "JWT")
            .claim("iss", issuer)
            .audience(audience)
            .without_claim("scope")
            .without_claim("client_id")
    };
    let for_graph = entra(&v1, "00000003-0000-0000-c000-000000000000")
        .header("nonce", "made-up-nonce")
        .claim("scp", "User.Read openid profile email");
    let other_api = entra(&v2, "99998888-bbbb-3333-cccc-4444dddd5555").claim("scp", "Orders.Read");
    let graph_by_name = entra(&v2, "https://graph.microsoft.com")
        .header("nonce", "made-up-nonce")
        .broken_signature();
    let by_uri = entra(&v2, &format!("api://{API}"));
    let kind = |name, token: TokenMaker, issuer: &str| {
        let verifier = trusting_keys(issuer, API, &[key()], |verifier| verifier);
        Kind { name, text: token.encode(), verifier }
    };
    vec![
        kind("entra-graph", for_graph.broken_signature(), &v2),
        kind("entra-graph-by-name", graph_by_name, &v2),
        kind("entra-other-api", other_api, &v2),
        kind("entra-app-id-uri", by_uri, &v2),
        kind("entra-other-version", entra(&v1, API), &v2),
    ]
}

/// Requests with defects of their `Authorization` header.
pub(super) fn requests() -> Vec<(&'static str, String)> {
    let good = token().encode();
    vec![
        ("request-good", format!("Authorization: Bearer {good}")),
        ("request-without-token", "Authorization: Bearer ".to_owned()),
        ("request-without-scheme", format!("Authorization: {good}")),
        ("request-basic", "Authorization: Basic YWxhZGRpbjpvcGVuc2VzYW1l".to_owned()),
        ("request-dpop", format!("Authorization: DPoP {good}\nDPoP: a.b.c")),
        ("request-quoted", format!("Authorization: Bearer \"{good}\"")),
        (
            "request-with-two-tokens",
            format!("GET /profile HTTP/1.1\nAuthorization: Bearer {good}\nAuthorization: Bearer b"),
        ),
    ]
}
