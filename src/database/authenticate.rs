//! 1:1: is this the person enrolled under this number?

use std::time::Instant;

use crate::fingerprint::Scratch;
use crate::gallery::{CitizenView, Status};
use crate::subject::SubjectId;

use super::decision::{Decision, ReferReason, Verdict};
use super::judge::{Scored, judge};
use super::plan::{Plan, compare_face, compare_finger, plan, prepare_face, prepare_fingers};
use super::{AuditEvent, AuditOutcome, CitizenSnapshot, DatabaseError, LockReason, Policy, Probe};

impl CitizenSnapshot<'_> {
    /// Whether the probe is of the claimed citizen.
    ///
    /// An unknown or locked citizen, and a probe or record without what the policy asks for, is
    /// referred before anything is compared. One audit entry is kept, also of an error.
    ///
    /// # Errors
    /// Damage, also of a reference that would be compared; a face model without calibration; a
    /// policy beyond what the calibration states; an audit entry that could not be kept. An error
    /// is never a rejection.
    pub fn authenticate(
        &self,
        citizen: impl Into<SubjectId>,
        probe: &Probe,
        policy: &Policy,
    ) -> Result<Decision, DatabaseError> {
        let (started, citizen) = (Instant::now(), citizen.into());
        let decided = self.decide(citizen, probe, policy);
        let outcome = match &decided {
            Ok(Decision::Accept(evidence)) => AuditOutcome::Accept(evidence),
            Ok(Decision::Reject(evidence)) => AuditOutcome::Reject(evidence),
            Ok(Decision::Refer(reason)) => AuditOutcome::Refer(reason),
            Err(error) => AuditOutcome::Error { error: error.to_string() },
        };
        self.record(AuditEvent::Authenticate { citizen, outcome }, started)?;
        decided
    }

    fn decide(&self, citizen: SubjectId, probe: &Probe, policy: &Policy) -> Result<Decision, DatabaseError> {
        let Some(view) = self.gallery.citizen(citizen)? else {
            return Ok(Decision::Refer(ReferReason::UnknownCitizen));
        };
        if let Some(why) = lock(view.status) {
            return Ok(Decision::Refer(ReferReason::Locked { why }));
        }
        let plan = match plan(&view, probe, policy) {
            Ok(plan) => plan,
            Err(reason) => return Ok(Decision::Refer(reason)),
        };
        let face = self.score_faces(&view, probe, &plan)?;
        let fingers = self.score_fingers(&view, probe, &plan)?;
        let (verdict, evidence) = judge(policy.rule, face, fingers)?;
        Ok(match verdict {
            Verdict::Met => Decision::Accept(evidence),
            Verdict::NotMet => Decision::Reject(evidence),
        })
    }

    fn score_faces(
        &self,
        view: &CitizenView,
        probe: &Probe,
        plan: &Plan<'_>,
    ) -> Result<Option<Scored<'_>>, DatabaseError> {
        let Some(face) = prepare_face(probe).filter(|_| !plan.faces.is_empty()) else { return Ok(None) };
        let table = self.database.tables.face(face.model())?;
        self.check_dimension(&face)?;
        let comparisons = plan
            .faces
            .iter()
            .map(|reference| compare_face(&self.gallery, view, &face, reference))
            .collect::<Result<_, _>>()?;
        Ok(Some(Scored { table, comparisons }))
    }

    fn score_fingers(
        &self,
        view: &CitizenView,
        probe: &Probe,
        plan: &Plan<'_>,
    ) -> Result<Option<Scored<'_>>, DatabaseError> {
        if plan.fingers.is_empty() {
            return Ok(None);
        }
        let fingers = prepare_fingers(probe);
        let mut scratch = Scratch::default();
        let mut comparisons = Vec::with_capacity(plan.fingers.len());
        for &(sample, reference) in &plan.fingers {
            if let Some(Some(finger)) = fingers.get(sample) {
                comparisons.push(compare_finger(
                    &self.gallery,
                    view,
                    sample,
                    finger,
                    reference,
                    &mut scratch,
                )?);
            }
        }
        Ok(Some(Scored { table: &self.database.tables.fingers, comparisons }))
    }

    /// One model name, two lengths: one of them is not what it says.
    pub(super) fn check_dimension(&self, face: &crate::face::FaceProbe) -> Result<(), DatabaseError> {
        for (model, dimension) in self.gallery.models().filter(|(model, _)| *model == face.model()) {
            face.check(model, dimension)?;
        }
        Ok(())
    }
}

pub(super) fn lock(status: Status) -> Option<LockReason> {
    match status {
        Status::Active => None,
        Status::Locked(code) => Some(LockReason::from_code(code)),
    }
}
