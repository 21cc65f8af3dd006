//! A gallery against plain maps, over random sequences of everything that can be done to it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // helpers of tests panic too

mod gallery_support;

use std::collections::BTreeMap;
use std::sync::Arc;

use biomatch::gallery::{
    Gallery, GalleryError, Maintenance, NewReference, Options, ReferenceId, Status, Writer, verify_in,
};
use biomatch::storage::{Loss, Memory};
use gallery_support::*;
use proptest::prelude::*;

#[derive(Clone, Debug)]
enum Action {
    Add { who: u64, fingers: u64, faces: u64, seed: u64 },
    Replace { who: u64, which: usize, seed: u64 },
    Remove { who: u64, which: usize },
    Delete { who: u64 },
    SetStatus { who: u64, status: Status },
    Commit,
    Flush,
    Compact,
    Reopen,
    Crash { loss: Option<u64> },
}

fn actions() -> impl Strategy<Value = Vec<Action>> {
    let who = 0..6_u64;
    let status = prop_oneof![Just(Status::Active), Just(LOCKED)];
    let action = prop_oneof![
        6 => (who.clone(), 0..3_u64, 0..3_u64, 0..50_u64)
            .prop_map(|(who, fingers, faces, seed)| Action::Add { who, fingers, faces, seed }),
        3 => (who.clone(), 0..5_usize, 0..50_u64)
            .prop_map(|(who, which, seed)| Action::Replace { who, which, seed }),
        3 => (who.clone(), 0..5_usize).prop_map(|(who, which)| Action::Remove { who, which }),
        2 => who.clone().prop_map(|who| Action::Delete { who }),
        2 => (who, status).prop_map(|(who, status)| Action::SetStatus { who, status }),
        4 => Just(Action::Commit),
        2 => Just(Action::Flush),
        1 => Just(Action::Compact),
        1 => Just(Action::Reopen),
        1 => proptest::option::of(0..1000_u64).prop_map(|loss| Action::Crash { loss }),
    ];
    proptest::collection::vec(action, 1..60)
}

fn new_reference(seed: u64) -> NewReference {
    match seed % 3 {
        0 => finger(seed),
        1 => face(&model("m"), seed, 16),
        _ => face(&model("n"), seed, 40),
    }
}

/// The state by plain means. A citizen without references is kept while locked.
#[derive(Clone, Debug, Default, PartialEq)]
struct Model(Contents);

impl Model {
    fn entry(&mut self, who: u64) -> &mut (Status, BTreeMap<u64, Sample>) {
        self.0.entry(citizen(who)).or_insert_with(|| (Status::Active, BTreeMap::new()))
    }

    /// The same sample of the same moment is kept once.
    fn keep(&mut self, who: u64, id: ReferenceId, new: &NewReference) {
        let samples = &mut self.entry(who).1;
        let sample = sample_of(new);
        if samples.values().all(|known| *known != sample) {
            samples.insert(id.value(), sample);
        }
    }

    fn tidy(&mut self) {
        self.0.retain(|_, (status, samples)| *status != Status::Active || !samples.is_empty());
    }

    fn known(&self, who: u64) -> bool {
        self.0.contains_key(&citizen(who))
    }

    fn nth(&self, who: u64, which: usize) -> Option<ReferenceId> {
        let (_, samples) = self.0.get(&citizen(who))?;
        samples.keys().nth(which).copied().map(ReferenceId::from_value)
    }

    /// What blocks show: citizens with references.
    fn contents(&self) -> Contents {
        let with = self.0.iter().filter(|(_, (_, samples))| !samples.is_empty());
        with.map(|(who, entry)| (*who, entry.clone())).collect()
    }
}

fn run(actions: Vec<Action>) {
    let mut memory = Memory::new();
    let options = Options::default().flush_at(7).maintenance(Maintenance::Inline);
    let mut gallery = Gallery::create_in(Arc::new(memory.clone()), options.clone()).unwrap();
    let mut writer: Writer = gallery.writer().unwrap();
    let mut follower = Gallery::open_in(Arc::new(memory.clone()), options.clone()).unwrap();
    let (mut committed, mut staged) = (Model::default(), Model::default());
    // The greatest number given, and the greatest that was ever seen.
    let (mut greatest, mut kept) = (0, 0);
    for action in actions {
        let mut settled = false;
        match action {
            Action::Add { who, fingers, faces, seed } => {
                let mut news: Vec<_> = (0..fingers).map(|n| new_reference(3 * (seed + n))).collect();
                news.extend((0..faces).map(|n| new_reference(3 * (seed + n) + 1 + n % 2)));
                let ids = writer.add(citizen(who), &news).unwrap();
                for (id, new) in ids.iter().zip(&news) {
                    assert!(id.value() > greatest, "numbers are new");
                    greatest = id.value();
                    staged.keep(who, *id, new);
                }
                staged.tidy();
            }
            Action::Replace { who, which, seed } => {
                if let Some(old) = staged.nth(who, which) {
                    let id = writer.replace(citizen(who), old, &new_reference(seed)).unwrap();
                    greatest = id.value();
                    staged.entry(who).1.remove(&old.value());
                    staged.keep(who, id, &new_reference(seed));
                }
            }
            Action::Remove { who, which } => match staged.nth(who, which) {
                Some(old) => {
                    writer.remove(citizen(who), old).unwrap();
                    staged.entry(who).1.remove(&old.value());
                    staged.tidy();
                }
                None => {
                    let error = writer.remove(citizen(who), ReferenceId::from_value(greatest + 1));
                    assert!(matches!(error, Err(GalleryError::UnknownReference { .. })));
                }
            },
            Action::Delete { who } => {
                let deleted = writer.delete(citizen(who));
                assert_eq!(deleted.is_ok(), staged.known(who));
                staged.0.remove(&citizen(who));
            }
            Action::SetStatus { who, status } => {
                let set = writer.set_status(citizen(who), status);
                assert_eq!(set.is_ok(), staged.known(who));
                if staged.known(who) {
                    staged.entry(who).0 = status;
                    staged.tidy();
                }
            }
            Action::Commit => {
                writer.commit().unwrap();
                settled = true;
            }
            Action::Flush => {
                writer.flush().unwrap();
                settled = true;
            }
            Action::Compact => {
                writer.compact().unwrap();
                settled = true;
            }
            Action::Reopen => {
                drop(writer);
                (staged, greatest) = (committed.clone(), kept);
                writer = gallery.writer().unwrap();
            }
            Action::Crash { loss } => {
                drop(writer);
                (staged, greatest) = (committed.clone(), kept);
                memory = memory.after_crash(loss.map_or(Loss::Everything, Loss::Some));
                gallery = Gallery::open_in(Arc::new(memory.clone()), options.clone()).unwrap();
                follower = Gallery::open_in(Arc::new(memory.clone()), options.clone()).unwrap();
                writer = gallery.writer().unwrap();
            }
        }
        if settled {
            committed = staged.clone();
            let seen = committed.0.values().flat_map(|(_, samples)| samples.keys().copied());
            kept = seen.fold(kept, u64::max);
        }
        for handle in [&gallery, &follower] {
            let snapshot = handle.snapshot().unwrap();
            assert_eq!(contents(&snapshot).unwrap(), committed.contents());
            for who in 0..6 {
                assert_eq!(snapshot.citizen(citizen(who)).unwrap().is_some(), committed.known(who));
            }
        }
    }
    let report = verify_in(Arc::new(memory)).unwrap();
    assert!(report.is_sound(), "{:?}", report.problems);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_gallery_does_what_maps_do(actions in actions()) {
        run(actions);
    }
}
