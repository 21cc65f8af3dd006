use proptest::prelude::*;

use super::{Group, HEAD, LANES, Line, Planes, Terms};
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
        let number = |line: usize| &self.line(block, line)[lane * 4..];
        bound(self.sum(probe, block, lane), &self.terms[probe], number(0), number(1))
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

    /// Twice the sum with the middle of the codes that have each high nibble.
    fn high_sum(&self, probe: usize, block: usize, lane: usize) -> i64 {
        (0..4 * self.groups)
            .map(|d| {
                let code = self.codes[probe * self.groups + d / 4][d % 4];
                let byte = self.line(block, HEAD + d / 4)[lane * 4 + d % 4];
                i64::from(code) * (32 * i64::from(byte / 16) + 15 - 256)
            })
            .sum()
    }

    /// Compares every level with the naive candidates, from planes. The first line of each block is taken
    /// for the errors of its high plane, too.
    fn check_planes(&self) -> Result<(), TestCaseError> {
        let (mut high, mut low) = (Vec::new(), Vec::new());
        for block in self.lines.chunks(HEAD + self.groups) {
            Planes::split(block, block[0], &mut high, &mut low);
        }
        let planes = Planes::new(self.groups, &high, &low).unwrap();
        prop_assert_eq!(planes.blocks(), self.blocks());
        for kernels in Kernels::all() {
            let mut lines = vec![[1; 64]; self.lines.len()];
            kernels.join_codes(planes, &mut lines);
            prop_assert_eq!(&lines, &self.lines, "{:?}", kernels);
            for (probe, terms) in self.terms.iter().enumerate() {
                let codes = &self.codes[probe * self.groups..][..self.groups];
                let mask = |candidate: &dyn Fn(usize, usize) -> bool| -> Vec<u16> {
                    let block = |b| (0..LANES).map(|lane| u16::from(candidate(b, lane)) << lane).sum();
                    (0..self.blocks()).map(block).collect()
                };
                let mut found = vec![0x5555; self.blocks()];
                kernels.plane_candidates(codes, terms, planes, &mut found);
                let expected = mask(&|b, lane| self.is_candidate(probe, b, lane));
                prop_assert_eq!(&found, &expected, "{:?}", kernels);

                let high_terms = Terms { start: terms.start / 128 * 241, ..*terms };
                kernels.high_candidates(codes, &high_terms, planes, &mut found);
                let expected = mask(&|b, lane| {
                    let sum = self.high_sum(probe, b, lane);
                    bound(sum, terms, &self.line(b, 0)[lane * 4..], &self.line(b, 0)[lane * 4..])
                });
                prop_assert_eq!(&found, &expected, "{:?}", kernels);
            }
        }
        Ok(())
    }
}

/// Whether a bound is not below its floor.
fn bound(sum: i64, terms: &Terms, scale: &[u8], error: &[u8]) -> bool {
    let number = |bytes: &[u8]| f32::from_le_bytes(bytes[..4].try_into().unwrap());
    let below = sum as f32 * number(scale) + terms.weight * number(error) < terms.floor;
    !below
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
        if case.groups.is_multiple_of(2) {
            case.check_planes()?;
        }
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
        case.check_planes().unwrap();
    }
}

#[test]
fn planes_are_whole_blocks() {
    let lines = [[0; 64]; 12];
    let blocks = |groups, high: usize, low: usize| {
        Planes::new(groups, &lines[..high], &lines[..low]).map(|planes| planes.blocks())
    };
    assert_eq!(blocks(4, 8, 6), Some(2));
    assert_eq!(blocks(4, 0, 0), Some(0));
    for (groups, high, low) in [(4, 8, 3), (4, 7, 6), (4, 8, 7), (3, 8, 6), (0, 2, 1)] {
        assert_eq!(blocks(groups, high, low), None, "{groups} {high} {low}");
    }
    let planes = Planes::new(4, &lines[..8], &lines[..6]).unwrap();
    assert_eq!(
        [planes.part(1, 1).blocks(), planes.part(0, 2).blocks(), planes.part(1, 2).blocks()],
        [1, 2, 0]
    );
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
