//! Finished steps of a run, written down: a line that says of what run, and a line a step (NDJSON).

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;

use biomatch::escape::Escaped;
use biomatch::gallery::ReferenceId;
use biomatch::input::{self, InputProblem};
use biomatch::search::{Duplicate, EnrolledFace, StepFound};
use biomatch::template::ModelId;
use biomatch::units::Score;
use serde::{Deserialize, Serialize};

use crate::console::Console;
use crate::exit::{Exit, Failure};

/// What a run is about. Steps of another run say nothing of this one.
pub(crate) struct Run {
    pub(crate) shape: u64,
    pub(crate) model: ModelId,
    pub(crate) score: Score,
    pub(crate) steps: usize,
}

#[derive(PartialEq, Serialize, Deserialize)]
struct Header {
    biomatch_duplicates: u32,
    shape: u64,
    model: String,
    score_bits: u32,
    steps: usize,
}

/// References and subjects of a pair, and the bits of its score.
type Pair = (u64, String, u64, String, u32);

#[derive(Serialize, Deserialize)]
struct StepLine {
    step: usize,
    /// First reference and citizen, second reference and citizen, bits of the score.
    pairs: Vec<Pair>,
    damaged: Vec<u64>,
}

/// The file, and what it held when it was opened.
pub(crate) struct ProgressFile {
    file: Option<(File, String)>,
    done: BTreeSet<usize>,
    pub(crate) pairs: Vec<Duplicate>,
    pub(crate) damaged: Vec<ReferenceId>,
}

impl ProgressFile {
    /// Writes nothing down.
    pub(crate) fn none() -> Self {
        Self { file: None, done: BTreeSet::new(), pairs: Vec::new(), damaged: Vec::new() }
    }

    /// Reads the steps of this run, or starts the file anew. A file that is not one of these is left
    /// alone.
    pub(crate) fn open(path: &Path, run: &Run, console: &Console) -> Result<Self, Failure> {
        let name = Escaped::new(path).to_string();
        let failed = |error: std::io::Error| Failure::unwritable(&name, &error);
        let opened = input::open_or_create(path, input::MAX_LIST);
        let mut file = opened.map_err(|error| match error.problem {
            InputProblem::Io(source) => failed(source),
            _ => error.into(),
        })?;
        let mut text = String::new();
        file.read_to_string(&mut text).map_err(failed)?;
        let header = Header {
            biomatch_duplicates: 1,
            shape: run.shape,
            model: run.model.to_string(),
            score_bits: run.score.get().to_bits(),
            steps: run.steps,
        };
        let mut this = Self::none();
        // A line without its end was cut short by a stop.
        let mut lines = text.split_inclusive('\n').filter(|line| line.ends_with('\n'));
        let mut end = 0;
        match lines.next() {
            Some(first) => {
                let Ok(found) = serde_json::from_str::<Header>(first) else {
                    return Err(Failure::new(Exit::Input, format!("{name}: not a file of finished steps")));
                };
                if found == header {
                    end = first.len() + this.take(lines);
                    console.note(format_args!("{} of {} steps are done: {name}", this.done.len(), run.steps));
                } else {
                    console.warn(format_args!("{name} is of another gallery, state or score: starting anew"));
                }
            }
            None if !text.is_empty() && !text.starts_with("{\"biomatch_duplicates\"") => {
                return Err(Failure::new(Exit::Input, format!("{name}: not a file of finished steps")));
            }
            None => {}
        }
        file.set_len(end as u64).map_err(failed)?;
        file.seek(SeekFrom::End(0)).map_err(failed)?;
        this.file = Some((file, name));
        if end == 0 {
            this.line(&header)?;
        }
        Ok(this)
    }

    /// Takes lines up to the first that is not whole; gives their length.
    fn take<'a>(&mut self, lines: impl Iterator<Item = &'a str>) -> usize {
        let mut length = 0;
        for line in lines {
            let Some((step, found)) = parse(line) else { break };
            length += line.len();
            if self.done.insert(step) {
                self.pairs.extend(found.pairs);
                self.damaged.extend(found.damaged);
            }
        }
        length
    }

    /// Whether a step is done.
    pub(crate) fn has(&self, step: usize) -> bool {
        self.done.contains(&step)
    }

    /// Writes a finished step down.
    pub(crate) fn add(&mut self, step: usize, found: &StepFound) -> Result<(), Failure> {
        let pair = |pair: &Duplicate| {
            let Duplicate { first, second, score } = pair;
            let of = |enrolled: &EnrolledFace| (enrolled.reference.value(), enrolled.citizen.to_string());
            let ((a, b), (c, d)) = (of(first), of(second));
            (a, b, c, d, score.get().to_bits())
        };
        self.line(&StepLine {
            step,
            pairs: found.pairs.iter().map(pair).collect(),
            damaged: found.damaged.iter().map(|reference| reference.value()).collect(),
        })
    }

    fn line(&mut self, value: &impl Serialize) -> Result<(), Failure> {
        let Some((file, name)) = &mut self.file else { return Ok(()) };
        let written = serde_json::to_vec(value).map_err(std::io::Error::from).and_then(|mut line| {
            line.push(b'\n');
            file.write_all(&line)?;
            file.sync_data()
        });
        written.map_err(|error| Failure::unwritable(name, &error))
    }
}

fn parse(line: &str) -> Option<(usize, StepFound)> {
    let StepLine { step, pairs, damaged } = serde_json::from_str(line).ok()?;
    let enrolled = |reference, citizen: &str| {
        let citizen = citizen.parse().ok()?;
        Some(EnrolledFace { reference: ReferenceId::from_value(reference), citizen })
    };
    let pair = |(a, b, c, d, bits): &Pair| {
        let (first, second) = (enrolled(*a, b)?, enrolled(*c, d)?);
        Some(Duplicate { first, second, score: Score::new(f32::from_bits(*bits))? })
    };
    let pairs = pairs.iter().map(pair).collect::<Option<_>>()?;
    let damaged = damaged.into_iter().map(ReferenceId::from_value).collect();
    Some((step, StepFound { pairs, damaged }))
}
