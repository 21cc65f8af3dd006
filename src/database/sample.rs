//! Samples of a probe in a search.

use crate::calibration::Calibration;
use crate::face::FaceProbe;
use crate::fingerprint::FingerProbe;
use crate::search::FingerQuery;
use crate::template::FingerPosition;

/// One sample of a probe in a search.
pub(super) struct Sample<'a> {
    /// Which of the batch's requests it is of.
    pub(super) request: usize,
    /// Which of the probe's samples of its kind.
    pub(super) number: usize,
    pub(super) kind: Kind,
    pub(super) table: &'a Calibration,
}

impl Sample<'_> {
    pub(super) fn finger(&self) -> Option<FingerQuery<'_>> {
        match &self.kind {
            Kind::Finger(probe, position) => Some(FingerQuery { probe, position: *position }),
            Kind::Face(_) => None,
        }
    }
}

pub(super) enum Kind {
    Face(FaceProbe),
    Finger(Box<FingerProbe>, FingerPosition),
}
