//! Which table rates come from, for fingers and for each face model.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::calibration::{self, Calibration, FINGER_MATCHER};
use crate::fusion::FusionTable;
use crate::template::ModelId;

use super::DatabaseError;
use super::record::CalibrationUsed;

/// The tables that a database decides by: the shipped one for fingers unless another is given,
/// and one for each face model, which the caller must register. A model without one is
/// [`DatabaseError::Uncalibrated`]: there is no threshold to guess.
///
/// A table says which matcher or model it is of. [`super::DatabaseOptions::open`] fails with
/// [`DatabaseError::WrongCalibration`] if a table for fingers is not of this crate's matcher, or a table for
/// faces is one of fingers, so that no table of another matcher, nor one of an earlier version, ever decides.
#[derive(Clone, Debug, Default)]
pub struct Calibrations {
    fingers: Option<Calibration>,
    faces: Vec<(Option<ModelId>, Calibration)>,
}

impl Calibrations {
    /// The shipped table for fingers, none for faces.
    pub fn new() -> Self {
        Self::default()
    }

    /// Decides fingers by this table, for example one fitted on the country's own sensors.
    #[must_use]
    pub fn fingers(mut self, table: Calibration) -> Self {
        self.fingers = Some(table);
        self
    }

    /// Decides faces of the model that the table names by it.
    #[must_use]
    pub fn face(mut self, table: Calibration) -> Self {
        self.faces.push((None, table));
        self
    }

    /// Decides by whichever the table names: the fingerprint matcher, or a face model.
    #[must_use]
    pub fn any(self, table: Calibration) -> Self {
        if ModelId::is_finger_matcher(table.matcher()) { self.fingers(table) } else { self.face(table) }
    }

    /// Decides faces of `model` by a table of another model. The caller states that it holds for them; every
    /// record repeats the statement. For trials: scores of another network are distributed otherwise.
    #[must_use]
    pub fn assume_for(mut self, model: ModelId, table: Calibration) -> Self {
        self.faces.push((Some(model), table));
        self
    }

    /// Checks each table against what it is for, and resolves what is shipped.
    pub(super) fn resolved(self) -> Result<Tables, DatabaseError> {
        let fingers = match self.fingers {
            Some(table) => table,
            None => calibration::fingerprint()?,
        };
        if fingers.matcher() != FINGER_MATCHER {
            return Err(wrong(&fingers, format!("fingers, whose matcher is {FINGER_MATCHER}")));
        }
        let mut faces = BTreeMap::new();
        for (assumed_for, table) in self.faces {
            let model = match &assumed_for {
                Some(model) => model.clone(),
                None => table.matcher().parse().map_err(|_| wrong(&table, "faces of a model".to_owned()))?,
            };
            if ModelId::is_finger_matcher(table.matcher()) {
                return Err(wrong(&table, format!("faces of {model}")));
            }
            if faces.contains_key(&model) {
                return Err(DatabaseError::TwoCalibrations { model });
            }
            let assumed_for = assumed_for.filter(|model| model.as_str() != table.matcher());
            faces.insert(model, Table::new(table, assumed_for)?);
        }
        Ok(Tables { fingers: Table::new(fingers, None)?, faces })
    }
}

fn wrong(table: &Calibration, asked: String) -> DatabaseError {
    DatabaseError::WrongCalibration { registered_for: asked, matcher: table.matcher().to_owned() }
}

/// A table, and how records name it.
#[derive(Clone, Debug)]
pub(super) struct Table {
    pub(super) calibration: Arc<Calibration>,
    /// None if the table has no likelihood ratios.
    pub(super) fusion: Option<Arc<FusionTable>>,
    pub(super) used: CalibrationUsed,
}

impl Table {
    fn new(calibration: Calibration, assumed_for: Option<ModelId>) -> Result<Self, DatabaseError> {
        let digest = blake3::hash(calibration.to_json()?.as_bytes()).to_string();
        let used = CalibrationUsed { matcher: calibration.matcher().to_owned(), digest, assumed_for };
        let fusion = FusionTable::new(calibration.clone()).ok().map(Arc::new);
        Ok(Self { calibration: Arc::new(calibration), fusion, used })
    }
}

/// Tables, resolved.
#[derive(Clone, Debug)]
pub(super) struct Tables {
    pub(super) fingers: Table,
    faces: BTreeMap<ModelId, Table>,
}

impl Tables {
    pub(super) fn face(&self, model: &ModelId) -> Result<&Table, DatabaseError> {
        self.faces.get(model).ok_or_else(|| DatabaseError::Uncalibrated { model: model.clone() })
    }

    pub(super) fn used_for(&self, model: &ModelId) -> Option<CalibrationUsed> {
        self.faces.get(model).map(|table| table.used.clone())
    }
}
