//! `biomatch score-faces`: compares pairs of rows of embedding files.

mod faces;

use std::path::PathBuf;

use biomatch::calibration;
use biomatch::escape::Escaped;
use biomatch::evaluation::{Names, PairList};
use rayon::prelude::*;

use self::faces::Faces;
use crate::console::Console;
use crate::exit::{Answer, Exit, Failure, OrFail};
use crate::normaliser::NormaliserOption;
use crate::score_table::{CalibrationOption, ScoreTable};

/// Pairs scored and written at a time.
const BLOCK: usize = 1 << 18;

/// Pairs that one task compares.
const CHUNK: usize = 4096;

/// Compare pairs of face embeddings
///
/// A and B are .npy files of two dimensions, one embedding per row, of the same network; they may be the
/// same file. PAIRS is CSV with the columns a and b: row numbers from 0, of A and of B. Other columns
/// are ignored. OUT gets a,b,score,fmr for each pair, in the order of PAIRS, the same to the byte for any
/// number of threads.
///
/// score: the cosine of the two embeddings, -1 to 1; they need not have unit length. With --normaliser, the
/// cosine of the two normalised templates.
/// fmr: the calibrated false match rate, the share of comparisons between different people that score
/// at least as high. The table that ships was fitted on one open network and holds for that network; for
/// yours, fit one with `biomatch calibrate` and name it with --calibration.
///
/// An embedding with a number that is NaN or infinite, or of norm zero, ends the run with its file, its row
/// and exit code 3, and OUT is left as it was. With --skip-bad its pairs get an empty score and an empty
/// fmr, and stderr has their number. Both files are held in memory.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  biomatch pairs --subjects subjects.txt --impostors 5000000 --out pairs.csv --truth truth.csv
  biomatch score-faces --a faces.npy --b faces.npy --pairs pairs.csv --out scores.csv
  biomatch score-faces --a faces.npy --b faces.npy --pairs pairs.csv --skip-bad --out scores.csv
  biomatch score-faces --a faces.npy --b faces.npy --pairs pairs.csv --normaliser net-1.normaliser \\
    --calibration net-1.json --out scores.csv
  biomatch evaluate scores.csv --truth truth.csv")]
pub(crate) struct Args {
    /// Embeddings that column a refers to
    #[arg(long, value_name = "A.npy")]
    a: PathBuf,

    /// Embeddings that column b refers to
    #[arg(long, value_name = "B.npy")]
    b: PathBuf,

    /// The pairs to compare
    #[arg(long, value_name = "PAIRS.csv")]
    pairs: PathBuf,

    /// Where the scores go; `-` is standard output
    #[arg(long, value_name = "OUT.csv")]
    out: PathBuf,

    /// Leave the score empty where an embedding is bad, and continue
    #[arg(long)]
    skip_bad: bool,

    #[command(flatten)]
    normaliser: NormaliserOption,

    #[command(flatten)]
    calibration: CalibrationOption,
}

pub(crate) fn run(args: &Args, console: &Console) -> Result<Answer, Failure> {
    let calibration = args.calibration.load(calibration::face_generic)?;
    let normaliser = args.normaliser.load()?;
    let read = |path| Faces::read(path, normaliser.as_ref(), args.skip_bad, console);
    let a = read(&args.a)?;
    let other = if args.a == args.b { None } else { Some(read(&args.b)?) };
    let b = other.as_ref().unwrap_or(&a);
    let list = PairList::read(&args.pairs).or_fail(Exit::Input)?;
    let rows = rows_of(&list.names);
    check_rows(args, &list, &rows, [a.rows(), b.rows()])?;
    let row = |name: u32| rows.get(name as usize).copied().flatten().unwrap_or(usize::MAX);
    let mut table = ScoreTable::create(&args.out, &list.names, calibration)?;
    let bar = console.progress("comparing", list.pairs.len());
    let mut without_score = 0;
    for pairs in list.pairs.chunks(BLOCK) {
        let scores: Result<Vec<_>, _> = pairs
            .par_iter()
            .with_min_len(CHUNK)
            .map(|&[of_a, of_b]| a.compare(row(of_a), b, row(of_b)))
            .collect();
        let scores = scores.or_fail(Exit::Input)?;
        without_score += scores.iter().filter(|score| score.is_none()).count();
        table.block(pairs, &scores)?;
        bar.inc(pairs.len() as u64);
    }
    bar.finish_and_clear();
    table.finish()?;
    if without_score > 0 {
        console.warn(format_args!("{without_score} of {} pairs have no score", list.pairs.len()));
    }
    Ok(Answer::Yes)
}

/// Each name as a row number; `None` for names that are not numbers.
fn rows_of(names: &Names) -> Vec<Option<usize>> {
    (0..).take(names.len()).map(|number| names.name(number).parse().ok()).collect()
}

fn check_rows(
    args: &Args,
    list: &PairList,
    rows: &[Option<usize>],
    lengths: [usize; 2],
) -> Result<(), Failure> {
    for pair in &list.pairs {
        for (column, (&name, &length)) in pair.iter().zip(&lengths).enumerate() {
            if rows.get(name as usize).copied().flatten().is_none_or(|row| row >= length) {
                let (column, file) = if column == 0 { ("a", &args.a) } else { ("b", &args.b) };
                let (pairs, file, found) =
                    (Escaped::new(&args.pairs), Escaped::new(file), list.names.name(name));
                let message = format!(
                    "{pairs}: {column} is a row number of {file}, which has {length} rows, not {found:?}"
                );
                return Err(Failure::new(Exit::Input, message));
            }
        }
    }
    Ok(())
}
