//! Which rows to compare, cut into pieces, and how pieces' results come together.

use std::ops::Range;

use rayon::prelude::*;

use super::top::Top;
use super::{Found, Hit, Search, Seen};
use crate::citizen::CitizenId;
use crate::gallery::{FaceBlock, FingerBlock, GalleryError, ReferenceId, ReferenceMeta};
use crate::units::Score;

/// A run of rows of one block: the unit of parallel work. Its size is fixed, so that what a thread
/// does never depends on how many there are.
pub(super) struct Piece<'a, B> {
    pub(super) block: &'a B,
    pub(super) rows: Range<usize>,
}

/// What the planner asks of a block.
pub(super) trait Rows {
    fn len(&self) -> usize;
    fn rows_of(&self, citizen: CitizenId) -> Result<Range<usize>, GalleryError>;
}

macro_rules! rows {
    ($block:ty) => {
        impl Rows for $block {
            fn len(&self) -> usize {
                <$block>::len(self)
            }

            fn rows_of(&self, citizen: CitizenId) -> Result<Range<usize>, GalleryError> {
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

/// What has been found so far for one query.
pub(super) struct Partial {
    top: Top,
    compared: u64,
    damaged: Vec<ReferenceId>,
}

impl Partial {
    pub(super) fn new(search: &Search<'_>) -> Self {
        Self { top: Top::new(search.top), compared: 0, damaged: Vec::new() }
    }

    pub(super) fn compared(&mut self, hit: Hit, search: &Search<'_>) {
        self.compared += 1;
        if hit.score >= search.at_least {
            self.top.push(hit);
        }
    }

    /// References that were compared and cannot be among the hits.
    pub(super) fn passed(&mut self, count: u64) {
        self.compared += count;
    }

    /// The least score that can still be among the hits, if there are enough to tell.
    pub(super) fn least(&mut self) -> Option<Score> {
        self.top.least()
    }

    pub(super) fn damaged(&mut self, meta: &ReferenceMeta) {
        self.damaged.push(meta.reference());
    }

    fn merge(mut self, mut other: Self) -> Self {
        self.damaged.append(&mut other.damaged);
        Self {
            top: self.top.merge(other.top),
            compared: self.compared + other.compared,
            damaged: self.damaged,
        }
    }

    fn finish(mut self, is_sound: impl Fn(&Hit) -> bool) -> Found {
        let mut hits = self.top.into_sorted();
        hits.retain(|hit| {
            let sound = is_sound(hit);
            if !sound {
                self.damaged.push(hit.reference);
            }
            sound
        });
        self.damaged.sort_unstable();
        self.damaged.dedup();
        Found { hits, compared: self.compared, seen: Seen::in_full(self.compared), damaged: self.damaged }
    }
}

/// Compares every piece with every one of `queries` queries: `compare` adds to the partial results,
/// one for each query, with a scratch of its thread. The bytes of what was found are then proved.
pub(super) fn run<P: Sync, S: Default + Send>(
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
    let partials = search.run(|| {
        pieces
            .par_iter()
            .fold(
                || (S::default(), empty()),
                |(mut scratch, mut partials), piece| {
                    compare(piece, &mut scratch, &mut partials);
                    (scratch, partials)
                },
            )
            .map(|(_, partials)| partials)
            .reduce(empty, merge)
    });
    partials.into_iter().map(|partial| partial.finish(&is_sound)).collect()
}
