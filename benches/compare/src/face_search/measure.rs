//! The files of a set, clocks, and lines of results.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use biomatch::face::FaceProbe;
use biomatch::gallery::{Gallery, GalleryOptions, Snapshot};
use biomatch::template::{FaceTemplate, ModelId};
use rayon::ThreadPool;
use serde_json::{Value, json};

/// Rounds of which the best counts.
pub const ROUNDS: usize = 7;

/// A set of vectors: `faces.f32` (`count` rows), `probes.f32`, and `mates.u32`, the row of each probe's
/// mate or [`Set::NO_MATE`].
pub struct Set {
    pub folder: PathBuf,
    pub count: usize,
    pub dimension: usize,
}

impl Set {
    pub const PROBES: usize = 10_000;
    pub const NO_MATE: u32 = u32::MAX;

    pub fn new(folder: &str, count: usize, dimension: usize) -> Self {
        Self { folder: folder.into(), count, dimension }
    }

    pub fn gallery_folder(&self) -> PathBuf {
        self.folder.join("gallery")
    }

    /// The gallery that `enrol` left.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        let gallery = Gallery::open(self.gallery_folder(), GalleryOptions::default()).unwrap();
        let snapshot = gallery.snapshot().unwrap();
        assert_eq!(snapshot.face_count(), self.count);
        snapshot
    }

    pub fn model() -> ModelId {
        "bench".parse().unwrap()
    }

    pub fn read<T: bytemuck::Pod>(&self, name: &str) -> Vec<T> {
        bytemuck::pod_collect_to_vec(&fs::read(self.folder.join(name)).unwrap())
    }

    pub fn write<T: bytemuck::Pod>(&self, name: &str, values: &[T]) {
        fs::write(self.folder.join(name), bytemuck::cast_slice::<T, u8>(values)).unwrap();
    }

    pub fn probes(&self) -> Vec<FaceProbe> {
        let probes: Vec<f32> = self.read("probes.f32");
        let template = |row: &[f32]| FaceTemplate::new(Self::model(), row).unwrap();
        probes.chunks_exact(self.dimension).map(|row| FaceProbe::new(&template(row))).collect()
    }
}

pub fn say(what: &str, threads: usize, seconds: f64, of: Value) {
    let level = biomatch::kernels::Kernels::active().level().name();
    let mut line =
        json!({ "who": "biomatch", "level": level, "what": what, "threads": threads, "seconds": seconds });
    line.as_object_mut().unwrap().extend(of.as_object().unwrap().clone());
    println!("{line}");
}

pub fn seconds<R>(work: impl FnOnce() -> R) -> (f64, R) {
    let start = Instant::now();
    let result = work();
    (start.elapsed().as_secs_f64(), result)
}

/// The least time of some rounds; fewer of what takes seconds.
pub fn best(mut work: impl FnMut()) -> f64 {
    let mut least = f64::INFINITY;
    for round in 0..ROUNDS {
        if round > 1 && least > 1.0 {
            break;
        }
        least = least.min(seconds(&mut work).0);
    }
    least
}

/// The mean over some things of the least time that each takes in some rounds.
pub fn best_each<T>(things: &[T], mut work: impl FnMut(&T)) -> f64 {
    let mut least = vec![f64::INFINITY; things.len()];
    for _ in 0..ROUNDS {
        for (thing, least) in things.iter().zip(&mut least) {
            *least = least.min(seconds(|| work(thing)).0);
        }
    }
    least.iter().sum::<f64>() / things.len() as f64
}

/// Seconds that this process's threads have been on a processor, in steps of ten milliseconds.
pub fn processor_seconds() -> f64 {
    let text = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = text.rsplit(") ").next().unwrap_or_default().split(' ');
    // User and system time: the fourteenth and fifteenth field, of which two are cut off.
    let ticks: f64 = fields.skip(11).take(2).filter_map(|field| field.parse::<f64>().ok()).sum();
    ticks / 100.0
}

pub fn pool(threads: usize) -> ThreadPool {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap()
}
