//! Finding the name that somebody probably meant.

/// The candidate nearest to `word`, if one is near enough to have been meant.
pub(super) fn nearest<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let allowed = (word.chars().count() / 3).clamp(1, 3);
    candidates
        .into_iter()
        .map(|candidate| (distance(word, candidate), candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// How many letters must be put in, left out, changed, or swapped with their neighbour.
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut before_last: Option<(char, Vec<usize>)> = None;
    let mut last: Vec<usize> = (0..=to.len()).collect();
    for (row, letter) in from.chars().enumerate() {
        let mut current = Vec::with_capacity(last.len());
        let mut left = row.saturating_add(1);
        current.push(left);
        let mut previous_letter = None;
        for (column, (other, pair)) in to.iter().zip(last.windows(2)).enumerate() {
            let [diagonal, above] = *pair else { break };
            let changed = diagonal.saturating_add(usize::from(letter != *other));
            let mut best = changed.min(above.saturating_add(1)).min(left.saturating_add(1));
            if let (Some((letter_before, costs)), Some(other_before)) =
                (&before_last, previous_letter)
                && *letter_before == *other
                && other_before == letter
                && let Some(cost) = column.checked_sub(1).and_then(|column| costs.get(column))
            {
                best = best.min(cost.saturating_add(1));
            }
            current.push(best);
            left = best;
            previous_letter = Some(*other);
        }
        before_last = Some((letter, std::mem::replace(&mut last, current)));
    }
    last.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distance_counts_slips_of_the_hand() {
        let table = [
            ("port", "port", 0),
            ("prot", "port", 1),
            ("por", "port", 1),
            ("ports", "port", 1),
            ("pert", "port", 1),
            ("", "port", 4),
            ("port", "", 4),
            ("inof", "info", 1),
            ("kitten", "sitting", 3),
        ];
        for (from, to, expected) in table {
            assert_eq!(distance(from, to), expected, "{from} {to}");
        }
    }

    #[test]
    fn only_a_near_name_is_suggested() {
        let names = ["port", "host", "audience", "issuer_base_url"];
        assert_eq!(nearest("prot", names), Some("port"));
        assert_eq!(nearest("audiance", names), Some("audience"));
        assert_eq!(nearest("issuer_base_uri", names), Some("issuer_base_url"));
        assert_eq!(nearest("database", names), None);
        assert_eq!(nearest("x", names), None);
    }
}
