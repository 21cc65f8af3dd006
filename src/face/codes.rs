//! Face rows as byte codes with a proven error: what the first pass of a search reads.
//!
//! A row `x` becomes a scale `s` and codes `q`, -127..=127, with `x = s q + r`; the stored error `e`
//! is at least the length of `r`. [`super::CodedProbes`] says what can be known of a score from them.

use crate::kernels::Kernels;
use crate::kernels::codes::{Group, HEAD, LANES, Line};

/// No row that enrolment makes is longer: a unit vector whose numbers were rounded once. A longer
/// one gets an infinite error.
pub(super) const GREATEST_LENGTH: f64 = 1.0 + 1.0 / 65_536.0;

/// A code of this error or more says nothing that is worth having, and bounds on rounding assume
/// less: it gets an infinite error.
pub(super) const GREATEST_ERROR: f64 = 0.5;

const GREATEST_CODE: f32 = 127.0;

/// Added and taken away again, it leaves the nearest integer of a small number: numbers of this size
/// have no fraction. (`f32::round` is a function call on the baseline processor.)
const ROUNDING: f32 = 12_582_912.0;

/// Groups of four codes that a row of this dimension has.
pub const fn code_groups(dimension: usize) -> usize {
    dimension.div_ceil(4)
}

/// Lines of a block of sixteen rows of this dimension; see [`mod@crate::kernels::codes`].
pub const fn code_lines(dimension: usize) -> usize {
    HEAD + code_groups(dimension)
}

/// Codes of one row.
pub(super) struct Coded {
    pub(super) scale: f32,
    /// At least the length of what the codes leave over; infinite if nothing is known.
    pub(super) error: f32,
    pub(super) codes: Vec<Group>,
}

impl Coded {
    /// Codes a row's first `dimension` numbers. Any numbers are coded: if nothing good can be said
    /// of them, the error is infinite, and a search always looks at the row itself.
    pub(super) fn new(row: &[f32], dimension: usize) -> Self {
        let row = row.get(..dimension).unwrap_or(row);
        let greatest = row.iter().fold(0.0_f32, |greatest, x| greatest.max(x.abs()));
        let scale = greatest / GREATEST_CODE;
        let mut codes = vec![[0; 4]; code_groups(dimension)];
        let (mut left_over, mut whole) = (0.0, 0.0);
        if scale.is_normal() {
            for (code, &x) in codes.as_flattened_mut().iter_mut().zip(row) {
                // The conversion saturates, and makes zero of what is not a number.
                *code = (x / scale + ROUNDING - ROUNDING) as i8;
                let rest = f64::from(x) - f64::from(scale) * f64::from(*code);
                left_over += rest * rest;
                whole += f64::from(x) * f64::from(x);
            }
        }
        let known = scale.is_normal() && whole.sqrt() <= GREATEST_LENGTH;
        let error = round_up(left_over.sqrt());
        let error = if known && f64::from(error) < GREATEST_ERROR { error } else { f32::INFINITY };
        Self { scale: if scale.is_normal() { scale } else { 0.0 }, error, codes }
    }
}

/// A number of f32 that is not below a non-negative sum of squares' root computed in f64. Each of the
/// at most 4096 terms is off by less than 2^-51 of itself (a product of a 24-bit and an 8-bit number
/// is exact, and then there is a subtraction and a square), each sum adds 2^-53, the root one more:
/// less than 2^-39 in all. The factor gives 2^-30, and the next number covers the last rounding.
pub(super) fn round_up(value: f64) -> f32 {
    ((value * (1.0 + 1.0 / 1_073_741_824.0)) as f32).next_up()
}

/// Appends the block of at most sixteen rows of one dimension. Places without a row are zeros: their
/// score is zero, and they are no one's.
///
/// About a microsecond a row of 512 dimensions.
pub fn append_code_block(rows: &[&[f32]], dimension: usize, lines: &mut Vec<Line>) {
    let first = lines.len();
    lines.resize(first + code_lines(dimension), [128; 64]);
    let (head, groups) = lines[first..].split_at_mut(HEAD);
    head.fill([0; 64]);
    for (lane, row) in rows.iter().take(LANES).enumerate() {
        let coded = Coded::new(row, dimension);
        for (line, number) in head.iter_mut().zip([coded.scale, coded.error]) {
            line.as_chunks_mut().0[lane] = number.to_le_bytes();
        }
        for (line, group) in groups.iter_mut().zip(&coded.codes) {
            line.as_chunks_mut().0[lane] = group.map(|code| code.cast_unsigned() ^ 0x80);
        }
    }
}

/// Whether a block's lane says the truth of a row: its codes are in range, and its error is at
/// least the length of what they leave over, or infinite.
pub fn code_holds(block: &[Line], lane: usize, row: &[f32], dimension: usize) -> bool {
    let Some((head, groups)) = block.split_at_checked(HEAD) else { return false };
    let number = |line: usize| {
        let numbers = head.get(line).map(|line| line.as_chunks().0);
        numbers.and_then(|numbers| numbers.get(lane)).map(|&bytes| f32::from_le_bytes(bytes))
    };
    let (Some(scale), Some(error)) = (number(0), number(1)) else { return false };
    if error == f32::INFINITY {
        return true;
    }
    let codes: Vec<i8> = groups
        .iter()
        .filter_map(|line| line.as_chunks::<4>().0.get(lane))
        .flat_map(|bytes| bytes.map(|byte| (byte ^ 0x80).cast_signed()))
        .collect();
    if codes.len() != 4 * code_groups(dimension) || codes.contains(&i8::MIN) || row.len() < dimension {
        return false;
    }
    let padding = codes.iter().skip(dimension).all(|&code| code == 0);
    let (mut left_over, mut whole) = (0.0, 0.0);
    for (&x, &code) in row.iter().take(dimension).zip(&codes) {
        let rest = f64::from(x) - f64::from(scale) * f64::from(code);
        left_over += rest * rest;
        whole += f64::from(x) * f64::from(x);
    }
    let known = whole.sqrt() <= GREATEST_LENGTH && f64::from(error) < GREATEST_ERROR;
    known && padding && left_over.sqrt() <= f64::from(error)
}

/// The estimate of a score from an exact sum of codes: `sum * scale * step`, for choosing where to
/// look first. It decides nothing.
pub(super) fn estimate(sum: i32, head: &[Line], lane: usize, step: f64) -> f64 {
    let scale = head.first().and_then(|line| line.as_chunks().0.get(lane));
    f64::from(sum) * f64::from(scale.map_or(0.0, |&bytes| f32::from_le_bytes(bytes))) * step
}

/// Additions and one product that the canonical inner product rounds, one after the other, on the way
/// of any term to the score: a product, one sum for each chunk of a lane, five halvings.
pub(super) fn roundings(dimension: usize) -> usize {
    1 + super::padded(dimension) / Kernels::DOT_LANES + 5
}
