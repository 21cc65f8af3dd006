//! How a gallery is opened.

use std::sync::{Arc, OnceLock};

use super::partition::Partition;
use crate::fingerprint::codes::CodeModel;

/// Options of a gallery handle.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct GalleryOptions {
    /// Changes and references in the log at which they are moved to segments. More make fewer and
    /// larger segments; fewer make the next start faster, because features of references that are
    /// only in the log are built again. A commit that adds so many by itself goes straight to
    /// segments and never to the log, which is the fast way to enrol many.
    pub flush_at: usize,
    /// The model that codes of fingers are made by. A gallery is created with one and keeps it: a handle
    /// with another is refused, and [`super::Gallery::upgrade`] changes it.
    pub code_model: Arc<CodeModel>,
    /// Who does the maintenance that commits make necessary.
    pub maintenance: Maintenance,
    /// Bytes that maintenance in the background writes per second at most; as fast as the disk takes them
    /// if there is no limit.
    pub maintenance_rate: Option<u64>,
    /// Bytes above which a segment is not joined with others, about.
    pub segment_bytes: u64,
    /// Which part of a registry a gallery is that is created with these options.
    pub partition: Partition,
    /// How segments are held.
    pub residence: Residence,
}

/// Who does the maintenance that commits make necessary: moving references from the log to segments,
/// joining segments, erasing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Maintenance {
    /// A thread of the writer. Commits do not wait for it.
    #[default]
    Background,
    /// The thread whose commit made it due, after its commit: the order of all operations on the disk is
    /// then fixed.
    Inline,
    /// Nobody but who calls [`super::Writer::flush`] and its like.
    Manual,
}

/// How the bytes of segments are held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Residence {
    /// Mapped: opening costs nothing, memory is the page cache's. Whoever can write to the folder can
    /// truncate a mapped file, and reading behind its new end kills the process (`SIGBUS`).
    #[default]
    Mapped,
    /// Copied to memory when they are opened: nothing that happens to the files later is seen. Costs a read
    /// of all segments at each opening, and their size in memory for each handle.
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

/// The shipped model, copied once a process.
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

    /// With another [`GalleryOptions::code_model`]: one that was trained on own templates.
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
