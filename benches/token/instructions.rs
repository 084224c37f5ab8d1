//! Instructions per step, counted by valgrind: slow, but independent of the machine's load.
//!
//! Valgrind supports fewer instructions than the machine, so the cryptography needs more of them here.
//! The cost of this crate is the difference between a check and its signature.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::steps::{self, Subjects};

/// Argument that marks the process under valgrind.
pub(crate) const ONE_STEP: &str = "--one-step";

/// Two repeat counts: both include the cost of start and stop, so it cancels in the difference.
const FEW: u64 = 50;
const MANY: u64 = 550;

/// Counts the steps whose name contains `filter`.
pub(crate) fn print(filter: &str) {
    let subjects = Written::new();
    println!("| step | instructions |\n|---|---|");
    let mut counted = Vec::new();
    let steps = steps::all(&subjects.read());
    for step in steps.iter().filter(|step| step.name.contains(filter)) {
        let few = subjects.count(&step.name, FEW);
        let cost = subjects.count(&step.name, MANY).saturating_sub(few) / (MANY - FEW);
        println!("| {} | {cost} |", step.name);
        counted.push((step.name.as_str(), cost));
    }
    println!("\n| algorithm | check beyond the bare signature |\n|---|---|");
    for (label, (signature, check)) in steps::pairs() {
        let of =
            |name: &str| counted.iter().find(|(step, _)| *step == name).map_or(0, |step| step.1);
        println!("| {label} | {} |", of(&check).saturating_sub(of(&signature)));
    }
    drop(fs::remove_file(&subjects.subjects));
}

/// Repeats one step; nothing else depends on the number of repeats.
pub(crate) fn run_one_step(arguments: &[&str]) {
    let [subjects, name, repeats] = arguments else { return };
    let repeats: u64 = repeats.parse().expect("a number");
    let subjects = Written { subjects: PathBuf::from(subjects) }.read();
    let mut step =
        steps::all(&subjects).into_iter().find(|step| step.name == *name).expect("a step");
    (0..repeats).for_each(|_| (step.run)());
}

/// File with keys and tokens, created once and shared by all processes.
struct Written {
    subjects: PathBuf,
}

impl Written {
    fn new() -> Self {
        let name = format!("actix-resource-server-token-{}.json", std::process::id());
        let subjects = std::env::temp_dir().join(name);
        let text = serde_json::to_vec(&steps::subjects()).expect("JSON");
        fs::write(&subjects, text).expect("a place for temporary files");
        Self { subjects }
    }

    fn read(&self) -> Subjects {
        let text = fs::read(&self.subjects).expect("the subjects");
        serde_json::from_slice(&text).expect("as they were written")
    }

    fn count(&self, step: &str, repeats: u64) -> u64 {
        let out = self.subjects.with_extension("callgrind");
        let ended = Command::new("valgrind")
            .arg("--tool=callgrind")
            .arg(format!("--callgrind-out-file={}", out.display()))
            .arg(std::env::current_exe().expect("this program"))
            .arg(ONE_STEP)
            .arg(&self.subjects)
            .args([step, &repeats.to_string()])
            .stderr(Stdio::null())
            .status();
        assert!(ended.expect("valgrind").success(), "valgrind ran {step}");
        let text = fs::read_to_string(&out).expect("valgrind writes what it counted");
        drop(fs::remove_file(&out));
        let total = text.lines().find_map(|line| line.strip_prefix("summary: "));
        total.and_then(|total| total.trim().parse().ok()).expect("a count")
    }
}
