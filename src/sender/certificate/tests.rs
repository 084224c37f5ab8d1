//! Header fields of proxies, value by value.

use super::*;

/// The bytes of a SEQUENCE, which is all that is read of a certificate.
const DER: &[u8] = &[0x30, 0x03, 0x02, 0x01, 0x2a];

fn hash() -> String {
    let thumbprint = CertificateThumbprint::of_certificate(DER);
    thumbprint.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The PEM of these bytes, percent-encoded as Envoy does.
fn escaped(der: &[u8]) -> String {
    let base64 = STANDARD.encode(der).replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
    format!("-----BEGIN%20CERTIFICATE-----%0A{base64}%0A-----END%20CERTIFICATE-----%0A")
}

#[test]
fn xfcc_is_read_only_where_it_names_one_certificate() {
    let (hash, cert, zeros) = (hash(), escaped(DER), "0".repeat(64));
    let other = escaped(&[0x30, 0x00]);
    // (the field, whether it has the certificate)
    let good = [
        format!("Hash={hash}"),
        format!("hash={}", hash.to_uppercase()),
        format!("Hash=\"{hash}\""),
        format!("By=spiffe://a;Hash={hash};URI=spiffe://b;DNS=c;DNS=d"),
        format!("Subject=\"CN=a,O=b;Hash={zeros}\";Hash={hash}"),
        format!("Subject=\"O=\\\"a\\\",Hash={zeros}\";Hash={hash}"),
        format!("Subject=\"ends with a backslash\\\\\";Hash={hash}"),
        format!("Subject=\"\";Hash={hash}"),
        format!(" Hash = {hash} "),
        format!("Cert=\"{cert}\""),
        format!("Cert={cert}"),
        format!("CERT=\"{cert}\";Chain=\"{cert}{other}\""),
        format!("Hash={hash};Cert=\"{cert}\""),
        format!("Cert=\"{cert}\";Hash={hash}"),
    ];
    let first = |count: usize| hash.chars().take(count).collect::<String>();
    let malformed = [
        // Several elements, of which nothing says which to trust.
        format!("Hash={hash},Hash={hash}"),
        format!("By=a,Hash={hash}"),
        format!("Hash={hash},"),
        format!(",Hash={hash}"),
        // Contradictions and repetitions.
        format!("Hash={zeros};Cert=\"{cert}\""),
        format!("Hash={hash};Cert=\"{other}\""),
        format!("Hash={hash};Hash={hash}"),
        format!("Cert=\"{cert}\";Cert=\"{cert}\""),
        // Neither.
        "By=spiffe://a;URI=spiffe://b".to_owned(),
        format!("Chain=\"{cert}\""),
        // Quotes.
        format!("Subject=\"a;Hash={hash}"),
        format!("Subject=\"a\\\";Hash={hash}"),
        format!("Hash=\"{hash}"),
        format!("Hash={hash}\""),
        format!("Subject=\"a\"b;Hash={hash}"),
        // Pairs.
        hash.clone(),
        format!("Hash={hash};"),
        format!(";Hash={hash}"),
        // Values.
        "Hash=".to_owned(),
        format!("Hash={}", first(62)),
        format!("Hash={hash}00"),
        format!("Hash={}zz", first(62)),
        format!("Hash=+{}", first(63)),
        "Cert=\"\"".to_owned(),
        "Cert=\"%zz\"".to_owned(),
        format!("Cert=\"{}\"", cert.replace("CERTIFICATE", "PUBLIC%20KEY")),
        format!("Cert=\"{}\"", cert.replace("-----END", "")),
        format!("Cert=\"{}\"", escaped(b"not DER")),
    ];
    let unreadable = UnreadableCertificate { form: CertificateHeader::Xfcc };
    let expected = CertificateThumbprint::of_certificate(DER);
    for field in good {
        let read = CertificateHeader::Xfcc.read([field.as_bytes()]);
        assert_eq!(read, Ok(Some(expected)), "{field}");
    }
    for field in malformed {
        let read = CertificateHeader::Xfcc.read([field.as_bytes()]);
        assert_eq!(read, Err(unreadable), "{field}");
    }
}

#[test]
fn fields_are_counted_before_they_are_read() {
    let field = format!("Hash={}", hash());
    let long = format!("Hash={};Subject=\"{}\"", hash(), "a".repeat(LONGEST));
    let expected = CertificateThumbprint::of_certificate(DER);
    let unreadable = Err(UnreadableCertificate { form: CertificateHeader::Xfcc });
    let table: [(&[&str], Result<_, _>); 6] = [
        (&[], Ok(None)),
        (&[""], Ok(None)),
        (&[" "], Ok(None)),
        (&[&field], Ok(Some(expected))),
        (&[&field, &field], unreadable),
        (&[&long], unreadable),
    ];
    for (fields, read) in table {
        let bytes = fields.iter().map(|field| field.as_bytes());
        assert_eq!(CertificateHeader::Xfcc.read(bytes), read, "RFC 9440 2.2: {}", fields.len());
    }
}
