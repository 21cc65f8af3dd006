//! What a writer has staged and not yet published, so that a change can be judged when it is staged.

use std::collections::{BTreeMap, HashMap};

use super::change::{Change, Staged};
use super::error::GalleryError;
use super::reference::{ReferenceId, Status};
use super::snapshot::Snapshot;
use crate::subject::SubjectId;
use crate::template::{FaceTemplate, ModelId};

/// Staged changes, and their effect on the newest snapshot.
pub(super) struct Stage {
    pub(super) pending: Vec<Staged>,
    /// Changes ever staged.
    pub(super) staged: u64,
    overlay: HashMap<SubjectId, Overlay>,
    models: BTreeMap<ModelId, usize>,
}

/// What staged changes make of one citizen. Published changes may still be in it: they say what the
/// snapshot says.
#[derive(Default)]
struct Overlay {
    /// Everything in the snapshot is deleted.
    deleted: bool,
    added: Vec<ReferenceId>,
    removed: Vec<ReferenceId>,
    status: Option<Status>,
    /// The number of the last change.
    last: u64,
}

impl Stage {
    pub(super) fn new(snapshot: &Snapshot) -> Self {
        let models = snapshot.models().map(|(model, dimension)| (model.clone(), dimension)).collect();
        Self { pending: Vec::new(), staged: 0, overlay: HashMap::new(), models }
    }

    /// Forgets what the first `published` changes made: the snapshot says it now.
    pub(super) fn forget_published(&mut self, published: u64) {
        self.overlay.retain(|_, overlay| overlay.last > published);
    }

    /// Forgets the first `lost` changes, which were not made.
    pub(super) fn forget_lost(&mut self, lost: u64, snapshot: &Snapshot) {
        self.forget_published(lost);
        self.models = snapshot.models().map(|(model, dimension)| (model.clone(), dimension)).collect();
    }

    /// The first face of a model fixes its dimension.
    pub(super) fn check_model(&self, template: &FaceTemplate) -> Result<(), GalleryError> {
        let found = template.embedding().len();
        match self.models.get(template.model()) {
            Some(&expected) if expected != found => {
                Err(GalleryError::ModelDimension { model: template.model().clone(), expected, found })
            }
            _ => Ok(()),
        }
    }

    pub(super) fn fix_model(&mut self, template: &FaceTemplate) {
        self.models.insert(template.model().clone(), template.embedding().len());
    }

    pub(super) fn check_reference(
        &self,
        snapshot: &Snapshot,
        citizen: SubjectId,
        reference: ReferenceId,
    ) -> Result<(), GalleryError> {
        let unknown = Err(GalleryError::UnknownReference { citizen, reference });
        if let Some(overlay) = self.overlay.get(&citizen) {
            if overlay.added.contains(&reference) {
                return Ok(());
            }
            if overlay.deleted || overlay.removed.contains(&reference) {
                return unknown;
            }
        }
        let view = snapshot.citizen(citizen)?;
        let has = |view: super::snapshot::CitizenView| {
            view.fingers.iter().chain(&view.faces).any(|known| known.meta.reference() == reference)
        };
        if view.is_some_and(has) { Ok(()) } else { unknown }
    }

    pub(super) fn check_citizen(&self, snapshot: &Snapshot, citizen: SubjectId) -> Result<(), GalleryError> {
        let nothing = Overlay::default();
        let overlay = self.overlay.get(&citizen).unwrap_or(&nothing);
        let staged_status = overlay.status.is_some_and(|status| status != Status::Active);
        if !overlay.added.is_empty() || staged_status {
            return Ok(());
        }
        if !overlay.deleted
            && let Some(view) = snapshot.citizen(citizen)?
        {
            let mut known = view.fingers.iter().chain(&view.faces);
            let live = known.any(|known| !overlay.removed.contains(&known.meta.reference()));
            if live || (overlay.status.is_none() && view.status != Status::Active) {
                return Ok(());
            }
        }
        Err(GalleryError::UnknownCitizen { citizen })
    }

    /// Stages a change.
    pub(super) fn push(&mut self, staged: Staged) {
        self.staged += 1;
        let Some(subject) = staged.subject() else { return };
        let overlay = self.overlay.entry(subject).or_default();
        match &staged.change {
            Change::References { removed, added, .. } => {
                overlay.added.retain(|reference| !removed.contains(reference));
                overlay.removed.extend(removed);
                overlay.added.extend(added.iter().map(|added| added.meta.reference()));
            }
            Change::Status { status, .. } => overlay.status = Some(*status),
            _ => {
                overlay.deleted = true;
                overlay.added.clear();
                overlay.removed.clear();
                overlay.status = Some(Status::Active);
            }
        }
        overlay.last = self.staged;
        self.pending.push(staged);
    }
}
