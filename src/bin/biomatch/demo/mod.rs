//! `biomatch demo`: the whole engine on generated citizens.

mod claims;
mod enrolment;
mod folder;
mod people;
mod pictures;
mod report;
mod searches;

use std::path::PathBuf;
use std::time::Instant;

use biomatch::calibration::{Calibration, ComparisonSet, Fit};
use biomatch::database::CitizenDatabase;
use biomatch::escape::Escaped;
use biomatch::face::FaceMatrix;
use biomatch::kernels::Kernels;

use self::folder::Folder;
use self::people::People;
use self::report::Report;
use crate::console::Console;
use crate::deciding::failure;
use crate::exit::{Answer, Exit, Failure, OrFail};

/// Enrol, authenticate and identify generated citizens, and print accuracy and speed
///
/// Makes citizens with ten fingers and a face from a seed, finds the minutiae of rendered pictures of the first
/// twenty's fingers, enrols all into a gallery, then checks
/// true and false claims one to one by the default policy (face and a finger, each at one false
/// match in 10,000) and searches all citizens for people who are enrolled and for people who are
/// not. Probes are taken under worse conditions than references. Everything but the times is the
/// same for the same seed and number of citizens. The demo reads no file, and leaves none behind
/// unless --gallery is given.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  biomatch demo
  A small one, kept to look at with inspect, verify and identify:
    biomatch demo --citizens 500 --gallery demo-gallery")]
pub(crate) struct Args {
    /// Citizens to enrol
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(50..))]
    citizens: u32,

    /// Seed of the generated people
    #[arg(long, value_name = "N", default_value_t = 42)]
    seed: u64,

    /// Where to make the gallery and keep it; without it, a temporary folder
    #[arg(long, value_name = "DIR")]
    gallery: Option<PathBuf>,

    /// One JSON object instead of the table
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args, console: &Console) -> Result<Answer, Failure> {
    let started = Instant::now();
    let mut report = Report::new(args.citizens, args.seed);
    let people = People::new(args.seed, u64::from(args.citizens), &mut report.scans)?;
    report.kernels = Kernels::active().level().to_string();
    report.threads = rayon::current_num_threads();

    let table = face_table(&people)?;
    report.face_calibration_comparisons = table.comparisons();
    let folder = Folder::new(args.gallery.as_deref())?;
    let options = CitizenDatabase::options().face_calibration(table);
    let database = options.clone().create(folder.path()).map_err(|e| failure(&e))?;
    enrolment::enrol(&people, &database, console, &mut report)?;
    drop(database);

    // As another process would find it.
    let opened = Instant::now();
    let database = options.open(folder.path()).map_err(|e| failure(&e))?;
    report.open_milliseconds = opened.elapsed().as_secs_f64() * 1e3;
    report.measure(folder.path(), &database)?;

    claims::check(&people, &database, console, &mut report)?;
    searches::search(&people, &database, console, &mut report)?;
    report.total_seconds = started.elapsed().as_secs_f64();
    report.print(args.json)?;
    if let Some(path) = &args.gallery {
        console.note(format_args!("the gallery is in {}", Escaped::new(path)));
    }
    Ok(Answer::Yes)
}

/// Fitted on people who are neither enrolled nor searched for.
fn face_table(people: &People) -> Result<Calibration, Failure> {
    let faces = people.calibration_faces();
    let matrix = FaceMatrix::new(people.model(), faces.view()).or_fail(Exit::Input)?;
    let cosines = matrix.compare_all(&matrix).or_fail(Exit::Input)?;
    let rows = cosines.rows().into_iter().enumerate();
    let impostors = rows.flat_map(|(i, row)| row.into_iter().skip(i + 1).copied().collect::<Vec<_>>());
    let fit = Fit::new(people.model().as_str(), "biomatch demo: all pairs of generated people");
    fit.set(ComparisonSet::non_mated("generated people", impostors)).finish().or_fail(Exit::Input)
}
