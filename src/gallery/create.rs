//! Creation of an empty gallery. It removes no file, except those that an unfinished creation lists as its
//! own.

use super::error::GalleryError;
use super::folder::take_lock;
use super::manifest::Manifest;
use super::names;
use super::options::GalleryOptions;
use super::state::FIRST_SEQUENCE;
use crate::fingerprint::FEATURE_VERSION;
use crate::storage::{Files, LOG_HEADER, Log, LogId, LogStart, StorageError, Witness, WitnessFile};

const LOG: u64 = 1;
const MANIFEST: u64 = 2;
/// No file of a creation is larger: a larger one holds data.
const MOST_BYTES: u64 = 8192;

/// Makes an empty gallery.
pub(super) fn create(files: &Files, options: &GalleryOptions) -> Result<(), GalleryError> {
    // Checked before anything changes, and again under the lock.
    check(files)?;
    let lock = take_lock(files)?;
    check(files)?;
    let found = files.list()?;
    if found.iter().any(|name| name == names::CREATING) {
        clear(files, &found)?;
    } else {
        files.write(names::CREATING, b"A gallery is being created here.\n")?;
        files.sync()?;
    }
    let gallery = new_identity(files)?;
    let manifest = Manifest {
        gallery,
        number: MANIFEST,
        generation: 0,
        head: [0; 32],
        next_reference: 1,
        next_file: MANIFEST + 1,
        log: LOG,
        tombstones: None,
        code_model: options.code_model.id(),
        features: FEATURE_VERSION,
        partition: options.partition,
        payload: Vec::new(),
        segments: Vec::new(),
        requests: Vec::new(),
        erasures: Vec::new(),
        superseded: Vec::new(),
    };
    let start = LogStart { generation: 0, head: manifest.head };
    Log::create(files, &names::log(LOG), LogId { gallery, number: LOG }, start)?;
    let witness = Witness {
        gallery,
        sequence: FIRST_SEQUENCE,
        manifest: MANIFEST,
        generation: 0,
        log: LOG,
        length: LOG_HEADER,
        head: manifest.head,
    };
    WitnessFile::create(files, names::WITNESS, witness)?;
    files.write(&names::manifest(MANIFEST), &manifest.encode())?;
    files.sync()?;
    files.prepare(names::CURRENT, manifest.current().encode().as_bytes())?.finish()?;
    files.sync()?;
    files.remove(names::CREATING)?;
    files.sync()?;
    drop(lock);
    Ok(())
}

/// Whether a gallery may be made here.
fn check(files: &Files) -> Result<(), GalleryError> {
    let found = files.list()?;
    let has = |wanted: &str| found.iter().any(|name| name == wanted);
    if has(names::CURRENT) {
        return Err(GalleryError::AlreadyExists { directory: files.path("") });
    }
    if has(names::CREATING) && !has(names::RESTORING) {
        return Ok(());
    }
    match found.iter().find(|name| names::is_of_gallery(name)) {
        Some(example) => Err(GalleryError::Remains { directory: files.path(""), example: example.clone() }),
        None => Ok(()),
    }
}

/// Clears what an unfinished creation made.
fn clear(files: &Files, found: &[String]) -> Result<(), GalleryError> {
    let own = [names::log(LOG), names::manifest(MANIFEST), names::WITNESS.to_owned()];
    let temporary = format!("{}.tmp", names::CURRENT);
    let mut made = Vec::new();
    for name in found {
        if own.contains(name) || *name == temporary {
            made.push(name);
        } else if names::is_numbered(name) || names::is_set_aside(name) {
            return Err(GalleryError::Remains { directory: files.path(""), example: name.clone() });
        }
    }
    for name in &made {
        let length = files.length(name, &*files.open(name)?)?;
        if length > MOST_BYTES || **name == names::log(LOG) && length > LOG_HEADER {
            return Err(GalleryError::Remains { directory: files.path(""), example: (*name).clone() });
        }
    }
    for name in made {
        files.remove(name)?;
    }
    Ok(files.sync()?)
}

/// Sixteen random bytes, which no other gallery has.
fn new_identity(files: &Files) -> Result<[u8; 16], StorageError> {
    let mut identity = [0; 16];
    getrandom::fill(&mut identity)
        .map_err(|error| StorageError::io(files.path(""), "draw random bytes", error.into()))?;
    Ok(identity)
}
