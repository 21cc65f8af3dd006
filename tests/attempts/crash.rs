//! A fault or a crash at every operation on the disk, with everything, nothing or a part of what was not synchronised
//! lost: no attempt that was granted is forgotten.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::support::*;
use biomatch::attempts::{Attempt, AttemptOutcome, Attempts, AttemptsFile, Presentation, Reservation};
use biomatch::storage::{Loss, Memory};

const SUBJECTS: u64 = 5;

/// The failures that a subject has at least: granted attempts that nothing was asked to end.
#[derive(Clone, Default)]
struct Least(BTreeMap<u64, u32>);

impl Least {
    fn of(&mut self, who: u64) -> &mut u32 {
        self.0.entry(who).or_default()
    }

    fn check(&self, file: &AttemptsFile, context: &str) {
        for (who, least) in &self.0 {
            let found = failures(file, *who);
            assert!(found >= *least, "{context}: subject {who} has {found} failures, and had {least}");
        }
    }
}

/// Attempts of some subjects. Whatever fails ends one attempt, and the next one is made.
struct Scenario<'a> {
    files: [&'a AttemptsFile; 2],
    least: Least,
    failed: usize,
}

impl Scenario<'_> {
    fn reserve(&mut self, file: usize, who: u64) -> Option<Attempt> {
        match self.files[file].reserve(subject(who), Presentation::BonaFide) {
            Ok(Reservation::Granted(attempt)) => {
                *self.least.of(who) += 1;
                Some(attempt)
            }
            Ok(Reservation::Refused(refusal)) => panic!("{refusal:?}"),
            Err(_) => {
                self.failed += 1;
                None
            }
        }
    }

    fn settle(&mut self, file: usize, attempt: Attempt, outcome: AttemptOutcome) {
        let least = self.least.0.entry(u64::from_le_bytes(attempt.subject().as_bytes().try_into().unwrap()));
        let least = least.or_default();
        // Asked to be lowered: it may be, also if that fails.
        match outcome {
            AttemptOutcome::Accepted => *least = 0,
            AttemptOutcome::Undecided => *least = least.saturating_sub(1),
            AttemptOutcome::Rejected => {}
        }
        self.failed += usize::from(self.files[file].settle(attempt, outcome).is_err());
    }

    fn run(&mut self) {
        for round in 0..4 {
            let mut waiting = Vec::new();
            for who in 0..SUBJECTS {
                let file = ((who + round) % 2) as usize;
                waiting.extend(self.reserve(file, who).map(|attempt| (who, attempt)));
            }
            for (who, attempt) in waiting {
                let outcome = match (who + round) % 4 {
                    0 => AttemptOutcome::Accepted,
                    1 => AttemptOutcome::Undecided,
                    _ => AttemptOutcome::Rejected,
                };
                self.settle((who % 2) as usize, attempt, outcome);
            }
        }
        *self.least.of(1) = 0;
        self.failed += usize::from(self.files[0].unlock(subject(1)).is_err());
    }
}

/// Files to begin with: a new one, and one that is about to be rewritten.
fn beginnings() -> [(Memory, Least); 2] {
    let clock = Clock::at(1_000_000);
    let new = Memory::new();
    drop(create(&new, &clock));
    let long = Memory::new();
    let file = create(&long, &clock);
    let mut least = Least::default();
    for round in 0..2_040 {
        settle(&file, 100 + round, AttemptOutcome::Accepted);
    }
    for who in 0..3 {
        fail(&file, who);
        *least.of(who) = 1;
    }
    let settled = |memory: &Memory| memory.after_crash(Loss::Nothing);
    [(settled(&new), Least::default()), (settled(&long), least)]
}

fn losses(at: u64) -> [Loss; 5] {
    [Loss::Nothing, Loss::Everything, Loss::Some(at), Loss::Some(at + 1_000_000), Loss::Some(at + 2_000_000)]
}

/// Runs the scenario with a fault planned by `plan`, then a crash; gives whether the fault was met.
fn run(beginning: &(Memory, Least), at: u64, plan: impl Fn(&Memory, u64)) -> bool {
    let clock = Clock::at(2_000_000);
    let memory = beginning.0.after_crash(Loss::Nothing);
    let (first, second) = (open(&memory, &clock), open(&memory, &clock));
    plan(&memory, memory.writes() + at);
    let mut scenario = Scenario { files: [&first, &second], least: beginning.1.clone(), failed: 0 };
    scenario.run();
    let Scenario { least, failed, .. } = scenario;
    for loss in losses(at) {
        let context = format!("operation {at}, {loss:?}");
        let after = memory.after_crash(loss);
        let file = AttemptsFile::open_in(Arc::new(after.clone()));
        let file = clock.of(file.unwrap_or_else(|error| panic!("{context}: {error}")));
        least.check(&file, &context);
        // It is used on, and what is granted is there after another crash.
        let Ok(Reservation::Granted(_)) = file.reserve(subject(9), Presentation::Unchecked) else {
            panic!("{context}: not granted")
        };
        let again = open(&after.after_crash(Loss::Everything), &clock);
        least.check(&again, &context);
        assert_eq!(failures(&again, 9), 1, "{context}");
    }
    failed > 0
}

/// Runs with a fault at each operation in turn.
fn run_at_every_operation(fault: fn(&Memory, u64)) {
    for beginning in beginnings() {
        let mut at = 0;
        while run(&beginning, at, fault) {
            at += 1;
        }
        assert!(at > 40, "{at} operations");
    }
}

#[test]
fn a_crash_after_any_operation_forgets_no_attempt() {
    run_at_every_operation(Memory::fail_from);
}

#[test]
fn an_operation_that_fails_once_forgets_no_attempt() {
    run_at_every_operation(Memory::fail_once);
}

#[test]
fn a_creation_that_was_interrupted_is_made_again() {
    let clock = Clock::at(1_000_000);
    let mut at = 0;
    loop {
        let memory = Memory::new();
        memory.fail_from(at);
        let created = AttemptsFile::create_in(Arc::new(memory.clone()), None);
        let is_done = created.is_ok();
        drop(created);
        for loss in losses(at) {
            let after = memory.after_crash(loss);
            let opened = AttemptsFile::open_in(Arc::new(after.clone()));
            // Not there, or whole.
            let file = match opened {
                Ok(file) => file,
                Err(error) => {
                    assert!(!is_done, "{error}");
                    assert!(!after.files().contains_key("ATTEMPTS"), "operation {at}, {loss:?}: {error}");
                    AttemptsFile::create_in(Arc::new(after), None).unwrap()
                }
            };
            fail(&clock.of(file), 1);
        }
        if is_done {
            break;
        }
        at += 1;
    }
    assert!(at >= 4, "{at} operations");
}

#[test]
fn a_full_disk_refuses_attempts_until_there_is_room() {
    let clock = Clock::at(1_000_000);
    for room in 0..130 {
        let memory = Memory::new();
        let file = create(&memory, &clock);
        fail(&file, 1);
        memory.limit_space(Some(room));
        let mut granted = 1;
        let error = loop {
            match file.reserve(subject(1), Presentation::Unchecked) {
                Ok(Reservation::Granted(_)) => granted += 1,
                Ok(Reservation::Refused(refusal)) => panic!("{refusal:?}"),
                Err(error) => break error,
            }
        };
        assert!(error.is_retryable(), "{error}");
        memory.limit_space(None);
        assert!(failures(&file, 1) >= granted);
        assert_eq!(failures(&open(&memory, &clock), 1), failures(&file, 1));
        assert!(reserve(&file, 2).is_ok());
    }
}
