//! `biomatch verify`: checks that every byte of a gallery is as written.

use std::io::Write;
use std::path::PathBuf;

use biomatch::escape::Escaped;
use biomatch::gallery;

use crate::console::Console;
use crate::exit::{Answer, Failure};
use crate::output::Output;

/// Check every byte of a gallery against its checksums
///
/// Codes of fingers are made again from the minutiae and compared, if they are of the shipped model or of
/// that of --code-model. Reads all files, also while a writer is at work, and changes nothing. Exit code 0 if the gallery
/// is sound, 1 if it is damaged; standard output lists the damage.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "Example:\n  biomatch verify --gallery citizens")]
pub(crate) struct Args {
    /// The gallery's folder
    #[arg(long, value_name = "DIR")]
    gallery: PathBuf,

    /// One JSON object instead of lines
    #[arg(long)]
    json: bool,
}

#[derive(serde::Serialize)]
struct Found {
    sound: bool,
    generation: Option<u64>,
    fingers: usize,
    faces: usize,
    files: usize,
    bytes: u64,
    unacknowledged_bytes: u64,
    orphans: Vec<String>,
    set_aside: Vec<String>,
    doubts: Vec<String>,
    foreign: Vec<String>,
    problems: Vec<String>,
}

pub(crate) fn run(args: &Args, console: &Console) -> Result<Answer, Failure> {
    let report = gallery::verify_with(&args.gallery, &console.gallery())?;
    let sound = report.is_sound();
    let found = Found {
        sound,
        generation: report.generation.map(gallery::Generation::value),
        fingers: report.fingers,
        faces: report.faces,
        files: report.files.len(),
        bytes: report.files.iter().map(|file| file.bytes).sum(),
        unacknowledged_bytes: report.unacknowledged_bytes,
        orphans: report.orphans,
        set_aside: report.set_aside,
        doubts: report.doubts,
        foreign: report.foreign,
        problems: report.problems.iter().map(ToString::to_string).collect(),
    };
    Output::answer(args.json, &found, |output| lines(&found, output))?;
    if found.unacknowledged_bytes > 0 || !found.orphans.is_empty() {
        console.note("a writer is at work, or one was stopped: the next one settles what it left");
    }
    Ok(if sound { Answer::Yes } else { Answer::No })
}

fn lines(found: &Found, output: &mut Output) -> std::io::Result<()> {
    for problem in &found.problems {
        writeln!(output, "damaged: {problem}")?;
    }
    for doubt in &found.doubts {
        writeln!(output, "not proved: {doubt}")?;
    }
    for name in &found.set_aside {
        writeln!(output, "set aside by a recovery: {}", Escaped::new(name))?;
    }
    for name in &found.foreign {
        writeln!(output, "not a file of the gallery: {}", Escaped::new(name))?;
    }
    let Found { files, bytes, fingers, faces, .. } = found;
    let verdict = match (found.sound, found.problems.is_empty()) {
        (true, _) => "sound",
        (false, true) => "NOT PROVED SOUND",
        (false, false) => "DAMAGED",
    };
    writeln!(output, "{verdict}: {files} files, {bytes} bytes, {fingers} fingers, {faces} faces")
}
