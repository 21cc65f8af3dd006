//! Recovery: what a crash left in a folder is settled, and every removal is reported.

use super::error::GalleryError;
use super::load;
use super::manifest::COUNTERS;
use super::names;
use super::requests::{Requests, decode_file};
use super::state::State;
use crate::storage::{Damage, Files};

/// What a writer found when it opened the gallery, and what it did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Recovery {
    /// Whole batches that were not acknowledged before the crash and that were kept.
    pub kept_batches: u64,
    /// Bytes after the last whole batch of the log. None of them was acknowledged; they are kept in a file
    /// that was set aside.
    pub cut_bytes: u64,
    /// What was wrong with them.
    pub torn: Option<Damage>,
    /// A slot of the witness that was damaged, and written anew.
    pub damaged_slot: Option<Damage>,
    /// Files that were removed: unfinished ones, and those that the manifest supersedes.
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

/// Renames a witness that has a temporary name.
pub(super) fn settle_witness(files: &Files, state: &State) -> Result<(), GalleryError> {
    if let Some((_, witness)) = &state.witness
        && witness.name != names::WITNESS
    {
        files.rename(&witness.name, names::WITNESS)?;
        files.sync()?;
    }
    Ok(())
}

/// Above every number that a file has or had.
pub(super) fn next_file(files: &Files, state: &State) -> Result<u64, GalleryError> {
    let number = |name: &String| {
        let name = name.strip_prefix(&names::set_aside("")).unwrap_or(name);
        let name = crate::storage::whole_name(name).unwrap_or(name);
        names::number_of(name.split('~').next().unwrap_or_default())
    };
    // No file of a gallery has a greater number.
    let last = files.list()?.iter().filter_map(number).filter(|&number| number < COUNTERS).max().unwrap_or(0);
    Ok(state.next_file.max(last.saturating_add(1)))
}

/// Removes superseded and unfinished files, and sets aside files that no manifest accounts for.
pub(super) fn tidy(
    files: &Files,
    state: &State,
    named: &[String],
    recovery: &mut Recovery,
) -> Result<(), GalleryError> {
    let found = files.list()?;
    for name in &found {
        let is_other = names::is_numbered(name) && !named.contains(name);
        let is_superfluous = names::is_unfinished(name)
            || is_other && state.manifest.superseded.contains(name)
            || name == names::CREATING
            || name == names::RESTORING;
        if is_superfluous {
            match files.remove(name) {
                // A folder was not created by a gallery.
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

/// Gives a file another name under which it is kept; gives that name.
pub(super) fn set_aside(files: &Files, name: &str, taken: &[String]) -> Result<String, GalleryError> {
    let mut to = names::set_aside(name);
    let mut count = 1;
    while taken.contains(&to) {
        count += 1;
        to = format!("{}~{count}", names::set_aside(name));
    }
    files.rename(name, &to)?;
    Ok(to)
}

/// The requests that the files remember.
pub(super) fn read_requests(files: &Files, state: &State) -> Result<Requests, GalleryError> {
    let mut requests = Requests::default();
    for entry in &state.manifest.requests {
        let name = names::requests(entry.number);
        let bytes = load::read_pinned(files, &name, entry)?;
        let path = files.path(&name);
        requests.push_file(entry.clone(), decode_file(&path, state.manifest.gallery, entry.number, &bytes)?);
    }
    Ok(requests)
}
