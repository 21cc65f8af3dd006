//! References: what is enrolled of a citizen.

use std::fmt;
use std::num::NonZeroU8;

use bytemuck::{Pod, Zeroable};

use crate::citizen::CitizenId;
use crate::template::{FaceTemplate, FingerPosition, FingerprintTemplate, Impression};
use crate::units::{Quality, Timestamp};

/// A reference's number, given by the gallery; once it was committed, never given again, even when the
/// reference is deleted.
#[repr(transparent)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Pod, Zeroable)]
pub struct ReferenceId(u64);

impl ReferenceId {
    /// From its value.
    pub const fn from_value(value: u64) -> Self {
        Self(value)
    }

    /// Its value.
    pub const fn value(self) -> u64 {
        self.0
    }
}

impl fmt::Display for ReferenceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The number of a committed state: every commit that changes something has a greater one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Generation(u64);

impl Generation {
    pub(super) const fn new(value: u64) -> Self {
        Self(value)
    }

    /// Its value.
    pub const fn value(self) -> u64 {
        self.0
    }
}

impl fmt::Display for Generation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Whether a citizen may be authenticated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Status {
    /// Yes.
    #[default]
    Active,
    /// No, until unlocked, for a reason that whoever locked it knows by this code.
    Locked(NonZeroU8),
}

impl Status {
    pub(super) const fn code(self) -> u8 {
        match self {
            Self::Active => 0,
            Self::Locked(reason) => reason.get(),
        }
    }

    pub(super) const fn from_code(code: u8) -> Self {
        match NonZeroU8::new(code) {
            None => Self::Active,
            Some(reason) => Self::Locked(reason),
        }
    }
}

/// A sample to be enrolled.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Sample {
    /// An impression of a finger.
    Finger(FingerprintTemplate),
    /// A face.
    Face(FaceTemplate),
}

/// A reference to be enrolled.
#[derive(Clone, Debug, PartialEq)]
pub struct NewReference {
    pub(super) sample: Sample,
    pub(super) captured: Option<Timestamp>,
}

impl NewReference {
    /// An impression of a finger.
    pub const fn finger(template: FingerprintTemplate) -> Self {
        Self { sample: Sample::Finger(template), captured: None }
    }

    /// A face.
    pub const fn face(template: FaceTemplate) -> Self {
        Self { sample: Sample::Face(template), captured: None }
    }

    /// With the moment of capture.
    #[must_use]
    pub const fn captured(mut self, at: Timestamp) -> Self {
        self.captured = Some(at);
        self
    }

    /// The sample.
    pub const fn sample(&self) -> &Sample {
        &self.sample
    }
}

/// What is stored of a reference beside its biometric columns: 32 bytes. Any bytes are a valid
/// value, so that a damaged file cannot do harm; [`ReferenceMeta::citizen`] may then be `None`.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
pub struct ReferenceMeta {
    citizen: u64,
    reference: ReferenceId,
    captured: i64,
    crc: u32,
    finger: u8,
    impression: u8,
    quality: u8,
    zero: u8,
}

/// Stands for a moment of capture that is not known.
const NOT_CAPTURED: i64 = i64::MIN;

impl ReferenceMeta {
    /// The meta of a finger reference, without its checksum.
    pub(super) fn finger(
        citizen: CitizenId,
        reference: ReferenceId,
        captured: Option<Timestamp>,
        (position, impression, quality): (FingerPosition, Impression, Option<Quality>),
    ) -> Self {
        Self {
            citizen: citizen.value(),
            reference,
            captured: captured.map_or(NOT_CAPTURED, Timestamp::unix_seconds),
            crc: 0,
            finger: position.code(),
            impression: impression.code(),
            quality: quality.map_or(0, Quality::get),
            zero: 0,
        }
    }

    /// The meta of a face reference, without its checksum.
    pub(super) fn face(citizen: CitizenId, reference: ReferenceId, captured: Option<Timestamp>) -> Self {
        let nothing = (FingerPosition::Unknown, Impression::from_code(0), None);
        Self::finger(citizen, reference, captured, nothing)
    }

    /// With the checksum of itself and of its columns' bytes.
    pub(super) fn sealed(mut self, columns: &[&[u8]]) -> Self {
        self.crc = self.checksum(columns);
        self
    }

    /// Whether the checksum fits these columns' bytes.
    pub(super) fn fits(&self, columns: &[&[u8]]) -> bool {
        self.crc == self.checksum(columns) && self.zero == 0
    }

    fn checksum(&self, columns: &[&[u8]]) -> u32 {
        let mut crc = crc32fast::Hasher::new();
        crc.update(bytemuck::bytes_of(&Self { crc: 0, ..*self }));
        for column in columns {
            crc.update(column);
        }
        crc.finalize()
    }

    /// Whose it is; `None` only if the file is damaged.
    pub fn citizen(&self) -> Option<CitizenId> {
        CitizenId::from_value(self.citizen)
    }

    /// Which reference it is.
    pub const fn reference(&self) -> ReferenceId {
        self.reference
    }

    /// When the sample was captured, if that is known.
    pub fn captured(&self) -> Option<Timestamp> {
        (self.captured != NOT_CAPTURED).then_some(Timestamp::from_unix_seconds(self.captured))
    }

    /// Which finger; `Unknown` for a face.
    pub const fn position(&self) -> FingerPosition {
        FingerPosition::from_code(self.finger)
    }

    /// How the impression was captured.
    pub const fn impression(&self) -> Impression {
        Impression::from_code(self.impression)
    }

    /// The sample's quality, if reported.
    pub const fn quality(&self) -> Option<Quality> {
        Quality::new(self.quality)
    }

    /// The order of rows in every block: by citizen, then by reference.
    pub(super) const fn key(&self) -> (u64, u64) {
        (self.citizen, self.reference.0)
    }
}
