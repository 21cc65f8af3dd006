//! Files for what can only be read by name.

use std::path::{Path, PathBuf};

/// A file of this process alone, in memory where the system offers that.
pub fn own_file(name: &str) -> PathBuf {
    let memory = Path::new("/dev/shm");
    let folder = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
    folder.join(format!("biomatch-fuzz-{}-{name}", std::process::id()))
}
