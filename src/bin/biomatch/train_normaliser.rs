//! `biomatch train-normaliser`: score normalisation for a face network.

use std::io::Write;
use std::path::PathBuf;

use biomatch::evaluation::Names;
use biomatch::face::training::{Gain, train};
use biomatch::template::ModelId;
use biomatch::units::Fmr;

use crate::calibrate::Pictures;
use crate::console::Console;
use crate::exit::{Answer, Failure};
use crate::output::Output;

/// Train score normalisation for a face network
///
/// Two embeddings have more evidence than their cosine: a bad portrait has a short embedding, some faces are near
/// many others, and some directions distinguish people better. A normaliser puts this evidence into the
/// templates, so that their cosine misses fewer mates at the same false match rate. It is made for one network,
/// from portraits with more than one per subject.
///
/// The command prints FNMR at --fmr for the cosine and for the normaliser: on the pairs of the training, and
/// cross-validated (trained on half of the subjects, measured on the other half). Expect the second for other
/// people. If it is not clearly below that of the cosine, do not use the normaliser. Networks that give unit
/// vectors gain least: their length is always the same.
///
/// Name the file with --normaliser in enrol, authenticate, identify, score-faces and `calibrate faces`: normalised
/// templates have a model of their own (it is printed), compare with no other templates, and need their own table of
/// rates. The file holds statistics of all portraits together and no template (docs/face-normaliser.md).
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Example:
  biomatch train-normaliser --embeddings faces.npy --subjects subjects.txt --model net-1 --out net-1.normaliser
  biomatch calibrate faces --embeddings faces.npy --subjects subjects.txt --model net-1 \\
    --normaliser net-1.normaliser --out net-1.json
  biomatch enrol --gallery citizens --normaliser net-1.normaliser manifest.ndjson
  biomatch authenticate --gallery citizens --normaliser net-1.normaliser --calibration net-1.json probes.ndjson")]
pub(crate) struct Args {
    #[command(flatten)]
    portraits: Pictures,

    /// The network's name, as manifests state it
    #[arg(long, value_name = "NAME")]
    model: ModelId,

    /// The false match rate at which FNMR is minimised: that of decisions
    #[arg(long, value_name = "RATE", default_value = "0.0001", value_parser = rate)]
    fmr: Fmr,

    /// A note about the training data; kept in the file
    #[arg(long, value_name = "TEXT", default_value = "")]
    note: String,

    /// Where the normaliser goes; `-` is standard output
    #[arg(long, value_name = "FILE.normaliser")]
    out: PathBuf,
}

fn rate(text: &str) -> Result<Fmr, String> {
    let rate = text.parse().ok().filter(|&rate| rate > 0.0 && rate < 0.1).and_then(Fmr::new);
    rate.ok_or_else(|| "expected a rate above 0 and below 0.1, such as 0.0001".to_owned())
}

pub(crate) fn run(args: &Args, console: &Console) -> Result<Answer, Failure> {
    let (embeddings, subjects) = args.portraits.read()?;
    let mut names = Names::default();
    let subjects: Vec<u32> = subjects.iter().map(|subject| names.number(subject)).collect();
    console.note(format_args!("training on {} faces of {} subjects", subjects.len(), names.len()));
    let (normaliser, report) = train(&args.model, embeddings.view(), &subjects, &args.note, args.fmr)
        .map_err(|error| args.portraits.failed(&error))?;
    let mut output = Output::create(&args.out)?;
    let written = output.write_all(&normaliser.write());
    output.check(written)?;
    output.finish()?;
    console.note(format_args!("{} mated pairs, {} non-mated pairs", report.mated, report.non_mated));
    console.note(format_args!("{}", report.choice));
    console.note(format_args!("FNMR at FMR {}:", args.fmr));
    tell("on the pairs of the training", report.trained, console);
    tell("cross-validated", report.cross_validated, console);
    console.note(format_args!("its templates are of model {}", normaliser.model()));
    Ok(Answer::Yes)
}

fn tell(on: &str, gain: Gain, console: &Console) {
    console.note(format_args!(
        "  {on}: {:.2} % by the cosine, {:.2} % normalised",
        100.0 * gain.cosine,
        100.0 * gain.normalised
    ));
}
