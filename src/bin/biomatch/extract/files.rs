//! Which files are read, and where their records go.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use biomatch::escape::Escaped;

use crate::exit::{Exit, Failure};
use crate::files::files_below;

/// A file and the place of its record.
pub(super) struct Job {
    pub(super) input: PathBuf,
    pub(super) output: PathBuf,
}

/// The files of all inputs, in their order; of a folder, all below it. Refuses two that would write one record.
pub(super) fn jobs(inputs: &[PathBuf], out: &Path, extension: &str) -> Result<Vec<Job>, Failure> {
    let mut jobs = Vec::new();
    for input in inputs {
        if input.is_dir() {
            let below = files_below(input)?;
            jobs.extend(below.iter().map(|file| job(input.join(file), out, file, extension)));
        } else {
            let name = Path::new(input.file_name().unwrap_or(input.as_os_str()));
            jobs.push(job(input.clone(), out, name, extension));
        }
    }
    if jobs.is_empty() {
        return Err(Failure::new(Exit::Input, "no file in the folders that were named"));
    }
    let mut writers: HashMap<&Path, &Path> = HashMap::with_capacity(jobs.len());
    for job in &jobs {
        if let Some(other) = writers.insert(&job.output, &job.input) {
            let (a, b, output) = (Escaped::new(other), Escaped::new(&job.input), Escaped::new(&job.output));
            return Err(Failure::new(Exit::Usage, format!("{a} and {b} would both become {output}")));
        }
    }
    Ok(jobs)
}

fn job(input: PathBuf, out: &Path, name: &Path, extension: &str) -> Job {
    Job { input, output: out.join(name).with_extension(extension) }
}
