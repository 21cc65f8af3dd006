//! Takes a gallery as its writer: takes the lock, recovers from a crash, and opens or renews the log.

use std::sync::Arc;

use super::checkpoint::{Context, Draft, Start, write_draft};
use super::core::Core;
use super::error::GalleryError;
use super::folder::take_lock;
use super::held_gallery::HeldGallery;
use super::ledger::Ledger;
use super::load::all_file_names;
use super::manifest::Version;
use super::names;
use super::numbers::Numbers;
use super::options::GalleryOptions;
use super::pace::Pace;
use super::pins::Pins;
use super::recovery::{Recovery, next_file, read_requests, set_aside, settle_witness, tidy};
use super::requests::Requests;
use super::rewrites;
use super::role::Role;
use super::state::{FIRST_SEQUENCE, Findings, State};
use crate::storage::{Damage, FileId, Files, LOG_HEADER, Lock, Log, LogId, Witness, WitnessFile};

/// What the handle that asks for a writer knows of its gallery.
#[derive(Clone, Copy)]
pub(super) struct Known {
    pub(super) gallery: [u8; 16],
    /// The greatest generation that it returned.
    pub(super) generation: u64,
}

impl Known {
    fn check(self, files: &Files, state: &State) -> Result<(), GalleryError> {
        let directory = files.path("");
        let found = state.snapshot.generation().value();
        if state.manifest.gallery != self.gallery {
            return Err(GalleryError::Replaced { directory });
        }
        if found < self.generation {
            return Err(GalleryError::WentBack { directory, known: self.generation, found });
        }
        Ok(())
    }
}

/// Takes the gallery: locks it, recovers, and opens or renews the log.
pub(super) fn open(
    files: &Files,
    options: &GalleryOptions,
    (directory, known): (FileId, Option<Known>),
    role: Role,
) -> Result<Core, GalleryError> {
    if files.identity(names::BACKUP).is_ok() {
        return Err(GalleryError::IsBackup { directory: files.path("") });
    }
    let lock = take_lock(files)?;
    let (mut state, findings) = State::load(files, options, None, role)?;
    known.map_or(Ok(()), |known| known.check(files, &state))?;
    // What CURRENT names may not be durable: a crash came between its renaming and its synchronisation. Only
    // then may what it supersedes be removed, and the witness go on.
    files.sync()?;
    settle_witness(files, &state)?;
    state.catch_up_witness(files)?;
    let mut recovery = Recovery {
        kept_batches: findings.adopted,
        cut_bytes: findings.tail_bytes,
        torn: findings.tail.clone(),
        damaged_slot: findings.damaged_slot.clone(),
        migrated: state.version == Version::First,
        ..Recovery::default()
    };
    let named_now = state.file_names();
    tidy(files, &state, &named_now, &mut recovery)?;
    let numbers = Numbers::new(state.next_reference, next_file(files, &state)?);
    let mut requests = read_requests(files, &state)?;
    let Findings { requests: fresh, changes, .. } = findings;
    fresh.into_iter().for_each(|entry| requests.push(entry));

    let old_features = rewrites::find_old_features(&state.snapshot);
    let recodes = state.manifest.code_model != options.code_model.id();
    let is_whole = recovery.kept_batches == 0
        && recovery.cut_bytes == 0
        && !recovery.migrated
        && !recodes
        && old_features.is_empty();
    let taken = Taken { files, directory, lock, requests, changes };
    let ledger = if is_whole {
        taken.resume(state)?
    } else {
        let context = Context { files, options, numbers: &numbers, pace: &Pace::default() };
        taken.rewrite(state, context, named_now, &old_features, &mut recovery)?
    };
    Ok(Core::new(HeldGallery::new((files.clone(), options.clone()), numbers, ledger), recovery))
}

/// A gallery that is locked and read.
struct Taken<'a> {
    files: &'a Files,
    directory: FileId,
    lock: Box<dyn Lock>,
    requests: Requests,
    changes: usize,
}

impl Taken<'_> {
    fn lock_id(&self) -> Result<FileId, GalleryError> {
        self.lock.identity().map_err(|source| {
            crate::storage::StorageError::io(self.files.path(names::LOCK), "look up", source).into()
        })
    }

    /// Continues the log, which ends where the witness says.
    fn resume(self, state: State) -> Result<Ledger, GalleryError> {
        let files = self.files;
        let name = names::log(state.manifest.log);
        let id = LogId { gallery: state.manifest.gallery, number: state.manifest.log };
        let log = Log::resume(files, &name, id, (state.end, state.head))?;
        let newest = state.witness.as_ref().map(|(witness, _)| *witness);
        let missing = || Damage::new(&files.path(names::WITNESS), 0, "a witness", "none");
        let newest = newest.ok_or_else(missing)?;
        let mut witness = WitnessFile::resume(files, names::WITNESS, newest)?;
        let now = Witness {
            manifest: state.manifest.number,
            generation: state.snapshot.generation().value(),
            log: state.manifest.log,
            length: state.end,
            head: state.head,
            ..newest
        };
        // A crash may have come between a new manifest and its witness; and what is not marked as durable is
        // made so.
        witness.write(now)?;
        witness.mark()?;
        let ids = (self.directory, self.lock_id()?);
        let names = all_file_names(&state.manifest, &state.snapshot).into_iter();
        let names = names.chain([names::CURRENT.to_owned(), names::WITNESS.to_owned()]);
        let pins = Pins::new(files, ids, state.current, names)?;
        Ok(Ledger {
            files: files.clone(),
            manifest: state.manifest,
            snapshot: state.snapshot,
            log,
            witness,
            pins,
            requests: self.requests,
            changes: self.changes,
            next_reference: state.next_reference,
            recorded: None,
            _lock: self.lock,
        })
    }

    /// Writes the state to new files: no part of the old log is appended to, since it may not be durable.
    fn rewrite(
        self,
        state: State,
        context: Context<'_>,
        named_now: Vec<String>,
        chosen: &[u64],
        recovery: &mut Recovery,
    ) -> Result<Ledger, GalleryError> {
        let files = self.files;
        let start = Start {
            snapshot: state.snapshot.clone(),
            head: state.head,
            next_reference: state.next_reference,
            manifest: state.manifest.clone(),
            named: named_now,
            requests: self.requests.plan(&[]),
        };
        let draft = write_draft(context, start, chosen)?;
        let Draft { mut created, manifest, current, line, base, log, requests, superseded } = draft;
        let now = Witness {
            gallery: manifest.gallery,
            sequence: FIRST_SEQUENCE,
            manifest: manifest.number,
            generation: base.generation().value(),
            log: manifest.log,
            length: LOG_HEADER,
            head: state.head,
        };
        created.keep();
        let witness = match &state.witness {
            Some((newest, _)) => {
                current.finish()?;
                files.sync()?;
                let mut witness = WitnessFile::resume(files, names::WITNESS, *newest)?;
                witness.write(now)?;
                witness.mark()?;
                witness
            }
            None => {
                // Before CURRENT leads to it.
                let temporary = format!("{}.tmp", names::WITNESS);
                drop(WitnessFile::create(files, &temporary, now)?);
                files.rename(&temporary, names::WITNESS)?;
                files.sync()?;
                current.finish()?;
                files.sync()?;
                WitnessFile::resume(files, names::WITNESS, now)?
            }
        };
        let old_log = names::log(state.manifest.log);
        let is_cut = recovery.cut_bytes > 0;
        for name in &superseded {
            if is_cut && *name == old_log {
                recovery.set_aside.push(set_aside(files, name, &files.list()?)?);
            } else {
                files.remove_if_there(name)?;
            }
        }
        files.sync()?;
        let snapshot = Arc::new(base);
        let ids = (self.directory, self.lock_id()?);
        let names = all_file_names(&manifest, &snapshot).into_iter();
        let names = names.chain([names::CURRENT.to_owned(), names::WITNESS.to_owned()]);
        let pins = Pins::new(files, ids, line, names)?;
        let mut known = self.requests;
        known.apply_plan(requests.0, requests.1);
        Ok(Ledger {
            files: files.clone(),
            manifest,
            snapshot,
            log,
            witness,
            pins,
            requests: known,
            changes: 0,
            next_reference: state.next_reference,
            recorded: None,
            _lock: self.lock,
        })
    }
}
