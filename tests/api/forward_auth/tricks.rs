//! Tricks with paths and header fields, by which one server may be made to see another request than the
//! next one does.

/// One trick, to be played with the path of each route.
#[derive(Debug)]
pub(super) struct Trick {
    /// The request target. `PATH` stands for the route's path without its first slash, `ENC` for it with
    /// its first character percent-encoded, `DBL` twice, and `UPPER` in upper case.
    pub(super) path: &'static str,
    /// The request target in bytes that are not text, in place of `path`.
    raw: &'static [u8],
    /// Header fields of the client.
    pub(super) fields: &'static str,
    /// The path that a backend takes from the fields.
    field_path: &'static str,
    /// The method that a backend takes from the fields.
    pub(super) read_method: Option<&'static str>,
    pub(super) version: &'static str,
}

impl Trick {
    /// The request target of the client.
    pub(super) fn target(&self, path: &str) -> Vec<u8> {
        if !self.raw.is_empty() {
            let mut target = self.raw.to_vec();
            if let Some(at) = target.windows(4).position(|word| word == b"PATH") {
                target.splice(at..at + 4, path.bytes());
            }
            return target;
        }
        let (first, rest) = path.split_at(1);
        let first = format!("{:02x}", first.as_bytes()[0]);
        let target = self.path.replace("ENC", &format!("%{first}{rest}"));
        let target = target.replace("DBL", &format!("%25{first}{rest}"));
        let target =
            target.replace("UPPER", &path.to_uppercase()).replace("LONG", &"a".repeat(9000));
        target.replace("PATH", path).into_bytes()
    }

    /// The path that a backend takes from the fields, if any.
    pub(super) fn read_path(&self, path: &str) -> Option<Vec<u8>> {
        let read = self.field_path.replace("PATH", path);
        (!read.is_empty()).then(|| read.into_bytes())
    }
}

const fn path(path: &'static str) -> Trick {
    Trick { path, raw: b"", fields: "", field_path: "", read_method: None, version: "1.1" }
}

const fn raw(raw: &'static [u8]) -> Trick {
    Trick { raw, ..path("") }
}

const fn fields(target: &'static str, fields: &'static str) -> Trick {
    Trick { fields, ..path(target) }
}

pub(super) const TRICKS: &[Trick] = &[
    path("/PATH"),
    path("/PATH/"),
    path("/PATH?a=b"),
    path("/PATH?a=%2f..%2f&b=//"),
    path("/PATH?/../public"),
    path("/PATH?x=1#y"),
    path("/PATH?"),
    path("/PATH??a"),
    path("//PATH"),
    path("///PATH"),
    path("/./PATH"),
    path("/public/../PATH"),
    path("/public/./../PATH"),
    path("/public/..//PATH"),
    path("/public/..%2fPATH"),
    path("/public/..%2FPATH"),
    path("/public/%2e%2e/PATH"),
    path("/public/%2E%2e%2fPATH"),
    path("/public/.%2e/PATH"),
    path("/public/..%252fPATH"),
    path("/public/%252e%252e%252fPATH"),
    path("/public/..%25252fPATH"),
    path("/public/..\\PATH"),
    path("/public/..%5cPATH"),
    path("/public/..%255cPATH"),
    path("/public/..;/PATH"),
    path("/public/..;a=b/PATH"),
    path("/public/..%3b/PATH"),
    path("/public/..%3ba=b%2fPATH"),
    path("/PATH;a=b"),
    path("/PATH;"),
    path("/PATH%3ba=b"),
    path("/PATH;/../public"),
    path("/ENC"),
    path("/DBL"),
    path("/UPPER"),
    path("/PATH%00"),
    path("/PATH%00.png"),
    path("/public/..%00/PATH"),
    path("/PATH%20"),
    path("/PATH%09"),
    path("/PATH%0a"),
    path("/PATH%0d%0aX:%20y"),
    path("/PATH%7f"),
    path("/PATH."),
    path("/PATH.."),
    path("/PATH/."),
    path("/PATH/.."),
    path("/PATH%2f"),
    path("/PATH%2f..%2fpublic"),
    path("/public/a%2f..%2f..%2fPATH"),
    path("/PATH%23a"),
    path("/PATH#a"),
    path("/public#/../PATH"),
    path("/PATH%3fa=b"),
    path("/public%3f/../PATH"),
    path("/PATH%"),
    path("/PATH%2"),
    path("/PATH%zz"),
    path("/PATH%u002f"),
    path("/public/..%u2215PATH"),
    path("http://a/PATH"),
    path("https://evil.example/PATH"),
    path("http:/PATH"),
    path("PATH"),
    path("*"),
    path("//a/PATH"),
    path("/public/caf%c3%a9"),
    path("/public/cafe%cc%81"),
    path("/tenants/%61cme/notes"),
    path("/tenants/acme%2fnotes"),
    path("/tenants/other/../acme/notes"),
    path("/tenants/acme/notes%2f..%2f..%2fother%2fnotes"),
    path("/tenants/ACME/notes"),
    path("/tenants/acme%CC%81/notes"),
    path("/public/%c0%ae%c0%ae%c0%afPATH"),
    path("/public/%c0%ae%c0%ae/PATH"),
    path("/public/..%c0%afPATH"),
    path("/public/..%e0%80%afPATH"),
    path("/public/%ef%bc%8e%ef%bc%8e%ef%bc%8fPATH"),
    path("/public/..%ef%bc%8fPATH"),
    path("/public/%e2%88%95PATH"),
    path("/public/a%ff"),
    path("/public/a|b"),
    path("/public/{name}"),
    path("/public/a\"b"),
    path("/public/<a>"),
    path("/public/a^b`"),
    path("/PATH/%2e"),
    path("/PATH/%2e%2e/public"),
    path("/public//"),
    path("/public/a//"),
    path("/~/../PATH"),
    path("/PATH:80"),
    path("/PATH@a"),
    path("/PATH%40"),
    path("/PATH+"),
    path("/PATH,a"),
    path("/PATH%2c"),
    path("/LONG"),
    path("/PATH?LONG"),
    path("/public/LONG"),
    path("/PATH/LONG"),
    raw(b"/PATH\0"),
    raw(b"/PATH\tA"),
    raw(b"/PATH\x01"),
    raw(b"/public/caf\xc3\xa9"),
    raw(b"/public/..\xc0\xafPATH"),
    raw(b"/PATH HTTP/1.1"),
    raw(b"/PATH A"),
    Trick { field_path: "/PATH", ..fields("/public", "X-Original-URL: /PATH\r\n") },
    Trick { field_path: "/PATH", ..fields("/public", "X-Rewrite-URL: /PATH\r\n") },
    Trick {
        field_path: "/PATH",
        ..fields("/public", "X-Original-URL: /public\r\nX-Original-URL: /PATH\r\n")
    },
    Trick { field_path: "/PATH", ..fields("/public", "x-oRIGINAL-uRL: /PATH\r\n") },
    fields("/PATH", "X-Original-URL: /public\r\n"),
    fields("/PATH", "X-Forwarded-Uri: /public\r\n"),
    fields("/PATH", "X-Forwarded-Uri: /PATH\r\n"),
    fields("/PATH", "x-forwarded-uri: /public\r\nX-Forwarded-Method: GET\r\n"),
    fields("/PATH", "X-Forwarded-Method: GET\r\n"),
    fields("/PATH", "X_Forwarded_Uri: /public\r\n"),
    Trick { field_path: "/PATH", ..fields("/public", "X_Original_URL: /PATH\r\n") },
    fields("/PATH", "X-Forwarded-Path: /public\r\n"),
    fields("/PATH", "X-Forwarded-Prefix: /public\r\n"),
    fields("/PATH", "X-Forwarded-Host: evil.example\r\n"),
    fields("/PATH", "X-Forwarded-For: 127.0.0.1\r\n"),
    Trick { read_method: Some("DELETE"), ..fields("/PATH", "X-HTTP-Method-Override: DELETE\r\n") },
    Trick { read_method: Some("DELETE"), ..fields("/PATH", "X-HTTP-Method: DELETE\r\n") },
    Trick { read_method: Some("PUT"), ..fields("/PATH", "X-Method-Override: PUT\r\n") },
    Trick { read_method: Some("DELETE"), ..fields("/PATH", "X-Original-Method: DELETE\r\n") },
    fields("/PATH", "X-Auth-Subject: root\r\n"),
    fields("/PATH", "X_Auth_Roles: admin\r\n"),
    fields("/PATH", "Authorization : Bearer a\r\n"),
    fields("/PATH", "Authorization: Bearer a\r\n"),
    fields("/PATH", "Authorization: Basic YTpi\r\n"),
    fields("/PATH", "Origin: https://a.example\r\nAccess-Control-Request-Method: GET\r\n"),
    fields("/PATH", "Forwarded: for=127.0.0.1\r\n"),
    fields("/PATH", " folded: a\r\n"),
    Trick { version: "1.0", ..path("/PATH") },
    Trick { version: "1.0", ..path("/public/..%2fPATH") },
    Trick { version: "1.0", ..fields("/PATH", "X-Forwarded-Uri: /public\r\n") },
];
