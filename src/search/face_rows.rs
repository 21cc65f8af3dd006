//! The faces of a search: those of the probes' models, and of them the rows of a sub-gallery.

use std::collections::BTreeMap;

use super::error::SearchError;
use super::partial::Partial;
use super::query::Search;
use super::result::{Found, Hit};
use crate::face::FaceProbe;
use crate::gallery::{FaceBlock, GalleryError, Snapshot};
use crate::kernels::codes::LANES;
use crate::template::ModelId;
use crate::units::Score;

/// Searches for the probes of each model among the faces of that model; one result per probe, in the order of
/// the probes.
pub(super) fn identify_by_model<'a>(
    snapshot: &'a Snapshot,
    probes: &[FaceProbe],
    identify: impl Fn(&'a [FaceBlock], &[&FaceProbe]) -> Result<Vec<Found>, SearchError>,
) -> Result<Vec<Found>, SearchError> {
    let mut by_model: BTreeMap<&ModelId, Vec<usize>> = BTreeMap::new();
    for (index, probe) in probes.iter().enumerate() {
        by_model.entry(probe.model()).or_default().push(index);
    }
    let mut found = vec![Found::default(); probes.len()];
    for (model, indices) in by_model {
        let group: Vec<&FaceProbe> = indices.iter().filter_map(|&index| probes.get(index)).collect();
        let results = identify(blocks_of(snapshot, model, &group)?, &group)?;
        for (index, result) in indices.into_iter().zip(results) {
            found[index] = result;
        }
    }
    Ok(found)
}

/// The blocks of a model, with which all its probes can be compared.
fn blocks_of<'a>(
    snapshot: &'a Snapshot,
    model: &ModelId,
    probes: &[&FaceProbe],
) -> Result<&'a [FaceBlock], SearchError> {
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
    Ok(blocks)
}

/// The rows of a sub-gallery in a block.
pub(super) struct SubGalleryRows {
    /// A bit for each row of each code block.
    pub(super) masks: Vec<u16>,
    /// How many rows there are.
    pub(super) count: usize,
}

impl SubGalleryRows {
    /// `None` if the search is among all citizens.
    pub(super) fn find(block: &FaceBlock, search: &Search<'_>) -> Result<Option<Self>, GalleryError> {
        let Some(within) = search.within else { return Ok(None) };
        let mut masks = vec![0_u16; block.len().div_ceil(LANES)];
        let mut count = 0;
        for &citizen in &within.citizens {
            for row in block.rows_of(citizen)? {
                if let Some(mask) = masks.get_mut(row / LANES) {
                    *mask |= 1 << (row % LANES);
                }
                count += 1;
            }
        }
        Ok(Some(Self { masks, count }))
    }
}

/// The lanes of a mask, ascending.
pub(super) fn lanes(mut mask: u16) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let lane = mask.trailing_zeros() as usize;
        mask &= mask.wrapping_sub(1);
        (lane < LANES).then_some(lane)
    })
}

/// Compares one row with one probe by the canonical score: the hit, unless the row is damaged.
pub(super) fn compare_row(
    block: &FaceBlock,
    row: usize,
    probe: &FaceProbe,
    search: &Search<'_>,
    found: &mut Partial,
) -> Option<Hit> {
    let meta = block.meta(row);
    let score = block.vector(row).map_or(Score::LOWEST, |vector| probe.compare(vector));
    let Some(citizen) = meta.subject().filter(|_| score != Score::LOWEST) else {
        found.damaged(meta);
        return None;
    };
    let hit = Hit { citizen, reference: meta.reference(), score, location: block.location(row) };
    found.compared(hit, search);
    Some(hit)
}
