//! `biomatch extract-faces`: portraits to a file of embeddings.

use std::io::Write;
use std::path::{Path, PathBuf};

use biomatch::escape::Escaped;
use biomatch::extraction::{FaceChoice, FaceNetwork};
use biomatch::input;
use biomatch::picture::{self, Portrait};
use biomatch::template::FaceTemplate;
use ndarray::Array2;
use ndarray_npy::WriteNpyExt as _;
use rayon::prelude::*;

use crate::console::Console;
use crate::exit::{Answer, Exit, Failure, OrFail};
use crate::face_network::FaceNetworkOption;
use crate::files::files_below;
use crate::output::Output;

/// Portraits that are worked on at a time.
const BLOCK: usize = 256;

/// Make embeddings of portraits, one row of an .npy file for each
///
/// Each IN is a portrait, a record of one (FAC, data group 2), or a folder of such files; docs/pictures.md lists the
/// formats. FILES.txt gets the file of each row, in their order. Work is parallel over portraits, about 150 MB for
/// each thread; the embeddings stay in memory until they are written.
///
/// The summary is one JSON object on standard output.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Example, with files named SUBJECT_NUMBER.jpg:
  biomatch extract-faces portraits/ --face-network sface-2021dec --out faces.npy --files files.txt
  sed 's,.*/,,; s,_[^_]*$,,' files.txt > subjects.txt
  biomatch calibrate faces --embeddings faces.npy --subjects subjects.txt \\
    --model sface-2021dec+yunet-2023mar:1 --out sface.json")]
pub(crate) struct Args {
    /// Portraits, records of portraits, or folders of them
    #[arg(value_name = "IN", required = true)]
    inputs: Vec<PathBuf>,

    /// Where the embeddings go
    #[arg(long, value_name = "OUT.npy")]
    out: PathBuf,

    /// Where the file of each row goes, one a line
    #[arg(long, value_name = "FILES.txt")]
    files: PathBuf,

    /// Of several faces in a portrait take the largest, instead of refusing it
    #[arg(long)]
    largest: bool,

    /// Tell of portraits that give no embedding, and go on without a row for them (exit code 1 at the end)
    #[arg(long)]
    skip_bad: bool,

    #[command(flatten)]
    network: FaceNetworkOption,
}

#[derive(serde::Serialize)]
struct Summary {
    model: String,
    rows: usize,
    dimension: usize,
    failed: usize,
}

pub(crate) fn run(args: &Args, console: &Console) -> Result<Answer, Failure> {
    let none =
        || Failure::new(Exit::Usage, "--face-network is needed: faces of different networks do not compare");
    let network = args.network.load()?.ok_or_else(none)?;
    let network = network.with_choice(if args.largest { FaceChoice::Largest } else { FaceChoice::Only });
    let paths = paths(&args.inputs)?;
    let progress = console.progress("extracting", paths.len());
    let (mut names, mut templates, mut failed) = (String::new(), Vec::new(), 0);
    for block in paths.chunks(BLOCK) {
        let made: Vec<Result<FaceTemplate, Failure>> = block
            .par_iter()
            .map(|path| {
                let template = template(&network, path);
                progress.inc(1);
                template
            })
            .collect();
        for (path, template) in block.iter().zip(made) {
            match template {
                Ok(template) => {
                    names += &format!("{}\n", Escaped::new(path));
                    templates.push(template);
                }
                Err(failure) if args.skip_bad => {
                    failed += 1;
                    failure.warn(console);
                }
                Err(failure) => return Err(failure),
            }
        }
    }
    progress.finish_and_clear();
    let Some(first) = templates.first() else {
        return Err(Failure::new(Exit::Input, "no portrait gave an embedding"));
    };
    let dimension = first.embedding().len();
    let numbers: Vec<f32> = templates.iter().flat_map(|template| template.embedding()).copied().collect();
    let rows = Array2::from_shape_vec((templates.len(), dimension), numbers).or_fail(Exit::Output)?;
    let mut output = Output::create(&args.out)?;
    rows.write_npy(&mut output).or_fail(Exit::Output).map_err(|failure| failure.within(&args.out))?;
    output.finish()?;
    let mut output = Output::create(&args.files)?;
    let written = output.write_all(names.as_bytes());
    output.check(written)?;
    output.finish()?;
    let summary = Summary { model: network.model().to_string(), rows: templates.len(), dimension, failed };
    Output::answer(true, &summary, |_| Ok(()))?;
    Ok(if failed == 0 { Answer::Yes } else { Answer::No })
}

/// The files of all inputs, in their order; of a folder, all below it.
fn paths(inputs: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut paths = Vec::new();
    for input in inputs {
        if input.is_dir() {
            paths.extend(files_below(input)?.iter().map(|file| input.join(file)));
        } else {
            paths.push(input.clone());
        }
    }
    Ok(paths)
}

fn template(network: &FaceNetwork, path: &Path) -> Result<FaceTemplate, Failure> {
    let bytes = input::read(path, picture::MAX_BYTES as u64)?;
    let portrait = Portrait::read(&bytes).or_fail(Exit::Input).map_err(|failure| failure.within(path))?;
    network.extract(&portrait).or_fail(Exit::Input).map_err(|failure| failure.within(path))
}
