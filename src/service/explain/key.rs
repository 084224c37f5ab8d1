//! Checks of issuer, algorithm, key and signature.

use super::claims_advice;
use super::judged_token::{Chosen, JudgedToken};
use super::key_advice;
use super::report::{Check, Group, Outcome};
use crate::issuer::{IssuerDiagnostics, IssuerFault};
use crate::service::check::{advice_on, entra_default_scope};
use crate::token::{Algorithms, InvalidToken, Printable, VerificationKey, may_be_of_tenant};

/// Whether the issuer's tokens may be signed with the token's algorithm.
pub(super) fn algorithm(judged: &JudgedToken<'_>) -> Check {
    const GROUP: Group = Group::Header;
    const ID: &str = "algorithm";
    let found = judged.header_text("alg").map_or_else(|| "none".to_owned(), |alg| alg.to_string());
    let allowed = judged.expected().map(|expected| expected.algorithms);
    let names = allowed.unwrap_or(Algorithms::DEFAULT);
    let names: Vec<String> = names.iter().map(|algorithm| algorithm.to_string()).collect();
    let wanted = format!("one of {}", names.join(", "));
    if let Some(reason) = judged.header_fault(is_about_algorithm) {
        let check = Check::failed(GROUP, ID, found).expected(wanted).rejected(reason.clone());
        return match reason {
            InvalidToken::Unsigned => check
                .meaning("the token is not signed, so anyone could have written it")
                .advice("never accept such a token; have the issuer sign, with RS256 for example"),
            InvalidToken::UnsupportedAlgorithm { .. } => check
                .meaning("this server cannot verify such a signature")
                .advice("have the issuer sign this API's tokens with RS256 or ES256"),
            _ => check
                .meaning("the header does not say how the token is signed")
                .advice("use a token as the issuer made it"),
        };
    }
    let Some(header) = &judged.inspection.header else {
        return Check::not_reached(GROUP, ID, "the header cannot be read");
    };
    let algorithm = header.algorithm();
    if allowed.is_some_and(|allowed| !allowed.contains(algorithm)) {
        let check = Check::failed(GROUP, ID, found).expected(wanted);
        return key_advice::not_allowed(check, algorithm)
            .rejected(InvalidToken::AlgorithmNotAllowed { algorithm });
    }
    Check::passed(GROUP, ID, found)
}

fn is_about_algorithm(reason: &InvalidToken) -> bool {
    matches!(
        reason,
        InvalidToken::Unsigned
            | InvalidToken::UnsupportedAlgorithm { .. }
            | InvalidToken::HeaderParameterMistyped { name: "alg" }
    )
}

/// The checks of key and signature.
pub(super) fn checks(judged: &JudgedToken<'_>) -> [Check; 2] {
    let algorithm_is_good = algorithm(judged).outcome == Outcome::Passed;
    let (key, found) = key(judged, algorithm_is_good);
    let signature = signature(judged, found);
    [key, signature]
}

/// Whether the token names an issuer that is trusted.
pub(super) fn issuer(judged: &JudgedToken<'_>) -> Check {
    const GROUP: Group = Group::Issuer;
    const ID: &str = "issuer";
    let wanted = "iss, the name of the issuer, a string";
    if let Some(check) = claims_advice::faulty(judged, GROUP, ID, "iss", wanted) {
        return check;
    }
    let Some(claims) = &judged.inspection.claims else {
        return Check::not_reached(GROUP, ID, "the claims cannot be read");
    };
    let found = Printable::up_to(200, &claims.issuer).to_string();
    if judged.issuers.is_empty() {
        return Check::not_reached(GROUP, ID, format!("{found}; no issuer is configured"));
    }
    if let Chosen::Named(issuer) = judged.chosen {
        match judged.check_issuer(claims, issuer) {
            Ok(()) => return Check::passed(GROUP, ID, found),
            Err(InvalidToken::IssuerMismatch) => {}
            Err(reason) => {
                let check = Check::failed(GROUP, ID, found);
                return key_advice::wrong_tenant(check, judged.claim_text("tid"), &reason)
                    .rejected(reason);
            }
        }
    }
    let ours: Vec<&str> =
        judged.issuers.iter().map(|issuer| issuer.expected().issuer.as_str()).collect();
    let check = Check::failed(GROUP, ID, found).expected(format!("exactly {}", ours.join(" or ")));
    // Until the issuer's metadata is known, either spelling may be its own.
    if let Chosen::Named(issuer) = judged.chosen
        && issuer.keys().is_none()
        && issuer.status.is_discovered
    {
        return Check { outcome: Outcome::NotReached, ..check };
    }
    let of_tenant = judged.issuers.iter().find_map(|issuer| match issuer.fault.as_deref() {
        Some(fault @ IssuerFault::IssuerTemplate { .. })
            if may_be_of_tenant(issuer.identifier.as_str(), &claims.issuer) =>
        {
            Some(fault)
        }
        _ => None,
    });
    let check = if let Some(fault) = of_tenant {
        check.meaning(fault.to_string()).advice(advice_on(fault))
    } else if claims_advice::is_for_graph(claims) {
        check
            .meaning("the token is for Microsoft Graph, whose tokens name an issuer of their own")
            .advice(claims_advice::instead_of_graph(judged.audience()))
    } else {
        key_advice::wrong_issuer(check, &claims.issuer, &ours)
    };
    check.rejected(InvalidToken::IssuerMismatch)
}

fn key<'a>(
    judged: &JudgedToken<'a>,
    algorithm_is_good: bool,
) -> (Check, Option<(&'a VerificationKey, &'a IssuerDiagnostics)>) {
    const GROUP: Group = Group::Key;
    const ID: &str = "key";
    let not_reached = |why: &str| (Check::not_reached(GROUP, ID, why), None);
    if judged.issuers.is_empty() {
        return not_reached("no issuer is configured");
    }
    let Some(issuer) = judged.chosen.issuer() else {
        return not_reached(match judged.inspection.claims {
            Some(_) => "there are no keys of that issuer",
            None => "the issuer of the token is unknown",
        });
    };
    let (Some(header), true) = (&judged.inspection.header, algorithm_is_good) else {
        return not_reached("the key depends on the algorithm");
    };
    let Some(keys) = issuer.keys() else {
        let (why, advice) = match &issuer.fault {
            Some(fault) => (fault.to_string(), advice_on(fault)),
            None => ("no response in time".to_owned(), "try again".to_owned()),
        };
        let check = Check::not_reached(GROUP, ID, format!("the issuer's keys are missing: {why}"));
        return (check.advice(advice), None);
    };
    let signer = |key: &&VerificationKey| {
        let signed = judged.inspection.signed.as_ref();
        signed.is_some_and(|(signed, signature)| key.verifies(signed.as_bytes(), signature))
    };
    let chosen = keys.candidates(header).and_then(|candidates| {
        let unknown = InvalidToken::UnknownKey { kid: Printable::new("(no kid)") };
        candidates.iter().find(signer).or(candidates.iter().next()).ok_or(unknown)
    });
    let iss = judged.inspection.claims.as_ref().map_or("", |claims| claims.issuer.as_str());
    match chosen {
        Ok(key) if !issuer.expected().key_fits(key.issuer(), iss) => {
            let check = Check::failed(GROUP, ID, "its key was published for another issuer")
                .expected("a key whose member issuer is that of the token, or a template of it")
                .meaning(
                    "the key is that of another tenant's issuer, so it may not sign this token",
                )
                .advice("use a token as the issuer made it")
                .rejected(InvalidToken::KeyOfAnotherIssuer);
            (check, None)
        }
        Ok(key) => {
            let id = key
                .id()
                .map_or_else(|| "one without kid".to_owned(), |id| Printable::new(id).to_string());
            let whose = match judged.chosen {
                Chosen::Similar(issuer) => format!(", of {}", issuer.expected().issuer),
                _ => String::new(),
            };
            let found = format!("{id} ({}){whose}", key.algorithm());
            (Check::passed(GROUP, ID, found), Some((key, issuer)))
        }
        Err(reason) => {
            let kid = header.key_id().map_or_else(
                || "no kid".to_owned(),
                |id| format!("kid {} ({})", Printable::new(id), header.algorithm()),
            );
            let check = Check::failed(GROUP, ID, kid).expected(key_advice::held(&issuer.status));
            (key_advice::no_key(check, &reason).rejected(reason), None)
        }
    }
}

fn signature(
    judged: &JudgedToken<'_>,
    key: Option<(&VerificationKey, &IssuerDiagnostics)>,
) -> Check {
    const GROUP: Group = Group::Signature;
    const ID: &str = "signature";
    let Some((signed, signature)) = &judged.inspection.signed else {
        return Check::not_reached(GROUP, ID, "there is no readable signature");
    };
    let Some((key, issuer)) = key else {
        return Check::not_reached(GROUP, ID, "there is no key to verify it with");
    };
    let name = &issuer.expected().issuer;
    if key.verifies(signed.as_bytes(), signature) {
        return Check::passed(GROUP, ID, "made by the issuer over this header and these claims");
    }
    let header_kid = judged.inspection.header.as_ref().and_then(|header| header.key_id());
    let kid = Printable::new(header_kid.or(key.id()).unwrap_or("(no kid)"));
    let found = format!("not made by the key {kid} over this header and these claims");
    let check = Check::failed(GROUP, ID, found).expected(format!("a signature by a key of {name}"));
    let check = if judged.is_for_microsoft() {
        let scope = entra_default_scope(judged.audience());
        check
            .meaning(
                "the nonce in the header says that the token is for one of Microsoft's own APIs, \
                 such as Graph: it is signed over another header, so only that API can verify it",
            )
            .advice(format!("request a token for this API: scope={scope}"))
    } else {
        key_advice::bad_signature(check, key.algorithm())
    };
    check.rejected(InvalidToken::SignatureInvalid { kid })
}
