//! `biomatch explain`: why two impressions match or not.

mod drawing;

use std::io::Write;
use std::path::{Path, PathBuf};

use biomatch::escape::Escaped;
use biomatch::fingerprint::{Explanation, explain};
use biomatch::picture::FingerprintPicture;
use biomatch::template::{FingerprintTemplate, Minutia};

use crate::console::Console;
use crate::exit::{Answer, Exit, Failure, OrFail};
use crate::fingers::{FingerOptions, FingerReader, read_whole};
use crate::output::Output;
use drawing::Print;

/// Show which minutiae of two impressions are paired, and how the pairs make the score
///
/// A and B are records of any dialect that biomatch reads, or pictures of fingers. Standard output has the score, the
/// two numbers that it is made of, the motion between the two impressions, and the pairs: each with its
/// number in the drawing, the indices of its minutiae in the records (the first is 0), and its support
/// from the other pairs (0 to 1).
///
/// --svg draws both impressions side by side, upon their pictures where A and B are pictures. The drawing shows
/// biometric data: protect it like the records.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  biomatch explain probe.iso reference.iso
  biomatch explain probe.iso reference.iso --svg pairs.svg
  biomatch explain scan.png reference.png --svg pairs.svg
  biomatch explain probe.iso reference.iso --json | jq .score")]
pub(crate) struct Args {
    /// The first record
    a: PathBuf,

    /// The second record
    b: PathBuf,

    /// Which view of A, if it has several; the first is 0
    #[arg(long, value_name = "N", default_value_t = 0)]
    view_a: usize,

    /// Which view of B
    #[arg(long, value_name = "N", default_value_t = 0)]
    view_b: usize,

    /// Draw both impressions, their minutiae and the pairs
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,

    /// Replace the drawing if it exists
    #[arg(long)]
    force: bool,

    /// One JSON object instead of lines
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    fingers: FingerOptions,
}

#[derive(serde::Serialize)]
struct Told {
    score: f32,
    relaxed: f32,
    share: f32,
    minutiae_a: usize,
    minutiae_b: usize,
    turn_degrees: Option<f32>,
    shift_micrometres: Option<[i32; 2]>,
    pairs: Vec<Pair>,
}

#[derive(serde::Serialize)]
struct Pair {
    a: usize,
    b: usize,
    support: f32,
}

impl Told {
    fn new(explanation: &Explanation, a: &[Minutia], b: &[Minutia]) -> Self {
        let pairs = explanation.pairs.iter();
        Self {
            score: explanation.score.get(),
            relaxed: explanation.relaxed.get(),
            share: explanation.share.get(),
            minutiae_a: a.len(),
            minutiae_b: b.len(),
            turn_degrees: explanation
                .motion
                .map(|motion| motion.turn.radians().to_degrees())
                .map(within_half),
            shift_micrometres: explanation.motion.map(|motion| motion.shift_micrometres),
            pairs: pairs.map(|pair| Pair { a: pair.a, b: pair.b, support: pair.support.get() }).collect(),
        }
    }

    fn lines(&self, output: &mut Output) -> std::io::Result<()> {
        writeln!(output, "score: {:.2}", self.score)?;
        writeln!(output, "relaxed: {:.4}", self.relaxed)?;
        writeln!(output, "share: {:.4}", self.share)?;
        writeln!(output, "minutiae: {} and {}", self.minutiae_a, self.minutiae_b)?;
        if let (Some(turn), Some([right, down])) = (self.turn_degrees, self.shift_micrometres) {
            let (right, down) = (f64::from(right) / 1000.0, f64::from(down) / 1000.0);
            writeln!(output, "turn: {turn:.1} degrees counter-clockwise")?;
            writeln!(output, "shift: {right:.2} mm to the right, {down:.2} mm down")?;
        }
        writeln!(output, "pairs: {}", self.pairs.len())?;
        for (number, pair) in (1..).zip(&self.pairs) {
            writeln!(output, "  {number}: {} - {}  support {:.2}", pair.a, pair.b, pair.support)?;
        }
        Ok(())
    }
}

/// An angle of a whole turn as one of half a turn either way.
fn within_half(degrees: f32) -> f32 {
    if degrees > 180.0 { degrees - 360.0 } else { degrees }
}

pub(crate) fn run(args: &Args, console: &Console) -> Result<Answer, Failure> {
    if let Some(svg) = args.svg.as_deref().filter(|svg| !args.force && svg.is_file()) {
        return Err(Failure::new(
            Exit::Output,
            format!("{}: exists; --force replaces it", Escaped::new(svg)),
        ));
    }
    let reader = args.fingers.reader()?;
    let a = Impression::read(&args.a, args.view_a, &reader, console)?;
    let b = Impression::read(&args.b, args.view_b, &reader, console)?;
    let explanation = explain(&a.view.minutiae, &b.view.minutiae);
    if let Some(svg) = &args.svg {
        let drawing = drawing::svg(&a.print(&args.a), &b.print(&args.b), &explanation);
        let mut output = Output::create(svg)?;
        let written = output.write_all(drawing.as_bytes());
        output.check(written)?;
        output.finish()?;
    }
    let told = Told::new(&explanation, &a.view.minutiae, &b.view.minutiae);
    let mut output = Output::stdout();
    let written = if args.json {
        let text = serde_json::to_string(&told).or_fail(Exit::Output)?;
        writeln!(output, "{text}")
    } else {
        told.lines(&mut output)
    };
    output.check(written)?;
    output.finish()?;
    Ok(Answer::Yes)
}

/// A view, and the picture whose minutiae it has if the file is one.
struct Impression {
    view: FingerprintTemplate,
    picture: Option<FingerprintPicture>,
}

impl Impression {
    fn read(
        path: &Path,
        number: usize,
        reader: &FingerReader<'_>,
        console: &Console,
    ) -> Result<Self, Failure> {
        let bytes = read_whole(path)?;
        let mut record = reader.parse(path, &bytes)?;
        record
            .warnings
            .iter()
            .for_each(|warning| console.warn(format_args!("{}: {warning}", Escaped::new(path))));
        let views = record.views.len();
        if number >= views {
            let message = format!("{}: has {views} views, none of number {number}", Escaped::new(path));
            return Err(Failure::new(Exit::Input, message));
        }
        let pictures = FingerprintPicture::read_all(&bytes).unwrap_or_default();
        // Of a picture that gave no view, none of them can be told to be this one.
        let picture = (pictures.len() == views).then(|| pictures.into_iter().nth(number)).flatten();
        Ok(Self { view: record.views.swap_remove(number), picture })
    }

    fn print(&self, path: &Path) -> Print<'_> {
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        Print { name, minutiae: &self.view.minutiae, frame: self.view.frame, picture: self.picture.as_ref() }
    }
}
