//! Steps of a token verification, individually and combined.

use std::hint::black_box;

use actix_resource_server::sender::BearerToken;
use actix_resource_server::token::{Algorithm, Timestamp, UnverifiedToken};
use actix_resource_server::verifier::CacheLimits;
use actix_resource_server::verifier::Verifier;
use actix_resource_server::{Claims, ProtectedResource};
use actix_web::dev::Payload;
use actix_web::http::header::AUTHORIZATION;
use actix_web::test::TestRequest;
use actix_web::{FromRequest, HttpRequest, ResponseError};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures_util::FutureExt;
use jsonwebtoken::{DecodingKey, Validation};
use serde::{Deserialize, Serialize};

use crate::fixtures::{AUDIENCE, ISSUER, SMALL, Subject, verify};
use crate::sender::{self, Bound};

pub(crate) const ALGORITHMS: [Algorithm; 10] = [
    Algorithm::Rs256,
    Algorithm::Ps256,
    Algorithm::Es256,
    Algorithm::Es512,
    Algorithm::EdDsa,
    Algorithm::Es256K,
    Algorithm::MlDsa44,
    Algorithm::MlDsa65,
    Algorithm::MlDsa87,
    Algorithm::Hs256,
];

/// A repeatable operation.
pub(crate) struct Step {
    pub(crate) name: String,
    pub(crate) run: Box<dyn FnMut()>,
}

impl Step {
    pub(crate) fn new<T>(name: impl Into<String>, mut run: impl FnMut() -> T + 'static) -> Self {
        Self { name: name.into(), run: Box::new(move || drop(black_box(run()))) }
    }
}

/// Names of an algorithm's bare signature and of its full check.
pub(crate) fn names(algorithm: Algorithm) -> (String, String) {
    (format!("{algorithm} signature alone"), format!("{algorithm} check"))
}

/// Everything that is measured, one of each algorithm, in the same order.
#[derive(Serialize, Deserialize)]
pub(crate) struct Subjects {
    tokens: Vec<Subject>,
    proofs: Vec<Bound>,
}

pub(crate) fn subjects() -> Subjects {
    Subjects {
        tokens: ALGORITHMS.into_iter().map(Subject::new).collect(),
        proofs: sender::ALGORITHMS.into_iter().map(Bound::new).collect(),
    }
}

/// What is compared with its bare signature: the label, and the names of both steps.
pub(crate) fn pairs() -> Vec<(String, (String, String))> {
    let tokens = ALGORITHMS.map(|algorithm| (algorithm.to_string(), names(algorithm)));
    let of_proof = |algorithm| (format!("DPoP {algorithm}"), sender::names(algorithm));
    tokens.into_iter().chain(sender::ALGORITHMS.map(of_proof)).collect()
}

pub(crate) fn all(subjects: &Subjects) -> Vec<Step> {
    let [rs256, .., hs256] = subjects.tokens.as_slice() else { return Vec::new() };
    let mut steps = Vec::from(reading(rs256));
    steps.extend(subjects.tokens.iter().flat_map(checks));
    steps.extend(subjects.proofs.iter().flat_map(Bound::steps));
    steps.extend(cache(rs256, hs256));
    steps.extend(guards(rs256));
    steps
}

fn reading(subject: &Subject) -> [Step; 3] {
    let token = subject.token.clone();
    let field = format!("Bearer {token}");
    let (header, _) = token.split_once('.').expect("three parts");
    let claims = format!(r#"{{"iss":"{ISSUER}","aud":"{AUDIENCE}","exp":9999999999}}"#);
    let smallest = format!("{header}.{}.AAAA", URL_SAFE_NO_PAD.encode(claims));
    [
        Step::new("credentials", move || {
            BearerToken::from_fields([black_box(field.as_bytes())]).map(|token| token.is_some())
        }),
        Step::new("header, smallest claims", move || read(&smallest)),
        Step::new("header, claims", move || read(&token)),
    ]
}

fn read(token: &str) -> bool {
    UnverifiedToken::parse(black_box(token)).is_ok()
}

fn checks(subject: &Subject) -> Vec<Step> {
    let algorithm = subject.algorithm();
    let (signature_name, check_name) = names(algorithm);
    let key = subject.verification_key();
    let (input, signature) = subject.parts();
    let (keys, expected, now) = (subject.keys(), subject.expected(), Timestamp::now());
    let (token, same_token) = (subject.token.clone(), subject.token.clone());
    let mut steps = vec![
        Step::new(signature_name, move || {
            assert!(key.verifies(black_box(input.as_bytes()), &signature));
        }),
        Step::new(check_name, move || {
            let token = UnverifiedToken::parse(black_box(&token)).expect("well-formed");
            token.verify(&keys, &expected, now).expect("a good token")
        }),
    ];
    if let Some((decoding, validation)) = for_jsonwebtoken(subject) {
        let name = format!("{algorithm} check by jsonwebtoken::decode");
        steps.push(Step::new(name, move || {
            let token = black_box(&same_token);
            let decoded = jsonwebtoken::decode::<serde_json::Value>(token, &decoding, &validation);
            decoded.expect("a good token")
        }));
    }
    steps
}

/// `None` for an algorithm that it does not know.
fn for_jsonwebtoken(subject: &Subject) -> Option<(DecodingKey, Validation)> {
    let mut validation = Validation::new(subject.algorithm().to_string().parse().ok()?);
    let jwk = serde_json::from_value(subject.key.clone()).expect("a JWK");
    validation.set_issuer(&[ISSUER]);
    validation.set_audience(&[AUDIENCE]);
    Some((DecodingKey::from_jwk(&jwk).expect("a key"), validation))
}

fn cache(ordinary: &Subject, cheap: &Subject) -> [Step; 3] {
    let (verifier, token) = (ordinary.verifier(CacheLimits::default()), ordinary.token.clone());
    let remembering = going_through(cheap.verifier(SMALL), cheap.strangers.clone());
    let forgetful = going_through(cheap.verifier(CacheLimits::OFF), cheap.strangers.clone());
    [
        Step::new("hit", move || verify(&verifier, black_box(&token)).expect("a good token")),
        Step::new("miss, HS256", remembering),
        Step::new("no cache, HS256", forgetful),
    ]
}

pub(crate) fn going_through(verifier: Verifier, tokens: Vec<String>) -> impl FnMut() {
    let mut next = 0_usize;
    move || {
        let place = next.checked_rem(tokens.len()).unwrap_or_default();
        next = next.wrapping_add(1);
        let token = tokens.get(place).expect("a token");
        drop(verify(&verifier, black_box(token)).expect("a good token"));
    }
}

fn guards(subject: &Subject) -> [Step; 2] {
    let resource = ProtectedResource::new(subject.verifier(CacheLimits::default()));
    let without = TestRequest::default().app_data(resource.clone()).to_http_request();
    let credentials = format!("Bearer {}", subject.token);
    let with = TestRequest::default().app_data(resource);
    let with = with.insert_header((AUTHORIZATION, credentials)).to_http_request();
    [
        Step::new("guard, hit", move || guard(&with).expect("a good token")),
        Step::new("challenge", move || {
            guard(&without).expect_err("no token").error_response().headers().len()
        }),
    ]
}

fn guard(request: &HttpRequest) -> Result<Claims, impl ResponseError + use<>> {
    let claims = <Claims>::from_request(black_box(request), &mut Payload::None);
    claims.now_or_never().expect("keys are at hand")
}
