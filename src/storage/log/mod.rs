//! The write-ahead log: framed records in batches, each batch durable as a whole and chained by digest
//! to the one before.
//!
//! A batch is its records and a commit record. The witness (`witness.rs`) says how
//! much of a log was acknowledged: a batch that it covers is durable, and anything wrong up to there is
//! damage. What follows was never acknowledged: a crash left it.

mod batch;
mod frame;
mod header;
mod scan;
#[cfg(test)]
mod tests;
mod writer;

pub(crate) use batch::{Batch, Head, LogId, LogStart, MOST_PAYLOAD, Record};
pub(crate) use frame::{Parsed, parse_frame};
pub(crate) use header::{HEADER, check_header};
pub(crate) use scan::{ReadBatch, scan};
pub(crate) use writer::Log;
