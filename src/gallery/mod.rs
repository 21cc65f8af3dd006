//! Memory-mapped immutable segments, write-ahead log, manifest and snapshots.
//!
//! A gallery is a directory. It stores the columns that [`crate::fingerprint`] and [`crate::face`]
//! define, and never scores. One [`Writer`] at a time changes it; any number of [`Snapshot`]s, in
//! this and in other processes, read it without a lock while it changes. `docs/gallery-format.md`
//! has every file as a byte table, the commit protocol, and what each crash leaves.

mod apply;
mod block;
mod change;
mod checkpoint;
mod codes;
mod describe;
mod error;
mod gather;
mod handle;
mod manifest;
mod marks;
mod memory;
mod names;
mod options;
mod reference;
mod segment;
mod snapshot;
mod stage;
mod state;
mod verify;
mod writer;

pub use block::{Block, FaceBlock, FaceColumns, FingerBlock, FingerColumns, Location, Modality};
pub use describe::{GalleryFile, SegmentColumns};
pub use error::GalleryError;
pub use handle::Gallery;
pub use options::Options;
pub use reference::{Generation, NewReference, ReferenceId, ReferenceMeta, Sample, Status};
pub use snapshot::{CitizenView, FaceView, Reference, Snapshot};
pub use verify::{FileReport, Report, verify, verify_in, verify_with};
pub use writer::{Enrolment, Recovery, Writer};
