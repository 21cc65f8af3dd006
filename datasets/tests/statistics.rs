//! What generated data look like: in range, and near what was measured on real ones.
#![allow(clippy::unwrap_used)]

use std::collections::HashSet;

use biomatch_datasets::{Capture, Finger, Impression, Pattern, Population};

fn fingers(count: u64) -> Vec<Finger> {
    let population = Population::with(77, 2, 0.0);
    (0..count).filter_map(|i| population.citizen(i / 10).finger(1 + (i % 10) as u8)).collect()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

#[test]
fn every_number_is_in_its_range() {
    let wild = Capture {
        width: 120,
        height: 90,
        spurious: 400.0,
        distortion: 40.0,
        rotation: 200.0,
        position_noise: 30.0,
        detection: 50.0,
        unevenness: 5.0,
        ..Capture::FIELD
    };
    for capture in [Capture::ENROLMENT, Capture::FIELD, wild] {
        for (number, finger) in fingers(60).iter().enumerate() {
            let impression = finger.impression(&capture, number as u64);
            assert_eq!((impression.width, impression.height), (capture.width, capture.height));
            assert!((1..=100).contains(&impression.quality));
            assert!(impression.minutiae.len() <= 255);
            let mut places = HashSet::new();
            for m in &impression.minutiae {
                assert!(m.x < capture.width && m.y < capture.height);
                assert!((1..=100).contains(&m.quality));
                assert_eq!(m.angle % 256, 0, "directions are rounded to 256 steps");
                assert!(places.insert((m.x, m.y)), "two minutiae in one place");
            }
            assert!(impression.minutiae.is_sorted_by_key(|m| (m.y, m.x)));
        }
    }
}

/// The README gives the real figures; these bounds are about as wide as the extractors differ.
#[test]
fn counts_and_distances_are_near_those_of_real_prints() {
    let (mut counts, mut nearest, mut same, mut pairs) = (Vec::new(), Vec::new(), 0.0, 0.0);
    for finger in fingers(300) {
        let minutiae = finger.impression(&Capture::FIELD, 1).minutiae;
        counts.push(minutiae.len() as f64);
        for (i, a) in minutiae.iter().enumerate() {
            let others = minutiae.iter().enumerate().filter(|(j, _)| *j != i).map(|(_, b)| b);
            let mut least = f64::INFINITY;
            for b in others {
                let distance = (f64::from(a.x) - f64::from(b.x)).hypot(f64::from(a.y) - f64::from(b.y));
                least = least.min(distance);
                let turn = b.angle.wrapping_sub(a.angle) as i16;
                if (15.0..60.0).contains(&distance) {
                    pairs += 1.0;
                    same += f64::from(u8::from((-16_384..16_384).contains(&turn)));
                }
            }
            nearest.push(least);
        }
    }
    counts.sort_by(f64::total_cmp);
    assert!((12.0..22.0).contains(&counts[3]), "1 %: {}", counts[3]);
    assert!((35.0..50.0).contains(&counts[150]), "50 %: {}", counts[150]);
    assert!((60.0..110.0).contains(&counts[297]), "99 %: {}", counts[297]);
    let nearest = median(nearest);
    assert!((17.0..21.0).contains(&nearest), "nearest neighbour {nearest}");
    // Neighbours share their sense more often than not, and not always.
    let same = same / pairs;
    assert!((0.55..0.68).contains(&same), "same sense {same}");
}

/// Of all four extractors together real prints have 15, 39 and 103 minutiae at 1, 50 and 99 %.
#[test]
fn many_extractors_make_scant_and_crowded_templates() {
    let captures: Vec<Capture> = (0..300).map(|number| Capture::FIELD.by_extractor(number)).collect();
    let mut counts: Vec<usize> = fingers(300)
        .iter()
        .zip(&captures)
        .map(|(f, capture)| f.impression(capture, 1).minutiae.len())
        .collect();
    counts.sort_unstable();
    assert!((7..20).contains(&counts[3]), "1 %: {}", counts[3]);
    assert!((35..50).contains(&counts[150]), "50 %: {}", counts[150]);
    assert!((80..125).contains(&counts[297]), "99 %: {}", counts[297]);
    // The number is all that it depends on, and what it leaves alone is as it was.
    assert_eq!(captures[7], Capture::FIELD.by_extractor(7));
    for pair in captures.windows(2) {
        assert_ne!(pair[0], pair[1]);
        assert!((0.5..=0.97).contains(&pair[0].detection) && pair[0].spurious > 0.0);
    }
    let Capture { detection, spurious, .. } = Capture::FIELD;
    assert_eq!(Capture { detection, spurious, ..captures[7].clone() }, Capture::FIELD);
}

#[test]
fn a_faultless_capture_only_moves_the_finger() {
    let capture = Capture {
        contact_deviation: 0.0,
        placement: (0.0, 0.0),
        rotation: 10.0,
        rotation_careless: 0.0,
        distortion: 0.0,
        distortion_careless: 0.0,
        position_noise: 0.0,
        angle_noise: 0.0,
        detection: 1e3,
        unevenness: 0.0,
        spurious: 0.0,
        kind_flip: 0.0,
        angle_flip: 0.0,
        angle_step: 0.0,
        ..Capture::FIELD
    };
    for finger in fingers(20) {
        let (a, b) = (finger.impression(&capture, 0), finger.impression(&capture, 1));
        assert_eq!(a.minutiae.len(), b.minutiae.len());
        // The order is from top to bottom and so differs; distances do not.
        let (mut da, mut db) = (distances(&a), distances(&b));
        da.sort_by(f64::total_cmp);
        db.sort_by(f64::total_cmp);
        assert!(da.iter().zip(&db).all(|(a, b)| (a - b).abs() < 2.5));
        let endings = |i: &Impression| i.minutiae.iter().filter(|m| m.kind as u8 == 1).count();
        assert_eq!(endings(&a), endings(&b));
    }
}

fn distances(impression: &Impression) -> Vec<f64> {
    let m = &impression.minutiae;
    let pair = |i: usize, j: usize| {
        let (a, b) = (&m[i], &m[j]);
        (f64::from(a.x) - f64::from(b.x)).hypot(f64::from(a.y) - f64::from(b.y))
    };
    (0..m.len()).flat_map(|i| (0..i).map(move |j| (i, j))).map(|(i, j)| pair(i, j)).collect()
}

#[test]
fn worse_captures_find_less_of_the_finger_and_more_that_is_not_there() {
    let spurious_free = Capture { spurious: 0.0, ..Capture::FIELD };
    let uneven = Capture { unevenness: 3.0, ..spurious_free.clone() };
    let count = |capture: &Capture| -> usize {
        fingers(100).iter().map(|f| f.impression(capture, 3).minutiae.len()).sum()
    };
    assert!(count(&uneven) < count(&spurious_free) * 9 / 10);
    assert!(count(&Capture { spurious: 15.0, ..spurious_free.clone() }) > count(&spurious_free) + 500);
}

#[test]
fn impressions_of_a_finger_differ_and_repeat_by_number() {
    for finger in fingers(20) {
        let first = finger.impression(&Capture::FIELD, 1);
        assert_ne!(first, finger.impression(&Capture::FIELD, 2));
        assert_eq!(first, finger.impression(&Capture::FIELD, 1));
    }
}

#[test]
fn hands_mirror_each_other() {
    let loops = |code: u8, pattern: Pattern| {
        (0..300).filter(|&i| Finger::new(3, [i, u64::from(code)], code).pattern() == pattern).count()
    };
    // Ulnar loops, open to the little finger, are the rule on both little fingers.
    assert!(loops(5, Pattern::RightLoop) > 200 && loops(5, Pattern::LeftLoop) < 20);
    assert!(loops(10, Pattern::LeftLoop) > 200 && loops(10, Pattern::RightLoop) < 20);
}
