//! Batches: the records of one commit, chained by digest to the batch before.

/// Most bytes of a batch's payload.
pub(crate) const MOST_PAYLOAD: usize = 64;

/// The identity of a log, with that of its gallery; part of every checksum in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LogId {
    pub(crate) gallery: [u8; 16],
    pub(crate) number: u64,
}

/// The digest of a batch and, through the batch before, of the whole history.
pub(crate) type Head = [u8; 32];

/// The state that a log continues with its first batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LogStart {
    pub(crate) generation: u64,
    pub(crate) head: Head,
}

/// One record: a kind that the layer above knows, and its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) kind: u32,
    pub(crate) body: Vec<u8>,
}

/// The records of one commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Batch {
    pub(crate) generation: u64,
    pub(crate) records: Vec<Record>,
    /// The payload of the caller.
    pub(crate) payload: Vec<u8>,
}

impl Batch {
    /// The digest of this batch after another.
    pub(crate) fn head(&self, before: &Head) -> Head {
        let mut hasher = blake3::Hasher::new();
        hasher.update(before);
        hasher.update(&self.generation.to_le_bytes());
        hasher.update(&(self.records.len() as u64).to_le_bytes());
        for record in &self.records {
            hasher.update(&record.kind.to_le_bytes());
            hasher.update(&(record.body.len() as u64).to_le_bytes());
            hasher.update(&record.body);
        }
        hasher.update(&self.payload);
        *hasher.finalize().as_bytes()
    }
}
