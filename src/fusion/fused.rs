//! Scores of one person to one likelihood ratio and one rate.

use serde::{Deserialize, Serialize};

use super::{FusionError, FusionTable};
use crate::calibration::{Basis, LikelihoodRatio};
use crate::units::{Fmr, LogRatio, Score};

/// The correlation of non-mated scores of one person's fingers where none was measured on people: an assumption.
/// How much one person's skin, finger size and ridge patterns make fingers alike was not measured here. Fingers of
/// chimeric people, which share a database and a moment, have at most 0.18 to 0.26 (95 %, four extractors).
pub const ASSUMED_FINGERS: f64 = 0.3;

/// The correlation of non-mated scores of a face with those of fingers. No people with both were measured.
pub const ASSUMED_MODALITIES: f64 = 0.1;

/// The best of the comparisons of one sample with the references that it may be a mate of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Best {
    /// The best score.
    pub score: Score,
    /// Of how many comparisons.
    pub comparisons: u32,
}

/// Samples of one kind: each finger once, or the face.
#[derive(Clone, Copy, Debug)]
pub struct Part<'a> {
    /// The table of their scores.
    pub table: &'a FusionTable,
    /// The samples.
    pub best: &'a [Best],
}

/// What all samples of a person say together.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Fused {
    /// For a mate against a non-mate: the sum of the samples' logarithms, discounted for their dependence, and an
    /// `n`th of the ratio for the best of `n` comparisons. At most one over the rate. Extrapolated if that of
    /// any sample is.
    pub ratio: LikelihoodRatio,
    /// The false match rate of accepting this sum and every greater one: an upper bound, if the discount is enough.
    pub fmr: Fmr,
    /// A false match rate that holds whatever the samples share: the best sample's rate, times the number of
    /// comparisons of all samples.
    pub proved: Fmr,
    /// Whether all rates behind it were measured.
    pub basis: Basis,
    /// How many samples were fused.
    pub samples: u32,
    /// Where the discount comes from.
    pub discount: Discount,
}

/// Where the discount for the dependence of samples comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Discount {
    /// There is one sample: nothing is discounted.
    None,
    /// From the tables: people were measured.
    Measured,
    /// A correlation was assumed.
    Assumed,
}

/// The least rate that is stated: what lies below is not told apart.
const LEAST_LOG: f64 = -300.0;

/// Fuses the samples that were compared. Those that are missing have no part in it. Cost: a search in a table
/// for each sample, and for two parts some hundred products.
///
/// # Errors
/// No sample, or more than ten of one kind.
pub fn fuse(parts: &[Part<'_>]) -> Result<Fused, FusionError> {
    let parts: Vec<&Part<'_>> = parts.iter().filter(|part| !part.best.is_empty()).collect();
    let samples: usize = parts.iter().map(|part| part.best.len()).sum();
    let (share, discount) = discounted(&parts);
    let mut sum = LogRatio::NEUTRAL;
    let mut lower = LogRatio::NEUTRAL;
    let mut ratio_basis = Basis::Measured;
    let mut basis = Basis::Measured;
    let (mut chances, mut comparisons, mut best_rate) = (0.0, 0_u32, Fmr::ONE);
    for part in &parts {
        let table = part.table.calibration();
        for best in part.best {
            let ratio = table
                .ratio(best.score)
                .ok_or_else(|| FusionError::NoRatios { matcher: table.matcher().to_owned() })?;
            sum = sum + ratio.log10;
            lower = lower + ratio.lower;
            ratio_basis = ratio_basis.max(ratio.basis);
            basis = basis.max(table.basis(best.score));
            chances += f64::from(best.comparisons.max(1)).log10();
            comparisons = comparisons.saturating_add(best.comparisons.max(1));
            best_rate = if table.fmr(best.score) < best_rate { table.fmr(best.score) } else { best_rate };
        }
    }
    let proved = best_rate.of_any(comparisons);
    let independent: f64 = match parts.as_slice() {
        [] => return Err(FusionError::Nothing),
        [only] if samples == 1 => {
            only.best.iter().map(|best| only.table.calibration().fmr(best.score).rate()).sum()
        }
        [only] => only.table.of(samples)?.at_least(sum.log10()),
        [first, second] => {
            let (first, second) = (first.table.of(first.best.len())?, second.table.of(second.best.len())?);
            first.at_least_with(second, sum.log10())
        }
        [first, middle @ .., last] => {
            let mut all = first.table.of(first.best.len())?.clone();
            for part in middle {
                all = all.and(part.table.of(part.best.len())?);
            }
            all.at_least_with(last.table.of(last.best.len())?, sum.log10())
        }
    };
    let log_rate = (share * independent.log10() + chances).clamp(LEAST_LOG, 0.0);
    let fmr = Fmr::new(10.0_f64.powf(log_rate)).unwrap_or(Fmr::ONE);
    // The rate bounds the ratio: non-mates reach a ratio of t at a rate of at most 1 / t.
    let stated = |sum: LogRatio| LogRatio::from_log10((share * sum.log10() - chances).min(-log_rate));
    let (log10, lower) = (stated(sum).unwrap_or_default(), stated(lower).unwrap_or_default());
    let ratio = LikelihoodRatio { log10, lower, basis: ratio_basis };
    Ok(Fused { ratio, fmr, proved, basis, samples: samples as u32, discount })
}

/// What the logarithms are multiplied by, and where that comes from: the number of samples over the sum of the
/// correlations of each with each.
fn discounted(parts: &[&Part<'_>]) -> (f64, Discount) {
    let (mut correlations, mut count, mut discount) = (0.0, 0.0, Discount::None);
    for (place, part) in parts.iter().enumerate() {
        let samples = part.best.len() as f64;
        count += samples;
        correlations += samples;
        if part.best.len() > 1 {
            let measured = part.table.calibration().dependence();
            let correlation = measured.map_or(ASSUMED_FINGERS, |measured| measured.correlation());
            correlations += samples * (samples - 1.0) * correlation;
            let is_assumed = measured.is_none() || discount == Discount::Assumed;
            discount = if is_assumed { Discount::Assumed } else { Discount::Measured };
        }
        for other in parts.iter().skip(place + 1) {
            correlations += 2.0 * samples * other.best.len() as f64 * ASSUMED_MODALITIES;
            discount = Discount::Assumed;
        }
    }
    (if correlations > 0.0 { count / correlations } else { 1.0 }, discount)
}
