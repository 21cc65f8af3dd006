//! Batches: the records of one commit, chained by digest to the batch before.

/// Most bytes of the caller's that a batch carries.
pub(crate) const MOST_PAYLOAD: usize = 64;

/// What ties a log to its gallery; part of every checksum in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LogId {
    pub(crate) gallery: [u8; 16],
    pub(crate) number: u64,
}

/// A digest of a batch and, through the one before, of all that led to it.
pub(crate) type Head = [u8; 32];

/// What a log continues: the state that its first batch follows on.
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
    /// The caller's bytes.
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
