//! Memory-mapped immutable segments, write-ahead log, manifest and snapshots.
//!
//! A gallery is a directory. It stores the columns that [`crate::fingerprint`] and [`crate::face`]
//! define, and never scores. One [`Writer`] at a time changes it; any number of [`Snapshot`]s, in
//! this and in other processes, read it without a lock while it changes. `docs/gallery-format.md`
//! has every file as a byte table, the commit protocol, and what each crash leaves.

mod acknowledged;
mod apply;
mod backup;
mod block;
mod change;
mod checkpoint;
mod codes;
mod copy;
mod core;
mod create;
mod deleted_rows;
mod describe;
mod erasure;
mod error;
mod error_class;
mod gather;
mod handle;
mod idle;
mod ledger;
mod legacy;
mod load;
mod maintain;
mod manifest;
mod memory;
mod names;
mod notice;
mod options;
mod pace;
mod partition;
mod pins;
mod plan;
mod recovery;
mod reference;
mod repair;
mod requests;
mod restore;
mod segment;
mod session;
mod snapshot;
mod stage;
mod state;
mod statuses;
mod submission;
mod tombstones;
mod verify;
mod writer;

pub use backup::{backup, backup_in, backup_with};
pub use block::{Block, FaceBlock, FaceColumns, FingerBlock, FingerColumns, Location, Modality};
pub use copy::CopyReport;
pub use describe::{GalleryFile, SegmentColumns};
pub use erasure::{ErasureState, ErasureTicket};
pub use error::GalleryError;
pub use handle::Gallery;
pub use options::{Maintenance, Options, Residence};
pub use partition::Partition;
pub use recovery::Recovery;
pub use reference::{Generation, NewReference, ReferenceId, ReferenceMeta, Sample, Status};
pub use repair::{LostReference, LostRows, RepairReport, repair, repair_in, repair_with};
pub use requests::{REMEMBERED_REQUESTS, RequestId, RequestIdError};
pub use restore::{restore, restore_in, restore_with};
pub use snapshot::{CitizenView, FaceView, Reference, Snapshot};
pub use submission::Commit;
pub use verify::{FileReport, Report, verify, verify_in, verify_with};
pub use writer::{Enrolment, Writer};
