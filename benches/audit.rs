//! How many decisions per second are recorded durably: claims by 1, 8 and 64 threads into one audit file,
//! beside appending and synchronising a line of the same length to a plain file. A table on standard output;
//! `cargo bench --bench audit`.
#![allow(missing_docs, clippy::unwrap_used)] // a benchmark

use std::fs::File;
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use biomatch::database::AuditFile;
use biomatch::template::{FaceTemplate, ModelId};
use biomatch::{CitizenDatabase, CitizenId, Claim, Enrolment, Fmr, Policy, Probe};

const DIMENSION: usize = 128;
const THREADS: [usize; 3] = [1, 8, 64];

fn main() {
    let is_test = std::env::args().any(|argument| argument == "--test");
    let time = if is_test { Duration::from_millis(50) } else { Duration::from_secs(5) };
    let folder = tempfile::tempdir_in(".").unwrap();
    let model: ModelId = "bench".parse().unwrap();
    let face = |sign: f32| {
        let numbers: Vec<f32> = (0..DIMENSION).map(|n| if n % 2 == 0 { 1.0 } else { sign }).collect();
        FaceTemplate::new(model.clone(), &numbers).unwrap()
    };
    let citizen = CitizenId::from_value(1_190_000_101).unwrap();
    let table = biomatch::calibration::face_generic().unwrap();
    let calibrations = || biomatch::database::Calibrations::new().assume_for(model.clone(), table.clone());
    let path = folder.path().join("audit.ndjson");
    let audit = Arc::new(AuditFile::append(&path).unwrap());
    let silent = CitizenDatabase::options().calibrations(calibrations());
    let recorded = silent.clone().audit(audit);
    let directory = folder.path().join("gallery");
    silent.clone().create(&directory).unwrap().enrol(citizen, Enrolment::new().face(face(1.0))).unwrap();
    let (silent, recorded) = (silent.open(&directory).unwrap(), recorded.open(&directory).unwrap());
    let claim = Claim::new(citizen, Probe::new().face(face(0.9)), Policy::face(Fmr::one_in(1_000)));

    drop(recorded.authenticate(&claim).unwrap());
    let line = std::fs::read(&path).unwrap();
    println!("lines of {} bytes, {} s for each cell\n", line.len(), time.as_secs_f32());
    println!("| threads | decisions/s without audit | decisions/s with audit | plain append and sync/s |");
    println!("|---|---|---|---|");
    for threads in THREADS {
        let without = rate(threads, time, || drop(silent.authenticate(&claim).unwrap()));
        let with = rate(threads, time, || drop(recorded.authenticate(&claim).unwrap()));
        let file = Arc::new(File::create(folder.path().join("plain")).unwrap());
        let plain = rate(threads, time, || {
            (&*file).write_all(&line).unwrap();
            file.sync_data().unwrap();
        });
        println!("| {threads} | {without:.0} | {with:.0} | {plain:.0} |");
    }
}

/// How often per second threads do it together.
fn rate(threads: usize, time: Duration, work: impl Fn() + Sync) -> f64 {
    let done = AtomicUsize::new(0);
    let started = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while started.elapsed() < time {
                    work();
                    done.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
    done.load(Ordering::Relaxed) as f64 / started.elapsed().as_secs_f64()
}
