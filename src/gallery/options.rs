//! Options of a gallery.

use std::sync::{Arc, OnceLock};

use super::partition::Partition;
use crate::fingerprint::codes::CodeModel;

/// Options of a gallery handle.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct GalleryOptions {
    /// Changes and references in the log from which on they are moved to segments. A higher number makes
    /// fewer and larger segments; a lower one makes the next start faster, because the features of references
    /// that are only in the log are rebuilt. A commit that adds so many references writes them directly to
    /// segments, which is the fastest way to enrol many.
    pub flush_at: usize,
    /// The model that makes the codes of fingers. A gallery is created with one and keeps it: opening it with
    /// another one fails, and [`super::Gallery::upgrade`] changes it.
    pub code_model: Arc<CodeModel>,
    /// Where maintenance runs.
    pub maintenance: Maintenance,
    /// Most bytes per second that maintenance in the background writes; no limit if `None`.
    pub maintenance_rate: Option<u64>,
    /// About how many bytes a segment has at most after joining.
    pub segment_bytes: u64,
    /// The part of a registry that a gallery created with these options holds.
    pub partition: Partition,
    /// How the bytes of segments are held.
    pub residence: Residence,
}

/// Where maintenance runs: moving references from the log to segments, joining segments, erasing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Maintenance {
    /// In a thread of the writer. Commits do not wait for it.
    #[default]
    Background,
    /// In the thread whose commit made it due, after the commit. The order of all operations on the disk is
    /// then fixed.
    Inline,
    /// Only in calls of [`super::Writer::flush`] and [`super::Writer::compact`].
    Manual,
}

/// How the bytes of segments are held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Residence {
    /// Mapped: opening reads nothing, and the memory belongs to the page cache. A process that can write to
    /// the folder can truncate a mapped file, and reading past its new end ends this process (`SIGBUS`).
    #[default]
    Mapped,
    /// Copied to memory when they are opened, so that later changes to the files have no effect. Costs a read
    /// of all segments at each opening, and their size in memory per handle.
    Copied,
}

impl Default for GalleryOptions {
    fn default() -> Self {
        Self {
            flush_at: 8_192,
            code_model: shipped(),
            maintenance: Maintenance::default(),
            maintenance_rate: None,
            segment_bytes: 4 << 30,
            partition: Partition::WHOLE,
            residence: Residence::default(),
        }
    }
}

/// The shipped model, copied once per process.
fn shipped() -> Arc<CodeModel> {
    static SHIPPED: OnceLock<Arc<CodeModel>> = OnceLock::new();
    SHIPPED.get_or_init(|| Arc::new(CodeModel::shipped().clone())).clone()
}

impl GalleryOptions {
    /// With another [`GalleryOptions::flush_at`].
    #[must_use]
    pub fn flush_at(mut self, references: usize) -> Self {
        self.flush_at = references;
        self
    }

    /// With another [`GalleryOptions::code_model`], for example one trained on the operator's own templates.
    #[must_use]
    pub fn code_model(mut self, model: Arc<CodeModel>) -> Self {
        self.code_model = model;
        self
    }

    /// With other [`GalleryOptions::maintenance`].
    #[must_use]
    pub fn maintenance(mut self, maintenance: Maintenance) -> Self {
        self.maintenance = maintenance;
        self
    }

    /// With another [`GalleryOptions::maintenance_rate`].
    #[must_use]
    pub fn maintenance_rate(mut self, bytes_per_second: impl Into<Option<u64>>) -> Self {
        self.maintenance_rate = bytes_per_second.into();
        self
    }

    /// With other [`GalleryOptions::segment_bytes`].
    #[must_use]
    pub fn segment_bytes(mut self, bytes: u64) -> Self {
        self.segment_bytes = bytes;
        self
    }

    /// With another [`GalleryOptions::partition`].
    #[must_use]
    pub fn partition(mut self, partition: Partition) -> Self {
        self.partition = partition;
        self
    }

    /// With another [`GalleryOptions::residence`].
    #[must_use]
    pub fn residence(mut self, residence: Residence) -> Self {
        self.residence = residence;
        self
    }
}
