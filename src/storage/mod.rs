//! Files made durable: the door to the disk, the map, the lock, atomic replacement and the
//! write-ahead log. Knows no biometrics.
//!
//! Everything that touches a disk goes through a [`Backend`]: [`Disk`] is the real one, [`Memory`]
//! keeps the files in memory and can fail, or lose what was not synced, at any operation.
//! Encryption is not done here: plain maps and encryption do not combine, so put the gallery on an
//! encrypted volume.

mod backend;
mod codec;
mod disk;
mod error;
mod files;
mod log;
mod map;
mod memory;

pub use backend::{Append, Backend, Lock, ReadAt};
pub use disk::Disk;
pub use error::{Damage, StorageError};
pub use map::Map;
pub use memory::{Loss, Memory};

pub(crate) use codec::{Fields, zeros};
pub(crate) use files::{Files, Output};
pub(crate) use log::{
    HEADER as LOG_HEADER, Log, LogId, Record, Scan, Tail, check_header as check_log_header, scan as scan_log,
};
