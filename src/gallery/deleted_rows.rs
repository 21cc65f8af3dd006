//! Which rows of a block are deleted.

use std::sync::Arc;

use crate::kernels::codes::LANES;

/// Rows per chunk, which a change copies as a whole.
const CHUNK: usize = 32_768;
const WORDS: usize = CHUNK / 64;

type Chunk = Arc<[u64; WORDS]>;

/// A bit per row, in chunks that snapshots share: a change copies one chunk, not the block. Empty while no
/// row is deleted.
#[derive(Clone, Default)]
pub(super) struct DeletedRows {
    chunks: Arc<Vec<Option<Chunk>>>,
    count: usize,
}

impl DeletedRows {
    fn word(&self, row: usize) -> u64 {
        let chunk = self.chunks.get(row / CHUNK).and_then(Option::as_ref);
        chunk.and_then(|chunk| chunk.get(row % CHUNK / 64)).copied().unwrap_or(0)
    }

    pub(super) fn contains(&self, row: usize) -> bool {
        self.word(row) >> (row % 64) & 1 == 1
    }

    /// How many.
    pub(super) fn len(&self) -> usize {
        self.count
    }

    /// The bits of the sixteen rows from `16 block` on.
    pub(super) fn mask(&self, block: usize) -> u16 {
        // A quarter of the word: the cast keeps its sixteen bits.
        (self.word(block * LANES) >> (block % 4 * LANES)) as u16
    }

    /// Deletes one of `rows` rows; `false` if it was deleted already or does not exist.
    pub(super) fn insert(&mut self, row: usize, rows: usize) -> bool {
        if row >= rows || self.contains(row) {
            return false;
        }
        let chunks = Arc::make_mut(&mut self.chunks);
        chunks.resize(rows.div_ceil(CHUNK), None);
        let Some(place) = chunks.get_mut(row / CHUNK) else { return false };
        let chunk = place.get_or_insert_with(|| Arc::new([0; WORDS]));
        if let Some(word) = Arc::make_mut(chunk).get_mut(row % CHUNK / 64) {
            *word |= 1 << (row % 64);
        }
        self.count += 1;
        true
    }

    /// The rows, ascending.
    pub(super) fn rows(&self) -> impl Iterator<Item = usize> {
        let chunks = self.chunks.iter().enumerate();
        let words = chunks.filter_map(|(index, chunk)| Some((index * CHUNK, chunk.as_ref()?)));
        let words = words.flat_map(|(start, chunk)| {
            chunk.iter().enumerate().map(move |(index, &word)| (start + 64 * index, word))
        });
        words.filter(|(_, word)| *word != 0).flat_map(|(start, word)| {
            (0..64).filter(move |bit| word >> bit & 1 == 1).map(move |bit| start + bit)
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn it_is_a_set_and_clones_keep_theirs() {
        let rows = 3 * CHUNK + 100;
        let (mut deleted, mut model) = (DeletedRows::default(), BTreeSet::new());
        let mut state = 1_u64;
        let mut before = deleted.clone();
        for _ in 0..5_000 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let row = (state >> 33) as usize % (rows + 50);
            before = deleted.clone();
            let fresh = row < rows && model.insert(row);
            assert_eq!(deleted.insert(row, rows), fresh);
            assert_eq!(before.len() + usize::from(fresh), deleted.len());
            assert!(!fresh || !before.contains(row));
        }
        assert!(deleted.rows().eq(model.iter().copied()));
        for block in 0..rows / LANES {
            let mask = (0..LANES).map(|lane| u16::from(model.contains(&(block * LANES + lane))) << lane);
            assert_eq!(deleted.mask(block), mask.sum::<u16>());
        }
        assert!(before.len() <= deleted.len());
    }
}
