//! Changes: what a writer stages, what the log records, what is applied to a snapshot.

use std::path::Path;
use std::sync::Arc;

use super::error::GalleryError;
use super::manifest::{COUNTERS, SegmentEntry};
use super::memory::CodedFinger;
use super::reference::{NewReference, ReferenceId, ReferenceMeta, Sample, Status};
use super::request_id::RequestId;
use super::requests::RequestEntry;
use super::segment::{is_unit, stride};
use crate::fingerprint::FingerFeatures;
use crate::fingerprint::codes::CodeModel;
use crate::storage::{Damage, Fields, Record};
use crate::subject::SubjectId;
use crate::template::{FaceTemplate, FingerPosition, Impression, Minutia, ModelId};
use crate::units::{Quality, Timestamp};

const REFERENCES: u32 = 11;
const DELETE: u32 = 12;
const STATUS: u32 = 13;
const ERASE: u32 = 14;
const REQUEST: u32 = 15;
const ATTACH: u32 = 16;

/// Most minutiae of a template; matching uses the best 255.
pub(super) const MOST_MINUTIAE: usize = 4096;
/// Most references that are enrolled at once for one subject.
pub(super) const MOST_REFERENCES: usize = 1024;

/// One change of one subject, applied as a whole.
#[derive(Clone)]
pub(super) enum Change {
    References {
        subject: SubjectId,
        removed: Vec<ReferenceId>,
        added: Vec<Added>,
    },
    Delete {
        subject: SubjectId,
    },
    /// A deletion that also erases the bytes from the files.
    Erase {
        subject: SubjectId,
    },
    Status {
        subject: SubjectId,
        status: Status,
    },
    /// The result of a request.
    Request(RequestEntry),
    /// Segments with the rows that the batch adds; the number of the next reference after them.
    Attach {
        segments: Vec<SegmentEntry>,
        next_reference: u64,
    },
}

/// A reference with its columns, ready to be a row.
#[derive(Clone)]
pub(super) struct Added {
    pub(super) meta: ReferenceMeta,
    pub(super) columns: AddedColumns,
}

#[derive(Clone)]
pub(super) enum AddedColumns {
    Finger(Arc<CodedFinger>),
    Face { model: ModelId, dimension: usize, vector: Arc<[f32]> },
}

impl AddedColumns {
    /// Makes the columns of a capture: most of the cost of an enrolment.
    pub(super) fn new(sample: &Sample, model: &CodeModel) -> Self {
        match sample {
            Sample::Finger(template) => Self::Finger(Arc::new(CodedFinger::new(&template.minutiae, model))),
            Sample::Face(template) => Self::face(template.model().clone(), template.shared()),
        }
    }

    fn face(model: ModelId, embedding: Arc<[f32]>) -> Self {
        let dimension = embedding.len();
        if stride(dimension) == dimension {
            return Self::Face { model, dimension, vector: embedding };
        }
        let mut vector = embedding.to_vec();
        vector.resize(stride(dimension), 0.0);
        Self::Face { model, dimension, vector: vector.into() }
    }

    fn seal(&self, meta: ReferenceMeta) -> ReferenceMeta {
        match self {
            Self::Finger(finger) => finger_seal(meta, &finger.features),
            Self::Face { vector, .. } => meta.sealed(&[bytemuck::cast_slice(vector), &[]]),
        }
    }
}

/// The meta with the checksum over these features.
pub(super) fn finger_seal(meta: ReferenceMeta, features: &FingerFeatures) -> ReferenceMeta {
    let view = features.view();
    meta.sealed(&[bytemuck::cast_slice(view.minutiae), bytemuck::cast_slice(view.cylinders)])
}

impl Added {
    pub(super) fn new(
        subject: SubjectId,
        id: ReferenceId,
        new: &NewReference,
        columns: AddedColumns,
    ) -> Self {
        let meta = match &new.sample {
            Sample::Finger(template) => {
                let facts = (template.position, template.impression, template.quality);
                ReferenceMeta::finger(subject, id, new.captured, facts)
            }
            Sample::Face(_) => ReferenceMeta::face(subject, id, new.captured),
        };
        Self { meta: columns.seal(meta), columns }
    }
}

/// A change that was staged, with the samples that it adds.
#[derive(Clone)]
pub(super) struct Staged {
    pub(super) change: Change,
    /// As many as the change adds, in their order.
    pub(super) samples: Vec<NewReference>,
    pub(super) request: Option<RequestId>,
}

impl Staged {
    /// Who is changed.
    pub(super) fn subject(&self) -> Option<SubjectId> {
        match &self.change {
            Change::References { subject, .. }
            | Change::Delete { subject }
            | Change::Erase { subject }
            | Change::Status { subject, .. } => Some(*subject),
            Change::Request(_) | Change::Attach { .. } => None,
        }
    }

    /// A digest of what is requested, without the numbers that its references get.
    pub(super) fn content(&self) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new();
        match &self.change {
            Change::References { subject, removed, added } => {
                let nothing = added.iter().map(|_| ReferenceId::from_value(0)).zip(&self.samples);
                let record = encode_references(*subject, removed, added.len(), nothing);
                hasher.update(&record.kind.to_le_bytes()).update(&record.body);
            }
            other => {
                let record = encode(other, &[]);
                hasher.update(&record.kind.to_le_bytes()).update(&record.body);
            }
        }
        *hasher.finalize().as_bytes()
    }
}

/// The record of a change in the log, which keeps minutiae and embeddings, not features. `samples` are the
/// captures that the change adds.
pub(super) fn encode(change: &Change, samples: &[&NewReference]) -> Record {
    let of = |kind, subject: &SubjectId| Record { kind, body: stored(*subject) };
    match change {
        Change::References { subject, removed, added } => {
            let ids = added.iter().map(|added| added.meta.reference());
            encode_references(*subject, removed, added.len(), ids.zip(samples.iter().copied()))
        }
        Change::Delete { subject } => of(DELETE, subject),
        Change::Erase { subject } => of(ERASE, subject),
        Change::Status { subject, status } => {
            let mut record = of(STATUS, subject);
            record.body.push(status.code());
            record
        }
        Change::Request(entry) => {
            let mut body = Vec::new();
            entry.encode(&mut body);
            Record { kind: REQUEST, body }
        }
        Change::Attach { segments, next_reference } => {
            let mut body = next_reference.to_le_bytes().to_vec();
            segments.iter().for_each(|segment| segment.encode(&mut body));
            Record { kind: ATTACH, body }
        }
    }
}

fn stored(subject: SubjectId) -> Vec<u8> {
    let (bytes, length) = subject.to_stored();
    let mut body = bytes.to_vec();
    body.push(length);
    body
}

fn encode_references<'a>(
    subject: SubjectId,
    removed: &[ReferenceId],
    count: usize,
    added: impl Iterator<Item = (ReferenceId, &'a NewReference)>,
) -> Record {
    let mut body = stored(subject);
    body.extend_from_slice(&(removed.len() as u32).to_le_bytes());
    body.extend_from_slice(&(count as u32).to_le_bytes());
    body.extend_from_slice(bytemuck::cast_slice(removed));
    for (id, new) in added {
        body.extend_from_slice(&id.value().to_le_bytes());
        body.push(u8::from(new.captured.is_some()));
        let captured = new.captured.unwrap_or_default();
        body.extend_from_slice(&captured.unix_seconds().to_le_bytes());
        match &new.sample {
            Sample::Finger(template) => {
                let quality = template.quality.map_or(0, Quality::get);
                body.extend_from_slice(&[1, template.position.code(), template.impression.code(), quality]);
                body.extend_from_slice(&(template.minutiae.len() as u32).to_le_bytes());
                body.extend_from_slice(bytemuck::cast_slice(&template.minutiae));
            }
            Sample::Face(template) => {
                let name = template.model().as_str();
                body.extend_from_slice(&[2, name.len() as u8]);
                body.extend_from_slice(name.as_bytes());
                body.extend_from_slice(&(template.embedding().len() as u32).to_le_bytes());
                body.extend_from_slice(bytemuck::cast_slice(template.embedding()));
            }
        }
    }
    Record { kind: REFERENCES, body }
}

/// Decodes the record of a change, and rebuilds features and codes.
pub(super) fn decode(file: &Path, record: &Record, model: &CodeModel) -> Result<Change, GalleryError> {
    let mut fields = Fields::new(&record.body);
    let change = match record.kind {
        REFERENCES => subject(&mut fields).and_then(|subject| decode_references(subject, &mut fields, model)),
        DELETE => subject(&mut fields).map(|subject| Change::Delete { subject }),
        ERASE => subject(&mut fields).map(|subject| Change::Erase { subject }),
        STATUS => subject(&mut fields).and_then(|subject| {
            let status = Status::from_code(fields.u8()?);
            Some(Change::Status { subject, status })
        }),
        REQUEST => RequestEntry::decode(&mut fields).map(Change::Request),
        ATTACH => decode_attach(&mut fields),
        _ => None,
    };
    match change {
        Some(change) if fields.rest().is_empty() => Ok(change),
        _ => Err(Damage::new(file, 0, "a record of a change", "a record of another kind").into()),
    }
}

fn subject(fields: &mut Fields<'_>) -> Option<SubjectId> {
    SubjectId::from_stored(fields.array()?, fields.u8()?)
}

fn decode_attach(fields: &mut Fields<'_>) -> Option<Change> {
    let next_reference = fields.u64().filter(|&next| next <= COUNTERS)?;
    let mut segments = Vec::new();
    while !fields.rest().is_empty() {
        segments.push(SegmentEntry::decode(fields).filter(|segment| segment.number < COUNTERS)?);
    }
    Some(Change::Attach { segments, next_reference })
}

/// The segments that a record attaches; none if it is of another change.
pub(super) fn attached(file: &Path, record: &Record) -> Result<Vec<SegmentEntry>, Damage> {
    if record.kind != ATTACH {
        return Ok(Vec::new());
    }
    match decode_attach(&mut Fields::new(&record.body)) {
        Some(Change::Attach { segments, .. }) => Ok(segments),
        _ => Err(Damage::new(file, 0, "a record that names segments", "other bytes")),
    }
}

/// What follows the subject in a record of references.
pub(super) fn decode_references(
    subject: SubjectId,
    fields: &mut Fields<'_>,
    model: &CodeModel,
) -> Option<Change> {
    let (removed, added) = (fields.u32()? as usize, fields.u32()? as usize);
    let removed = bytemuck::allocation::pod_collect_to_vec(fields.bytes(removed.checked_mul(8)?)?);
    let added = (0..added).map(|_| decode_added(subject, fields, model)).collect::<Option<_>>()?;
    Some(Change::References { subject, removed, added })
}

fn decode_added(subject: SubjectId, fields: &mut Fields<'_>, coder: &CodeModel) -> Option<Added> {
    let id = ReferenceId::from_value(fields.u64().filter(|&id| id < COUNTERS)?);
    let known = fields.u8()?;
    let captured = Timestamp::from_unix_seconds(fields.i64()?);
    let captured = (known == 1).then_some(captured);
    match fields.u8()? {
        1 => {
            let (position, impression, quality) = (fields.u8()?, fields.u8()?, fields.u8()?);
            let facts = (
                FingerPosition::from_code(position),
                Impression::from_code(impression),
                Quality::new(quality),
            );
            let count = fields.u32()? as usize;
            let bytes = fields.bytes(count.checked_mul(size_of::<Minutia>())?)?;
            let minutiae: Vec<Minutia> = bytemuck::allocation::pod_collect_to_vec(bytes);
            let columns = AddedColumns::Finger(Arc::new(CodedFinger::new(&minutiae, coder)));
            let meta = columns.seal(ReferenceMeta::finger(subject, id, captured, facts));
            Some(Added { meta, columns })
        }
        2 => {
            let name = usize::from(fields.u8()?);
            let model = std::str::from_utf8(fields.bytes(name)?).ok()?.parse().ok()?;
            let dimension = fields.u32()? as usize;
            if !(FaceTemplate::MIN_DIMENSION..=FaceTemplate::MAX_DIMENSION).contains(&dimension) {
                return None;
            }
            let embedding: Vec<f32> =
                bytemuck::allocation::pod_collect_to_vec(fields.bytes(dimension.checked_mul(4)?)?);
            if !is_unit(&embedding) {
                return None;
            }
            let columns = AddedColumns::face(model, embedding.into());
            let meta = columns.seal(ReferenceMeta::face(subject, id, captured));
            Some(Added { meta, columns })
        }
        _ => None,
    }
}
