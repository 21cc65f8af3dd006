//! Galleries of versions 1 and 2: read, and written anew by the first writer that opens one.
//!
//! Their segments are read where segments are. Their log has seals instead of a witness: a seal was written
//! after the batch before it was synchronised, so that what is behind the last one was not acknowledged, or
//! was and lost its seal with the power.

mod log;
mod manifest;
mod tombstones;

pub(super) use log::{HEADER as LOG_HEADER, check_header as check_log_header, decode, scan as scan_log};
pub(super) use manifest::decode as decode_manifest;
pub(super) use tombstones::decode as decode_tombstones;
