//! `[[issuers]]` tables.

use super::*;

/// The settings with this file, `{}` in it replaced by its directory.
pub(super) fn with_file(
    text: &str,
    more: &[(&str, &str)],
    variables: &[(&str, &str)],
) -> (Result<Settings, SettingsError>, String) {
    let files = Directory::new(&[("test.toml", "")]);
    let directory = files.path("");
    for (name, text) in more {
        fs::write(files.0.join(name), text).unwrap();
    }
    fs::write(files.0.join("test.toml"), text.replace("{}", &directory)).unwrap();
    let place = [("CONFIG_DIR", directory.as_str()), ("ENVIRONMENT", "test")];
    let result = load(&[&place, variables].concat(), &[]);
    (result, format!("{}: ", files.path("test.toml")))
}

#[test]
fn tenants_are_those_of_the_issuer_or_of_all_and_a_template_needs_them() {
    use crate::token::Tenants;
    let text = "
audience = 'api'
tenants = 'a, b'

[[issuers]]
issuer = 'https://login.microsoftonline.com/common/v2.0'

[[issuers]]
issuer = 'https://sts.windows.net/common/'
tenants = 'any'

[[issuers]]
issuer = 'https://a.example/{tenantid}/'
jwks_uri = 'https://a.example/keys'
tenants = ['c']
";
    let tenants: Vec<_> =
        with_file(text, &[], &[]).0.unwrap().issuers.into_iter().map(|it| it.tenants).collect();
    let listed = |ids: &[&str]| Tenants::listed(ids.iter().copied()).ok();
    assert_eq!(tenants, [listed(&["a", "b"]), Some(Tenants::ANY), listed(&["c"])]);
    let text = text.replace("tenants = 'a, b'", "").replace("tenants = ['c']", "");
    let problem = with_file(&text, &[], &[]).0.unwrap_err().to_string();
    let expected = "TENANTS: missing; the issuer https://a.example/{tenantid}/ is a template";
    assert!(problem.contains(expected), "{problem}");
}

#[test]
fn dpop_is_that_of_the_issuer_or_of_all() {
    use crate::sender::DpopMode::{Allowed, Off, Required};
    let text = "
audience = 'https://api.example'

[[issuers]]
issuer = 'https://a.example/'
dpop = 'required'

[[issuers]]
issuer = 'https://b.example/'
";
    let read = |text: &str, variables: &[(&str, &str)]| {
        let settings = with_file(text, &[], variables).0.unwrap();
        let modes: Vec<_> = settings.issuers.iter().map(|issuer| issuer.dpop).collect();
        (modes, settings.sender.dpop)
    };
    assert_eq!(read(text, &[]), (vec![Required, Allowed], Allowed));
    assert_eq!(read(text, &[("DPOP", "off")]), (vec![Required, Off], Allowed));
    assert_eq!(read(text, &[("DPOP", "required")]), (vec![Required, Required], Required));
    let all_off = text.replace("'required'", "'off'");
    assert_eq!(read(&all_off, &[("DPOP", "off")]), (vec![Off, Off], Off));
    let header = [("TOKEN_HEADER", "X-Token"), ("TRUSTED_PROXIES", "10.0.0.1")];
    assert_eq!(read(&all_off, &header), (vec![Off, Off], Off), "its tokens come without a proof");

    let no_url = text.replace("https://api.example", "api");
    let problems = |text: &str, variables: &[(&str, &str)]| {
        with_file(text, &[], variables).0.unwrap_err().to_string()
    };
    let found = problems(&no_url, &[("HOST", "0.0.0.0")]);
    assert!(found.contains("none is known; set PUBLIC_URL"), "{found}");
    let found = problems(text, &header);
    assert!(found.contains("comes without a proof"), "{found}");
    let found = problems(&text.replace("'required'", "'on'"), &[]);
    assert!(found.contains("[[issuers]] 1: dpop"), "{found}");
    assert!(found.contains("not one of off, allowed and required"), "{found}");
}

#[test]
fn an_audience_can_be_left_out_only_with_clients() {
    let with = |variables: &[(&str, &str)]| {
        let issuer = [("ISSUER_BASE_URL", "https://a.example/")];
        load(&[&issuer, variables].concat(), &[])
    };
    assert!(with(&[]).is_err());
    let settings = with(&[("CLIENT_IDS", "app")]).unwrap();
    assert!(settings.issuers[0].audiences.is_empty());
    assert_eq!(settings.issuers[0].client_ids, ["app"]);
    let text = "
audience = 'common'
roles_claim = 'groups'

[[issuers]]
issuer = 'https://a.example/'

[[issuers]]
issuer = 'https://b.example/'
client_ids = ['app']
roles_claim = ['realm_access.roles', 'roles']

[[issuers]]
issuer = 'https://c.example/'
client_ids = 'app'
audience = 'own'
";
    let (settings, _) = with_file(text, &[], &[]);
    let issuers = settings.unwrap().issuers.into_iter();
    let read = issuers.map(|issuer| (issuer.audiences, issuer.client_ids, issuer.grants.roles));
    let list = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
    let expected = [
        (list(&["common"]), list(&[]), list(&["groups"])),
        (list(&[]), list(&["app"]), list(&["realm_access.roles", "roles"])),
        (list(&["own"]), list(&["app"]), list(&["groups"])),
    ];
    assert_eq!(read.collect::<Vec<_>>(), expected);
}

#[test]
fn an_issuer_can_have_its_own_audience_algorithms_and_profile() {
    let text = "
audience = 'common'
token_signing_alg = ['RS256', 'ES256']

[[issuers]]
issuer = 'https://a.example/'

[[issuers]]
issuer = 'https://b.example/'
jwks_uri = 'https://b.example/jwks'
audience = ['own', 'other']
token_signing_alg = 'PS256'
token_profile = 'rfc9068'

[[issuers]]
issuer = 'https://c.example/'
public_key_file = '{}key.pem'
token_signing_alg = ['EdDSA']

[[issuers]]
issuer = 'https://d.example/'
secret_file = '{}secret'
token_signing_alg = ['HS256']
";
    let more = [("key.pem", "a key"), ("secret", SECRET_OF_32)];
    let variables = [("ISSUER_BASE_URL", "https://e.example/"), ("TOKEN_PROFILE", "any")];
    let (settings, _) = with_file(text, &more, &variables);
    let settings = settings.unwrap();
    let read = settings.issuers.iter().map(|issuer| {
        let (keys, algorithms) = (key_kinds(issuer), algorithm_names(issuer));
        let audiences = issuer.audiences.join(" ");
        format!("{}, {keys}, {audiences}, {algorithms}, {:?}", issuer.issuer, issuer.profile)
    });
    let expected = [
        "https://e.example/, discovered, common, RS256 ES256, Any",
        "https://a.example/, discovered, common, RS256 ES256, Any",
        "https://b.example/, url, own other, PS256, Rfc9068",
        "https://c.example/, file, common, EdDSA, Any",
        "https://d.example/, secret, common, HS256, Any",
    ];
    assert_eq!(read.collect::<Vec<_>>(), expected);
    assert_eq!(settings.audiences, ["common", "own", "other"]);
}

#[test]
fn fifty_issuers_need_no_common_audience() {
    let table = |n| {
        format!(
            "[[issuers]]\nissuer = 'https://{n}.example/'\naudience = 'https://api.example/{n}'\n"
        )
    };
    let text: String = (1..=50).map(table).collect();
    let settings = with_file(&text, &[], &[]).0.unwrap();
    assert_eq!((settings.issuers.len(), settings.audiences.len()), (50, 50));
    assert_eq!(settings.resource.unwrap().as_str(), "https://api.example/1");
    // But an issuer that says none does need one.
    let (result, _) = with_file(&text, &[], &[("ISSUER_BASE_URL", "https://a.example/")]);
    assert_eq!(problems(result).len(), 1);
}

#[test]
fn all_problems_of_all_tables_are_reported_with_their_place() {
    let text = "
audience = 'api'

[[issuers]]
issuer = 'http://a.example/'
audiance = 'x'
port = 1

[[issuers]]
jwks_uri = 'https://b.example/jwks'
secret = 'hush'
token_profile = 'strict'

[[issuers]]
issuer = 'https://c.example/.well-known/openid-configuration'
token_signing_alg = ['HS256', 'none']
audience = 'two words'

[[issuers]]
issuer = 'https://d.example/'

[[issuers]]
issuer = 'https://d.example'
jwks_uri = 'http://d.example/jwks'

[[issuers]]
issuer = 'https://d.example'
jwks_uri = 'https://d.example/jwks'
";
    let (result, file) = with_file(text, &[], &[]);
    let expected = [
        "1: audiance: unknown key of an issuer; did you mean audience?",
        "1: port: unknown key of an issuer; the keys are issuer, jwks_uri, public_key_file, secret, \
         secret_file, audience, token_signing_alg, token_profile, scope_claim, roles_claim, \
         permissions_claim, client_ids, tenants, dpop, introspection, introspection_url, \
         introspection_client_id, introspection_client_secret, introspection_secret_file, \
         introspection_key_file, introspection_certificate_file, introspection_certificate_key_file",
        "1: issuer = \"http://a.example/\": not https (http is accepted only for loopback hosts, \
         and for those in ALLOW_HTTP_ISSUERS)",
        "2: issuer: missing; it is the exact `iss` of the issuer's tokens",
        "2: secret = (redacted): it has 4 bytes; an HMAC secret must have at least 32",
        "2: token_profile = \"strict\": not a token profile; it is `any` or `rfc9068`",
        "3: issuer = \"https://c.example/.well-known/openid-configuration\": this is the URL of the \
         issuer's metadata; the issuer is the same without .well-known/openid-configuration",
        "3: audience = \"two words\": an audience contains no spaces; separate several with commas",
        "3: token_signing_alg = \"none\": unsigned tokens are never accepted",
        "3: token_signing_alg = \"HS256\": requires a shared secret, and none is configured; issuers \
         with public keys use algorithms such as RS256 or ES256",
        "5: jwks_uri = \"http://d.example/jwks\": not https (http is accepted only for loopback \
         hosts, and for those in ALLOW_HTTP_ISSUERS)",
    ];
    let mut expected = expected.map(|problem| format!("{file}[[issuers]] {problem}")).to_vec();
    expected.push("[[issuers]]: the issuer https://d.example is configured twice".to_owned());
    let mut found = problems(result);
    found.retain(|problem| !problem.contains("lists only HMAC algorithms"));
    assert_eq!(found, expected);
}

#[test]
fn a_list_in_a_file_is_shown_with_its_values() {
    let (result, file) = with_file("tenants = ['any', 'a']", &[], &BASE);
    let advice = "any accepts every tenant; write it alone, or the IDs without it";
    assert_eq!(problems(result), [format!("{file}tenants = \"any,a\": {advice}")]);
}

#[test]
fn malformed_tables_are_rejected_without_showing_them() {
    let brackets = "issuers: write [[issuers]], in two brackets, before the keys of each issuer";
    let table = [
        ("[issuers]\nissuer = 'https://a.example/'", brackets),
        ("issuers = 'hush'", brackets),
        ("issuers = ['hush']", "[[issuers]] 1: write [[issuers]] before the keys of each issuer"),
        ("[issuer]\nsecret = 'hush'", "issuer: no key takes a table; did you mean [[issuers]]?"),
    ];
    for (text, expected) in table {
        let (result, file) = with_file(text, &[], &BASE);
        assert_eq!(problems(result), [format!("{file}{expected}")]);
    }
}

#[test]
fn an_issuer_whose_secret_is_too_short_for_the_common_algorithms_is_named() {
    let table = |name, bytes| {
        let secret = "s".repeat(bytes);
        format!("[[issuers]]\nissuer = 'https://{name}.example/'\nsecret = '{secret}'\n")
    };
    let text = format!(
        "audience = 'api'\ntoken_signing_alg = 'HS512'\n{}{}",
        table("a", 64),
        table("b", 32)
    );
    let (result, file) = with_file(&text, &[], &[]);
    let expected = format!(
        "{file}token_signing_alg = \"HS512\": no algorithm fits the keys of \
         https://b.example/, so none of its tokens would be accepted"
    );
    assert_eq!(problems(result), [expected]);
}
