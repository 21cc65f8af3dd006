//! One face, or many, against all faces of their models.

use std::collections::BTreeMap;

use super::plan::{Partial, Piece, pieces, run};
use super::{Found, Hit, Search, SearchError};
use crate::face::FaceProbe;
use crate::gallery::{FaceBlock, Snapshot};
use crate::template::ModelId;
use crate::units::Score;

/// Faces of a piece: at 512 dimensions a megabyte, which the second cache holds for all probes.
const ROWS: usize = 512;

/// Searches for every probe among the faces of its own model, in one pass a model; one [`Found`] a
/// probe, in their order. The score is the cosine.
///
/// # Errors
/// The gallery has faces but none of a probe's model, or the model's with another dimension; damage
/// to a segment's catalogue, if the search is within a sub-gallery.
pub fn identify_faces(
    snapshot: &Snapshot,
    probes: &[FaceProbe],
    search: &Search<'_>,
) -> Result<Vec<Found>, SearchError> {
    let mut by_model: BTreeMap<&ModelId, Vec<usize>> = BTreeMap::new();
    for (index, probe) in probes.iter().enumerate() {
        by_model.entry(probe.model()).or_default().push(index);
    }
    let mut found = vec![Found::default(); probes.len()];
    for (model, indices) in by_model {
        let group: Vec<&FaceProbe> = indices.iter().filter_map(|&index| probes.get(index)).collect();
        let results = identify_model(snapshot, model, &group, search)?;
        for (index, result) in indices.into_iter().zip(results) {
            found[index] = result;
        }
    }
    Ok(found)
}

fn identify_model(
    snapshot: &Snapshot,
    model: &ModelId,
    probes: &[&FaceProbe],
    search: &Search<'_>,
) -> Result<Vec<Found>, SearchError> {
    let blocks = snapshot.face_blocks(model);
    let others: Vec<ModelId> = snapshot.models().map(|(model, _)| model.clone()).collect();
    if blocks.is_empty() && !others.is_empty() {
        return Err(SearchError::Model { probe: model.clone(), gallery: others });
    }
    for block in blocks {
        for probe in probes {
            probe.check(block.model(), block.dimension())?;
        }
    }
    let pieces = pieces(blocks.iter(), search, ROWS)?;
    let compare = |piece: &Piece<'_, FaceBlock>, _: &mut (), found: &mut [Partial]| {
        for row in piece.rows.clone().filter(|&row| piece.block.is_live(row)) {
            compare_row(piece.block, row, probes, search, found);
        }
    };
    let is_sound = |hit: &Hit| snapshot.check(hit.location).is_ok();
    Ok(run(&pieces, probes.len(), search, compare, is_sound))
}

fn compare_row(
    block: &FaceBlock,
    row: usize,
    probes: &[&FaceProbe],
    search: &Search<'_>,
    found: &mut [Partial],
) {
    let meta = block.meta(row);
    for (probe, found) in probes.iter().zip(found) {
        let score = block.vector(row).map_or(Score::LOWEST, |vector| probe.compare(vector));
        match meta.citizen().filter(|_| score != Score::LOWEST) {
            Some(citizen) => {
                let location = block.location(row);
                found.compared(Hit { citizen, reference: meta.reference(), score, location }, search);
            }
            None => found.damaged(meta),
        }
    }
}
