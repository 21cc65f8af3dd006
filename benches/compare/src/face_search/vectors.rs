//! Vectors of a set, the same on every machine.

use biomatch_datasets::{Faces, Portrait};
use rayon::prelude::*;

use crate::measure::Set;

/// Faces: eight probes of ten are second portraits of people in the gallery, two are of others. Uniform:
/// nobody has a mate.
pub fn make(set: &Set, uniform: bool) {
    let (count, dimension) = (set.count, set.dimension);
    let faces = Faces::new(1, dimension);
    let template = |person: usize, number: u64| {
        if uniform {
            return sphere(dimension, 2 * person as u64 + number);
        }
        faces.template(person as u64, &Portrait::FIELD, number)
    };
    std::fs::create_dir_all(&set.folder).unwrap();
    let rows = |people: &[(usize, u64)]| -> Vec<f32> {
        let mut rows = vec![0.0; people.len() * dimension];
        let places = rows.par_chunks_exact_mut(dimension).zip(people);
        places.for_each(|(row, &(person, number))| row.copy_from_slice(&template(person, number)));
        rows
    };
    let gallery: Vec<(usize, u64)> = (0..count).map(|person| (person, 0)).collect();
    set.write("faces.f32", &rows(&gallery));
    let mate = |probe: usize| (!uniform && probe % 5 != 4).then(|| probe * 7919 % count);
    let probes: Vec<(usize, u64)> =
        (0..Set::PROBES).map(|probe| (mate(probe).unwrap_or(count + probe), 1)).collect();
    set.write("probes.f32", &rows(&probes));
    let mates: Vec<u32> =
        (0..Set::PROBES).map(|probe| mate(probe).map_or(Set::NO_MATE, |row| row as u32)).collect();
    set.write("mates.u32", &mates);
}

/// A direction of a normal distribution (twelve uniform draws a number).
fn sphere(dimension: usize, seed: u64) -> Vec<f32> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5851_f42d_4c95_7f2d;
    let mut draw = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f32 / 16_777_216.0 - 0.5
    };
    let mut vector: Vec<f32> = (0..dimension).map(|_| (0..12).map(|_| draw()).sum()).collect();
    let norm = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
    vector.iter_mut().for_each(|x| *x /= norm);
    vector
}
