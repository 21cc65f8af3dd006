//! The table that `score` and `score-faces` write: `a,b,score,fmr`.

use std::io::Write;
use std::path::{Path, PathBuf};

use biomatch::calibration::Calibration;
use biomatch::escape::Escaped;
use biomatch::evaluation::Names;
use biomatch::input;
use biomatch::units::Score;
use rayon::prelude::*;

use crate::exit::{Exit, Failure, OrFail};
use crate::output::Output;

/// Rows that are formatted by one task.
const CHUNK: usize = 4096;

/// A table of scores, written in blocks.
pub(crate) struct ScoreTable {
    output: Output,
    rows: Rows,
}

/// What turns numbers into the text of a row.
struct Rows {
    /// Each name as a CSV field.
    names: Vec<String>,
    calibration: Calibration,
}

impl ScoreTable {
    pub(crate) fn create(path: &Path, names: &Names, calibration: Calibration) -> Result<Self, Failure> {
        let mut output = Output::create(path)?;
        let result = output.write_all(b"a,b,score,fmr\n");
        output.check(result)?;
        let names = (0..).take(names.len()).map(|number| field(names.name(number))).collect();
        Ok(Self { output, rows: Rows { names, calibration } })
    }

    /// Writes pairs with their scores; a pair without a score gets two empty fields. Formats on
    /// rayon's pool and writes in order.
    pub(crate) fn block(&mut self, pairs: &[[u32; 2]], scores: &[Option<Score>]) -> Result<(), Failure> {
        let rows = &self.rows;
        let texts: Vec<Vec<u8>> = pairs
            .par_chunks(CHUNK)
            .zip(scores.par_chunks(CHUNK))
            .map(|(pairs, scores)| {
                let mut text = Vec::with_capacity(pairs.len() * 48);
                for (pair, score) in pairs.iter().zip(scores) {
                    rows.row(&mut text, *pair, *score);
                }
                text
            })
            .collect();
        for text in texts {
            let result = self.output.write_all(&text);
            self.output.check(result)?;
        }
        Ok(())
    }

    pub(crate) fn finish(self) -> Result<(), Failure> {
        self.output.finish()
    }
}

impl Rows {
    fn row(&self, text: &mut Vec<u8>, pair: [u32; 2], score: Option<Score>) {
        for number in pair {
            text.extend(self.names.get(number as usize).map_or(&[][..], |name| name.as_bytes()));
            text.push(b',');
        }
        // Writing to memory does not fail.
        let _ = match score {
            Some(score) => writeln!(text, "{score},{}", self.calibration.fmr(score)),
            None => writeln!(text, ","),
        };
    }
}

/// A CSV field, quoted if it has to be (RFC 4180). Its characters stay: `evaluate` finds the name again.
fn field(name: &str) -> String {
    if name.contains(['"', ',', '\n', '\r']) {
        format!("\"{}\"", name.replace('"', "\"\""))
    } else {
        name.into()
    }
}

/// The table that turns scores into false match rates.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct CalibrationOption {
    /// Table from scores to FMR, as `biomatch calibrate` writes it [default: the one that ships]
    #[arg(long, value_name = "FILE.json")]
    calibration: Option<PathBuf>,
}

impl CalibrationOption {
    /// The table asked for, or else `shipped`.
    pub(crate) fn load<E: std::error::Error>(
        &self,
        shipped: impl FnOnce() -> Result<Calibration, E>,
    ) -> Result<Calibration, Failure> {
        let Some(path) = &self.calibration else { return shipped().or_fail(Exit::Input) };
        let text = input::read_text(path, input::MAX_MODEL)?;
        Calibration::from_json(&text)
            .map_err(|error| Failure::new(Exit::Input, format!("{}: {error}", Escaped::new(path))))
    }
}
