//! The one writer: staging, group commit, recovery.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use parking_lot::{Condvar, Mutex, MutexGuard};
use rayon::prelude::*;

use super::change::{Added, AddedColumns, Change, MOST_MINUTIAE, MOST_REFERENCES};
use super::checkpoint::Core;
use super::error::GalleryError;
use super::handle::{Shared, settled};
use super::manifest::COUNTERS;
use super::names;
use super::reference::{Generation, NewReference, ReferenceId, Sample, Status};
use super::stage::Stage;
use super::state::{Role, State};
use crate::citizen::CitizenId;
use crate::fingerprint::codes::CodeModel;
use crate::storage::{Damage, Files, Lock, Log, Scan, Tail};

/// One citizen's references, for [`Writer::add_all`].
#[derive(Clone, Debug, PartialEq)]
pub struct Enrolment {
    /// Who.
    pub citizen: CitizenId,
    /// What is enrolled of them.
    pub references: Vec<NewReference>,
}

/// What the writer found when it took the gallery.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Recovery {
    /// Bytes that a crash left behind the last whole batch of the log, and that were cut: nothing
    /// of them had been acknowledged.
    pub cut_bytes: u64,
    /// What was wrong with them, if they were more than the beginning of a batch.
    pub torn: Option<Damage>,
    /// Files that a crash left and that were removed.
    pub removed_files: Vec<String>,
}

/// The one writer of a gallery. Shared by reference between threads: each stages its changes and
/// commits; commits that come together share one sync.
///
/// A change is staged at once and judged then; [`Writer::commit`] makes all that was staged before it,
/// by any thread, durable and then visible. What is not committed when the writer is dropped is
/// lost. After an error of the disk the writer refuses everything: drop it and make another.
pub struct Writer {
    shared: Arc<Shared>,
    inner: Mutex<Inner>,
    turn: Condvar,
    recovery: Recovery,
    _lock: Box<dyn Lock>,
}

struct Inner {
    stage: Stage,
    /// Changes that are durable and visible.
    committed: u64,
    generation: Generation,
    /// What one thread at a time takes to write files; its owner leads a group commit.
    core: Option<Core>,
    failed: Option<String>,
}

impl fmt::Debug for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer").field("directory", &self.shared.files.path("")).finish_non_exhaustive()
    }
}

fn take_lock(files: &Files) -> Result<Box<dyn Lock>, GalleryError> {
    let lock = files.lock(names::LOCK)?;
    lock.ok_or_else(|| GalleryError::Locked { lock: files.path(names::LOCK) })
}

/// Loads the state as its only writer: orphans removed, torn tail cut, log ready to append. A state
/// that a reader of this process has followed to the end is taken over, with the features it made.
fn recover(
    files: &Files,
    model: &Arc<CodeModel>,
    followed: Option<State>,
) -> Result<(Core, Recovery), GalleryError> {
    let (state, scan) = match followed.map(|state| take_over(files, state)).transpose()?.flatten() {
        Some(taken) => taken,
        None => settled(|| State::load(files, model, None, Role::Writer))?,
    };
    let mut recovery = Recovery::default();
    let named = state.manifest.files();
    for name in files.list()? {
        let orphan = names::is_numbered(&name) && !named.contains(&name);
        if orphan || name == names::CURRENT_TEMPORARY {
            files.remove(&name)?;
            recovery.removed_files.push(name);
        }
    }
    files.sync()?;
    let log_name = names::log(state.manifest.log);
    recovery.cut_bytes = files.length(&log_name, &*state.log)?.saturating_sub(scan.end);
    if let Tail::Torn(damage) = &scan.tail {
        recovery.torn = Some(damage.clone());
    }
    let log = Log::resume(files, &log_name, state.log_id(), &scan)?;
    let mut core = Core::new(files.clone(), state, log);
    core.rebuild_features()?;
    Ok((core, recovery))
}

/// A followed state that is the whole truth: the log ends where it was read to.
fn take_over(files: &Files, mut state: State) -> Result<Option<(State, Scan)>, GalleryError> {
    // Damage, or what a crash left, is for a fresh load to judge.
    if !state.follow(files).unwrap_or(false) {
        return Ok(None);
    }
    let length = files.length(&names::log(state.manifest.log), &*state.log)?;
    let scan = Scan::nothing_after(state.end);
    Ok((length == state.end).then_some((state, scan)))
}

/// Takes the gallery as a writer does, and lets it go.
pub(super) fn settle(files: &Files, model: &Arc<CodeModel>) -> Result<Recovery, GalleryError> {
    let _lock = take_lock(files)?;
    let (_, recovery) = recover(files, model, None)?;
    Ok(recovery)
}

impl Writer {
    pub(super) fn open(shared: Arc<Shared>) -> Result<Self, GalleryError> {
        let lock = take_lock(&shared.files)?;
        let mut follower = shared.follower.lock();
        let (core, recovery) = recover(&shared.files, &shared.options.code_model, follower.0.take())?;
        let snapshot = core.snapshot();
        let inner = Inner {
            stage: Stage::new(&snapshot, core.next_reference()),
            committed: 0,
            generation: snapshot.generation(),
            core: Some(core),
            failed: None,
        };
        *shared.newest.write() = snapshot;
        shared.writing.store(true, Ordering::Release);
        drop(follower);
        let (inner, turn) = (Mutex::new(inner), Condvar::new());
        Ok(Self { shared, inner, turn, recovery, _lock: lock })
    }

    /// What was found and mended when the writer was made.
    pub fn recovery(&self) -> &Recovery {
        &self.recovery
    }

    fn model(&self) -> &CodeModel {
        &self.shared.options.code_model
    }

    fn stage(&self) -> Result<MutexGuard<'_, Inner>, GalleryError> {
        let inner = self.inner.lock();
        match &inner.failed {
            Some(cause) => Err(GalleryError::Poisoned { cause: cause.clone() }),
            None => Ok(inner),
        }
    }

    /// Stages references of a citizen, all or none of them. Makes their features first (in the
    /// calling thread, or in its rayon pool if there are several), which is most of the cost.
    ///
    /// # Errors
    /// [`GalleryError::ModelDimension`], [`GalleryError::TooMany`], [`GalleryError::Poisoned`].
    pub fn add(
        &self,
        citizen: CitizenId,
        references: &[NewReference],
    ) -> Result<Vec<ReferenceId>, GalleryError> {
        let columns = columns_of(references, self.model())?;
        self.push_references(&mut *self.stage()?, citizen, None, references, columns)
    }

    /// Stages references of many citizens, features made in the caller's rayon pool. Numbers are
    /// given in order. Each citizen is all or none; at an error the citizens before it are staged.
    ///
    /// # Errors
    /// As [`Writer::add`].
    pub fn add_all(&self, enrolments: &[Enrolment]) -> Result<Vec<Vec<ReferenceId>>, GalleryError> {
        let columns = enrolments.par_iter().map(|enrolment| columns_of(&enrolment.references, self.model()));
        let columns: Vec<_> = columns.collect::<Result<_, _>>()?;
        let mut inner = self.stage()?;
        enrolments
            .iter()
            .zip(columns)
            .map(|(enrolment, columns)| {
                let Enrolment { citizen, references } = enrolment;
                self.push_references(&mut inner, *citizen, None, references, columns)
            })
            .collect()
    }

    /// Stages a reference in place of another of the same citizen, as one change.
    ///
    /// # Errors
    /// [`GalleryError::UnknownReference`], and as [`Writer::add`].
    pub fn replace(
        &self,
        citizen: CitizenId,
        reference: ReferenceId,
        new: &NewReference,
    ) -> Result<ReferenceId, GalleryError> {
        let news = std::slice::from_ref(new);
        let columns = columns_of(news, self.model())?;
        let mut inner = self.stage()?;
        let ids = self.push_references(&mut inner, citizen, Some(reference), news, columns)?;
        ids.first().copied().ok_or(GalleryError::UnknownReference { citizen, reference })
    }

    /// Stages the removal of one reference.
    ///
    /// # Errors
    /// [`GalleryError::UnknownReference`], damage, [`GalleryError::Poisoned`].
    pub fn remove(&self, citizen: CitizenId, reference: ReferenceId) -> Result<(), GalleryError> {
        let mut inner = self.stage()?;
        self.push_references(&mut inner, citizen, Some(reference), &[], Vec::new()).map(drop)
    }

    fn push_references(
        &self,
        inner: &mut Inner,
        citizen: CitizenId,
        removed: Option<ReferenceId>,
        references: &[NewReference],
        columns: Vec<AddedColumns>,
    ) -> Result<Vec<ReferenceId>, GalleryError> {
        let stage = &mut inner.stage;
        if let Some(reference) = removed {
            let newest = self.shared.newest.read().clone();
            stage.check_reference(&newest, citizen, reference)?;
        }
        let faces = || {
            references.iter().filter_map(|new| match &new.sample {
                Sample::Face(template) => Some(template),
                Sample::Finger(_) => None,
            })
        };
        faces().try_for_each(|template| stage.check_model(template))?;
        check_one_dimension(faces())?;
        let first = stage.next_reference;
        let after = first.saturating_add(references.len() as u64);
        if after > COUNTERS {
            let (of, limit, found) = ("references ever", COUNTERS as usize, after as usize);
            return Err(GalleryError::TooMany { of, limit, found });
        }
        let ids: Vec<_> = (first..).take(references.len()).map(ReferenceId::from_value).collect();
        faces().for_each(|template| stage.fix_model(template));
        stage.next_reference = after;
        let added = ids.iter().zip(references).zip(columns);
        let added = added.map(|((&id, new), columns)| Added::new(citizen, id, new, columns)).collect();
        let removed = removed.into_iter().collect();
        stage.push(Change::References { citizen, removed, added }, references.to_vec());
        Ok(ids)
    }

    /// Stages the deletion of a citizen: all references, and the status. The bytes leave the files
    /// with [`Writer::compact`].
    ///
    /// # Errors
    /// [`GalleryError::UnknownCitizen`], damage, [`GalleryError::Poisoned`].
    pub fn delete(&self, citizen: CitizenId) -> Result<(), GalleryError> {
        let mut inner = self.stage()?;
        let newest = self.shared.newest.read().clone();
        inner.stage.check_citizen(&newest, citizen)?;
        inner.stage.push(Change::Delete { citizen }, Vec::new());
        Ok(())
    }

    /// Stages a citizen's status.
    ///
    /// # Errors
    /// As [`Writer::delete`].
    pub fn set_status(&self, citizen: CitizenId, status: Status) -> Result<(), GalleryError> {
        let mut inner = self.stage()?;
        let newest = self.shared.newest.read().clone();
        inner.stage.check_citizen(&newest, citizen)?;
        inner.stage.push(Change::Status { citizen, status }, Vec::new());
        Ok(())
    }

    /// Makes everything staged before the call durable, then visible to every later snapshot in any
    /// process, then returns. Threads that commit at the same time share the work: one writes for
    /// all who wait. What is staged is in memory: load millions in commits of some hundred thousand.
    ///
    /// # Errors
    /// What the system reports; then nothing is known of the changes that were staged, and the
    /// writer is poisoned.
    pub fn commit(&self) -> Result<Generation, GalleryError> {
        let _watch = Watch(self);
        let mut inner = self.inner.lock();
        let goal = inner.stage.staged;
        loop {
            if inner.committed >= goal {
                return Ok(inner.generation);
            }
            if let Some(cause) = &inner.failed {
                return Err(GalleryError::Poisoned { cause: cause.clone() });
            }
            if let Some(core) = inner.core.take() {
                return self.lead(inner, core);
            }
            self.turn.wait(&mut inner);
        }
    }

    /// Commits for all who wait, and moves references to a segment when there are many.
    fn lead(&self, mut inner: MutexGuard<'_, Inner>, mut core: Core) -> Result<Generation, GalleryError> {
        let batch = std::mem::take(&mut inner.stage.pending);
        let last = inner.stage.staged;
        let bulk = self.shared.options.flush_at.max(1);
        let result = MutexGuard::unlocked(&mut inner, || {
            core.commit(batch, bulk)?;
            *self.shared.newest.write() = core.snapshot();
            Ok(core.snapshot().generation())
        });
        match &result {
            Ok(generation) => {
                inner.committed = last;
                inner.generation = *generation;
                inner.stage.published(last);
            }
            Err(error) => inner.failed = Some(GalleryError::to_string(error)),
        }
        self.turn.notify_all();
        if result.is_ok() && core.snapshot().in_memory() >= bulk {
            // The commit is done whatever comes of this; a failure stops the next one.
            let flushed = MutexGuard::unlocked(&mut inner, || self.publish(&mut core, Core::flush));
            inner.failed = flushed.err().map(|error| error.to_string());
        }
        inner.core = Some(core);
        self.turn.notify_all();
        result
    }

    fn publish(
        &self,
        core: &mut Core,
        work: impl FnOnce(&mut Core) -> Result<(), GalleryError>,
    ) -> Result<(), GalleryError> {
        work(core)?;
        *self.shared.newest.write() = core.snapshot();
        Ok(())
    }

    fn checkpoint(
        &self,
        work: impl FnOnce(&mut Core) -> Result<(), GalleryError>,
    ) -> Result<(), GalleryError> {
        self.commit()?;
        let _watch = Watch(self);
        let mut inner = self.stage()?;
        let mut core = loop {
            if let Some(cause) = &inner.failed {
                return Err(GalleryError::Poisoned { cause: cause.clone() });
            }
            match inner.core.take() {
                Some(core) => break core,
                None => self.turn.wait(&mut inner),
            }
        };
        let result = MutexGuard::unlocked(&mut inner, || self.publish(&mut core, work));
        if let Err(error) = &result
            && !core.is_untouched()
        {
            inner.failed = Some(error.to_string());
        }
        inner.core = Some(core);
        self.turn.notify_all();
        result
    }

    /// Commits, and moves the references in memory to segments, joining small segments on the way.
    ///
    /// # Errors
    /// As [`Writer::commit`].
    pub fn flush(&self) -> Result<(), GalleryError> {
        self.checkpoint(Core::flush)
    }

    /// Commits, and rewrites every segment that has deleted rows or company of its kind, so that one
    /// segment of fingers and one a model of faces remain, and no byte of what was deleted is in any
    /// file. Costs a rewrite of those segments. Free blocks of the disk below are the system's
    /// matter: use an encrypted volume.
    ///
    /// # Errors
    /// As [`Writer::commit`]; damage in a segment, which is then left as it is.
    pub fn compact(&self) -> Result<(), GalleryError> {
        self.checkpoint(Core::compact)
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        let inner = self.inner.get_mut();
        let state = match inner.failed {
            None => inner.core.take().map(Core::into_state),
            Some(_) => None,
        };
        // From here on the handle follows the files again.
        self.shared.follower.lock().0 = state;
        self.shared.writing.store(false, Ordering::Release);
    }
}

/// Stops the writer if its thread panics while it leads: others would wait for it for ever.
struct Watch<'a>(&'a Writer);

impl Drop for Watch<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let mut inner = self.0.inner.lock();
            inner.failed.get_or_insert_with(|| "a thread panicked in a commit".into());
            drop(inner);
            self.0.turn.notify_all();
        }
    }
}

/// Checks the limits of references and makes their columns.
fn columns_of(references: &[NewReference], model: &CodeModel) -> Result<Vec<AddedColumns>, GalleryError> {
    if references.len() > MOST_REFERENCES {
        let (of, limit, found) = ("references at once", MOST_REFERENCES, references.len());
        return Err(GalleryError::TooMany { of, limit, found });
    }
    for new in references {
        if let Sample::Finger(template) = &new.sample
            && template.minutiae.len() > MOST_MINUTIAE
        {
            let (of, limit, found) = ("minutiae", MOST_MINUTIAE, template.minutiae.len());
            return Err(GalleryError::TooMany { of, limit, found });
        }
    }
    match references {
        [] => Ok(Vec::new()),
        [one] => Ok(vec![AddedColumns::new(&one.sample, model)]),
        many => Ok(many.par_iter().map(|new| AddedColumns::new(&new.sample, model)).collect()),
    }
}

/// Faces of one model in one change have one dimension.
fn check_one_dimension<'a>(
    faces: impl Iterator<Item = &'a crate::template::FaceTemplate>,
) -> Result<(), GalleryError> {
    let mut seen = std::collections::BTreeMap::new();
    for template in faces {
        let found = template.embedding().len();
        let expected = *seen.entry(template.model()).or_insert(found);
        if expected != found {
            return Err(GalleryError::ModelDimension { model: template.model().clone(), expected, found });
        }
    }
    Ok(())
}
