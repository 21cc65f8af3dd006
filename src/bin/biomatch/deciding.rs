//! Options that `authenticate` and `identify` share: the gallery, the calibrations.

use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use biomatch::attempts::AttemptsFile;
use biomatch::calibration::{self, Calibration};
use biomatch::database::{Calibrations, CitizenDatabase, DatabaseError, LeftOut, NotCompared, Probe};
use biomatch::escape::Escaped;
use biomatch::ingest::{ProbeLine, Resolver, probes};
use biomatch::input;
use biomatch::template::{ModelId, Reading};

use crate::audit::{AuditOption, OpenAudit};
use crate::console::Console;
use crate::exit::{Exit, Failure, OrFail};
use crate::normaliser::NormaliserOption;
use crate::notices::tell_notices;
use crate::pictures::SampleOptions;

#[derive(Debug, clap::Args)]
pub(crate) struct Deciding {
    /// The gallery's folder
    #[arg(long, value_name = "DIR")]
    gallery: PathBuf,

    /// A table of false match rates, as `biomatch calibrate` writes it: for the face model that it
    /// names, or for fingers if it names the fingerprint matcher; may be repeated
    #[arg(long, value_name = "FILE")]
    calibration: Vec<PathBuf>,

    /// Decide faces of this model by the generic table that ships. It was fitted on
    /// another model, so its rates may be wrong: for trials only; may be repeated
    #[arg(long, value_name = "MODEL")]
    assume_generic: Vec<ModelId>,

    #[command(flatten)]
    normaliser: NormaliserOption,

    #[command(flatten)]
    samples: SampleOptions,

    #[command(flatten)]
    audit: AuditOption,

    /// Refuse fingerprint records with doubtful or wrong departures from their standard; harmless ones are told
    /// (docs/formats.md grades each)
    #[arg(long)]
    strict: bool,
}

impl Deciding {
    /// Opens the audit: first of all, so that whatever fails then is recorded.
    pub(crate) fn open_audit(&self) -> Result<OpenAudit, Failure> {
        self.audit.open()
    }

    /// The gallery's folder.
    pub(crate) fn gallery(&self) -> &Path {
        &self.gallery
    }

    /// Opens the gallery with these options, and what limits attempts.
    pub(crate) fn open(
        &self,
        audit: &OpenAudit,
        limiter: Option<Arc<AttemptsFile>>,
        console: &Console,
    ) -> Result<CitizenDatabase, Failure> {
        let mut calibrations = Calibrations::new();
        for path in &self.calibration {
            let text = input::read_text(path, input::MAX_MODEL)?;
            let named = |error: &dyn std::fmt::Display| {
                Failure::new(Exit::Input, format!("{}: {error}", Escaped::new(path)))
            };
            let table = Calibration::from_json(&text).map_err(|error| named(&error))?;
            calibrations = calibrations.any(table);
        }
        for model in &self.assume_generic {
            let table = calibration::face_generic().or_fail(Exit::Input)?;
            calibrations = calibrations.assume_for(model.clone(), table);
        }
        let mut options = CitizenDatabase::options().calibrations(calibrations).gallery(console.gallery());
        if let Some(limiter) = limiter {
            options = options.attempts(limiter);
        }
        let database = audit.of(options).open(&self.gallery).map_err(|error| failure(&error))?;
        if !self.assume_generic.is_empty() {
            let snapshot = database.snapshot().map_err(|error| failure(&error))?;
            let is_enrolled =
                |model: &&ModelId| snapshot.gallery().models().any(|(known, _)| known == *model);
            for model in self.assume_generic.iter().filter(|model| !is_enrolled(model)) {
                console.warn(format_args!(
                    "--assume-generic {model} has no effect: the gallery has no face of this model"
                ));
            }
        }
        Ok(database)
    }

    /// Refuses an output that would replace the audit.
    pub(crate) fn check_output(&self, output: &Path) -> Result<(), Failure> {
        self.audit.check_output(output)
    }

    fn reading(&self) -> Reading {
        if self.strict { Reading::Strict } else { Reading::Lenient }
    }

    /// Reads a probe list and what its lines name, `most` lines at a time: calls `each` with the
    /// lines and their probes, in the order of the file.
    pub(crate) fn each_block(
        &self,
        path: &Path,
        most: usize,
        console: &Console,
        mut each: impl FnMut(Vec<(ProbeLine, Probe)>) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        use rayon::prelude::*;
        let file = input::open(path, input::MAX_TABLE)?;
        let resolver = Resolver::beside(path, self.reading()).normalisers(self.normaliser.load()?);
        let resolver = self.samples.resolver(resolver)?;
        let mut lines = probes(BufReader::new(file));
        loop {
            let block = lines.next_block(most);
            if block.is_empty() {
                return Ok(());
            }
            let probes: Vec<_> = block
                .into_par_iter()
                .map(|line| {
                    let line = line.map_err(|error| in_file(path, &error))?;
                    let samples = resolver.probe(&line).map_err(|error| in_file(path, &error))?;
                    Ok((line, samples))
                })
                .collect::<Result<_, Failure>>()?;
            let mut resolved = Vec::with_capacity(probes.len());
            for (line, samples) in probes {
                tell_notices(path, &samples, console);
                resolved.push((line, Probe::from(samples)));
            }
            each(resolved)?;
        }
    }
}

/// Warns of the parts of a claim that were not compared.
pub(crate) fn tell_left_out(left_out: &LeftOut, console: &Console) {
    let counts = [
        (left_out.empty_samples, "impressions without minutiae were not compared"),
        (left_out.copied_samples, "impressions repeat another one, and were compared once"),
        (left_out.copied_references, "references repeat another one, and were compared once"),
        (left_out.older_references, "references are older than the newest that --newest allows"),
        (left_out.faces_of_other_models, "enrolled faces are of other models, and were not compared"),
    ];
    for (count, what) in counts.into_iter().filter(|(count, _)| *count > 0) {
        console.note(format_args!("{count} {what}"));
    }
}

/// Warns of what searches could not compare: a person who is not found may nevertheless be enrolled.
pub(crate) fn warn_not_compared(not_compared: &NotCompared, console: &Console) {
    let nevertheless = "who is not found may be enrolled nevertheless";
    if not_compared.empty_samples > 0 {
        let empty = not_compared.empty_samples;
        console
            .warn(format_args!("{empty} impressions without minutiae were not searched for; {nevertheless}"));
    }
    if not_compared.faces_of_other_models > 0 {
        let others = not_compared.faces_of_other_models;
        console.warn(format_args!(
            "{others} enrolled faces are of other models, and were not compared; {nevertheless}"
        ));
    }
}

/// A failure about a line of a file.
pub(crate) fn in_file(path: &Path, error: &dyn std::error::Error) -> Failure {
    Failure::from_error(Exit::Input, error).within(path)
}

/// The exit code for an error of the database.
pub(crate) fn failure(error: &DatabaseError) -> Failure {
    if let DatabaseError::Uncalibrated { model } = error {
        let message = format!(
            "{error}; fit a table with `biomatch calibrate faces --model {model}` (or, of normalised faces, with --normaliser) and name it with --calibration, \
             or try with --assume-generic {model}"
        );
        return Failure::new(error.into(), message);
    }
    Failure::from_error(error.into(), error)
}
