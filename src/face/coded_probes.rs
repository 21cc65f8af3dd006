//! Probes of a search as codes, and the bound on a score that codes give.
//!
//! # Why the first pass loses nothing
//!
//! Let `x = s q + r` be a row with `|r| <= e` and `|x| <= L` (`L` = 1 + 2^-16), and `p = t g + h` a
//! probe with codes `g`, step `t`, `|h| <= b` and `|p| <= L`. With `I` the integer product of `g` and `q`,
//!
//! `<p, x> = t <g, s q + r> + <h, x> = t (s I + <g, r>) + <h, x>`,
//!
//! so by Cauchy-Schwarz, with a weight `w >= |g|`,
//!
//! `<p, x> <= t C + b L`, where `C = s I + w e`.
//!
//! *The kernel's bound.* It computes `c`, which is `C` with five roundings: `I` to f32, two products, a
//! sum. With `u = 2^-24`, `|c - C| <= 3.01 u (|I| s + w e)`, and `|I| s = |<g, s q>| <= w (L + e)`. A finite
//! error is below 1/2, so `|c - C| <= 3.01 u w (L + 2 e) < 8 u w`. (A product below the normal numbers is
//! off by 2^-150 at most, which the gap from 6.1 to 8 covers: `w >= 1` as the greatest code is 127.)
//!
//! *The score.* The canonical inner product rounds each term `m` times in a row, [`roundings`], so it is
//! at most `<p, x> + 1.001 m u L^2`; terms below the normal numbers add less than 2^-136 in all. Both
//! are below `(m + 2) u`, for `m` up to 134.
//!
//! Together: if `c < f` then `score < t (f + 8 u w) + b L + (m + 2) u`. This is at most a least score `T`
//! that still matters if
//!
//! `f <= (T - b L - (m + 2) u) / t - 8 u w`,
//!
//! and the floor is that, in f64, lowered by more than its own rounding and rounded down to f32. So a row
//! below the floor scores less than `T`, strictly: a tie is compared in full. An infinite error makes the
//! bound infinite or not a number, and both are candidates.
//!
//! # Why the pass of high nibbles loses nothing
//!
//! A high nibble stands for the middle `q'` of the sixteen codes that have it, a number and a half. All of
//! the above holds of any numbers in place of `q`, with the error `e'` of these, if `|r'| <= e'` and the kernel's
//! `I` is exact. The kernel computes `2 I`, an integer below 2^30, and takes `2 w` and `2 f`: each step is
//! twice what it was, and rounds in the same way. Dimensions past the row's have codes of zero in `g`.

use super::codes::{estimate, roundings};
use super::quantise::{Coded, GREATEST_LENGTH, code_groups, round_up};
use crate::kernels::codes::{Group, Line, Terms};
use crate::units::Score;

/// Half of the distance from 1.0 to the next `f32`.
const U: f64 = 1.0 / 16_777_216.0;

/// Probes of one dimension, coded for a scan. `Debug` is left out: codes are biometric.
pub struct CodedProbes {
    dimension: usize,
    codes: Vec<Group>,
    probes: Vec<Probe>,
}

struct Probe {
    /// Of its codes.
    sum: i32,
    /// The value of a code.
    step: f64,
    /// At least the length of what the codes leave over.
    error: f64,
    /// At least the length of the codes.
    weight: f32,
}

impl CodedProbes {
    /// Codes the padded rows of probes. About a microsecond each at 512 dimensions.
    pub fn new<'a>(dimension: usize, rows: impl IntoIterator<Item = &'a [f32]>) -> Self {
        let mut coded = Self { dimension, codes: Vec::new(), probes: Vec::new() };
        for row in rows {
            let Coded { scale, error, codes, .. } = Coded::new(row, dimension);
            let flat = codes.as_flattened();
            let sum: i32 = flat.iter().copied().map(i32::from).sum();
            let square: f64 = flat.iter().map(|&code| f64::from(code) * f64::from(code)).sum();
            let weight = round_up(square.sqrt());
            coded.probes.push(Probe { sum, step: f64::from(scale), error: f64::from(error), weight });
            coded.codes.extend(codes);
        }
        coded
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.probes.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.probes.is_empty()
    }

    /// The codes of probes `from..to`, for a kernel; empty if there are no such probes.
    pub fn codes(&self, from: usize, to: usize) -> &[Group] {
        let groups = code_groups(self.dimension);
        self.codes.get(from * groups..to * groups).unwrap_or_default()
    }

    /// What a kernel needs so that every row that may score `least` or more is a candidate.
    ///
    /// # Panics
    /// If there is no such probe.
    pub fn terms(&self, probe: usize, least: Score) -> Terms {
        let probe = &self.probes[probe];
        Terms { start: -128 * probe.sum, weight: probe.weight, floor: self.floor(probe, least.get()) }
    }

    /// The same for a kernel that reads high planes only.
    ///
    /// # Panics
    /// If there is no such probe.
    pub fn high_terms(&self, probe: usize, least: Score) -> Terms {
        let Terms { weight, floor, .. } = self.terms(probe, least);
        Terms { start: -241 * self.probes[probe].sum, weight: 2.0 * weight, floor: 2.0 * floor }
    }

    /// Whether high planes with this error can be expected to rule out most blocks: non-mates score like
    /// random directions, and those within two standard deviations must be below. An estimate that changes no
    /// result.
    ///
    /// # Panics
    /// If there is no such probe.
    pub fn high_may_help(&self, probe: usize, least: Score, error: f32) -> bool {
        let probe = &self.probes[probe];
        let margin = probe.step * f64::from(probe.weight) * f64::from(error) + probe.error;
        f64::from(least.get()) >= margin + 2.0 / (self.dimension as f64).sqrt()
    }

    fn floor(&self, probe: &Probe, least: f32) -> f32 {
        if probe.step == 0.0 || probe.error.is_infinite() {
            return f32::NEG_INFINITY; // nothing is known of this probe: every row is a candidate
        }
        let slack = probe.error * GREATEST_LENGTH + (roundings(self.dimension) + 2) as f64 * U;
        let floor = (f64::from(least) - slack) / probe.step - 8.0 * U * f64::from(probe.weight);
        // Four roundings in f64, each of at most 2^-53 of what it rounds.
        let rounding = 1e-12 * (f64::from(least).abs() + slack) / probe.step;
        ((floor - rounding) as f32).next_down()
    }

    /// What a sum of codes says of the score of a block's lane: an estimate for the choice of the first rows
    /// to compare. It changes no result.
    ///
    /// # Panics
    /// If there is no such probe.
    pub fn estimate(&self, probe: usize, sum: i32, block: &[Line], lane: usize) -> f64 {
        estimate(sum, block, lane, self.probes[probe].step)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::face::{FaceCodes, FaceProbe, code_holds, code_rows};
    use crate::kernels::Kernels;
    use crate::template::FaceTemplate;

    fn template(values: &[f32]) -> Option<FaceTemplate> {
        FaceTemplate::new("m".parse().unwrap(), values).ok()
    }

    /// The bounds hold in exact arithmetic, as far as f64 is that, and rows that tie are candidates.
    fn check(probe: &[f32], rows: &[Vec<f32>]) -> Result<(), TestCaseError> {
        let Some(probe) = template(probe) else { return Ok(()) };
        let templates: Vec<FaceTemplate> = rows.iter().filter_map(|row| template(row)).collect();
        let dimension = probe.embedding().len();
        let rows: Vec<Vec<f32>> = templates.iter().map(crate::face::row).collect();
        let views: Vec<&[f32]> = rows.iter().map(Vec::as_slice).collect();
        let lines = code_rows(&views, dimension);
        let planes = FaceCodes::new(&lines, dimension, rows.len()).unwrap();
        let probe = FaceProbe::new(&probe);
        let coded = CodedProbes::new(dimension, [probe.row()]);
        let (kernels, codes) = (Kernels::active(), coded.codes(0, 1));
        for (at, row) in rows.iter().enumerate() {
            let (planes, lane) = (planes.planes(at / 16, 1).unwrap(), at % 16);
            let mut block = vec![[0; 64]; crate::kernels::codes::HEAD + planes.groups()];
            kernels.join_codes(planes, &mut block);
            prop_assert!(code_holds(planes, lane, row, dimension));
            let score = probe.compare(row);
            // No code may say that a row scores below what it does score.
            for kernels in Kernels::all() {
                let mut masks = [[0]; 3];
                let terms = coded.terms(0, score);
                kernels.code_candidates(codes, &[terms], &block, &mut masks[0]);
                kernels.plane_candidates(codes, &terms, planes, &mut masks[1]);
                kernels.high_candidates(codes, &coded.high_terms(0, score), planes, &mut masks[2]);
                for [mask] in masks {
                    prop_assert!(mask >> lane & 1 == 1, "{score} {terms:?} {masks:?}");
                }
            }
            // The claim of the proof, in f64: the score is at most what the bound says.
            let exact: f64 = probe.row().iter().zip(row).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum();
            let rounding = (roundings(dimension) + 2) as f64 * U;
            prop_assert!((exact - f64::from(score.get())).abs() <= rounding, "{exact} {score}");
            let number = |line: &Line| f32::from_le_bytes(line.as_chunks().0[lane]);
            let [scale, error, high_error] = [&block[0], &block[1], &planes.high()[1]].map(number);
            let Probe { step, error: rest, weight, .. } = coded.probes[0];
            let most = |sum: f64, error: f32| sum * f64::from(scale) + f64::from(weight) * f64::from(error);
            let mut sums = [[0; 16]];
            kernels.code_sums(codes, &[coded.terms(0, score)], &block, &mut sums);
            prop_assert!(exact <= step * most(f64::from(sums[0][lane]), error) + rest * GREATEST_LENGTH);
            let middles = block[2..].iter().flat_map(|line| line.as_chunks::<4>().0[lane]);
            let high_sum: f64 = codes
                .as_flattened()
                .iter()
                .zip(middles)
                .map(|(&code, byte)| f64::from(code) * (f64::from(byte & 0xf0) + 7.5 - 128.0))
                .sum();
            prop_assert!(exact <= step * most(high_sum, high_error) + rest * GREATEST_LENGTH);
            // It must also be worth something: far below the score, there are no candidates.
            let far = |error: f32| Score::new(score.get() + 2.5 * (error + rest as f32) + 0.001).unwrap();
            if error.is_finite() && rest.is_finite() {
                let mut mask = [0];
                kernels.code_candidates(codes, &[coded.terms(0, far(error))], &block, &mut mask);
                prop_assert_eq!(mask[0] >> lane & 1, 0);
            }
            if high_error.is_finite() && rest.is_finite() {
                let mut mask = [0];
                kernels.high_candidates(codes, &coded.high_terms(0, far(high_error)), planes, &mut mask);
                prop_assert_eq!(mask[0] >> lane & 1, 0);
            }
        }
        Ok(())
    }

    /// Numbers of a face, and shapes that quantise badly: one great number, few, tiny ones, ones just
    /// at half a code.
    fn values(dimension: usize) -> impl Strategy<Value = Vec<f32>> {
        let number = prop_oneof![
            8 => -1.0_f32..1.0,
            1 => Just(0.0_f32),
            1 => -1e-30_f32..1e-30,
            1 => (-127_i8..127).prop_map(|code| (f32::from(code) + 0.5) / 127.0),
        ];
        prop_oneof![
            6 => prop::collection::vec(number, dimension),
            1 => (0..dimension).prop_map(move |at| {
                let mut one = vec![1e-3; dimension];
                one[at] = 1.0;
                one
            }),
            1 => Just(vec![1.0; dimension]),
        ]
    }

    fn case() -> impl Strategy<Value = (Vec<f32>, Vec<Vec<f32>>)> {
        prop_oneof![Just(2_usize), Just(3), Just(5), Just(64), Just(127), Just(128), Just(512)].prop_flat_map(
            |dimension| {
                let rows = prop::collection::vec(values(dimension), 1..20);
                (values(dimension), rows, -0.01_f32..0.01).prop_map(|(probe, mut rows, nearness)| {
                    // Near ties: rows that differ from one another, or from the probe, by next to nothing.
                    let near: Vec<f32> = probe.iter().map(|x| x * (1.0 + nearness) + 1e-4).collect();
                    let last = rows.last().cloned().unwrap_or_default();
                    rows.extend([near, probe.clone(), probe.iter().map(|x| -x).collect()]);
                    rows.push(last.iter().map(|x| x + 1e-7).collect());
                    (probe, rows)
                })
            },
        )
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]

        #[test]
        fn a_row_below_the_floor_scores_below_it((probe, rows) in case()) {
            check(&probe, &rows)?;
        }
    }

    #[test]
    fn the_longest_rows_hold() {
        let wave = |step: f32| -> Vec<f32> { (0..4096).map(|i| (i as f32 * step).sin()).collect() };
        check(&wave(0.37), &[wave(0.37), wave(0.3701), wave(1.1), vec![1.0; 4096]]).unwrap();
    }

    #[test]
    fn of_rows_that_enrolment_does_not_make_nothing_is_said() {
        let bad = [f32::NAN, f32::INFINITY, 2.0, 1e-44, 0.0];
        for value in bad {
            let row = [value; 32];
            let lines = code_rows(&[&row], 32);
            let planes = FaceCodes::new(&lines, 32, 1).unwrap().planes(0, 1).unwrap();
            assert!(code_holds(planes, 0, &row, 32));
            let coded = CodedProbes::new(32, [&row[..]]);
            assert_eq!(coded.terms(0, Score::new(0.9).unwrap()).floor, f32::NEG_INFINITY, "{value}");
            let probe = CodedProbes::new(32, [&[0.25_f32; 32][..]]);
            let mut mask = [0];
            let least = Score::new(0.9).unwrap();
            let kernels = Kernels::active();
            kernels.plane_candidates(probe.codes(0, 1), &probe.terms(0, least), planes, &mut mask);
            assert_eq!(mask[0] & 1, 1, "{value}");
            kernels.high_candidates(probe.codes(0, 1), &probe.high_terms(0, least), planes, &mut mask);
            assert_eq!(mask[0] & 1, 1, "{value}");
        }
    }

    #[test]
    fn a_code_that_lies_is_found_out() {
        let row = crate::face::row(&template(&[0.3, -0.2, 0.9, 0.1, 0.4]).unwrap());
        let lines = code_rows(&[&row], 5);
        let holds = |lines: &[Line], lane| {
            let planes = FaceCodes::new(lines, 5, 1).unwrap().planes(0, 1).unwrap();
            code_holds(planes, lane, &row, 5)
        };
        assert!(holds(&lines, 0));
        assert!(!holds(&lines, 16), "no such lane");
        assert!(FaceCodes::new(&lines[..3], 5, 1).is_none(), "half a block");
        // Scale, error of the high nibbles, nibbles; error, nibbles.
        for (line, byte) in [(0, 3), (1, 3), (2, 0), (2, 3), (3, 3), (4, 0), (4, 3)] {
            for bit in [0x20, 0x02] {
                let mut lines = lines.clone();
                lines[line][byte] ^= bit;
                assert!(!holds(&lines, 0), "line {line}, byte {byte}, bit {bit}");
            }
        }
    }

    #[test]
    fn pieces_of_codes_are_found() {
        let rows: Vec<Vec<f32>> =
            (0..2100).map(|at| crate::face::row(&template(&[1.0, at as f32, 2.0]).unwrap())).collect();
        let views: Vec<&[f32]> = rows.iter().map(Vec::as_slice).collect();
        let lines = code_rows(&views, 3);
        let codes = FaceCodes::new(&lines, 3, rows.len()).unwrap();
        assert_eq!(codes.blocks(), 132);
        for (at, row) in rows.iter().enumerate() {
            assert!(code_holds(codes.planes(at / 16, 1).unwrap(), at % 16, row, 3), "{at}");
        }
        let count = |first, count| codes.planes(first, count).map(|planes| planes.blocks());
        assert_eq!([count(64, 64), count(130, 2), count(130, 3), count(60, 5)], [64, 2, 0, 0].map(Some));
        assert_eq!(count(200, 1), None);
    }
}
