//! A committed state of a gallery, which does not change.

use std::fmt;
use std::sync::Arc;

use super::block::{Block, FaceBlock, FingerBlock, Location};
use super::columns::Columns;
use super::erasure::{ErasureTicket, PendingErasure};
use super::error::GalleryError;
use super::reference::{Generation, ReferenceMeta, Status};
use super::statuses::Statuses;
use crate::fingerprint::FingerView;
use crate::fingerprint::codes::CodeModel;
use crate::subject::SubjectId;
use crate::template::{Minutia, Modality, ModelId};

/// A committed state. Cheap to keep: it shares maps and rows with other snapshots. Later commits and
/// compaction do not change it. `Debug` shows counts only.
#[derive(Clone)]
pub struct Snapshot {
    pub(super) generation: Generation,
    pub(super) fingers: Vec<FingerBlock>,
    /// Blocks of one model stand together, models ascending.
    pub(super) faces: Vec<FaceBlock>,
    /// The model that makes codes.
    pub(super) code_model: Arc<CodeModel>,
    /// Subjects that are not active.
    pub(super) statuses: Statuses,
    /// The payload of the last commit that had one.
    pub(super) payload: Arc<[u8]>,
    /// Subjects that are being erased.
    pub(super) erasures: Arc<[PendingErasure]>,
}

/// What a snapshot knows of a citizen.
#[derive(Clone, Debug)]
pub struct CitizenView {
    /// Who.
    pub citizen: SubjectId,
    /// Whether they may be authenticated.
    pub status: Status,
    /// Their fingers, by reference.
    pub fingers: Vec<Reference>,
    /// Their faces, by model and reference.
    pub faces: Vec<Reference>,
}

/// A live reference of a citizen.
#[derive(Clone, Debug)]
pub struct Reference {
    /// Where it is.
    pub location: Location,
    /// What is known of it.
    pub meta: ReferenceMeta,
    /// A face's model.
    pub model: Option<ModelId>,
}

/// A face where it lies.
#[derive(Clone, Copy)]
pub struct FaceView<'a> {
    /// The model that made the embedding.
    pub model: &'a ModelId,
    /// The unit vector, padded with zeros to a multiple of `Kernels::DOT_LANES`.
    pub vector: &'a [f32],
}

impl fmt::Debug for FaceView<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FaceView({}, {} numbers)", self.model, self.vector.len())
    }
}

impl fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Snapshot")
            .field("generation", &self.generation)
            .field("fingers", &self.finger_count())
            .field("faces", &self.face_count())
            .finish_non_exhaustive()
    }
}

impl Snapshot {
    /// The generation of the state.
    pub fn generation(&self) -> Generation {
        self.generation
    }

    /// Live finger references.
    pub fn finger_count(&self) -> usize {
        self.fingers.iter().map(Block::live).sum()
    }

    /// Live face references, of all models.
    pub fn face_count(&self) -> usize {
        self.faces.iter().map(Block::live).sum()
    }

    /// The model that makes the codes of fingers, from the gallery's options. Blocks with codes of another
    /// model have none for it ([`FingerBlock::codes`]).
    pub fn code_model(&self) -> &CodeModel {
        &self.code_model
    }

    /// All blocks of fingers.
    pub fn finger_blocks(&self) -> &[FingerBlock] {
        &self.fingers
    }

    /// The blocks of a model's faces; empty if there are none.
    pub fn face_blocks(&self, model: &ModelId) -> &[FaceBlock] {
        let start = self.faces.partition_point(|block| block.model() < model);
        let end = self.faces.partition_point(|block| block.model() <= model);
        self.faces.get(start..end).unwrap_or_default()
    }

    /// The models that have faces here, ascending, with their dimensions.
    pub fn models(&self) -> impl Iterator<Item = (&ModelId, usize)> {
        self.faces
            .chunk_by(|a, b| a.model() == b.model())
            .filter_map(|blocks| blocks.first().map(|block| (block.model(), block.dimension())))
    }

    /// The references and the status of a citizen; `None` if there are none. Costs a binary search in every
    /// block.
    ///
    /// # Errors
    /// Damage: a segment whose metas do not fit their checksum (checked once per segment) could hide any
    /// citizen.
    pub fn citizen(&self, citizen: impl Into<SubjectId>) -> Result<Option<CitizenView>, GalleryError> {
        let citizen = citizen.into();
        let mut fingers = live_rows(&self.fingers, citizen, |_| None)?;
        fingers.sort_unstable_by_key(|reference| reference.meta.reference());
        let mut faces = live_rows(&self.faces, citizen, |block| Some(block.model().clone()))?;
        faces.sort_by(|a, b| (&a.model, a.meta.reference()).cmp(&(&b.model, b.meta.reference())));
        let status = self.statuses.get(citizen);
        if fingers.is_empty() && faces.is_empty() && status.is_none() {
            return Ok(None);
        }
        let status = status.unwrap_or_default();
        Ok(Some(CitizenView { citizen, status, fingers, faces }))
    }

    /// A citizen's status; active if no other was set, also for unknown citizens.
    pub fn status(&self, citizen: impl Into<SubjectId>) -> Status {
        self.statuses.get(citizen.into()).unwrap_or_default()
    }

    /// The payload of the last commit that had one ([`super::Writer::commit_with`]): at most 64 bytes, for
    /// example a position in an external log. Empty if no commit had one.
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// The erasures that are under way: files still hold bytes of these subjects, or may do.
    pub fn erasures(&self) -> impl Iterator<Item = ErasureTicket> {
        let erasures = self.erasures.iter();
        erasures.map(|pending| ErasureTicket { generation: pending.generation, subject: pending.subject })
    }

    /// A finger's features, checked against their checksum.
    ///
    /// # Errors
    /// Damage; a location of another snapshot or of a face.
    pub fn finger(&self, location: Location) -> Result<FingerView<'_>, GalleryError> {
        let block = find(&self.fingers, location, Modality::Finger)?;
        block.check(location.row as usize)?;
        block.finger(location.row as usize)
    }

    /// A finger's minutiae as they are stored, not checked against their checksum: good enough to find which
    /// references may be copies, since a copy that is damaged is none.
    pub(crate) fn stored_minutiae(&self, location: Location) -> Option<&[Minutia]> {
        let block = find(&self.fingers, location, Modality::Finger).ok()?;
        block.finger(location.row as usize).ok().map(|finger| finger.minutiae)
    }

    /// A face's vector, checked against its checksum.
    ///
    /// # Errors
    /// Damage; a location of another snapshot or of a finger.
    pub fn face(&self, location: Location) -> Result<FaceView<'_>, GalleryError> {
        let block = find(&self.faces, location, Modality::Face)?;
        block.check(location.row as usize)?;
        Ok(FaceView { model: block.model(), vector: block.vector(location.row as usize)? })
    }

    /// Refuses a face of a model that has another dimension here.
    pub(super) fn check_dimension(&self, model: &ModelId, found: usize) -> Result<(), GalleryError> {
        match self.face_blocks(model).first().map(FaceBlock::dimension) {
            Some(expected) if expected != found => {
                Err(GalleryError::ModelDimension { model: model.clone(), expected, found })
            }
            _ => Ok(()),
        }
    }

    /// Gives each block its place, by which locations name it.
    pub(super) fn number_blocks(&mut self) {
        for (index, block) in self.fingers.iter_mut().enumerate() {
            block.index = index as u32;
        }
        for (index, block) in self.faces.iter_mut().enumerate() {
            block.index = index as u32;
        }
    }

    /// Checks the bytes of a row against their checksum.
    ///
    /// # Errors
    /// Damage; a location of another snapshot.
    pub fn check(&self, location: Location) -> Result<(), GalleryError> {
        match location.modality {
            Modality::Finger => self.finger(location).map(drop),
            Modality::Face => self.face(location).map(drop),
        }
    }
}

fn find<C: Columns>(
    blocks: &[Block<C>],
    location: Location,
    modality: Modality,
) -> Result<&Block<C>, GalleryError> {
    let block = blocks.get(location.block as usize).filter(|_| location.modality == modality);
    block.filter(|block| block.is_live(location.row as usize)).ok_or(GalleryError::UnknownLocation)
}

fn live_rows<C: Columns>(
    blocks: &[Block<C>],
    subject: SubjectId,
    model: impl Fn(&Block<C>) -> Option<ModelId>,
) -> Result<Vec<Reference>, GalleryError> {
    let mut references = Vec::new();
    for block in blocks {
        for row in block.rows_of(subject)? {
            if let (true, Some(&meta)) = (block.is_live(row), block.metas().get(row)) {
                references.push(Reference { location: block.location(row), meta, model: model(block) });
            }
        }
    }
    Ok(references)
}
