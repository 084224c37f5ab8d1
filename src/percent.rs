//! Percent-encoding (RFC 3986 section 2.1), strictly read.

/// The octets of a percent-encoded text; none if a `%` is not followed by two hexadecimal digits.
pub(crate) fn percent_decoded(text: &str) -> Option<Vec<u8>> {
    let mut bytes = text.bytes();
    let mut decoded = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        decoded.push(if byte == b'%' { octet(bytes.next()?, bytes.next()?)? } else { byte });
    }
    Some(decoded)
}

/// The octet that two hexadecimal digits write.
pub(crate) fn octet(high: u8, low: u8) -> Option<u8> {
    let digit = |byte| u8::try_from(char::from(byte).to_digit(16)?).ok();
    Some(digit(high)? << 4 | digit(low)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_encoded_octet_has_two_digits() {
        let table: [(&str, Option<&[u8]>); 9] = [
            ("", Some(b"")),
            ("plain", Some(b"plain")),
            ("a%20b%2Fc%2f", Some(b"a b/c/")),
            ("%00%ff", Some(b"\0\xff")),
            ("%25%32%35", Some(b"%25")),
            ("%", None),
            ("%4", None),
            ("%4g", None),
            ("%+4", None),
        ];
        for (text, decoded) in table {
            assert_eq!(percent_decoded(text).as_deref(), decoded, "RFC 3986 2.1: {text}");
        }
    }
}
