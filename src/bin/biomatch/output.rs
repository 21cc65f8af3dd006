//! Where results go: standard output, or a file that appears whole or not at all.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;

use biomatch::escape::{Escaped, is_control};

use crate::exit::{Exit, Failure, OrFail};

/// A buffered destination of machine output.
///
/// A path gets a temporary file beside it that [`Output::finish`] renames into place, so that a
/// run that fails leaves what was there before. `-`, a pipe or a device is written directly.
pub(crate) struct Output {
    writer: BufWriter<Box<dyn Write + Send>>,
    name: String,
    pending: Option<Pending>,
}

struct Pending {
    file: File,
    temporary: PathBuf,
    path: PathBuf,
}

impl Output {
    /// Standard output.
    pub(crate) fn stdout() -> Self {
        Self::straight(Box::new(io::stdout()), "standard output".to_owned())
    }

    /// The file at `path`, or standard output for `-`.
    pub(crate) fn create(path: &Path) -> Result<Self, Failure> {
        if path == Path::new("-") {
            return Ok(Self::stdout());
        }
        let name = Escaped::new(path).to_string();
        let failed = |error: io::Error| Failure::unwritable(&name, &error);
        if fs::metadata(path).is_ok_and(|there| !there.is_file()) {
            // A pipe or a device cannot be replaced by a rename; a folder fails to open here.
            let file = File::options().write(true).open(path).map_err(failed)?;
            return Ok(Self::straight(Box::new(file), name));
        }
        let (file, temporary) = create_beside(path).map_err(failed)?;
        let copy = file.try_clone().inspect_err(|_| {
            let _ = fs::remove_file(&temporary);
        });
        let pending = Some(Pending { file: copy.map_err(failed)?, temporary, path: path.to_owned() });
        Ok(Self { writer: BufWriter::new(Box::new(file)), name, pending })
    }

    /// Writes an answer to standard output: as one JSON value, or as text.
    pub(crate) fn answer<T: Serialize>(
        as_json: bool,
        answer: &T,
        text: impl FnOnce(&mut Self) -> io::Result<()>,
    ) -> Result<(), Failure> {
        let mut output = Self::stdout();
        let written = if as_json {
            let json = serde_json::to_string_pretty(answer).or_fail(Exit::Output)?;
            writeln!(output, "{}", without_controls(json))
        } else {
            text(&mut output)
        };
        output.check(written)?;
        output.finish()
    }

    fn straight(writer: Box<dyn Write + Send>, name: String) -> Self {
        Self { writer: BufWriter::new(writer), name, pending: None }
    }

    /// Its name in messages.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Turns a failed write into a failure.
    pub(crate) fn check(&self, result: io::Result<()>) -> Result<(), Failure> {
        result.map_err(|error| Failure::unwritable(&self.name, &error))
    }

    /// Writes what is buffered and puts the file in its place.
    pub(crate) fn finish(mut self) -> Result<(), Failure> {
        let result = self.writer.flush().and_then(|()| match &self.pending {
            Some(pending) => {
                pending.file.sync_all()?;
                fs::rename(&pending.temporary, &pending.path)
            }
            None => Ok(()),
        });
        self.check(result)?;
        self.pending = None;
        Ok(())
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.writer.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        if let Some(pending) = self.pending.take() {
            let _ = fs::remove_file(pending.temporary);
        }
    }
}

/// JSON with the characters that control a terminal as JSON's own escapes; they stand in strings only, but for line
/// feeds between values.
pub(crate) fn without_controls(json: String) -> String {
    let is_bad = |c| c != '\n' && is_control(c);
    if !json.contains(is_bad) {
        return json;
    }
    let mut escaped = String::with_capacity(json.len() + 16);
    for c in json.chars() {
        if is_bad(c) {
            c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| escaped += &format!("\\u{unit:04x}"));
        } else {
            escaped.push(c);
        }
    }
    escaped
}

/// Names that are tried for a temporary file. A killed process with the same process id may have left one, which
/// is common in containers.
const MOST_NAMES: u32 = 100;

/// A new file with a hidden name in the same folder, so that the rename stays inside one file system.
fn create_beside(path: &Path) -> io::Result<(File, PathBuf)> {
    let mut number = 0;
    loop {
        let mut name = std::ffi::OsString::from(".");
        name.push(path.file_name().unwrap_or_default());
        name.push(format!(".{}-{number}.tmp", std::process::id()));
        let temporary = path.with_file_name(name);
        match File::create_new(&temporary) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && number < MOST_NAMES => number += 1,
            created => return created.map(|file| (file, temporary)),
        }
    }
}
