//! An approximate search of faces: a filter of one bit per dimension selects a shortlist, which is scored as
//! in an exact search.
//!
//! The filter has no bound. It loses a mate whose signs differ in too many dimensions, however high it would
//! score, and it loses mates of difficult portraits first. A filter can therefore only be made with a
//! measurement of its losses.

use std::num::NonZeroUsize;

use rayon::prelude::*;

use super::error::SearchError;
use super::face_rows::{SubGalleryRows, compare_row, identify_by_model, lanes};
use super::faces::identify_faces;
use super::partial::Partial;
use super::pieces::compare_pieces;
use super::query::Search;
use super::result::{Found, Hit};
use crate::face::{FaceProbe, SignProbe, sign_lines};
use crate::gallery::{FaceBlock, Snapshot};
use crate::kernels::codes::{LANES, Line};

/// Sign blocks of a task: a megabyte at 512 dimensions.
const PIECE: usize = 1024;

/// Rows of the shortlist that a task compares.
const ROWS: usize = 128;

/// The least number of faces that the filter keeps; all as near as the last one are kept too.
pub type Shortlist = NonZeroUsize;

/// A one-bit filter, with its measured losses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OneBit {
    shortlist: Shortlist,
    misses: Misses,
}

/// The measured losses of a filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Misses {
    /// Probes for which an exact search found a citizen.
    pub searched: u64,
    /// Probes among them for which the filter changed the first candidate: another citizen, reference or
    /// score.
    pub missed: u64,
}

impl Misses {
    /// The share of first candidates lost; `None` if nothing was searched.
    pub fn rate(&self) -> Option<f64> {
        (self.searched > 0).then(|| self.missed as f64 / self.searched as f64)
    }
}

/// What an approximate search found, and how reliable that is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApproximatelyFound {
    /// What was found. Scores are exact; faces that the filter lost are missing. `compared` counts all faces
    /// that the filter read, since each could be a false positive.
    pub found: Found,
    /// The filter, with its shortlist and its measured losses.
    pub filter: OneBit,
}

impl OneBit {
    /// Makes a filter with this shortlist and measures it: each probe is searched exactly and through the
    /// filter. Measure with probes like those in use: losses grow with the difficulty of the portraits and
    /// with the size of the gallery.
    ///
    /// # Errors
    /// As [`super::identify_faces`].
    pub fn measured(
        snapshot: &Snapshot,
        probes: &[FaceProbe],
        search: &Search<'_>,
        shortlist: Shortlist,
    ) -> Result<Self, SearchError> {
        let first = Search { top: NonZeroUsize::MIN, ..*search };
        let exact = identify_faces(snapshot, probes, &first)?;
        let filtered = identify_by_signs(snapshot, probes, &first, shortlist)?;
        let pairs = exact.iter().zip(&filtered).filter(|(exact, _)| !exact.hits.is_empty());
        let missed = pairs.clone().filter(|(exact, filtered)| exact.hits != filtered.hits).count();
        let misses = Misses { searched: pairs.count() as u64, missed: missed as u64 };
        Ok(Self { shortlist, misses })
    }

    /// The least number of faces that the filter keeps.
    pub const fn shortlist(&self) -> Shortlist {
        self.shortlist
    }

    /// Its measured losses.
    pub const fn misses(&self) -> Misses {
        self.misses
    }

    /// Searches through the filter. Returns one result per probe, in their order. Faces without signs
    /// (committed since the last flush) are all compared. The result does not depend on threads, segments or
    /// the kernels' level.
    ///
    /// Reads about an eighth of the bytes that an exact search reads, and the vectors of the shortlist.
    ///
    /// # Errors
    /// As [`super::identify_faces`].
    pub fn identify(
        &self,
        snapshot: &Snapshot,
        probes: &[FaceProbe],
        search: &Search<'_>,
    ) -> Result<Vec<ApproximatelyFound>, SearchError> {
        let found = identify_by_signs(snapshot, probes, search, self.shortlist)?;
        Ok(found.into_iter().map(|found| ApproximatelyFound { found, filter: *self }).collect())
    }
}

/// A run of sign blocks of one gallery block.
struct SignPiece<'a> {
    block: &'a FaceBlock,
    lines: &'a [Line],
    first: usize,
    chosen: Option<&'a [u16]>,
}

/// Which rows are compared.
enum Compared<'a> {
    /// Rows of a shortlist.
    Rows(Vec<(&'a FaceBlock, usize)>),
    /// So many were not on it.
    Passed(u64),
}

/// Searches through the filter, one probe after the other.
fn identify_by_signs(
    snapshot: &Snapshot,
    probes: &[FaceProbe],
    search: &Search<'_>,
    shortlist: Shortlist,
) -> Result<Vec<Found>, SearchError> {
    identify_by_model(snapshot, probes, |blocks, probes| {
        let rows = blocks.iter().map(|block| SubGalleryRows::find(block, search));
        let rows = rows.collect::<Result<Vec<_>, _>>()?;
        Ok(search_model(snapshot, (blocks, &rows), probes, search, shortlist))
    })
}

/// Searches for the probes of one model; `rows` are those of the sub-gallery in each block.
fn search_model(
    snapshot: &Snapshot,
    (blocks, rows): (&[FaceBlock], &[Option<SubGalleryRows>]),
    probes: &[&FaceProbe],
    search: &Search<'_>,
    shortlist: Shortlist,
) -> Vec<Found> {
    let (mut pieces, mut all) = (Vec::new(), Vec::new());
    for (block, rows) in blocks.iter().zip(rows) {
        let masks = rows.as_ref().map(|rows| rows.masks.as_slice());
        let lines = sign_lines(block.dimension());
        match block.signs() {
            Some(signs) => {
                pieces.extend(signs.chunks(PIECE * lines).enumerate().map(|(at, lines)| SignPiece {
                    block,
                    lines,
                    first: at * PIECE,
                    chosen: masks,
                }))
            }
            None => {
                all.extend((0..block.len().div_ceil(LANES)).flat_map(|at| {
                    lanes(allowed(block, masks, at)).map(move |lane| (block, at * LANES + lane))
                }))
            }
        }
    }
    let found = |probe: &&FaceProbe| {
        let mut near = search.run(|| nearest(&pieces, probe, shortlist));
        near.rows.extend(&all);
        let mut tasks = vec![Compared::Passed(near.others)];
        tasks.extend(near.rows.chunks(ROWS).map(|rows| Compared::Rows(rows.to_vec())));
        let compare = |task: &Compared<'_>, (): &mut (), found: &mut [Partial]| {
            for found in found {
                match task {
                    Compared::Passed(count) => found.passed(*count),
                    Compared::Rows(rows) => {
                        for &(block, row) in rows {
                            compare_row(block, row, probe, search, found);
                        }
                    }
                }
            }
        };
        let is_sound = |hit: &Hit| snapshot.check(hit.location).is_ok();
        compare_pieces(&tasks, 1, search, compare, is_sound).pop().unwrap_or_default()
    };
    probes.iter().map(found).collect()
}

/// The rows of a code block that are searched.
fn allowed(block: &FaceBlock, chosen: Option<&[u16]>, at: usize) -> u16 {
    block.live_mask(at) & chosen.map_or(u16::MAX, |chosen| chosen.get(at).copied().unwrap_or(0))
}

struct Nearest<'a> {
    rows: Vec<(&'a FaceBlock, usize)>,
    others: u64,
}

/// The rows whose signs are nearest, and how many are not among them.
fn nearest<'a>(pieces: &[SignPiece<'a>], probe: &FaceProbe, shortlist: Shortlist) -> Nearest<'a> {
    let signs = SignProbe::new(probe.row(), probe.dimension());
    let distances: Vec<Vec<u16>> = pieces
        .par_iter()
        .map(|piece| {
            let blocks = piece.lines.len() / sign_lines(probe.dimension());
            let mut distances = vec![0; blocks * LANES];
            signs.distances(piece.lines, &mut distances);
            for (at, distances) in distances.as_chunks_mut::<LANES>().0.iter_mut().enumerate() {
                let no = !allowed(piece.block, piece.chosen, piece.first + at);
                lanes(no).for_each(|lane| distances[lane] = u16::MAX);
            }
            distances
        })
        .collect();
    let mut counts = vec![0_u64; probe.dimension() + 1];
    for distance in distances.iter().flatten() {
        if let Some(count) = counts.get_mut(usize::from(*distance)) {
            *count += 1;
        }
    }
    let mut sum = 0;
    let last = counts.iter().position(|count| {
        sum += count;
        sum >= shortlist.get() as u64
    });
    let last = last.map_or(u16::MAX - 1, |last| last as u16);
    let rows = pieces.par_iter().zip(&distances).flat_map_iter(|(piece, distances)| {
        let near = distances.iter().enumerate().filter(move |(_, distance)| **distance <= last);
        near.map(|(row, _)| (piece.block, piece.first * LANES + row))
    });
    let rows: Vec<_> = rows.collect();
    Nearest { others: counts.iter().sum::<u64>() - rows.len() as u64, rows }
}
