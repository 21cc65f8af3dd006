//! How long portraits take to become templates, and, for another runtime to compare, what comes out.
//!
//! ```text
//! BIOMATCH_DATA=DIR BIOMATCH_MODELS=DIR cargo run --release --example portraits [FOLDER]
//! ```
//!
//! Makes a template of the largest face of every file in `DIR/pictures/faces`, on one thread, by the processor time of
//! the process. Each step is done three times, and the best counts. Prints the times, and how the measures of the
//! portraits are distributed. With FOLDER it writes there `names.txt`, and in the same order `embeddings.f32`, 128
//! numbers each, and `crops.rgb`, the aligned faces of 112 x 112 pixels.
//! `benches/compare/portraits.sh` does that, and compares with OpenCV and onnxruntime.
#![allow(clippy::unwrap_used, clippy::expect_used)] // a measurement that cannot be made ends

use std::path::PathBuf;
use std::time::Duration;
use std::{env, fs};

use biomatch::extraction::models::ModelFolder;
use biomatch::extraction::{CaptureRules, FaceChoice, FaceMeasures};
use biomatch::picture::Portrait;

const ROUNDS: usize = 3;
const STEPS: [&str; 4] = ["decoding", "detection", "detection and alignment", "embedding"];

fn main() {
    let data = PathBuf::from(env::var_os("BIOMATCH_DATA").expect("BIOMATCH_DATA names the development data"));
    let out = env::args_os().nth(1).map(PathBuf::from);
    let network = ModelFolder::of_user().expect("a folder of models").face_network();
    let network = network.expect("SFace and YuNet").with_choice(FaceChoice::Largest);
    let entries = fs::read_dir(data.join("pictures/faces")).expect("portraits");
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut times = [Duration::ZERO; STEPS.len()];
    let (mut names, mut embeddings, mut crops) = (String::new(), Vec::new(), Vec::new());
    let (mut examined, mut refused) = (Vec::new(), Vec::new());
    for file in &files {
        let bytes = fs::read(file).unwrap();
        let (portrait, decoding) = best(|| Portrait::read(&bytes).unwrap());
        let (_, detection) = best(|| network.faces(&portrait).unwrap());
        let (face, alignment) = best(|| network.align(&portrait));
        examined.push(portrait.examine(&network).unwrap());
        let face = match face {
            Ok(face) => face,
            Err(error) => {
                refused.push(format!("{}: {error}", file.display()));
                continue;
            }
        };
        let (template, embedding) = best(|| network.embed(&face).unwrap());
        for (sum, time) in times.iter_mut().zip([decoding, detection, alignment, embedding]) {
            *sum += time;
        }
        names += &format!("{}\n", file.file_name().unwrap().to_string_lossy());
        embeddings.extend(template.embedding().iter().flat_map(|number| number.to_le_bytes()));
        crops.extend_from_slice(face.rgb());
    }
    let made = files.len() - refused.len();
    println!("{} portraits, {made} templates of {}", files.len(), network.model());
    refused.iter().for_each(|line| println!("  {line}"));
    println!("\n| step | ms per portrait |\n|---|---|");
    let ms = |time: Duration| time.as_secs_f64() * 1e3 / made as f64;
    for (step, time) in STEPS.iter().zip(times) {
        println!("| {step} | {:.2} |", ms(time));
    }
    let [decoding, _, alignment, embedding] = times;
    println!("| in all | {:.2} |", ms(decoding + alignment + embedding));
    let measures: Vec<FaceMeasures> = examined.iter().filter_map(|found| found.measures).collect();
    print_measures(&measures);
    for (name, rules) in [("icao", CaptureRules::icao()), ("selfie", CaptureRules::selfie())] {
        let sound = examined.iter().filter(|found| rules.check(found).is_empty()).count();
        println!("{sound} of {} portraits are as CaptureRules::{name}() wants them", files.len());
    }
    if let Some(out) = out {
        fs::write(out.join("names.txt"), names).unwrap();
        fs::write(out.join("embeddings.f32"), embeddings).unwrap();
        fs::write(out.join("crops.rgb"), crops).unwrap();
    }
}

type Measure = (&'static str, fn(&FaceMeasures) -> f32);

fn print_measures(measures: &[FaceMeasures]) {
    let all: [Measure; 11] = [
        ("between the eyes, pixels", |m| m.between_eyes.pixels()),
        ("roll, degrees", |m| m.pose.roll.degrees()),
        ("yaw, degrees", |m| m.pose.yaw.degrees()),
        ("pitch, degrees", |m| m.pose.pitch.degrees()),
        ("mean grey level", |m| m.exposure.mean.levels()),
        ("black, %", |m| m.exposure.black.fraction() * 100.0),
        ("white, %", |m| m.exposure.white.fraction() * 100.0),
        ("contrast, grey levels", |m| m.contrast.levels()),
        ("sharpness, grey levels", |m| m.sharpness.levels()),
        ("uniformity, %", |m| m.uniformity.fraction() * 100.0),
        ("between the eyes, % of the width", |m| m.placement.between_eyes.fraction() * 100.0),
    ];
    println!(
        "\n| measure | least | 2 % | 10 % | median | 90 % | 98 % | most |\n|---|---|---|---|---|---|---|---|"
    );
    for (name, of) in all {
        let mut values: Vec<f32> = measures.iter().map(of).collect();
        values.sort_by(f32::total_cmp);
        let at = |share: f64| {
            values.get(((values.len() - 1) as f64 * share) as usize).copied().unwrap_or(f32::NAN)
        };
        let columns = [0.0, 0.02, 0.1, 0.5, 0.9, 0.98, 1.0].map(|share| format!("{:.1}", at(share)));
        println!("| {name} | {} |", columns.join(" | "));
    }
    println!();
}

/// What some work gives, and the least time of several rounds.
fn best<T>(work: impl Fn() -> T) -> (T, Duration) {
    let mut least = Duration::MAX;
    let mut result = work();
    for _ in 0..ROUNDS {
        let start = process_time();
        result = work();
        least = least.min(process_time() - start);
    }
    (result, least)
}

/// Processor time of all threads: networks run in one of their own.
#[cfg(target_os = "linux")]
fn process_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec.unsigned_abs() as u32)
}

/// Time, where the process' own is not asked.
#[cfg(not(target_os = "linux"))]
fn process_time() -> Duration {
    static START: std::sync::LazyLock<std::time::Instant> = std::sync::LazyLock::new(std::time::Instant::now);
    START.elapsed()
}
