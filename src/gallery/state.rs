//! The state of a gallery by its files, and how a reader follows it while another process writes. Nothing
//! here writes, but for the witness that an interrupted recovery did not write.

use std::sync::Arc;

use super::acknowledged::{
    MOST_LOG, WitnessReader, first_witness, open_witness, read_current, read_log, went_back,
};
use super::apply::Application;
use super::change::Change;
use super::error::GalleryError;
use super::legacy;
use super::load::{self, load_segments, open_attached};
use super::manifest::{Current, Manifest, SegmentEntry, Version};
use super::names;
use super::options::GalleryOptions;
use super::requests::RequestEntry;
use super::role::Role;
use super::snapshot::Snapshot;
use crate::storage::{
    Damage, Files, Head, LOG_HEADER, LogId, LogStart, ReadAt, ReadBatch, Testimony, Witness, WitnessFile,
    read_slots, read_witness, scan_log,
};

/// The sequence of the first witness of a gallery, new or migrated.
pub(super) const FIRST_SEQUENCE: u64 = 1;

/// A state, and where its log was read to.
pub(super) struct State {
    pub(super) current: Vec<u8>,
    pub(super) version: Version,
    pub(super) manifest: Manifest,
    pub(super) snapshot: Arc<Snapshot>,
    pub(super) next_reference: u64,
    pub(super) next_file: u64,
    log: Arc<dyn ReadAt>,
    /// Behind the last batch that the snapshot has.
    pub(super) end: u64,
    /// The digest of that batch.
    pub(super) head: Head,
    /// The witness as it was last read, and the file; none before version 3.
    pub(super) witness: Option<(Witness, WitnessReader)>,
}

/// What was found while loading a state.
#[derive(Default)]
pub(super) struct Findings {
    /// Whole batches that the witness does not cover and that were kept.
    pub(super) adopted: u64,
    /// What is wrong behind the last batch; `None` if nothing is there.
    pub(super) tail: Option<Damage>,
    /// Bytes behind the last batch.
    pub(super) tail_bytes: u64,
    pub(super) damaged_slot: Option<Damage>,
    /// Requests in the log.
    pub(super) requests: Vec<RequestEntry>,
    /// Changes in the log.
    pub(super) changes: usize,
}

impl State {
    /// Reads a state from the files. Read again while another process replaces them.
    pub(super) fn load(
        files: &Files,
        options: &GalleryOptions,
        known: Option<&Snapshot>,
        role: Role,
    ) -> Result<(Self, Findings), GalleryError> {
        read_current(files, |current| Self::load_current(files, current, options, known, role))
    }

    fn load_current(
        files: &Files,
        current: Vec<u8>,
        options: &GalleryOptions,
        known: Option<&Snapshot>,
        role: Role,
    ) -> Result<(Self, Findings), GalleryError> {
        let (version, manifest) = load::read_manifest(files, &current, options)?;
        Self::load_manifest(files, (current, version, manifest), options, known, role)
    }

    /// As [`State::load`], from a manifest that was read.
    pub(super) fn load_manifest(
        files: &Files,
        (current, version, manifest): (Vec<u8>, Version, Manifest),
        options: &GalleryOptions,
        known: Option<&Snapshot>,
        role: Role,
    ) -> Result<(Self, Findings), GalleryError> {
        let given = options.code_model.id();
        if matches!(role, Role::Reader | Role::Writer) && manifest.code_model != given {
            let directory = files.path("");
            return Err(GalleryError::CodeModel { directory, gallery: manifest.code_model, given });
        }
        // Before the log: a batch is written before its witness, so that the log has what this says.
        let testimony = match version {
            Version::First => None,
            Version::Third => Some(open_witness(files, &manifest)?),
        };
        let base = load_segments(files, &manifest, version, (&options.code_model, known, role))?;
        let log: Arc<dyn ReadAt> = Arc::from(files.open(&names::log(manifest.log))?);
        let (next_reference, next_file) = (manifest.next_reference, manifest.next_file);
        let (end, head) = (LOG_HEADER, manifest.head);
        let snapshot = Arc::new(base);
        let mut state = Self {
            current,
            version,
            manifest,
            snapshot,
            next_reference,
            next_file,
            log,
            end,
            head,
            witness: None,
        };
        let Some((testimony, reader)) = testimony else {
            let findings = state.read_legacy_log(files, role)?;
            state.check_no_newer(files)?;
            return Ok((state, findings));
        };
        let witness = testimony.witness;
        let findings = state.read_log(files, &testimony, role)?;
        if !testimony.synced && !role.is_writer() {
            // Its writer may still be at it, or died: it must be durable before it is relied on.
            files.sync_reader(&reader.name, &*reader.reader)?;
        }
        state.witness = Some((witness, reader));
        Ok((state, findings))
    }

    /// The names of all files that the gallery is.
    pub(super) fn file_names(&self) -> Vec<String> {
        match self.version {
            Version::First => load::manifest_file_names(&self.manifest, self.version),
            Version::Third => load::all_file_names(&self.manifest, &self.snapshot),
        }
    }

    fn log_id(&self) -> LogId {
        LogId { gallery: self.manifest.gallery, number: self.manifest.log }
    }

    fn read_legacy_log(&mut self, files: &Files, role: Role) -> Result<Findings, GalleryError> {
        let name = names::log(self.manifest.log);
        let path = files.path(&name);
        let id = self.log_id();
        let bytes = files.between(&name, &*self.log, 0, MOST_LOG)?;
        if legacy::check_log_header(&path, id, &bytes)? != self.manifest.generation {
            return Err(Damage::new(&path, 48, "the generation of the manifest", "another generation").into());
        }
        let body = bytes.get(legacy::LOG_HEADER as usize..).unwrap_or_default();
        let mut scan = legacy::scan_log(&path, id, body, self.manifest.generation + 1)?;
        let mut findings = Findings { adopted: u64::from(scan.unsealed), ..Findings::default() };
        if scan.unsealed && !role.is_writer() {
            scan.batches.pop();
            findings.adopted = 0;
            scan.end = scan.sealed;
        }
        let batches = scan.batches.into_iter().map(|(_, records)| (records, Vec::new()));
        self.apply(files, batches.collect(), legacy::decode, &mut findings)?;
        // What following compares with the file's length.
        self.end = bytes.len() as u64;
        findings.tail = scan.tail;
        findings.tail_bytes = self.end.saturating_sub(scan.end);
        Ok(findings)
    }

    /// A witness beside a gallery of an earlier version is what an unfinished migration left, or the
    /// gallery went back to an older copy of its CURRENT. A migration writes the first witness only.
    fn check_no_newer(&self, files: &Files) -> Result<(), GalleryError> {
        match read_witness(files, names::WITNESS) {
            Ok(Testimony { witness, .. })
                if witness.sequence > FIRST_SEQUENCE
                    && witness.generation > self.snapshot.generation().value() =>
            {
                Err(went_back(files, witness.generation, self.snapshot.generation().value()))
            }
            _ => Ok(()),
        }
    }

    /// Writes the witness that an interrupted recovery did not.
    pub(super) fn catch_up_witness(&mut self, files: &Files) -> Result<(), GalleryError> {
        let Some((newest, _)) = &self.witness else { return Ok(()) };
        if newest.generation >= self.manifest.generation {
            return Ok(());
        }
        let mut file = WitnessFile::resume(files, names::WITNESS, *newest)?;
        file.write(first_witness(&self.manifest, newest))?;
        file.mark()?;
        if let Some((newest, _)) = &mut self.witness {
            *newest = file.newest();
        }
        Ok(())
    }

    /// Reads the log and applies its batches: all that the witness covers, and for a writer the whole batch
    /// after them.
    fn read_log(
        &mut self,
        files: &Files,
        testimony: &Testimony,
        role: Role,
    ) -> Result<Findings, GalleryError> {
        let log = self.log.clone();
        let read = read_log(files, &*log, &self.manifest, testimony, role.is_writer())?;
        let mut findings = Findings {
            adopted: read.adopted,
            tail: read.tail,
            tail_bytes: read.tail_bytes,
            damaged_slot: testimony.damaged_slot.clone(),
            ..Findings::default()
        };
        self.apply_read(files, read.batches, &mut findings)?;
        self.end = read.end;
        Ok(findings)
    }

    fn apply_read(
        &mut self,
        files: &Files,
        batches: Vec<ReadBatch>,
        findings: &mut Findings,
    ) -> Result<(), GalleryError> {
        if let Some(last) = batches.last() {
            (self.end, self.head) = (last.end, last.head);
        }
        let batches = batches.into_iter().map(|read| (read.batch.records, read.batch.payload));
        self.apply(files, batches.collect(), super::change::decode, findings)
    }

    /// Decodes batches and applies them.
    fn apply(
        &mut self,
        files: &Files,
        batches: Vec<(Vec<crate::storage::Record>, Vec<u8>)>,
        decode: load::Decode,
        findings: &mut Findings,
    ) -> Result<(), GalleryError> {
        if batches.is_empty() {
            return Ok(());
        }
        let path = files.path(&names::log(self.manifest.log));
        let gallery = self.manifest.gallery;
        let open = |entry: &SegmentEntry| open_attached(files, gallery, entry);
        let mut snapshot = (*self.snapshot).clone();
        for (changes, payload) in load::decode_batches(&path, batches, decode, &snapshot.code_model.clone())?
        {
            let mut application = Application::new(snapshot);
            findings.changes += changes.len().max(1);
            for change in changes {
                let applied = application.change(&change, &open);
                applied.map_err(|error| match error {
                    GalleryError::UnknownReference { .. } | GalleryError::ModelDimension { .. } => {
                        Damage::new(&path, self.end, "a change that can be applied", "one that cannot").into()
                    }
                    error => error,
                })?;
                self.note(change, findings);
            }
            snapshot = application.finish(&payload)?;
        }
        self.snapshot = Arc::new(snapshot);
        Ok(())
    }

    /// Counts the numbers that a change of the log used.
    fn note(&mut self, change: Change, findings: &mut Findings) {
        match change {
            Change::References { added, .. } => {
                let last = added.iter().map(|added| added.meta.reference().value() + 1).max();
                self.next_reference = self.next_reference.max(last.unwrap_or(0));
                findings.changes += added.len();
            }
            Change::Attach { segments, next_reference } => {
                self.next_reference = self.next_reference.max(next_reference);
                let last = segments.iter().map(|segment| segment.number + 1).max();
                self.next_file = self.next_file.max(last.unwrap_or(0));
            }
            Change::Request(entry) => findings.requests.push(entry),
            Change::Delete { .. } | Change::Erase { .. } | Change::Status { .. } => {}
        }
    }

    /// Whether another manifest is the gallery's by now.
    pub(super) fn is_superseded(&self, files: &Files) -> bool {
        match &self.witness {
            Some((known, _)) => read_witness(files, names::WITNESS)
                .is_ok_and(|testimony| testimony.witness.manifest != known.manifest),
            None => files.read(names::CURRENT, Current::MOST_BYTES).is_ok_and(|now| now != self.current),
        }
    }

    /// Reads what was acknowledged since; `false` if the state has to be loaded again.
    pub(super) fn follow(&mut self, files: &Files) -> Result<bool, GalleryError> {
        let Some((known, reader)) = &self.witness else {
            let length = files.length(&names::log(self.manifest.log), &*self.log)?;
            return Ok(files.read(names::CURRENT, Current::MOST_BYTES)? == self.current && length == self.end);
        };
        if files.identity(names::WITNESS)? != reader.id {
            return Ok(false);
        }
        let testimony = read_slots(files, names::WITNESS, &*reader.reader)?;
        let witness = testimony.witness;
        if (witness.sequence, witness.head) == (known.sequence, known.head) {
            return Ok(true);
        }
        let goes_on = witness.manifest == self.manifest.number
            && witness.log == self.manifest.log
            && witness.generation >= self.snapshot.generation().value()
            && witness.length >= self.end
            && testimony.damaged_slot.is_none();
        if !goes_on || !self.read_on(files, &witness)? {
            return Ok(false);
        }
        let Some((known, reader)) = &mut self.witness else { return Ok(false) };
        if !testimony.synced {
            files.sync_reader(names::WITNESS, &*reader.reader)?;
        }
        *known = witness;
        Ok(true)
    }

    /// Reads the log on to where the witness says; `false` if it is not there.
    fn read_on(&mut self, files: &Files, witness: &Witness) -> Result<bool, GalleryError> {
        if witness.length == self.end {
            return Ok(witness.head == self.head);
        }
        let name = names::log(self.manifest.log);
        let bytes = files.between(&name, &*self.log, self.end, witness.length)?;
        let start = LogStart { generation: self.snapshot.generation().value(), head: self.head };
        let scan = scan_log(&files.path(&name), self.log_id(), &bytes, self.end, start);
        let reaches = scan.batches.last().is_some_and(|last| {
            (last.end, last.head, last.batch.generation) == (witness.length, witness.head, witness.generation)
        });
        if reaches {
            self.apply_read(files, scan.batches, &mut Findings::default())?;
        }
        Ok(reaches)
    }
}
