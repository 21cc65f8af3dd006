//! What a gallery acknowledged: the batches of its log that the witness covers. Nothing here writes.

use super::error::GalleryError;
use super::manifest::{Current, Manifest};
use super::names;
use crate::storage::{
    Damage, FileId, Files, Head, LOG_HEADER, LogId, LogStart, ReadAt, ReadBatch, StorageError, Testimony,
    Witness, check_log_header, read_slots, read_witness, scan_log,
};

/// Most bytes after the witness's end that a writer searches for a batch to keep.
const MOST_TAIL: u64 = 256 << 20;
/// Most bytes after the witness's end that a reader searches for proof that the witness is too old.
const MOST_TAIL_OF_READER: u64 = 16 << 20;
/// Most bytes that are read of a log that the witness does not name.
pub(super) const MOST_LOG: u64 = 4 << 30;

/// The witness file as it was opened.
pub(super) struct WitnessReader {
    pub(super) reader: Box<dyn ReadAt>,
    pub(super) id: FileId,
    /// Its name. The newest witness of a backup has a temporary name until it replaces the one before.
    pub(super) name: String,
}

/// The batches of a log that count.
pub(super) struct ReadLog {
    pub(super) batches: Vec<ReadBatch>,
    /// Whole batches among them that the witness does not cover.
    pub(super) adopted: u64,
    /// The offset at which the last of them ends.
    pub(super) end: u64,
    /// What is wrong after the last batch; `None` if the log ends there.
    pub(super) tail: Option<Damage>,
    /// Bytes after the last batch.
    pub(super) tail_bytes: u64,
}

/// Runs `read` with the contents of CURRENT, and again while another process replaces what it names.
pub(super) fn read_current<T>(
    files: &Files,
    mut read: impl FnMut(Vec<u8>) -> Result<T, GalleryError>,
) -> Result<T, GalleryError> {
    const TRIES: u32 = 50;
    let mut tries = 0;
    loop {
        let current = files.read(names::CURRENT, Current::MOST_BYTES)?;
        let result = read(current.clone());
        tries += 1;
        let Err(error) = result else { return result };
        // What CURRENT named may have been replaced while it was read; if not, the error stands.
        let moved = files.read(names::CURRENT, Current::MOST_BYTES)? != current;
        if tries == TRIES || !(moved || tries < 3 && is_moving(&error)) {
            return Err(error);
        }
        if tries > 10 {
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
    }
}

/// Whether a file vanished or shrank: it may have been replaced. Damage stays when it is read again.
fn is_moving(error: &GalleryError) -> bool {
    match error {
        GalleryError::Storage(error) => {
            matches!(error.io_kind(), Some(std::io::ErrorKind::NotFound | std::io::ErrorKind::UnexpectedEof))
        }
        _ => false,
    }
}

/// Opens and reads the witness of a manifest.
pub(super) fn open_witness(
    files: &Files,
    manifest: &Manifest,
) -> Result<(Testimony, WitnessReader), GalleryError> {
    let mut found = open_named(files, names::WITNESS, manifest)?;
    if found.0.witness.manifest < manifest.number {
        // A backup that was interrupted between CURRENT and WITNESS has the newer one beside it.
        found = match open_named(files, &names::pending_witness(manifest.number), manifest) {
            Err(GalleryError::Storage(error)) if error.is_not_found() => {
                open_named(files, names::WITNESS, manifest)?
            }
            pending => pending?,
        };
    }
    Ok(found)
}

fn open_named(
    files: &Files,
    name: &str,
    manifest: &Manifest,
) -> Result<(Testimony, WitnessReader), GalleryError> {
    let path = files.path(name);
    let reader = match files.open(name) {
        Err(error) if error.is_not_found() && name == names::WITNESS => {
            return Err(Damage::new(&path, 0, "the witness of what was acknowledged", "no file").into());
        }
        reader => reader?,
    };
    let testimony = read_slots(files, name, &*reader)?;
    if testimony.witness.gallery != manifest.gallery {
        return Err(Damage::new(&path, 24, "the identity that the manifest has", "another gallery's").into());
    }
    let id = reader.identity().map_err(|source| StorageError::io(path, "look up", source))?;
    Ok((testimony, WitnessReader { reader, id, name: name.to_owned() }))
}

/// Reads a log: all batches that the witness covers, and for a writer the whole batch after them.
pub(super) fn read_log(
    files: &Files,
    log: &dyn ReadAt,
    manifest: &Manifest,
    testimony: &Testimony,
    is_writer: bool,
) -> Result<ReadLog, GalleryError> {
    let name = names::log(manifest.log);
    let path = files.path(&name);
    let id = LogId { gallery: manifest.gallery, number: manifest.log };
    let header = files.between(&name, log, 0, LOG_HEADER)?;
    let start = LogStart { generation: manifest.generation, head: manifest.head };
    if check_log_header(&path, id, &header)? != start {
        return Err(Damage::new(&path, 48, "the state that the manifest ends with", "another state").into());
    }
    let length = files.length(&name, log)?;
    let first = first_witness(manifest, &testimony.witness);
    let witness = if is_ahead(manifest, &testimony.witness, length) { &first } else { &testimony.witness };
    if witness.manifest > manifest.number || witness.generation < manifest.generation {
        let known = witness.generation.max(manifest.generation);
        return Err(went_back(files, known, manifest.generation));
    }
    // A damaged slot may have been the newer one: then whole batches after the other slot's end count.
    let adopts = is_writer || testimony.damaged_slot.is_some();
    let to = match (witness.log == manifest.log, adopts) {
        (true, false) => witness.length.saturating_add(MOST_TAIL_OF_READER),
        (true, true) => witness.length.saturating_add(MOST_TAIL),
        (false, _) => MOST_LOG,
    };
    let bytes = files.between(&name, log, LOG_HEADER, to)?;
    let mut scan = scan_log(&path, id, &bytes, LOG_HEADER, start);
    let covered = scan.batches.iter().filter(|read| read.batch.generation <= witness.generation).count();
    let reached = manifest.generation + covered as u64;
    if reached < witness.generation {
        return Err(match scan.tail {
            Some(damage) => damage.into(),
            None => Damage::new(
                &path,
                scan.end,
                format_args!("the batches up to generation {}, which were acknowledged", witness.generation),
                format_args!("the end of the log after generation {reached}"),
            )
            .into(),
        });
    }
    if head_after(manifest, scan.batches.get(..covered).unwrap_or_default()) != witness.head {
        let found = "a history of the same length that is not the one acknowledged";
        return Err(Damage::new(&path, LOG_HEADER, "the history that the witness knows", found).into());
    }
    check_witness_is_newest(files, testimony, &scan.batches)?;
    let mut adopted = 0;
    if adopts {
        adopted = (scan.batches.len() - covered) as u64;
    } else {
        scan.batches.truncate(covered);
    }
    let end = scan.batches.last().map_or(LOG_HEADER, |read| read.end);
    Ok(ReadLog {
        batches: scan.batches,
        adopted,
        end,
        tail: scan.tail,
        tail_bytes: length.saturating_sub(end),
    })
}

/// Whether a recovery was interrupted between its manifest, which has batches that it kept, and the witness of it.
/// Its log is new then and holds nothing.
fn is_ahead(manifest: &Manifest, witness: &Witness, log_length: u64) -> bool {
    witness.manifest < manifest.number
        && witness.generation < manifest.generation
        && manifest.superseded.contains(&names::log(witness.log))
        && log_length == LOG_HEADER
}

/// What the witness of the manifest itself says.
pub(super) fn first_witness(manifest: &Manifest, before: &Witness) -> Witness {
    Witness {
        manifest: manifest.number,
        generation: manifest.generation,
        log: manifest.log,
        length: LOG_HEADER,
        head: manifest.head,
        ..*before
    }
}

/// A writer appends a batch once the one before is in the witness. Two batches after its end therefore prove
/// that it went back to an older copy, unless it was written since it was read.
fn check_witness_is_newest(
    files: &Files,
    testimony: &Testimony,
    batches: &[ReadBatch],
) -> Result<(), GalleryError> {
    let known = batches.last().map_or(0, |read| read.batch.generation);
    let found = testimony.witness.generation;
    // The newer one of its slots may be damaged.
    let most = if testimony.damaged_slot.is_some() { 2 } else { 1 };
    if known <= found.saturating_add(most) {
        return Ok(());
    }
    if read_witness(files, names::WITNESS)?.witness.sequence != testimony.witness.sequence {
        return Ok(());
    }
    Err(went_back(files, known, found))
}

/// The digest of the last batch, or of what the manifest ends with.
pub(super) fn head_after(manifest: &Manifest, batches: &[ReadBatch]) -> Head {
    batches.last().map_or(manifest.head, |read| read.head)
}

pub(super) fn went_back(files: &Files, known: u64, found: u64) -> GalleryError {
    GalleryError::WentBack { directory: files.path(""), known, found }
}
