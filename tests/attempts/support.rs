//! What the tests of attempts share.
#![allow(unreachable_pub)]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use biomatch::attempts::{
    Attempt, AttemptOutcome, Attempts, AttemptsFile, Presentation, Refusal, Reservation,
};
use biomatch::storage::Memory;
use biomatch::subject::SubjectId;
use rand_xoshiro::SplitMix64;
use rand_xoshiro::rand_core::{Rng as _, SeedableRng as _};

/// A clock that a test moves.
#[derive(Clone)]
pub struct Clock(Arc<AtomicU64>);

impl Clock {
    pub fn at(seconds: u64) -> Self {
        Self(Arc::new(AtomicU64::new(1_000 * seconds)))
    }

    pub fn millis(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }

    pub fn set_millis(&self, millis: u64) {
        self.0.store(millis, Ordering::SeqCst);
    }

    pub fn advance(&self, seconds: u64) {
        self.0.fetch_add(1_000 * seconds, Ordering::SeqCst);
    }

    pub fn of(&self, file: AttemptsFile) -> AttemptsFile {
        let clock = self.clone();
        file.clock(move || SystemTime::UNIX_EPOCH + Duration::from_millis(clock.millis()))
    }
}

pub fn subject(number: u64) -> SubjectId {
    SubjectId::new(&number.to_le_bytes()).unwrap()
}

pub fn create(memory: &Memory, clock: &Clock) -> AttemptsFile {
    clock.of(AttemptsFile::create_in(Arc::new(memory.clone()), None).unwrap())
}

pub fn open(memory: &Memory, clock: &Clock) -> AttemptsFile {
    clock.of(AttemptsFile::open_in(Arc::new(memory.clone())).unwrap())
}

pub fn reserve(file: &AttemptsFile, who: u64) -> Result<Attempt, Refusal> {
    match file.reserve(subject(who), Presentation::Unchecked).unwrap() {
        Reservation::Granted(attempt) => Ok(attempt),
        Reservation::Refused(refusal) => Err(refusal),
    }
}

pub fn settle(file: &AttemptsFile, who: u64, outcome: AttemptOutcome) {
    let attempt = reserve(file, who).unwrap();
    file.settle(attempt, outcome).unwrap();
}

pub fn fail(file: &AttemptsFile, who: u64) {
    settle(file, who, AttemptOutcome::Rejected);
}

pub fn failures(file: &AttemptsFile, who: u64) -> u32 {
    file.standing(subject(who)).unwrap().failures
}

/// Random numbers, the same in every run.
pub struct Random(SplitMix64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(SplitMix64::seed_from_u64(seed))
    }

    pub fn below(&mut self, end: u64) -> u64 {
        self.0.next_u64() % end
    }
}
