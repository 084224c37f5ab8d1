//! Client certificates of requests: from the TLS connection, or from a header field of a proxy.

use actix_web::HttpRequest;

use super::settings::{CertificateOrigin, Network};
use crate::sender::CertificateHeader;
use crate::token::CertificateThumbprint;

/// The certificate that the client of a TLS connection has proven to hold. It is part of the
/// connection's data.
#[derive(Debug, Clone, Copy)]
pub(super) struct TlsClientCertificate(pub(super) CertificateThumbprint);

/// Finds the client certificate of a request. `proxies` are those whose header field is trusted.
pub(super) fn certificate_source(
    origin: &CertificateOrigin,
    proxies: &[Network],
) -> impl Fn(&HttpRequest) -> Option<CertificateThumbprint> + Send + Sync + 'static {
    let form = match origin {
        CertificateOrigin::Tls { .. } => None,
        CertificateOrigin::Header(form) => Some(*form),
    };
    let proxies = proxies.to_vec();
    move |request| match form {
        None => request.conn_data().map(|TlsClientCertificate(thumbprint)| *thumbprint),
        Some(form) => of_header(request, form, &proxies),
    }
}

/// The certificate in the header field. From a peer that is not a trusted proxy, the field is
/// ignored: anyone can send it (RFC 9440 section 4).
fn of_header(
    request: &HttpRequest,
    form: CertificateHeader,
    proxies: &[Network],
) -> Option<CertificateThumbprint> {
    let peer = request.peer_addr()?.ip();
    if !proxies.iter().any(|proxy| proxy.contains(peer)) {
        return None;
    }
    let fields = request.headers().get_all(form.name()).map(|value| value.as_bytes());
    form.read(fields).unwrap_or_else(|fault| {
        log::warn!("the proxy {peer} sends an unreadable client certificate: {fault}");
        None
    })
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;

    use super::*;

    #[test]
    fn header_of_a_trusted_proxy_alone_is_believed() {
        const DER: &[u8] = &[0x30, 0x03, 0x02, 0x01, 0x05];
        let header = CertificateOrigin::Header(CertificateHeader::ClientCert);
        let proxies = ["10.0.0.0/8".parse().unwrap()];
        let source = certificate_source(&header, &proxies);
        let good = format!(":{}:", STANDARD.encode(DER));
        let thumbprint = Some(CertificateThumbprint::of_certificate(DER));
        let table: [(&str, &[&str], Option<CertificateThumbprint>, &str); 6] = [
            ("10.0.0.1:1", &[&good], thumbprint, "from a proxy"),
            ("[::ffff:10.0.0.1]:1", &[&good], thumbprint, "from a mapped address"),
            ("203.0.113.9:1", &[&good], None, "spoofed"),
            ("10.0.0.1:1", &[&good, &good], None, "two fields"),
            ("10.0.0.1:1", &["MAMCAQU="], None, "another form"),
            ("10.0.0.1:1", &[], None, "no field"),
        ];
        for (peer, fields, expected, what) in table {
            let mut request = TestRequest::default().peer_addr(peer.parse().unwrap());
            for field in fields {
                request = request.append_header(("client-cert", *field));
            }
            assert_eq!(source(&request.to_http_request()), expected, "RFC 9440 4: {what}");
        }
        let tls = certificate_source(&CertificateOrigin::Tls { authorities: None }, &proxies);
        let request = TestRequest::default().peer_addr("10.0.0.1:1".parse().unwrap());
        let request = request.append_header(("client-cert", good.as_str())).to_http_request();
        assert_eq!(tls(&request), None, "the header is ignored");
    }
}
