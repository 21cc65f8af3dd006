//! Rotation: a file is closed and kept under a numbered name, and another continues it.
//!
//! The steps, all under the lock of the file that is closed, each durable before the next:
//!
//! 1. `NAME.0001` becomes a second name of the file. No name is ever taken from another file.
//! 2. `NAME.next` is made, empty.
//! 3. The file gets its last line, which says that it is closed. Nothing is appended to it any more.
//! 4. `NAME.next` gets its first line, with the digest of that last line.
//! 5. `NAME.next` is renamed to `NAME`.
//!
//! `NAME` is there at every moment. After a crash or an error before step 3 it is an open file with two names,
//! and whoever opens it next goes on from step 1, which finds the second name. After step 3 its last line says
//! that it is closed, and so does whoever writes to it next.

use std::fs::{self, File, Metadata};
use std::io;
use std::path::{Path, PathBuf};

use super::AuditFileError;
use super::end::{Body, Continuation, End, Lines};
use super::names::{number_beside, numbered, with_suffix};
use super::open::{Access, Identity, directory, is_named, named, open_regular, sync_directory};
use super::state::State;
use crate::database::audit::line::{CLOSED, CONTINUED, ChainLine, MOST_CHAIN_LINE, is_start_of_audit};
use crate::escape::Escaped;

const ENGINE: &str = env!("CARGO_PKG_VERSION");

/// Closes the file and goes on in a new one. The lock of the file is held; after it, that of the new one.
/// A rotation that was interrupted is finished. Gives the name that the closed file keeps.
pub(super) fn rotate(path: &Path, state: &mut State) -> Result<PathBuf, AuditFileError> {
    if cfg!(not(unix)) {
        return Err(AuditFileError::NoRotation { path: path.to_owned() });
    }
    let kept = keep(path, state)?;
    let kept_name = kept.file_name().unwrap_or_default().to_string_lossy();
    let next_path = with_suffix(path, ".next");
    let next = create_next(&next_path, &state.file)?;
    // Nobody else can have it yet. It is held until the new name is durable: no entry may rest on a name
    // that a power failure takes back.
    next.try_lock().map_err(|error| AuditFileError::io(&next_path, "lock it")(error.into()))?;
    if !state.end.closed {
        let mut last = Lines::after(state.end, path)?;
        let line =
            ChainLine { operation: CLOSED, kept_as: Some(&kept_name), continues: None, engine: ENGINE };
        last.push(&Body::new(&line, path)?)?;
        state.end = End { closed: true, ..last.write(&state.file)? };
    }
    let mut first = Lines::after(End::empty(state.end.digest), &next_path)?;
    let line = ChainLine { operation: CONTINUED, kept_as: None, continues: Some(&kept_name), engine: ENGINE };
    first.push(&Body::new(&line, path)?)?;
    let end = first.write(&next)?;
    next.sync_all().map_err(AuditFileError::io(&next_path, "synchronise it"))?;
    let metadata = next.metadata().map_err(AuditFileError::io(&next_path, "read its length"))?;
    let identity = Identity::of(&metadata);
    if !is_named(path, state.identity)? {
        let reason = "it came while the file was rotated".to_owned();
        return Err(AuditFileError::Replaced { path: path.to_owned(), reason });
    }
    fs::rename(&next_path, path).map_err(AuditFileError::io(&next_path, "rename it"))?;
    sync_directory(path)?;
    *state = State { file: next, identity, end };
    Ok(kept)
}

/// Gives the file its numbered name, if it has none yet.
fn keep(path: &Path, state: &State) -> Result<PathBuf, AuditFileError> {
    let kept = match second_name(path, state)? {
        Some(kept) => kept,
        None => {
            let continued = Continuation::read(&state.file, path)?.and_then(|first| first.number);
            let newest = rotated(path)?.into_iter().chain(continued).max().unwrap_or(0);
            link(path, u64::from(newest) + 1)?
        }
    };
    if !is_named(&kept, state.identity)? {
        let reason = "it came while the file was rotated".to_owned();
        return Err(AuditFileError::Replaced { path: path.to_owned(), reason });
    }
    sync_directory(path)?;
    Ok(kept)
}

/// The numbered name that a rotation gave the file.
fn second_name(path: &Path, state: &State) -> Result<Option<PathBuf>, AuditFileError> {
    for number in rotated(path)? {
        let name = numbered(path, u64::from(number));
        if is_named(&name, state.identity)? {
            return Ok(Some(name));
        }
    }
    Ok(None)
}

/// Whether a rotation of the file began and did not end.
pub(super) fn is_interrupted(path: &Path, state: &State) -> Result<bool, AuditFileError> {
    Ok(state.end.closed || second_name(path, state)?.is_some())
}

/// Whether `kept` is the numbered name that an interrupted rotation gave the file `path`: both name one file.
pub(in crate::database::audit) fn is_second_name(kept: &Path, path: &Path) -> Result<bool, AuditFileError> {
    if cfg!(not(unix)) || kept.file_name().is_none_or(|name| number_beside(name, path).is_none()) {
        return Ok(false);
    }
    named(path)?.map_or(Ok(false), |metadata| is_named(kept, Identity::of(&metadata)))
}

/// Links the file to the first numbered name that is free.
fn link(path: &Path, mut number: u64) -> Result<PathBuf, AuditFileError> {
    loop {
        let name = numbered(path, number);
        match fs::hard_link(path, &name) {
            Ok(()) => return Ok(name),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => number += 1,
            Err(error) => return Err(AuditFileError::io(&name, "give the file this second name")(error)),
        }
    }
}

/// Makes the file that is to continue `old`, with the same owner and the same rights.
fn create_next(path: &Path, old: &File) -> Result<File, AuditFileError> {
    if named(path)?.is_some() {
        if !is_remainder(path)? {
            return Err(AuditFileError::NameTaken { path: path.to_owned() });
        }
        fs::remove_file(path).map_err(AuditFileError::io(path, "remove it"))?;
    }
    let (next, new) = open_regular(path, Access::Create)?;
    let old = old.metadata().map_err(AuditFileError::io(path, "read the old file's rights"))?;
    give_rights(&next, &new, &old)
        .map_err(AuditFileError::io(path, "give it the old file's owner and rights"))?;
    Ok(next)
}

/// Whether a file is what an interrupted rotation leaves: empty, or the start of one line.
fn is_remainder(path: &Path) -> Result<bool, AuditFileError> {
    let (file, metadata) = open_regular(path, Access::Read)?;
    if metadata.len() > MOST_CHAIN_LINE as u64 {
        return Ok(false);
    }
    let is_line = Continuation::read(&file, path)?.is_some_and(|first| first.end.length == metadata.len());
    let start = fs::read(path).map_err(AuditFileError::io(path, "read it"))?;
    let is_cut = !start.contains(&b'\n') && is_start_of_audit(&start);
    Ok(is_line || is_cut)
}

#[cfg(unix)]
fn give_rights(file: &File, new: &Metadata, old: &Metadata) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt, fchown};
    if new.gid() != old.gid() {
        fchown(file, None, Some(old.gid()))?;
    }
    // Only a privileged process can give a file away. Another one that could open the old file has its
    // access by the group.
    match if new.uid() == old.uid() { Ok(()) } else { fchown(file, Some(old.uid()), None) } {
        Err(error) if error.kind() != io::ErrorKind::PermissionDenied => Err(error),
        _ => file.set_permissions(old.permissions()),
    }
}

#[cfg(not(unix))]
fn give_rights(_: &File, _: &Metadata, _: &Metadata) -> io::Result<()> {
    Ok(())
}

/// Opens the file that the path names instead of the one that is open, if the chain leads from that to
/// it. The lock of the open file is held.
pub(super) fn follow(path: &Path, state: &State) -> Result<State, AuditFileError> {
    let end = state.end.read_again(&state.file, path)?;
    let replaced = |reason: String| AuditFileError::Replaced { path: path.to_owned(), reason };
    if !end.closed {
        return Err(replaced("no rotation closed the file that was open".to_owned()));
    }
    let (file, metadata) = open_regular(path, Access::Append)?;
    let first = Continuation::read(&file, path)?;
    let first = first.ok_or_else(|| replaced("its first line does not continue another file".to_owned()))?;
    let (known, identity) = (first.end, Identity::of(&metadata));
    let mut newer = first;
    while newer.previous != end.digest {
        // Numbers fall at each step, so that this ends.
        let Some(number) = newer.number else {
            return Err(replaced("it continues a file without a number".to_owned()));
        };
        let older = numbered(path, u64::from(number));
        let lost = || replaced(format!("{} does not lead back to it", Escaped::new(&older)));
        let (file, _) = open_regular(&older, Access::Read)?;
        if End::read(&file, &older)?.digest != newer.previous {
            return Err(lost());
        }
        let first = Continuation::read(&file, &older)?.ok_or_else(lost)?;
        if first.number.is_none_or(|older| older >= number) && first.previous != end.digest {
            return Err(lost());
        }
        newer = first;
    }
    sync_directory(path)?;
    Ok(State { file, identity, end: known })
}

/// Whether the file continues the newest of the rotated files beside it, or is that file.
pub(super) fn check_continues(path: &Path, state: &State) -> Result<(), AuditFileError> {
    let Some(newest) = rotated(path)?.into_iter().max() else { return Ok(()) };
    let rotated = numbered(path, u64::from(newest));
    if is_named(&rotated, state.identity)? {
        return Ok(());
    }
    let first = Continuation::read(&state.file, path)?;
    let continues = match first.and_then(|first| Some((first.previous, first.number?))) {
        // The file that it continues was moved elsewhere.
        Some((_, number)) if number > newest => true,
        Some((previous, number)) if number == newest => {
            let (file, _) = open_regular(&rotated, Access::Read)?;
            End::read(&file, &rotated)?.digest == previous
        }
        _ => false,
    };
    if continues { Ok(()) } else { Err(AuditFileError::NotContinued { path: path.to_owned(), rotated }) }
}

/// The newest of the rotated files beside a path.
pub(super) fn newest_rotated(path: &Path) -> Result<Option<PathBuf>, AuditFileError> {
    Ok(rotated(path)?.into_iter().max().map(|number| numbered(path, u64::from(number))))
}

/// Numbers of the rotated files beside a path.
fn rotated(path: &Path) -> Result<Vec<u32>, AuditFileError> {
    let directory = directory(path);
    let failed = |error| AuditFileError::io(&directory, "list this directory")(error);
    let mut numbers = Vec::new();
    for entry in fs::read_dir(&directory).map_err(failed)? {
        numbers.extend(number_beside(&entry.map_err(failed)?.file_name(), path));
    }
    Ok(numbers)
}
