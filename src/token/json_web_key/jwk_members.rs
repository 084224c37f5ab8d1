//! Members of a JWK, read in an exact or a lenient spelling.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::token::algorithm::{Algorithm, Family};
use crate::token::json::Members;
use crate::token::key_set_fault::SkipReason;
use crate::token::unusable_key::UnusableKey;

/// How exactly a JWK must follow the standard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Spelling {
    /// To the letter: a key that a caller sends.
    Exact,
    /// As issuers publish keys: `null` and empty for absent members, base64 of either alphabet and
    /// with padding. It is the same key in every spelling.
    Lenient,
}

/// The members of one JWK.
pub(super) struct Jwk<'m, 'a> {
    pub(super) members: &'m Members<'a>,
    pub(super) spelling: Spelling,
}

impl<'a> Jwk<'_, 'a> {
    pub(super) fn contains(&self, name: &str) -> bool {
        let value = self.members.get(name).map(|value| value.get());
        value.is_some_and(|value| self.spelling == Spelling::Exact || value != "null")
    }

    /// The member as a text. An empty text counts as absent where that is lenient.
    pub(super) fn optional(&self, name: &'static str) -> Result<Option<Cow<'a, str>>, SkipReason> {
        if !self.contains(name) {
            return Ok(None);
        }
        let text = self.members.text(name).map_err(|_| SkipReason::BadMember(name))?;
        let is_text = |text: &Cow<'_, str>| self.spelling == Spelling::Exact || !text.is_empty();
        Ok(text.filter(is_text))
    }

    pub(super) fn required(&self, name: &'static str) -> Result<Cow<'a, str>, SkipReason> {
        self.optional(name)?.ok_or(SkipReason::BadMember(name))
    }

    pub(super) fn bytes(&self, name: &'static str) -> Result<Vec<u8>, SkipReason> {
        let text = self.required(name)?;
        let text = match self.spelling {
            Spelling::Exact => text,
            Spelling::Lenient => {
                let bare = text.trim_end_matches('=');
                if bare.len() != text.len() && text.len() % 4 != 0 {
                    return Err(SkipReason::BadMember(name));
                }
                Cow::Owned(bare.replace('+', "-").replace('/', "_"))
            }
        };
        URL_SAFE_NO_PAD.decode(text.as_bytes()).map_err(|_| SkipReason::BadMember(name))
    }

    pub(super) fn algorithm(
        &self,
        default: Algorithm,
        family: Family,
    ) -> Result<Algorithm, SkipReason> {
        let Some(name) = self.optional("alg")? else { return Ok(default) };
        let algorithm: Algorithm = name.parse().map_err(|_| SkipReason::UnsupportedAlgorithm)?;
        if algorithm.family() != family {
            return Err(SkipReason::Unusable(UnusableKey::WrongFamily));
        }
        Ok(algorithm)
    }

    /// Checks `use` and `key_ops`, which must not contradict each other (RFC 7517 sections 4.2 and
    /// 4.3).
    pub(super) fn check_purpose(&self) -> Result<(), SkipReason> {
        let purpose = self.optional("use")?;
        if purpose.as_ref().is_some_and(|purpose| purpose != "sig") {
            return Err(SkipReason::NotForSignatures);
        }
        if !self.contains("key_ops") {
            return Ok(());
        }
        let bad = SkipReason::BadMember("key_ops");
        let mut operations: Vec<String> = self.members.read("key_ops").ok().flatten().ok_or(bad)?;
        if operations.is_empty() && self.spelling == Spelling::Lenient {
            return Ok(());
        }
        let count = operations.len();
        operations.sort_unstable();
        operations.dedup();
        if operations.len() != count {
            return Err(bad);
        }
        let is_signing = |operation: &String| operation == "verify" || operation == "sign";
        let consistent = purpose.is_none() || operations.iter().all(is_signing);
        if consistent && operations.iter().any(|operation| operation == "verify") {
            Ok(())
        } else {
            Err(SkipReason::NotForSignatures)
        }
    }
}
