//! `biomatch inspect`: describes files.

mod faces;
mod fingerprint;
mod gallery;
mod picture;

use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use biomatch::escape::Escaped;
use biomatch::gallery::GalleryFile;
use biomatch::ingest::MAX_JSON;
use biomatch::input;
use biomatch::picture::MAX_BYTES;
use biomatch::template::face_file::NPY_MAGIC;

use crate::console::Console;
use crate::exit::{Answer, Exit, Failure, OrFail};
use crate::facts::Facts;
use crate::files::readable_files_below;
use crate::output::{Output, without_controls};
use crate::records::{RecordOptions, has_extension};

/// Describe records, pictures and gallery files
///
/// Reads fingerprint records of every dialect, bare, as text or in card objects and transactions, NIST .xyt
/// and minutiae in .csv; pictures of fingers and faces, alone or in records (FIR, FAC, transactions, passports, CBEFF); embeddings in .npy and .json, and raw little-endian f32 if --dimension gives the numbers
/// per embedding; a gallery's folder and each of its files. In any other folder it inspects every file that is
/// not hidden.
///
/// Prints counts and headers, never minutiae, pixels or numbers of an embedding. For a fingerprint record it lists
/// each departure from its standard. A gallery file's own checksums are checked; `biomatch verify` checks
/// the gallery as a whole.
///
/// Among several files, bad ones are reported on stderr and the others are still inspected. The exit code is
/// that of the first bad file.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  biomatch inspect 101_1.iso
  biomatch inspect --json records/ | jq -r 'select(.views[0].minutiae < 12) | .file'
  biomatch inspect right_index.wsq portrait.jp2
  biomatch inspect citizens/ citizens/CURRENT citizens/seg-*
  biomatch inspect --dimension 512 embedding.f32")]
pub(crate) struct Args {
    /// Files and folders
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,

    /// Print one JSON object per line, with the file in "file"
    #[arg(long)]
    json: bool,

    /// Read files of no known format as raw little-endian f32 with this many numbers per embedding
    #[arg(long, value_name = "N")]
    dimension: Option<usize>,

    #[command(flatten)]
    records: RecordOptions,
}

pub(crate) fn run(args: &Args, console: &Console) -> Result<Answer, Failure> {
    let mut output = Output::stdout();
    let mut first_bad = None;
    let mut bad = 0_u64;
    let mut inspected = 0_u64;
    let mut is_bad = |failure: Failure| {
        console.error(&failure);
        first_bad.get_or_insert(failure);
    };
    for path in &args.files {
        let (files, failures) = expand(path);
        for file in files {
            inspected += 1;
            match inspect(&file, args) {
                Ok(facts) => print(&mut output, &file, facts, args.json)?,
                Err(failure) => {
                    bad += 1;
                    is_bad(failure);
                }
            }
        }
        for failure in failures {
            inspected += 1;
            bad += 1;
            is_bad(failure);
        }
    }
    output.finish()?;
    match first_bad {
        Some(failure) if inspected > 1 => {
            Err(failure.instead(format!("{bad} of {inspected} files could not be inspected")))
        }
        Some(failure) => Err(failure.silently()),
        None => Ok(Answer::Yes),
    }
}

/// The files to inspect, and failures of folders that cannot be read. A gallery counts as one; of any other folder
/// all files below it.
fn expand(path: &Path) -> (Vec<PathBuf>, Vec<Failure>) {
    if path.is_dir() && !path.join("CURRENT").is_file() {
        let (files, failures) = readable_files_below(path);
        return (files.into_iter().map(|file| path.join(file)).collect(), failures);
    }
    (vec![path.to_owned()], Vec::new())
}

fn print(output: &mut Output, file: &Path, facts: Facts, json: bool) -> Result<(), Failure> {
    let facts_with_file = Facts::default().with("file", file.to_string_lossy().into_owned()).and(facts);
    let text = if json {
        without_controls(serde_json::to_string(&facts_with_file).or_fail(Exit::Output)?) + "\n"
    } else {
        format!("{facts_with_file}\n")
    };
    let result = output.write_all(text.as_bytes());
    output.check(result)
}

fn inspect(path: &Path, args: &Args) -> Result<Facts, Failure> {
    if path.is_dir() {
        return gallery::folder(path);
    }
    let mut start = Vec::new();
    let file = input::open(path, input::MAX_TABLE)?;
    let read = file.take(GalleryFile::START as u64).read_to_end(&mut start);
    read.map_err(|error| Failure::unreadable(path, &error))?;
    if GalleryFile::is_start_of_one(&start) {
        return gallery::file(path);
    }
    let whole = || input::read(path, input::MAX_EMBEDDINGS);
    if start.starts_with(NPY_MAGIC) {
        return faces::npy(path, whole()?);
    }
    if has_extension(path, "json") {
        return faces::json(path, input::read(path, MAX_JSON)?);
    }
    let is_record = start.starts_with(b"FMR\0") || has_extension(path, "xyt") || has_extension(path, "csv");
    match args.dimension {
        Some(dimension) if !is_record => faces::raw(path, whole()?, dimension),
        _ => record_or_picture(path, &args.records),
    }
}

/// Of a fingerprint record, or of what is none: a picture or a record of pictures.
fn record_or_picture(path: &Path, options: &RecordOptions) -> Result<Facts, Failure> {
    let bytes = input::read(path, MAX_BYTES as u64)?;
    let error = match options.parse(path, &bytes) {
        Ok(record) => return Ok(fingerprint::facts(&record)),
        Err(error) => error,
    };
    let failed =
        |error: &dyn std::fmt::Display| Failure::new(Exit::Input, format!("{}: {error}", Escaped::new(path)));
    if !error.is_other_content() {
        return Err(failed(&error));
    }
    match picture::facts(&bytes) {
        Ok(Some(facts)) => Ok(facts),
        Ok(None) => Err(failed(&error)),
        Err(error) => Err(failed(&error)),
    }
}
