//! What a reading does about flaws: the one place where readings part.

use crate::template::{Flaw, Reading, RecordError, Warning};

/// Collects the flaws that the reading takes; the first that it refuses ends it.
#[derive(Debug)]
pub(super) struct Notes {
    reading: Reading,
    warnings: Vec<Warning>,
}

impl Notes {
    pub(super) fn new(reading: Reading) -> Self {
        Self { reading, warnings: Vec::new() }
    }

    pub(super) fn flaw(&mut self, offset: usize, flaw: Flaw) -> Result<(), RecordError> {
        if self.reading.refuses(flaw.grade()) {
            return Err(RecordError::Malformed { offset, flaw });
        }
        self.warnings.push(Warning { offset, flaw });
        Ok(())
    }

    /// A flaw unless `fine`.
    pub(super) fn check(
        &mut self,
        fine: bool,
        offset: usize,
        flaw: impl FnOnce() -> Flaw,
    ) -> Result<(), RecordError> {
        if fine { Ok(()) } else { self.flaw(offset, flaw()) }
    }

    pub(super) fn is_lenient(&self) -> bool {
        self.reading == Reading::Lenient
    }

    pub(super) fn into_warnings(self) -> Vec<Warning> {
        self.warnings
    }
}
