//! What came of each file, and of all.

use std::io::Write;
use std::path::Path;

use biomatch::extraction::FingerprintExamination;
use serde::Serialize;

use super::files::Job;
use crate::exit::{Exit, Failure, OrFail};
use crate::output::{Output, without_controls};

/// A file whose record was written.
pub(super) struct Outcome {
    pub(super) views: Vec<View>,
    pub(super) warnings: Vec<String>,
}

/// The whole run.
#[derive(Serialize)]
pub(super) struct Summary {
    extractor: String,
    records: u64,
    views: u64,
    minutiae: u64,
    pub(super) failed: u64,
}

impl Summary {
    pub(super) fn new(extractor: &str) -> Self {
        Self { extractor: extractor.to_owned(), records: 0, views: 0, minutiae: 0, failed: 0 }
    }

    pub(super) fn add(&mut self, outcome: &Outcome) {
        self.records += 1;
        self.views += outcome.views.len() as u64;
        self.minutiae += outcome.views.iter().map(|view| view.minutiae as u64).sum::<u64>();
    }

    pub(super) fn print(&self) -> Result<(), Failure> {
        Output::answer(true, self, |_| Ok(()))
    }
}

#[derive(Serialize)]
struct Line<'a> {
    file: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    record: Option<String>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    views: &'a [View],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    warnings: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// A picture of a file.
#[derive(Serialize)]
pub(super) struct View {
    minutiae: usize,
    usefulness: u8,
    ridge_square_millimetres: u16,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    findings: Vec<&'static str>,
    /// The picture at 500 dpi, in pixels.
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<[u16; 2]>,
}

impl From<&FingerprintExamination> for View {
    fn from(examination: &FingerprintExamination) -> Self {
        Self {
            minutiae: examination.template.minutiae.len(),
            usefulness: examination.usefulness.get(),
            ridge_square_millimetres: examination.ridge_square_millimetres,
            findings: examination.findings.iter().map(|finding| finding.name()).collect(),
            size: examination.template.frame.map(|frame| [frame.width, frame.height]),
        }
    }
}

/// The file with a line for each file.
pub(super) struct Report(Output);

impl Report {
    pub(super) fn create(path: &Path) -> Result<Self, Failure> {
        if path == Path::new("-") {
            let message = "--report -: standard output has the summary; name a file";
            return Err(Failure::new(Exit::Usage, message));
        }
        Output::create(path).map(Self)
    }

    pub(super) fn line(&mut self, job: &Job, outcome: Result<&Outcome, &Failure>) -> Result<(), Failure> {
        let done = outcome.ok();
        let line = Line {
            file: job.input.to_string_lossy().into_owned(),
            record: done.map(|_| job.output.to_string_lossy().into_owned()),
            views: done.map_or(&[], |done| &done.views),
            warnings: done.map_or(&[], |done| &done.warnings),
            error: outcome.err().map(ToString::to_string),
        };
        let text = without_controls(serde_json::to_string(&line).or_fail(Exit::Output)?);
        let written = writeln!(self.0, "{text}");
        self.0.check(written)
    }

    pub(super) fn finish(self) -> Result<(), Failure> {
        self.0.finish()
    }
}
