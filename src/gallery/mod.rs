//! Memory-mapped immutable segments, write-ahead log, manifest and snapshots.
//!
//! A gallery is a directory. It stores the columns that [`crate::fingerprint`] and [`crate::face`]
//! define, and never scores. One [`Writer`] at a time changes it; any number of [`Snapshot`]s, in
//! this and in other processes, read it without a lock while it changes. `docs/gallery-format.md`
//! has every file as a byte table, the commit protocol, and what each crash leaves.
//!
//! ---
//!
#![doc = include_str!("../../docs/gallery-format.md")]

mod acknowledged;
mod apply;
mod backup;
mod block;
mod change;
mod checkpoint;
mod codes;
mod columns;
mod copy;
mod core;
mod create;
mod deleted_rows;
mod describe;
mod erasure;
mod error;
mod error_class;
mod folder;
mod gather;
mod handle;
mod held_gallery;
mod idle;
mod judgement;
mod ledger;
mod legacy;
mod limiter;
mod load;
mod maintain;
mod manifest;
mod memory;
mod memory_blocks;
mod names;
mod new_references;
mod notice;
mod numbers;
mod options;
mod pace;
mod partition;
mod pins;
mod recovery;
mod reference;
mod repair;
mod request_id;
mod requests;
mod restore;
mod rewrites;
mod role;
mod segment;
mod session;
mod shared;
mod snapshot;
mod stage;
mod staging;
mod state;
mod statuses;
mod submission;
mod takeover;
mod tombstones;
mod verify;
mod writer;

#[doc(inline)]
pub use crate::storage::{Damage, StorageError};
pub use backup::{backup, backup_in, backup_with};
pub use block::{Block, FaceBlock, FingerBlock, Location};
pub use columns::{FaceColumns, FingerColumns};
pub use copy::CopyReport;
pub use describe::{GalleryFile, SegmentColumns};
pub use erasure::{ErasureState, ErasureTicket};
pub use error::GalleryError;
pub use handle::Gallery;
pub use new_references::CitizenReferences;
pub use options::{GalleryOptions, Maintenance, Residence};
pub use partition::Partition;
pub use recovery::Recovery;
pub use reference::{Generation, NewReference, ReferenceId, ReferenceMeta, Sample, Status};
pub use repair::{LostReference, LostRows, RepairReport, repair, repair_in, repair_with};
pub use request_id::{RequestId, RequestIdError};
pub use requests::REMEMBERED_REQUESTS;
pub use restore::{restore, restore_in, restore_with};
pub use snapshot::{CitizenView, FaceView, Reference, Snapshot};
pub use submission::Commit;
pub use verify::{FileReport, VerifyReport, verify, verify_in, verify_with};
pub use writer::Writer;
