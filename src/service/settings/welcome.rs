//! Instructions for a first start, where required settings are missing.

use super::catalog::tokens;
use super::issuers;
use super::problem::Problem;
use super::reader::Reader;

/// Reports missing required settings, with instructions for a first start.
pub(super) fn check(reader: &mut Reader) {
    let no_audience = !reader.is_set(&tokens::AUDIENCE) && issuers::need_audience(reader);
    let (setting, advice) = match (issuers::are_set(reader), no_audience) {
        (false, true) => (
            "ISSUER_BASE_URL and AUDIENCE",
            "not set. Set the issuer to trust and the audience of this API, which is its name in \
             tokens:\n\
             \n  ISSUER_BASE_URL=https://issuer.example/ (with Auth0: AUTH0_DOMAIN=tenant.eu.auth0.com)\
             \n  AUDIENCE=https://api.example/\n\
             \nTo try the service without configuration, run: actix-resource-server dev",
        ),
        (false, false) => (
            "ISSUER_BASE_URL",
            "not set. Set the issuer to trust:\n\
             \n  ISSUER_BASE_URL=https://issuer.example/ (with Auth0: AUTH0_DOMAIN=tenant.eu.auth0.com)\n\
             \nTo try the service without configuration, run: actix-resource-server dev",
        ),
        (true, true) => (
            "AUDIENCE",
            "not set. Set the audience of this API, which is its name in tokens (with Auth0: the \
             API's identifier):\n\
             \n  AUDIENCE=https://api.example/\n\
             \nTo try the service without configuration, run: actix-resource-server dev",
        ),
        (true, false) => return,
    };
    reader.note(Problem::new(setting, advice));
}
