//! Changes: what a writer stages, what the log records, what is applied to a snapshot.

use std::path::Path;
use std::sync::Arc;

use super::error::GalleryError;
use super::manifest::COUNTERS;
use super::memory::CodedFinger;
use super::reference::{NewReference, ReferenceId, ReferenceMeta, Sample, Status};
use super::segment::stride;
use crate::citizen::CitizenId;
use crate::fingerprint::FingerFeatures;
use crate::fingerprint::codes::CodeModel;
use crate::storage::{Damage, Fields, Record};
use crate::template::{FaceTemplate, FingerPosition, Impression, Minutia, ModelId};
use crate::units::{Quality, Timestamp};

const REFERENCES: u32 = 1;
const DELETE: u32 = 2;
const STATUS: u32 = 3;

/// Most minutiae of a template; matching uses the best 255.
pub(super) const MOST_MINUTIAE: usize = 4096;
/// Most references that are enrolled at once for one citizen.
pub(super) const MOST_REFERENCES: usize = 1024;

/// One change of one citizen, applied as a whole.
#[derive(Clone)]
pub(super) enum Change {
    References { citizen: CitizenId, removed: Vec<ReferenceId>, added: Vec<Added> },
    Delete { citizen: CitizenId },
    Status { citizen: CitizenId, status: Status },
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
    /// Makes the columns of a sample: the costly part of an enrolment.
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
        citizen: CitizenId,
        id: ReferenceId,
        new: &NewReference,
        columns: AddedColumns,
    ) -> Self {
        let meta = match &new.sample {
            Sample::Finger(template) => {
                let facts = (template.position, template.impression, template.quality);
                ReferenceMeta::finger(citizen, id, new.captured, facts)
            }
            Sample::Face(_) => ReferenceMeta::face(citizen, id, new.captured),
        };
        Self { meta: columns.seal(meta), columns }
    }
}

/// A change that was staged, with the samples that it adds.
pub(super) struct Staged {
    pub(super) change: Change,
    /// As many as the change adds, in their order.
    pub(super) samples: Vec<NewReference>,
}

impl Staged {
    /// References that it adds.
    pub(super) fn added(&self) -> usize {
        match &self.change {
            Change::References { added, .. } => added.len(),
            Change::Delete { .. } | Change::Status { .. } => 0,
        }
    }

    /// Above every reference that it adds.
    pub(super) fn next_reference(&self) -> u64 {
        match &self.change {
            Change::References { added, .. } => {
                added.iter().map(|added| added.meta.reference().value() + 1).max().unwrap_or(0)
            }
            Change::Delete { .. } | Change::Status { .. } => 0,
        }
    }

    /// Its record in the log, which keeps minutiae and embeddings, not features.
    pub(super) fn record(&self) -> Record {
        match &self.change {
            Change::References { citizen, removed, added } => {
                let ids = added.iter().map(|added| added.meta.reference());
                encode_references(*citizen, removed, added.len(), ids.zip(&self.samples))
            }
            Change::Delete { citizen } => {
                Record { kind: DELETE, body: citizen.value().to_le_bytes().to_vec() }
            }
            Change::Status { citizen, status } => {
                let mut body = citizen.value().to_le_bytes().to_vec();
                body.push(status.code());
                Record { kind: STATUS, body }
            }
        }
    }
}

fn encode_references<'a>(
    citizen: CitizenId,
    removed: &[ReferenceId],
    count: usize,
    added: impl Iterator<Item = (ReferenceId, &'a NewReference)>,
) -> Record {
    let mut body = Vec::new();
    body.extend_from_slice(&citizen.value().to_le_bytes());
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

/// A change out of its record; makes the features and codes anew.
pub(super) fn decode(file: &Path, record: &Record, model: &CodeModel) -> Result<Change, GalleryError> {
    let mut fields = Fields::new(&record.body);
    let change = match record.kind {
        REFERENCES => decode_references(&mut fields, model),
        DELETE => citizen(&mut fields).map(|citizen| Change::Delete { citizen }),
        STATUS => citizen(&mut fields).and_then(|citizen| {
            let status = Status::from_code(fields.u8()?);
            Some(Change::Status { citizen, status })
        }),
        _ => None,
    };
    match change {
        Some(change) if fields.rest().is_empty() => Ok(change),
        _ => Err(Damage::new(file, 0, "a change of the gallery", "another record").into()),
    }
}

fn citizen(fields: &mut Fields<'_>) -> Option<CitizenId> {
    CitizenId::from_value(fields.u64()?)
}

fn decode_references(fields: &mut Fields<'_>, model: &CodeModel) -> Option<Change> {
    let citizen = citizen(fields)?;
    let (removed, added) = (fields.u32()? as usize, fields.u32()? as usize);
    let removed = bytemuck::allocation::pod_collect_to_vec(fields.bytes(removed.checked_mul(8)?)?);
    let added = (0..added).map(|_| decode_added(citizen, fields, model)).collect::<Option<_>>()?;
    Some(Change::References { citizen, removed, added })
}

fn decode_added(citizen: CitizenId, fields: &mut Fields<'_>, coder: &CodeModel) -> Option<Added> {
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
            let meta = columns.seal(ReferenceMeta::finger(citizen, id, captured, facts));
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
            let columns = AddedColumns::face(model, embedding.into());
            let meta = columns.seal(ReferenceMeta::face(citizen, id, captured));
            Some(Added { meta, columns })
        }
        _ => None,
    }
}
