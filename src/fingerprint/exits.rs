//! What an exit by measure could save: how many strangers lie below everything that scores above a
//! threshold, by numbers that are known before the score is.
//!
//! `BIOMATCH_DATA=DIR cargo test --release --lib exits -- --nocapture` prints the table of
//! `docs/notes/fingerprint-matching.md`.

use std::fs;
use std::path::{Path, PathBuf};

use super::features::FingerFeatures;
use super::growth::Growth;
use super::maths::ln;
use super::prepared::{Prepared, Side};
use super::relaxation::Relaxation;
use super::score::score;
use super::similarity::Similarities;
use super::support::Support;
use crate::kernels::Kernels;
use crate::kernels::lanes::{LaneWork, Lanes};
use crate::template::{FingerprintRecord, Reading};

/// What is known of a pair, earliest first.
const NAMES: [&str; 5] = [
    "mean of the five most similar pairs",
    "relaxed score",
    "relaxed score and votes of the strongest pair",
    "worth of the best first round",
    "relaxed score and that worth",
];

struct Pair {
    is_mated: bool,
    /// Of the first finger of the two.
    is_even: bool,
    score: f32,
    numbers: [f32; NAMES.len()],
}

/// All steps on one pair of fingers.
struct Steps<'a>([(&'a FingerFeatures, &'a Prepared); 2]);

impl LaneWork for Steps<'_> {
    type Output = Option<(f32, [f32; NAMES.len()])>;

    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) -> Self::Output {
        let [a, b] = self.0.map(|(finger, prepared)| Side { view: finger.view(), prepared });
        let (a, b) = if a.order(b).is_gt() { (b, a) } else { (a, b) };
        let (mut similarities, mut pairs) = (Similarities::default(), Vec::new());
        similarities.compute(lanes, a, b, Kernels::active());
        similarities.select(lanes, a, b, &mut pairs);
        if pairs.len() < 2 {
            return None;
        }
        let (ga, gb) = (&a.prepared.geometry, &b.prepared.geometry);
        let (mut relaxation, mut growth) = (Relaxation::default(), Growth::default());
        let relaxed = relaxation.run(lanes, &pairs, ga, gb, a.prepared.rows.len());
        let strongest = relaxation.strongest(&vec![false; pairs.len()])?;
        let votes = (0..pairs.len()).filter(|pair| relaxation.supports(*pair, strongest) > 0.3).count();
        growth.run(lanes, &pairs, &relaxation, ga, gb, None);
        let worth = growth.first_worth();
        let share = Support::default().share(&growth, ga, gb);
        let similar = pairs.iter().take(5).map(|pair| pair.similarity).sum::<f32>() / 5.0;
        let ln_relaxed = ln(relaxed + 0.001);
        let by_votes = 2.0 * ln_relaxed + ln(2.0 + votes as f32);
        let numbers = [similar, relaxed, by_votes, worth, ln_relaxed + ln(1.0 + worth)];
        Some((score(relaxed, share).get(), numbers))
    }
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.is_dir() || path.extension().is_some_and(|extension| extension == "iso"));
    paths.sort();
    paths
}

/// All comparable pairs within each database of an extractor.
fn pairs(folder: &Path) -> Vec<Pair> {
    let mut pairs = Vec::new();
    for database in entries(folder) {
        let prints: Vec<(u32, FingerFeatures, Prepared)> = entries(&database)
            .iter()
            .map(|file| {
                let record = FingerprintRecord::read(&fs::read(file).unwrap(), Reading::Lenient).unwrap();
                let features = FingerFeatures::new(&record.views[0].minutiae);
                let mut prepared = Prepared::default();
                prepared.fill(features.view());
                prepared.fill_patterns(features.view());
                let stem = file.file_stem().unwrap().to_string_lossy();
                (stem.split('_').next().unwrap().parse().unwrap(), features, prepared)
            })
            .collect();
        for (i, (finger, a, prepared_a)) in prints.iter().enumerate() {
            for (other, b, prepared_b) in &prints[i + 1..] {
                let steps = Steps([(a, prepared_a), (b, prepared_b)]);
                let Some((score, numbers)) = Kernels::active().run_lanes(steps) else { continue };
                pairs.push(Pair { is_mated: finger == other, is_even: finger % 2 == 0, score, numbers });
            }
        }
    }
    pairs
}

/// Prints how many strangers end below the least number of any pair that scores above a threshold; and,
/// with that bound from even fingers, how many end of odd ones and what is lost there.
#[test]
fn what_exits_by_measure_would_end() {
    let Some(data) = std::env::var_os("BIOMATCH_DATA") else {
        println!("skipped: BIOMATCH_DATA is not set");
        return;
    };
    for extractor in ["secugen", "mindtct", "sourceafis", "leader"] {
        let pairs = pairs(&Path::new(&data).join("fingers").join(extractor));
        let mut strangers: Vec<f32> =
            pairs.iter().filter(|pair| !pair.is_mated).map(|pair| pair.score).collect();
        strangers.sort_by(|a, b| b.total_cmp(a));
        for fmr in [1e-2, 1e-3, 1e-4] {
            let threshold = strangers[(strangers.len() as f64 * fmr) as usize];
            println!("{extractor}, FMR {fmr}: above {threshold:.2}");
            for (number, name) in NAMES.into_iter().enumerate() {
                let least = |of: &dyn Fn(&Pair) -> bool| {
                    let above = pairs.iter().filter(|pair| pair.score > threshold && of(pair));
                    above.map(|pair| pair.numbers[number]).fold(f32::MAX, f32::min)
                };
                let below = |bound: f32, of: &dyn Fn(&Pair) -> bool| {
                    let (mut all, mut ended) = (0.0, 0.0);
                    for pair in pairs.iter().filter(|pair| of(pair)) {
                        all += 1.0;
                        ended += f64::from(u8::from(pair.numbers[number] < bound));
                    }
                    (ended, ended / all)
                };
                let bound = least(&|_| true);
                let (_, ended) = below(bound, &|pair| !pair.is_mated);
                assert_eq!(below(bound, &|pair| pair.score > threshold).0, 0.0, "a bound loses nothing");
                let half = least(&|pair| pair.is_even);
                let (_, others) = below(half, &|pair| !pair.is_mated && !pair.is_even);
                let (lost, _) = below(half, &|pair| pair.score > threshold && !pair.is_even);
                println!(
                    "  {name}: ends {:.1} %; by even fingers, of odd ones {:.1} %, {lost} lost",
                    100.0 * ended,
                    100.0 * others
                );
            }
        }
    }
}
