//! Durable files: the backend, maps, locks, atomic replacement, the write-ahead log and its witness. Knows no
//! biometrics.
//!
//! Every file operation goes through a [`Backend`]: [`Disk`] is the real one, [`Memory`] keeps the files in
//! memory and can fail, or lose unsynchronised data, at any operation. This layer does not encrypt, since
//! encrypted bytes cannot be mapped: put the gallery on an encrypted volume.

mod backend;
mod codec;
mod disk;
mod error;
mod files;
mod log;
mod map;
mod memory;
mod witness;

pub use backend::{Append, Backend, DirectoryState, FileId, Lock, Locking, ReadAt, Watch};
pub use disk::Disk;
pub use error::{Damage, StorageError};
pub use map::Map;
pub use memory::{Loss, Memory};

pub(crate) use codec::{COUNTERS, Fields, FileKind, are_zeros};
pub(crate) use files::{Files, Output, Unfinished, whole_name};
pub(crate) use log::{
    Batch, HEADER as LOG_HEADER, Head, Log, LogId, LogStart, MOST_PAYLOAD, Parsed, ReadBatch, Record,
    check_header as check_log_header, parse_frame, scan as scan_log,
};
pub(crate) use witness::{Testimony, Witness, WitnessFile, read_slots, read_witness};
