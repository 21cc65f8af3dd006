//! 1:1: is this the person enrolled under this number?

use std::time::Instant;

use tracing::field;

use crate::gallery::{Generation, Status};
use crate::template::{Finger, Modality};

use super::compare::{FingerComparer, compare_face, prepare_face, record};
use super::decide::{Decided, Scored, decide, requirements};
use super::decision::ReferReason;
use super::eligibility::{eligible, impressions};
use super::fuse::Fusing;
use super::record::{Claimed, DecisionRecord, FailedClaim, RecordVersion};
use super::{
    AuditEntry, CitizenDatabase, CitizenSnapshot, Claim, DatabaseError, LeftOut, LockReason, Purpose,
};

impl CitizenSnapshot {
    /// Decides a claim: whether the probe is of the claimed citizen.
    ///
    /// An unknown or locked citizen, and a probe or record with which even perfect scores could not meet the
    /// policy, is referred before anything is compared; so is a claim that the limiter of attempts refuses. One
    /// audit entry is kept, also of an error.
    ///
    /// # Errors
    /// Damage, also of a reference that would be compared; a face model without calibration; a
    /// policy beyond what the calibration states; attempts that cannot be counted; an audit entry that could not be
    /// kept. An error is never a rejection.
    pub fn authenticate(&self, claim: &Claim) -> Result<DecisionRecord, DatabaseError> {
        let span = tracing::debug_span!(
            target: "biomatch",
            "authenticate",
            generation = self.generation().value(),
            decision = field::Empty,
            comparisons = field::Empty,
        );
        let result = span.in_scope(|| self.decide_and_record(claim));
        self.database.counting().claim(&result);
        if let Ok(record) = &result {
            span.record("decision", record.decision.name());
            span.record("comparisons", record.comparisons.len());
        }
        result
    }

    fn decide_and_record(&self, claim: &Claim) -> Result<DecisionRecord, DatabaseError> {
        let started = Instant::now();
        let mut left_out = LeftOut::default();
        match self.decide(claim, &mut left_out) {
            Ok(decided) => {
                let face = claim.probe.face.as_ref();
                let answered = self.database.answered(Some(self.generation()), face, started);
                let record = DecisionRecord {
                    version: RecordVersion,
                    claimed: Claimed::from(claim),
                    lock: self.lock_to_end(claim),
                    decision: decided.decision,
                    modalities: decided.modalities,
                    fused: decided.fused,
                    comparisons: decided.comparisons,
                    left_out,
                    answered,
                };
                self.database.audit(|| vec![AuditEntry::Authenticate(record.clone())])?;
                Ok(record)
            }
            Err(error) => Err(self.database.failed_claim(claim, Some(self.generation()), error, started)),
        }
    }

    /// The lock that a claim to end one finds.
    fn lock_to_end(&self, claim: &Claim) -> Option<LockReason> {
        lock(self.gallery.status(claim.citizen)).filter(|_| claim.purpose == Purpose::Unlock)
    }

    fn decide(&self, claim: &Claim, left_out: &mut LeftOut) -> Result<Decided, DatabaseError> {
        let refer = |reason| Ok(Decided::referred(reason));
        let probe = &claim.probe;
        let impressions = impressions(probe, left_out);
        let Some(view) = self.gallery.citizen(claim.citizen)? else {
            return refer(ReferReason::UnknownCitizen);
        };
        if let Some(why) = lock(view.status) {
            let is_own = why == LockReason::HolderRequest && claim.purpose == Purpose::Unlock;
            if !is_own {
                return refer(ReferReason::Locked { why });
            }
        }
        let face_model = probe.face.as_ref().map(|face| face.model());
        let record = record(&self.gallery, &view, &impressions, face_model);
        let eligible = match eligible(&record, &impressions, face_model, &claim.policy, left_out) {
            Ok(eligible) => eligible,
            Err(reason) => return refer(reason),
        };
        let face = prepare_face(probe).filter(|_| !eligible.faces.is_empty());
        let tables = self.database.tables();
        let face_table = face.as_ref().map(|face| tables.face(face.model())).transpose()?;
        let face_count = face_table.map(|table| (&*table.calibration, eligible.faces.len()));
        let finger_count =
            (!eligible.fingers.is_empty()).then(|| (&*tables.fingers.calibration, eligible.fingers.len()));
        let [face_requirement, finger_requirement] =
            requirements(claim.policy.rule, face_count, finger_count)?;
        let fingers_table = (!eligible.fingers.is_empty()).then_some(&tables.fingers);
        let fusing = Fusing { face: face_table, fingers: fingers_table, required: claim.policy.fused };
        let planned_fingers = eligible.fingers.iter().map(|(impression, with)| {
            let finger = impression.finger.filter(|_| impression.finger == with.finger);
            (Modality::Finger, finger)
        });
        let planned_faces = eligible.faces.iter().map(|_| (Modality::Face, None));
        fusing.check(planned_faces.chain(planned_fingers))?;
        // From here on scores are computed.
        self.database.limited(claim, || {
            let mut faces = None;
            if let (Some(face), Some(requirement)) = (face, face_requirement) {
                self.check_dimension(&face)?;
                let compared =
                    eligible.faces.iter().map(|one| compare_face(&self.gallery, &view, &face, one.reference));
                faces = Some(Scored { requirement, comparisons: compared.collect::<Result<_, _>>()? });
            }
            let mut comparer = FingerComparer::new(&self.gallery, &view, probe);
            let mut fingers = None;
            if let Some(requirement) = finger_requirement {
                let compared =
                    eligible.fingers.iter().map(|(impression, with)| comparer.compare(*impression, with));
                fingers = Some(Scored { requirement, comparisons: compared.collect::<Result<_, _>>()? });
            }
            let mut presented: Vec<Option<Finger>> = vec![None; probe.fingers.len()];
            for impression in &impressions {
                if let Some(place) = presented.get_mut(impression.sample) {
                    *place = impression.finger;
                }
            }
            let mut decided = decide(claim.policy.rule, faces, fingers, &presented, &mut comparer)?;
            (decided.decision, decided.fused) =
                fusing.judge(decided.decision, &decided.comparisons, &presented)?;
            Ok(decided)
        })
    }

    /// One model name, two lengths: one of them is not what it says.
    fn check_dimension(&self, face: &crate::face::FaceProbe) -> Result<(), DatabaseError> {
        for (model, dimension) in self.gallery.models().filter(|(model, _)| *model == face.model()) {
            face.check(model, dimension)?;
        }
        Ok(())
    }
}

impl CitizenDatabase {
    /// Records that a claim failed; gives the error, or the one that kept it from being recorded. Without a
    /// generation there was no state to ask.
    pub(super) fn failed_claim(
        &self,
        claim: &Claim,
        generation: Option<Generation>,
        error: DatabaseError,
        started: Instant,
    ) -> DatabaseError {
        let failed = || {
            vec![AuditEntry::AuthenticateFailed(FailedClaim {
                version: RecordVersion,
                claimed: Claimed::from(claim),
                error: error.to_string(),
                answered: self.answered(generation, claim.probe.face.as_ref(), started),
            })]
        };
        self.audit(failed).err().unwrap_or(error)
    }
}

pub(super) fn lock(status: Status) -> Option<LockReason> {
    match status {
        Status::Active => None,
        Status::Locked(code) => Some(LockReason::from_code(code)),
    }
}
