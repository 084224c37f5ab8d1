//! Random numbers that keep many servers from doing the same thing at the same moment.

/// A random number from 0 to 1.
pub(crate) fn jitter() -> f64 {
    let mut bytes = [0; 2];
    // Without randomness there is no jitter, which is a nuisance but not a danger.
    if getrandom::fill(&mut bytes).is_err() {
        return 0.0;
    }
    f64::from(u16::from_le_bytes(bytes)) / f64::from(u16::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_jitter_varies_and_stays_within_its_bounds() {
        let all: Vec<f64> = (0..100).map(|_| jitter()).collect();
        assert!(all.iter().all(|jitter| (0.0..=1.0).contains(jitter)), "{all:?}");
        assert!(all.iter().any(|jitter| (jitter - all[0]).abs() > 0.1), "{all:?}");
    }
}
