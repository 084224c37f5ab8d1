//! Texts of faults, and the fault that a certificate's rejection is.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use derive_more::{Display, Error};
use rustls::{AlertDescription, CertificateError, OtherError};

use crate::issuer::IssuerFault;
use crate::issuer::certificate_fault::{CertificateFault, ClientCertificateFault};
use crate::token::Printable;

#[test]
fn a_fault_says_what_was_tried_and_what_the_issuer_asks_for() {
    let address = || "https://issuer.example/keys".to_owned();
    let timed_out = |tried: &str| IssuerFault::TimedOut {
        address: address(),
        limit: Duration::from_millis(2500),
        tried: tried.to_owned(),
    };
    let status = |status, retry_after, host: Option<&str>| IssuerFault::Status {
        address: address(),
        status,
        retry_after,
        redirect_host: host.map(Printable::new),
    };
    let table = [
        (timed_out(""), " did not answer within 2.5 s"),
        (
            timed_out("192.0.2.1:443: no answer"),
            " did not answer within 2.5 s (connecting to 192.0.2.1:443: no answer)",
        ),
        (status(500, None, None), " answered 500"),
        (
            status(503, Some(Duration::from_secs(30)), None),
            " answered 503, to be asked again in 30 s",
        ),
        (
            status(302, None, Some("login.example")),
            " answered 302, a redirect to login.example, which is not followed",
        ),
    ];
    for (fault, text) in table {
        assert_eq!(fault.to_string(), format!("{}{text}", address()), "RFC 9110 10.2.3, 15.4");
    }
}

#[derive(Debug, Display, Error)]
#[display("{_0}")]
struct Named(#[error(not(source))] &'static str);

#[test]
fn an_authority_as_server_is_told_from_other_faults_of_its_certificate() {
    let fault = |name: &'static str| {
        let other = CertificateError::Other(OtherError(Arc::new(Named(name))));
        let error = io::Error::other(rustls::Error::InvalidCertificate(other));
        CertificateFault::of(&error, "issuer.example")
    };
    assert_eq!(
        fault("CaUsedAsEndEntity"),
        Some(CertificateFault::AuthorityAsServer),
        "5280 4.2.1.9"
    );
    assert!(matches!(fault("BadDer"), Some(CertificateFault::Other { .. })));
    assert_eq!(CertificateFault::of(&io::Error::other("closed"), "issuer.example"), None);
}

#[test]
fn the_alert_of_a_server_tells_what_is_wrong_with_our_certificate() {
    let rejected = |reason| Some(ClientCertificateFault::Rejected { reason });
    let table = [
        (AlertDescription::CertificateRequired, Some(ClientCertificateFault::Missing)),
        (AlertDescription::BadCertificate, rejected("TLS alert bad_certificate")),
        (AlertDescription::UnsupportedCertificate, rejected("TLS alert unsupported_certificate")),
        (AlertDescription::CertificateRevoked, rejected("TLS alert certificate_revoked")),
        (AlertDescription::CertificateExpired, rejected("TLS alert certificate_expired")),
        (AlertDescription::CertificateUnknown, rejected("TLS alert certificate_unknown")),
        (AlertDescription::UnknownCA, rejected("TLS alert unknown_ca")),
        (AlertDescription::AccessDenied, rejected("TLS alert access_denied")),
        (AlertDescription::HandshakeFailure, None),
    ];
    for (alert, expected) in table {
        let error = io::Error::other(rustls::Error::AlertReceived(alert));
        assert_eq!(ClientCertificateFault::of(&error), expected, "RFC 8446 6.2: {alert:?}");
    }
    let others = [io::Error::other("closed"), io::Error::other(rustls::Error::DecryptError)];
    for other in others {
        assert_eq!(ClientCertificateFault::of(&other), None, "{other}");
    }
}
