//! The lock of an audit file, waited for within a time limit.

use std::fs::{File, Metadata, TryLockError};
use std::path::Path;
use std::time::{Duration, Instant};

use super::AuditFileError;

/// How long a process waits for a lock if nothing else is said.
pub(in crate::database::audit) const LOCK_TIMEOUT: Duration = Duration::from_secs(5);

/// Between two tries. An entry holds the lock for a write and a synchronisation, and a busy process takes
/// it again within microseconds: tries that are much rarer would miss that moment for seconds.
const PAUSE: Duration = Duration::from_micros(100);

/// The end of a wait.
#[derive(Clone, Copy, Debug)]
pub(in crate::database::audit) struct Limit {
    started: Instant,
    timeout: Duration,
}

impl Limit {
    pub(in crate::database::audit) fn new(timeout: Duration) -> Self {
        Self { started: Instant::now(), timeout }
    }

    pub(super) fn is_over(self) -> bool {
        self.started.elapsed() >= self.timeout
    }

    /// The error when it is over.
    pub(super) fn busy(self, path: &Path) -> AuditFileError {
        let holder = std::fs::symlink_metadata(path).ok().and_then(|metadata| holder(&metadata));
        AuditFileError::Busy { path: path.to_owned(), waited: self.started.elapsed(), holder }
    }
}

/// Takes the file's lock, for this process alone.
pub(super) fn lock(file: &File, path: &Path, limit: Limit) -> Result<(), AuditFileError> {
    wait(|| file.try_lock(), path, limit)
}

/// Takes the file's lock as a reader: no process writes meanwhile.
pub(in crate::database::audit) fn lock_shared(
    file: &File,
    path: &Path,
    limit: Limit,
) -> Result<(), AuditFileError> {
    wait(|| file.try_lock_shared(), path, limit)
}

fn wait(
    mut try_lock: impl FnMut() -> Result<(), TryLockError>,
    path: &Path,
    limit: Limit,
) -> Result<(), AuditFileError> {
    loop {
        match try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::WouldBlock) if limit.is_over() => return Err(limit.busy(path)),
            Err(TryLockError::WouldBlock) => std::thread::sleep(PAUSE),
            Err(TryLockError::Error(error)) => return Err(AuditFileError::io(path, "lock it")(error)),
        }
    }
}

/// The process that holds a file's lock.
#[cfg(target_os = "linux")]
fn holder(metadata: &Metadata) -> Option<u32> {
    use std::os::unix::fs::MetadataExt;
    let device = (rustix::fs::major(metadata.dev()), rustix::fs::minor(metadata.dev()));
    holder_in(&std::fs::read_to_string("/proc/locks").ok()?, device, metadata.ino())
}

#[cfg(not(target_os = "linux"))]
fn holder(_: &Metadata) -> Option<u32> {
    None
}

/// Finds the holder in the text of `/proc/locks`, whose lines are as
/// `1: FLOCK  ADVISORY  WRITE 4711 fe:00:6095954 0 EOF`. A process that waits has `->` after the number.
#[cfg(target_os = "linux")]
fn holder_in(locks: &str, device: (u32, u32), inode: u64) -> Option<u32> {
    locks.lines().find_map(|line| {
        let mut words = line.split_whitespace().skip(1);
        let (kind, process, file) = (words.next()?, words.nth(2)?, words.next()?);
        let mut parts = file.split(':');
        let major = u32::from_str_radix(parts.next()?, 16).ok()?;
        let minor = u32::from_str_radix(parts.next()?, 16).ok()?;
        let is_it = kind == "FLOCK" && (major, minor) == device && parts.next()?.parse() == Ok(inode);
        // A process of another namespace is told as 0.
        process.parse().ok().filter(|process| is_it && *process != 0)
    })
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::holder_in;

    #[test]
    fn the_holder_is_found_by_device_and_inode() {
        let locks = "\
1: POSIX  ADVISORY  WRITE 1 fe:00:77 0 EOF
2: -> FLOCK  ADVISORY  WRITE 2 fe:00:77 0 EOF
3: FLOCK  ADVISORY  WRITE 3 fe:01:77 0 EOF
4: FLOCK  ADVISORY  WRITE 0 fe:00:78 0 EOF
nonsense
5: FLOCK  ADVISORY  READ 5 fe:00:77 0 EOF
";
        assert_eq!(holder_in(locks, (0xfe, 0), 77), Some(5));
        assert_eq!(holder_in(locks, (0xfe, 1), 77), Some(3));
        assert_eq!(holder_in(locks, (0xfe, 0), 78), None);
        assert_eq!(holder_in("", (0xfe, 0), 77), None);
    }
}
