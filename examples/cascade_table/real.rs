//! Mates lost among real impostors, by models of codes that have not seen the fingers they are tested on.

use std::error::Error;
use std::path::Path;

use biomatch::fingerprint::codes::CodeModel;
use biomatch::fingerprint::codes::training::{Print, train};
use biomatch::fingerprint::filter::{CodeProbe, CodeRows, FilterScore};
use biomatch::fingerprint::{FingerProbe, Scratch};
use biomatch::search::Cascade;
use biomatch::units::Score;
use rayon::ThreadPool;
use rayon::prelude::*;

use crate::fingers::{cohort, read};

/// Every so many-th print is a probe.
const EVERY: usize = 2;

/// What becomes of the trials of one extractor.
#[derive(Clone, Copy, Default)]
struct Counts {
    trials: usize,
    findable: usize,
    /// Lost of those, by the standard and the careful cascade.
    lost: [usize; 2],
    /// Ranked first, of all trials: exhaustively, by the standard and by the careful cascade.
    first: [usize; 3],
}

pub(crate) fn table(pool: &ThreadPool) -> Result<(), Box<dyn Error>> {
    let Some(data) = std::env::var_os("BIOMATCH_DATA") else {
        println!("\nreal impostors skipped: BIOMATCH_DATA is not set");
        return Ok(());
    };
    let sources = read(&Path::new(&data).join("fingers"))?;
    println!(
        "\nmates among real impostors: each mate alone among all prints of the extractor of other fingers,"
    );
    println!("models trained on the other half of the fingers; shares of the gallery as above, no floors");
    println!(
        "{:>12} {:>8} {:>9} {:>22} {:>22} {:>26}",
        "extractor", "trials", "findable", "standard loses", "careful loses", "rank 1: all / std / careful"
    );
    let mut counts = vec![Counts::default(); sources.len()];
    for parity in 0..2 {
        let seen: Vec<Print> = sources
            .iter()
            .flat_map(|source| &source.prints)
            .filter(|p| p.finger % 2 != parity)
            .cloned()
            .collect();
        let (model, _) = train(&seen, &cohort(), "", 1)?;
        for (source, counts) in sources.iter().zip(&mut counts) {
            let tested: Vec<&Print> =
                source.prints.iter().filter(|print| print.finger % 2 == parity).collect();
            pool.install(|| count(&model, &tested, counts));
        }
    }
    let mut all = Counts::default();
    for (source, counts) in sources.iter().zip(&counts) {
        print(&source.name, counts);
        all = all.and(*counts);
    }
    print("all", &all);
    Ok(())
}

impl Counts {
    fn and(self, other: Self) -> Self {
        let sum = |a: usize, b: usize| a + b;
        Self {
            trials: sum(self.trials, other.trials),
            findable: sum(self.findable, other.findable),
            lost: [0, 1].map(|at| sum(self.lost[at], other.lost[at])),
            first: [0, 1, 2].map(|at| sum(self.first[at], other.first[at])),
        }
    }
}

fn print(name: &str, counts: &Counts) {
    let percent = |part: usize, whole: usize| 100.0 * part as f64 / whole.max(1) as f64;
    let lost = counts.lost.map(|lost| format!("{lost} ({:.2}%)", percent(lost, counts.findable)));
    let first = counts.first.map(|first| format!("{:.2}", percent(first, counts.trials))).join(" / ");
    println!(
        "{name:>12} {:>8} {:>9} {:>22} {:>22} {first:>26}",
        counts.trials, counts.findable, lost[0], lost[1]
    );
}

/// What the stages say of a print.
#[derive(Clone, Copy)]
struct Scores {
    coarse: FilterScore,
    fine: FilterScore,
    relaxed: Score,
    full: Score,
}

fn count(model: &CodeModel, prints: &[&Print], counts: &mut Counts) {
    let gallery: Vec<_> = prints.par_iter().map(|print| model.encode(print.features.view())).collect();
    let words = [0, 1].map(|word| gallery.iter().map(|codes| codes.words[word]).collect::<Vec<_>>());
    let directions: Vec<_> = gallery.iter().map(|codes| codes.sites.directions).collect();
    let places: Vec<_> = gallery.iter().map(|codes| codes.sites.places).collect();
    let fills: Vec<_> = gallery.iter().map(|codes| codes.count).collect();
    let means: Vec<_> = gallery.iter().map(|codes| codes.means).collect();
    let rows = CodeRows {
        words: [&words[0], &words[1]],
        directions: &directions,
        places: &places,
        counts: &fills,
        means: &means,
    };
    let all: Vec<u32> = (0..prints.len() as u32).collect();
    let probes: Vec<usize> = (0..prints.len()).step_by(EVERY).collect();
    let of_probe = |scratch: &mut Scratch, &probe: &usize| -> Counts {
        let print = prints[probe];
        let codes = CodeProbe::new(gallery[probe].view());
        let (mut coarse, mut fine) =
            (vec![FilterScore::LOWEST; prints.len()], vec![FilterScore::LOWEST; prints.len()]);
        let mut relaxed = vec![Score::LOWEST; prints.len()];
        codes.coarse(rows, &mut coarse);
        codes.fine(rows, &mut fine);
        codes.relaxed_at(rows, &all, &mut relaxed);
        let full = FingerProbe::new(print.features.view());
        let scores: Vec<Scores> = (0..prints.len())
            .map(|at| Scores {
                coarse: coarse[at],
                fine: fine[at],
                relaxed: relaxed[at],
                full: full.compare(prints[at].features.view(), scratch),
            })
            .collect();
        let strangers: Vec<Scores> =
            (0..prints.len()).filter(|&at| prints[at].finger != print.finger).map(|at| scores[at]).collect();
        let mates = (0..prints.len()).filter(|&at| at != probe && prints[at].finger == print.finger);
        mates.map(|mate| trial(&strangers, scores[mate])).fold(Counts::default(), Counts::and)
    };
    let sum = probes.par_iter().map_init(Scratch::default, of_probe).reduce(Counts::default, Counts::and);
    *counts = counts.and(sum);
}

/// A mate alone among strangers.
fn trial(strangers: &[Scores], mate: Scores) -> Counts {
    let best = strangers.iter().all(|stranger| stranger.full < mate.full);
    let mut counts = Counts { trials: 1, findable: usize::from(best), ..Counts::default() };
    counts.first[0] = usize::from(best);
    for (at, cascade) in [Cascade::STANDARD, Cascade::CAREFUL].into_iter().enumerate() {
        let first = is_first(strangers, mate, cascade);
        counts.lost[at] = usize::from(best && !first);
        counts.first[1 + at] = usize::from(first);
    }
    counts
}

/// Whether the mate is left by every stage and then ranks first.
fn is_first(strangers: &[Scores], mate: Scores, cascade: Cascade) -> bool {
    let rows = strangers.len() as f64 + 1.0;
    let keep = |share: f64| (share * rows).ceil() as usize;
    // At least the wanted number is left, with all that tie with the last: a mate is left if fewer are above.
    let cut = |left: Vec<Scores>, share: f64, key: &dyn Fn(&Scores) -> f64| -> Option<Vec<Scores>> {
        let above = left.iter().filter(|stranger| key(stranger) > key(&mate)).count();
        if above >= keep(share) {
            return None;
        }
        let mut keys: Vec<f64> = left.iter().chain([&mate]).map(key).collect();
        keys.sort_by(|a, b| b.total_cmp(a));
        let last = keys.get(keep(share).max(1) - 1).copied().unwrap_or(f64::NEG_INFINITY);
        Some(left.into_iter().filter(|stranger| key(stranger) >= last).collect())
    };
    let filter = |score: FilterScore| f64::from(score.value());
    let left = cut(strangers.to_vec(), cascade.coarse.share().get(), &|s| filter(s.coarse))
        .and_then(|left| cut(left, cascade.fine.share().get(), &|s| filter(s.fine)))
        .and_then(|left| cut(left, cascade.relaxed.share().get(), &|s| f64::from(s.relaxed.get())));
    left.is_some_and(|left| left.iter().all(|stranger| stranger.full < mate.full))
}
