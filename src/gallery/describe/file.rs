//! What a file of a gallery is, by its contents.

use crate::fingerprint::codes::CodeModelId;
use crate::gallery::partition::Partition;
use crate::template::ModelId;

/// A file of a gallery by its contents. Its name is not used.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum GalleryFile {
    /// CURRENT.
    Current {
        /// The number of the manifest that is the gallery's.
        manifest: u64,
    },
    /// A manifest.
    Manifest {
        /// The gallery's identity.
        gallery: [u8; 16],
        /// Its number.
        number: u64,
        /// The generation that its segments hold; the log continues from it.
        generation: u64,
        /// The names of the files that it names, and its own.
        files: Vec<String>,
        /// References in its finger segments and in its face segments, deleted ones too.
        references: [u64; 2],
        /// Which part of a registry the gallery is.
        partition: Partition,
        /// The model of its finger codes; `None` before version 3, which did not say.
        code_model: Option<CodeModelId>,
        /// Subjects that are being erased.
        erasures: usize,
    },
    /// The witness of what was acknowledged.
    Witness {
        /// The gallery's identity.
        gallery: [u8; 16],
        /// The newest manifest.
        manifest: u64,
        /// The newest generation that was acknowledged.
        generation: u64,
        /// The log that it is in.
        log: u64,
        /// Where in that log it ends.
        length: u64,
        /// What is wrong with one of its two slots, if anything is.
        damaged_slot: Option<String>,
    },
    /// Requests that are remembered.
    Requests {
        /// The gallery's identity.
        gallery: [u8; 16],
        /// Its number.
        number: u64,
        /// How many.
        requests: u64,
    },
    /// A write-ahead log.
    Log {
        /// The gallery's identity.
        gallery: [u8; 16],
        /// Its number.
        number: u64,
        /// The generation that it starts after.
        starts_after: u64,
        /// Batches that are whole.
        batches: u64,
        /// Changes in them.
        changes: u64,
        /// What follows the last whole batch; `None` if nothing does.
        tail: Option<String>,
    },
    /// A tombstone file.
    Tombstones {
        /// The gallery's identity.
        gallery: [u8; 16],
        /// Its number.
        number: u64,
        /// Rows that are deleted.
        deleted: u64,
        /// Citizens whose status is not active.
        locked: u64,
    },
    /// A segment. Its header and footer were checked, its columns were not.
    Segment {
        /// The gallery's identity.
        gallery: [u8; 16],
        /// Its number.
        number: u64,
        /// Rows, deleted ones too.
        rows: u64,
        /// What the rows are.
        columns: SegmentColumns,
        /// The BLAKE3 that its footer states.
        digest: [u8; 32],
    },
}

/// What a segment's rows are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SegmentColumns {
    /// Fingers.
    Fingers {
        /// The version of their features.
        features: u32,
        /// The model of their codes; `None` in a segment of a version that had none.
        codes: Option<CodeModelId>,
    },
    /// Faces.
    Faces {
        /// Their model.
        model: ModelId,
        /// Its dimension.
        dimension: u32,
    },
}
