//! Introspection of one issuer.

use super::*;
use crate::issuer::IntrospectionMode;

#[test]
fn introspection_of_one_issuer_is_read() {
    let settings = with_base(&[
        ("INTROSPECTION", "always"),
        ("INTROSPECTION_CLIENT_ID", "api"),
        ("INTROSPECTION_CLIENT_SECRET", "secret"),
        ("INTROSPECTION_URL", "https://a.example/introspect"),
        ("INTROSPECTION_CACHE", "5"),
        ("INTROSPECTION_STALE", "6"),
        ("INTROSPECTION_RATE", "7"),
    ]);
    let settings = settings.unwrap();
    let asked = settings.issuers[0].introspection.as_ref().unwrap();
    assert_eq!(asked.mode, IntrospectionMode::Always);
    assert_eq!(asked.client_id, "api");
    assert_eq!(asked.credentials, ClientCredentials::Secret("secret".to_owned()));
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
    let table: [Row; 9] = [
        (
            &[("INTROSPECTION", "opaque")],
            &[
                MISSING_ID,
                "INTROSPECTION_SECRET_FILE: missing; introspection requires authentication (RFC 7662 \
                 section 2.1): set it, or INTROSPECTION_CLIENT_SECRET, or INTROSPECTION_KEY_FILE",
            ],
        ),
        (&[("INTROSPECTION", "on")], &["INTROSPECTION = \"on\": it must be off, opaque or always"]),
        (
            &[("INTROSPECTION_CLIENT_ID", "api")],
            &[
                "INTROSPECTION_CLIENT_ID = \"api\": it has no effect unless INTROSPECTION is opaque or \
               always",
            ],
        ),
        (
            &[
                ("INTROSPECTION", "opaque"),
                ("INTROSPECTION_CLIENT_SECRET", "s"),
                ("INTROSPECTION_CLIENT_ID", "api"),
                ("INTROSPECTION_URL", "http://a.example/introspect"),
            ],
            &["INTROSPECTION_URL = \"http://a.example/introspect\": "],
        ),
        (
            &[
                ("INTROSPECTION", "opaque"),
                ("INTROSPECTION_CLIENT_ID", "api"),
                ("INTROSPECTION_SECRET_FILE", "/nowhere"),
            ],
            &["INTROSPECTION_SECRET_FILE = \"/nowhere\": cannot be read"],
        ),
        (
            &[
                ("INTROSPECTION", "opaque"),
                ("INTROSPECTION_CLIENT_ID", "api"),
                ("INTROSPECTION_KEY_FILE", "Cargo.toml"),
            ],
            &["INTROSPECTION_KEY_FILE = \"Cargo.toml\": not a private key in PKCS #8 PEM"],
        ),
        (
            &[
                ("INTROSPECTION", "opaque"),
                ("INTROSPECTION_CLIENT_ID", "api"),
                ("INTROSPECTION_CLIENT_SECRET", "s"),
                ("INTROSPECTION_KEY_FILE", "/nowhere"),
            ],
            &[
                "INTROSPECTION_KEY_FILE = \"/nowhere\": cannot be read",
                "INTROSPECTION_KEY_FILE = \"/nowhere\": INTROSPECTION_CLIENT_SECRET is set too",
            ],
        ),
        (
            &[
                ("ISSUER_BASE_URL", "https://a.example/,https://b.example/"),
                ("INTROSPECTION", "opaque"),
                ("INTROSPECTION_CLIENT_ID", "api"),
                ("INTROSPECTION_CLIENT_SECRET", "s"),
            ],
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
