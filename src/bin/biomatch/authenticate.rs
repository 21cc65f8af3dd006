//! `biomatch authenticate`: is this the person enrolled under this number?

use std::num::NonZeroU8;
use std::path::PathBuf;

use biomatch::citizen::CitizenId;
use biomatch::database::{AuditOutcome, Decision, Policy};
use biomatch::escape::Escaped;
use biomatch::units::Fmr;

use crate::console::Console;
use crate::deciding::{Deciding, failure};
use crate::exit::{Answer, Exit, Failure};
use crate::output::Output;

/// Compare a person with the citizen whom they claim to be, and decide
///
/// PROBE.ndjson has one line with the person's samples (docs/manifest.md has the format). The answer is one JSON object
/// on standard output: "decision" is accept, reject or refer; accept and reject have "modalities"
/// (what each came to, and whether it meets the policy) and "comparisons" (every one, with its
/// score, its false match rate, whether that was measured or extrapolated, and the threshold);
/// refer has a "reason": unknown_citizen, locked, probe_lacks, record_lacks, model_mismatch.
///
/// Rates hold for a whole modality: with n comparisons each is held to an n-th of it.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  A claim, by the default policy (face and a finger, each at one false match in 10,000):
    biomatch authenticate --gallery citizens --citizen 001090000101 \\
      --calibration net-1.json probe.ndjson
  A level-1 claim, by face only:
    biomatch authenticate --gallery citizens --citizen 001090000101 --require face \\
      --calibration net-1.json probe.ndjson")]
pub(crate) struct Args {
    #[command(flatten)]
    deciding: Deciding,

    /// The claimed personal number, 12 digits
    #[arg(long, value_name = "ID")]
    citizen: CitizenId,

    /// What must be compared and meet the rate
    #[arg(long, value_name = "WHAT", default_value = "both")]
    require: Require,

    /// The rate of false matches that each must meet
    #[arg(long, value_name = "RATE", default_value = "1e-4", value_parser = rate)]
    fmr: Fmr,

    /// How many different fingers must meet it, where fingers are required
    #[arg(long, value_name = "N", default_value = "1")]
    fingers: NonZeroU8,

    /// How many of the newest references of each finger and of the face to compare with
    #[arg(long, value_name = "N", default_value = "3")]
    newest: NonZeroU8,

    /// The person's samples: a probe list of one line
    #[arg(value_name = "PROBE.ndjson")]
    probe: PathBuf,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Require {
    /// The face and at least one finger
    Both,
    /// The face
    Face,
    /// At least one finger
    Finger,
    /// The face or a finger; the rate is shared by all comparisons of both
    Either,
}

pub(crate) fn rate(text: &str) -> Result<Fmr, String> {
    text.parse().ok().and_then(Fmr::new).ok_or_else(|| "expected a number above 0 and at most 1".to_owned())
}

impl Args {
    fn policy(&self) -> Policy {
        let policy = match self.require {
            Require::Both => Policy::at(self.fmr),
            Require::Face => Policy::face_only(self.fmr),
            Require::Finger => Policy::fingers_only(self.fmr),
            Require::Either => Policy::either(self.fmr),
        };
        policy.fingers(self.fingers).newest(self.newest)
    }
}

#[derive(serde::Serialize)]
struct Line<'a> {
    citizen: String,
    #[serde(flatten)]
    outcome: AuditOutcome<'a>,
}

pub(crate) fn run(args: &Args, console: &Console) -> Result<Answer, Failure> {
    let database = args.deciding.open(console)?;
    let mut probes = Vec::new();
    args.deciding.each_block(&args.probe, 2, console, |block| {
        probes.extend(block);
        if probes.len() > 1 { Err(one_line(args)) } else { Ok(()) }
    })?;
    let Some((line, probe)) = probes.pop() else { return Err(one_line(args)) };
    if line.citizen.is_some_and(|citizen| citizen != args.citizen) {
        let message = format!("{}: the probe's line claims another citizen", Escaped::new(&args.probe));
        return Err(Failure::new(Exit::Usage, message));
    }
    let decision =
        database.authenticate(args.citizen, &probe, &args.policy()).map_err(|error| failure(&error))?;
    let (outcome, answer) = match &decision {
        Decision::Accept(evidence) => (AuditOutcome::Accept(evidence), Answer::Yes),
        Decision::Reject(evidence) => (AuditOutcome::Reject(evidence), Answer::No),
        Decision::Refer(reason) => {
            console.note(format_args!("referred: {reason}"));
            (AuditOutcome::Refer(reason), Answer::Referred)
        }
    };
    Output::answer(true, &Line { citizen: args.citizen.to_string(), outcome }, |_| Ok(()))?;
    Ok(answer)
}

fn one_line(args: &Args) -> Failure {
    let message = format!("{}: a probe of one claim is exactly one line", Escaped::new(&args.probe));
    Failure::new(Exit::Input, message)
}
