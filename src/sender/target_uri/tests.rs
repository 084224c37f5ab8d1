//! Comparisons of `htu`, and public URLs.

use proptest::prelude::*;

use super::*;

fn urls(urls: &[&str]) -> Vec<PublicUrl> {
    urls.iter().map(|url| url.parse().expect("a public URL")).collect()
}

#[test]
fn htu_is_compared_as_rfc_3986_6_2_says() {
    const YES: Result<Comparison, MalformedUri> = Ok(Comparison::Same);
    const HOST: Result<Comparison, MalformedUri> = Ok(Comparison::OtherOrigin);
    const PATH: Result<Comparison, MalformedUri> = Ok(Comparison::OtherPath);
    const MALFORMED: Result<Comparison, MalformedUri> = Err(MalformedUri);
    let plain: &[&str] = &["https://api.example"];
    let table = [
        (plain, "/notes", "https://api.example/notes", YES, "9449 4.3-9"),
        (plain, "/notes", "https://api.example/notes?a=b", YES, "9449 4.3-9: query"),
        (plain, "/notes", "https://api.example/notes#a", YES, "9449 4.3-9: fragment"),
        (plain, "/notes", "https://api.example/notes?#?/x", YES, "9449 4.3-9"),
        (plain, "/notes", "HTTPS://API.Example/notes", YES, "3986 6.2.2.1"),
        (plain, "/notes", "https://api.example:443/notes", YES, "3986 6.2.3"),
        (plain, "/notes", "https://api.example:/notes", YES, "3986 6.2.3"),
        (plain, "/notes", "https://api.example:0443/notes", YES, "3986 3.2.3"),
        (plain, "/notes", "https://api.example:8443/notes", HOST, "3986 6.2.3"),
        (plain, "/notes", "https://api.example:80/notes", HOST, "3986 6.2.3"),
        (plain, "/notes", "http://api.example/notes", HOST, "9449 4.3-9: scheme"),
        (plain, "/notes", "https://evil.example/notes", HOST, "9449 4.3-9: host"),
        (plain, "/notes", "https://api.example.evil/notes", HOST, "9449 4.3-9: host"),
        (plain, "/notes", "https://api.example/Notes", PATH, "3986 6.2.2.1: path"),
        (plain, "/notes", "https://api.example/notes/", PATH, "9449 4.3-9"),
        (plain, "/notes", "https://api.example//notes", PATH, "9449 4.3-9"),
        (plain, "/notes", "https://api.example/note", PATH, "9449 4.3-9"),
        (plain, "/notes", "https://api.example/%6Eotes", YES, "3986 6.2.2.2"),
        (plain, "/n%6ftes", "https://api.example/notes", YES, "3986 6.2.2.2"),
        (plain, "/a~b", "https://api.example/a%7eb", YES, "3986 6.2.2.2"),
        (plain, "/a%2fb", "https://api.example/a%2Fb", YES, "3986 6.2.2.1"),
        (plain, "/a%2Fb", "https://api.example/a/b", PATH, "3986 2.2: reserved"),
        (plain, "/a/b", "https://api.example/a%2Fb", PATH, "3986 2.2: reserved"),
        (plain, "/a%2541", "https://api.example/a%41", PATH, "3986 2.4: decoded once"),
        (plain, "/notes", "https://api.example/a/../notes", YES, "3986 6.2.2.3"),
        (plain, "/notes", "https://api.example/./notes", YES, "3986 6.2.2.3"),
        (plain, "/notes", "https://api.example/a/%2E%2e/notes", YES, "3986 6.2.2.2-3"),
        (plain, "/notes", "https://api.example/../../notes", YES, "3986 5.2.4"),
        (plain, "/a/../notes", "https://api.example/notes", YES, "3986 6.2.2.3"),
        (plain, "/notes/", "https://api.example/notes/.", YES, "3986 5.2.4"),
        (plain, "/notes/", "https://api.example/notes/a/..", YES, "3986 5.2.4"),
        (plain, "/a.b/.c", "https://api.example/a.b/.c", YES, "3986 5.2.4"),
        (plain, "/", "https://api.example", YES, "3986 6.2.3: empty path"),
        (plain, "/", "https://api.example?x", YES, "3986 6.2.3: empty path"),
        (plain, "/caf\u{e9}", "https://api.example/caf%C3%A9", YES, "3986 2.5"),
        (plain, "/a|b", "https://api.example/a%7Cb", YES, "3986 2.1"),
        (plain, "/%zz", "https://api.example/x", PATH, "3986 2.1"),
        (plain, "*", "https://api.example/*", PATH, "9112 3.2.4"),
        (plain, "/notes", "/notes", MALFORMED, "9449 4.2: absolute"),
        (plain, "/notes", "api.example/notes", MALFORMED, "9449 4.2"),
        (plain, "/notes", "ftp://api.example/notes", MALFORMED, "9449 4.2"),
        (plain, "/notes", "https:///notes", MALFORMED, "9110 4.2.2: empty host"),
        (plain, "/notes", "https://u@api.example/notes", MALFORMED, "9110 4.2.4"),
        (plain, "/notes", "https://api.example:x/notes", MALFORMED, "3986 3.2.3"),
        (plain, "/notes", "https://api.example:+443/notes", MALFORMED, "3986 3.2.3"),
        (plain, "/notes", "https://api.example:99999/notes", MALFORMED, "3986 3.2.3"),
        (plain, "/notes", "https://api.example/not es", MALFORMED, "3986 2"),
        (plain, "/notes", "https://api.example\\notes", MALFORMED, "3986 2"),
        (plain, "/notes", "https://api.example/%4", MALFORMED, "3986 2.1"),
        (plain, "/notes", "https://api.example/n\u{f6}tes", MALFORMED, "3986 2"),
        (plain, "/notes", "", MALFORMED, "9449 4.2"),
        (&["https://api.example/v1/"], "/a", "https://api.example/v1/a", YES, "prefix"),
        (&["https://api.example/v1"], "/a", "https://api.example/v1/x/../a", YES, "prefix"),
        (&["https://api.example/v1"], "/a", "https://api.example/a", PATH, "prefix"),
        (&["https://api.example/v1"], "/a", "https://api.example/v2/a", PATH, "prefix"),
        (&["https://api.example/v1"], "/", "https://api.example/v1/", YES, "prefix"),
        (&["https://a.example", "https://b.example/b"], "/x", "https://b.example/b/x", YES, ""),
        (&["https://a.example", "https://b.example/b"], "/x", "https://b.example/x", PATH, ""),
        (&["http://[::1]:3010"], "/x", "http://[::1]:3010/x", YES, "3986 3.2.2"),
        (&["http://127.0.0.1:3010"], "/x", "http://127.0.0.1:3010/x", YES, ""),
        (&[], "/x", "https://api.example/x", HOST, "no public URL"),
    ];
    for (public, path, htu, expected, section) in table {
        let public_urls = urls(public);
        let target = TargetUri::new(&public_urls, path);
        assert_eq!(target.compare(htu), expected, "RFC {section}: {path} {htu}");
    }
}

#[test]
fn a_public_url_is_https_or_loopback_and_nothing_more_than_a_prefix() {
    use InvalidPublicUrl::{Extra, Malformed, NotHttps};
    let table = [
        ("https://api.example", Ok("https://api.example")),
        ("https://api.example/", Ok("https://api.example")),
        ("HTTPS://API.example:443/V1/", Ok("https://api.example/V1")),
        ("https://api.example:8443/a/../b", Ok("https://api.example:8443/b")),
        ("http://localhost:3010", Ok("http://localhost:3010")),
        ("http://127.0.0.1", Ok("http://127.0.0.1")),
        ("http://[::1]:3010", Ok("http://[::1]:3010")),
        ("http://api.example", Err(NotHttps)),
        ("http://127.0.0.1.evil.example", Err(NotHttps)),
        ("https://api.example?a", Err(Extra)),
        ("https://api.example/#", Err(Extra)),
        ("https://u:p@api.example", Err(Malformed)),
        ("https://", Err(Malformed)),
        ("api.example", Err(Malformed)),
        ("https://api.example/%", Err(Malformed)),
        ("https://*.example", Err(Malformed)),
        ("https://api(1).example", Err(Malformed)),
        ("https://[api.example]", Err(Malformed)),
        ("https://[2001:DB8::1]", Ok("https://[2001:db8::1]")),
    ];
    for (text, expected) in table {
        let read = text.parse::<PublicUrl>().map(|url| url.to_string());
        assert_eq!(read.as_deref().map_err(|fault| *fault), expected, "{text}");
    }
}

proptest! {
    #[test]
    fn a_normalized_path_stays_as_it_is(path in "/[a-zA-Z0-9./%~:@!-]{0,24}") {
        if let Some(once) = normalized_path(&path) {
            prop_assert_eq!(normalized_path(&once), Some(once.clone()));
        }
    }

    #[test]
    fn a_target_is_named_by_its_own_uri(path in "/[a-z0-9A-F./%-]{0,24}", text in ".{0,40}") {
        let public_urls = urls(&["https://api.example/v1", "http://localhost:3010"]);
        let target = TargetUri::new(&public_urls, &path);
        for uri in target.uris() {
            prop_assert_eq!(target.compare(&uri), Ok(Comparison::Same), "{}", uri);
        }
        // Any `htu` is either compared or malformed; none panics.
        let _ = target.compare(&text);
        let _ = target.compare(&format!("https://api.example{text}"));
    }
}
