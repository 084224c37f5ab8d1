//! The one table of settings. Variables, flags, file keys, help and documentation follow from it.

/// One setting: its names and what it means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Setting {
    /// The key in the TOML files. It names the setting wherever one name is needed.
    pub key: &'static str,
    /// The long flag without its dashes; absent for secrets, which a process list would show.
    pub flag: Option<&'static str>,
    /// The environment variables, the preferred one first.
    pub variables: &'static [&'static str],
    /// What kind of value it takes, as the command line's help shows it.
    pub value_name: &'static str,
    /// What it means, in one line.
    pub meaning: &'static str,
    /// What holds when it is not set, in words.
    pub default: &'static str,
    /// Whether it takes several values: comma-separated, or an array in TOML.
    pub is_list: bool,
    /// Whether its value must never be shown.
    pub is_secret: bool,
    /// Whether the files may hold it. The settings that say which files to read cannot be in one.
    pub in_files: bool,
}

impl Setting {
    const fn new(
        key: &'static str,
        flag: &'static str,
        variables: &'static [&'static str],
    ) -> Self {
        Self {
            key,
            flag: Some(flag),
            variables,
            value_name: "TEXT",
            meaning: "",
            default: "",
            is_list: false,
            is_secret: false,
            in_files: true,
        }
    }

    const fn takes(mut self, value_name: &'static str) -> Self {
        self.value_name = value_name;
        self
    }

    const fn means(mut self, meaning: &'static str) -> Self {
        self.meaning = meaning;
        self
    }

    const fn otherwise(mut self, default: &'static str) -> Self {
        self.default = default;
        self
    }

    const fn list(mut self) -> Self {
        self.is_list = true;
        self
    }

    const fn secret(mut self) -> Self {
        self.is_secret = true;
        self.flag = None;
        self
    }

    const fn outside_files(mut self) -> Self {
        self.in_files = false;
        self
    }

    /// The name to use for the setting when nobody has set it: its first variable.
    pub fn variable(&self) -> &'static str {
        self.variables.first().copied().unwrap_or(self.key)
    }
}

/// Declares each setting and lists them all, so that none can be left out of the list.
macro_rules! catalogue {
    ($($name:ident = $setting:expr;)*) => {
        $(pub(super) static $name: Setting = $setting;)*

        /// Every setting, in the order in which people should meet them.
        pub static CATALOGUE: &[&Setting] = &[$(&$name),*];
    };
}

catalogue! {
    ISSUER_BASE_URL = Setting::new("issuer_base_url", "issuer-base-url", &["ISSUER_BASE_URL"])
        .takes("URL")
        .means("Issuer, or issuers, whose tokens are trusted; their keys are discovered")
        .otherwise("none")
        .list();
    AUTH0_DOMAIN = Setting::new("auth0_domain", "auth0-domain", &["AUTH0_DOMAIN"])
        .takes("DOMAIN")
        .means("Auth0 tenant's domain, short for the issuer https://DOMAIN/")
        .otherwise("none");
    AUDIENCE = Setting::new("audience", "audience", &["AUDIENCE", "AUTH0_AUDIENCE"])
        .takes("AUDIENCE")
        .means("Audience, or audiences, of this API; a token must name one of them")
        .otherwise("must be set")
        .list();
    ISSUER = Setting::new("issuer", "issuer", &["ISSUER"])
        .takes("URL")
        .means("Issuer without discovery, together with one of the four settings that follow")
        .otherwise("none");
    JWKS_URI = Setting::new("jwks_uri", "jwks-uri", &["JWKS_URI"])
        .takes("URL")
        .means("Address of the key set of ISSUER")
        .otherwise("none");
    PUBLIC_KEY_FILE = Setting::new("public_key_file", "public-key-file", &["PUBLIC_KEY_FILE"])
        .takes("PATH")
        .means("File with the public key of ISSUER: PEM, JWK or JWK set")
        .otherwise("none");
    SECRET = Setting::new("secret", "", &["SECRET"])
        .takes("SECRET")
        .means("HMAC secret shared with ISSUER, at least 32 bytes")
        .otherwise("none")
        .secret();
    SECRET_FILE = Setting::new("secret_file", "secret-file", &["SECRET_FILE"])
        .takes("PATH")
        .means("File with the HMAC secret shared with ISSUER; one newline at its end is left out")
        .otherwise("none");
    TOKEN_SIGNING_ALG = Setting::new("token_signing_alg", "token-signing-alg", &["TOKEN_SIGNING_ALG"])
        .takes("ALGORITHM")
        .means("Signature algorithms that tokens may use")
        .otherwise("every supported one with a public key; with a secret, the HMAC ones it is long enough for")
        .list();
    TOKEN_PROFILE = Setting::new("token_profile", "token-profile", &["TOKEN_PROFILE"])
        .takes("PROFILE")
        .means("How strictly a token's form is judged: any, or rfc9068")
        .otherwise("any");
    CLOCK_TOLERANCE = Setting::new("clock_tolerance", "clock-tolerance", &["CLOCK_TOLERANCE"])
        .takes("SECONDS")
        .means("How far this clock and the issuer's may differ, at most 300 seconds")
        .otherwise("5");
    MAX_TOKEN_AGE = Setting::new("max_token_age", "max-token-age", &["MAX_TOKEN_AGE"])
        .takes("SECONDS")
        .means("Age past which a token is refused even if it has not expired, in seconds")
        .otherwise("no limit but the token's own expiry");
    RESOURCE = Setting::new("resource", "resource", &["RESOURCE"])
        .takes("URL")
        .means("Resource identifier of this API, published as RFC 9728 metadata")
        .otherwise("the first audience that is an https URL");
    REALM = Setting::new("realm", "realm", &["REALM"])
        .takes("TEXT")
        .means("Realm named in the WWW-Authenticate challenges")
        .otherwise("api");
    HOST = Setting::new("host", "host", &["HOST"])
        .takes("ADDRESS")
        .means("IP address to listen on; 0.0.0.0 or :: is every address of the machine")
        .otherwise("127.0.0.1");
    PORT = Setting::new("port", "port", &["PORT"])
        .takes("PORT")
        .means("TCP port to listen on; 0 is any free one")
        .otherwise("3010");
    CORS_ORIGINS = Setting::new("cors_origins", "cors-origins", &["CORS_ORIGINS"])
        .takes("ORIGIN")
        .means("Origins of the web pages that may call this API from a browser")
        .otherwise("none")
        .list();
    WORKERS = Setting::new("workers", "workers", &["WORKERS"])
        .takes("NUMBER")
        .means("Worker threads, 1 to 1024")
        .otherwise("one per core");
    LOG = Setting::new("log", "log", &["RUST_LOG"])
        .takes("FILTER")
        .means("What is logged: off, error, warn, info, debug or trace, for all or by module=level")
        .otherwise("info");
    LOG_FORMAT = Setting::new("log_format", "log-format", &["LOG_FORMAT"])
        .takes("FORMAT")
        .means("Form of the log: text, or json with one object a line")
        .otherwise("text");
    SHUTDOWN_TIMEOUT = Setting::new("shutdown_timeout", "shutdown-timeout", &["SHUTDOWN_TIMEOUT"])
        .takes("SECONDS")
        .means("How long requests under way may go on after a stop signal, 0 to 3600 seconds")
        .otherwise("30");
    KEY_MAX_AGE = Setting::new("key_max_age", "key-max-age", &["KEY_MAX_AGE"])
        .takes("SECONDS")
        .means("How long keys are used while their issuer is down, 60 to 86400 seconds")
        .otherwise("3600");
    KEY_FETCH_TIMEOUT = Setting::new("key_fetch_timeout", "key-fetch-timeout", &["KEY_FETCH_TIMEOUT"])
        .takes("SECONDS")
        .means("How long fetching an issuer's metadata or keys may take, 1 to 60 seconds")
        .otherwise("5");
    CONFIG_DIR = Setting::new("config_dir", "config-dir", &["CONFIG_DIR"])
        .takes("PATH")
        .means("Directory with default.toml and <environment>.toml")
        .otherwise("config, if there is one")
        .outside_files();
    ENVIRONMENT = Setting::new("environment", "environment", &["ENVIRONMENT"])
        .takes("NAME")
        .means("Name of the file read after default.toml, such as production")
        .otherwise("none")
        .outside_files();
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_name_is_spelled_by_its_convention() {
        for setting in CATALOGUE {
            let expected = (!setting.is_secret).then(|| setting.key.replace('_', "-"));
            assert_eq!(setting.flag, expected.as_deref(), "{}", setting.key);
            if *setting != &LOG {
                assert_eq!(setting.variable(), setting.key.to_uppercase());
            }
        }
    }

    #[test]
    fn every_setting_says_what_it_is() {
        for setting in CATALOGUE {
            assert!(!setting.meaning.is_empty() && !setting.default.is_empty(), "{}", setting.key);
        }
    }

    #[test]
    fn no_name_stands_for_two_settings() {
        let keys: HashSet<_> = CATALOGUE.iter().map(|setting| setting.key).collect();
        assert_eq!(keys.len(), CATALOGUE.len());
        let variables: Vec<_> = CATALOGUE.iter().flat_map(|setting| setting.variables).collect();
        assert_eq!(variables.iter().collect::<HashSet<_>>().len(), variables.len());
    }
}
