//! Where mates rank among strangers.

use biomatch::fingerprint::codes::{CodeMeans, CodeModel, FingerCodes, WORDS, filter_scores};
use biomatch::fingerprint::{FingerFeatures, FingerProbe, Scratch};
use biomatch::kernels::{Kernels, Work};
use rayon::prelude::*;

use crate::fingers::Source;

/// A mate that scores this is found: about FMR 1e-4 of the shipped calibration.
const FOUND: f32 = 4.0;

/// A number for each length of code.
type ByWord<T> = [T; WORDS];

/// For each mated trial the share of strangers that score at least as high.
#[derive(Default)]
pub(crate) struct Trials {
    real: Vec<ByWord<f64>>,
    generated: Vec<ByWord<f64>>,
}

/// Shares that keep 99, 99.5 and 99.9 % of the mates.
pub(crate) struct Ranks {
    pub(crate) mates: usize,
    pub(crate) real: ByWord<[f64; 3]>,
    pub(crate) lost: ByWord<[f64; 3]>,
    pub(crate) generated: ByWord<[f64; 3]>,
}

impl Trials {
    /// Adds all mated trials of the fingers of a parity, each impression the probe of all others.
    pub(crate) fn add(
        &mut self,
        model: &CodeModel,
        source: &Source,
        parity: u64,
        strangers: &[FingerFeatures],
    ) {
        let prints = source.prints.iter().zip(&source.databases);
        let (prints, databases): (Vec<_>, Vec<usize>) =
            prints.filter(|(print, _)| print.finger % 2 == parity).map(|(p, d)| (p, *d)).unzip();
        let encode = |finger: &FingerFeatures| model.encode(finger.view());
        let gallery: Vec<FingerCodes> = prints.par_iter().map(|print| encode(&print.features)).collect();
        let strangers: Vec<FingerCodes> = strangers.par_iter().map(encode).collect();
        let trials = prints.par_iter().zip(&gallery).enumerate();
        let trials = trials.map_init(Scratch::default, |scratch, (at, (probe, codes))| {
            let real = Kernels::active().run(Scan { probe: codes, gallery: &gallery });
            let generated = Kernels::active().run(Scan { probe: codes, gallery: &strangers });
            let others: Vec<ByWord<f32>> =
                prints.iter().zip(&real).filter(|(p, _)| p.finger != probe.finger).map(|(_, y)| *y).collect();
            let full = FingerProbe::new(probe.features.view());
            let mates = (0..prints.len()).filter(|&mate| {
                mate != at && prints[mate].finger == probe.finger && databases[mate] == databases[at]
            });
            mates
                .filter(|&mate| full.compare(prints[mate].features.view(), scratch).get() >= FOUND)
                .inspect(|&mate| { let sh = share(&others, real[mate]); if std::env::var("DIAG").is_ok() && sh[1] > 0.03 { let e = biomatch::fingerprint::explain(probe.features.view().minutiae, prints[mate].features.view().minutiae); let m = e.motion.unwrap(); println!("diag {} f{} {}->{} n {} {} score {} turn {:.0} pairs {} share {:.4}", source.name, probe.finger, at, mate, probe.features.view().minutiae.len(), prints[mate].features.view().minutiae.len(), e.score, f32::from(m.turn.to_binary() as i16) * 360.0 / 65536.0, e.pairs.iter().filter(|p| p.support.get() > 0.3).count(), sh[1]); } })
                .map(|mate| [share(&others, real[mate]), share(&generated, real[mate])])
                .collect::<Vec<_>>()
        });
        let trials: Vec<[ByWord<f64>; 2]> = trials.flatten_iter().collect();
        self.real.extend(trials.iter().map(|trial| trial[0]));
        self.generated.extend(trials.iter().map(|trial| trial[1]));
    }

    /// Several sets as one.
    pub(crate) fn all(sets: Vec<Self>) -> Self {
        sets.into_iter().fold(Self::default(), |mut all, set| {
            all.real.extend(set.real);
            all.generated.extend(set.generated);
            all
        })
    }

    pub(crate) fn ranks(&self) -> Ranks {
        Ranks { mates: self.real.len(), lost: lost(&self.real), real: quantiles(&self.real), generated: quantiles(&self.generated) }
    }
}

/// Of scores by word, the share at least as high.
fn share(others: &[ByWord<f32>], mate: ByWord<f32>) -> ByWord<f64> {
    std::array::from_fn(|word| {
        let higher = others.iter().filter(|other| other[word] >= mate[word]).count();
        higher as f64 / others.len().max(1) as f64
    })
}

/// Shares of the mates that are lost if 1, 3 and 10 % of the gallery are kept.
fn lost(trials: &[ByWord<f64>]) -> ByWord<[f64; 3]> {
    std::array::from_fn(|word| {
        [0.01, 0.03, 0.1].map(|kept| {
            let lost = trials.iter().filter(|trial| trial[word] > kept).count();
            lost as f64 / trials.len().max(1) as f64
        })
    })
}

fn quantiles(trials: &[ByWord<f64>]) -> ByWord<[f64; 3]> {
    std::array::from_fn(|word| {
        let mut shares: Vec<f64> = trials.iter().map(|trial| trial[word]).collect();
        shares.sort_by(f64::total_cmp);
        // The least share that no more than the rest of the mates exceed.
        [0.99, 0.995, 0.999].map(|kept| {
            let at = (kept * shares.len() as f64).ceil() as usize;
            shares.get(at.saturating_sub(1)).copied().unwrap_or_default()
        })
    })
}

/// The normalised scores of a probe with each candidate.
struct Scan<'a> {
    probe: &'a FingerCodes,
    gallery: &'a [FingerCodes],
}

impl Work for Scan<'_> {
    type Output = Vec<ByWord<f32>>;

    #[inline(always)]
    fn run(self) -> Self::Output {
        let normalised = |candidate: &FingerCodes| {
            let scores = filter_scores(self.probe.view(), candidate.view()).0;
            std::array::from_fn(|word| {
                let mean = f32::from(candidate.means.0[word]) / f32::from(CodeMeans::ONE);
                (scores[word] as f32).sqrt() - if std::env::var_os("NOMEAN").is_some() { 0.0 } else { mean }
            })
        };
        self.gallery.iter().map(normalised).collect()
    }
}
