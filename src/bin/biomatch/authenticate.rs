//! `biomatch authenticate`: is this the person enrolled under this number?

use std::num::NonZeroU8;
use std::path::PathBuf;
use std::time::Instant;

use biomatch::attempts::Presentation;
use biomatch::citizen::CitizenId;
use biomatch::database::{
    AuditEntry, CallerTag, CitizenDatabase, Claim, Decision, FingerCount, FingerRule, Policy, ReferReason,
    RequestNotMade,
};
use biomatch::escape::Escaped;
use biomatch::gallery::RequestId;
use biomatch::input;
use biomatch::units::Fmr;

use crate::attempts::AttemptsOption;
use crate::audit::OpenAudit;
use crate::console::Console;
use crate::deciding::{Deciding, failure, tell_left_out};
use crate::exit::{Answer, Exit, Failure};
use crate::output::Output;

/// Compare a person with the citizen whom they claim to be, and decide
///
/// PROBE.ndjson has one line with the person's probe (docs/manifest.md has the format). Standard output has one JSON
/// object, the record that the audit keeps too (docs/records.schema.json): "decision" is accept,
/// reject or refer; "modalities" has the result of each and whether it meets the policy; "comparisons" has
/// every comparison, with its score, its false match rate, whether that was measured or extrapolated, and the
/// threshold; refer has a "reason": unknown_citizen, locked, probe_lacks, record_lacks, model_mismatch,
/// fingers_not_told_apart, throttled (too many attempts failed: "until" is when the next one may be made, in seconds
/// since 1970), officer_must_unlock (`biomatch attempts`).
///
/// Rates hold for a whole modality: with n comparisons each must meet an n-th of the rate.
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

    /// The rate of false matches that the face must meet, and a finger if --finger-fmr does not say otherwise
    #[arg(long, value_name = "RATE", default_value = "1e-4", value_parser = below_one)]
    fmr: Fmr,

    /// The rate of false matches that each finger must meet
    #[arg(long, value_name = "RATE", value_parser = below_one)]
    finger_fmr: Option<Fmr>,

    /// How many different fingers must meet it, 1 to 10 [default: 1]
    #[arg(long, value_name = "N", value_parser = finger_count)]
    fingers: Option<FingerCount>,

    /// A policy as JSON, instead of --require, --fmr, --finger-fmr, --fingers and --newest: for instance
    /// {"face": {"fmr": 1e-4}, "fingers": {"fmr": 1e-3, "at_least": 2}}
    #[arg(long, value_name = "FILE.json", conflicts_with_all = ["require", "fmr", "finger_fmr", "fingers", "newest"])]
    policy: Option<PathBuf>,

    /// How many of the newest references of the face, and of each finger of known position, to compare with
    #[arg(long, value_name = "N", default_value = "3")]
    newest: NonZeroU8,

    /// Decide the claim although the citizen's own lock (holder_request) is in force, so that it can be ended; the
    /// record has that "lock"
    #[arg(long)]
    for_unlocking: bool,

    #[command(flatten)]
    attempts: AttemptsOption,

    /// The sensor's detection of presentation attacks found the captures bona fide: more attempts are allowed (10
    /// before waiting, 100 in all); the record has that "presentation"
    #[arg(long)]
    bona_fide: bool,

    /// The request's name, 32 hexadecimal digits; the record repeats it
    #[arg(long, value_name = "HEX")]
    request_id: Option<RequestId>,

    /// Up to 64 bytes of the caller's own, as hexadecimal digits; the record repeats them
    #[arg(long, value_name = "HEX")]
    tag: Option<CallerTag>,

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

/// A rate of 1 would accept everybody.
fn below_one(text: &str) -> Result<Fmr, String> {
    rate(text)
        .ok()
        .filter(|rate| *rate < Fmr::ONE)
        .ok_or_else(|| "expected a number above 0 and below 1".to_owned())
}

fn finger_count(text: &str) -> Result<FingerCount, String> {
    text.parse().ok().and_then(FingerCount::new).ok_or_else(|| "expected a number from 1 to 10".to_owned())
}

impl Args {
    fn policy(&self) -> Result<Policy, Failure> {
        if let Some(path) = &self.policy {
            let text = input::read_text(path, input::MAX_MODEL)?;
            return serde_json::from_str(&text)
                .map_err(|error| Failure::new(Exit::Input, format!("{}: {error}", Escaped::new(path))));
        }
        let has_no = |option: &str, what: &str| {
            Failure::new(
                Exit::Usage,
                format!("{option} has no effect: --require {what} asks for no fingers of their own"),
            )
        };
        let rule = FingerRule::at_least(
            self.fingers.unwrap_or(FingerCount::ONE),
            self.finger_fmr.unwrap_or(self.fmr),
        );
        let what = match self.require {
            Require::Both => return Ok(Policy::face_and_fingers(self.fmr, rule).newest(self.newest)),
            Require::Finger => return Ok(Policy::fingers(rule).newest(self.newest)),
            Require::Face => "face",
            Require::Either => "either",
        };
        if self.fingers.is_some() {
            return Err(has_no("--fingers", what));
        }
        if self.finger_fmr.is_some() {
            return Err(has_no("--finger-fmr", what));
        }
        let policy = match self.require {
            Require::Either => Policy::face_or_finger(self.fmr),
            _ => Policy::face(self.fmr),
        };
        Ok(policy.newest(self.newest))
    }
}

pub(crate) fn run(args: &Args, console: &Console) -> Result<Answer, Failure> {
    let started = Instant::now();
    let audit = args.deciding.open_audit()?;
    let prepared = prepare(args, &audit, console);
    let (database, claim) = prepared.map_err(|failure| {
        audit.not_made(failure, |error| {
            let mut request = RequestNotMade::new(error, started.elapsed()).citizen(args.citizen);
            if let Some(id) = args.request_id {
                request = request.request_id(id);
            }
            if let Some(tag) = &args.tag {
                request = request.tag(tag.clone());
            }
            AuditEntry::AuthenticateNotMade(request)
        })
    })?;
    let record = database.authenticate(&claim).map_err(|error| failure(&error))?;
    tell_left_out(&record.left_out, console);
    let is_known = record.decision != Decision::Refer(ReferReason::UnknownCitizen);
    if args.for_unlocking && is_known && record.lock.is_none() {
        console.warn("--for-unlocking has no effect: the citizen's record is not locked");
    }
    let answer = match &record.decision {
        Decision::Accept => Answer::Yes,
        Decision::Reject => Answer::No,
        Decision::Refer(reason) => {
            console.note(format_args!("referred: {reason}"));
            Answer::Referred
        }
    };
    Output::answer(true, &record, |_| Ok(()))?;
    Ok(answer)
}

/// What a claim is made of.
fn prepare(args: &Args, audit: &OpenAudit, console: &Console) -> Result<(CitizenDatabase, Claim), Failure> {
    let policy = args.policy()?;
    let limiter = args.attempts.open(args.deciding.gallery())?;
    let database = args.deciding.open(audit, limiter, console)?;
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
    let mut claim = Claim::new(args.citizen, probe, policy);
    if args.for_unlocking {
        claim = claim.for_unlocking();
    }
    if args.bona_fide {
        claim = claim.presentation(Presentation::BonaFide);
    }
    if let Some(request) = args.request_id {
        claim = claim.request_id(request);
    }
    if let Some(tag) = &args.tag {
        claim = claim.tag(tag.clone());
    }
    Ok((database, claim))
}

fn one_line(args: &Args) -> Failure {
    let message = format!("{}: a probe of one claim is exactly one line", Escaped::new(&args.probe));
    Failure::new(Exit::Input, message)
}
