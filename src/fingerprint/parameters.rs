//! Every constant of the matcher, with its meaning, unit and origin.
//!
//! Origins: MCC is Cappelli, Ferrara, Maltoni, "Minutia Cylinder-Code", IEEE TPAMI 32(12), 2010. "Development
//! data" are the minutiae of six FVC databases by four extractors; `docs/notes/fingerprint-matching.md` says
//! how the constants were found, and how flat the optimum is. Pixels are pixels at 500 dpi (197 per
//! centimetre).

use std::f32::consts::PI;

use crate::units::{Length, Resolution};

/// Pixels at 500 dpi in one [`Length`] step.
pub(super) const PIXELS_PER_STEP: f32 =
    Resolution::DPI_500.pixels_per_centimetre() as f32 / Length::STEPS_PER_CENTIMETRE as f32;

// Cylinders.

/// Radius of a cylinder, pixels (MCC: R).
pub(super) const CYLINDER_RADIUS: f32 = 70.0;
/// Cells along the side of a cylinder's base (MCC: Ns; 8 of its two variants, one bit of a word each).
pub(super) const CYLINDER_SIDE: usize = 8;
/// Slices of direction (MCC: Nd; 5 serve as well as 6, measured).
pub(super) const CYLINDER_SLICES: usize = crate::kernels::masked::VALUE_WORDS;
/// Spread of a neighbour's contribution over distance, pixels (MCC: sigma_S).
pub(super) const SPATIAL_SIGMA: f32 = 28.0 / 3.0;
/// Spread of a neighbour's contribution over direction, radians (MCC: sigma_D).
pub(super) const DIRECTION_SIGMA: f32 = 2.0 * PI / 9.0;
/// A neighbour contributes to cells up to this many spatial sigmas away (MCC: 3).
pub(super) const SPATIAL_REACH: f32 = 3.0 * SPATIAL_SIGMA;
/// A cell's bit is set from this sum of contributions (MCC: mu_Psi of the bit variant).
pub(super) const BIT_THRESHOLD: f32 = 0.01;
/// Cells up to this far outside the convex hull of the minutiae are valid, pixels (MCC: Omega; 30
/// costs two points of EER).
pub(super) const CYLINDER_HULL_MARGIN: f32 = 50.0;
/// Least share of valid cells that makes a cylinder (MCC: minVC).
pub(super) const LEAST_VALID_CELLS: f32 = 0.75;
/// Least number of contributing neighbours that makes a cylinder (MCC: minM).
pub(super) const LEAST_NEIGHBOURS: usize = 2;
/// Least share of a full base that must be valid in both cylinders of a pair (MCC: minME).
pub(super) const LEAST_COMMON_CELLS: f32 = 0.6;
/// Two minutiae turn little if the cosine of the angle between their directions is above this: less
/// than a quarter turn (MCC: delta_theta).
pub(super) const LITTLE_TURN_COSINE: f32 = 0.0;
/// What the similarity of others is multiplied by. MCC has zero, which refuses a finger that lies on its
/// side; one costs 0.4 points of EER, since fingers are nearly always captured upright (development
/// data).
pub(super) const LARGE_TURN_WEIGHT: f32 = 0.8;

// Trust.

/// Two minutiae so far apart crowd each other a quarter as much as two in one place, pixels: two
/// ridges (development data; 16 to 20 are equal).
pub(super) const CROWD_DISTANCE: f32 = 16.0;
/// How much a minutia loses by another in the same place: it counts `1 / (1 + weight)` (development
/// data; 0.5 to 1 are equal).
pub(super) const CROWD_WEIGHT: f32 = 0.8;
/// No minutia counts more than this many others. Qualities of no extractor reach it: it bounds what
/// made-up ones can do.
pub(super) const MOST_TRUST: f32 = 4.0;

// Candidate list.

/// Pairs of cylinders less similar than this are not listed (development data).
pub(super) const LEAST_SIMILARITY: f32 = 0.1;

// Relaxation.

/// Rounds (MCC: nrel).
pub(super) const RELAXATION_ROUNDS: usize = 5;
/// The share that a pair keeps of its own value in a round (MCC: wR).
pub(super) const RELAXATION_KEEP: f32 = 0.5;
/// Support is divided by the number of other pairs, but by no less than this: with few pairs a
/// chance agreement would otherwise count as much as a finger (development data, 1:N).
pub(super) const LEAST_DIVISOR: f32 = 20.0;
/// Difference of two distances at which support is half, pixels, and how it grows with the sum of the
/// two distances: skin stretches (MCC: mu_1 = 5 and no growth; development data).
pub(super) const DISTANCE_MIDPOINT: f32 = 3.5;
/// See [`DISTANCE_MIDPOINT`].
pub(super) const DISTANCE_MIDPOINT_GROWTH: f32 = 0.015;
/// Steepness of that fall, per pixel (MCC: tau_1 = -8/5; development data).
pub(super) const DISTANCE_STEEPNESS: f32 = -1.2;
/// Angle difference at which support is half, radians (MCC: mu_2, mu_3).
pub(super) const ANGLE_MIDPOINT: f32 = PI / 12.0;
/// Steepness of that fall, per radian (MCC: tau_2, tau_3 = -30; development data).
pub(super) const ANGLE_STEEPNESS: f32 = -20.0;
/// No support beyond this difference of two distances, pixels, and its growth with the larger one.
pub(super) const DISTANCE_CUT: f32 = 12.0;
/// See [`DISTANCE_CUT`].
pub(super) const DISTANCE_CUT_GROWTH: f32 = 0.1;
/// No support beyond this angle difference, radians.
pub(super) const ANGLE_CUT: f32 = 0.7;
/// Pairs that count in the relaxed score, and how their number grows with the smaller number of
/// cylinders (MCC: min n_P, max n_P, mu_P, tau_P).
pub(super) const BEST_PAIRS_LEAST: f32 = 4.0;
/// See [`BEST_PAIRS_LEAST`].
pub(super) const BEST_PAIRS_RANGE: f32 = 8.0;
/// See [`BEST_PAIRS_LEAST`].
pub(super) const BEST_PAIRS_MIDPOINT: f32 = 20.0;
/// See [`BEST_PAIRS_LEAST`].
pub(super) const BEST_PAIRS_STEEPNESS: f32 = 0.4;

// Growth.

/// Hypotheses of alignment that get a first round of growth (2 to 6 are equal; development data).
pub(super) const HYPOTHESES: usize = 3;
/// The best of them, which are grown on (2 to 4 are equal, 1 loses little; development data).
pub(super) const GROWN: usize = 2;
/// A listed pair belongs to a seed's first set from this mutual support.
pub(super) const SEED_SUPPORT: f32 = 0.3;
/// Most rounds of growth, with the first (2 to 5 are equal; development data).
pub(super) const GROWTH_ROUNDS: usize = 4;
/// Reach of a matched pair's pull on the motion of a point, pixels: fingers are elastic, so near
/// pairs say more.
pub(super) const ELASTIC_SIGMA: f32 = 60.0;
/// The pull that remains at any distance.
pub(super) const ELASTIC_FLOOR: f32 = 0.05;
/// A pair of directions fixes the rotation like a lever of this length, pixels.
pub(super) const DIRECTION_LEVER: f32 = 50.0;
/// A minutia is sought within this distance of its prediction, pixels ...
pub(super) const GROWTH_REACH: f32 = 15.0;
/// ... and this much more for each pixel to the nearest matched minutia, ...
pub(super) const GROWTH_REACH_GROWTH: f32 = 0.05;
/// ... which counts up to this many pixels.
pub(super) const GROWTH_REACH_LIMIT: f32 = 100.0;
/// And within this angle of its predicted direction, radians.
pub(super) const GROWTH_ANGLE: f32 = 0.5;
/// Distance that costs one, pixels.
pub(super) const COST_DISTANCE: f32 = 6.0;
/// Angle that costs one, radians.
pub(super) const COST_ANGLE: f32 = 0.18;
/// A pair of this cost or more does not speak for a hypothesis.
pub(super) const WORTHLESS_COST: f32 = 16.0;

// Overlap and support.

/// A minutia lies in the overlap if its prediction is in the other hull or this near, pixels.
pub(super) const OVERLAP_MARGIN: f32 = 10.0;
/// Pairs of matched minutiae further apart than this do not support each other, pixels.
pub(super) const SUPPORT_REACH: f32 = 220.0;
/// Difference of two distances that is one unit of misfit, pixels, and its growth with the distance.
pub(super) const SUPPORT_DISTANCE: f32 = 2.0;
/// See [`SUPPORT_DISTANCE`].
pub(super) const SUPPORT_DISTANCE_GROWTH: f32 = 0.025;
/// No support beyond this difference of two distances, pixels, and its growth with the distance.
pub(super) const SUPPORT_CUT: f32 = 14.0;
/// See [`SUPPORT_CUT`].
pub(super) const SUPPORT_CUT_GROWTH: f32 = 0.05;
/// Angle that is one unit of misfit, radians.
pub(super) const SUPPORT_ANGLE: f32 = 0.16;
/// No support beyond this angle, radians.
pub(super) const SUPPORT_ANGLE_CUT: f32 = 0.7;
/// Distance at which support has fallen to half, pixels.
pub(super) const SUPPORT_HALF: f32 = 120.0;

// Score.

/// Weight of the logarithm of the relaxed score (fitted on the development data).
pub(super) const RELAXED_WEIGHT: f32 = 4.0;
/// Keeps that logarithm finite.
pub(super) const RELAXED_FLOOR: f32 = 0.001;
/// Weight of the support's share of the overlap (fitted on the development data).
pub(super) const SUPPORT_WEIGHT: f32 = 22.0;
/// Added, so that 0 is near even odds of a mated and a non-mated pair (fitted on the development data).
pub(super) const SCORE_OFFSET: f32 = 8.0;
