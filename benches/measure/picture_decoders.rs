//! How long each format of pictures takes to decode, and, for an independent decoder to compare, what comes out.
//!
//! ```text
//! BIOMATCH_DATA=DIR cargo run --release --example picture_decoders [FOLDER]
//! ```
//!
//! Reads every file below `DIR/pictures` and `DIR/interchange`, and decodes each different picture in them three times
//! on one thread; the best counts, by processor time. What is refused is listed with its error. With FOLDER it
//! writes there `N.payload`, the bytes of picture N, `N.pixels`, what they were decoded to, and `pictures.csv`.
//! `benches/compare/pictures.sh` does that, and compares with Pillow and NBIS.
#![allow(clippy::unwrap_used, clippy::expect_used)] // a measurement that cannot be made ends

#[path = "../thread_time/mod.rs"]
mod thread_time;

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{env, fs};

use biomatch::picture::{Format, Portrait, describe};
use thread_time::thread_time;

const ROUNDS: usize = 3;

/// Of the pictures of one format.
#[derive(Default)]
struct Sum {
    pictures: usize,
    different: usize,
    pixels: u64,
    time: Duration,
    slowest: Duration,
}

fn main() {
    let data = PathBuf::from(env::var_os("BIOMATCH_DATA").expect("BIOMATCH_DATA names the development data"));
    let out = env::args_os().nth(1).map(PathBuf::from);
    let mut files = Vec::new();
    for folder in ["pictures", "interchange"] {
        collect(&data.join(folder), &mut files);
    }
    files.sort();
    let mut sums: BTreeMap<String, Sum> = BTreeMap::new();
    let (mut seen, mut table, mut refused) = (HashSet::new(), String::new(), Vec::new());
    for file in &files {
        let bytes = fs::read(file).unwrap();
        let found = match describe(&bytes) {
            Ok(found) => found,
            Err(error) => {
                refused.push(format!("{}: {error}", file.display()));
                continue;
            }
        };
        for picture in found.iter().filter(|picture| picture.source.format != Format::Raw) {
            let source = &picture.source;
            let sum = sums.entry(source.format.to_string()).or_default();
            sum.pictures += 1;
            let is_text = source.wrappers.iter().any(|wrapper| wrapper.is_text());
            let payload =
                &bytes[if is_text { 0..bytes.len() } else { source.offset..source.offset + source.length }];
            if !seen.insert(blake3::hash(payload)) {
                continue;
            }
            let Ok((decoded, time)) = decode(payload) else { continue };
            sum.different += 1;
            sum.pixels += u64::from(decoded.width()) * u64::from(decoded.height());
            sum.time += time;
            sum.slowest = sum.slowest.max(time);
            if let Some(out) = &out {
                let number = seen.len();
                fs::write(out.join(format!("{number}.payload")), payload).unwrap();
                fs::write(out.join(format!("{number}.pixels")), decoded.pixels()).unwrap();
                table += &format!(
                    "{number},{},{},{},{},{:.3},{}\n",
                    source.format,
                    decoded.width(),
                    decoded.height(),
                    decoded.colours().channels(),
                    time.as_secs_f64() * 1e3,
                    file.display()
                );
            }
        }
    }
    println!("| format | pictures | different | megapixels | ms per picture | slowest | ms per megapixel |");
    println!("|---|---|---|---|---|---|---|");
    for (format, sum) in &sums {
        let (ms, megapixels) = (sum.time.as_secs_f64() * 1e3, sum.pixels as f64 / 1e6);
        println!(
            "| {format} | {} | {} | {megapixels:.2} | {:.2} | {:.2} | {:.2} |",
            sum.pictures,
            sum.different,
            ms / sum.different as f64,
            sum.slowest.as_secs_f64() * 1e3,
            ms / megapixels
        );
    }
    println!("\n{} of {} files refused:", refused.len(), files.len());
    refused.iter().for_each(|line| println!("  {line}"));
    if let Some(out) = &out {
        fs::write(out.join("pictures.csv"), format!("number,format,width,height,channels,ms,file\n{table}"))
            .unwrap();
    }
}

/// The picture and the least time of several rounds.
fn decode(payload: &[u8]) -> Result<(Portrait, Duration), biomatch::picture::PictureError> {
    let mut best = Duration::MAX;
    let mut decoded = Portrait::read(payload)?;
    for _ in 0..ROUNDS {
        let start = thread_time();
        decoded = Portrait::read(payload)?;
        best = best.min(thread_time() - start);
    }
    Ok((decoded, best))
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, files);
        } else {
            files.push(path);
        }
    }
}
