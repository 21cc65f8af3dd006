//! A population: numbered citizens with fingers and a face, any of them at once.

use crate::face::{Faces, Portrait};
use crate::finger::Finger;
use crate::random::{Random, Stream, hash};

/// The 63 province codes of birth registration in use until 2025, which numbers keep.
const PROVINCES: [u16; 63] = [
    1, 2, 4, 6, 8, 10, 11, 12, 14, 15, 17, 19, 20, 22, 24, 25, 26, 27, 30, 31, 33, 34, 35, 36, 37, 38, 40,
    42, 44, 45, 46, 48, 49, 51, 52, 54, 56, 58, 60, 62, 64, 66, 67, 68, 70, 72, 74, 75, 77, 79, 80, 82, 83,
    84, 86, 87, 89, 91, 92, 93, 94, 95, 96,
];
/// Years of birth: from 1930 on.
const FIRST_YEAR: u64 = 1930;
const YEARS: u64 = 82;
const SERIALS: u64 = 1_000_000;
/// Bits of the permutation that scatters numbers: the least even count that holds them all.
const HALF_BITS: u32 = 17;

/// A synthetic population. Every citizen, finger, impression and portrait is a pure function of
/// the seed and its numbers, so that they can be drawn in any order, by any number of threads.
#[derive(Debug)]
pub struct Population {
    seed: u64,
    faces: Faces,
    missing_finger: f32,
}

impl Population {
    /// Citizens there are: indices below this have different personal numbers.
    pub const CAPACITY: u64 = PROVINCES.len() as u64 * 2 * YEARS * SERIALS;
    /// Share of fingers that cannot be captured (amputated, bandaged) unless told otherwise.
    pub const MISSING_FINGER: f32 = 0.002;

    /// A population with face templates of 512 dimensions.
    pub fn new(seed: u64) -> Self {
        Self::with(seed, 512, Self::MISSING_FINGER)
    }

    /// A population with face templates of another dimension, at least 2, and another share of
    /// missing fingers, `0..=1`.
    ///
    /// # Panics
    /// If `dimension` is less than 2.
    pub fn with(seed: u64, dimension: usize, missing_finger: f32) -> Self {
        Self { seed, faces: Faces::new(seed, dimension), missing_finger }
    }

    /// The citizen of an index. Costs nothing: parts are drawn when asked for.
    pub fn citizen(&self, index: u64) -> Citizen<'_> {
        Citizen { population: self, index }
    }

    /// The space of the faces.
    pub fn faces(&self) -> &Faces {
        &self.faces
    }
}

/// One citizen of a [`Population`].
#[derive(Clone, Copy, Debug)]
pub struct Citizen<'a> {
    population: &'a Population,
    index: u64,
}

impl Citizen<'_> {
    /// The index in the population.
    pub fn index(&self) -> u64 {
        self.index
    }

    /// The personal number, below 10^12 and twelve digits long with its leading zeros: three for
    /// the province, one for century and sex, two for the year of birth, six more. Different for
    /// every index below [`Population::CAPACITY`]; provinces, sexes and years are uniform.
    pub fn number(&self) -> u64 {
        let place = scatter(self.population.seed, self.index % Population::CAPACITY);
        let (place, serial) = (place / SERIALS, place % SERIALS);
        let (place, sex) = (place / 2, place % 2);
        let (province, year) = ((place / YEARS) as usize, FIRST_YEAR + place % YEARS);
        let century = 2 * ((year - 1900) / 100) + sex;
        let province = u64::from(PROVINCES.get(province).copied().unwrap_or_default());
        ((province * 10 + century) * 100 + year % 100) * SERIALS + serial
    }

    /// The finger of an ISO/IEC 19794-2 code, 1 to 5 right thumb to little, 6 to 10 left; `None`
    /// for any other code and for a finger that cannot be captured.
    pub fn finger(&self, code: u8) -> Option<Finger> {
        if !(1..=10).contains(&code) {
            return None;
        }
        let key = [self.index, u64::from(code)];
        let missing =
            Random::new(self.population.seed, Stream::Citizen, key).chance(self.population.missing_finger);
        (!missing).then(|| Finger::new(self.population.seed, key, code))
    }

    /// Portrait `number` as an embedding of unit length.
    pub fn face(&self, portrait: &Portrait, number: u64) -> Vec<f32> {
        self.population.faces.template(self.index, portrait, number)
    }
}

/// A permutation of `0..CAPACITY`: a Feistel network over 34 bits, repeated until inside (at most
/// a few times; it is a bijection, so it comes back).
fn scatter(seed: u64, index: u64) -> u64 {
    const MASK: u64 = (1 << HALF_BITS) - 1;
    let mut place = index;
    loop {
        let (mut left, mut right) = (place >> HALF_BITS, place & MASK);
        for round in 0..4 {
            (left, right) = (right, left ^ (hash(seed, Stream::Citizen, [right, round << 32]) & MASK));
        }
        place = (left << HALF_BITS) | right;
        if place < Population::CAPACITY {
            return place;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_unique_and_valid() {
        let population = Population::with(1, 2, 0.0);
        let mut numbers: Vec<u64> = (0..200_000).map(|i| population.citizen(i).number()).collect();
        for &number in &numbers {
            let (province, century, year) =
                (number / 1_000_000_000, number / 100_000_000 % 10, number / 1_000_000 % 100);
            assert!(PROVINCES.contains(&(province as u16)), "{number:012}");
            let year = 1900 + 100 * (century / 2) + year;
            assert!((1930..2012).contains(&year), "{number:012}");
        }
        numbers.sort_unstable();
        assert!(numbers.windows(2).all(|pair| pair[0] < pair[1]));
        assert_ne!(population.citizen(0).number() + 1, population.citizen(1).number());
    }

    #[test]
    fn scattering_is_a_permutation_at_both_ends() {
        const { assert!(Population::CAPACITY <= 1 << (2 * HALF_BITS)) };
        let end = Population::CAPACITY;
        let mut places: Vec<u64> = (0..10_000).chain(end - 10_000..end).map(|i| scatter(3, i)).collect();
        places.sort_unstable();
        assert!(places.windows(2).all(|pair| pair[0] < pair[1]));
        assert!(places.iter().all(|&place| place < end));
    }

    #[test]
    fn fingers_are_missing_as_often_as_asked() {
        let population = Population::with(1, 2, 0.05);
        let missing = (0..400)
            .flat_map(|i| (1..=10).map(move |code| (i, code)))
            .filter(|&(i, code)| population.citizen(i).finger(code).is_none())
            .count();
        assert!((140..260).contains(&missing), "{missing} of 4,000");
        assert!(population.citizen(0).finger(0).is_none());
        assert!(population.citizen(0).finger(11).is_none());
    }
}
