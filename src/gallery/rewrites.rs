//! The choice of the segments that maintenance rewrites.

use super::block::Block;
use super::columns::Columns;
use super::manifest::SegmentEntry;
use super::snapshot::Snapshot;
use crate::fingerprint::FEATURE_VERSION;
use crate::subject::SubjectId;

/// Segments of about one size that are joined into one of the next size.
const FAN: usize = 8;
/// Rows of the smallest size of segments.
const SMALLEST: usize = 1024;

/// What the choice depends on: the segment of a block, if it has one, and its rows.
struct Source<'a> {
    segment: Option<&'a SegmentEntry>,
    rows: usize,
    live: usize,
}

impl<'a> Source<'a> {
    fn of<C: Columns>(block: &'a Block<C>) -> Self {
        Self { segment: block.entry(), rows: block.len(), live: block.live() }
    }

    /// About how many bytes its live rows take.
    fn live_bytes(&self) -> u64 {
        let bytes = self.segment.map_or(0, |entry| entry.length);
        (bytes as f64 * self.live as f64 / self.rows.max(1) as f64) as u64
    }
}

/// A group of blocks that share segments: all fingers, or the faces of a model.
fn groups(snapshot: &Snapshot) -> impl Iterator<Item = Vec<Source<'_>>> {
    let fingers = std::iter::once(snapshot.fingers.iter().map(Source::of).collect());
    let faces = snapshot.faces.chunk_by(|a, b| a.model() == b.model());
    fingers.chain(faces.map(|blocks| blocks.iter().map(Source::of).collect()))
}

/// The size class of a segment.
fn size_class(rows: usize) -> u32 {
    (rows / SMALLEST).max(1).ilog(FAN)
}

/// The segments that a flush joins: those with a quarter of their rows deleted, and all of a size
/// class when there are [`FAN`] of it, the flush's own rows counted in. None above `most` bytes is joined
/// with others.
pub(super) fn choose_for_flush(snapshot: &Snapshot, most: u64) -> Vec<u64> {
    let mut chosen = Vec::new();
    for group in groups(snapshot) {
        let fresh: usize = group.iter().filter(|source| source.segment.is_none()).map(|s| s.live).sum();
        let mut rows = fresh;
        let mut left: Vec<_> = Vec::new();
        for source in &group {
            match source.segment {
                Some(entry) if source.live * 4 < source.rows * 3 => {
                    chosen.push(entry.number);
                    rows += source.live;
                }
                Some(entry) if source.live_bytes() * 2 <= most => {
                    left.push((size_class(source.rows), entry.number, source.live));
                }
                _ => {}
            }
        }
        if rows == 0 {
            continue;
        }
        loop {
            let of_class = size_class(rows);
            let peers: Vec<_> = left.iter().filter(|(c, ..)| *c <= of_class).copied().collect();
            if peers.len() + 1 < FAN {
                break;
            }
            left.retain(|(c, ..)| *c > of_class);
            chosen.extend(peers.iter().map(|(_, number, _)| number));
            rows += peers.iter().map(|(.., live)| live).sum::<usize>();
        }
    }
    chosen
}

/// The segments that a compaction rewrites: those with deleted rows, and those that can be joined with
/// others of their group.
pub(super) fn choose_for_compaction(snapshot: &Snapshot, most: u64) -> Vec<u64> {
    let mut chosen = Vec::new();
    for group in groups(snapshot) {
        let small = |source: &&Source<'_>| source.live_bytes() * 2 <= most;
        let joins = group.iter().filter(small).count() > 1;
        let untidy = |source: &&Source<'_>| source.live < source.rows || joins && small(source);
        chosen.extend(
            group.iter().filter(untidy).filter_map(|source| source.segment).map(|entry| entry.number),
        );
    }
    chosen
}

/// The segments that hold deleted rows of a subject; `false` if some cannot be searched.
pub(super) fn find_holders(snapshot: &Snapshot, subject: SubjectId) -> (Vec<u64>, bool) {
    let (mut chosen, mut whole) = (Vec::new(), true);
    add_holders(&snapshot.fingers, subject, &mut chosen, &mut whole);
    add_holders(&snapshot.faces, subject, &mut chosen, &mut whole);
    (chosen, whole)
}

fn add_holders<C: Columns>(blocks: &[Block<C>], subject: SubjectId, chosen: &mut Vec<u64>, whole: &mut bool) {
    for block in blocks {
        let Some(entry) = block.entry() else { continue };
        match block.rows_of(subject) {
            Ok(rows) if rows.clone().any(|row| !block.is_live(row)) => chosen.push(entry.number),
            Ok(_) => {}
            Err(_) => *whole = false,
        }
    }
}

/// A segment that an earlier version wrote, or that has no codes of the gallery's model.
pub(super) fn find_outdated(snapshot: &Snapshot) -> Vec<u64> {
    let model = snapshot.code_model.id();
    let fingers = snapshot.fingers.iter().filter(|block| {
        block.segment().is_some_and(|segment| segment.is_old()) || block.codes(model).is_none()
    });
    let faces = snapshot
        .faces
        .iter()
        .filter(|block| block.segment().is_some_and(|segment| segment.is_old() || segment.codes().is_none()));
    fingers.filter_map(Block::entry).chain(faces.filter_map(Block::entry)).map(|entry| entry.number).collect()
}

/// Segments whose features another version of the engine made.
pub(super) fn find_old_features(snapshot: &Snapshot) -> Vec<u64> {
    let old = snapshot
        .fingers
        .iter()
        .filter(|block| block.segment().is_some_and(|segment| segment.features() != FEATURE_VERSION));
    old.filter_map(Block::entry).map(|entry| entry.number).collect()
}
