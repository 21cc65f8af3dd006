//! `biomatch duplicates`: lists citizens who may be one person.

mod progress_file;

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use biomatch::gallery::{Gallery, GalleryOptions, ReferenceId};
use biomatch::search::{Duplicate, DuplicateSearch};
use biomatch::template::ModelId;
use biomatch::units::Score;

use crate::console::Console;
use crate::exit::{Answer, Exit, Failure};
use crate::table::Table;
use progress_file::{ProgressFile, Run};

/// Compare all faces of a gallery with each other
///
/// Finds every pair of faces of one model that belong to two citizens and score at least --score. The search is
/// exact; its cost grows with the square of the gallery. An estimate, measured on a part, is on stderr before it
/// starts. With --progress FILE each finished step is recorded, and the same command continues from there after a
/// stop; if the gallery has changed meanwhile it starts anew.
///
/// The output has the columns score,first_citizen,first_reference,second_citizen,second_reference; the
/// most similar pairs come first, and the order does not depend on the number of threads.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  What it would cost:
    biomatch duplicates --gallery citizens --model net-1 --score 0.5 --estimate
  A long run that can be stopped and taken up again:
    biomatch duplicates --gallery citizens --model net-1 --score 0.5 \\
      --progress duplicates.progress --out duplicates.csv")]
pub(crate) struct Args {
    /// The gallery's folder
    #[arg(long, value_name = "DIR")]
    gallery: PathBuf,

    /// The network whose faces are compared
    #[arg(long, value_name = "MODEL")]
    model: ModelId,

    /// Least score of a pair, -1 to 1
    #[arg(long, value_name = "COSINE", value_parser = score, allow_negative_numbers = true)]
    score: Score,

    /// At most this many pairs; more end the run with an error
    #[arg(long, value_name = "N", default_value = "1000000")]
    most: NonZeroUsize,

    /// Record finished steps in this file, and continue from its contents
    #[arg(long, value_name = "FILE")]
    progress: Option<PathBuf>,

    /// Only print the estimated cost
    #[arg(long)]
    estimate: bool,

    /// Where the pairs go; `-` is standard output
    #[arg(long, value_name = "FILE.csv", default_value = "-")]
    out: PathBuf,
}

fn score(text: &str) -> Result<Score, String> {
    text.parse().ok().and_then(Score::new).ok_or_else(|| "expected a number".to_owned())
}

pub(crate) fn run(args: &Args, console: &Console) -> Result<Answer, Failure> {
    let gallery = Gallery::open(&args.gallery, GalleryOptions::default())?;
    let snapshot = gallery.snapshot()?;
    let search = DuplicateSearch::new(&snapshot, &args.model, args.score)?;
    let run =
        Run { shape: search.shape(), model: args.model.clone(), score: args.score, steps: search.steps() };
    let mut file = match &args.progress {
        Some(path) if !args.estimate => ProgressFile::open(path, &run, console)?,
        _ => ProgressFile::none(),
    };
    let left: Vec<usize> = (0..search.steps()).filter(|&step| !file.has(step)).collect();
    tell_cost(&search, &left, console);
    if args.estimate {
        return Ok(Answer::Yes);
    }
    let mut damaged: Vec<ReferenceId> = file.damaged.clone();
    let mut pairs: Vec<Duplicate> = std::mem::take(&mut file.pairs);
    let progress = console.progress("comparing", search.steps());
    progress.set_position((search.steps() - left.len()) as u64);
    for step in left {
        let found = search.run(step);
        file.add(step, &found)?;
        pairs.extend(found.pairs);
        damaged.extend(found.damaged);
        if pairs.len() > args.most.get() {
            let message =
                format!("more than {} pairs score {}: ask for a higher --score", args.most, args.score);
            return Err(Failure::new(Exit::Usage, message));
        }
        progress.inc(1);
    }
    progress.finish_and_clear();
    write(args, pairs, console)?;
    damaged.sort_unstable();
    damaged.dedup();
    if damaged.is_empty() {
        return Ok(Answer::Yes);
    }
    let count = damaged.len();
    let message = format!("{count} references are damaged and were not compared; run `biomatch verify`");
    Err(Failure::new(Exit::Gallery, message))
}

/// Times a part, and estimates the time of the rest.
fn tell_cost(search: &DuplicateSearch<'_>, left: &[usize], console: &Console) {
    let comparisons: u64 = left.iter().map(|&step| search.comparisons(step)).sum();
    let start = Instant::now();
    let sample = search.sample();
    let rate = sample as f64 / start.elapsed().as_secs_f64().max(1e-9);
    let time = Duration::try_from_secs_f64(comparisons as f64 / rate.max(1.0)).unwrap_or(Duration::MAX);
    console.note(format_args!(
        "{comparisons} pairs of faces to compare in {} steps; at the {:.0} million per second of a first sample \
         about {}",
        left.len(),
        rate / 1e6,
        indicatif::HumanDuration(time)
    ));
}

fn write(args: &Args, mut pairs: Vec<Duplicate>, console: &Console) -> Result<(), Failure> {
    pairs.sort_unstable_by(|a, b| b.score.cmp(&a.score).then((a.first, a.second).cmp(&(b.first, b.second))));
    let header = ["score", "first_citizen", "first_reference", "second_citizen", "second_reference"];
    let mut table = Table::create(&args.out, header)?;
    for Duplicate { first, second, score } in &pairs {
        table.row([
            score.to_string(),
            first.citizen.to_string(),
            first.reference.to_string(),
            second.citizen.to_string(),
            second.reference.to_string(),
        ])?;
    }
    table.finish()?;
    console.note(format_args!("{} pairs of faces of two citizens score {} or more", pairs.len(), args.score));
    Ok(())
}
