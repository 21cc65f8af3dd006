//! Writes crops of generated fingers with labels, for the training of the minutiae extractor (`datasets/extractor/`).
//!
//! ```text
//! cargo run --release -p biomatch-datasets --example training_crops -- SEED PAIRS [SIZE] [FINGERS] [FIRST] > crops
//! ```
//!
//! Standard output gets PAIRS pairs of crops: two impressions of one place, one after the other. SIZE is the
//! width and height in pixels (160), FINGERS how many fingers there are at most (400), FIRST the number of the
//! first pair (0). The same arguments give the same bytes.
//!
//! A crop has, in this order and without gaps, with n = SIZE / 4 (numbers of several bytes are little-endian):
//!
//! | bytes | what |
//! |---|---|
//! | SIZE x SIZE | grey values, by rows; ridges are dark |
//! | 2n x 2n | i8: cosine of the ridge phase, of 2 x 2 pixels, times 127; by rows |
//! | n x n | u8: heat, times 255 |
//! | n x n | u8: 0 ignored, 1 counts, 2 holds a minutia |
//! | 2 x n x n | i8: offset of the minutia in cells, x then y (down), times 64 |
//! | 2 x n x n | i8: its direction, x then y (down), times 127 |
//! | 2 x n x n | i8: cosine, then sine of twice the ridge angle (y up), times 127 |
//! | n x n | u8: visibility, times 255 |
//! | 96 x 6 x 4 | f32: x, y, direction x, direction y, visibility, kind (1 ending, 2 bifurcation, 3 core or delta, 0 none) |

use std::io::{self, Write};

use biomatch_datasets::{Finger, Ridges, TrainingCrop};
use rayon::prelude::*;

/// Pairs that are made at a time, in parallel; a finger more is made after each.
const BATCH: u64 = 16;
/// Fingers from which the first crops are made.
const FIRST_FINGERS: u64 = 24;
/// Points of a crop; more are left out.
const POINTS: usize = 96;

fn main() -> io::Result<()> {
    let mut arguments = std::env::args().skip(1).map(|text| text.parse::<u64>());
    let mut number = |default: Option<u64>| match (arguments.next(), default) {
        (Some(Ok(number)), _) | (None, Some(number)) => Ok(number),
        _ => Err(io::Error::other("usage: training_crops SEED PAIRS [SIZE] [FINGERS] [FIRST]")),
    };
    let (seed, pairs) = (number(None)?, number(None)?);
    let (size, most, first) = (number(Some(160))?, number(Some(400))?, number(Some(0))?);
    let mut fingers: Vec<Ridges> = Vec::new();
    let mut out = io::stdout().lock();
    let mut next = first;
    while next < first + pairs {
        let wanted = most.min(FIRST_FINGERS + next / BATCH);
        let missing = fingers.len() as u64..wanted;
        let made = missing.into_par_iter().map(|i| Finger::new(seed, [i, 0], 1 + (i % 10) as u8).ridges());
        fingers.extend(made.collect::<Vec<_>>());
        // Batches end at multiples of their length, so that a pair depends on its number only.
        let end = (next / BATCH + 1).saturating_mul(BATCH).min(first + pairs);
        let crops: Vec<Vec<u8>> = (next..end)
            .into_par_iter()
            .map(|i| {
                let (ridges, ghost) = (chosen(&fingers, i), chosen(&fingers, i ^ 0x5555));
                let pair = TrainingCrop::pair(ridges, ghost, size as usize, seed, i);
                pair.iter().flat_map(bytes).collect()
            })
            .collect();
        for crop in crops {
            match out.write_all(&crop) {
                // The reader has what it wanted.
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(()),
                other => other?,
            }
        }
        next = end;
    }
    out.flush()
}

fn chosen(fingers: &[Ridges], pair: u64) -> &Ridges {
    let scattered = pair.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
    &fingers[(scattered % fingers.len() as u64) as usize]
}

fn bytes(crop: &TrainingCrop) -> Vec<u8> {
    let signed = |value: f32, scale: f32| (value * scale).round().clamp(-127.0, 127.0) as i8 as u8;
    let share = |value: f32| (value * 255.0).round() as u8;
    let mut out = crop.pixels.clone();
    out.extend(crop.pattern.iter().map(|v| *v as u8));
    let cells = &crop.cells;
    out.extend(cells.iter().map(|cell| share(cell.heat)));
    out.extend(cells.iter().map(|cell| cell.use_of as u8));
    out.extend(cells.iter().map(|cell| signed(cell.offset.0, 64.0)));
    out.extend(cells.iter().map(|cell| signed(cell.offset.1, 64.0)));
    out.extend(cells.iter().map(|cell| signed(cell.direction.0, 127.0)));
    out.extend(cells.iter().map(|cell| signed(cell.direction.1, 127.0)));
    out.extend(cells.iter().map(|cell| signed(cell.doubled_angle.0, 127.0)));
    out.extend(cells.iter().map(|cell| signed(cell.doubled_angle.1, 127.0)));
    out.extend(cells.iter().map(|cell| share(cell.visibility)));
    let minutiae = crop
        .minutiae
        .iter()
        .map(|m| [m.x, m.y, m.direction.0, m.direction.1, m.visibility, f32::from(m.kind as u8)]);
    let singular = crop.singular.iter().map(|&(x, y)| [x, y, 0.0, 0.0, 0.0, 3.0]);
    let points = singular.chain(minutiae).chain(std::iter::repeat([0.0; 6])).take(POINTS);
    out.extend(points.flatten().flat_map(f32::to_le_bytes));
    out
}
