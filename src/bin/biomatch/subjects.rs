//! Lists of subjects: whose each row is.

use std::path::Path;

use biomatch::escape::Escaped;
use biomatch::input;

use crate::exit::{Exit, Failure};

/// The subjects of a file, one a line: line N names the subject of row N. Blank lines at the end are passed
/// over; one before a subject is an error, because the rows after it would belong to others.
pub(crate) fn read_subjects(path: &Path) -> Result<Vec<String>, Failure> {
    let text = input::read_text(path, input::MAX_LIST)?;
    let subjects = text.trim_end().lines().zip(1_u64..).map(|(line, number)| match line.trim() {
        "" => Err(Failure::new(Exit::Input, format!("{}:{number}: no subject", Escaped::new(path)))),
        subject => Ok(subject.to_owned()),
    });
    subjects.collect()
}
