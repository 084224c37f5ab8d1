//! Suggestions for misspelled names.

use strsim::osa_distance;

/// The candidate closest to `word`, if it is close enough to be a plausible misspelling.
pub(super) fn suggest<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let allowed = (word.chars().count() / 3).clamp(1, 3);
    candidates
        .into_iter()
        .map(|candidate| (osa_distance(word, candidate), candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_close_name_is_suggested() {
        let names = ["port", "host", "audience", "issuer_base_url"];
        let table = [
            ("prot", Some("port")),
            ("por", Some("port")),
            ("pert", Some("port")),
            ("audiance", Some("audience")),
            ("issuer_base_uri", Some("issuer_base_url")),
            ("database", None),
            ("x", None),
            ("", None),
        ];
        for (word, expected) in table {
            assert_eq!(suggest(word, names), expected, "{word}");
        }
    }
}
