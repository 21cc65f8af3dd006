//! References: what is enrolled of a citizen.

use std::fmt;
use std::num::NonZeroU8;

use bytemuck::{Pod, Zeroable};

use crate::citizen::CitizenId;
use crate::subject::SubjectId;
use crate::template::{FaceTemplate, FingerPosition, FingerprintTemplate, Impression};
use crate::units::{Quality, Timestamp};

/// A reference's number, given by the gallery; once it was committed, never given again, even when the
/// reference is deleted.
#[repr(transparent)]
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Pod,
    Zeroable,
    serde::Serialize,
    serde::Deserialize,
)]
#[serde(transparent)]
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
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(transparent)]
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
    /// No, until unlocked. The code says why; its meaning is the caller's.
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

/// A capture to be enrolled.
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

    /// Sets the moment of capture.
    #[must_use]
    pub const fn captured(mut self, at: Timestamp) -> Self {
        self.captured = Some(at);
        self
    }

    /// The capture.
    pub const fn sample(&self) -> &Sample {
        &self.sample
    }
}

/// What is stored of a reference beside its biometric columns: 40 bytes. Any bytes are a valid
/// value, so that a damaged file cannot do harm; [`ReferenceMeta::subject`] may then be `None`.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
pub struct ReferenceMeta {
    subject: [u8; 16],
    reference: ReferenceId,
    captured: i64,
    crc: u32,
    finger: u8,
    impression: u8,
    quality: u8,
    subject_length: u8,
}

/// A meta as segments before version 3 have it: 32 bytes, with the number of a citizen.
#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
pub(super) struct CitizenMeta {
    citizen: u64,
    reference: ReferenceId,
    captured: i64,
    crc: u32,
    finger: u8,
    impression: u8,
    quality: u8,
    zero: u8,
}

impl CitizenMeta {
    /// As it is kept now, but for the checksum, which stays that of the old form.
    pub(super) fn current(&self) -> ReferenceMeta {
        let citizen = CitizenId::from_value(self.citizen).filter(|_| self.zero == 0);
        let (subject, subject_length) = match citizen {
            Some(citizen) => SubjectId::from(citizen).to_stored(),
            // The key of a damaged row, which sorts after all others, as its number did.
            None => ([0xff; 16], 0),
        };
        let Self { reference, captured, crc, finger, impression, quality, .. } = *self;
        ReferenceMeta { subject, reference, captured, crc, finger, impression, quality, subject_length }
    }

    /// The old form of a meta that came from it.
    fn before(meta: &ReferenceMeta) -> Option<Self> {
        let citizen = meta.subject()?.citizen()?.value();
        let ReferenceMeta { reference, captured, crc, finger, impression, quality, .. } = *meta;
        Some(Self { citizen, reference, captured, crc, finger, impression, quality, zero: 0 })
    }
}

/// Stands for a moment of capture that is not known.
const NOT_CAPTURED: i64 = i64::MIN;

impl ReferenceMeta {
    /// The meta of a finger reference, without its checksum.
    pub(super) fn finger(
        subject: SubjectId,
        reference: ReferenceId,
        captured: Option<Timestamp>,
        (position, impression, quality): (FingerPosition, Impression, Option<Quality>),
    ) -> Self {
        let (subject, subject_length) = subject.to_stored();
        Self {
            subject,
            reference,
            captured: captured.map_or(NOT_CAPTURED, Timestamp::unix_seconds),
            crc: 0,
            finger: position.code(),
            impression: impression.code(),
            quality: quality.map_or(0, Quality::get),
            subject_length,
        }
    }

    /// The meta of a face reference, without its checksum.
    pub(super) fn face(subject: SubjectId, reference: ReferenceId, captured: Option<Timestamp>) -> Self {
        let nothing = (FingerPosition::Unknown, Impression::from_code(0), None);
        Self::finger(subject, reference, captured, nothing)
    }

    /// With the checksum of itself and of its columns' bytes.
    pub(super) fn sealed(mut self, columns: &[&[u8]]) -> Self {
        self.crc = checksum(&Self { crc: 0, ..self }, columns);
        self
    }

    /// With a checksum that no bytes fit: of a row that did not fit its own.
    pub(super) fn unsealed(self, columns: &[&[u8]]) -> Self {
        let sealed = self.sealed(columns);
        Self { crc: !sealed.crc, ..sealed }
    }

    /// Whether the checksum fits these columns' bytes.
    pub(super) fn fits(&self, columns: &[&[u8]]) -> bool {
        self.subject().is_some() && self.crc == checksum(&Self { crc: 0, ..*self }, columns)
    }

    /// Whether a meta that came from the old form fits these columns' bytes.
    pub(super) fn fits_old_form(&self, columns: &[&[u8]]) -> bool {
        CitizenMeta::before(self)
            .is_some_and(|old| self.crc == checksum(&CitizenMeta { crc: 0, ..old }, columns))
    }

    /// Whether two metas describe captures alike, apart from their reference numbers.
    pub(super) fn is_same_capture(&self, other: &Self) -> bool {
        Self { reference: self.reference, crc: self.crc, ..*other } == *self
    }

    /// Whose it is; `None` only if the file is damaged.
    pub fn subject(&self) -> Option<SubjectId> {
        SubjectId::from_stored(self.subject, self.subject_length)
    }

    /// Which reference it is.
    pub const fn reference(&self) -> ReferenceId {
        self.reference
    }

    /// When it was captured, if that is known.
    pub fn captured(&self) -> Option<Timestamp> {
        (self.captured != NOT_CAPTURED).then_some(Timestamp::from_unix_seconds(self.captured))
    }

    /// What is newer is greater: by when it was captured, then by when it was enrolled.
    pub(crate) fn newness(&self) -> impl Ord + use<> {
        (self.captured(), self.reference)
    }

    /// Which finger; `Unknown` for a face.
    pub const fn position(&self) -> FingerPosition {
        FingerPosition::from_code(self.finger)
    }

    /// How the impression was captured.
    pub const fn impression(&self) -> Impression {
        Impression::from_code(self.impression)
    }

    /// The quality of the capture, if reported.
    pub const fn quality(&self) -> Option<Quality> {
        Quality::new(self.quality)
    }

    /// The order of rows in every block: by subject, then by reference.
    pub(super) const fn key(&self) -> RowKey {
        RowKey { subject: self.subject_key(), reference: self.reference.0 }
    }

    /// The key by which rows are looked up; one that no subject has if the file is damaged.
    pub(super) const fn subject_key(&self) -> SubjectKey {
        SubjectKey(self.subject, self.subject_length)
    }
}

/// A subject as rows are ordered by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct SubjectKey([u8; 16], u8);

impl From<SubjectId> for SubjectKey {
    fn from(subject: SubjectId) -> Self {
        let (bytes, length) = subject.to_stored();
        Self(bytes, length)
    }
}

/// A row's place in the order of rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct RowKey {
    pub(super) subject: SubjectKey,
    pub(super) reference: u64,
}

fn checksum(meta: &impl Pod, columns: &[&[u8]]) -> u32 {
    let mut crc = crc32fast::Hasher::new();
    crc.update(bytemuck::bytes_of(meta));
    for column in columns {
        crc.update(column);
    }
    crc.finalize()
}
