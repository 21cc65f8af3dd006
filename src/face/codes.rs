//! Face rows as byte codes with a proven error: the first pass of a search reads them.
//!
//! A row `x` becomes a scale `s` and codes `q`, -127..=127, with `x = s q + r`; the stored error `e` is at
//! least the length of `r`. [`super::CodedProbes`] derives a bound on the score from them.
//!
//! They are stored in two planes of nibbles ([`Planes`]). The high one alone is a coarser code, `q'`: the
//! middle of what a code with that nibble may be. It has an error of its own.

use super::quantise::{Coded, GREATEST_ERROR, GREATEST_LENGTH, code_groups, middle};
use crate::kernels::Kernels;
use crate::kernels::codes::{HEAD, LANES, Line, Planes};

/// Lines of both planes of a block of sixteen rows of this dimension.
pub const fn code_lines(dimension: usize) -> usize {
    let groups = code_groups(dimension);
    Planes::high_lines(groups) + Planes::low_lines(groups)
}

/// Code blocks whose planes lie together: first the high ones of all, then the low ones. A quarter of a
/// megabyte each at 512 dimensions.
pub const CODE_PIECE: usize = 64;

/// The codes of a column of rows, in pieces of [`CODE_PIECE`] blocks, the last of which may be shorter.
#[derive(Clone, Copy)]
pub struct FaceCodes<'a> {
    lines: &'a [Line],
    dimension: usize,
    blocks: usize,
}

impl<'a> FaceCodes<'a> {
    /// Codes of so many rows of a dimension; `None` if there are more or fewer lines.
    pub fn new(lines: &'a [Line], dimension: usize, rows: usize) -> Option<Self> {
        let blocks = rows.div_ceil(LANES);
        let whole = blocks.checked_mul(code_lines(dimension)) == Some(lines.len());
        whole.then_some(Self { lines, dimension, blocks })
    }

    /// All lines.
    pub fn lines(&self) -> &'a [Line] {
        self.lines
    }

    /// How many blocks there are.
    pub fn blocks(&self) -> usize {
        self.blocks
    }

    /// The planes of blocks `first..first + count`, which are of one piece; no blocks if they are not.
    pub fn planes(&self, first: usize, count: usize) -> Option<Planes<'a>> {
        let groups = code_groups(self.dimension);
        let piece = first - first % CODE_PIECE;
        let blocks = CODE_PIECE.min(self.blocks.checked_sub(piece)?);
        let lines = self.lines.get(piece * code_lines(self.dimension)..)?;
        let (high, lines) = lines.split_at_checked(blocks * Planes::high_lines(groups))?;
        let low = lines.get(..blocks * Planes::low_lines(groups))?;
        Some(Planes::new(groups, high, low)?.part(first - piece, count))
    }
}

/// The codes of rows of one dimension, as [`FaceCodes`] reads them; the rows are whole pieces, or the last of
/// a column. Lanes without a row are zeros: their score is zero.
///
/// About a microsecond per row of 512 dimensions.
pub fn code_rows(rows: &[&[f32]], dimension: usize) -> Vec<Line> {
    let blocks = rows.len().div_ceil(LANES);
    let mut all = Vec::with_capacity(blocks * code_lines(dimension));
    let mut low = Vec::with_capacity(CODE_PIECE.min(blocks) * Planes::low_lines(code_groups(dimension)));
    for rows in rows.chunks(CODE_PIECE * LANES) {
        low.clear();
        for rows in rows.chunks(LANES) {
            let (block, errors) = code_block(rows, dimension);
            Planes::split(&block, errors, &mut all, &mut low);
        }
        all.append(&mut low);
    }
    all
}

/// The joined block of at most sixteen rows, and the errors of its high nibbles.
fn code_block(rows: &[&[f32]], dimension: usize) -> (Vec<Line>, Line) {
    let mut block = vec![[128; 64]; HEAD + code_groups(dimension)];
    let (head, groups) = block.split_at_mut(HEAD);
    head.fill([0; 64]);
    let mut errors = [0; 64];
    for (lane, row) in rows.iter().take(LANES).enumerate() {
        let coded = Coded::new(row, dimension);
        for (line, number) in head.iter_mut().zip([coded.scale, coded.error]) {
            line.as_chunks_mut().0[lane] = number.to_le_bytes();
        }
        errors.as_chunks_mut().0[lane] = coded.high_error.to_le_bytes();
        for (line, group) in groups.iter_mut().zip(&coded.codes) {
            line.as_chunks_mut().0[lane] = group.map(|code| code.cast_unsigned() ^ 0x80);
        }
    }
    (block, errors)
}

/// Whether a lane of the first of these blocks fits a row: its codes are in range, and each of its errors is
/// infinite, or at least the length of the rest that the codes or their high nibbles leave.
pub fn code_holds(planes: Planes<'_>, lane: usize, row: &[f32], dimension: usize) -> bool {
    let block = planes.part(0, 1);
    let mut lines = vec![[0; 64]; HEAD + planes.groups()];
    if block.blocks() != 1 || planes.groups() != code_groups(dimension) || row.len() < dimension {
        return false;
    }
    Kernels::active().join_codes(block, &mut lines);
    let (head, groups) = lines.split_at(HEAD);
    let number = |line: Option<&Line>| {
        let numbers = line.map(|line| line.as_chunks().0);
        numbers.and_then(|numbers| numbers.get(lane)).map(|&bytes| f32::from_le_bytes(bytes))
    };
    let (Some(scale), Some(error), Some(high_error)) =
        (number(head.first()), number(head.get(1)), number(block.high().get(1)))
    else {
        return false;
    };
    let codes: Vec<i8> = groups
        .iter()
        .filter_map(|line| line.as_chunks::<4>().0.get(lane))
        .flat_map(|bytes| bytes.map(|byte| (byte ^ 0x80).cast_signed()))
        .collect();
    let padding = codes.iter().skip(dimension).all(|&code| code == 0);
    let length = |rest: &dyn Fn(f64, i8) -> f64| -> f64 {
        let rests = row.iter().zip(&codes).take(dimension).map(|(&x, &code)| rest(f64::from(x), code));
        rests.map(|rest| rest * rest).sum::<f64>().sqrt()
    };
    let scale = f64::from(scale);
    let holds = |error: f32, left_over: f64| {
        let known = f64::from(error) < GREATEST_ERROR && length(&|x, _| x) <= GREATEST_LENGTH;
        error == f32::INFINITY
            || known && padding && !codes.contains(&i8::MIN) && left_over <= f64::from(error)
    };
    holds(error, length(&|x, code| x - scale * f64::from(code)))
        && holds(high_error, length(&|x, code| x - scale * middle(code)))
}

/// The estimate of a score from an exact sum of codes: `sum * scale * step`, for the choice of the first rows
/// to compare. It changes no result.
pub(super) fn estimate(sum: i32, head: &[Line], lane: usize, step: f64) -> f64 {
    let scale = head.first().and_then(|line| line.as_chunks().0.get(lane));
    f64::from(sum) * f64::from(scale.map_or(0.0, |&bytes| f32::from_le_bytes(bytes))) * step
}

/// Additions and one product that the canonical inner product rounds, one after the other, on the way
/// of any term to the score: a product, one sum for each chunk of a lane, five halvings.
pub(super) fn roundings(dimension: usize) -> usize {
    1 + super::padded(dimension) / Kernels::DOT_LANES + 5
}
