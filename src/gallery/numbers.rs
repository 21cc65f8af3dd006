//! The numbers that a writer gives to references and files.

use std::sync::atomic::{AtomicU64, Ordering};

use super::error::GalleryError;
use super::reference::ReferenceId;
use crate::storage::COUNTERS;

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

    /// So many new reference numbers.
    ///
    /// # Errors
    /// [`GalleryError::TooMany`] references were ever given.
    pub(super) fn take_references(&self, count: usize) -> Result<Vec<ReferenceId>, GalleryError> {
        let first = self.reference.fetch_add(count as u64, Ordering::Relaxed);
        let after = first.saturating_add(count as u64);
        if after > COUNTERS {
            let (of, limit, found) = ("references ever", COUNTERS as usize, after as usize);
            return Err(GalleryError::TooMany { of, limit, found });
        }
        Ok((first..after).map(ReferenceId::from_value).collect())
    }

    /// A new file number.
    pub(super) fn take_file(&self) -> u64 {
        self.file.fetch_add(1, Ordering::Relaxed)
    }

    /// The number that the next file gets.
    pub(super) fn next_file(&self) -> u64 {
        self.file.load(Ordering::Relaxed)
    }
}
