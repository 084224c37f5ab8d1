//! Reviewed texts. `UPDATE_SNAPSHOTS=1 cargo test` rewrites them, so that the difference can be
//! reviewed.

use std::path::Path;

pub(crate) fn check(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/api/snapshots").join(name);
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(&path, text).expect("a file that can be written");
        return;
    }
    let reviewed = std::fs::read_to_string(&path).unwrap_or_default();
    if reviewed == text {
        return;
    }
    let (old, new): (Vec<_>, Vec<_>) = (reviewed.lines().collect(), text.lines().collect());
    let gone = old.iter().filter(|line| !new.contains(line)).map(|line| format!("- {line}\n"));
    let come = new.iter().filter(|line| !old.contains(line)).map(|line| format!("+ {line}\n"));
    let difference: String = gone.chain(come).collect();
    panic!("{name} is not as reviewed (UPDATE_SNAPSHOTS=1 accepts it):\n{difference}");
}
