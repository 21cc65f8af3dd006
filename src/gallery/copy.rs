//! Files of one acknowledged state, held open, copied to another folder, and proved there.

use super::acknowledged::{head_after, open_witness, read_current, read_log};
use super::change;
use super::error::GalleryError;
use super::load;
use super::manifest::{FileEntry, Manifest, SegmentEntry, Version};
use super::names;
use super::options::GalleryOptions;
use super::reference::Generation;
use super::segment::{FOOTER, Footer, HEADER};
use crate::storage::{
    Damage, Files, Head, Log, LogId, LogStart, ReadAt, ReadBatch, Testimony, Witness, WitnessFile,
    read_witness,
};

/// Bytes that are copied at a time.
const CHUNK: u64 = 1 << 20;

/// Receives the number of bytes of each step.
pub(super) type Progress<'a> = &'a mut dyn FnMut(u64);

/// What a backup, a restoration or a repair wrote.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CopyReport {
    /// The gallery's identity.
    pub identity: [u8; 16],
    /// The acknowledged state that the destination holds.
    pub generation: Generation,
    /// The caller's bytes of that state ([`super::Snapshot::payload`]).
    pub payload: Vec<u8>,
    /// Files that were written.
    pub copied_files: usize,
    /// Their bytes.
    pub copied_bytes: u64,
    /// Files that were there already and were proved to be the same.
    pub kept_files: usize,
    /// Their bytes.
    pub kept_bytes: u64,
    /// Files of the state before that were removed.
    pub removed_files: usize,
}

/// A file that never changes, and what proves it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Immutable {
    pub(super) name: String,
    pub(super) length: u64,
    digest: [u8; 32],
    is_segment: bool,
}

impl Immutable {
    pub(super) fn segment(entry: &SegmentEntry) -> Self {
        Self { name: entry.name(), length: entry.length, digest: entry.digest, is_segment: true }
    }

    fn whole(name: String, entry: &FileEntry) -> Self {
        Self { name, length: entry.length, digest: entry.digest, is_segment: false }
    }

    /// All that a manifest names.
    fn of_manifest(manifest: &Manifest) -> Vec<Self> {
        let tombstones = manifest.tombstones.iter();
        let tombstones = tombstones.map(|entry| Self::whole(names::tombstones(entry.number), entry));
        let requests =
            manifest.requests.iter().map(|entry| Self::whole(names::requests(entry.number), entry));
        let segments = manifest.segments.iter().map(Self::segment);
        tombstones.chain(requests).chain(segments).collect()
    }

    /// Reads a file, passes its bytes to `each`, and returns whether they fit the digest of its entry.
    fn read(
        &self,
        files: &Files,
        reader: &dyn ReadAt,
        each: &mut dyn FnMut(&[u8]) -> Result<(), GalleryError>,
    ) -> Result<bool, GalleryError> {
        if files.length(&self.name, reader)? != self.length {
            return Ok(false);
        }
        let mut digest = Digest::new(self);
        let mut at = 0;
        while at < self.length {
            let bytes = files.between(&self.name, reader, at, self.length.min(at + CHUNK))?;
            if bytes.is_empty() {
                return Ok(false);
            }
            digest.update(at, &bytes);
            each(&bytes)?;
            at += bytes.len() as u64;
        }
        Ok(digest.fits(self))
    }

    /// Whether the folder has the file, byte for byte.
    pub(super) fn is_in(&self, files: &Files, progress: Progress<'_>) -> Result<bool, GalleryError> {
        let reader = match files.open(&self.name) {
            Err(error) if error.is_not_found() => return Ok(false),
            reader => reader?,
        };
        self.read(files, &*reader, &mut |bytes| {
            progress(bytes.len() as u64);
            Ok(())
        })
    }

    fn damage(&self, files: &Files) -> GalleryError {
        Damage::new(&files.path(&self.name), 0, "the bytes that fit the digest", "others").into()
    }

    /// Reads the file back, and fails unless it is what was written.
    pub(super) fn prove(&self, files: &Files, progress: Progress<'_>) -> Result<(), GalleryError> {
        if self.is_in(files, progress)? { Ok(()) } else { Err(self.damage(files)) }
    }

    /// Copies the file, durably, and reads it back. It replaces one that is damaged.
    pub(super) fn copy(
        &self,
        (source, reader): (&Files, &dyn ReadAt),
        destination: &Files,
        progress: Progress<'_>,
    ) -> Result<(), GalleryError> {
        destination.remove_if_there(&format!("{}.tmp", self.name))?;
        let mut file = destination.begin(&self.name)?;
        let whole = self.read(source, reader, &mut |bytes| {
            progress(bytes.len() as u64);
            Ok(file.output()?.write(bytes)?)
        })?;
        if !whole {
            return Err(self.damage(source));
        }
        file.output()?.sync()?;
        file.finish()?;
        self.prove(destination, progress)
    }
}

/// The digest of a file as its entry states it: of a segment everything between header and footer, and then the
/// header.
struct Digest {
    hasher: blake3::Hasher,
    header: Vec<u8>,
    footer: Vec<u8>,
    /// What the digest covers in file order.
    start: u64,
    end: u64,
}

impl Digest {
    fn new(file: &Immutable) -> Self {
        let (start, end) = match file.is_segment {
            true => (HEADER as u64, file.length.saturating_sub(FOOTER as u64)),
            false => (0, file.length),
        };
        Self { hasher: blake3::Hasher::new(), header: Vec::new(), footer: Vec::new(), start, end }
    }

    fn update(&mut self, at: u64, bytes: &[u8]) {
        let part = |from: u64, to: u64| {
            let length = bytes.len() as u64;
            let range =
                from.saturating_sub(at).min(length) as usize..to.saturating_sub(at).min(length) as usize;
            bytes.get(range).unwrap_or_default()
        };
        self.header.extend_from_slice(part(0, self.start));
        self.hasher.update(part(self.start, self.end));
        self.footer.extend_from_slice(part(self.end, u64::MAX));
    }

    fn fits(mut self, file: &Immutable) -> bool {
        self.hasher.update(&self.header);
        let footer_fits = || {
            let footer = bytemuck::try_pod_read_unaligned::<Footer>(&self.footer);
            footer.is_ok_and(|footer| {
                footer.is_valid() && footer.file_bytes == file.length && footer.digest == file.digest
            })
        };
        *self.hasher.finalize().as_bytes() == file.digest && (!file.is_segment || footer_fits())
    }
}

/// An acknowledged state by its manifest, witness and log. The other files are not read.
pub(super) struct Sealed {
    pub(super) manifest: Manifest,
    /// The batches since the manifest.
    pub(super) batches: Vec<ReadBatch>,
    pub(super) head: Head,
    pub(super) generation: u64,
    pub(super) witness: Witness,
    /// Files that never change, those included that the log attaches.
    pub(super) files: Vec<Immutable>,
}

impl Sealed {
    pub(super) fn read(files: &Files) -> Result<Self, GalleryError> {
        read_current(files, |current| {
            let (version, manifest) = load::read_manifest(files, &current, &GalleryOptions::default())?;
            if version == Version::First {
                return Err(GalleryError::EarlierVersion { directory: files.path("") });
            }
            let (testimony, witness) = open_witness(files, &manifest)?;
            let name = names::log(manifest.log);
            let log = files.open(&name)?;
            let batches = read_log(files, &*log, &manifest, &testimony, false)?.batches;
            if !testimony.synced {
                files.sync_reader(&witness.name, &*witness.reader)?;
            }
            let mut named = Immutable::of_manifest(&manifest);
            let path = files.path(&name);
            for record in batches.iter().flat_map(|read| &read.batch.records) {
                named.extend(change::attached(&path, record)?.iter().map(Immutable::segment));
            }
            Ok(Self {
                head: head_after(&manifest, &batches),
                generation: manifest.generation + batches.len() as u64,
                manifest,
                batches,
                witness: testimony.witness,
                files: named,
            })
        })
    }

    /// The digest of a generation's batch, if that is the manifest's or a later one.
    pub(super) fn head_of(&self, generation: u64) -> Option<Head> {
        let after = generation.checked_sub(self.manifest.generation)?;
        self.batches.get(..usize::try_from(after).ok()?).map(|batches| head_after(&self.manifest, batches))
    }

    /// The names of all files, but for CURRENT and WITNESS.
    pub(super) fn names(&self) -> Vec<String> {
        let attached = self.files.iter().map(|file| file.name.clone());
        [names::manifest(self.manifest.number), names::log(self.manifest.log)]
            .into_iter()
            .chain(attached)
            .collect()
    }

    fn payload(&self) -> &[u8] {
        let payloads = self.batches.iter().rev().map(|read| read.batch.payload.as_slice());
        payloads
            .chain([self.manifest.payload.as_slice()])
            .find(|payload| !payload.is_empty())
            .unwrap_or_default()
    }

    pub(super) fn report(&self) -> CopyReport {
        CopyReport {
            identity: self.manifest.gallery,
            generation: Generation::new(self.generation),
            payload: self.payload().to_vec(),
            ..CopyReport::default()
        }
    }
}

/// An acknowledged state with all its files open: they stay readable when their names are removed.
pub(super) struct Pinned {
    pub(super) files: Files,
    pub(super) sealed: Sealed,
    readers: Vec<Box<dyn ReadAt>>,
}

impl Pinned {
    /// Opens all files of one state; begins again if some were superseded meanwhile.
    pub(super) fn new(files: &Files) -> Result<Self, GalleryError> {
        const TRIES: u32 = 50;
        let mut tries = 0;
        loop {
            let sealed = Sealed::read(files)?;
            let readers: Result<Vec<_>, _> = sealed.files.iter().map(|file| files.open(&file.name)).collect();
            tries += 1;
            let error = match readers {
                Ok(readers) => return Ok(Self { files: files.clone(), sealed, readers }),
                Err(error) => error,
            };
            let now = Sealed::read(files)?.manifest.number;
            if !error.is_not_found() || now == sealed.manifest.number || tries == TRIES {
                return Err(error.into());
            }
        }
    }

    /// The files that never change, with their readers.
    pub(super) fn immutable(&self) -> impl Iterator<Item = (&Immutable, &dyn ReadAt)> {
        self.sealed.files.iter().zip(self.readers.iter().map(|reader| &**reader))
    }

    /// Copies a file, and counts it in the report.
    pub(super) fn copy(
        &self,
        (file, reader): (&Immutable, &dyn ReadAt),
        destination: &Files,
        (report, progress): (&mut CopyReport, Progress<'_>),
    ) -> Result<(), GalleryError> {
        file.copy((&self.files, reader), destination, progress)?;
        report.copied_files += 1;
        report.copied_bytes += file.length;
        Ok(())
    }

    /// Writes log, witness and manifest of the state under the numbers of a manifest, durably, and reads them
    /// back. The folder's names are not synchronised.
    pub(super) fn write_around(
        &self,
        destination: &Files,
        manifest: &Manifest,
        (witness_name, sequence): (&str, u64),
        report: &mut CopyReport,
    ) -> Result<(), GalleryError> {
        let name = names::log(manifest.log);
        let id = LogId { gallery: manifest.gallery, number: manifest.log };
        let start = LogStart { generation: manifest.generation, head: manifest.head };
        let mut log = Log::create(destination, &name, id, start)?;
        for read in &self.sealed.batches {
            log.write(&read.batch)?;
        }
        log.sync()?;
        let witness = Witness {
            gallery: manifest.gallery,
            sequence,
            manifest: manifest.number,
            generation: self.sealed.generation,
            log: manifest.log,
            length: log.end(),
            head: log.head(),
        };
        WitnessFile::create(destination, witness_name, witness)?;
        let bytes = manifest.encode();
        let manifest_name = names::manifest(manifest.number);
        destination.write(&manifest_name, &bytes)?;
        report.copied_files += 3;
        report.copied_bytes += log.end() + bytes.len() as u64;

        let found: Testimony = read_witness(destination, witness_name)?;
        if found.witness != witness || found.damaged_slot.is_some() {
            let path = destination.path(witness_name);
            return Err(Damage::new(&path, 0, "the witness that was written", "another").into());
        }
        let reader = destination.open(&name)?;
        let read = read_log(destination, &*reader, manifest, &found, false)?;
        if read.tail.is_some() || head_after(manifest, &read.batches) != self.sealed.head {
            let path = destination.path(&name);
            return Err(Damage::new(&path, 0, "the log that was written", "another").into());
        }
        if destination.read(&manifest_name, bytes.len() as u64)? != bytes {
            let path = destination.path(&manifest_name);
            return Err(Damage::new(&path, 0, "the manifest that was written", "another").into());
        }
        Ok(())
    }
}
