//! Attempts in a file, against a map: random histories with a clock that a test moves, several handles, threads.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::support::*;
use biomatch::attempts::{
    Attempt, AttemptLimits, AttemptOutcome, Attempts, AttemptsError, AttemptsFile, Presentation, Refusal,
    Reservation,
};
use biomatch::storage::{Backend, Locking, Memory};
use biomatch::units::Timestamp;

/// The same as plain lists of attempts.
#[derive(Default)]
struct Model {
    /// By subject: the attempts that count as failed, and when the last one was granted.
    subjects: BTreeMap<u64, (Vec<u64>, u64)>,
}

impl Model {
    fn judge(&mut self, who: u64, presentation: Presentation, now: u64) -> Result<(), Refusal> {
        let (counted, last) = self.subjects.entry(who).or_default();
        let (free, stop) = if presentation == Presentation::BonaFide { (10, 100) } else { (5, 50) };
        let failures = counted.len() as u64;
        if failures >= stop {
            return Err(Refusal::OfficerMustUnlock);
        }
        if failures < free {
            return Ok(());
        }
        let mut wait = 30_000;
        for _ in free..failures {
            wait = (2 * wait).min(3_600_000);
        }
        if now < *last {
            *last = now;
        }
        if now - *last >= wait {
            return Ok(());
        }
        let until = (*last + wait).div_ceil(1_000);
        Err(Refusal::Throttled { until: Timestamp::from_unix_seconds(until as i64) })
    }

    fn granted(&mut self, attempt: &Attempt, who: u64, now: u64) {
        let (counted, last) = self.subjects.entry(who).or_default();
        counted.push(attempt.number());
        *last = now;
    }

    fn settle(&mut self, who: u64, number: u64, outcome: AttemptOutcome, now: u64) {
        let (counted, last) = self.subjects.entry(who).or_default();
        let place = counted.iter().position(|counted| *counted == number);
        match (outcome, place) {
            (AttemptOutcome::Accepted, _) => counted.clear(),
            (AttemptOutcome::Undecided, Some(place)) => {
                counted.remove(place);
            }
            (AttemptOutcome::Rejected, None) => {
                counted.push(number);
                *last = now;
            }
            _ => {}
        }
    }

    fn failures(&self, who: u64) -> u32 {
        self.subjects.get(&who).map_or(0, |(counted, _)| counted.len() as u32)
    }
}

/// One history; gives how many attempts were granted, throttled and stopped.
fn history(seed: u64, steps: usize) -> [usize; 3] {
    let mut random = Random::new(seed);
    let (memory, clock) = (Memory::new(), Clock::at(1_000_000));
    let mut handles = [create(&memory, &clock), open(&memory, &clock), open(&memory, &clock)];
    let mut model = Model::default();
    let mut outstanding: Vec<(u64, Attempt)> = Vec::new();
    let mut found = [0; 3];
    for step in 0..steps {
        let (handle, who) = (random.below(3) as usize, random.below(4));
        let context = format!("seed {seed}, step {step}");
        let now = clock.millis();
        match random.below(20) {
            0..8 => {
                let presentation =
                    if random.below(4) == 0 { Presentation::BonaFide } else { Presentation::Unchecked };
                let expected = model.judge(who, presentation, now);
                match handles[handle].reserve(subject(who), presentation).unwrap() {
                    Reservation::Granted(attempt) => {
                        assert_eq!(expected, Ok(()), "{context}");
                        model.granted(&attempt, who, now);
                        outstanding.push((who, attempt));
                        found[0] += 1;
                    }
                    Reservation::Refused(refusal) => {
                        assert_eq!(expected, Err(refusal), "{context}");
                        found[if refusal == Refusal::OfficerMustUnlock { 2 } else { 1 }] += 1;
                    }
                }
            }
            8..15 if !outstanding.is_empty() => {
                let place = random.below(outstanding.len() as u64) as usize;
                let (who, attempt) = outstanding.swap_remove(place);
                let outcome = match random.below(200) {
                    0 => AttemptOutcome::Accepted,
                    1..20 => AttemptOutcome::Undecided,
                    _ => AttemptOutcome::Rejected,
                };
                model.settle(who, attempt.number(), outcome, now);
                handles[handle].settle(attempt, outcome).unwrap();
            }
            15..18 => clock.set_millis(now + random.below(20_000_000)),
            18 if random.below(4) == 0 => clock.set_millis(now.saturating_sub(random.below(100_000_000))),
            18 if random.below(10) == 0 => {
                let before = handles[handle].unlock(subject(who)).unwrap();
                assert_eq!(before.failures, model.failures(who), "{context}");
                model.subjects.remove(&who);
            }
            19 => handles[handle] = open(&memory, &clock),
            _ => {}
        }
        assert_eq!(failures(&handles[handle], who), model.failures(who), "{context}");
    }
    found
}

#[test]
fn random_histories_agree_with_a_map() {
    let mut all = [0; 3];
    for seed in 0..60 {
        for (total, found) in all.iter_mut().zip(history(seed, 1_200)) {
            *total += found;
        }
    }
    // The histories meet every answer.
    assert!(all.iter().all(|found| *found > 300), "granted, throttled, stopped: {all:?}");
}

#[test]
fn a_long_file_is_rewritten_and_only_subjects_with_failures_are_kept() {
    let (memory, clock) = (Memory::new(), Clock::at(1_000_000));
    let file = create(&memory, &clock);
    let other = open(&memory, &clock);
    for round in 0..2_000 {
        fail(&file, 1 + round % 3);
        settle(&file, 100 + round, AttemptOutcome::Accepted);
        settle(&file, 1 + round % 3, AttemptOutcome::Accepted);
    }
    fail(&other, 7);
    fail(&file, 7);
    let length = memory.files()["ATTEMPTS"].len();
    assert!(length < 512 + 64 * 4_200, "{length}");
    for handle in [&file, &other, &open(&memory, &clock)] {
        assert_eq!((failures(handle, 7), failures(handle, 1), failures(handle, 101)), (2, 0, 0));
        let summary = handle.summary().unwrap();
        assert_eq!((summary.with_failures, summary.throttled, summary.stopped), (1, 0, 0));
    }
}

#[test]
fn success_ends_a_row_and_a_rejection_after_it_begins_another() {
    let (memory, clock) = (Memory::new(), Clock::at(1_000_000));
    let file = create(&memory, &clock);
    let late = reserve(&file, 1).unwrap();
    let dropped = reserve(&file, 1).unwrap();
    fail(&file, 1);
    settle(&file, 1, AttemptOutcome::Accepted);
    assert_eq!(failures(&file, 1), 0);
    file.settle(late, AttemptOutcome::Rejected).unwrap();
    assert_eq!(failures(&file, 1), 1);
    // What was forgotten is not taken back once more.
    file.settle(dropped, AttemptOutcome::Undecided).unwrap();
    assert_eq!(failures(&file, 1), 1);
}

#[test]
fn a_stop_ends_by_an_officer_only() {
    let (memory, clock) = (Memory::new(), Clock::at(1_000_000));
    let file = create(&memory, &clock);
    for _ in 0..50 {
        fail(&file, 1);
        clock.advance(3_600);
    }
    clock.advance(1_000_000_000);
    assert_eq!(reserve(&file, 1).unwrap_err(), Refusal::OfficerMustUnlock);
    assert_eq!(reserve(&open(&memory, &clock), 1).unwrap_err(), Refusal::OfficerMustUnlock);
    assert_eq!(file.summary().unwrap().stopped, 1);
    assert!(reserve(&file, 2).is_ok(), "others are not concerned");
    assert_eq!(file.unlock(subject(1)).unwrap().failures, 50);
    assert!(reserve(&file, 1).is_ok());
    assert_eq!(file.unlock(subject(9)).unwrap().failures, 0);
}

#[test]
fn stricter_limits_hold_and_a_referral_does_not_shorten_a_wait() {
    let (memory, clock) = (Memory::new(), Clock::at(1_000_000));
    let limits = AttemptLimits::default().before_waiting(2, 2).unwrap();
    let limits = limits.waits(Duration::from_secs(100), Duration::from_secs(150)).unwrap();
    let file = create(&memory, &clock).limits(limits);
    fail(&file, 1);
    fail(&file, 1);
    assert!(reserve(&file, 1).is_err());
    clock.advance(100);
    settle(&file, 1, AttemptOutcome::Undecided);
    assert_eq!(failures(&file, 1), 2);
    let until = Timestamp::from_unix_seconds(1_000_200);
    assert_eq!(reserve(&file, 1).unwrap_err(), Refusal::Throttled { until });
}

#[test]
fn threads_together_get_no_more_than_the_limit() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Clock::at(1_000_000);
    let first = clock.of(AttemptsFile::create(folder.path().join("a"), None).unwrap());
    let second = clock.of(AttemptsFile::open(folder.path().join("a")).unwrap());
    for round in 0..4 {
        let granted = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for thread in 0..8 {
                let (file, granted) = (if thread % 2 == 0 { &first } else { &second }, &granted);
                scope.spawn(move || {
                    for _ in 0..10 {
                        if let Ok(attempt) = reserve(file, round) {
                            granted.fetch_add(1, Ordering::SeqCst);
                            file.settle(attempt, AttemptOutcome::Rejected).unwrap();
                        }
                    }
                });
            }
        });
        assert_eq!(granted.into_inner(), 5);
        assert_eq!(failures(&first, round), 5);
    }
}

#[test]
fn a_lock_that_is_not_released_is_an_error_that_can_be_retried() {
    let memory = Memory::new();
    let file = create(&memory, &Clock::at(1)).lock_timeout(Duration::from_millis(20));
    let lock = match memory.lock("LOCK").unwrap() {
        Locking::Taken(lock) => lock,
        Locking::Held { .. } => panic!("held"),
    };
    let error = file.reserve(subject(1), Presentation::Unchecked).unwrap_err();
    assert!(matches!(error, AttemptsError::Busy { process: Some(_), .. }) && error.is_retryable(), "{error}");
    drop(lock);
    assert!(reserve(&file, 1).is_ok());
}

#[test]
fn keys_of_subjects_are_not_in_the_file() {
    let memory = Memory::new();
    let file = create(&memory, &Clock::at(1_000_000));
    let citizen: biomatch::citizen::CitizenId = "001190000101".parse().unwrap();
    let _attempt = file.reserve(citizen.into(), Presentation::Unchecked).unwrap();
    assert_eq!(file.standing(citizen.into()).unwrap().failures, 1);
    let bytes = memory.files()["ATTEMPTS"].clone();
    assert!(!bytes.windows(6).any(|window| window == b"001190" || window == b"000101"));
    // Two files know one subject by two digests.
    let other = Memory::new();
    let _attempt = create(&other, &Clock::at(1)).reserve(citizen.into(), Presentation::Unchecked).unwrap();
    assert_ne!(other.files()["ATTEMPTS"][512..528], bytes[512..528]);
}

#[test]
fn a_gallery_of_its_own_is_asked_for() {
    let gallery = [7; 16];
    let bound = AttemptsFile::create_in(Arc::new(Memory::new()), Some(gallery)).unwrap();
    bound.check_gallery(gallery).unwrap();
    let error = bound.check_gallery([8; 16]).unwrap_err();
    assert!(error.is_configuration() && error.to_string().contains(&"08".repeat(16)), "{error}");
    AttemptsFile::create_in(Arc::new(Memory::new()), None).unwrap().check_gallery(gallery).unwrap();
}
