//! The manifest that a repair uses, and the batches of its log that count.

use super::report::RepairReport;
use crate::gallery::acknowledged::{MOST_LOG, head_after, read_log};
use crate::gallery::error::GalleryError;
use crate::gallery::load;
use crate::gallery::manifest::{self, Current, Manifest, Version};
use crate::gallery::names;
use crate::gallery::options::GalleryOptions;
use crate::storage::{
    Damage, Files, LOG_HEADER, LogId, LogStart, ReadBatch, Testimony, Witness, check_log_header,
    read_witness, scan_log,
};

/// What a repair uses.
pub(super) struct Chosen {
    pub(super) manifest: Manifest,
    pub(super) batches: Vec<ReadBatch>,
    /// Generations of which nothing is left may be missing.
    pub(super) may_miss: bool,
    /// The greatest generation that any file names.
    pub(super) most_generation: u64,
    /// No reference that any file names has this number or a greater one.
    pub(super) most_reference: u64,
}

/// Chooses the manifest that CURRENT names; without one the newest whose history the witness proves to be
/// whole, and without such the newest that can be read.
pub(super) fn choose_manifest(files: &Files, report: &mut RepairReport) -> Result<Chosen, GalleryError> {
    let current = files.read(names::CURRENT, Current::MOST_BYTES).map_err(GalleryError::from);
    let current = report.note(current);
    let path = files.path(names::CURRENT);
    let line = current.as_ref().and_then(|bytes| {
        let line = Current::decode(&path, bytes).map_err(GalleryError::from);
        report.note(line)
    });
    if line.as_ref().is_some_and(|line| line.version == Version::First) {
        return Err(GalleryError::EarlierVersion { directory: files.path("") });
    }
    let named = current.filter(|_| line.is_some()).and_then(|bytes| {
        let manifest = load::read_manifest(files, &bytes, &GalleryOptions::default());
        report.note(manifest).map(|(_, manifest)| manifest)
    });
    let found = read_manifests(files, line.as_ref(), report)?;
    let most_generation = found.iter().map(|manifest| manifest.generation).max().unwrap_or(0);
    let most_reference = found.iter().map(|manifest| manifest.next_reference).max().unwrap_or(0);
    report.named_by_current = named.is_some();
    let candidates: Vec<Manifest> = named.map_or(found, |named| vec![named]);
    let testimony = read_testimony(files, &candidates, report);
    let proved = candidates.iter().find(|manifest| {
        testimony.as_ref().is_some_and(|testimony| read_proved_batches(files, manifest, testimony).is_ok())
    });
    let Some(manifest) = proved.or(candidates.first()).cloned() else {
        return Err(GalleryError::Unrepairable { directory: files.path("") });
    };
    report.manifest = names::manifest(manifest.number);
    let (batches, doubt) = collect_batches(files, &manifest, testimony.as_ref(), report);
    let may_miss = doubt.is_some();
    report.doubts.extend(doubt);
    let known = testimony.map_or(0, |testimony| testimony.witness.generation);
    let most_generation = most_generation.max(known);
    Ok(Chosen { manifest, batches, may_miss, most_generation, most_reference })
}

/// All manifests that can be read, the newest first; without one that CURRENT proves to be another.
fn read_manifests(
    files: &Files,
    current: Option<&Current>,
    report: &mut RepairReport,
) -> Result<Vec<Manifest>, GalleryError> {
    let mut found = Vec::new();
    for name in files.list()? {
        let Some(number) = names::number_of(&name).filter(|&number| name == names::manifest(number)) else {
            continue;
        };
        let path = files.path(&name);
        let read = files.read(&name, manifest::MOST_BYTES).map_err(GalleryError::from).and_then(|bytes| {
            let manifest = Manifest::decode(&path, &bytes)?;
            let digest = *blake3::hash(&bytes).as_bytes();
            let is_other = |current: &Current| current.manifest == number && current.digest != digest;
            if manifest.number != number || current.is_some_and(is_other) {
                return Err(Damage::new(&path, 0, "the manifest of this name", "another manifest").into());
            }
            Ok(manifest)
        });
        match read {
            Ok(manifest) => found.push(manifest),
            // It was reported already if it is the one that CURRENT names.
            Err(_) if current.is_some_and(|current| current.manifest == number) => {}
            Err(error) => drop(report.note::<()>(Err(error))),
        }
    }
    found.sort_by_key(|manifest| std::cmp::Reverse(manifest.number));
    Ok(found)
}

fn read_testimony(files: &Files, candidates: &[Manifest], report: &mut RepairReport) -> Option<Testimony> {
    let mut found = report.note(read_witness(files, names::WITNESS).map_err(GalleryError::from))?;
    report.problems.extend(found.damaged_slot.clone());
    let newest = candidates.first()?;
    if found.witness.gallery != newest.gallery {
        let path = files.path(names::WITNESS);
        let damage = Damage::new(&path, 24, "the identity that the manifest has", "another gallery's");
        report.problems.push(damage);
        return None;
    }
    // Of a backup that was interrupted.
    if let Ok(pending) = read_witness(files, &names::pending_witness(newest.number))
        && pending.witness.gallery == newest.gallery
    {
        found = pending;
    }
    Some(found)
}

/// The batches of a log that the witness proves to be whole.
fn read_proved_batches(
    files: &Files,
    manifest: &Manifest,
    testimony: &Testimony,
) -> Result<Vec<ReadBatch>, GalleryError> {
    let log = files.open(&names::log(manifest.log))?;
    Ok(read_log(files, &*log, manifest, testimony, true)?.batches)
}

/// The batches that can be read; and what is in doubt, unless the witness proves that they are all.
fn collect_batches(
    files: &Files,
    manifest: &Manifest,
    testimony: Option<&Testimony>,
    report: &mut RepairReport,
) -> (Vec<ReadBatch>, Option<String>) {
    if let Some(testimony) = testimony
        && let Some(batches) = report.note(read_proved_batches(files, manifest, testimony))
    {
        return (batches, None);
    }
    let scanned = scan_batches(files, manifest);
    let batches = match testimony {
        // Reported already.
        Some(_) => scanned.map(|(batches, _)| batches).unwrap_or_default(),
        None => match report.note(scanned) {
            Some((batches, tail)) => {
                report.problems.extend(tail);
                batches
            }
            None => Vec::new(),
        },
    };
    let doubt = find_doubt(manifest, &batches, testimony.map(|testimony| &testimony.witness));
    (batches, doubt)
}

/// All whole batches of a log.
fn scan_batches(
    files: &Files,
    manifest: &Manifest,
) -> Result<(Vec<ReadBatch>, Option<Damage>), GalleryError> {
    let name = names::log(manifest.log);
    let path = files.path(&name);
    let log = files.open(&name)?;
    let id = LogId { gallery: manifest.gallery, number: manifest.log };
    let start = LogStart { generation: manifest.generation, head: manifest.head };
    if check_log_header(&path, id, &files.between(&name, &*log, 0, LOG_HEADER)?)? != start {
        return Err(Damage::new(&path, 48, "the state that the manifest ends with", "another state").into());
    }
    let bytes = files.between(&name, &*log, LOG_HEADER, MOST_LOG)?;
    let scan = scan_log(&path, id, &bytes, LOG_HEADER, start);
    Ok((scan.batches, scan.tail))
}

/// What may be missing; `None` if the witness proves that nothing is.
fn find_doubt(manifest: &Manifest, batches: &[ReadBatch], witness: Option<&Witness>) -> Option<String> {
    let reached = manifest.generation + batches.len() as u64;
    let Some(witness) = witness else {
        return Some(format!(
            "without a witness it cannot be proved that generation {reached} was the last one: later changes, deletions and locks may be missing"
        ));
    };
    if witness.generation > reached {
        return Some(format!(
            "generations {} to {} were acknowledged and are lost: their changes, deletions and locks are missing",
            reached + 1,
            witness.generation
        ));
    }
    let covered = witness.generation.checked_sub(manifest.generation).and_then(|n| usize::try_from(n).ok());
    let Some(covered) = covered else {
        return Some(format!(
            "the witness ends with generation {}, the manifest with {}: changes, deletions and locks after generation {reached} may be missing",
            witness.generation, manifest.generation
        ));
    };
    if head_after(manifest, batches.get(..covered).unwrap_or_default()) != witness.head {
        return Some(format!(
            "the files hold another history than the witness of generation {}: changes, deletions and locks may be missing",
            witness.generation
        ));
    }
    None
}
