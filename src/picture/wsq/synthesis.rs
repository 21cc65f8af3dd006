//! The inverse wavelet transform. Sums are taken in single precision, the lowpass first, each filter from the left or
//! the top, as the reference decoder does: then no pixel differs.

use crate::picture::wsq::bands::{Along, Region, Tree};
use crate::picture::wsq::tables::{Filters, MOST_TAPS};

/// Coefficients that a filter reaches beyond either end of a half.
const BEYOND: usize = MOST_TAPS / 4 + 2;

/// One product of a sum: the tap and the coefficient, at a place of the interleaved halves relative to the sum's.
struct Term {
    weight: f32,
    is_high: bool,
    place: isize,
}

/// Joins the subbands in place.
pub(super) fn join_all(image: &mut [f32], stride: usize, tree: &Tree, filters: &Filters) {
    let terms = [0, 1].map(|parity| terms(filters, parity));
    let mut columns_joined = vec![0.0; image.len()];
    for region in &tree.joins {
        let (width, height) = (region.x.length, region.y.length);
        if width == 0 || height == 0 {
            continue;
        }
        join_columns(image, stride, region, &terms, &mut columns_joined[..width * height]);
        let mut rows = Rows::new(region.x);
        for (y, joined) in columns_joined[..width * height].chunks_exact(width).enumerate() {
            let start = (region.y.start + y) * stride + region.x.start;
            rows.join(joined, &terms, &mut image[start..start + width]);
        }
    }
}

/// The terms of the sums at even or at odd places, in the reference decoder's order. Coefficients of the lowpass are
/// at even places, those of the highpass at odd ones. The filters are symmetric: neither end of one is its first.
fn terms(filters: &Filters, parity: usize) -> Vec<Term> {
    let of = |filter: &[f32], is_high: bool| {
        let middle = filter.len() / 2;
        let first = (parity + middle + usize::from(is_high)) % 2;
        let taps = filter.iter().enumerate().skip(first).step_by(2);
        let terms =
            taps.map(|(tap, &weight)| Term { weight, is_high, place: tap as isize - middle as isize });
        terms.collect::<Vec<_>>()
    };
    let mut terms = of(&filters.low, false);
    terms.extend(of(&filters.high, true));
    terms
}

/// A place beyond the ends is that of its mirror image; the last place itself is not repeated.
fn mirrored(place: isize, length: usize) -> usize {
    let last = length as isize - 1;
    if last <= 0 {
        return 0;
    }
    let place = place.rem_euclid(2 * last);
    place.min(2 * last - place) as usize
}

fn add(sums: &mut [f32], weight: f32, coefficients: &[f32]) {
    for (sum, coefficient) in sums.iter_mut().zip(coefficients) {
        *sum += weight * coefficient;
    }
}

/// Joins the halves above each other, a row of sums at a time.
fn join_columns(image: &[f32], stride: usize, region: &Region, terms: &[Vec<Term>; 2], out: &mut [f32]) {
    let (width, height) = (region.x.length, region.y.length);
    let [(low, _), (high, _)] = region.y.halves();
    for (y, sums) in out.chunks_exact_mut(width).enumerate() {
        sums.fill(0.0);
        for term in &terms[y % 2] {
            if term.is_high && height == 1 {
                continue;
            }
            let place = mirrored(y as isize + term.place, height) / 2;
            let start = (place + if term.is_high { high } else { low }) * stride + region.x.start;
            add(sums, term.weight, &image[start..start + width]);
        }
    }
}

/// Rows of a region: both halves of one, each with its mirror images beyond its ends, and the sums at even and at odd
/// places.
struct Rows {
    /// Which coefficients of a row are in each half.
    places: [Vec<usize>; 2],
    halves: [Vec<f32>; 2],
    sums: [Vec<f32>; 2],
}

impl Rows {
    fn new(along: Along) -> Self {
        let length = along.length;
        let beyond = BEYOND as isize;
        let reach = -beyond..(length.div_ceil(2) as isize + beyond);
        let halves = along.halves();
        let places = [0, 1].map(|parity| {
            let (start, count) = halves[parity];
            let place = |at: isize| start - along.start + mirrored(2 * at + parity as isize, length) / 2;
            // A row of one coefficient has no high half.
            if count == 0 { Vec::new() } else { reach.clone().map(place).collect() }
        });
        let halves = [0, 1].map(|parity: usize| vec![0.0; places[parity].len()]);
        let sums = [0, 1].map(|parity| vec![0.0; (length + 1 - parity) / 2]);
        Self { places, halves, sums }
    }

    /// Joins the halves beside each other.
    fn join(&mut self, joined: &[f32], terms: &[Vec<Term>; 2], out: &mut [f32]) {
        for (half, places) in self.halves.iter_mut().zip(&self.places) {
            for (coefficient, place) in half.iter_mut().zip(places) {
                *coefficient = joined[*place];
            }
        }
        for (parity, (sums, terms)) in self.sums.iter_mut().zip(terms).enumerate() {
            sums.fill(0.0);
            for term in terms {
                // The places of a half are every other one.
                let shift = (parity as isize + term.place - isize::from(term.is_high)) / 2;
                let half = &self.halves[usize::from(term.is_high)];
                add(sums, term.weight, half.get((BEYOND as isize + shift) as usize..).unwrap_or_default());
            }
        }
        let [even, odd] = &self.sums;
        for (pair, (even, odd)) in out.chunks_exact_mut(2).zip(even.iter().zip(odd)) {
            pair.copy_from_slice(&[*even, *odd]);
        }
        if out.len() % 2 == 1
            && let (Some(last), Some(even)) = (out.last_mut(), even.last())
        {
            *last = *even;
        }
    }
}
