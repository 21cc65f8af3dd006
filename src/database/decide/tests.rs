//! The arithmetic of decisions on drawn scores, beside plain oracles.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::calibration;
use crate::database::{FingerCount, FingerRule};

const HIGH: f32 = 30.0;

/// What samples and references are, as the test knows: each of one true finger. Samples of one finger are alike.
#[derive(Clone, Debug)]
struct Truth {
    /// Of each sample: the true finger and whether its position is stated.
    samples: Vec<(usize, bool)>,
    /// Of each reference.
    references: Vec<(usize, bool)>,
    /// Scores of samples with references of the same finger fail where the bit is set.
    misses: Vec<bool>,
    /// Samples and references of the same finger that are not seen to be alike.
    unlike: Vec<bool>,
}

impl Truth {
    fn stated(&self, (finger, is_stated): (usize, bool)) -> Option<Finger> {
        is_stated.then(|| Finger::ALL[finger])
    }

    fn presented(&self) -> Vec<Option<Finger>> {
        self.samples.iter().map(|sample| self.stated(*sample)).collect()
    }

    fn comparisons(&self) -> Vec<Comparison> {
        let mut all = Vec::new();
        for (sample, &one) in self.samples.iter().enumerate() {
            for (reference, &other) in self.references.iter().enumerate() {
                let (a, b) = (self.stated(one), self.stated(other));
                if a.is_some() && b.is_some() && a != b {
                    continue;
                }
                let misses = self.misses[(sample * self.references.len() + reference) % self.misses.len()];
                let score = if one.0 == other.0 && !misses { HIGH } else { -1.0 };
                all.push(comparison(Modality::Finger, sample, b, reference as u64, score));
            }
        }
        all
    }

    fn decide(&self, least: u8) -> Decided {
        let table = calibration::fingerprint().unwrap();
        let comparisons = self.comparisons();
        // At one shared rate, however many comparisons there are.
        let rate = Fmr::one_in(1_000).of_any(u32::try_from(comparisons.len()).unwrap());
        let rule = FingerRule::at_least(FingerCount::new(least).unwrap(), rate);
        let rule = Rule::All { face: None, fingers: Some(rule) };
        judged(rule, None, Some((&table, comparisons)), &self.presented(), &mut self.clone())
    }

    fn alike(&self, a: usize, b: usize, place: usize) -> Score {
        let score = if a == b && !self.unlike[place % self.unlike.len()] { HIGH } else { -1.0 };
        Score::new(score).unwrap()
    }
}

impl Alike for Truth {
    fn pair(&mut self, sample: usize, reference: ReferenceId) -> Result<Score, DatabaseError> {
        let reference = reference.value() as usize;
        let misses = self.misses[(sample * self.references.len() + reference) % self.misses.len()];
        let is_one = self.samples[sample].0 == self.references[reference].0;
        Ok(Score::new(if is_one && !misses { HIGH } else { -1.0 }).unwrap())
    }

    fn samples(&mut self, a: usize, b: usize) -> Result<Score, DatabaseError> {
        Ok(self.alike(self.samples[a].0, self.samples[b].0, a * 7 + b))
    }

    fn references(&mut self, a: ReferenceId, b: ReferenceId) -> Result<Score, DatabaseError> {
        let (a, b) = (a.value() as usize, b.value() as usize);
        Ok(self.alike(self.references[a].0, self.references[b].0, a * 5 + b))
    }
}

/// Decides as a claim does: what must be met comes first, by the number of comparisons.
fn judged(
    rule: Rule,
    face: Option<(&Calibration, Vec<Comparison>)>,
    fingers: Option<(&Calibration, Vec<Comparison>)>,
    presented: &[Option<Finger>],
    alike: &mut dyn Alike,
) -> Decided {
    fn count<'a>(of: &Option<(&'a Calibration, Vec<Comparison>)>) -> Option<(&'a Calibration, usize)> {
        of.as_ref().map(|(table, comparisons)| (*table, comparisons.len()))
    }
    let [face_requirement, finger_requirement] = requirements(rule, count(&face), count(&fingers)).unwrap();
    let scored = |of: Option<(&Calibration, Vec<Comparison>)>, requirement: Option<_>| {
        let (_, comparisons) = of?;
        Some(Scored { requirement: requirement?, comparisons })
    };
    let (face, fingers) = (scored(face, face_requirement), scored(fingers, finger_requirement));
    decide(rule, face, fingers, presented, alike).unwrap()
}

fn comparison(modality: Modality, sample: usize, finger: Option<Finger>, id: u64, score: f32) -> Comparison {
    Comparison {
        modality,
        sample,
        finger,
        reference: ReferenceId::from_value(id),
        captured: None,
        score: Score::new(score).unwrap(),
        fmr: Fmr::ONE,
        basis: Basis::Measured,
        threshold: None,
    }
}

fn side(most: usize) -> impl Strategy<Value = Vec<(usize, bool)>> {
    prop::collection::vec((0_usize..4, any::<bool>()), 1..most)
}

fn truth() -> impl Strategy<Value = Truth> {
    let rare = || prop::collection::vec(prop::bool::weighted(0.2), 1..40);
    (side(5), side(6), rare(), rare()).prop_map(|(samples, references, misses, unlike)| Truth {
        samples,
        references,
        misses,
        unlike,
    })
}

proptest! {
    /// As long as samples of one finger are seen to be alike, no more fingers are accepted than were shown.
    #[test]
    fn no_finger_counts_twice(truth in truth(), least in 1_u8..4) {
        let truth = Truth { unlike: vec![false], ..truth };
        let shown: BTreeSet<usize> = truth
            .comparisons()
            .iter()
            .filter(|one| one.score.get() == HIGH)
            .map(|one| truth.samples[one.sample].0)
            .collect();
        if truth.decide(least).decision == Decision::Accept {
            prop_assert!(shown.len() >= usize::from(least));
        }
    }

    /// However unlike samples of one finger look: the pairs that count share no impression and no reference,
    /// and no stated finger.
    #[test]
    fn no_impression_and_no_reference_stands_for_two_fingers(truth in truth(), least in 1_u8..4) {
        let decided = truth.decide(least);
        let found = decided.modalities[0].fingers.clone().unwrap();
        prop_assert_eq!(decided.decision == Decision::Accept, found.pairs.len() == usize::from(least));
        let distinct = |of: &dyn Fn(&FingerPair) -> u64| found.pairs.iter().map(of).collect::<BTreeSet<_>>().len();
        prop_assert_eq!(distinct(&|pair| pair.sample as u64), found.pairs.len());
        prop_assert_eq!(distinct(&|pair| pair.reference.value()), found.pairs.len());
        let mut pairs_of: BTreeMap<Finger, BTreeSet<usize>> = BTreeMap::new();
        for (number, pair) in found.pairs.iter().enumerate() {
            let sample = truth.stated(truth.samples[pair.sample]);
            let reference = truth.stated(truth.references[pair.reference.value() as usize]);
            for finger in [sample, reference].into_iter().flatten() {
                pairs_of.entry(finger).or_default().insert(number);
            }
        }
        prop_assert!(pairs_of.values().all(|pairs| pairs.len() == 1));
    }

    /// At the same shared rate, an accepted claim is not rejected when positions are not stated.
    #[test]
    fn relabelling_as_unknown_never_turns_an_accept_into_a_reject(
        truth in truth(),
        unstated in prop::collection::vec(any::<bool>(), 12),
        least in 1_u8..4,
    ) {
        if truth.decide(least).decision != Decision::Accept {
            return Ok(());
        }
        let mut less = truth.clone();
        let stated = less.samples.iter_mut().chain(&mut less.references);
        for ((_, is_stated), hide) in stated.zip(&unstated) {
            *is_stated &= !hide;
        }
        // Comparisons keep their scores by sample and reference, and new ones come.
        prop_assert_ne!(less.decide(least).decision, Decision::Reject);
    }

    #[test]
    fn accept_implies_that_every_rate_is_met(
        faces in prop::collection::vec(0.2_f32..0.8, 0..4),
        impressions in prop::collection::vec((0_usize..3, 0_usize..10, 0.0_f32..12.0), 0..12),
        exponent in 1.0_f64..4.5,
        least in 1_u8..4,
        kind in 0..4,
    ) {
        let (face_table, finger_table) =
            (calibration::face_generic().unwrap(), calibration::fingerprint().unwrap());
        let rate = Fmr::new(10.0_f64.powf(-exponent)).unwrap();
        let fingers = Some(FingerRule::at_least(FingerCount::new(least).unwrap(), rate));
        let rule = match kind {
            0 => Rule::All { face: Some(rate), fingers },
            1 => Rule::All { face: Some(rate), fingers: None },
            2 => Rule::All { face: None, fingers },
            _ => Rule::Either(rate),
        };
        let face = faces.iter().zip(0..).map(|(score, id)| comparison(Modality::Face, 0, None, id, *score));
        let face: Vec<Comparison> = face.collect();
        let finger = impressions.iter().zip(0..).map(|(&(sample, finger, score), id)| {
            comparison(Modality::Finger, sample, Some(Finger::ALL[finger]), id, score)
        });
        let finger: Vec<Comparison> = finger.collect();
        let of = |table, comparisons: Vec<Comparison>| (!comparisons.is_empty()).then_some((table, comparisons));
        let decided =
            judged(rule, of(&face_table, face), of(&finger_table, finger), &[None; 3], &mut Unlike);
        for m in &decided.modalities {
            prop_assert!(m.verdict != Verdict::Met || m.reached <= rate && m.reached < Fmr::ONE);
            prop_assert!(m.verdict != Verdict::NotMet || m.reached > rate);
        }
        let met: Vec<Modality> =
            decided.modalities.iter().filter(|m| m.verdict == Verdict::Met).map(|m| m.modality).collect();
        let expected = match kind {
            0 => met.len() == 2,
            1 => met == [Modality::Face],
            2 => met == [Modality::Finger],
            _ => !met.is_empty(),
        };
        prop_assert_eq!(decided.decision == Decision::Accept, expected);
    }
}

/// No two samples of one side are alike.
struct Unlike;

impl Alike for Unlike {
    fn pair(&mut self, _: usize, _: ReferenceId) -> Result<Score, DatabaseError> {
        Ok(Score::LOWEST)
    }

    fn samples(&mut self, _: usize, _: usize) -> Result<Score, DatabaseError> {
        Ok(Score::LOWEST)
    }

    fn references(&mut self, _: ReferenceId, _: ReferenceId) -> Result<Score, DatabaseError> {
        Ok(Score::LOWEST)
    }
}

/// Two impressions, each of them like either of two references: one finger or two, nobody can tell.
#[test]
fn what_cannot_be_told_apart_is_referred_with_the_count() {
    let two = |samples: &[(usize, bool)]| Truth {
        samples: samples.to_vec(),
        references: vec![(0, false), (0, false), (1, false)],
        misses: vec![false],
        unlike: vec![true],
    };
    let reason = ReferReason::FingersNotToldApart { required: FingerCount::TWO, told_apart: 1 };
    let decided = two(&[(0, false), (0, false)]).decide(2);
    assert_eq!(decided.decision, Decision::Refer(reason));
    assert_eq!(decided.modalities[0].verdict, Verdict::Unclear);
    assert_eq!(two(&[(0, false), (1, false)]).decide(2).decision, Decision::Accept);
    assert_eq!(two(&[(0, false), (2, false)]).decide(2).decision, Decision::Reject);
}
