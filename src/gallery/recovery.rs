//! Taking a gallery as its writer: what a crash left is settled, and nothing is thrown away unseen.

use std::sync::Arc;

use super::checkpoint::{Context, Draft, Start, draft};
use super::core::Core;
use super::error::GalleryError;
use super::ledger::{Ledger, Numbers};
use super::load;
use super::maintain::named;
use super::manifest::{COUNTERS, Version};
use super::names;
use super::options::Options;
use super::pace::Pace;
use super::pins::Pins;
use super::plan;
use super::requests::{Requests, decode_file};
use super::state::{FIRST_SEQUENCE, Findings, Role, State};
use crate::storage::{Damage, FileId, Files, LOG_HEADER, Lock, Locking, Log, LogId, Witness, WitnessFile};

/// What the writer found when it took the gallery, and what it did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Recovery {
    /// Whole batches that a writer had not acknowledged when it died, and that were kept.
    pub kept_batches: u64,
    /// Bytes behind the last whole batch of the log. Nothing of them had been acknowledged; they are kept in a
    /// file that was set aside.
    pub cut_bytes: u64,
    /// What was wrong with them.
    pub torn: Option<Damage>,
    /// A slot of the witness that was damaged, and written anew.
    pub damaged_slot: Option<Damage>,
    /// Files that were never whole, or that a newer manifest proves to be superfluous, and that were removed.
    pub removed_files: Vec<String>,
    /// Files that no manifest accounts for, under the names that they have now.
    pub set_aside: Vec<String>,
    /// Whether the files were of an earlier version, and are of the present one now.
    pub migrated: bool,
}

impl Recovery {
    /// Whether nothing had to be done.
    pub fn is_clean(&self) -> bool {
        *self == Self::default()
    }
}

pub(super) fn take_lock(files: &Files) -> Result<Box<dyn Lock>, GalleryError> {
    match files.lock(names::LOCK)? {
        Locking::Taken(lock) => Ok(lock),
        Locking::Held { process } => Err(GalleryError::Locked { lock: files.path(names::LOCK), process }),
    }
}

/// What the handle that asks for a writer knows of its gallery.
#[derive(Clone, Copy)]
pub(super) struct Known {
    pub(super) gallery: [u8; 16],
    /// The greatest generation that it gave.
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

/// Takes the gallery: locks it, settles what a crash left, and readies the log.
pub(super) fn open(
    files: &Files,
    options: &Options,
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
    let named_now = named_by(&state);
    tidy(files, &state, &named_now, &mut recovery)?;
    let numbers = Numbers::new(state.next_reference, next_file(files, &state)?);
    let mut requests = read_requests(files, &state)?;
    let Findings { requests: fresh, changes, .. } = findings;
    fresh.into_iter().for_each(|entry| requests.push(entry));

    let old_features = plan::old_features(&state.snapshot);
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
    Ok(Core::new((files.clone(), options.clone()), numbers, ledger, recovery))
}

/// A witness that waits under a name of its own gets the name that it is to have.
fn settle_witness(files: &Files, state: &State) -> Result<(), GalleryError> {
    if let Some((_, witness)) = &state.witness
        && witness.name != names::WITNESS
    {
        files.rename(&witness.name, names::WITNESS)?;
        files.sync()?;
    }
    Ok(())
}

pub(super) fn named_by(state: &State) -> Vec<String> {
    match state.version {
        Version::First => load::named_files(&state.manifest, state.version),
        Version::Third => named(&state.manifest, &state.snapshot),
    }
}

/// Above every number that a file has or had.
fn next_file(files: &Files, state: &State) -> Result<u64, GalleryError> {
    let number = |name: &String| {
        let name = name.strip_prefix(&names::set_aside("")).unwrap_or(name);
        let name = crate::storage::whole_name(name).unwrap_or(name);
        names::number_of(name.split('~').next().unwrap_or_default())
    };
    // A greater number was never a file's of ours.
    let last = files.list()?.iter().filter_map(number).filter(|&number| number < COUNTERS).max().unwrap_or(0);
    Ok(state.next_file.max(last.saturating_add(1)))
}

/// Removes what is proved to be superfluous, and sets aside what is not understood.
fn tidy(files: &Files, state: &State, named: &[String], recovery: &mut Recovery) -> Result<(), GalleryError> {
    let found = files.list()?;
    for name in &found {
        let is_other = names::is_numbered(name) && !named.contains(name);
        let is_superfluous = names::is_unfinished(name)
            || is_other && state.manifest.superseded.contains(name)
            || name == names::CREATING
            || name == names::RESTORING;
        if is_superfluous {
            match files.remove(name) {
                // What is no file was never ours.
                Err(error) if error.io_kind() == Some(std::io::ErrorKind::IsADirectory) => {
                    recovery.set_aside.push(set_aside(files, name, &found)?);
                }
                removed => {
                    removed?;
                    recovery.removed_files.push(name.clone());
                }
            }
        } else if is_other {
            recovery.set_aside.push(set_aside(files, name, &found)?);
        }
    }
    if !recovery.removed_files.is_empty() || !recovery.set_aside.is_empty() {
        files.sync()?;
    }
    Ok(())
}

fn set_aside(files: &Files, name: &str, taken: &[String]) -> Result<String, GalleryError> {
    let mut to = names::set_aside(name);
    let mut count = 1;
    while taken.contains(&to) {
        count += 1;
        to = format!("{}~{count}", names::set_aside(name));
    }
    files.rename(name, &to)?;
    Ok(to)
}

fn read_requests(files: &Files, state: &State) -> Result<Requests, GalleryError> {
    let mut requests = Requests::default();
    for entry in &state.manifest.requests {
        let name = names::requests(entry.number);
        let bytes = load::pinned(files, &name, entry)?;
        let path = files.path(&name);
        requests.push_file(entry.clone(), decode_file(&path, state.manifest.gallery, entry.number, &bytes)?);
    }
    Ok(requests)
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

    /// Goes on with the log, which ends as the witness says.
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
        let names = named(&state.manifest, &state.snapshot).into_iter();
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

    /// Moves what is good to new files: nothing of a log is used again that may not be on the disk.
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
        let draft = draft(context, start, chosen)?;
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
        let names = named(&manifest, &snapshot).into_iter();
        let names = names.chain([names::CURRENT.to_owned(), names::WITNESS.to_owned()]);
        let pins = Pins::new(files, ids, line, names)?;
        let mut known = self.requests;
        known.planned(requests.0, requests.1);
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
