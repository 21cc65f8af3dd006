//! `biomatch identify`: who of all citizens is this?

use std::cell::Cell;
use std::collections::BTreeSet;
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use biomatch::citizen::CitizenId;
use biomatch::database::{
    AuditEntry, Candidate, CitizenDatabase, Comparison, NotCompared, Probe, RequestNotMade, SearchRequest,
};
use biomatch::escape::Escaped;
use biomatch::gallery::ReferenceId;
use biomatch::input;
use biomatch::search::{Effort, OneBit, SubGallery};
use biomatch::template::Modality;
use biomatch::units::Fpir;

use crate::audit::OpenAudit;
use crate::console::Console;
use crate::deciding::{Deciding, failure, warn_not_compared};
use crate::exit::{Answer, Exit, Failure};
use crate::table::Table;

/// Search all citizens for the people of a probe list
///
/// Every reference that a probe may match takes part, and the order of candidates does not depend on the
/// number of threads. The face search is exact. --effort says how many fingers are compared in full: a
/// candidate always has the full score, but a mate may be missed (docs/notes/fingerprint-cascade.md has
/// the measured losses). The output has the columns
/// probe,rank,citizen,locked,expected_false,face_score,face_fmr,finger_score,finger_fmr,
/// one row per candidate: probe is the line's label, control characters escaped, or its number; locked is the reason if the record
/// is locked; expected_false bounds how many non-mates are as good by chance in a search like this
/// one; the scores are those of the best comparison of each kind.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  The ten likeliest citizens of each probe:
    biomatch identify --gallery citizens --probes probes.ndjson --top 10 --calibration net-1.json
  Only those that a search for someone who is not enrolled gives in one search of a thousand:
    biomatch identify --gallery citizens --probes probes.ndjson --top 10 --fpir 1e-3 \\
      --calibration net-1.json --out found.csv")]
pub(crate) struct Args {
    #[command(flatten)]
    deciding: Deciding,

    /// The probe list, one person per line
    #[arg(long, value_name = "LIST.ndjson")]
    probes: PathBuf,

    /// Most candidates of a probe
    #[arg(long, value_name = "K")]
    top: NonZeroU32,

    /// How many fingers are compared in full; small galleries always are
    #[arg(long, value_name = "HOW", default_value = "standard")]
    effort: HowMuch,

    /// Only candidates so good that a search for someone who is not enrolled gives one at most at
    /// this rate
    #[arg(long, value_name = "RATE", value_parser = fpir)]
    fpir: Option<Fpir>,

    /// Search only among the citizens in this file, one number per line; those who are not enrolled are counted
    /// in a warning
    #[arg(long, value_name = "FILE")]
    within: Option<PathBuf>,

    /// Search faces approximately: compare only the faces with the nearest signs, at least this many
    ///
    /// The search may miss enrolled people, most often those with poor portraits. The command searches the first
    /// probes of the list exactly too, and prints how many of them lose their first place.
    #[arg(long, value_name = "SHORTLIST")]
    approximate: Option<NonZeroUsize>,

    /// Where the candidates go; `-` is standard output
    #[arg(long, value_name = "FILE.csv", default_value = "-")]
    out: PathBuf,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum HowMuch {
    /// All
    Exhaustive,
    /// A thousandth, chosen by codes: for interactive searches
    Standard,
    /// Three thousandths: for decisions, for instance whether somebody is enrolled already
    Careful,
}

impl From<HowMuch> for Effort {
    fn from(how: HowMuch) -> Self {
        match how {
            HowMuch::Exhaustive => Self::Exhaustive,
            HowMuch::Standard => Self::Standard,
            HowMuch::Careful => Self::Careful,
        }
    }
}

/// Probes of one pass over the gallery.
const BATCH: usize = 64;

fn fpir(text: &str) -> Result<Fpir, String> {
    text.parse().ok().and_then(Fpir::new).ok_or_else(|| "expected a number above 0 and at most 1".to_owned())
}

pub(crate) fn run(args: &Args, console: &Console) -> Result<Answer, Failure> {
    args.deciding.check_output(&args.out)?;
    let started = Instant::now();
    let audit = args.deciding.open_audit()?;
    let made = Cell::new(false);
    search(args, &audit, &made, console).map_err(|failure| {
        // What was searched for is recorded, whatever came of it.
        if made.get() || failure.is_of_output() {
            return failure;
        }
        audit.not_made(failure, |error| {
            AuditEntry::IdentifyNotMade(RequestNotMade::new(error, started.elapsed()))
        })
    })
}

/// Searches; `made` tells that a failure is not of the probes still to be read.
fn search(args: &Args, audit: &OpenAudit, made: &Cell<bool>, console: &Console) -> Result<Answer, Failure> {
    let database = args.deciding.open(audit, None, console)?;
    let within = match &args.within {
        Some(path) => Some(Arc::new(sub_gallery(path, &database, console)?)),
        None => None,
    };
    let request = |probe: Probe, filter: Option<OneBit>| {
        let mut request = SearchRequest::new(probe).at_most(args.top.get()).effort(args.effort.into());
        if let Some(within) = &within {
            request = request.within(Arc::clone(within));
        }
        if let Some(fpir) = args.fpir {
            request = request.fpir(fpir);
        }
        match filter {
            Some(filter) => request.approximately(filter),
            None => request,
        }
    };
    let header = [
        "probe",
        "rank",
        "citizen",
        "locked",
        "expected_false",
        "face_score",
        "face_fmr",
        "finger_score",
        "finger_fmr",
    ];
    let mut table = Table::create(&args.out, header)?;
    let (mut searched, mut named) = (0_usize, 0_usize);
    let mut damaged: BTreeSet<ReferenceId> = BTreeSet::new();
    let mut not_compared = NotCompared::default();
    let mut filter: Option<OneBit> = None;
    let progress = console.counter("searching");
    args.deciding.each_block(&args.probes, BATCH, console, |block| {
        let (lines, probes): (Vec<_>, Vec<_>) = block.into_iter().unzip();
        let has_face = lines.iter().any(|line| line.face.is_some());
        if let (Some(shortlist), None) = (args.approximate.filter(|_| has_face), filter) {
            let snapshot = database.snapshot().map_err(|error| failure(&error))?;
            let measured = snapshot.measure_filter(&probes, shortlist).map_err(|error| failure(&error))?;
            filter = Some(measured);
        }
        let requests: Vec<_> = probes.into_iter().map(|probe| request(probe, filter)).collect();
        let results = database.identify_batch(&requests).map_err(|error| {
            made.set(true);
            failure(&error)
        })?;
        for (line, result) in lines.iter().zip(&results) {
            searched += 1;
            named += usize::from(!result.candidates.is_empty());
            damaged.extend(&result.not_compared.damaged);
            not_compared.empty_samples += result.not_compared.empty_samples;
            let others = result.not_compared.faces_of_other_models;
            not_compared.faces_of_other_models = others.max(not_compared.faces_of_other_models);
            let label = line.label.as_deref().map(|label| Escaped::new(label).to_string());
            let probe = label.unwrap_or_else(|| line.line.to_string());
            for candidate in &result.candidates {
                table.row(row(&probe, candidate))?;
            }
        }
        progress.inc(lines.len() as u64);
        Ok(())
    })?;
    made.set(true);
    progress.finish_and_clear();
    table.finish()?;
    console.note(format_args!("{searched} probes searched, {named} with a candidate"));
    match filter {
        Some(filter) => console.warn(approximation(&filter)),
        None if args.approximate.is_some() => {
            console.warn(
                "--approximate has no effect: no probe has a face, and fingers are not searched by signs",
            );
        }
        None => {}
    }
    warn_not_compared(&not_compared, console);
    if !damaged.is_empty() {
        let message = format!(
            "{} references are damaged and were not compared: who is not found may be enrolled nevertheless; \
             run `biomatch verify`",
            damaged.len()
        );
        return Err(Failure::new(Exit::Gallery, message));
    }
    Ok(Answer::Yes)
}

/// The losses of an approximate search.
fn approximation(filter: &OneBit) -> String {
    let misses = filter.misses();
    format!(
        "faces were searched approximately, by a shortlist of {}: of {} probes that were searched exactly too, \
         {} lost their first candidate; who is not found may be enrolled nevertheless",
        filter.shortlist(),
        misses.searched,
        misses.missed
    )
}

fn row(probe: &str, candidate: &Candidate) -> [String; 9] {
    let best = |modality| {
        let of_kind = candidate.comparisons.iter().filter(move |c| c.modality == modality);
        of_kind.max_by_key(|comparison| comparison.score)
    };
    let score = |best: Option<&Comparison>| best.map_or_else(String::new, |c| c.score.to_string());
    let fmr = |best: Option<&Comparison>| best.map_or_else(String::new, |c| c.fmr.to_string());
    let (face, finger) = (best(Modality::Face), best(Modality::Finger));
    [
        probe.to_owned(),
        candidate.rank.to_string(),
        candidate.citizen.to_string(),
        candidate.locked.map_or_else(String::new, |reason| reason.to_string()),
        format!("{:.3e}", candidate.expected_false),
        score(face),
        fmr(face),
        score(finger),
        fmr(finger),
    ]
}

/// The citizens of a file. Those who are not in the gallery are told: nobody can be found for their numbers.
fn sub_gallery(path: &Path, database: &CitizenDatabase, console: &Console) -> Result<SubGallery, Failure> {
    let text = input::read_text(path, input::MAX_LIST)?;
    let lines = text.lines().map(str::trim).enumerate().filter(|(_, line)| !line.is_empty());
    let citizens = lines.map(|(number, line)| {
        line.parse::<CitizenId>().map_err(|error| {
            Failure::new(Exit::Input, format!("{}:{}: {error}", Escaped::new(path), number + 1))
        })
    });
    let citizens: BTreeSet<CitizenId> = citizens.collect::<Result<_, _>>()?;
    if citizens.is_empty() {
        let message = format!("{}: expected one citizen per line, found none", Escaped::new(path));
        return Err(Failure::new(Exit::Input, message));
    }
    let snapshot = database.snapshot().map_err(|error| failure(&error))?;
    let mut unknown = 0_u64;
    for &citizen in &citizens {
        let view = snapshot.citizen(citizen).map_err(|error| failure(&error))?;
        unknown += u64::from(view.is_none());
    }
    if unknown > 0 {
        let (path, all) = (Escaped::new(path), citizens.len());
        console.warn(format_args!("{path}: {unknown} of {all} citizens are not in the gallery"));
    }
    Ok(citizens.into_iter().collect())
}
