//! What of a probe is to be compared with what of a record: decided before any score.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use serde::{Deserialize, Serialize};

use crate::gallery::Reference;
use crate::template::{Finger, Modality, ModelId};

use super::assignment::most_disjoint;
use super::decision::ReferReason;
use super::policy::Rule;
use super::{Policy, Probe};

/// What was not compared, and why: counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LeftOut {
    /// Impressions of the probe without minutiae.
    pub empty_samples: u32,
    /// Impressions of the probe that repeat another one exactly.
    pub copied_samples: u32,
    /// References that repeat another one exactly.
    pub copied_references: u32,
    /// References that are older than the newest that the policy asks for.
    pub older_references: u32,
    /// Faces of the record that were made by other models than the probe's.
    pub faces_of_other_models: u32,
}

impl LeftOut {
    /// Whether nothing was left out.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// A reference as claims see it: the first of its content, whatever copies of it there are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Distinct<'a> {
    pub(super) reference: &'a Reference,
    pub(super) finger: Option<Finger>,
}

/// What a citizen's record offers.
#[derive(Debug, Default)]
pub(super) struct Record<'a> {
    fingers: Vec<Distinct<'a>>,
    faces: Vec<Distinct<'a>>,
    copies: u32,
}

impl<'a> Record<'a> {
    /// Fingers and faces, each with its content. A content of `None` is that of no other reference: its bytes
    /// are damaged.
    pub(super) fn new<'c>(
        fingers: impl IntoIterator<Item = (&'a Reference, Option<&'c [u8]>)>,
        faces: impl IntoIterator<Item = (&'a Reference, Option<&'c [u8]>)>,
    ) -> Self {
        let (fingers, finger_copies) = without_copies(fingers);
        let (faces, face_copies) = without_copies(faces);
        Self { fingers, faces, copies: finger_copies + face_copies }
    }
}

/// The first reference of each content, in the order of references, and how many copies there were. A copy adds
/// nothing, whatever position or moment it states: what was enrolled first counts.
fn without_copies<'a, 'c>(
    references: impl IntoIterator<Item = (&'a Reference, Option<&'c [u8]>)>,
) -> (Vec<Distinct<'a>>, u32) {
    let mut found: Vec<(&'a Reference, Option<&[u8]>)> = references.into_iter().collect();
    let all = found.len();
    found.sort_by_key(|(reference, _)| reference.meta.reference());
    // By length first: few contents share one, so nearly none is read.
    let mut seen: HashMap<(usize, Option<&ModelId>), Vec<&[u8]>> = HashMap::new();
    found.retain(|(reference, content)| {
        let Some(content) = content else { return true };
        let same_length = seen.entry((content.len(), reference.model.as_ref())).or_default();
        let is_new = !same_length.contains(content);
        if is_new {
            same_length.push(content);
        }
        is_new
    });
    let copies = u32::try_from(all - found.len()).unwrap_or(u32::MAX);
    let distinct = |(reference, _): (&'a Reference, _)| Distinct {
        reference,
        finger: reference.meta.position().finger(),
    };
    (found.into_iter().map(distinct).collect(), copies)
}

/// An impression of the probe that can be compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Impression {
    /// Its number among the probe's impressions.
    pub(super) sample: usize,
    pub(super) finger: Option<Finger>,
}

/// The probe's impressions that can be compared: those with minutiae, each content once. The first of several
/// copies counts, with the position that it states.
pub(super) fn impressions(probe: &Probe, left_out: &mut LeftOut) -> Vec<Impression> {
    let mut found: Vec<Impression> = Vec::new();
    let mut seen: HashSet<&[u8]> = HashSet::new();
    for (sample, template) in probe.fingers.iter().enumerate() {
        if template.minutiae.is_empty() {
            left_out.empty_samples += 1;
        } else if seen.insert(bytemuck::cast_slice(&template.minutiae)) {
            found.push(Impression { sample, finger: template.position.finger() });
        } else {
            left_out.copied_samples += 1;
        }
    }
    found
}

/// The comparisons that a claim takes, by modality.
#[derive(Debug, Default)]
pub(super) struct Eligible<'a> {
    pub(super) faces: Vec<Distinct<'a>>,
    pub(super) fingers: Vec<(Impression, Distinct<'a>)>,
}

/// Which comparisons the policy asks for, or why even perfect scores could not meet it.
pub(super) fn eligible<'a>(
    record: &Record<'a>,
    impressions: &[Impression],
    face: Option<&ModelId>,
    policy: &Policy,
    left_out: &mut LeftOut,
) -> Result<Eligible<'a>, ReferReason> {
    left_out.copied_references = record.copies;
    let newest = usize::from(policy.newest.get());
    let lacks_face = ReferReason::ProbeLacks { modality: Modality::Face };
    match policy.rule {
        Rule::All { face: face_rule, fingers: finger_rule } => {
            let least = finger_rule.map(|rule| usize::from(rule.count().get()));
            // What the probe lacks comes before what the record lacks.
            if face_rule.is_some() && face.is_none() {
                return Err(lacks_face);
            }
            if let Some(least) = least {
                check_probe(impressions, least)?;
            }
            let faces = match face.filter(|_| face_rule.is_some()) {
                Some(model) => eligible_faces(record, model, newest, left_out)?,
                None => Vec::new(),
            };
            let fingers = match least {
                Some(least) => eligible_fingers(record, impressions, least, newest, left_out)?,
                None => Vec::new(),
            };
            Ok(Eligible { faces, fingers })
        }
        Rule::Either(_) => {
            let faces =
                face.ok_or(lacks_face).and_then(|model| eligible_faces(record, model, newest, left_out));
            let fingers = check_probe(impressions, 1)
                .and_then(|()| eligible_fingers(record, impressions, 1, newest, left_out));
            match (faces, fingers) {
                (Err(first), Err(second)) => Err(graver(first, second)),
                (faces, fingers) => {
                    Ok(Eligible { faces: faces.unwrap_or_default(), fingers: fingers.unwrap_or_default() })
                }
            }
        }
    }
}

/// Of two reasons, the one that is not a sample left out by choice.
fn graver(first: ReferReason, second: ReferReason) -> ReferReason {
    if matches!(first, ReferReason::ProbeLacks { .. }) { second } else { first }
}

/// Which finger it is, as far as that is known: a finger by its name, or one of unknown position by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Side {
    Named(Finger),
    Unnamed(u64),
}

impl Side {
    pub(super) fn new(finger: Option<Finger>, number: u64) -> Self {
        finger.map_or(Self::Unnamed(number), Self::Named)
    }
}

fn check_probe(impressions: &[Impression], least: usize) -> Result<(), ReferReason> {
    let sides = impressions.iter().map(|one| Side::new(one.finger, one.sample as u64));
    if sides.collect::<BTreeSet<_>>().len() < least {
        return Err(ReferReason::ProbeLacks { modality: Modality::Finger });
    }
    Ok(())
}

/// Whether an impression and a reference may be of one finger.
pub(super) fn may_be_same_finger(a: Option<Finger>, b: Option<Finger>) -> bool {
    a.is_none() || b.is_none() || a == b
}

fn eligible_fingers<'a>(
    record: &Record<'a>,
    impressions: &[Impression],
    least: usize,
    newest: usize,
    left_out: &mut LeftOut,
) -> Result<Vec<(Impression, Distinct<'a>)>, ReferReason> {
    let mut by_finger: BTreeMap<Option<Finger>, Vec<Distinct<'a>>> = BTreeMap::new();
    for distinct in &record.fingers {
        by_finger.entry(distinct.finger).or_default().push(*distinct);
    }
    let mut references = Vec::new();
    for (finger, of_finger) in by_finger {
        match finger {
            // Each may be another finger, of which it may be the newest.
            None => references.extend(of_finger),
            Some(_) => references.extend(newest_of(of_finger, newest, left_out)),
        }
    }
    let mut pairs = Vec::new();
    for impression in impressions {
        let same = references.iter().filter(|one| may_be_same_finger(impression.finger, one.finger));
        pairs.extend(same.map(|distinct| (*impression, *distinct)));
    }
    let sides: Vec<(Side, Side)> = pairs.iter().map(|(one, other)| (one.side(), other.side())).collect();
    if most_disjoint(&sides, least) < least {
        return Err(ReferReason::RecordLacks { modality: Modality::Finger });
    }
    Ok(pairs)
}

impl Impression {
    fn side(&self) -> Side {
        Side::new(self.finger, self.sample as u64)
    }
}

impl Distinct<'_> {
    fn side(&self) -> Side {
        Side::new(self.finger, self.reference.meta.reference().value())
    }
}

fn eligible_faces<'a>(
    record: &Record<'a>,
    model: &ModelId,
    newest: usize,
    left_out: &mut LeftOut,
) -> Result<Vec<Distinct<'a>>, ReferReason> {
    let (of_model, others): (Vec<Distinct<'a>>, Vec<Distinct<'a>>) =
        record.faces.iter().partition(|distinct| distinct.reference.model.as_ref() == Some(model));
    left_out.faces_of_other_models = u32::try_from(others.len()).unwrap_or(u32::MAX);
    if !of_model.is_empty() {
        return Ok(newest_of(of_model, newest, left_out));
    }
    let newest = newest_of(others, 1, &mut LeftOut::default());
    match newest.first().and_then(|distinct| distinct.reference.model.clone()) {
        Some(enrolled) => Err(ReferReason::ModelMismatch { probe: model.clone(), enrolled }),
        None => Err(ReferReason::RecordLacks { modality: Modality::Face }),
    }
}

/// The newest by capture date, then by reference; in the order of references.
fn newest_of<'a>(
    mut references: Vec<Distinct<'a>>,
    newest: usize,
    left_out: &mut LeftOut,
) -> Vec<Distinct<'a>> {
    references.sort_unstable_by_key(|distinct| std::cmp::Reverse(distinct.reference.meta.newness()));
    let older = references.len().saturating_sub(newest);
    left_out.older_references =
        left_out.older_references.saturating_add(u32::try_from(older).unwrap_or(u32::MAX));
    references.truncate(newest);
    references.sort_unstable_by_key(|distinct| distinct.reference.meta.reference());
    references
}
