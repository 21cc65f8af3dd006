//! The gallery's state by plain means.

use std::collections::BTreeMap;

use biomatch::gallery::{NewReference, ReferenceId, RequestId, Status};

use crate::gallery_support::*;

/// Citizens that a case uses.
pub(crate) const CITIZENS: u64 = 6;

/// What was asked by a request, and what came of it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Request {
    pub(crate) who: u64,
    pub(crate) seed: u64,
    /// The references that hold what was added.
    pub(crate) held: Vec<ReferenceId>,
}

/// A state. A citizen without references is kept while locked.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Expected {
    pub(crate) citizens: Contents,
    pub(crate) payload: Vec<u8>,
    pub(crate) requests: BTreeMap<[u8; 16], Request>,
}

impl Expected {
    pub(crate) fn entry(&mut self, who: u64) -> &mut (Status, BTreeMap<u64, Sample>) {
        self.citizens.entry(citizen(who)).or_insert_with(|| (Status::Active, BTreeMap::new()))
    }

    /// Keeps a sample, once for each citizen; gives the reference that holds it.
    pub(crate) fn keep(&mut self, who: u64, id: ReferenceId, new: &NewReference) -> ReferenceId {
        let samples = &mut self.entry(who).1;
        let sample = sample_of(new);
        match samples.iter().find(|(_, known)| **known == sample) {
            Some((held, _)) => ReferenceId::from_value(*held),
            None => {
                samples.insert(id.value(), sample);
                id
            }
        }
    }

    pub(crate) fn tidy(&mut self) {
        self.citizens.retain(|_, (status, samples)| *status != Status::Active || !samples.is_empty());
    }

    pub(crate) fn delete(&mut self, who: u64) {
        self.citizens.remove(&citizen(who));
    }

    pub(crate) fn knows(&self, who: u64) -> bool {
        self.citizens.contains_key(&citizen(who))
    }

    pub(crate) fn nth(&self, who: u64, which: u64) -> Option<ReferenceId> {
        let (_, samples) = self.citizens.get(&citizen(who))?;
        samples.keys().nth(which as usize).copied().map(ReferenceId::from_value)
    }

    /// What blocks show: citizens with references.
    pub(crate) fn contents(&self) -> Contents {
        let with = self.citizens.iter().filter(|(_, (_, samples))| !samples.is_empty());
        with.map(|(who, entry)| (*who, entry.clone())).collect()
    }
}

pub(crate) fn new_reference(seed: u64) -> NewReference {
    match seed % 3 {
        0 => finger(seed),
        1 => face(&model("m"), seed, 16),
        _ => face(&model("n"), seed, 40),
    }
}

/// What a request with this seed asks to be added.
pub(crate) fn requested(seed: u64) -> Vec<NewReference> {
    (0..1 + seed % 2).map(|n| new_reference(seed + n)).collect()
}

pub(crate) fn request_id(number: u64) -> RequestId {
    let mut id = [9; 16];
    id[..8].copy_from_slice(&number.to_le_bytes());
    RequestId::new(id)
}
