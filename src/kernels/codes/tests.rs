use proptest::prelude::*;

use super::{Group, HEAD, LANES, Line, Terms};
use crate::kernels::Kernels;

/// What a scan is given.
#[derive(Clone, Debug)]
struct Case {
    codes: Vec<Group>,
    terms: Vec<Terms>,
    lines: Vec<Line>,
    groups: usize,
}

impl Case {
    fn blocks(&self) -> usize {
        self.lines.len() / (HEAD + self.groups)
    }

    fn line(&self, block: usize, line: usize) -> &Line {
        &self.lines[block * (HEAD + self.groups) + line]
    }

    /// The sum in 64 bits, dimension by dimension, from codes that are taken back to -128..=127.
    fn sum(&self, probe: usize, block: usize, lane: usize) -> i64 {
        (0..4 * self.groups)
            .map(|d| {
                let code = self.codes[probe * self.groups + d / 4][d % 4];
                let byte = self.line(block, HEAD + d / 4)[lane * 4 + d % 4];
                i64::from(code) * (i64::from(byte) - 128)
            })
            .sum()
    }

    fn is_candidate(&self, probe: usize, block: usize, lane: usize) -> bool {
        let number = |line: usize| {
            let bytes = &self.line(block, line)[lane * 4..lane * 4 + 4];
            f32::from_le_bytes(bytes.try_into().unwrap())
        };
        let Terms { weight, floor, .. } = self.terms[probe];
        let (score, error) = (self.sum(probe, block, lane) as f32 * number(0), weight * number(1));
        let below = score + error < floor;
        !below
    }

    /// Compares every level with the naive sums and candidates.
    fn check(&self) -> Result<(), TestCaseError> {
        let places = || (0..self.terms.len()).flat_map(|p| (0..self.blocks()).map(move |b| (p, b)));
        let sums: Vec<Vec<i64>> =
            places().map(|(p, b)| (0..LANES).map(|lane| self.sum(p, b, lane)).collect()).collect();
        let masks: Vec<u16> = places()
            .map(|(p, b)| (0..LANES).map(|lane| u16::from(self.is_candidate(p, b, lane)) << lane).sum())
            .collect();
        for kernels in Kernels::all() {
            let mut found = vec![[-1; LANES]; sums.len()];
            kernels.code_sums(&self.codes, &self.terms, &self.lines, &mut found);
            let found: Vec<Vec<i64>> =
                found.iter().map(|s| s.iter().copied().map(i64::from).collect()).collect();
            prop_assert_eq!(&found, &sums, "{:?}", kernels);
            let mut found = vec![0x5555; masks.len()];
            kernels.code_candidates(&self.codes, &self.terms, &self.lines, &mut found);
            prop_assert_eq!(&found, &masks, "{:?}", kernels);
        }
        Ok(())
    }
}

fn terms(codes: &[Group], weight: f32, floor: f32) -> Terms {
    let sum: i32 = codes.as_flattened().iter().copied().map(i32::from).sum();
    Terms { start: -128 * sum, weight, floor }
}

/// Ordinary numbers and the awkward ones.
fn number() -> impl Strategy<Value = f32> {
    let awkward = [0.0, -0.0, 1e-42, f32::MAX, f32::INFINITY, f32::NEG_INFINITY, f32::NAN];
    prop_oneof![8 => 0.0_f32..0.02, 1 => prop::sample::select(awkward.to_vec())]
}

fn head() -> impl Strategy<Value = Line> {
    prop::array::uniform16(number()).prop_map(|numbers| bytemuck::cast(numbers.map(f32::to_le_bytes)))
}

/// Codes of any value, and runs of the extreme ones.
fn code() -> impl Strategy<Value = i8> {
    prop_oneof![4 => -127_i8..=127, 1 => Just(127), 1 => Just(-127)]
}

fn byte() -> impl Strategy<Value = u8> {
    prop_oneof![4 => any::<u8>(), 1 => Just(255), 1 => Just(0)]
}

fn case() -> impl Strategy<Value = Case> {
    (1_usize..14, 1_usize..15, 1_usize..10).prop_flat_map(|(groups, probes, blocks)| {
        let block =
            (prop::array::uniform2(head()), prop::collection::vec(prop::collection::vec(byte(), 64), groups));
        let probe = (
            prop::collection::vec(prop::array::uniform4(code()), groups),
            0.0_f32..3000.0,
            prop_oneof![-200.0_f32..200.0, number()],
        );
        (prop::collection::vec(probe, probes), prop::collection::vec(block, blocks)).prop_map(
            move |(probes, blocks)| Case {
                terms: probes.iter().map(|(codes, weight, floor)| terms(codes, *weight, *floor)).collect(),
                codes: probes.into_iter().flat_map(|(codes, ..)| codes).collect(),
                lines: blocks
                    .into_iter()
                    .flat_map(|(head, codes)| {
                        head.into_iter().chain(codes.into_iter().map(|line| line.try_into().unwrap()))
                    })
                    .collect(),
                groups,
            },
        )
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn every_level_gives_the_exact_sums_and_the_same_candidates(case in case()) {
        case.check()?;
    }
}

#[test]
fn the_greatest_sums_do_not_saturate() {
    const GROUPS: usize = 1024;
    for (code, byte) in [(127, 255), (127, 0), (-127, 255), (-127, 0), (127, 128)] {
        let codes = vec![[code; 4]; GROUPS];
        let mut lines = vec![[0; 64]; HEAD];
        lines[0] = bytemuck::cast([1.0_f32.to_le_bytes(); LANES]);
        lines.extend(vec![[byte; 64]; GROUPS]);
        let terms = vec![terms(&codes, 1.0, 0.0); 7];
        let case = Case { codes: codes.repeat(7), terms, lines, groups: GROUPS };
        case.check().unwrap();
    }
}

#[test]
fn a_bound_at_the_floor_is_a_candidate() {
    // Sum 6 * 5, scale 2, error 3, weight 4: the bound is 72.
    let codes = vec![[6, 0, 0, 0]];
    let line = |number: f32| bytemuck::cast::<_, Line>([number.to_le_bytes(); LANES]);
    let lines = vec![line(2.0), line(3.0), [133; 64]];
    for (floor, expected) in [(72.0_f32, 0xffff), (72.0_f32.next_up(), 0), (f32::NAN, 0xffff)] {
        let case = Case {
            codes: codes.clone(),
            terms: vec![terms(&codes, 4.0, floor)],
            lines: lines.clone(),
            groups: 1,
        };
        for kernels in Kernels::all() {
            let mut found = [1];
            kernels.code_candidates(&case.codes, &case.terms, &case.lines, &mut found);
            assert_eq!(found, [expected], "{kernels:?} {floor}");
        }
    }
}

#[test]
fn nothing_to_scan_is_nothing_found() {
    for kernels in Kernels::all() {
        kernels.code_candidates(&[], &[], &[[0; 64]; 3], &mut []);
        kernels.code_sums(&[[1; 4]], &[terms(&[[1; 4]], 0.0, 0.0)], &[], &mut []);
    }
}

#[test]
#[should_panic(expected = "one place for each probe and block")]
fn a_wrong_output_is_refused() {
    Kernels::active().code_candidates(&[[0; 4]], &[terms(&[], 0.0, 0.0)], &[[0; 64]; 6], &mut [0; 3]);
}

#[test]
#[should_panic(expected = "whole probes and whole blocks")]
fn a_part_of_a_block_is_refused() {
    Kernels::active().code_candidates(&[[0; 4]], &[terms(&[], 0.0, 0.0)], &[[0; 64]; 4], &mut [0; 1]);
}
