//! The rows that a search compares, cut into pieces that threads take one after the other.

use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;

use super::partial::Partial;
use super::query::Search;
use super::result::{Found, Hit};
use crate::gallery::{FaceBlock, FingerBlock, GalleryError};
use crate::subject::SubjectId;

/// A run of rows of one block: the unit of parallel work. Its size is fixed, so that what a thread
/// does never depends on how many there are.
pub(super) struct Piece<'a, B> {
    pub(super) block: &'a B,
    pub(super) rows: Range<usize>,
}

/// A block whose rows can be cut into pieces.
pub(super) trait Rows {
    fn len(&self) -> usize;
    fn rows_of(&self, citizen: SubjectId) -> Result<Range<usize>, GalleryError>;
}

macro_rules! rows {
    ($block:ty) => {
        impl Rows for $block {
            fn len(&self) -> usize {
                <$block>::len(self)
            }

            fn rows_of(&self, citizen: SubjectId) -> Result<Range<usize>, GalleryError> {
                <$block>::rows_of(self, citizen)
            }
        }
    };
}

rows!(FingerBlock);
rows!(FaceBlock);

/// The rows that a search is about, in pieces of at most `size` rows.
pub(super) fn pieces<'a, B: Rows>(
    blocks: impl Iterator<Item = &'a B>,
    search: &Search<'_>,
    size: usize,
) -> Result<Vec<Piece<'a, B>>, GalleryError> {
    let mut pieces = Vec::new();
    for block in blocks {
        let mut cut = |run: Range<usize>| {
            let starts = run.clone().step_by(size);
            pieces.extend(starts.map(|start| Piece { block, rows: start..run.end.min(start + size) }));
        };
        match search.within {
            None => cut(0..block.len()),
            Some(within) => {
                for &citizen in &within.citizens {
                    cut(block.rows_of(citizen)?);
                }
            }
        }
    }
    Ok(pieces)
}

/// Compares every piece with every one of `queries` queries: `compare` adds to the partial results, one for
/// each query, with a scratch of its thread. The bytes of the candidates are then checked against their
/// checksums.
///
/// Threads take the pieces in order, one at a time, so that all end at about the same time; each keeps one
/// set of results and one scratch. A pool thread that is busy elsewhere delays nothing: the others take its
/// pieces.
pub(super) fn compare_pieces<P: Sync, S: Default + Send>(
    pieces: &[P],
    queries: usize,
    search: &Search<'_>,
    compare: impl Fn(&P, &mut S, &mut [Partial]) + Sync,
    is_sound: impl Fn(&Hit) -> bool + Sync,
) -> Vec<Found> {
    let empty = || -> Vec<Partial> { (0..queries).map(|_| Partial::new(search)).collect() };
    let merge = |a: Vec<Partial>, b: Vec<Partial>| -> Vec<Partial> {
        a.into_iter().zip(b).map(|(a, b)| a.merge(b)).collect()
    };
    let next = AtomicUsize::new(0);
    let compare_some = |_| {
        let (mut scratch, mut partials) = (S::default(), empty());
        while let Some(piece) = pieces.get(next.fetch_add(1, Ordering::Relaxed)) {
            compare(piece, &mut scratch, &mut partials);
        }
        partials
    };
    let partials = search.run(|| {
        let threads = rayon::current_num_threads().min(pieces.len());
        (0..threads).into_par_iter().with_max_len(1).map(compare_some).reduce(empty, merge)
    });
    partials.into_iter().map(|partial| partial.finish(&is_sound)).collect()
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroUsize;

    use rayon::ThreadPoolBuilder;

    use super::*;

    #[test]
    fn every_piece_is_compared_once_by_any_number_of_threads() {
        for threads in [1, 2, 5] {
            let pool = ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let search = Search::top(NonZeroUsize::MIN).on(&pool);
            for count in [0, 1, 3, 1_000] {
                let pieces: Vec<u64> = (0..count).collect();
                let compare = |piece: &u64, (): &mut (), found: &mut [Partial]| {
                    for (found, times) in found.iter_mut().zip([1, 10]) {
                        found.passed(piece * times + 1);
                    }
                };
                let found = compare_pieces(&pieces, 2, &search, compare, |_| true);
                let sum: u64 = pieces.iter().sum();
                let compared: Vec<u64> = found.iter().map(|found| found.compared).collect();
                assert_eq!(compared, [sum + count, 10 * sum + count], "{threads} {count}");
            }
        }
    }
}
