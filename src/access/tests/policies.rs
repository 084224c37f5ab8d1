//! What policies ask for, and how they are written.

use serde_json::json;

use crate::access::{ClaimValue, NamedRule, PolicyInput, RuleCondition};
use crate::testing::OfflineIssuer;
use crate::token::Timestamp;
use crate::{
    AnyOf, Authorized, Claims, Fresh, Guard, InRole, Maybe, Public, Scoped, authentication, roles,
    rules, scopes,
};

scopes! { Read = "read"; Write = "write"; }
roles! {
    Admin = "admin";
    Auditor = "auditor";
    ShopKeeper = "shop keeper";
    Or = "or";
}
authentication! { Recent = max_age 300; }
rules! {
    OwnTenant = path "tenant" equals claim "org_id";
    Numbered = |claims: Claimed, path: (u32,)| claims.number == path.0;
    Editor = claim "roles" includes "editor";
}

#[derive(serde::Deserialize)]
struct Claimed {
    number: u32,
}

#[test]
fn groups_and_names_that_could_be_misread_are_set_apart() {
    let table = [
        (
            <Authorized<(Read, AnyOf<(Admin, Auditor)>)>>::POLICY,
            "scope read and (role admin or role auditor)",
        ),
        (
            <Authorized<AnyOf<((Read, Write), Admin)>>>::POLICY,
            "(scope read and scope write) or role admin",
        ),
        (<Authorized<((Read,), Admin)>>::POLICY, "scope read and role admin"),
        (<InRole<ShopKeeper>>::POLICY, "role \"shop keeper\""),
        (<InRole<Or>>::POLICY, "role \"or\""),
    ];
    for (policy, text) in table {
        assert_eq!(policy.to_string(), text);
    }
}

#[test]
fn a_policy_asks_the_issuer_if_any_of_its_requirements_does() {
    let table = [
        (Public::POLICY, false),
        (<Claims>::POLICY, false),
        (<Scoped<Read>>::POLICY, false),
        (<Authorized<Fresh>>::POLICY, true),
        (<Authorized<(Read, Fresh)>>::POLICY, true),
        (<Authorized<AnyOf<(Admin, (Read, Fresh))>>>::POLICY, true),
        (<Authorized<(Read, Admin)>>::POLICY, false),
        (<Maybe<Authorized<Fresh>>>::POLICY, true),
        (<Maybe<Claims>>::POLICY, false),
    ];
    for (policy, fresh) in table {
        assert_eq!(policy.needs_fresh(), fresh, "RFC 7662 4: {policy}");
    }
}

#[test]
fn code_over_the_path_may_read_the_time_and_other_rules_do_not() {
    let table = [
        (<Authorized<Numbered>>::POLICY, true),
        (<Authorized<OwnTenant>>::POLICY, false),
        (<Authorized<Editor>>::POLICY, false),
        (<Authorized<Recent>>::POLICY, true),
    ];
    for (policy, reads_time) in table {
        assert_eq!(policy.reads_time(), reads_time, "{policy}");
    }
}

#[actix_web::test]
async fn a_rule_without_code_compares_a_claim_with_a_value() {
    use ClaimValue::{Boolean, Number, Text};

    let issuer = OfflineIssuer::new("api");
    let table = [
        (json!("acme"), Text("acme"), true, true),
        (json!("acme"), Text("Acme"), false, false),
        (json!(7), Number(7), true, false),
        (json!(8), Number(7), false, false),
        (json!(true), Boolean(true), true, false),
        (json!(true), Boolean(false), false, false),
        (json!("true"), Boolean(true), false, false),
        (json!(["acme", 7, true]), Number(7), false, true),
        (json!(["acme", 7, true]), Boolean(true), false, true),
        (json!(["acme", 7, true]), Number(8), false, false),
        (json!(null), Text("acme"), false, false),
    ];
    for (claim, value, equals, includes) in table {
        let token = issuer.token().claim("org", claim.clone()).encode();
        let token = issuer.verifier().verify(&token).await.expect("a good token");
        let input = PolicyInput::new(&token, Timestamp::now());
        let holds = |condition| NamedRule { name: "R", description: "", condition }.is_met(&input);
        let equal = RuleCondition::ClaimEquals { claim: "org", value };
        let included = RuleCondition::ClaimIncludes { claim: "org", value };
        assert_eq!((holds(equal), holds(included)), (equals, includes), "{claim} {value}");
    }
}

#[test]
fn rules_are_the_same_if_their_names_are() {
    let condition = RuleCondition::ClaimEquals { claim: "a", value: ClaimValue::Number(1) };
    let rule = |name| NamedRule { name, description: "", condition };
    assert_eq!(rule("A"), rule("A"));
    assert_ne!(rule("A"), rule("B"));
}
