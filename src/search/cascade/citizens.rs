//! The citizens of a search, numbered, and for each row the number of its citizen.

use rayon::prelude::*;

use super::parts::Part;
use crate::subject::SubjectId;

/// The citizens of a search, ascending; rows name them by their place.
pub(super) struct Citizens {
    count: usize,
    /// For each part, the citizen of each row.
    of_rows: Vec<Vec<u32>>,
}

impl Citizens {
    pub(super) fn new(parts: &[Part<'_>]) -> Self {
        let of_part = |part: &Part<'_>| {
            let mut numbers: Vec<Option<SubjectId>> = part.metas().iter().map(citizen).collect();
            numbers.dedup();
            numbers
        };
        let mut all: Vec<Option<SubjectId>> = parts.par_iter().flat_map_iter(of_part).collect();
        // Ascending already, unless citizens are in several blocks.
        if !all.is_sorted() {
            all.par_sort_unstable();
        }
        all.dedup();
        let places = |part: &Part<'_>| {
            let metas = part.metas();
            let first = metas.first().and_then(citizen);
            let mut place = all.partition_point(|&number| number < first);
            let place_of = |meta| {
                let number = citizen(meta);
                while all.get(place).is_some_and(|&at| at < number) {
                    place += 1;
                }
                // Rows of a damaged file may descend.
                if all.get(place) != Some(&number) {
                    place = all.partition_point(|&at| at < number);
                }
                place as u32
            };
            metas.iter().map(place_of).collect()
        };
        let of_rows = parts.par_iter().map(places).collect();
        Self { count: all.len(), of_rows }
    }

    pub(super) fn len(&self) -> usize {
        self.count
    }

    /// The citizen of each row of a part.
    pub(super) fn of_part(&self, part: usize) -> &[u32] {
        self.of_rows.get(part).map_or(&[], Vec::as_slice)
    }
}

/// `None` if the row is damaged.
fn citizen(meta: &crate::gallery::ReferenceMeta) -> Option<SubjectId> {
    meta.subject()
}
