//! Pictures and training crops: the same for a seed, with labels that agree with what the picture shows.
#![allow(clippy::unwrap_used)]

use biomatch_datasets::{Capture, CellUse, Finger, Population, Ridges, TrainingCrop};

fn ridges(index: u64) -> Ridges {
    Finger::new(11, [index, 0], 1 + (index % 10) as u8).ridges()
}

fn digest(bytes: impl IntoIterator<Item = u8>) -> u64 {
    bytes.into_iter().fold(0xcbf2_9ce4_8422_2325, |d, b| (d ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3))
}

#[test]
fn the_pictures_of_a_seed_are_these() {
    let capture = Capture { width: 388, height: 374, ..Capture::FIELD };
    let finger = Population::new(20_260_101).citizen(0).finger(2).unwrap();
    let picture = finger.ridges().picture(&capture, 1);
    let crops = TrainingCrop::pair(&ridges(0), &ridges(1), 160, 5, 7);
    let all = [digest(picture.pixels), digest(crops[0].pixels.clone()), digest(crops[1].pixels.clone())];
    // Changes with every change of the renderer.
    assert_eq!(all, [0xafe5_0d06_fcb4_0939, 0x534b_0c69_bef9_d809, 0x04df_f07a_084b_e7b0], "{all:#x?}");
}

#[test]
fn the_same_number_gives_the_same_picture_and_another_one_another() {
    let (one, two) = (ridges(0), ridges(1));
    assert_eq!(TrainingCrop::pair(&one, &two, 96, 1, 2), TrainingCrop::pair(&ridges(0), &two, 96, 1, 2));
    assert_ne!(TrainingCrop::pair(&one, &two, 96, 1, 2), TrainingCrop::pair(&one, &two, 96, 1, 3));
    assert_eq!(one.picture(&Capture::FIELD, 4), ridges(0).picture(&Capture::FIELD, 4));
    assert_ne!(one.picture(&Capture::FIELD, 4).pixels, one.picture(&Capture::FIELD, 5).pixels);
}

#[test]
fn two_impressions_share_place_and_minutiae_and_differ_in_the_rest() {
    let (one, two) = (ridges(2), ridges(3));
    for number in 0..6 {
        let [a, b] = TrainingCrop::pair(&one, &two, 160, 1, number);
        assert_eq!(a.pattern, b.pattern);
        assert_eq!(a.minutiae.len(), b.minutiae.len());
        for (m, n) in a.minutiae.iter().zip(&b.minutiae) {
            assert_eq!((m.x, m.y, m.direction, m.kind), (n.x, n.y, n.direction, n.kind));
        }
        assert_ne!(a.pixels, b.pixels);
    }
}

#[test]
fn labels_are_where_the_minutiae_are() {
    let (one, two) = (ridges(4), ridges(5));
    let (mut labelled, mut seen) = (0, 0);
    for crop in (0..12).flat_map(|number| TrainingCrop::pair(&one, &two, 160, 2, number)) {
        let n = crop.size / 4;
        assert_eq!((crop.cells.len(), crop.pixels.len(), crop.pattern.len()), (n * n, 160 * 160, 80 * 80));
        for m in crop.minutiae.iter().filter(|m| m.visibility >= 0.5) {
            assert!((m.direction.0.hypot(m.direction.1) - 1.0).abs() < 1e-4);
            let at = |v: f32| (((v + 0.5) / 4.0) as usize).min(n - 1);
            let cell = &crop.cells[at(m.y) * n + at(m.x)];
            assert_eq!(cell.use_of, CellUse::Minutia);
            seen += 1;
            // Another minutia may be nearer to the cell's middle; mostly none is.
            let middle = |index: usize| 4.0 * index as f32 + 1.5;
            let place = (middle(at(m.x)) + 4.0 * cell.offset.0, middle(at(m.y)) + 4.0 * cell.offset.1);
            if (place.0 - m.x).abs() < 1e-3 && (place.1 - m.y).abs() < 1e-3 {
                assert_eq!(cell.direction, m.direction);
                // The ridge runs along the direction.
                let (x, y) = (m.direction.0, -m.direction.1);
                let along = cell.doubled_angle.0 * (x * x - y * y) + cell.doubled_angle.1 * 2.0 * x * y;
                labelled += u32::from(along > 0.5);
            }
        }
    }
    assert!(seen > 150 && labelled * 10 > seen * 9, "{labelled} of {seen}");
}

#[test]
fn a_picture_of_an_enrolment_shows_most_of_its_minutiae() {
    let population = Population::with(6, 2, 0.0);
    let (mut all, mut seen) = (0, 0);
    for index in 0..4 {
        let finger = population.citizen(index).finger(2).unwrap();
        let capture = Capture { width: 388, height: 374, ..Capture::ENROLMENT };
        let picture = finger.ridges().picture(&capture, 0);
        assert_eq!((picture.width, picture.height, picture.pixels.len()), (388, 374, 388 * 374));
        all += picture.minutiae.len();
        seen += picture.minutiae.iter().filter(|m| m.visibility >= 0.5).count();
    }
    assert!((100..400).contains(&all) && seen * 10 > all * 7, "{seen} of {all}");
}
