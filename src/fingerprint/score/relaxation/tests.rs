//! The relaxation beside its definition.

use super::*;
use crate::kernels::lanes::Scalar;
use crate::template::Minutia;
use crate::units::{Angle, Length};
use proptest::prelude::*;
use std::f64::consts::{PI, TAU};

fn finger() -> impl Strategy<Value = Vec<Minutia>> {
    let minutia = (0_u16..3000, 0_u16..4000, any::<u16>()).prop_map(|(x, y, angle)| {
        let (x, y) = (Length::from_steps(x), Length::from_steps(y));
        Minutia::new(x, y, Angle::from_binary(angle), Default::default(), None)
    });
    prop::collection::vec(minutia, 40)
}

/// The other finger is the first one, turned and shaken, so that many pairs fit.
fn moved(minutiae: &[Minutia], turn: f64, shake: &[(i16, i16, i16)]) -> Vec<Minutia> {
    let step = |value: f64| Length::from_steps((value + 20_000.0).round() as u16);
    let moved = minutiae.iter().zip(shake).map(|(m, (dx, dy, da))| {
        let (x, y) = (f64::from(m.x.steps()), -f64::from(m.y.steps()));
        let (x, y) = (x * turn.cos() - y * turn.sin(), x * turn.sin() + y * turn.cos());
        let angle = m.angle.turned(Angle::from_radians(turn)).to_binary().wrapping_add_signed(*da);
        let (x, y) = (step(x + f64::from(*dx)), step(-y + f64::from(*dy)));
        Minutia::new(x, y, Angle::from_binary(angle), Default::default(), None)
    });
    moved.collect()
}

fn z(v: f64, m: f64, t: f64) -> f64 {
    1.0 / (1.0 + (-t * (v - m)).exp())
}

/// The support of pair `i` by pair `k`, in double precision with real angles; and whether it is
/// near a cut, where rounding decides.
fn plain_support(a: &[Minutia], b: &[Minutia], i: usize, k: usize) -> (f64, bool) {
    let at = |m: &Minutia| (f64::from(m.x.steps()) * 0.0985, -f64::from(m.y.steps()) * 0.0985);
    let radians = |m: &Minutia| f64::from(m.angle.to_binary()) * TAU / 65536.0;
    let wrap = |angle: f64| (angle + PI).rem_euclid(TAU) - PI;
    let line = |m: &Minutia, n: &Minutia| {
        let ((x, y), (u, v)) = (at(m), at(n));
        ((u - x).hypot(v - y), (v - y).atan2(u - x))
    };
    let ((da, phi_a), (db, phi_b)) = (line(&a[i], &a[k]), line(&b[i], &b[k]));
    let d1 = (da - db).abs();
    let d2 = wrap((radians(&a[i]) - radians(&a[k])) - (radians(&b[i]) - radians(&b[k]))).abs();
    let d3 = wrap((radians(&a[i]) - phi_a) - (radians(&b[i]) - phi_b)).abs();
    let cut = 12.0 + 0.1 * da.max(db);
    let edge = (d1 - cut).abs() < 1e-2 || (d2 - 0.7).abs() < 1e-3 || (d3 - 0.7).abs() < 1e-3;
    if d1 > cut || d2 > 0.7 || d3 > 0.7 || da * db == 0.0 {
        return (0.0, edge);
    }
    let support = z(d1, 3.5 + 0.015 * (da + db), -1.2) * z(d2, PI / 12.0, -20.0) * z(d3, PI / 12.0, -20.0);
    (support, edge)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn agrees_with_the_plain_relaxation(
        a in finger(),
        turn in 0.0..TAU,
        shake in prop::collection::vec((-80_i16..80, -80_i16..80, -3000_i16..3000), 40),
        swaps in prop::collection::vec((0_usize..40, 0_usize..40), 0..10),
    ) {
        let mut b = moved(&a, turn, &shake);
        for (i, j) in swaps {
            b.swap(i, j);
        }
        let pairs: Vec<Pair> = (0..40_u8)
            .map(|i| Pair { a: i, b: i, similarity: 0.3 + f32::from(i) / 100.0 })
            .collect();
        let (mut ga, mut gb) = (Geometry::default(), Geometry::default());
        ga.fill(&a);
        gb.fill(&b);
        let mut relaxation = Relaxation::default();
        let score = relaxation.run(Scalar, &pairs, &ga, &gb, 40);

        let trust: Vec<f64> =
            (0..40).map(|i| f64::from((ga.trust.weight[i] * gb.trust.weight[i]).sqrt())).collect();
        let similarity = |i: usize| f64::from(pairs[i].similarity);
        let mut values: Vec<f64> = (0..40).map(|i| similarity(i) * trust[i].sqrt()).collect();
        let support: Vec<Vec<(f64, bool)>> =
            (0..40).map(|i| (0..40).map(|k| plain_support(&a, &b, i, k)).collect()).collect();
        for (i, support) in support.iter().enumerate() {
            for (k, &(expected, edge)) in support.iter().enumerate().filter(|(k, _)| *k != i) {
                let found = f64::from(relaxation.supports(k, i));
                prop_assert!(edge || (found - expected).abs() < 0.005, "{} {}: {} {}", i, k, found, expected);
            }
        }
        for _ in 0..5 {
            let sums: Vec<f64> = (0..40)
                .map(|i| (0..40).filter(|k| *k != i).map(|k| support[i][k].0 * trust[k] * values[k]).sum())
                .collect();
            for (value, sum) in values.iter_mut().zip(sums) {
                *value = 0.5 * *value + 0.5 * sum / 39.0;
            }
        }
        let kept = |i: &usize| values[*i] / f64::from(pairs[*i].similarity);
        let mut order: Vec<usize> = (0..40).collect();
        order.sort_by(|i, k| kept(k).total_cmp(&kept(i)));
        let expected = order[..12].iter().map(|i| values[*i]).sum::<f64>() / 12.0;
        // Rounding decides at a cut, and which of two pairs that kept the same is the twelfth.
        let edges = support.iter().flatten().any(|(_, edge)| *edge);
        let tie = kept(&order[12]) > kept(&order[11]) * 0.999;
        prop_assert!(edges || tie || (f64::from(score) - expected).abs() < 2e-4, "{} {}", score, expected);
    }
}

#[test]
fn few_pairs_gain_little() {
    let at = |x, y| {
        Minutia::new(Length::from_steps(x), Length::from_steps(y), Angle::default(), Default::default(), None)
    };
    let minutiae = vec![at(0, 0), at(500, 0), at(500, 900)];
    let mut geometry = Geometry::default();
    geometry.fill(&minutiae);
    let pairs: Vec<Pair> = (0..3).map(|i| Pair { a: i, b: i, similarity: 0.5 }).collect();
    let score = Relaxation::default().run(Scalar, &pairs, &geometry, &geometry, 3);
    // Three pairs that fit perfectly, each supported by two: a tenth of what twenty would give.
    assert!(score < 0.5 * 0.56_f32.powi(5), "{score}");
}
