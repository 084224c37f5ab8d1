//! Issuers of workload identities: GitHub Actions, GitLab CI/CD, Kubernetes.

use actix_resource_server::token::Algorithm;
use serde_json::{Value, json};

use super::{Mistake, Shape};

pub(super) fn shapes() -> Vec<Shape> {
    vec![git_hub(), git_lab(), kubernetes()]
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
        routes: &[],
        mistakes: Vec::new(),
    }
}

fn git_hub() -> Shape {
    let issuer = "https://token.actions.githubusercontent.com";
    let claims = json!({
        "jti": "example-id", "sub": "repo:octo-org/shop:environment:production", "environment": "production",
        "aud": "https://api.example", "ref": "refs/heads/main", "sha": "example-sha",
        "repository": "octo-org/shop", "repository_owner": "octo-org", "actor_id": "12",
        "repository_visibility": "private", "repository_id": "74", "repository_owner_id": "65",
        "run_id": "example-run-id", "run_number": "10", "run_attempt": "2",
        "runner_environment": "github-hosted", "actor": "octocat", "workflow": "deploy",
        "head_ref": "", "base_ref": "", "event_name": "workflow_dispatch", "ref_type": "branch",
        "job_workflow_ref": "octo-org/shop/.github/workflows/deploy.yml@refs/heads/main",
        "iss": issuer, "nbf": 1_700_000_000,
    });
    Shape {
        header: json!({"typ": "JWT", "x5t": "dGh1bWJwcmludA"}),
        routes: &["/repository"],
        mistakes: vec![
            Mistake::text(
                "installation token",
                "ghs_16C7e42F292c6912E7710c838347Ae178B4a",
                "opaque",
                "id-token: write",
            ),
            Mistake::new(
                "default audience",
                |_, claims| claims["aud"] = "https://github.com/octo-org".into(),
                "audience_mismatch",
                "core.getIDToken(\"https://api.example\")",
            ),
        ],
        ..shape("GitHub Actions", issuer, &format!("{issuer}/.well-known/jwks"), claims)
    }
}

fn git_lab() -> Shape {
    let claims = json!({
        "namespace_id": "72", "namespace_path": "my-group", "project_id": "20",
        "project_path": "my-group/shop", "user_id": "1", "user_login": "user",
        "user_email": "user@shop.example", "pipeline_id": "574", "pipeline_source": "push",
        "job_id": "302", "ref": "main", "ref_type": "branch", "ref_path": "refs/heads/main",
        "ref_protected": "true", "runner_id": 1, "runner_environment": "self-hosted",
        "sha": "714a629c", "project_visibility": "private", "jti": "235b", "iss": "https://gitlab.com",
        "nbf": 1_700_000_000, "aud": "https://api.example",
        "sub": "project_path:my-group/shop:ref_type:branch:ref:main",
    });
    Shape {
        routes: &["/project"],
        mistakes: vec![
            Mistake::text("CI_JOB_TOKEN", "glcbt-64_Xs1pQ", "opaque", "id_tokens:"),
            Mistake::new(
                "another audience",
                |_, claims| claims["aud"] = "https://vault.example".into(),
                "audience_mismatch",
                "aud: https://api.example",
            ),
        ],
        ..shape(
            "GitLab CI/CD",
            "https://gitlab.com",
            "https://gitlab.com/oauth/discovery/keys",
            claims,
        )
    }
}

fn kubernetes() -> Shape {
    let issuer = "https://kubernetes.default.svc.cluster.local";
    let claims = json!({
        "aud": ["https://api.example"], "iss": issuer, "jti": "7ee52be0-9045-4653-aa5e-0da57b8dccdc",
        "kubernetes.io": {
            "namespace": "shop", "node": {"name": "node", "uid": "646e7c5e"},
            "pod": {"name": "orders-0", "uid": "8e52"},
            "serviceaccount": {"name": "orders", "uid": "a087"}, "warnafter": 1_700_003_607,
        },
        "nbf": 1_700_000_000, "sub": "system:serviceaccount:shop:orders",
    });
    Shape {
        header: json!({}),
        routes: &["/service-account"],
        mistakes: vec![
            Mistake::new(
                "mounted by default",
                |_, claims| {
                    claims["aud"] = json!(["https://kubernetes.default.svc.cluster.local"]);
                },
                "audience_mismatch",
                "audience: https://api.example",
            ),
            Mistake::new(
                "legacy token from a secret",
                |_, claims| {
                    claims["iss"] = "kubernetes/serviceaccount".into();
                    claims["aud"] = Value::Null;
                },
                "claim_mistyped",
                "use one of the issuer's",
            ),
        ],
        ..shape("Kubernetes", issuer, "https://192.0.2.1:6443/openid/v1/jwks", claims)
    }
}
