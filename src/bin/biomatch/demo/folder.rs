//! Where the demo's gallery is: kept, or gone at the end.

use std::fs;
use std::path::{Path, PathBuf};

use biomatch::escape::Escaped;

use crate::exit::{Exit, Failure};

/// A folder for the gallery; a temporary one is removed at the end, however the run ends.
pub(super) struct Folder {
    path: PathBuf,
    temporary: bool,
}

impl Folder {
    pub(super) fn new(kept: Option<&Path>) -> Result<Self, Failure> {
        if let Some(path) = kept {
            return Ok(Self { path: path.to_owned(), temporary: false });
        }
        let path = std::env::temp_dir().join(format!("biomatch-demo-{}", std::process::id()));
        fs::create_dir(&path)
            .map_err(|error| Failure::new(Exit::Gallery, format!("{}: {error}", Escaped::new(&path))))?;
        Ok(Self { path, temporary: true })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if self.temporary {
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}
