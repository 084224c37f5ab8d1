use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::access::{MatchedPath, Policy, PolicyInput, Requirement, Shortfall, ShortfallKind};
use crate::testing::{OfflineIssuer, TokenMaker};
use crate::token::{Timestamp, VerifiedToken};
use crate::{
    AnyOf, Authorized, Bound, Fresh, Guard, InRole, Maybe, authentication, roles, rules, scopes,
};

scopes! { Read = "read"; Write = "write"; }
roles! {
    Admin = "admin";
    Auditor = "auditor";
}
authentication! {
    TwoFactors = acr "urn:example:2fa" or "phr";
    PhishingResistant = acr "phr";
    Recent = max_age 300;
    Both = acr "urn:example:2fa", max_age 60;
}
rules! {
    OwnTenant = path "tenant" equals claim "org.id";
    OwnRegion = path "region" is one of claim "regions";
    OwnNote = |claims: Caller, path: (String, u32)| claims.sub == path.0 && path.1 < 10;
    Nested = claim "realm.roles" includes "editor";
    Dotted = claim "https://acme.example/plan" equals "gold";
    Pointed = claim "/a~1b/0/c" equals 7;
}

#[derive(Deserialize)]
struct Caller {
    sub: String,
}

fn issuer() -> OfflineIssuer {
    OfflineIssuer::new("https://api.example")
}

#[expect(clippy::unwrap_used, reason = "a test needs a good token")]
async fn verified(issuer: &OfflineIssuer, token: TokenMaker) -> Arc<VerifiedToken> {
    issuer.verifier().verify(&token.encode()).await.unwrap()
}

fn input(token: &VerifiedToken) -> PolicyInput<'_> {
    PolicyInput::new(token, Timestamp::now())
}

/// What is missing, which of it decides, and what a client is told to ask for.
#[actix_rt::test]
async fn what_is_missing_decides_the_response() {
    use ShortfallKind::{Authentication, Binding, Grant};

    type Row = (Policy, TokenMaker, Option<(ShortfallKind, &'static str, &'static str, u32)>);
    let issuer = issuer();
    let good = || issuer.token();
    let table: Vec<Row> = vec![
        (<Authorized<Read>>::POLICY, good().scope("read"), None),
        (<Authorized<Read>>::POLICY, good(), Some((Grant, "scope read", "", 0))),
        (<InRole<Admin>>::POLICY, good().claim("roles", json!(["admin"])), None),
        (<InRole<Admin>>::POLICY, good().claim("roles", "user admin"), None),
        (<InRole<Admin>>::POLICY, good().claim("roles", 7), Some((Grant, "role admin", "", 0))),
        (
            <Authorized<TwoFactors>>::POLICY,
            good(),
            Some((Authentication, "authentication TwoFactors", "urn:example:2fa phr", 0)),
        ),
        (
            <Authorized<(Read, TwoFactors)>>::POLICY,
            good(),
            Some((Grant, "scope read and authentication TwoFactors", "urn:example:2fa phr", 0)),
        ),
        (<Authorized<Bound>>::POLICY, good(), Some((Binding, "bound", "", 0))),
        (
            <Authorized<(Recent, Bound)>>::POLICY,
            good(),
            Some((Binding, "authentication Recent and bound", "", 300)),
        ),
        (<Authorized<(Bound, Read)>>::POLICY, good(), Some((Grant, "bound and scope read", "", 0))),
        // The alternative that lacks least; of equals the one that is easiest to obtain.
        (
            <Authorized<AnyOf<((Read, Write), Admin)>>>::POLICY,
            good().scope("read"),
            Some((Grant, "scope write", "", 0)),
        ),
        (
            <Authorized<AnyOf<(Admin, Recent)>>>::POLICY,
            good(),
            Some((Authentication, "authentication Recent", "", 300)),
        ),
        (
            <Authorized<AnyOf<((Recent, TwoFactors), Admin)>>>::POLICY,
            good(),
            Some((Grant, "role admin", "", 0)),
        ),
        (
            <Authorized<(Read, AnyOf<(Admin, (Auditor, Recent))>)>>::POLICY,
            good().scope("read").claim("roles", json!(["auditor"])),
            Some((Authentication, "authentication Recent", "", 300)),
        ),
        // A client that signs the user in again must meet all of it at once.
        (
            <Authorized<(TwoFactors, PhishingResistant, Recent)>>::POLICY,
            good().claim("acr", "phr"),
            Some((Authentication, "authentication Recent", "phr", 300)),
        ),
        (
            <Authorized<(Both, Recent)>>::POLICY,
            good(),
            Some((
                Authentication,
                "authentication Both and authentication Recent",
                "urn:example:2fa",
                60,
            )),
        ),
    ];
    for (policy, token, expected) in table {
        let token = verified(&issuer, token).await;
        let decision = policy.decide(&input(&token));
        assert_eq!(decision.is_ok(), policy.admits(&input(&token)), "{policy}");
        let found = decision.err().map(|shortfall: Shortfall| {
            let missing: Vec<String> =
                shortfall.missing().iter().map(Requirement::to_string).collect();
            let acr_values = shortfall.acr_values().join(" ");
            (
                shortfall.kind(),
                missing.join(" and "),
                acr_values,
                shortfall.max_age().unwrap_or_default(),
            )
        });
        let expected = expected.map(|(kind, missing, acr_values, max_age)| {
            (kind, missing.to_owned(), acr_values.to_owned(), max_age)
        });
        assert_eq!(found, expected, "{policy}");
    }
}

#[actix_rt::test]
async fn a_sign_in_is_as_strong_and_as_recent_as_the_token_says() {
    let issuer = issuer();
    let now = 1_700_000_000_u64;
    let table = [
        (json!({"acr": "urn:example:2fa", "auth_time": now - 60}), true),
        (json!({"acr": "urn:example:2fa", "auth_time": now - 62}), true),
        (json!({"acr": "urn:example:2fa", "auth_time": now - 63}), false),
        (json!({"acr": "urn:example:2fa", "auth_time": now + 300}), true),
        (json!({"acr": "urn:example:2fa", "auth_time": now + 301}), false),
        // Milliseconds are not a sign-in in the far future.
        (json!({"acr": "urn:example:2fa", "auth_time": now * 1000}), false),
        (json!({"acr": "urn:example:2fa", "auth_time": now.to_string()}), false),
        (json!({"acr": "urn:example:2fa"}), false),
        (json!({"acr": "phr", "auth_time": now}), false),
        (json!({"acr": "URN:example:2fa", "auth_time": now}), false),
        (json!({"acr": ["urn:example:2fa"], "auth_time": now}), false),
        // `iat` is the time of the token, not of the sign-in.
        (json!({"auth_time": now, "iat": now}), false),
    ];
    for (claims, met) in table {
        let mut token = issuer.token();
        for (name, value) in claims.as_object().unwrap() {
            token = token.claim(name, value.clone());
        }
        let token = verified(&issuer, token).await;
        let at = PolicyInput::new(&token, Timestamp::from_seconds(now));
        let at = at.with_clock_tolerance(std::time::Duration::from_secs(2));
        assert_eq!(<Authorized<Both>>::POLICY.admits(&at), met, "RFC 9470 4: {claims}");
    }
}

#[actix_rt::test]
async fn rules_compare_the_decoded_path_with_claims() {
    let issuer = issuer();
    let own = <Authorized<OwnTenant>>::POLICY;
    let region = <Authorized<OwnRegion>>::POLICY;
    let note = <Authorized<OwnNote>>::POLICY;
    let token = issuer.token().subject("ann");
    let org = |id: Value| token.clone().claim("org", json!({ "id": id }));
    let acme = || org(json!("acme"));
    let number = || org(json!(42));
    let regions = || token.clone().claim("regions", json!(["eu", "us", 7]));
    let table = [
        (own, acme(), "/{tenant}", "/acme", true),
        (own, acme(), "/{tenant}", "/%61cme", true),
        (own, acme(), "/{tenant}", "/%2561cme", false),
        (own, acme(), "/{tenant}", "/ACME", false),
        (own, acme(), "/{tenant}", "/acme%20", false),
        (own, acme(), "/{tenant}", "/acme%00", false),
        (own, acme(), "/{tenant}", "/other", false),
        (own, acme(), "/{other}", "/acme", false),
        (own, acme(), "/{tenant}/{tenant2}", "/other/acme", false),
        (own, org(json!("caf\u{e9}")), "/{tenant}", "/caf%C3%A9", true),
        (own, org(json!("caf\u{e9}")), "/{tenant}", "/cafe%CC%81", false),
        (own, number(), "/{tenant}", "/42", true),
        (own, number(), "/{tenant}", "/042", false),
        (own, number(), "/{tenant}", "/42.0", false),
        (own, org(json!(true)), "/{tenant}", "/true", false),
        (own, org(json!("")), "/{tenant:.*}", "/", false),
        (own, token.clone(), "/{tenant}", "/acme", false),
        (region, regions(), "/{region}", "/eu", true),
        (region, regions(), "/{region}", "/7", true),
        (region, regions(), "/{region}", "/e", false),
        (region, token.clone().claim("regions", "eu us"), "/{region}", "/us", true),
        (region, token.clone().claim("regions", "eu us"), "/{region}", "/eu%20us", false),
        (note, token.clone(), "/{owner}/{note}", "/ann/7", true),
        (note, token.clone(), "/{owner}/{note}", "/ann/70", false),
        (note, token.clone(), "/{owner}/{note}", "/bob/7", false),
        (note, token.clone(), "/{owner}/{note}", "/ann/x", false),
    ];
    for (policy, token, pattern, path, admitted) in table {
        let token = verified(&issuer, token).await;
        let path = MatchedPath::new(pattern, path).expect(path);
        let input = input(&token).with_path(path.parameters());
        assert_eq!(policy.admits(&input), admitted, "{policy}: {pattern} {path:?}");
        assert!(!policy.admits(&self::input(&token)), "without a path: {policy}");
    }
}

/// A caller of `decide` who did not ask the issuer does not admit by accident (RFC 7662 2.2).
#[actix_rt::test]
async fn a_token_is_fresh_only_if_its_caller_says_so() {
    let issuer = issuer();
    let token = verified(&issuer, issuer.token().scope("read")).await;
    let table = [
        (<Authorized<Fresh>>::POLICY, false, true),
        (<Authorized<(Fresh, Read)>>::POLICY, false, true),
        (<Authorized<AnyOf<(Fresh, Read)>>>::POLICY, true, true),
        (<Maybe<Authorized<Fresh>>>::POLICY, false, true),
    ];
    for (policy, unconfirmed, confirmed) in table {
        assert_eq!(policy.admits(&input(&token)), unconfirmed, "{policy}");
        assert_eq!(policy.decide(&input(&token)).is_ok(), unconfirmed, "{policy}");
        assert_eq!(policy.admits(&input(&token).with_confirmation(true)), confirmed, "{policy}");
    }
}

#[actix_rt::test]
async fn claims_are_named_by_name_path_or_pointer() {
    let issuer = issuer();
    let token = issuer
        .token()
        .claim("realm", json!({"roles": ["editor"]}))
        .claim("https://acme.example/plan", "gold")
        .claim("a/b", json!([{"c": 7}]));
    let token = verified(&issuer, token).await;
    for policy in
        [<Authorized<Nested>>::POLICY, <Authorized<Dotted>>::POLICY, <Authorized<Pointed>>::POLICY]
    {
        assert!(policy.admits(&input(&token)), "RFC 6901: {policy}");
    }
    // A name with a dot goes before a path with that dot.
    let token = issuer.token().claim("realm.roles", "reader");
    let token = token.claim("realm", json!({"roles": "editor"}));
    let token = verified(&issuer, token).await;
    assert!(!<Authorized<Nested>>::POLICY.admits(&input(&token)));
}

#[test]
fn each_word_is_printed_and_published() {
    type All = Authorized<(Bound, OwnTenant, Read, Admin, Both)>;
    assert_eq!(
        All::POLICY.to_string(),
        "bound and rule OwnTenant and scope read and role admin and authentication Both",
    );
    assert_eq!(
        serde_json::to_value(All::POLICY).unwrap(),
        json!({"requires": {"all_of": [
            {"bound": true},
            {"rule": "OwnTenant", "condition": "path \"tenant\" equals claim \"org.id\""},
            {"scope": "read"},
            {"role": "admin"},
            {"authentication": {
                "name": "Both", "acr_values": ["urn:example:2fa"], "max_age": 60,
            }},
        ]}}),
    );
    const { assert!(All::POLICY.reads_path() && All::POLICY.reads_time()) };
    type Plain = Authorized<(Bound, Nested, AnyOf<(Read, Admin)>)>;
    const { assert!(!Plain::POLICY.reads_path() && !Plain::POLICY.reads_time()) };
}
