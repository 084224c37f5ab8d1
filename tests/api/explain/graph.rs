//! Tokens of Entra ID for Microsoft Graph, and those that only look like them.

use actix_resource_server::service::Color;
use actix_resource_server::service::explain::Input;
use actix_resource_server::testing::TokenMaker;

use super::explained;
use super::kinds::{token, trusting_entra};

const TENANT: &str = "11112222-bbbb-3333-cccc-4444dddd5555";
const API: &str = "00001111-aaaa-2222-bbbb-3333cccc4444";

/// Graph signs over another header than the one that it sends: the nonce in it is hashed.
fn for_graph(audience: &str) -> TokenMaker {
    entra(audience).header("nonce", "made-up-nonce").broken_signature()
}

fn entra(audience: &str) -> TokenMaker {
    let issuer = format!("https://login.microsoftonline.com/{TENANT}/v2.0");
    token().header("typ", "JWT").claim("iss", issuer).audience(audience)
}

#[actix_web::test]
async fn a_token_for_graph_is_told_from_one_for_another_api() {
    const GRAPH: &str =
        "the token is for Microsoft Graph, which is the only API that can verify it";
    const OTHER_API: &str = "the token is for another API";
    const A_MICROSOFT_API: &str = "the token is for one of Microsoft's own APIs";
    let table = [
        (for_graph("00000003-0000-0000-c000-000000000000"), GRAPH),
        (for_graph("https://graph.microsoft.com"), GRAPH),
        (for_graph("https://graph.microsoft.com/"), GRAPH),
        (for_graph("https://Graph.Microsoft.com"), GRAPH),
        (for_graph("https://graph.windows.net"), GRAPH),
        (entra("https://graph.microsoft.us"), GRAPH),
        (entra("https://graph.microsoft.com.evil.example"), OTHER_API),
        (entra("https://graph.microsoft.com/v1.0"), OTHER_API),
        (entra("00000003-0000-0000-c000-00000000000"), OTHER_API),
        (entra("api://graph"), OTHER_API),
        // For this API, so only the nonce tells.
        (for_graph(API), A_MICROSOFT_API),
        (entra(API).broken_signature(), "the token was changed or cut after it was signed"),
    ];
    for (token, meaning) in table {
        let report = explained(&Input::token(&token.encode()), &trusting_entra(TENANT, API)).await;
        let text = report.to_text(Color::Off).split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(report.exit_status(), 1, "rejected whatever it is for: {text}");
        for other in [GRAPH, OTHER_API] {
            assert_eq!(text.contains(other), other == meaning, "{other}: {text}");
        }
        assert!(text.contains(meaning), "{meaning}: {text}");
        assert!(!text.contains("audience="), "Entra has no such parameter: {text}");
        if [GRAPH, A_MICROSOFT_API].contains(&meaning) {
            assert!(text.contains(&format!("scope=api://{API}/.default")), "{text}");
            assert!(!text.contains("copy the token"), "{text}");
        }
    }
    // What the advised request brings, whatever its header holds.
    for token in [entra(API), entra(API).header("nonce", "made-up-nonce")] {
        let report = explained(&Input::token(&token.encode()), &trusting_entra(TENANT, API)).await;
        assert_eq!(report.exit_status(), 0, "{}", report.to_text(Color::Off));
    }
}
