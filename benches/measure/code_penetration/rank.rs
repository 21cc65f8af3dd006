//! Where mates rank among non-mates.

use biomatch::fingerprint::codes::{CodeMeans, CodeModel, CodeWords, FingerCodes, SLOTS, WORDS};
use biomatch::fingerprint::filter::{CodeProbe, CodeRows, FilterScore};
use biomatch::fingerprint::{FingerFeatures, FingerProbe, Scratch};
use rayon::prelude::*;

use crate::fingers::Source;

/// A mate that scores this is found: about FMR 1e-4 of the shipped calibration.
const FOUND: f32 = 4.0;

/// A number for each length of code.
type ByWord<T> = [T; WORDS];

/// For each mated trial the share of non-mates that score at least as high.
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
        non_mates: &[FingerFeatures],
    ) {
        let prints = source.prints.iter().zip(&source.databases);
        let (prints, databases): (Vec<_>, Vec<usize>) =
            prints.filter(|(print, _)| print.finger % 2 == parity).map(|(p, d)| (p, *d)).unzip();
        let encode = |finger: &FingerFeatures| model.encode(finger.view());
        let codes: Vec<FingerCodes> = prints.par_iter().map(|print| encode(&print.features)).collect();
        let gallery = Gallery::new(&codes);
        let non_mates = Gallery::new(&non_mates.par_iter().map(encode).collect::<Vec<_>>());
        let trials = prints.par_iter().zip(&codes).enumerate();
        let trials = trials.map_init(Scratch::default, |scratch, (at, (probe, codes))| {
            let filter = CodeProbe::new(codes.view());
            let (real, generated) = (gallery.scores(&filter), non_mates.scores(&filter));
            let others: Vec<ByWord<FilterScore>> =
                prints.iter().zip(&real).filter(|(p, _)| p.finger != probe.finger).map(|(_, y)| *y).collect();
            let full = FingerProbe::new(probe.features.view());
            let mates = (0..prints.len()).filter(|&mate| {
                mate != at && prints[mate].finger == probe.finger && databases[mate] == databases[at]
            });
            mates
                .filter(|&mate| full.compare(prints[mate].features.view(), scratch).get() >= FOUND)
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
        Ranks {
            mates: self.real.len(),
            lost: lost(&self.real),
            real: quantiles(&self.real),
            generated: quantiles(&self.generated),
        }
    }
}

/// Of scores by word, the share at least as high.
fn share(others: &[ByWord<FilterScore>], mate: ByWord<FilterScore>) -> ByWord<f64> {
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

/// A gallery of codes, by column.
struct Gallery {
    words: ByWord<Vec<CodeWords>>,
    directions: Vec<[u8; SLOTS]>,
    places: Vec<[[i16; 2]; SLOTS]>,
    counts: Vec<u8>,
    means: Vec<CodeMeans>,
}

impl Gallery {
    fn new(fingers: &[FingerCodes]) -> Self {
        Self {
            words: std::array::from_fn(|word| fingers.iter().map(|finger| finger.words[word]).collect()),
            directions: fingers.iter().map(|finger| finger.sites.directions).collect(),
            places: fingers.iter().map(|finger| finger.sites.places).collect(),
            counts: fingers.iter().map(|finger| finger.count).collect(),
            means: fingers.iter().map(|finger| finger.means).collect(),
        }
    }

    /// The scores of a probe with each finger.
    fn scores(&self, probe: &CodeProbe) -> Vec<ByWord<FilterScore>> {
        let rows = CodeRows {
            words: self.words.each_ref().map(Vec::as_slice),
            directions: &self.directions,
            places: &self.places,
            counts: &self.counts,
            means: &self.means,
        };
        let [mut coarse, mut fine] = [(); WORDS].map(|()| vec![FilterScore::LOWEST; rows.len()]);
        probe.coarse(rows, &mut coarse);
        probe.fine(rows, &mut fine);
        coarse.into_iter().zip(fine).map(|(coarse, fine)| [coarse, fine]).collect()
    }
}
