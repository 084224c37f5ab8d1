//! Introspection of one issuer.

use super::tables::with_file;
use super::*;
use crate::issuer::{ClientAuthentication, IntrospectionMode};

const OPAQUE: (&str, &str) = ("INTROSPECTION", "opaque");
const ID: (&str, &str) = ("INTROSPECTION_CLIENT_ID", "api");
const SECRET: (&str, &str) = ("INTROSPECTION_CLIENT_SECRET", "secret");

#[test]
fn introspection_of_one_issuer_is_read() {
    let settings = with_base(&[
        ("INTROSPECTION", "always"),
        ID,
        SECRET,
        ("INTROSPECTION_URL", "https://a.example/introspect"),
        ("INTROSPECTION_CACHE", "5"),
        ("INTROSPECTION_STALE", "6"),
        ("INTROSPECTION_RATE", "7"),
    ]);
    let settings = settings.unwrap();
    let asked = settings.issuers[0].introspection.as_ref().unwrap();
    assert_eq!(asked.mode, IntrospectionMode::Always);
    assert_eq!(asked.client_id, "api");
    let sent = asked.credentials.authentication();
    assert!(matches!(sent, ClientAuthentication::Secret(secret) if secret == "secret"));
    assert_eq!(asked.endpoint.as_ref().unwrap().as_str(), "https://a.example/introspect");
    assert!(!format!("{settings:?}").contains("secret\""), "{settings:?}");
    let IntrospectionLimits { cache, stale, rate } = settings.introspection;
    assert_eq!((cache.as_secs(), stale.as_secs(), rate), (5, 6, 7));
}

#[test]
fn incomplete_introspection_is_rejected_with_advice() {
    const MISSING_ID: &str = "INTROSPECTION_CLIENT_ID: missing; register this API as a client of the \
                              issuer and set its client id";
    type Row = (&'static [(&'static str, &'static str)], &'static [&'static str]);
    let table: [Row; 10] = [
        (
            &[OPAQUE],
            &[
                MISSING_ID,
                "INTROSPECTION_SECRET_FILE: missing; introspection requires authentication (RFC 7662 \
                 section 2.1): set it, or INTROSPECTION_CLIENT_SECRET, \
                 INTROSPECTION_KEY_FILE or INTROSPECTION_CERTIFICATE_FILE",
            ],
        ),
        (&[("INTROSPECTION", "on")], &["INTROSPECTION = \"on\": it must be off, opaque or always"]),
        (
            &[ID],
            &[
                "INTROSPECTION_CLIENT_ID = \"api\": it has no effect unless INTROSPECTION is opaque or \
               always",
            ],
        ),
        (
            &[OPAQUE, SECRET, ID, ("INTROSPECTION_URL", "http://a.example/introspect")],
            &["INTROSPECTION_URL = \"http://a.example/introspect\": "],
        ),
        (
            &[OPAQUE, ID, ("INTROSPECTION_SECRET_FILE", "/nowhere")],
            &["INTROSPECTION_SECRET_FILE = \"/nowhere\": cannot be read"],
        ),
        (
            &[OPAQUE, ID, ("INTROSPECTION_KEY_FILE", "Cargo.toml")],
            &["INTROSPECTION_KEY_FILE = \"Cargo.toml\": not a private key in PKCS #8 PEM"],
        ),
        (
            &[OPAQUE, ID, SECRET, ("INTROSPECTION_KEY_FILE", "/nowhere")],
            &[
                "INTROSPECTION_KEY_FILE = \"/nowhere\": cannot be read",
                "INTROSPECTION_KEY_FILE = \"/nowhere\": INTROSPECTION_CLIENT_SECRET is set too",
            ],
        ),
        (
            &[
                OPAQUE,
                ID,
                ("INTROSPECTION_SECRET_FILE", "Cargo.toml"),
                ("INTROSPECTION_CERTIFICATE_KEY_FILE", "/nowhere"),
            ],
            &[
                "INTROSPECTION_CERTIFICATE_KEY_FILE = \"/nowhere\": its certificate is missing: set \
                 INTROSPECTION_CERTIFICATE_FILE",
            ],
        ),
        (
            &[("ISSUER_BASE_URL", "https://a.example/,https://b.example/"), OPAQUE, ID, SECRET],
            &["INTROSPECTION = \"opaque\": several issuers are configured"],
        ),
        (
            &[("INTROSPECTION_RATE", "0")],
            &["INTROSPECTION_RATE = \"0\": it must be a whole number"],
        ),
    ];
    for (variables, expected) in table {
        let problems = problems(with_base(variables));
        assert_eq!(problems.len(), expected.len(), "{variables:?}: {problems:?}");
        for (problem, start) in problems.iter().zip(expected) {
            assert!(problem.starts_with(start), "{variables:?}: {problem}");
        }
    }
}

#[test]
fn plain_http_is_for_the_hosts_of_allow_http_issuers_alone() {
    const FOR_LOOPBACK: &str =
        "not https (http is accepted only for loopback hosts, and for those in ALLOW_HTTP_ISSUERS)";
    let table = [
        ("http://keycloak/introspect", "", Some(FOR_LOOPBACK)),
        ("http://keycloak/introspect", "keycloak", None),
        ("http://keycloak.example/introspect", "keycloak", Some(FOR_LOOPBACK)),
        ("http://10.1.2.3:8080/introspect", "10.0.0.0/8", None),
        ("http://127.0.0.1:8080/introspect", "", None),
        ("http://me:hush@keycloak/introspect", "keycloak", Some("a URL with a user name")),
    ];
    for (url, hosts, expected) in table {
        let in_variables = with_base(&[
            OPAQUE,
            ID,
            SECRET,
            ("INTROSPECTION_URL", url),
            ("ALLOW_HTTP_ISSUERS", hosts),
        ]);
        let text = format!(
            "[[issuers]]\nissuer = 'https://b.example/'\nintrospection = 'opaque'\n\
             introspection_client_id = 'api'\nintrospection_client_secret = 's'\n\
             introspection_url = '{url}'\n"
        );
        let (in_table, _) = with_file(&text, &[], &[BASE[1], ("ALLOW_HTTP_ISSUERS", hosts)]);
        for (place, settings) in [("variable", in_variables), ("table", in_table)] {
            let Some(expected) = expected else {
                let settings = settings.unwrap_or_else(|error| panic!("{place}: {error}"));
                let asked = settings.issuers[0].introspection.as_ref().unwrap();
                assert_eq!(asked.endpoint.as_ref().unwrap().as_str(), url, "{place}");
                continue;
            };
            let problems = problems(settings);
            assert_eq!(problems.len(), 1, "{place}: {problems:?}");
            assert!(problems[0].contains(expected), "{place}: {problems:?}");
        }
    }
}

#[test]
fn a_client_certificate_needs_its_own_key_and_https() {
    let made = || rcgen::generate_simple_self_signed(["api".to_owned()]).unwrap();
    let (own, other) = (made(), made());
    let files = Directory::new(&[
        ("certificate", &own.cert.pem()),
        ("key", &own.signing_key.serialize_pem()),
        ("other", &other.signing_key.serialize_pem()),
    ]);
    let (certificate, key, other_key) =
        (files.path("certificate"), files.path("key"), files.path("other"));
    const CERT: &str = "INTROSPECTION_CERTIFICATE_FILE";
    const KEY: &str = "INTROSPECTION_CERTIFICATE_KEY_FILE";
    let https = "https://a.example/introspect";
    let http = "http://127.0.0.1/introspect";
    const MISMATCH: &str = "does not belong to the certificate";
    type Problems = &'static [(&'static str, &'static str)];
    let table: [(&str, &str, &str, Problems); 8] = [
        (&certificate, &key, https, &[]),
        (&certificate, &other_key, https, &[(KEY, MISMATCH)]),
        (&certificate, "", https, &[(CERT, "set INTROSPECTION_CERTIFICATE_KEY_FILE")]),
        (
            "",
            &key,
            https,
            &[
                (KEY, "set INTROSPECTION_CERTIFICATE_FILE"),
                ("INTROSPECTION_SECRET_FILE", "missing"),
            ],
        ),
        (&key, &key, https, &[(CERT, "no certificate in PEM")]),
        (&certificate, &certificate, https, &[(KEY, "no private key in PEM")]),
        (&certificate, "/nowhere", https, &[(KEY, "cannot be read")]),
        (&certificate, &key, http, &[("INTROSPECTION_URL", "no client certificate")]),
    ];
    for (certificate, key, url, expected) in table {
        let settings =
            with_base(&[OPAQUE, ID, ("INTROSPECTION_URL", url), (CERT, certificate), (KEY, key)]);
        if expected.is_empty() {
            let settings = settings.unwrap();
            let sent = &settings.issuers[0].introspection.as_ref().unwrap().credentials;
            let sent = sent.authentication();
            assert!(matches!(sent, ClientAuthentication::Certificate(_)), "RFC 8705 2");
            continue;
        }
        let problems = problems(settings);
        assert_eq!(problems.len(), expected.len(), "{problems:?}");
        for (setting, advice) in expected {
            let found = |text: &String| text.starts_with(setting) && text.contains(advice);
            assert!(problems.iter().any(found), "{setting} {advice}: {problems:?}");
        }
    }
}
