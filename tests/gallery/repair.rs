//! Repair: what is provably sound goes to a new gallery; what is lost or in doubt is told.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::gallery_support::*;
use biomatch::gallery::{
    Gallery, GalleryError, GalleryOptions, LostReference, Maintenance, RepairReport, RequestId, Status,
    repair, repair_in, verify_in,
};
use biomatch::storage::{Loss, Memory};

type Files = BTreeMap<String, Vec<u8>>;

const REQUEST: RequestId = RequestId::new([3; 16]);

/// Bytes of a stored vector of 16 numbers.
const STRIDE: usize = 4 * biomatch::kernels::Kernels::DOT_LANES;

fn options() -> GalleryOptions {
    GalleryOptions::default().flush_at(4).maintenance(Maintenance::Manual)
}

fn backed(memory: &Memory) -> Arc<Memory> {
    Arc::new(memory.clone())
}

fn gallery(memory: &Memory) -> Gallery {
    Gallery::open_in(backed(memory), options()).unwrap()
}

fn read(memory: &Memory) -> Contents {
    contents(&gallery(memory).snapshot().unwrap()).unwrap()
}

/// Files of every kind: segments, tombstones (0 is deleted, 1 is locked), requests, and a log that adds 4 in a
/// segment and 5 by itself, locks 2 and deletes 3.
fn source() -> Memory {
    let memory = Memory::new();
    let writer = Gallery::create_in(backed(&memory), options()).unwrap().writer().unwrap();
    for who in 0..4 {
        writer.add(citizen(who), &[finger(who), face(&model("m"), who, 16)]).unwrap();
    }
    writer.add_request(citizen(6), &[finger(6)], REQUEST).unwrap();
    writer.commit_with(b"payload").unwrap();
    writer.flush().unwrap();
    writer.delete(citizen(0)).unwrap();
    writer.set_status(citizen(1), LOCKED).unwrap();
    writer.commit().unwrap();
    writer.flush().unwrap();
    writer.add(citizen(4), &(40..45).map(finger).collect::<Vec<_>>()).unwrap();
    writer.commit().unwrap();
    writer.add(citizen(5), &[finger(5)]).unwrap();
    writer.set_status(citizen(2), LOCKED).unwrap();
    writer.commit().unwrap();
    writer.delete(citizen(3)).unwrap();
    writer.commit().unwrap();
    drop(writer);
    memory
}

fn damaged(files: &Files, change: impl FnOnce(&mut Files)) -> Memory {
    let mut files = files.clone();
    change(&mut files);
    Memory::with(files)
}

fn name_of(files: &Files, part: &str) -> String {
    files.keys().find(|name| name.contains(part)).unwrap().clone()
}

/// Repairs, and checks what must hold of every repair; gives what the new gallery holds.
fn repaired(damaged: &Memory, accept: bool) -> (RepairReport, Option<Contents>) {
    let before = damaged.files();
    let target = Memory::new();
    let report = repair_in(backed(damaged), backed(&target), &options(), accept).unwrap();
    assert_eq!(damaged.files(), before, "the damaged gallery is only read");
    let Some(generation) = report.generation else {
        assert!(target.files().is_empty() && !report.doubts.is_empty() && !accept);
        return (report, None);
    };
    let sound = verify_in(backed(&target)).unwrap();
    assert!(sound.is_sound() && sound.orphans.is_empty() && sound.foreign.is_empty(), "{:?}", sound.problems);
    let new = gallery(&target);
    assert_eq!((new.identity(), new.snapshot().unwrap().generation()), (report.identity, generation));
    let found = read(&target);
    // Life goes on, with numbers that nobody had.
    let writer = new.writer().unwrap();
    assert!(writer.recovery().is_clean(), "{:?}", writer.recovery());
    let new = writer.add(citizen(99), &[finger(99)]).unwrap()[0];
    let mut numbers = found.values().flat_map(|(_, samples)| samples.keys());
    assert!(numbers.all(|&number| number < new.value()), "{new}");
    writer.compact().unwrap();
    (report, Some(found))
}

fn without(mut contents: Contents, citizens: &[u64]) -> Contents {
    contents.retain(|who, _| citizens.iter().all(|&number| *who != citizen(number)));
    contents
}

fn subjects(references: &[LostReference]) -> BTreeSet<biomatch::subject::SubjectId> {
    references.iter().map(|reference| reference.subject).collect()
}

#[test]
fn a_sound_gallery_and_one_without_current_are_saved_whole() {
    let source = source();
    let wanted = read(&source);
    assert_eq!(wanted.len(), 5);
    let generation = gallery(&source).snapshot().unwrap().generation();
    let (report, found) = repaired(&source, false);
    assert!(report.is_whole() && report.named_by_current && report.problems.is_empty(), "{report:?}");
    assert_eq!(found.unwrap(), wanted);
    assert!(report.generation.unwrap() > generation);

    let bare = damaged(&source.files(), |files| drop(files.remove("CURRENT")));
    let (report, found) = repaired(&bare, false);
    assert!(report.is_whole() && !report.named_by_current && report.problems.len() == 1, "{report:?}");
    assert_eq!(found.unwrap(), wanted);
    // One that says something else.
    let wrong = damaged(&source.files(), |files| drop(files.insert("CURRENT".into(), b"what?".to_vec())));
    assert_eq!(repaired(&wrong, false).1.unwrap(), wanted);

    // What else a gallery keeps.
    let target = Memory::new();
    repair_in(backed(&bare), backed(&target), &options(), false).unwrap();
    let new = gallery(&target);
    assert_eq!(new.snapshot().unwrap().payload(), b"payload");
    let writer = new.writer().unwrap();
    let before = new.snapshot().unwrap().generation();
    writer.add_request(citizen(6), &[finger(6)], REQUEST).unwrap();
    assert!(writer.commit().unwrap().generation() < before, "the request is remembered");
    let different = writer.add_request(citizen(6), &[finger(7)], REQUEST).and_then(|_| writer.commit());
    assert!(matches!(different, Err(GalleryError::RequestConflict { .. })));
}

#[test]
fn without_a_witness_nothing_is_written_unless_doubts_are_accepted() {
    let source = source();
    let wanted = read(&source);
    for witness in [None, Some(vec![0; 4224])] {
        let bare = damaged(&source.files(), |files| {
            files.remove("WITNESS");
            files.extend(witness.map(|bytes| ("WITNESS".to_owned(), bytes)));
        });
        let (report, found) = repaired(&bare, false);
        assert!(found.is_none() && report.doubts.len() == 1 && report.problems.len() == 1, "{report:?}");
        let (report, found) = repaired(&bare, true);
        assert_eq!(found.unwrap(), wanted, "all that the log has");
        assert_eq!(subjects(&report.doubtful), wanted.keys().copied().collect());
        assert!(!report.is_whole());
    }
    let other = self::source();
    let foreign = damaged(&source.files(), |files| {
        drop(files.insert("WITNESS".into(), other.files()["WITNESS"].clone()))
    });
    assert!(repaired(&foreign, false).1.is_none(), "another gallery's witness proves nothing");
}

#[test]
fn a_damaged_manifest_is_not_gone_by() {
    let memory = Memory::new();
    let writer = Gallery::create_in(backed(&memory), options()).unwrap().writer().unwrap();
    writer.add(citizen(1), &[finger(1)]).unwrap();
    writer.commit().unwrap();
    let old = memory.files();
    writer.flush().unwrap();
    let flushed = memory.files();
    let wanted = read(&memory);
    writer.add(citizen(2), &[finger(2)]).unwrap();
    writer.commit().unwrap();
    let newest = memory.files();
    let flip = |files: &mut Files| {
        let manifest = name_of(files, "manifest-");
        files.get_mut(&manifest).unwrap()[40] ^= 1;
    };
    let alone = damaged(&flushed, flip);
    let target = Memory::new();
    let error = repair_in(backed(&alone), backed(&target), &options(), true).unwrap_err();
    assert!(matches!(error, GalleryError::Unrepairable { .. }), "{error}");
    assert!(target.files().is_empty());
    // Beside the manifest before and its log, which are whole up to the checkpoint, and not after it.
    let beside = |newer: &Files| {
        damaged(newer, |files| {
            flip(files);
            for (name, bytes) in &old {
                files.entry(name.clone()).or_insert_with(|| bytes.clone());
            }
        })
    };
    let (report, found) = repaired(&beside(&flushed), false);
    assert!(report.is_whole() && !report.named_by_current && report.manifest == name_of(&old, "manifest-"));
    assert_eq!(found.unwrap(), wanted);
    let (report, found) = repaired(&beside(&newest), false);
    assert!(found.is_none() && report.doubts[0].contains("generations 2 to 2"), "{:?}", report.doubts);
    assert_eq!(repaired(&beside(&newest), true).1.unwrap(), wanted);
    assert_eq!(report.unnamed.len(), 1, "the segment of the newer manifest: {:?}", report.unnamed);
}

#[test]
fn a_missing_or_damaged_segment_is_lost_and_the_others_are_saved() {
    let source = source();
    let (files, wanted) = (source.files(), read(&source));
    let segments: Vec<_> = files.keys().filter(|name| name.ends_with(".finger")).cloned().collect();
    let [first, attached] = segments.as_slice() else { panic!("{segments:?}") };
    let fingers_of = |citizens: std::ops::RangeInclusive<u64>| {
        let mut left = wanted.clone();
        for number in citizens {
            let Some((_, samples)) = left.get_mut(&citizen(number)) else { continue };
            samples.retain(|_, sample| matches!(sample, Sample::Face(..)));
        }
        left.retain(|_, (_, samples)| !samples.is_empty());
        left
    };
    let gone = damaged(&files, |files| drop(files.remove(first)));
    let header = damaged(&files, |files| files.get_mut(first).unwrap()[30] ^= 1);
    for lossy in [gone, header] {
        let (report, found) = repaired(&lossy, false);
        let left = without(fingers_of(0..=3), &[6]);
        assert_eq!((found.unwrap(), report.lost_rows.len()), (left, 1), "{report:?}");
        assert_eq!((report.lost_rows[0].file.as_str(), report.lost_rows[0].rows), (first.as_str(), 5));
        assert!(report.lost.is_empty() && report.doubts.is_empty() && !report.is_whole());
    }
    // One that the log attaches.
    let (report, found) = repaired(&damaged(&files, |files| drop(files.remove(attached))), false);
    assert_eq!(found.unwrap(), without(wanted.clone(), &[4]));
    assert_eq!((report.lost_rows[0].file.as_str(), report.lost_rows[0].rows), (attached.as_str(), 5));
}

#[test]
fn a_flipped_record_is_lost_by_name_and_no_other() {
    let source = source();
    let (files, wanted) = (source.files(), read(&source));
    // The vectors of four faces are the second section of the segment.
    let faces = name_of(&files, ".face");
    let mut lost = BTreeSet::new();
    for row in 0..4 {
        let lossy = damaged(&files, |files| files.get_mut(&faces).unwrap()[8192 + row * STRIDE + 5] ^= 1);
        let (report, found) = repaired(&lossy, false);
        let found = found.unwrap();
        let names: Vec<_> = report.lost.iter().map(|lost| (lost.subject, lost.reference.value())).collect();
        // Of 0 and 3, who are deleted, nothing is lost.
        let mut left = wanted.clone();
        if let [(subject, reference)] = names.as_slice() {
            assert!(left.get_mut(subject).unwrap().1.remove(reference).is_some());
            lost.insert(*subject);
        }
        assert!(names.len() <= 1 && report.lost_rows.is_empty() && report.doubts.is_empty());
        assert_eq!(found, left, "row {row}");
    }
    assert_eq!(lost, [citizen(1), citizen(2)].into());
    // A flipped fact: nobody can say any more whose the row was, and the others are saved one by one.
    let lossy = damaged(&files, |files| files.get_mut(&faces).unwrap()[4096 + 40 + 3] ^= 1);
    let (report, found) = repaired(&lossy, false);
    assert_eq!((report.lost.len(), report.lost_rows.len(), report.lost_rows[0].rows), (0, 1, 1));
    let mut left = wanted.clone();
    left.get_mut(&citizen(1)).unwrap().1.retain(|_, sample| matches!(sample, Sample::Finger(_)));
    assert_eq!(found.unwrap(), left);
    // Fingers too.
    let fingers = name_of(&files, ".finger");
    let lossy = damaged(&files, |files| files.get_mut(&fingers).unwrap()[4096 + 2 * 40 + 3] ^= 1);
    let (report, found) = repaired(&lossy, false);
    assert_eq!(report.lost_rows[0].rows, 1);
    let mut left = wanted;
    left.get_mut(&citizen(2)).unwrap().1.retain(|_, sample| matches!(sample, Sample::Face(..)));
    assert_eq!(found.unwrap(), left);
}

#[test]
fn a_cut_or_flipped_log_leaves_doubts_about_everybody() {
    let source = source();
    let (files, wanted) = (source.files(), read(&source));
    let log = name_of(&files, "wal-");
    let length = files[&log].len();
    // The last batch deletes 3.
    let cut = damaged(&files, |files| files.get_mut(&log).unwrap().truncate(length - 1));
    let flipped = damaged(&files, |files| files.get_mut(&log).unwrap()[length - 30] ^= 1);
    for lossy in [cut, flipped] {
        assert!(repaired(&lossy, false).1.is_none());
        let (report, found) = repaired(&lossy, true);
        let found = found.unwrap();
        assert_eq!(without(found.clone(), &[3]), wanted);
        assert!(found.contains_key(&citizen(3)) && subjects(&report.doubtful).contains(&citizen(3)));
        assert!(report.doubts[0].contains("acknowledged and are lost"), "{:?}", report.doubts);
    }
    let gone = damaged(&files, |files| drop(files.remove(&log)));
    assert!(repaired(&gone, false).1.is_none());
    let (report, found) = repaired(&gone, true);
    let found = found.unwrap();
    assert_eq!(found[&citizen(2)].0, Status::Active, "the lock is lost with the log, and it is told");
    assert!(!found.contains_key(&citizen(4)) && !found.contains_key(&citizen(5)));
    assert_eq!(report.unnamed.len(), 1, "its segment may be wanted: {:?}", report.unnamed);
    // What nobody acknowledged is no loss.
    let longer = damaged(&files, |files| files.get_mut(&log).unwrap().extend([7; 20]));
    let (report, found) = repaired(&longer, false);
    assert!(report.is_whole() && found.unwrap() == wanted);
}

#[test]
fn damaged_tombstones_bring_nobody_back_silently() {
    let source = source();
    let (files, wanted) = (source.files(), read(&source));
    let tombstones = name_of(&files, "tombstones-");
    let flipped = damaged(&files, |files| files.get_mut(&tombstones).unwrap()[60] ^= 1);
    let gone = damaged(&files, |files| drop(files.remove(&tombstones)));
    for lossy in [flipped, gone] {
        let (report, found) = repaired(&lossy, false);
        assert!(found.is_none() && report.doubts.len() == 1, "{report:?}");
        let (report, found) = repaired(&lossy, true);
        let found = found.unwrap();
        let doubtful = subjects(&report.doubtful);
        assert!(found.contains_key(&citizen(0)) && doubtful.contains(&citizen(0)), "told by name");
        assert_eq!(doubtful, [0, 1, 2, 6].map(citizen).into(), "not those whom the log added");
        assert_eq!(found[&citizen(1)].0, Status::Active);
        assert_eq!(found[&citizen(2)].0, LOCKED, "the lock in the log counts");
        assert_eq!(without(found, &[0, 1]), without(wanted.clone(), &[1]));
    }
}

#[test]
fn a_repair_goes_to_an_empty_folder_and_appears_whole() {
    let source = source();
    let wanted = read(&source);
    let again = |to: &Memory| repair_in(backed(&source), backed(to), &options(), false);
    assert!(matches!(again(&source), Err(GalleryError::SameFolder { .. })));
    let occupied = Memory::with([("notes".into(), vec![])]);
    assert!(matches!(again(&occupied), Err(GalleryError::NotEmpty { .. })));
    assert!(matches!(again(&self::source()), Err(GalleryError::AlreadyExists { .. })));
    let whole = Memory::new();
    again(&whole).unwrap();
    let (mut refused, mut opened) = (0, 0);
    for k in 0..=whole.writes() {
        let target = Memory::new();
        target.fail_from(k);
        let _ = again(&target);
        for loss in [Loss::Nothing, Loss::Everything, Loss::Some(k), Loss::Some(k + 1000)] {
            let survivor = target.after_crash(loss);
            let what = format!("operation {k}, {loss:?}");
            match Gallery::open_in(backed(&survivor), options()) {
                Ok(gallery) => {
                    assert_eq!(contents(&gallery.snapshot().unwrap()).unwrap(), wanted, "{what}");
                    opened += 1;
                }
                Err(GalleryError::NotAGallery { .. }) => again(&survivor).map(drop).expect(&what),
                Err(GalleryError::Remains { .. }) => {
                    refused += 1;
                    again(&survivor).map(drop).expect(&what);
                }
                Err(error) => panic!("{what}: {error}"),
            }
            assert_eq!(read(&survivor), wanted, "{what}");
        }
    }
    assert!(refused > 20 && opened > 3, "{refused}, {opened}");

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("g");
    let writer = Gallery::create(&path, options()).unwrap().writer().unwrap();
    writer.add(citizen(1), &[finger(1)]).unwrap();
    writer.flush().unwrap();
    drop(writer);
    std::fs::remove_file(path.join("CURRENT")).unwrap();
    let report = repair(&path, folder.path().join("new"), &options(), false).unwrap();
    assert!(report.is_whole() && report.fingers == 1);
    Gallery::open(folder.path().join("new"), options()).unwrap();
}
