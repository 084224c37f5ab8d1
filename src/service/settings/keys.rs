//! How issuers' keys are obtained and how long they are used.

use std::time::Duration;

use super::catalogue::keys::{KEY_FETCH_TIMEOUT, KEY_MAX_AGE};
use super::reader::Reader;

/// How issuers' keys are obtained and how long they are used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeySettings {
    /// How long keys are used while their issuer is down.
    pub max_age: Duration,
    /// How long fetching an issuer's metadata or keys may take.
    pub fetch_timeout: Duration,
}

pub(super) fn read(reader: &mut Reader) -> Option<KeySettings> {
    let max_age = reader.seconds(&KEY_MAX_AGE, 60..=86_400);
    let fetch_timeout = reader.seconds(&KEY_FETCH_TIMEOUT, 1..=60);
    Some(KeySettings { max_age: max_age?, fetch_timeout: fetch_timeout? })
}
