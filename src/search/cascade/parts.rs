//! The rows that a search is about, in parts: the units of parallel work.

use std::ops::Range;

use rayon::prelude::*;

use crate::fingerprint::codes::CodeModelId;
use crate::fingerprint::filter::CodeRows;
use crate::gallery::{FingerBlock, GalleryError, ReferenceMeta, Snapshot};
use crate::search::query::{FingerQuery, Search, may_be_same_finger};
use crate::template::FingerPosition;

/// Rows of a part: a fraction of a millisecond of a scan. Fixed, so that what a thread does never
/// depends on how many there are.
const ROWS: usize = 4096;

/// A run of rows of one block.
pub(super) struct Part<'a> {
    pub(super) block: &'a FingerBlock,
    /// The codes of the run's rows, if they are of the gallery's model.
    pub(super) codes: Option<CodeRows<'a>>,
    pub(super) first: usize,
    len: usize,
    /// For each class of queries, the rows that it is compared with.
    chosen: Vec<Chosen>,
}

/// Some rows of a part, counted from its first, ascending.
pub(super) enum Chosen {
    All(u32),
    Some(Vec<u32>),
}

impl Chosen {
    pub(super) fn len(&self) -> usize {
        match self {
            Self::All(rows) => *rows as usize,
            Self::Some(rows) => rows.len(),
        }
    }

    /// The row at a place among those that are chosen.
    pub(super) fn row(&self, at: u32) -> Option<u32> {
        match self {
            Self::All(rows) => (at < *rows).then_some(at),
            Self::Some(rows) => rows.get(at as usize).copied(),
        }
    }

    pub(super) fn rows(&self) -> impl Iterator<Item = u32> {
        let (all, some) = match self {
            Self::All(rows) => (0..*rows, &[][..]),
            Self::Some(rows) => (0..0, rows.as_slice()),
        };
        all.chain(some.iter().copied())
    }
}

impl Part<'_> {
    pub(super) fn chosen(&self, class: usize) -> &Chosen {
        const NONE: &Chosen = &Chosen::All(0);
        self.chosen.get(class).unwrap_or(NONE)
    }

    /// The metas of all rows, chosen or not.
    pub(super) fn metas(&self) -> &[ReferenceMeta] {
        self.block.metas().get(self.first..self.first + self.len).unwrap_or_default()
    }

    /// The row's number in the block.
    pub(super) fn row(&self, local: u32) -> usize {
        self.first + local as usize
    }
}

/// Classes of queries: those of one position are compared with the same rows.
pub(super) struct Classes {
    /// Ten fingers and the unknown one at most.
    positions: Vec<FingerPosition>,
    /// By the code of a reference's position.
    compared_with: Vec<u16>,
    of_query: Vec<usize>,
}

impl Classes {
    pub(super) fn new(queries: &[FingerQuery<'_>]) -> Self {
        let mut positions: Vec<FingerPosition> = Vec::new();
        let of_query = queries.iter().map(|query| {
            let same = |position: &FingerPosition| position.finger() == query.position.finger();
            positions.iter().position(same).unwrap_or_else(|| {
                positions.push(query.position);
                positions.len() - 1
            })
        });
        let of_query = of_query.collect();
        let compared_with = (0..=u8::MAX).map(|code| {
            let reference = FingerPosition::from_code(code);
            let bits = positions.iter().enumerate();
            bits.fold(0, |met, (class, &position)| {
                met | u16::from(may_be_same_finger(position, reference)) << class
            })
        });
        Self { compared_with: compared_with.collect(), of_query, positions }
    }

    /// Whether every class is compared with every row.
    fn compares_all(&self) -> bool {
        self.positions.iter().all(|position| position.finger().is_none())
    }

    /// The classes that are compared with a reference of this position, a bit each.
    fn compared_with(&self, reference: FingerPosition) -> u16 {
        self.compared_with.get(usize::from(reference.code())).copied().unwrap_or_default()
    }

    /// Of these queries only, in this order.
    pub(super) fn only(&self, queries: &[usize]) -> Self {
        let of_query = queries.iter().map(|&query| self.of(query)).collect();
        Self { positions: self.positions.clone(), compared_with: self.compared_with.clone(), of_query }
    }

    pub(super) fn of(&self, query: usize) -> usize {
        self.of_query.get(query).copied().unwrap_or_default()
    }
}

/// Rows of one block that are looked at together.
struct Run<'a> {
    block: &'a FingerBlock,
    rows: Range<usize>,
    /// Those of a sub-gallery; all if there is none.
    within: Option<Vec<u32>>,
}

/// All parts of a search.
pub(super) fn parts<'a>(
    snapshot: &'a Snapshot,
    classes: &Classes,
    search: &Search<'_>,
) -> Result<Vec<Part<'a>>, GalleryError> {
    let model = snapshot.code_model().id();
    let runs = runs(snapshot, search)?;
    let part = |run: Run<'a>| {
        let chosen = run.chosen(classes);
        let codes = run.codes(model);
        Part { block: run.block, codes, first: run.rows.start, len: run.rows.len(), chosen }
    };
    Ok(search.run(|| runs.into_par_iter().map(part).collect()))
}

fn runs<'a>(snapshot: &'a Snapshot, search: &Search<'_>) -> Result<Vec<Run<'a>>, GalleryError> {
    let mut runs = Vec::new();
    for block in snapshot.finger_blocks() {
        let Some(within) = search.within else {
            let starts = (0..block.len()).step_by(ROWS);
            let run = |start| Run { block, rows: start..block.len().min(start + ROWS), within: None };
            runs.extend(starts.map(run));
            continue;
        };
        let mut wanted = Vec::new();
        for &citizen in &within.citizens {
            wanted.extend(block.rows_of(citizen)?);
        }
        for rows in wanted.chunks(ROWS) {
            if let (Some(&start), Some(&last)) = (rows.first(), rows.last()) {
                let local = rows.iter().map(|row| (row - start) as u32).collect();
                runs.push(Run { block, rows: start..last + 1, within: Some(local) });
            }
        }
    }
    Ok(runs)
}

impl<'a> Run<'a> {
    fn codes(&self, model: CodeModelId) -> Option<CodeRows<'a>> {
        let all = self.block.codes(model)?;
        let [first, second] = all.words;
        Some(CodeRows {
            words: [first.get(self.rows.clone())?, second.get(self.rows.clone())?],
            directions: all.directions.get(self.rows.clone())?,
            places: all.places.get(self.rows.clone())?,
            counts: all.counts.get(self.rows.clone())?,
            means: all.means.get(self.rows.clone())?,
        })
    }

    /// For each class, the live rows that it is compared with.
    fn chosen(&self, classes: &Classes) -> Vec<Chosen> {
        let all_live = self.block.live() == self.block.len();
        let count = self.rows.len() as u32;
        if all_live && self.within.is_none() && classes.compares_all() {
            return classes.positions.iter().map(|_| Chosen::All(count)).collect();
        }
        let mut lists: Vec<Vec<u32>> = classes.positions.iter().map(|_| Vec::new()).collect();
        let mut take = |row: u32| {
            let at = self.rows.start + row as usize;
            if all_live || self.block.is_live(at) {
                let mut met = classes.compared_with(self.block.meta(at).position());
                while met != 0 {
                    lists[met.trailing_zeros() as usize].push(row);
                    met &= met - 1;
                }
            }
        };
        match &self.within {
            None => (0..count).for_each(&mut take),
            Some(within) => within.iter().copied().for_each(&mut take),
        }
        let chosen = |rows: Vec<u32>| {
            if rows.len() == self.rows.len() { Chosen::All(count) } else { Chosen::Some(rows) }
        };
        lists.into_iter().map(chosen).collect()
    }
}
