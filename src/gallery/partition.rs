//! Parts of a registry that is spread over several galleries.

use std::num::NonZeroU32;

use super::error::GalleryError;
use crate::subject::SubjectId;

/// One of a fixed number of parts of a registry, so that it can be spread over machines. The BLAKE3 digest of
/// a subject's key selects its part. Fixed when a gallery is created.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Partition {
    index: u32,
    count: u32,
}

impl Default for Partition {
    fn default() -> Self {
        Self::WHOLE
    }
}

impl Partition {
    /// The whole registry.
    pub const WHOLE: Self = Self { index: 0, count: 1 };

    /// Part `index` of `count`; `None` unless `index` is below `count`.
    pub const fn new(index: u32, count: u32) -> Option<Self> {
        if index < count { Some(Self { index, count }) } else { None }
    }

    /// Which part, from 0.
    pub const fn index(self) -> u32 {
        self.index
    }

    /// How many parts there are.
    pub const fn count(self) -> u32 {
        self.count
    }

    /// The part of `count` that a subject belongs to: the first eight bytes of the BLAKE3 of its key, as a
    /// little-endian number, modulo `count`.
    pub fn of(subject: impl Into<SubjectId>, count: NonZeroU32) -> Self {
        let digest = blake3::hash(subject.into().as_bytes());
        let number = digest.as_bytes().first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes));
        // Below the count, which is a u32.
        Self { index: (number % u64::from(count.get())) as u32, count: count.get() }
    }

    /// Refuses a subject that belongs to another part.
    pub(super) fn check(self, subject: SubjectId) -> Result<(), GalleryError> {
        if self.has(subject) {
            return Ok(());
        }
        let (here, count) = (self.index, self.count);
        let belongs = Self::of(subject, NonZeroU32::new(count).unwrap_or(NonZeroU32::MIN)).index;
        Err(GalleryError::OtherPartition { subject, belongs, here, count })
    }

    /// Whether a subject belongs here.
    pub fn has(self, subject: impl Into<SubjectId>) -> bool {
        match NonZeroU32::new(self.count) {
            Some(count) => self.count == 1 || Self::of(subject, count) == self,
            None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_subject_belongs_to_one_part() {
        let parts: Vec<_> = (0..16).map(|index| Partition::new(index, 16).unwrap()).collect();
        let mut counts = [0; 16];
        for n in 0..4_000_u32 {
            let subject = SubjectId::new(&n.to_le_bytes()).unwrap();
            let of: Vec<_> = parts.iter().filter(|part| part.has(subject)).collect();
            assert_eq!(of.len(), 1);
            counts[of[0].index() as usize] += 1;
            assert!(Partition::WHOLE.has(subject));
        }
        assert!(counts.iter().all(|&count| (150..350).contains(&count)), "{counts:?}");
        assert_eq!(Partition::new(1, 1), None);
        assert_eq!(Partition::new(0, 0), None);
    }
}
