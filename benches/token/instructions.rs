//! What a step costs in instructions, counted by valgrind: slow, but no neighbour changes it.
//!
//! Valgrind knows fewer instructions than the machine may have, so the cryptography takes more of
//! them here than outside. What is ours is the difference between a check and its signature.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::fixtures::Subject;
use crate::steps::{self, ALGORITHMS};

/// The argument of the process that valgrind watches.
pub(crate) const ONE_STEP: &str = "--one-step";

/// Two counts of repeats: what start and stop cost is in both, and drops out of the difference.
const FEW: u64 = 50;
const MANY: u64 = 550;

pub(crate) fn print() {
    let subjects = Written::new();
    println!("| step | instructions |\n|---|---|");
    let mut counted = Vec::new();
    for step in steps::all(&subjects.read()) {
        let few = subjects.count(&step.name, FEW);
        let cost = subjects.count(&step.name, MANY).saturating_sub(few) / (MANY - FEW);
        println!("| {} | {cost} |", step.name);
        counted.push((step.name, cost));
    }
    println!("\n| algorithm | check beyond the bare signature |\n|---|---|");
    for algorithm in ALGORITHMS {
        let (signature, check) = steps::names(algorithm);
        let of =
            |name: &str| counted.iter().find(|(step, _)| step == name).map_or(0, |step| step.1);
        println!("| {algorithm} | {} |", of(&check).saturating_sub(of(&signature)));
    }
    drop(fs::remove_file(&subjects.subjects));
}

/// Does one step so many times, and nothing else that depends on how many.
pub(crate) fn run_one_step(arguments: &[&str]) {
    let [subjects, name, repeats] = arguments else { return };
    let repeats: u64 = repeats.parse().expect("a number");
    let subjects = Written { subjects: PathBuf::from(subjects) }.read();
    let mut step =
        steps::all(&subjects).into_iter().find(|step| step.name == *name).expect("a step");
    (0..repeats).for_each(|_| (step.run)());
}

/// The keys and tokens, in a file: made once, and the same for all.
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

    fn read(&self) -> Vec<Subject> {
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
