//! Opening by name: regular files only, and which file a name means.

use std::fs::{File, FileType, Metadata, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use super::AuditFileError;

/// What tells one file from all others of this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Identity {
    device: u64,
    inode: u64,
}

impl Identity {
    #[cfg(unix)]
    pub(super) fn of(metadata: &Metadata) -> Self {
        use std::os::unix::fs::MetadataExt;
        Self { device: metadata.dev(), inode: metadata.ino() }
    }

    /// All files are one where the system does not tell.
    #[cfg(not(unix))]
    pub(super) fn of(_: &Metadata) -> Self {
        Self { device: 0, inode: 0 }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::database::audit) enum Access {
    Read,
    /// To read and append.
    Append,
    /// To read and append; the file must not be there. Only its owner may read it.
    Create,
}

/// Opens a regular file. Anything else is an error at once: nothing waits for the other end of a FIFO.
pub(in crate::database::audit) fn open_regular(
    path: &Path,
    access: Access,
) -> Result<(File, Metadata), AuditFileError> {
    // Before it is opened: to open a device can have an effect.
    if let Some(there) = named(path)? {
        check_regular(path, there.file_type())?;
    }
    let mut options = OpenOptions::new();
    options.read(true).append(access != Access::Read).create_new(access == Access::Create);
    #[cfg(unix)]
    {
        use rustix::fs::OFlags;
        use std::os::unix::fs::OpenOptionsExt;
        let flags = OFlags::NONBLOCK | OFlags::NOFOLLOW | OFlags::NOCTTY;
        options.mode(0o600).custom_flags(flags.bits().cast_signed());
    }
    let file = options.open(path).map_err(AuditFileError::io(path, "open it"))?;
    let metadata = file.metadata().map_err(AuditFileError::io(path, "read its length"))?;
    check_regular(path, metadata.file_type())?;
    Ok((file, metadata))
}

fn check_regular(path: &Path, kind: FileType) -> Result<(), AuditFileError> {
    if kind.is_file() {
        return Ok(());
    }
    #[cfg(unix)]
    let is_fifo = std::os::unix::fs::FileTypeExt::is_fifo(&kind);
    #[cfg(not(unix))]
    let is_fifo = false;
    let found = match () {
        () if kind.is_dir() => "a directory",
        () if kind.is_symlink() => "a symbolic link",
        () if is_fifo => "a FIFO",
        () => "a device or socket",
    };
    Err(AuditFileError::NotRegular { path: path.to_owned(), found })
}

/// The file that a path names; none if there is none. A symbolic link is not followed.
pub(super) fn named(path: &Path) -> Result<Option<Metadata>, AuditFileError> {
    match std::fs::symlink_metadata(path) {
        Ok(metadata) => Ok(Some(metadata)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(AuditFileError::io(path, "find it")(error)),
    }
}

/// Whether the path names this file.
pub(super) fn is_named(path: &Path, identity: Identity) -> Result<bool, AuditFileError> {
    Ok(named(path)?.is_some_and(|there| Identity::of(&there) == identity))
}

/// Makes the names in the file's directory durable.
pub(super) fn sync_directory(path: &Path) -> Result<(), AuditFileError> {
    #[cfg(unix)]
    {
        let directory = directory(path);
        let synced = File::open(&directory).and_then(|directory| directory.sync_all());
        synced.map_err(AuditFileError::io(&directory, "synchronise this directory"))?;
    }
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

/// The directory of a file.
pub(super) fn directory(path: &Path) -> PathBuf {
    let directory = path.parent().filter(|directory| !directory.as_os_str().is_empty());
    directory.unwrap_or(Path::new(".")).to_owned()
}
