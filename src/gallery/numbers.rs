//! The numbers that a writer gives to references and files.

use std::sync::atomic::{AtomicU64, Ordering};

/// The numbers that the next reference and the next file get.
#[derive(Debug)]
pub(super) struct Numbers {
    reference: AtomicU64,
    file: AtomicU64,
}

impl Numbers {
    pub(super) fn new(reference: u64, file: u64) -> Self {
        Self { reference: AtomicU64::new(reference), file: AtomicU64::new(file) }
    }

    /// The first of so many new reference numbers.
    pub(super) fn references(&self, count: usize) -> u64 {
        self.reference.fetch_add(count as u64, Ordering::Relaxed)
    }

    /// A new file number.
    pub(super) fn file(&self) -> u64 {
        self.file.fetch_add(1, Ordering::Relaxed)
    }

    pub(super) fn next_file(&self) -> u64 {
        self.file.load(Ordering::Relaxed)
    }
}
