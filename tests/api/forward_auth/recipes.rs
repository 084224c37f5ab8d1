//! Text of the recipes in `deploy/forward-auth`.

use super::recipe;

const RECIPES: [&str; 5] = [
    "nginx/nginx.conf",
    "haproxy/authorize.lua",
    "caddy/Caddyfile",
    "traefik/traefik.yaml",
    "envoy/envoy.yaml",
];

/// Fields that only a proxy may set, or that speak of another request.
const STRIPPED: [&str; 4] = ["x-auth-", "client-cert", "x-ssl-cert", "x-forwarded-client-cert"];

/// Fields of decisions that clients need (RFC 6750 section 3, RFC 9449 section 8).
const COPIED_BACK: [&str; 2] = ["www-authenticate", "dpop-nonce"];

#[test]
fn every_recipe_strips_what_only_proxies_may_set() {
    for path in RECIPES {
        let name = path.rsplit('/').next().unwrap_or(path);
        let text = recipe(path, &[]).to_lowercase().replace('_', "-");
        for field in STRIPPED {
            assert!(text.contains(field), "{name} does not strip {field}");
        }
        for identity in ["subject", "client", "issuer", "scopes", "roles"] {
            // HAProxy's puts the names together, and Envoy takes all that begin so.
            let is_named = text.contains(&format!("x-auth-{identity}"));
            let is_listed = name == "authorize.lua" && text.contains(&format!("\"{identity}\""));
            assert!(
                is_named || is_listed || name == "envoy.yaml",
                "{name} does not set x-auth-{identity}"
            );
        }
        assert!(
            text.contains("forward-authorization"),
            "{name} says nothing of FORWARD_AUTHORIZATION"
        );
        assert!(text.contains("token-header"), "{name} says nothing of TOKEN_HEADER");
        // Caddy and Traefik copy the whole answer.
        let copies = name == "Caddyfile" || name == "traefik.yaml";
        for field in COPIED_BACK {
            assert!(copies || text.contains(field), "{name} does not copy {field} back");
        }
    }
}
