//! Which table speaks for which matcher.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::calibration::{self, Calibration};
use crate::template::ModelId;

use super::DatabaseError;

/// The tables that a database decides by: the shipped one for fingers unless another is given,
/// and one for each face model, which the caller must register. A model without one is
/// [`DatabaseError::Uncalibrated`]: there is no threshold to guess.
#[derive(Clone, Debug, Default)]
pub struct Calibrations {
    fingers: Option<Arc<Calibration>>,
    faces: BTreeMap<ModelId, Arc<Calibration>>,
}

impl Calibrations {
    /// The shipped table for fingers, none for faces.
    pub fn new() -> Self {
        Self::default()
    }

    /// Decides fingers by this table, for example one fitted on the country's own sensors.
    #[must_use]
    pub fn fingers(mut self, table: Calibration) -> Self {
        self.fingers = Some(Arc::new(table));
        self
    }

    /// Decides faces of `model` by this table. The table's own name is not asked: registering a
    /// table of another model is the caller's statement that it holds.
    #[must_use]
    pub fn face(mut self, model: ModelId, table: Calibration) -> Self {
        self.faces.insert(model, Arc::new(table));
        self
    }

    /// Resolves what is shipped.
    pub(super) fn resolved(mut self) -> Result<Tables, DatabaseError> {
        let fingers = match self.fingers.take() {
            Some(table) => table,
            None => Arc::new(calibration::fingerprint()?),
        };
        Ok(Tables { fingers, faces: self.faces })
    }
}

/// Tables, resolved.
#[derive(Clone, Debug)]
pub(super) struct Tables {
    pub(super) fingers: Arc<Calibration>,
    faces: BTreeMap<ModelId, Arc<Calibration>>,
}

impl Tables {
    pub(super) fn face(&self, model: &ModelId) -> Result<&Calibration, DatabaseError> {
        match self.faces.get(model) {
            Some(table) => Ok(table),
            None => Err(DatabaseError::Uncalibrated { model: model.clone() }),
        }
    }
}
