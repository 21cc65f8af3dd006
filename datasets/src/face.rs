//! Faces as embeddings: identities in demographic clusters, templates of varying likeness.

use crate::math::{exp, sin_cos};
use crate::random::{Random, Stream};

/// How much a portrait looks like its person. `likeness` is the squared cosine between template
/// and identity; two templates then score about the product of their cosines.
#[derive(Clone, Debug, PartialEq)]
pub struct Portrait {
    /// Mean likeness of a usual portrait, `0..=1`.
    pub likeness: f32,
    /// Deviation of likeness between people: some faces are easier than others.
    pub person_deviation: f32,
    /// Deviation of likeness between portraits of a person.
    pub portrait_deviation: f32,
    /// Share of bad portraits: pose, blur, years between. Their likeness is multiplied by a
    /// uniform draw from `bad_least..1`.
    pub bad: f32,
    /// Least share of likeness that a bad portrait keeps.
    pub bad_least: f32,
}

impl Portrait {
    /// An attended portrait against a plain background.
    pub const ENROLMENT: Self =
        Self { likeness: 0.76, person_deviation: 0.04, portrait_deviation: 0.05, bad: 0.004, bad_least: 0.4 };

    /// The mix of a collection of photographs in the wild: reproduces the genuine scores measured
    /// on real embeddings, low tail included.
    pub const FIELD: Self = Self {
        likeness: 0.665,
        person_deviation: 0.05,
        portrait_deviation: 0.085,
        bad: 0.037,
        bad_least: 0.12,
    };
}

impl Default for Portrait {
    /// [`Portrait::FIELD`].
    fn default() -> Self {
        Self::FIELD
    }
}

/// Dimensions that carry anything: embeddings fill a subspace.
const LATENT: usize = 256;
/// Decay of variance: dimension `i` has `exp(-i / DECAY)` of the first. It sets the deviation of
/// impostor cosines to about 0.1, one over the root of the effective dimensions.
const DECAY: f32 = 55.0;
/// Clusters, and mean share of an identity that its cluster explains: few broad and many narrow
/// ones. They make the upper tail of impostor scores heavier than a normal one.
const BROAD: (usize, f32) = (6, 0.095);
const NARROW: (usize, f32) = (200, 0.24);
/// Share of people in the greatest broad cluster; the others share the rest equally.
const GREATEST: f32 = 0.4;

/// The space that the faces of one population live in. Making it costs about a millisecond;
/// a template costs about ten microseconds.
pub struct Faces {
    seed: u64,
    dimension: usize,
    deviations: Vec<f32>,
    broad: Vec<Vec<f32>>,
    narrow: Vec<Vec<f32>>,
    rotations: Vec<Vec<Rotation>>,
}

/// A rotation of two coordinates.
struct Rotation {
    a: usize,
    b: usize,
    cos: f32,
    sin: f32,
}

impl Faces {
    /// A space of `dimension` coordinates, at least 2.
    ///
    /// # Panics
    /// If `dimension` is less than 2.
    pub fn new(seed: u64, dimension: usize) -> Self {
        assert!(dimension >= 2, "an embedding has at least two dimensions");
        let mut random = Random::new(seed, Stream::FaceWorld, [dimension as u64, 0]);
        let latent = dimension.min(LATENT);
        let mut deviations: Vec<f32> = (0..latent).map(|i| exp(-0.5 * i as f32 / DECAY)).collect();
        let norm = deviations.iter().map(|d| d * d).sum::<f32>().sqrt();
        deviations.iter_mut().for_each(|d| *d /= norm);
        let draw = |count: usize, random: &mut Random| {
            (0..count).map(|_| normal_vector(&deviations, random)).collect::<Vec<_>>()
        };
        let broad = draw(BROAD.0, &mut random);
        let narrow = draw(NARROW.0, &mut random);
        let rotations = (0..dimension.ilog2() + 5).map(|_| pairing(dimension, &mut random)).collect();
        Self { seed, dimension, deviations, broad, narrow, rotations }
    }

    /// Coordinates of a template.
    pub fn dimension(&self) -> usize {
        self.dimension
    }

    /// Template `number` of a person, of unit length.
    pub fn template(&self, person: u64, portrait: &Portrait, number: u64) -> Vec<f32> {
        let mut random = Random::new(self.seed, Stream::FaceIdentity, [person, 0]);
        let ease = random.normal();
        let mut template = self.identity(&mut random);

        let mut random = Random::new(self.seed, Stream::FaceTemplate, [person, number]);
        let mut likeness = portrait.likeness
            + portrait.person_deviation * ease
            + portrait.portrait_deviation * random.normal();
        if random.chance(portrait.bad) {
            likeness *= random.range(portrait.bad_least, 1.0);
        }
        let likeness = likeness.clamp(0.02, 0.97);
        let mut other = normal_vector(&self.deviations, &mut random);
        scale(&mut other, (1.0 - likeness).sqrt());
        scale(&mut template, likeness.sqrt());
        template.iter_mut().zip(&other).for_each(|(t, o)| *t += o);

        // No coordinate is special in a real embedding, so the axes of variance are turned away.
        template.resize(self.dimension, 0.0);
        for rotation in self.rotations.iter().flatten() {
            let (a, b) = (template[rotation.a], template[rotation.b]);
            template[rotation.a] = rotation.cos * a - rotation.sin * b;
            template[rotation.b] = rotation.sin * a + rotation.cos * b;
        }
        scale(&mut template, 1.0);
        template
    }

    fn identity(&self, random: &mut Random) -> Vec<f32> {
        let mut identity = normal_vector(&self.deviations, random);
        let others = self.broad.len() - 1;
        let place = (random.uniform() - GREATEST) / (1.0 - GREATEST);
        let broad = if place < 0.0 { 0 } else { 1 + ((place * others as f32) as usize).min(others - 1) };
        let narrow = (random.uniform() * self.narrow.len() as f32) as usize;
        // How typical a person is of a cluster varies from not at all to twice the mean.
        let shares = [2.0 * BROAD.1 * random.uniform(), 2.0 * NARROW.1 * random.uniform()];
        let own = (1.0 - shares[0] - shares[1]).sqrt();
        let (broad, narrow) = (&self.broad[broad], &self.narrow[narrow]);
        for ((x, b), n) in identity.iter_mut().zip(broad).zip(narrow) {
            *x = own * *x + shares[0].sqrt() * b + shares[1].sqrt() * n;
        }
        identity
    }
}

impl std::fmt::Debug for Faces {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Faces({} dimensions)", self.dimension)
    }
}

fn normal_vector(deviations: &[f32], random: &mut Random) -> Vec<f32> {
    deviations.iter().map(|d| d * random.normal()).collect()
}

/// Gives a vector a length; one without direction stays as it is.
fn scale(vector: &mut [f32], length: f32) {
    let norm = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
    if norm > 0.0 {
        vector.iter_mut().for_each(|x| *x *= length / norm);
    }
}

/// All coordinates in random pairs, each pair with its rotation. A few such layers mix every
/// coordinate with every other, at the cost of a fast transform.
fn pairing(dimension: usize, random: &mut Random) -> Vec<Rotation> {
    let mut order: Vec<usize> = (0..dimension).collect();
    for i in (1..dimension).rev() {
        order.swap(i, (random.uniform() * (i + 1) as f32) as usize);
    }
    let rotation = |pair: &[usize]| {
        let (sin, cos) = sin_cos(std::f32::consts::TAU * random.uniform());
        Rotation { a: pair[0], b: pair[1], cos, sin }
    };
    order.chunks_exact(2).map(rotation).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dot(a: &[f32], b: &[f32]) -> f64 {
        a.iter().zip(b).map(|(x, y)| f64::from(*x) * f64::from(*y)).sum()
    }

    fn quantile(sorted: &[f64], share: f64) -> f64 {
        sorted[((sorted.len() - 1) as f64 * share).round() as usize]
    }

    /// Against the quantiles measured on 7,785 real embeddings (README of the package).
    #[test]
    fn scores_are_distributed_like_those_of_real_faces() {
        let faces = Faces::new(11, 512);
        let all: Vec<Vec<Vec<f32>>> =
            (0..600).map(|p| (0..6).map(|n| faces.template(p, &Portrait::FIELD, n)).collect()).collect();
        let mut genuine: Vec<f64> = all
            .iter()
            .flat_map(|t| (0..6).flat_map(move |i| (0..i).map(move |j| dot(&t[i], &t[j]))))
            .collect();
        let mut impostor: Vec<f64> = (0..600)
            .flat_map(|i| (0..i).map(move |j| (i, j)))
            .map(|(i, j)| dot(&all[i][j % 6], &all[j][i % 6]))
            .collect();
        genuine.sort_by(f64::total_cmp);
        impostor.sort_by(f64::total_cmp);
        println!(
            "genuine {:.3?}",
            [0.001, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99].map(|s| quantile(&genuine, s))
        );
        println!("impostor {:.3?}", [0.01, 0.5, 0.9, 0.99, 0.999, 0.9999].map(|s| quantile(&impostor, s)));
        for (share, real) in [(0.01, 0.310), (0.05, 0.443), (0.5, 0.658), (0.95, 0.802)] {
            let got = quantile(&genuine, share);
            assert!((got - real).abs() < 0.035, "genuine {share}: {got:.3}, real {real}");
        }
        for (share, real) in [(0.01, -0.213), (0.5, 0.008), (0.9, 0.136), (0.99, 0.252), (0.999, 0.341)] {
            let got = quantile(&impostor, share);
            assert!((got - real).abs() < 0.03, "impostor {share}: {got:.3}, real {real}");
        }
    }

    #[test]
    fn every_dimension_gives_unit_vectors() {
        for dimension in [2, 3, 128, 512, 1000] {
            let faces = Faces::new(1, dimension);
            let face = faces.template(5, &Portrait::ENROLMENT, 0);
            assert_eq!(face.len(), dimension);
            assert!((dot(&face, &face) - 1.0).abs() < 1e-5);
        }
    }

    #[test]
    fn no_coordinate_stands_out() {
        let faces = Faces::new(2, 512);
        let mut energy = vec![0.0_f64; 512];
        for person in 0..400 {
            for (e, x) in energy.iter_mut().zip(faces.template(person, &Portrait::FIELD, 0)) {
                *e += f64::from(x) * f64::from(x) * 512.0 / 400.0;
            }
        }
        let (least, most) = energy.iter().fold((f64::MAX, 0.0_f64), |(l, m), &e| (l.min(e), m.max(e)));
        assert!(least > 0.3 && most < 2.5, "{least} {most}");
    }
}
