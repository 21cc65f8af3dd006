//! Enrolment from vectors to committed segments, and opening.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use biomatch::citizen::CitizenId;
use biomatch::gallery::{CitizenReferences, Gallery, NewReference, GalleryOptions};
use biomatch::template::FaceTemplate;
use rayon::prelude::*;
use serde_json::json;

use crate::measure::{Set, pool, processor_seconds, say, seconds};

/// Faces of a commit that goes straight to segments.
const BULK: usize = 250_000;
/// Faces of a commit through the log.
const SMALL: usize = 1_000;
/// Faces that are enrolled in small commits.
const OF_SMALL: usize = 20_000;

/// Enrols all vectors into a new gallery: some in small commits, by one thread; all in bulk, by one
/// thread and, if there are no more than 100,000, by two. Leaves the last gallery, compacted.
pub fn enrol(set: &Set) {
    let rows: Vec<f32> = set.read("faces.f32");
    let some = &rows[..OF_SMALL.min(set.count) * set.dimension];
    fill(set, some, SMALL, 1);
    let threads: &[usize] = if set.count <= 100_000 { &[2, 1] } else { &[1] };
    for &threads in threads {
        fill(set, &rows, BULK, threads);
    }
    let gallery = Gallery::open(set.gallery_folder(), GalleryOptions::default()).unwrap();
    let (time, ()) = seconds(|| gallery.writer().unwrap().compact().unwrap());
    say("compact", 2, time, json!({ "rows": set.count }));
}

fn fill(set: &Set, rows: &[f32], a_commit: usize, threads: usize) {
    let directory = set.gallery_folder();
    let _ = fs::remove_dir_all(&directory);
    let gallery = Gallery::create(&directory, GalleryOptions::default()).unwrap();
    let writer = gallery.writer().unwrap();
    let pool = pool(threads);
    let model = Set::model();
    let mut phases = [0.0; 3];
    let start = processor_seconds();
    let (time, ()) = seconds(|| {
        for (part, rows) in rows.chunks(set.dimension * a_commit).enumerate() {
            let enrolment = |(row, values): (usize, &[f32])| {
                let citizen = CitizenId::from_value((part * a_commit + row) as u64).unwrap();
                CitizenReferences::new(
                    citizen,
                    vec![NewReference::face(FaceTemplate::new(model.clone(), values).unwrap())],
                )
            };
            let templates = || rows.par_chunks_exact(set.dimension).enumerate().map(enrolment).collect();
            let (time, enrolments): (f64, Vec<CitizenReferences>) = seconds(|| pool.install(templates));
            phases[0] += time;
            phases[1] += seconds(|| pool.install(|| writer.add_all(&enrolments).unwrap())).0;
            drop(enrolments);
            phases[2] += seconds(|| pool.install(|| writer.commit().unwrap())).0;
        }
        phases[2] += seconds(|| pool.install(|| writer.flush().unwrap())).0;
    });
    let processor = processor_seconds() - start;
    drop(writer);
    let count = rows.len() / set.dimension;
    let bytes: u64 =
        fs::read_dir(&directory).unwrap().map(|file| file.unwrap().metadata().unwrap().len()).sum();
    let start = processor_seconds();
    let disk = write_and_sync(&set.folder.join("disk"), bytes);
    let disk_processor = processor_seconds() - start;
    let of = json!({
        "rows": count, "a_commit": a_commit, "rows_s": count as f64 / time,
        "processor_rows_s": count as f64 / processor, "bytes": bytes,
        "templates_s": phases[0], "staging_s": phases[1], "commit_s": phases[2],
        "disk_mb_s": bytes as f64 / disk / 1e6, "disk_share": disk / time,
        "disk_processor_share": disk_processor / processor,
    });
    say("enrol", threads, time, of);
}

/// Seconds that the disk takes for as many bytes written and synced by plain code.
fn write_and_sync(path: &Path, bytes: u64) -> f64 {
    let buffer = vec![0x5a; 1 << 20];
    let (time, ()) = seconds(|| {
        let mut file = File::create(path).unwrap();
        for start in (0..bytes).step_by(buffer.len()) {
            let count = (bytes - start).min(buffer.len() as u64);
            file.write_all(&buffer[..count as usize]).unwrap();
        }
        file.sync_all().unwrap();
    });
    fs::remove_file(path).unwrap();
    time
}

/// The median of a hundred openings up to a snapshot, and the first of the process.
pub fn open(set: &Set) {
    let mut times: Vec<f64> = (0..101).map(|_| seconds(|| set.snapshot()).0).collect();
    let first = times[0];
    times.sort_by(f64::total_cmp);
    say("open", 1, times[50], json!({ "rows": set.count, "first_ms": first * 1e3 }));
}
