//! Minutiae of all pictures of fingers of the development data: how many, in how much time and memory.
//!
//! ```text
//! BIOMATCH_DATA=DIR cargo run --release --example minutiae NETWORK FOLDER [EVERY]
//! ```
//!
//! NETWORK is a network of biomatch or LEADER. Takes each EVERYth picture below `DIR/pictures/fingers` (default 1),
//! twice on one thread; the better processor time counts. Writes to FOLDER an ISO/IEC 19794-2 record of each and
//! `minutiae.csv`, one row per picture; prints sums and the greatest memory. `benches/compare/leader.sh` does that and
//! compares with onnxruntime.
#![allow(clippy::unwrap_used, clippy::expect_used)] // a measurement that cannot be made ends

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{env, fs};

use biomatch::extraction::MinutiaeExtractor;
use biomatch::picture::FingerprintPicture;
use biomatch::template::FingerprintRecord;
use biomatch::units::Resolution;

fn main() {
    let mut arguments = env::args_os().skip(1);
    let network = arguments.next().expect("NETWORK");
    let out = PathBuf::from(arguments.next().expect("FOLDER"));
    let every = arguments.next().map_or(1, |every| every.to_str().unwrap().parse().unwrap());
    let data = PathBuf::from(env::var_os("BIOMATCH_DATA").expect("BIOMATCH_DATA names the development data"));
    let extractor = MinutiaeExtractor::open(network).unwrap();
    let mut table = "file,width,height,minutiae,ms\n".to_owned();
    let (mut pictures, mut minutiae, mut sum) = (0_u32, 0, Duration::ZERO);
    for file in files(&data.join("pictures/fingers")).iter().step_by(every) {
        let name = file.file_stem().unwrap().to_str().unwrap();
        let database = file.parent().unwrap().file_name().unwrap().to_str().unwrap();
        let dpi = match database {
            "fvc2002_DB2_B" => 569,
            "fvc2004_DB3_B" => 512,
            _ => 500,
        };
        let picture = FingerprintPicture::read(&fs::read(file).unwrap()).unwrap();
        let picture = picture.with_resolution(Resolution::from_dpi(dpi).unwrap());
        let (mut template, mut best) = (None, Duration::MAX);
        for _ in 0..2 {
            let start = processor_time();
            template = Some(picture.template(&extractor).unwrap());
            best = best.min(processor_time() - start);
        }
        let template = template.unwrap();
        let frame = template.frame.unwrap();
        pictures += 1;
        minutiae += template.minutiae.len();
        sum += best;
        let (width, height, found) = (frame.width, frame.height, template.minutiae.len());
        let ms = best.as_secs_f64() * 1e3;
        writeln!(table, "{database}/{name},{width},{height},{found},{ms:.1}").unwrap();
        fs::create_dir_all(out.join(database)).unwrap();
        let record = FingerprintRecord::new(vec![template]).write_iso2005().unwrap();
        fs::write(out.join(database).join(name).with_extension("iso"), record).unwrap();
    }
    fs::write(out.join("minutiae.csv"), table).unwrap();
    let mean = sum.as_secs_f64() * 1e3 / f64::from(pictures);
    println!("{}: {pictures} pictures, {minutiae} minutiae, {mean:.0} ms per picture", extractor.name());
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let memory = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or("unknown");
    println!("greatest memory {}", memory.trim());
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = |folder: &Path| fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> =
        entries(folder).flat_map(|folder| entries(&folder).collect::<Vec<_>>()).collect();
    files.sort();
    files
}

/// Of the whole process: LEADER runs in a thread of its own.
#[cfg(target_os = "linux")]
fn processor_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec.unsigned_abs() as u32)
}

/// Time, where the process's own is not asked.
#[cfg(not(target_os = "linux"))]
fn processor_time() -> Duration {
    static START: std::sync::LazyLock<std::time::Instant> = std::sync::LazyLock::new(std::time::Instant::now);
    START.elapsed()
}
